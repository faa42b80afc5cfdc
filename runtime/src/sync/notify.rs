//! Notify: wake one, or all who listen, without a value.
//!
//! Read before: `sync/event.rs`. The same word and line; what is new is that a notification is used
//! up by one listener, and that a listener counts from its creation.
//!
//! ```text
//!   word:  │ calls of notify_waiters │ STORED │ WAITERS │       the two bits are never both set
//!
//!   notify_one      WAITERS clear: set STORED              one CAS, no lock
//!                   else: lock, hand it to the first in line
//!   notify_waiters  WAITERS clear: calls + 1               one CAS, no lock
//!                   else: lock, calls + 1 and WAITERS off in one step, call everybody in line
//!   notified()      remembers `calls`; a first poll that finds another number is ready
//! ```
//!
//! * WAITERS changes under the lock only. When the lock is free, it says that the line is not
//!   empty.
//! * So each call of `notify_waiters` reaches exactly the listeners created before it: those in
//!   line by the call, those that were not polled yet by the number.
//! * A listener that was handed a notification of `notify_one` and is dropped hands it on.
//! * A finished listener stands as if told with all others: ready, and nothing to pass on.

use crate::base::note::Kind;
use crate::base::prim::{AtomicUsize, Mutex, Ordering};
use crate::wake::coop;
use crate::wake::wait_list::{Handed, Left, Line, Standing, Waiter, call_all};
use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

const WAITERS: usize = 1;
const STORED: usize = 2;
const CALL: usize = 4;

/// Wakes tasks that listen: a signal without a value.
///
/// [`notify_one`](Self::notify_one) lets one listener go on; if nobody listens, it is stored, once,
/// for the next who does. [`notify_waiters`](Self::notify_waiters) lets all go on who listen now,
/// and stores nothing.
///
/// asyncio has no counterpart; [`Event`](super::event::Event) is the flag that stays set.
///
/// # Examples
///
/// A queue with one reader:
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Notify;
/// use std::collections::VecDeque;
/// use std::sync::{Arc, Mutex};
///
/// let queue = Arc::new((Mutex::new(VecDeque::new()), Notify::new()));
/// let writer = queue.clone();
/// mainspring::spawn(async move {
///     writer.0.lock().unwrap().push_back("hello");
///     writer.1.notify_one();
/// });
/// let word = loop {
///     if let Some(word) = queue.0.lock().unwrap().pop_front() {
///         break word;
///     }
///     queue.1.notified().await;
/// };
/// assert_eq!(word, "hello");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Notify {
    word: AtomicUsize,
    line: Mutex<Line>,
}

impl UnwindSafe for Notify {}
impl RefUnwindSafe for Notify {}

/// Listens to a [`Notify`]: made by [`Notify::notified`]. Once ready it stays ready.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited or polled"]
pub struct Notified<'a> {
    notify: &'a Notify,
    listener: Listener,
}

/// Listens to one in an `Arc`: made by [`Notify::notified_owned`]. Once ready it stays ready.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are awaited or polled"]
pub struct OwnedNotified {
    notify: Arc<Notify>,
    listener: Listener,
}

