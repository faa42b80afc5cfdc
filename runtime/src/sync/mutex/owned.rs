//! a guard that owns its mutex: to move into a task.
//!
//! Read before: `sync/mutex/lock.rs`. A [`MutexGuard`](super::lock::MutexGuard) borrows its mutex;
//! this one holds an `Arc` of it, and lives as long as it likes.

use super::lock::{Mutex, TryLockError, expect_open, taken, unlock};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// The right to the value of a [`Mutex`] in an `Arc`, given up when dropped.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Mutex;
/// use std::sync::Arc;
///
/// let mutex = Arc::new(Mutex::new(1));
/// let mut guard = mutex.clone().lock_owned().await;
/// mainspring::spawn(async move { *guard += 1 }).await.unwrap();
/// assert_eq!(*mutex.lock().await, 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the mutex is unlocked at once if the guard is not kept"]
pub struct OwnedMutexGuard<T: ?Sized> {
    pub(super) held: Held<T>,
}

/// A locked mutex. Apart from the guard, so that a guard can be taken to pieces without a
/// destructor in the way.
pub(super) struct Held<T: ?Sized>(pub(super) Arc<Mutex<T>>);

// SAFETY(INV-56): a shared guard gives shared references to the value, hence `T: Sync`.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}

impl<T: ?Sized> Drop for Held<T> {
    #[inline]
    fn drop(&mut self) {
        unlock(&self.0.permits);
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock, with a guard that keeps the mutex alive.
    ///
    /// # Cancel safety
    /// Safe, as [`lock`](Self::lock).
    pub async fn lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        expect_open(self.permits.acquire(1).await);
        taken(&self.permits);
        OwnedMutexGuard { held: Held(self) }
    }

    /// Takes the lock if it is free, with a guard that keeps the mutex alive.
    ///
    /// # Errors
    /// [`TryLockError`] if it is locked, or others wait for it.
    pub fn try_lock_owned(self: Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        match self.permits.try_acquire(1) {
            Ok(()) => {
                taken(&self.permits);
                Ok(OwnedMutexGuard { held: Held(self) })
            }
            Err(_) => Err(TryLockError(())),
        }
    }

    /// Waits for the lock and blocks the thread meanwhile, with a guard that keeps the mutex alive:
    /// for code outside async.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds it.
    #[track_caller]
    pub fn blocking_lock_owned(self: Arc<Self>) -> OwnedMutexGuard<T> {
        expect_open(self.permits.acquire_blocking(1));
        taken(&self.permits);
        OwnedMutexGuard { held: Held(self) }
    }
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// The mutex this guard locks. Written `OwnedMutexGuard::mutex(&guard)`.
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.held.0
    }
}

impl<T: ?Sized> Deref for OwnedMutexGuard<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY(INV-56): we are the guard.
        self.held.0.value.with(|value| unsafe { &*value })
    }
}

impl<T: ?Sized> DerefMut for OwnedMutexGuard<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY(INV-56): we are the guard, and borrowed mutably.
        self.held.0.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
