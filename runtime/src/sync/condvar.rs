//! Condvar: wait, under a mutex, until what it guards has changed.
//!
//! Read before: `sync/event.rs`, `sync/mutex/lock.rs`. A line of those who gave their lock up to
//! wait, and a flag that says that somebody stands in it.
//!
//! ```text
//!   wait(guard)   join the line ──► unlock ──► told ──► lock ──► guard
//!                                    dropped here or ─────┘ here: the next in line is told
//!   notify_one    nobody waits: one load             else: lock the line, tell the first in it
//! ```
//!
//! * A waiter stands in line before it unlocks. So whoever changes the value under the lock and
//!   then notifies, inside the lock or after it, reaches everybody who has seen the old value.
//! * A notification is the waiter's until it has the lock again. Dropped before that, it tells the
//!   next in line; if there is none, nobody needs it.
//! * `waited` changes under the lock of the line only. It is set before the mutex is unlocked, so
//!   whoever has locked the mutex after that sees it.
//! * The line remembers whose mutex its waiters gave up: a second mutex is a mistake in the
//!   program, and found while both have waiters.
//!
//! Next: `sync/barrier.rs`.
//!
//! What we left out: handing a told waiter straight over to the line of its mutex. It would save a
//! wake-up when the lock is still held, and need a waiter that changes lines.

use super::mutex::lock::{Mutex, MutexGuard};
use super::mutex::owned::OwnedMutexGuard;
use crate::base::note::Kind;
use crate::base::prim::{self, AtomicBool, Ordering};
use crate::wake::coop;
use crate::wake::wait_list::{Handed, Left, Line, Standing, Waiter, call_all};
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

/// Tasks that wait for a change of what a [`Mutex`] guards.
///
/// [`wait`](Self::wait) takes a guard, unlocks its mutex, waits until it is told, locks it again
/// and gives the guard back. [`wait_for`](Self::wait_for) does so until a condition holds.
/// [`notify_one`](Self::notify_one) tells the one that has waited longest,
/// [`notify_all`](Self::notify_all) all who wait now; a notification that nobody waits for is
/// forgotten.
///
/// One `Condvar` belongs to one mutex at a time.
///
/// asyncio: `Condition`, with the lock apart from it. Two differences: to notify one need not hold
/// the lock, and a cancelled wait does not lock again, because a dropped future has no use for it.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::{Condvar, Mutex};
/// use std::sync::Arc;
///
/// let shared = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
/// let reader = mainspring::spawn({
///     let shared = shared.clone();
///     async move {
///         let (words, changed) = &*shared;
///         let mut words = changed.wait_for(words.lock().await, |words| words.len() == 2).await;
///         words.join(" ")
///     }
/// });
/// for word in ["hello", "world"] {
///     shared.0.lock().await.push(word);
///     shared.1.notify_one();
/// }
/// assert_eq!(reader.await.unwrap(), "hello world");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Condvar {
    /// Somebody is in line.
    waited: AtomicBool,
    waiting: prim::Mutex<Waiting>,
}

struct Waiting {
    line: Line,
    /// The address of the mutex that those in line gave up; of no meaning if nobody is.
    mutex: usize,
}

