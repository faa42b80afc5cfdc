//! a guard that writes a part of the value and owns its RwLock.
//!
//! Read before: `sync/rwlock/owned.rs`. What `sync/rwlock/mapped.rs` is to the guards that borrow.
//! Next: `sync/condvar.rs`.

use super::guards::reads_and_writes;
use super::lock::RwLock;
use super::owned::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedShares};
use std::sync::Arc;

/// An [`OwnedRwLockWriteGuard`] of a part `U` of the value. Made by [`OwnedRwLockWriteGuard::map`].
#[must_use = "the lock is let go at once if the guard is not kept"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    shares: OwnedShares<T>,
    data: *mut U,
}

// SAFETY(INV-100): a `&mut U`, and an `Arc` of the lock.
unsafe impl<T, U> Send for OwnedRwLockMappedWriteGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY(INV-100): as above.
unsafe impl<T, U> Sync for OwnedRwLockMappedWriteGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// Narrows the guard to a part of the value. Written `OwnedRwLockWriteGuard::map(guard, …)`, as
    /// are its siblings, so that they do not hide the methods of the value.
    ///
    /// ```
    /// use mainspring::sync::{OwnedRwLockWriteGuard, RwLock};
    /// use std::sync::Arc;
    ///
    /// let pair = Arc::new(RwLock::new((1, "one")));
    /// let guard = pair.clone().try_write_owned().unwrap();
    /// let mut number = OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0);
    /// *number = 2;
    /// drop(number);
    /// assert_eq!(*pair.try_read().unwrap(), (2, "one"));
    /// ```
    pub fn map<F, U: ?Sized>(mut this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data: *mut U = f(&mut this);
        OwnedRwLockMappedWriteGuard { shares: this.shares, data }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut this).map(|data| data as *mut U) {
            Some(data) => Ok(OwnedRwLockMappedWriteGuard { shares: this.shares, data }),
            None => Err(this),
        }
    }

    /// The type of a mapped guard, for the whole value: for code that wants one or the other.
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        OwnedRwLockMappedWriteGuard { shares: this.shares, data: this.data }
    }

    /// [`downgrade`](Self::downgrade) to a guard that reads a part of the value.
    ///
    /// `f` is given a shared reference only: what it returns is read beside others.
    ///
    /// ```
    /// use mainspring::sync::{OwnedRwLockWriteGuard, RwLock};
    /// use std::sync::Arc;
    ///
    /// let pair = Arc::new(RwLock::new((1, "one")));
    /// let guard = pair.clone().try_write_owned().unwrap();
    /// let name = OwnedRwLockWriteGuard::downgrade_map(guard, |pair| &pair.1);
    /// assert_eq!((*name, pair.try_read().unwrap().0), ("one", 1));
    /// ```
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let data: *const U = f(&this);
        OwnedRwLockReadGuard { share: this.shares.downgrade(), data }
    }

    /// [`downgrade_map`](Self::downgrade_map) to a part that may not be there; gives the guard
    /// back, to write, if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_downgrade_map<F, U: ?Sized>(
        this: Self,
        f: F,
    ) -> Result<OwnedRwLockReadGuard<T, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match f(&this).map(|data| data as *const U) {
            Some(data) => Ok(OwnedRwLockReadGuard { share: this.shares.downgrade(), data }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// The lock this guard writes. Written `OwnedRwLockMappedWriteGuard::rwlock(&guard)`.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.shares.lock
    }

    /// Narrows the guard further. Written `OwnedRwLockMappedWriteGuard::map(guard, …)`.
    pub fn map<F, V: ?Sized>(mut this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        let data: *mut V = f(&mut this);
        OwnedRwLockMappedWriteGuard { shares: this.shares, data }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<F, V: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        match f(&mut this).map(|data| data as *mut V) {
            Some(data) => Ok(OwnedRwLockMappedWriteGuard { shares: this.shares, data }),
            None => Err(this),
        }
    }
}

reads_and_writes!([T: ?Sized, U: ?Sized], OwnedRwLockMappedWriteGuard<T, U>, U);

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "line_tests.rs"]
mod line;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;

#[cfg(all(test, loom))]
#[path = "model_tests.rs"]
mod model;
