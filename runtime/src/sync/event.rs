//! Event: wait until somebody says so.
//!
//! Read before: `wake/wait_list.rs`. The smallest primitive, and the pattern of all others: a word
//! that answers without a lock, and a line under one for those who have to wait.
//!
//! ```text
//!   word:  │ SET │ WAITERS │          never both
//!
//!   wait     SET: go on                             one load
//!            else: lock, set WAITERS, join the line
//!   set      WAITERS clear: set SET                 one CAS
//!            else: lock, SET on and WAITERS off in one step, call everybody in line
//! ```
//!
//! WAITERS changes under the lock only; when the lock is free, it says that the line is not empty.
//! `set` lets go those who were in line at that step and nobody else, so `set` and `clear` back to
//! back wake everybody who waited, and nobody who waits after the `clear` is woken by mistake.
//!
//! Next: `sync/notify.rs`.

use crate::base::note::Kind;
use crate::base::prim::{AtomicUsize, Mutex, Ordering};
use crate::wake::coop;
use crate::wake::wait_list::{Left, Line, Standing, Waiter, call_all};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

const SET: usize = 1;
const WAITERS: usize = 2;

/// A flag that tasks can wait for.
///
/// While it is set, [`wait`](Self::wait) goes on at once; while it is clear, `wait` waits. Unlike
/// [`Notify`](super::notify::Notify), nobody uses it up: it stays set until it is cleared.
///
/// asyncio: `Event`.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Event;
/// use std::sync::Arc;
///
/// let ready = Arc::new(Event::new());
/// let waiter = mainspring::spawn({
///     let ready = ready.clone();
///     async move { ready.wait().await }
/// });
/// ready.set();
/// waiter.await.unwrap();
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Event {
    word: AtomicUsize,
    line: Mutex<Line>,
}

impl Event {
    /// An event that is not set.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        Self { word: AtomicUsize::new(0), line: Mutex::new(Line::new(Kind::Event)) }
    }

    /// An event that is not set.
    #[cfg(loom)]
    pub fn new() -> Self {
        Self { word: AtomicUsize::new(0), line: Mutex::new(Line::new(Kind::Event)) }
    }

    /// Is it set?
    pub fn is_set(&self) -> bool {
        // Ordering: Acquire, pairs with the Release of `set`: what was done before it is seen.
        self.word.load(Ordering::Acquire) & SET != 0
    }

    /// Sets it: everybody who waits goes on, and everybody who comes before it is cleared.
    ///
    /// They go on even if it is cleared at once.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let event = mainspring::sync::Event::new();
    /// event.set();
    /// event.wait().await;
    /// assert!(event.is_set());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set(&self) {
        loop {
            // Ordering: Relaxed, a first guess; the exchange checks it.
            let mut word = self.word.load(Ordering::Relaxed);
            while word & WAITERS == 0 {
                // Also if it is set already: who sees it then sees what we have done before.
                // Ordering: Release, pairs with the Acquire of those who see SET.
                match self.exchange(word, SET, Ordering::Release) {
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
            self.word.swap(SET, Ordering::Release);
            return call_all(&self.line, line, |line| line);
        }
    }

    /// Clears it: from now on `wait` waits for the next [`set`](Self::set).
    ///
    /// ```
    /// let event = mainspring::sync::Event::new();
    /// event.set();
    /// event.clear();
    /// assert!(!event.is_set());
    /// ```
    pub fn clear(&self) {
        // Ordering: Acquire, pairs with the Release of `set`: who clears it and then looks for work
        // sees the work of the `set` that was cleared.
        self.word.fetch_and(!SET, Ordering::Acquire);
    }

    /// Waits until it is set; goes on at once, without yielding, if it is.
    ///
    /// It may have been cleared again by the time this goes on.
    ///
    /// # Cancel safety
    /// Safe: there is nothing to lose.
    pub async fn wait(&self) {
        Wait::new(self).await;
    }

    #[inline]
    fn exchange(&self, old: usize, new: usize, order: Ordering) -> Result<(), usize> {
        // Ordering: the caller's; Relaxed on failure, because the caller only guesses again.
        self.word.compare_exchange_weak(old, new, order, Ordering::Relaxed).map(drop)
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("set", &self.is_set()).finish()
    }
}

/// Leads to an event, always the same one.
pub(crate) trait ToEvent {
    fn event(&self) -> &Event;
    fn is_set(&self) -> bool {
        self.event().is_set()
    }
}
impl ToEvent for &Event {
    fn event(&self) -> &Event {
        self
    }
}

/// Waits for an event, through a reference or through what owns it.
#[derive(Debug)]
pub(crate) struct Wait<E: ToEvent> {
    pub(super) event: E,
    waiter: Waiter,
}

impl<E: ToEvent> Future for Wait<E> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        ready!(coop::ready(cx));
        let this = self.into_ref().get_ref();
        loop {
            match this.waiter.standing() {
                Standing::Out if this.event.is_set() => break,
                // SAFETY(INV-55): `self` was pinned.
                Standing::Out => match unsafe { this.line_up(cx.waker().clone()) } {
                    Poll::Ready(()) => break,
                    Poll::Pending => return Poll::Pending,
                },
                Standing::Waiting => {
                    if this.waiter.rewaken(&this.event.event().line, cx.waker()) {
                        return Poll::Pending;
                    }
                }
                Standing::Handed(_) => break,
            }
        }
        this.waiter.settle();
        coop::spend();
        Poll::Ready(())
    }
}

impl<E: ToEvent> Wait<E> {
    pub(super) fn new(event: E) -> Self {
        Self { event, waiter: Waiter::new() }
    }

    /// Joins the line, unless the event has been set meanwhile.
    ///
    /// # Safety
    /// INV-55: the future is pinned.
    unsafe fn line_up(&self, waker: Waker) -> Poll<()> {
        let event = self.event.event();
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut line = event.line.lock();
        // Ordering: Acquire, pairs with the Release of `set`, for the case that it is set.
        let mut word = event.word.load(Ordering::Acquire);
        while word & WAITERS == 0 {
            if word & SET != 0 {
                return Poll::Ready(());
            }
            // Ordering: Acquire, as above; Relaxed would do, the lock orders what follows.
            match event.exchange(word, WAITERS, Ordering::Acquire) {
                Ok(()) => break,
                // Ordering: Acquire, as above: the failed exchange was relaxed.
                Err(_) => word = event.word.load(Ordering::Acquire),
            }
        }
        // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
        unsafe { line.join(&self.waiter, Some(waker), 0) };
        Poll::Pending
    }
}

impl<E: ToEvent> Drop for Wait<E> {
    fn drop(&mut self) {
        if self.waiter.standing() != Standing::Waiting {
            // Out, or told with everybody else: nothing to pass on.
            return;
        }
        let event = self.event.event();
        let mut line = event.line.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        let left: Left = unsafe { line.leave(&self.waiter) };
        if line.is_empty() {
            // Ordering: Relaxed, WAITERS changes under the lock, which orders it.
            event.word.fetch_and(!WAITERS, Ordering::Relaxed);
        }
        drop(line);
        drop(left); // With the waker, if it was not woken.
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "event_random_tests.rs"]
mod random;