impl Notify {
    /// A `Notify` with nothing stored.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self::const_new()
    }

    /// A `Notify` with nothing stored.
    #[cfg(loom)]
    pub fn new() -> Self {
        Self { word: AtomicUsize::new(0), line: Mutex::new(Line::new(Kind::Notify)) }
    }

    /// A `Notify` with nothing stored, for a `static`.
    #[cfg(not(loom))]
    pub const fn const_new() -> Self {
        Self { word: AtomicUsize::new(0), line: Mutex::new(Line::new(Kind::Notify)) }
    }

    /// The same, as a part of something that a dump calls `kind`.
    pub(crate) fn of(kind: Kind) -> Self {
        Self { word: AtomicUsize::new(0), line: Mutex::new(Line::new(kind)) }
    }

    /// Listens from now on: ready after a [`notify_one`](Self::notify_one) meant for this listener,
    /// or the next [`notify_waiters`](Self::notify_waiters).
    ///
    /// For `notify_waiters` it counts from this call; its place in the line for `notify_one` it
    /// takes when it is first polled, or [enabled](Notified::enable).
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it loses its place in the line. A `notify_one` that it was
    /// handed in the meantime goes to the next in line, or is stored.
    pub fn notified(&self) -> Notified<'_> {
        Notified { notify: self, listener: self.listener() }
    }

    /// The same with an `Arc` instead of a borrow.
    ///
    /// # Cancel safety
    /// Safe, as [`notified`](Self::notified).
    pub fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        let listener = self.listener();
        OwnedNotified { notify: self, listener }
    }

    /// Lets the listener go on that has waited longest; without one, the next that comes.
    ///
    /// Several calls while nobody listens are stored as one.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let notify = mainspring::sync::Notify::new();
    /// notify.notify_one();
    /// notify.notified().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn notify_one(&self) {
        self.notify(Line::hand_first);
    }

    /// The same for the listener that came last.
    pub fn notify_last(&self) {
        self.notify(Line::hand_last);
    }

    #[inline]
    fn notify(&self, hand: fn(&mut Line) -> Option<Option<Waker>>) {
        loop {
            // Ordering: Relaxed, a first guess; the exchange checks it.
            let mut word = self.word.load(Ordering::Relaxed);
            while word & WAITERS == 0 {
                // Also if it is stored already: its taker sees what we have done before.
                // Ordering: Release, pairs with the Acquire of the listener that takes it.
                match self.exchange(word, word | STORED, Ordering::Release) {
                    Ok(()) => return,
                    Err(now) => word = now,
                }
            }
            let mut line = self.line.lock();
            let Some(waker) = hand(&mut line) else { continue };
            if line.is_empty() {
                // Ordering: Relaxed, WAITERS changes under the lock, which orders it.
                self.word.fetch_and(!WAITERS, Ordering::Relaxed);
            }
            drop(line);
            if let Some(waker) = waker {
                waker.wake();
            }
            return;
        }
    }

    /// Lets everybody go on who listens: all [`Notified`]s that exist now, polled or not. Nothing
    /// is stored for those who come later.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let notify = mainspring::sync::Notify::new();
    /// let (one, two) = (notify.notified(), notify.notified());
    /// notify.notify_waiters();
    /// one.await;
    /// two.await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn notify_waiters(&self) {
        loop {
            // Ordering: Relaxed, a first guess; the exchange checks it.
            let mut word = self.word.load(Ordering::Relaxed);
            while word & WAITERS == 0 {
                // Ordering: Release, pairs with the Acquire of the listener that sees the number.
                match self.exchange(word, word.wrapping_add(CALL), Ordering::Release) {
                    Ok(()) => return,
                    Err(now) => word = now,
                }
            }
            let line = self.line.lock();
            if line.is_empty() {
                // They have left meanwhile.
                continue;
            }
            // Ordering: Release, as above. WAITERS is set, so nobody else changes the word now.
            self.word.fetch_add(CALL - WAITERS, Ordering::Release);
            return call_all(&self.line, line, |line| line);
        }
    }

    #[inline]
    fn exchange(&self, old: usize, new: usize, order: Ordering) -> Result<(), usize> {
        // Ordering: the caller's; Acquire on failure, for the listener that then finds it is done.
        self.word.compare_exchange_weak(old, new, order, Ordering::Acquire).map(drop)
    }

    fn listener(&self) -> Listener {
        // Ordering: Acquire, pairs with the Release of `notify_waiters`: a call that this listener
        // comes too late for has happened before it, with all that was done before the call.
        Listener { calls: self.word.load(Ordering::Acquire) / CALL, waiter: Waiter::new() }
    }
}

impl Default for Notify {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed, to be looked at and nothing else.
        let stored = self.word.load(Ordering::Relaxed) & STORED != 0;
        f.debug_struct("Notify").field("stored", &stored).finish()
    }
}

/// What both listening futures are made of.
#[derive(Debug)]
struct Listener {
    /// The number of calls of `notify_waiters` before it was made.
    calls: usize,
    waiter: Waiter,
}