impl Condvar {
    /// A condition variable that nobody waits for.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        let waiting = Waiting { line: Line::new(Kind::Condvar), mutex: 0 };
        Self { waited: AtomicBool::new(false), waiting: prim::Mutex::new(waiting) }
    }

    /// A condition variable that nobody waits for.
    #[cfg(loom)]
    pub fn new() -> Self {
        let waiting = Waiting { line: Line::new(Kind::Condvar), mutex: 0 };
        Self { waited: AtomicBool::new(false), waiting: prim::Mutex::new(waiting) }
    }

    /// Unlocks the mutex, waits for a notification, and locks it again.
    ///
    /// The mutex is unlocked when the future is first polled, and no notification that comes after
    /// that is missed. Being told says that something has changed, and not what: others may have
    /// had the lock since. Look at the value, and wait again if it is not as it should be, or let
    /// [`wait_for`](Self::wait_for) do that. Those who wait are told in the order in which they
    /// came.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// use mainspring::sync::{Condvar, Mutex};
    /// use std::sync::Arc;
    ///
    /// let shared = Arc::new((Mutex::new(false), Condvar::new()));
    /// let theirs = shared.clone();
    /// mainspring::spawn(async move {
    ///     *theirs.0.lock().await = true;
    ///     theirs.1.notify_one();
    /// });
    /// let (ready, changed) = &*shared;
    /// let mut guard = ready.lock().await;
    /// while !*guard {
    ///     guard = changed.wait(guard).await;
    /// }
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    /// If others wait on this `Condvar` with another mutex.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it gives no guard back, and the mutex is not locked by it. A
    /// notification that it was given goes to the next who waits, also if it was already locking
    /// the mutex again.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
    ) -> impl Future<Output = MutexGuard<'a, T>> {
        let mutex = MutexGuard::mutex(&guard);
        self.wait_with(Place::new(self, mutex), guard, mutex.lock())
    }

    /// As [`wait`](Self::wait), again and again until `condition` says `true`; if it does so at
    /// once, without waiting.
    ///
    /// The condition is asked under the lock. The name and the sense are asyncio's; std's
    /// `wait_while` waits while its condition is `true`.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// use mainspring::sync::{Condvar, Mutex};
    ///
    /// let (count, changed) = (Mutex::new(3), Condvar::new());
    /// let mut guard = changed.wait_for(count.lock().await, |count| *count > 2).await;
    /// *guard = 0;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    /// As [`wait`](Self::wait). If `condition` panics, the mutex is unlocked.
    ///
    /// # Cancel safety
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_for<'a, T: ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> impl Future<Output = MutexGuard<'a, T>> {
        let mutex = MutexGuard::mutex(&guard);
        let place = Place::new(self, mutex);
        async move {
            while !condition(&mut guard) {
                guard = self.wait_with(place.again(), guard, mutex.lock()).await;
            }
            guard
        }
    }

    /// As [`wait`](Self::wait), for a guard that owns its mutex.
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Cancel safety
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_owned<T: ?Sized>(
        &self,
        guard: OwnedMutexGuard<T>,
    ) -> impl Future<Output = OwnedMutexGuard<T>> {
        let mutex = OwnedMutexGuard::mutex(&guard).clone();
        self.wait_with(Place::new(self, &*mutex), guard, mutex.lock_owned())
    }

    /// As [`wait_for`](Self::wait_for), for a guard that owns its mutex.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Cancel safety
    /// As [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_for_owned<T: ?Sized>(
        &self,
        mut guard: OwnedMutexGuard<T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> impl Future<Output = OwnedMutexGuard<T>> {
        let mutex: Arc<Mutex<T>> = OwnedMutexGuard::mutex(&guard).clone();
        let place = Place::new(self, &*mutex);
        async move {
            while !condition(&mut guard) {
                guard = self.wait_with(place.again(), guard, mutex.clone().lock_owned()).await;
            }
            guard
        }
    }

    /// Waits in `place`, without the guard, until it is told, and then for the lock.
    async fn wait_with<G>(&self, place: Place<'_>, guard: G, lock: impl Future<Output = G>) -> G {
        let mut place = pin!(place);
        let mut held = Some(guard);
        poll_fn(|cx| {
            ready!(coop::ready(cx));
            let told = place.as_mut().poll(cx);
            // In line: now others may have the mutex. On later polls there is nothing to drop.
            drop(held.take());
            told
        })
        .await;
        let guard = lock.await;
        place.waiter.settle();
        guard
    }

    /// Tells the one that has waited longest; if nobody waits, nothing happens.
    ///
    /// The lock need not be held, in contrast to asyncio. What those who wait look at must have
    /// been changed under the lock, or the change may come between their look and their wait.
    pub fn notify_one(&self) {
        if self.is_waited_for() {
            let mut waiting = self.waiting.lock();
            let waker = waiting.line.hand_first();
            self.note(&waiting.line);
            drop(waiting);
            if let Some(Some(waker)) = waker {
                waker.wake();
            }
        }
    }

    /// Tells everybody who waits now, in the order of their waiting. Each then asks for the lock
    /// when its task gets its turn, so on several threads they may get it in another order.
    pub fn notify_all(&self) {
        if self.is_waited_for() {
            let waiting = self.waiting.lock();
            // Ordering: Relaxed, it changes under the lock, which orders it.
            self.waited.store(false, Ordering::Relaxed);
            call_all(&self.waiting, waiting, |waiting| &mut waiting.line);
        }
    }

    fn is_waited_for(&self) -> bool {
        // Ordering: Relaxed, whoever must see a waiter has locked the mutex after it unlocked it,
        // and that orders the two.
        self.waited.load(Ordering::Relaxed)
    }

    /// Somebody has left the line.
    fn note(&self, line: &Line) {
        if line.is_empty() {
            // Ordering: Relaxed, it changes under the lock, which orders it.
            self.waited.store(false, Ordering::Relaxed);
        }
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").field("waited_for", &self.is_waited_for()).finish()
    }
}

