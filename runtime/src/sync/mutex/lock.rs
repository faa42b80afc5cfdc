//! Mutex: a semaphore of one, plus a guard.
//!
//! Read before: `sync/semaphore/permits.rs`. The one permit is the right to the value; a guard has
//! it, and dropping the guard gives it to the first in line, or back.
//!
//! ```text
//!   lock      CAS  1 → 0    or: join the line
//!   unlock    CAS  0 → 1    or: hand the permit to the first in line, and wake it
//! ```
//!
//! The lock is handed over, not set free: while somebody waits, nobody else can take it, so the
//! order of arrival is the order of service. That is asyncio's promise, and tokio's; a lock that
//! may be grabbed by whoever comes first has more throughput and no promise.
//!
//! * INV-56: the value is reached through a guard only (or `&mut Mutex`), and there is one guard:
//!   it has the only permit.
//!
//! Next: `sync/mutex/owned.rs` and `mapped.rs`, the other guards.

use crate::base::note::{self, Kind, Page};
use crate::base::prim::UnsafeCell;
use crate::sync::semaphore::error::AcquireError;
use crate::sync::semaphore::permits::Permits;
use crate::wake::coop;
use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A lock that may be held across an `.await`.
///
/// Who finds it taken waits without blocking the thread; the lock goes to those who wait in the
/// order in which they came. For a value that is never kept locked across an `.await`,
/// `std::sync::Mutex` is cheaper and just as good.
///
/// It is not reentrant: a task that locks it twice waits for itself for ever. A panic under the
/// lock unlocks it and leaves the value as it is.
///
/// asyncio: `Lock`. Releasing a lock that is not held, an error there, cannot be written here.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Mutex;
/// use std::sync::Arc;
///
/// let count = Arc::new(Mutex::new(0));
/// let tasks: Vec<_> = (0..10)
///     .map(|_| {
///         let count = count.clone();
///         mainspring::spawn(async move { *count.lock().await += 1 })
///     })
///     .collect();
/// for task in tasks {
///     task.await.unwrap();
/// }
/// assert_eq!(*count.lock().await, 10);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Mutex<T: ?Sized> {
    pub(super) permits: Permits,
    pub(super) value: UnsafeCell<T>,
}

// SAFETY(INV-56): one guard at a time, so sharing the mutex passes the value from thread to thread
// and never shares it.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY(INV-56): as above.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// The right to the value of a [`Mutex`], given up when dropped.
///
/// Made by [`Mutex::lock`] and its siblings. It may be held across an `.await` and sent to another
/// thread.
#[must_use = "the mutex is unlocked at once if the guard is not kept"]
pub struct MutexGuard<'a, T: ?Sized> {
    pub(super) lock: &'a Mutex<T>,
}

// SAFETY(INV-56): a shared guard gives shared references to the value, hence `T: Sync`.
unsafe impl<T: ?Sized + Send + Sync> Sync for MutexGuard<'_, T> {}

/// The mutex is locked: see [`Mutex::try_lock`].
#[derive(Debug)]
pub struct TryLockError(pub(in crate::sync) ());

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("operation would block")
    }
}

impl Error for TryLockError {}

impl<T> Mutex<T> {
    /// An unlocked mutex around `value`.
    pub fn new(value: T) -> Self {
        Self { permits: Permits::new(Kind::Mutex, 1), value: UnsafeCell::new(value) }
    }

    /// The same in a constant, for a `static`.
    ///
    /// ```
    /// use mainspring::sync::Mutex;
    ///
    /// static NAMES: Mutex<Vec<String>> = Mutex::const_new(Vec::new());
    /// NAMES.try_lock().unwrap().push("Ada".to_string());
    /// ```
    #[cfg(not(loom))]
    pub const fn const_new(value: T) -> Self {
        Self { permits: Permits::new(Kind::Mutex, 1), value: UnsafeCell::new(value) }
    }

    /// The value, without the mutex. Nobody can hold the lock: it would borrow the mutex.
    ///
    /// ```
    /// assert_eq!(mainspring::sync::Mutex::new(5).into_inner(), 5);
    /// ```
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock. asyncio: `await lock.acquire()`, or `async with lock`.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mutex = mainspring::sync::Mutex::new(1);
    /// *mutex.lock().await += 1;
    /// assert_eq!(*mutex.lock().await, 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it loses its place in the line and nothing else. A lock
    /// that it was handed in the meantime goes to the next in line.
    #[inline]
    pub async fn lock(&self) -> MutexGuard<'_, T> {
        expect_open(self.permits.acquire(1).await);
        taken(&self.permits);
        MutexGuard { lock: self }
    }

    /// Takes the lock if it is free, without waiting.
    ///
    /// ```
    /// let mutex = mainspring::sync::Mutex::new(1);
    /// let guard = mutex.try_lock().unwrap();
    /// assert!(mutex.try_lock().is_err());
    /// assert_eq!(*guard, 1);
    /// ```
    ///
    /// # Errors
    /// [`TryLockError`] if it is locked, or others wait for it.
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        match self.permits.try_acquire(1) {
            Ok(()) => {
                taken(&self.permits);
                Ok(MutexGuard { lock: self })
            }
            Err(_) => Err(TryLockError(())),
        }
    }

    /// Waits for the lock and blocks the thread meanwhile: for code outside async.
    ///
    /// In async code use [`lock`](Self::lock): a blocked thread cannot run the task that has the
    /// lock.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds it.
    ///
    /// ```
    /// let mutex = mainspring::sync::Mutex::new(1);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| *mutex.blocking_lock() += 1);
    /// });
    /// assert_eq!(mutex.into_inner(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        expect_open(self.permits.acquire_blocking(1));
        taken(&self.permits);
        MutexGuard { lock: self }
    }

    /// The value, without locking: nobody else can have the mutex.
    ///
    /// ```
    /// let mut mutex = mainspring::sync::Mutex::new(1);
    /// *mutex.get_mut() = 2;
    /// assert_eq!(mutex.into_inner(), 2);
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY(INV-56): a guard would borrow the mutex, or own an `Arc` of it.
        self.value.with_mut(|value| unsafe { &mut *value })
    }
}

/// Whoever waited for the permit of a mutex has it.
#[inline]
pub(super) fn expect_open(outcome: Result<(), AcquireError>) {
    if outcome.is_err() {
        unreachable!("nobody closes the permit of a mutex");
    }
}

/// The task that is being polled has the lock: a dump can then say who it is that others wait for.
/// One load and a branch while no dump is on.
#[inline]
pub(super) fn taken(permits: &Permits) {
    if note::on() {
        held(permits, true);
    }
}

#[cold]
#[inline(never)]
fn held(permits: &Permits, taken: bool) {
    note::hold(permits.address(), if taken { coop::page(Page::task) } else { 0 });
}

/// Gives the permit to the first in line, or back.
#[inline]
pub(super) fn unlock(permits: &Permits) {
    if note::on() {
        // Whoever is handed it says so when it is polled.
        held(permits, false);
    }
    permits.release(1);
}

impl<T> From<T> for Mutex<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut mutex = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => mutex.field("data", &&*guard),
            Err(_) => mutex.field("data", &format_args!("<locked>")),
        };
        mutex.finish()
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex this guard locks. Written `MutexGuard::mutex(&guard)`, as are all functions of the
    /// guard, so that they do not hide the methods of the value.
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.lock
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY(INV-56): we are the guard.
        self.lock.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY(INV-56): we are the guard, and borrowed mutably.
        self.lock.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        unlock(&self.lock.permits);
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
