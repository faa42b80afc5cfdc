//! guards that own their RwLock: to move into a task.
//!
//! Read before: `sync/rwlock/mapped.rs`. The guards there borrow their lock; these hold an `Arc` of
//! it, and live as long as they like. Next: `sync/rwlock/owned_mapped.rs`.

use super::guards::{reads, reads_and_writes};
use super::lock::{RwLock, expect_open};
use crate::sync::mutex::lock::TryLockError;
use std::sync::Arc;

/// The right to read a part `U` of the value of an [`RwLock`] in an `Arc`, or all of it; given up
/// when dropped.
///
/// Made by [`RwLock::read_owned`] and its siblings.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::RwLock;
/// use std::sync::Arc;
///
/// let lock = Arc::new(RwLock::new(1));
/// let guard = lock.clone().read_owned().await;
/// mainspring::spawn(async move { assert_eq!(*guard, 1) }).await.unwrap();
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the lock is let go at once if the guard is not kept"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    pub(super) share: OwnedShare<T>,
    pub(super) data: *const U,
}

/// The right to read and write the value of an [`RwLock`] in an `Arc`, given up when dropped.
///
/// Made by [`RwLock::write_owned`] and its siblings.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::RwLock;
/// use std::sync::Arc;
///
/// let lock = Arc::new(RwLock::new(1));
/// let mut guard = lock.clone().write_owned().await;
/// mainspring::spawn(async move { *guard += 1 }).await.unwrap();
/// assert_eq!(*lock.read().await, 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the lock is let go at once if the guard is not kept"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    pub(super) shares: OwnedShares<T>,
    pub(super) data: *mut T,
}

/// One share of a lock that is kept alive. Apart from the guard, as in the mutex, so that a guard
/// can be taken to pieces without a destructor in the way.
pub(super) struct OwnedShare<T: ?Sized>(pub(super) Arc<RwLock<T>>);

/// `n` shares of a lock that is kept alive: all of them, until a downgrade.
pub(super) struct OwnedShares<T: ?Sized> {
    pub(super) lock: Arc<RwLock<T>>,
    n: u32,
}

impl<T: ?Sized> Drop for OwnedShare<T> {
    #[inline]
    fn drop(&mut self) {
        self.0.shares.permits.release(1);
    }
}

impl<T: ?Sized> Drop for OwnedShares<T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.shares.permits.release(self.n as usize);
    }
}

impl<T: ?Sized> OwnedShares<T> {
    /// All but one are given back.
    pub(super) fn downgrade(mut self) -> OwnedShare<T> {
        self.n -= 1;
        let share = OwnedShare(self.lock.clone());
        // Not left to the end of the function: if a waker panics in here, `share` is dropped too.
        drop(self);
        share
    }
}

// SAFETY(INV-100): a `&U`, and an `Arc` of the lock, which may be the last: then `T` is dropped
// here.
unsafe impl<T, U> Send for OwnedRwLockReadGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Sync,
{
}
// SAFETY(INV-100): as above.
unsafe impl<T, U> Sync for OwnedRwLockReadGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY(INV-102): a `&mut T` that can become a `&T` beside others, and an `Arc` of the lock.
unsafe impl<T: ?Sized + Send + Sync> Send for OwnedRwLockWriteGuard<T> {}
// SAFETY(INV-100): a shared guard gives shared references to the value.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedRwLockWriteGuard<T> {}

impl<T: ?Sized> RwLock<T> {
    /// [`read`](Self::read) with a guard that keeps the lock alive.
    ///
    /// # Cancel safety
    /// Safe, as [`read`](Self::read).
    pub async fn read_owned(self: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        expect_open(self.shares.permits.acquire(1).await);
        self.owned_read_guard()
    }

    /// [`try_read`](Self::try_read) with a guard that keeps the lock alive.
    ///
    /// # Errors
    /// [`TryLockError`] if somebody writes, or others wait.
    pub fn try_read_owned(self: Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        match self.shares.permits.try_acquire(1) {
            Ok(()) => Ok(self.owned_read_guard()),
            Err(_) => Err(TryLockError(())),
        }
    }

    /// [`write`](Self::write) with a guard that keeps the lock alive.
    ///
    /// # Cancel safety
    /// Safe, as [`write`](Self::write).
    pub async fn write_owned(self: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        expect_open(self.shares.permits.acquire(self.shares.all as usize).await);
        self.owned_write_guard()
    }

    /// [`try_write`](Self::try_write) with a guard that keeps the lock alive.
    ///
    /// # Errors
    /// [`TryLockError`] if somebody reads or writes, or others wait.
    pub fn try_write_owned(self: Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        match self.shares.permits.try_acquire(self.shares.all as usize) {
            Ok(()) => Ok(self.owned_write_guard()),
            Err(_) => Err(TryLockError(())),
        }
    }

    /// One share was acquired.
    fn owned_read_guard(self: Arc<Self>) -> OwnedRwLockReadGuard<T> {
        let data = self.value.with(|value| value);
        OwnedRwLockReadGuard { share: OwnedShare(self), data }
    }

    /// All shares were acquired.
    fn owned_write_guard(self: Arc<Self>) -> OwnedRwLockWriteGuard<T> {
        let data = self.value.with_mut(|value| value);
        let n = self.shares.all;
        OwnedRwLockWriteGuard { shares: OwnedShares { lock: self, n }, data }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    /// The lock this guard reads. Written `OwnedRwLockReadGuard::rwlock(&guard)`.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.share.0
    }

    /// Narrows the guard to a part of the value. Written `OwnedRwLockReadGuard::map(guard, …)`, as
    /// are its siblings, so that they do not hide the methods of the value.
    ///
    /// ```
    /// use mainspring::sync::{OwnedRwLockReadGuard, RwLock};
    /// use std::sync::Arc;
    ///
    /// let pair = Arc::new(RwLock::new((1, "one")));
    /// let guard = pair.try_read_owned().unwrap();
    /// let name = OwnedRwLockReadGuard::map(guard, |pair| &pair.1);
    /// assert_eq!(*name, "one");
    /// ```
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        let data: *const V = f(&this);
        OwnedRwLockReadGuard { share: this.share, data }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        match f(&this).map(|data| data as *const V) {
            Some(data) => Ok(OwnedRwLockReadGuard { share: this.share, data }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// The lock this guard writes. Written `OwnedRwLockWriteGuard::rwlock(&guard)`.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.shares.lock
    }

    /// Goes on reading and lets others read, without another writer between.
    ///
    /// Readers who wait behind a waiting writer stay there.
    ///
    /// ```
    /// use mainspring::sync::RwLock;
    /// use std::sync::Arc;
    ///
    /// let lock = Arc::new(RwLock::new(1));
    /// let reader = lock.clone().try_write_owned().unwrap().downgrade();
    /// assert_eq!(*reader, *lock.try_read().unwrap());
    /// ```
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        OwnedRwLockReadGuard { data: self.data, share: self.shares.downgrade() }
    }
}

reads!([T: ?Sized, U: ?Sized], OwnedRwLockReadGuard<T, U>, U);
reads_and_writes!([T: ?Sized], OwnedRwLockWriteGuard<T>, T);