/// A place in the line, and then a notification, until the mutex is locked again.
#[derive(Debug)]
struct Place<'a> {
    condvar: &'a Condvar,
    /// The address of the mutex.
    mutex: usize,
    caller: &'static Location<'static>,
    waiter: Waiter,
}

impl<'a> Place<'a> {
    #[track_caller]
    fn new<T: ?Sized>(condvar: &'a Condvar, mutex: &Mutex<T>) -> Self {
        let (mutex, caller) = ((&raw const *mutex).addr(), Location::caller());
        Self { condvar, mutex, caller, waiter: Waiter::new() }
    }

    /// The same place in the same program, not yet in line.
    fn again(&self) -> Self {
        Self { waiter: Waiter::new(), ..*self }
    }

    /// Ready when it was told; joins the line when polled first.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.into_ref().get_ref();
        loop {
            match this.waiter.standing() {
                Standing::Out => {
                    // SAFETY(INV-55): `self` was pinned.
                    unsafe { this.line_up(cx.waker().clone()) };
                    return Poll::Pending;
                }
                Standing::Waiting => {
                    if this.waiter.rewaken(&this.condvar.waiting, cx.waker()) {
                        return Poll::Pending;
                    }
                }
                Standing::Handed(_) => {
                    coop::spend();
                    return Poll::Ready(());
                }
            }
        }
    }

    /// # Safety
    /// INV-55: the place is pinned.
    unsafe fn line_up(&self, waker: Waker) {
        let Condvar { waited, waiting } = self.condvar;
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut waiting = waiting.lock();
        if waiting.line.is_empty() {
            waiting.mutex = self.mutex;
            // Ordering: Relaxed, it changes under the lock, which orders it; the mutex, unlocked
            // after this, orders it for those who notify.
            waited.store(true, Ordering::Relaxed);
        } else if waiting.mutex != self.mutex {
            drop(waiting);
            panic!(
                "a Condvar cannot wait for two mutexes: others wait on this one with another \
                 mutex; give each mutex a Condvar of its own (waiting at {})",
                self.caller
            );
        }
        // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
        unsafe { waiting.line.join(&self.waiter, Some(waker), 0) };
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if matches!(self.waiter.standing(), Standing::Out | Standing::Handed(Handed::All)) {
            return;
        }
        let mut waiting = self.condvar.waiting.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        let left = unsafe { waiting.line.leave(&self.waiter) };
        self.condvar.note(&waiting.line);
        drop(waiting);
        match left {
            Left::Waiting(waker) => drop(waker),
            Left::Handed(Handed::All) => {}
            Left::Handed(_) => self.condvar.notify_one(),
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "condvar_tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "condvar_random_tests.rs"]
mod random;

#[cfg(all(test, loom))]
#[path = "condvar_model_tests.rs"]
mod model;