impl Listener {
    /// # Safety
    /// INV-55: the listener is pinned. INV-17: `notify` is always the same.
    unsafe fn poll(&self, notify: &Notify, waker: Option<&Waker>) -> Poll<()> {
        loop {
            match self.waiter.standing() {
                Standing::Out if self.is_done(notify) => break,
                // SAFETY(INV-55): the caller's promise.
                Standing::Out => match unsafe { self.line_up(notify, waker.cloned()) } {
                    Poll::Ready(()) => break,
                    Poll::Pending => return Poll::Pending,
                },
                Standing::Waiting => match waker {
                    Some(waker) if !self.waiter.rewaken(&notify.line, waker) => {}
                    _ => return Poll::Pending,
                },
                Standing::Handed(_) => break,
            }
        }
        self.waiter.finish();
        Poll::Ready(())
    }

    /// Was everybody called since we were made, or is there a notification stored? Then it is ours.
    fn is_done(&self, notify: &Notify) -> bool {
        // Ordering: Acquire, pairs with the Release of `notify_waiters`.
        let mut word = notify.word.load(Ordering::Acquire);
        loop {
            if word / CALL != self.calls {
                return true;
            }
            if word & STORED == 0 {
                return false;
            }
            // Ordering: Acquire, pairs with the Release of `notify_one`.
            match notify.exchange(word, word & !STORED, Ordering::Acquire) {
                Ok(()) => return true,
                Err(now) => word = now,
            }
        }
    }

    /// Joins the line, unless we are done after all.
    ///
    /// # Safety
    /// As [`poll`](Self::poll).
    unsafe fn line_up(&self, notify: &Notify, waker: Option<Waker>) -> Poll<()> {
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut line = notify.line.lock();
        loop {
            if self.is_done(notify) {
                return Poll::Ready(());
            }
            // Ordering: Relaxed, a first guess; the exchange checks it.
            let word = notify.word.load(Ordering::Relaxed);
            if word & WAITERS != 0
                // Ordering: Relaxed, the lock orders it. Looked at again if anything has changed.
                || word / CALL == self.calls
                    && word & STORED == 0
                    && notify.exchange(word, word | WAITERS, Ordering::Relaxed).is_ok()
            {
                break;
            }
        }
        // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
        unsafe { line.join(&self.waiter, waker, 0) };
        Poll::Pending
    }

    /// The future is dropped.
    fn drop(&mut self, notify: &Notify) {
        if matches!(self.waiter.standing(), Standing::Out | Standing::Handed(Handed::All)) {
            return;
        }
        let mut line = notify.line.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        let left = unsafe { line.leave(&self.waiter) };
        if line.is_empty() {
            // Ordering: Relaxed, WAITERS changes under the lock, which orders it.
            notify.word.fetch_and(!WAITERS, Ordering::Relaxed);
        }
        drop(line);
        match left {
            Left::Waiting(waker) => drop(waker),
            Left::Handed(Handed::One) => notify.notify_one(),
            Left::Handed(Handed::Last) => notify.notify_last(),
            Left::Handed(Handed::All) => {}
        }
    }
}

macro_rules! listening {
    ($($future:ty),*) => {$(
        impl $future {
            /// Takes its place in the line now, as a poll would, but without a waker. Ready?
            ///
            /// With it, a `notify_one` that comes between this call and the first poll is handed to
            /// this listener and to no other: call it before you look for the thing you will wait
            /// for. `true` means that it is ready, and stays so.
            pub fn enable(self: Pin<&mut Self>) -> bool {
                let this = self.into_ref().get_ref();
                // SAFETY(INV-55): `self` is pinned; its `notify` never changes.
                unsafe { this.listener.poll(&this.notify, None) }.is_ready()
            }
        }

        impl Future for $future {
            type Output = ();

            #[inline]
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                ready!(coop::ready(cx));
                let this = self.into_ref().get_ref();
                // SAFETY(INV-55): `self` is pinned; its `notify` never changes.
                ready!(unsafe { this.listener.poll(&this.notify, Some(cx.waker())) });
                coop::spend();
                Poll::Ready(())
            }
        }

        impl Drop for $future {
            #[inline]
            fn drop(&mut self) {
                self.listener.drop(&self.notify);
            }
        }
    )*};
}

listening!(Notified<'_>, OwnedNotified);

#[cfg(all(test, not(loom)))]
#[path = "notify_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "notify_model_tests.rs"]
mod model;
