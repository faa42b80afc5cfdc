//! guards of a part of the value.
//!
//! Read before: `sync/rwlock/guards.rs`. `map` turns a guard of the whole into a guard of a field:
//! the lock stays as it is, and who gets the guard sees the field only. A read guard stays of the
//! same type. A write guard becomes one that cannot be downgraded: what its closure reached may be
//! inside a `Mutex` of the value, where it needs no lock because it may write, and where other
//! readers, with the lock, may write too.
//!
//! Next: `sync/rwlock/owned.rs`, the same guards over an `Arc`.

use super::guards::{RwLockReadGuard, RwLockWriteGuard, reads_and_writes};
use super::lock::AllShares;
use std::marker::PhantomData;

/// An [`RwLockWriteGuard`] of a part of the value. Made by [`RwLockWriteGuard::map`].
#[must_use = "the lock is let go at once if the guard is not kept"]
pub struct RwLockMappedWriteGuard<'a, T: ?Sized> {
    shares: AllShares<'a>,
    data: *mut T,
    value: PhantomData<&'a mut T>,
}

// SAFETY(INV-100): the guard is a `&mut T`; tokio asks for both, so that guards of the whole and of
// a part can be used alike.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockMappedWriteGuard<'_, T> {}
// SAFETY(INV-100): as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockMappedWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// Narrows the guard to a part of the value. Written `RwLockReadGuard::map(guard, …)`, as are
    /// its siblings, so that they do not hide the methods of the value.
    ///
    /// ```
    /// use mainspring::sync::{RwLock, RwLockReadGuard};
    ///
    /// let pair = RwLock::new((1, "one"));
    /// let name = RwLockReadGuard::map(pair.try_read().unwrap(), |pair| &pair.1);
    /// assert_eq!(*name, "one");
    /// ```
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let data: *const U = f(&this);
        RwLockReadGuard { share: this.share, data, value: PhantomData }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// ```
    /// use mainspring::sync::{RwLock, RwLockReadGuard};
    ///
    /// let list = RwLock::new(vec![1, 2]);
    /// let guard = list.try_read().unwrap();
    /// let guard = RwLockReadGuard::try_map(guard, |list| list.get(5)).unwrap_err();
    /// assert_eq!(*guard, [1, 2]);
    /// ```
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match f(&this).map(|data| data as *const U) {
            Some(data) => Ok(RwLockReadGuard { share: this.share, data, value: PhantomData }),
            None => Err(this),
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Narrows the guard to a part of the value. Written `RwLockWriteGuard::map(guard, …)`, as are
    /// its siblings, so that they do not hide the methods of the value.
    ///
    /// ```
    /// use mainspring::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let pair = RwLock::new((1, "one"));
    /// {
    ///     let mut number = RwLockWriteGuard::map(pair.try_write().unwrap(), |pair| &mut pair.0);
    ///     *number = 2;
    /// }
    /// assert_eq!(pair.into_inner(), (2, "one"));
    /// ```
    pub fn map<F, U: ?Sized>(mut this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data: *mut U = f(&mut this);
        RwLockMappedWriteGuard { shares: this.shares, data, value: PhantomData }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut this).map(|data| data as *mut U) {
            Some(data) => {
                Ok(RwLockMappedWriteGuard { shares: this.shares, data, value: PhantomData })
            }
            None => Err(this),
        }
    }

    /// The type of a mapped guard, for the whole value: for code that wants one or the other.
    ///
    /// ```
    /// use mainspring::sync::{RwLock, RwLockMappedWriteGuard, RwLockWriteGuard};
    ///
    /// let lock = RwLock::new(1);
    /// let mut guard: RwLockMappedWriteGuard<'_, i32> =
    ///     RwLockWriteGuard::into_mapped(lock.try_write().unwrap());
    /// *guard = 2;
    /// # drop(guard);
    /// # assert_eq!(lock.into_inner(), 2);
    /// ```
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard { shares: this.shares, data: this.data, value: PhantomData }
    }

    /// [`downgrade`](Self::downgrade) to a guard that reads a part of the value.
    ///
    /// `f` is given a shared reference only: what it returns is read beside others.
    ///
    /// ```
    /// use mainspring::sync::{RwLock, RwLockWriteGuard};
    ///
    /// let pair = RwLock::new((1, "one"));
    /// let name = RwLockWriteGuard::downgrade_map(pair.try_write().unwrap(), |pair| &pair.1);
    /// assert_eq!((*name, pair.try_read().unwrap().0), ("one", 1));
    /// ```
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        let data: *const U = f(&this);
        RwLockReadGuard { share: this.shares.downgrade(), data, value: PhantomData }
    }

    /// [`downgrade_map`](Self::downgrade_map) to a part that may not be there; gives the guard
    /// back, to write, if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_downgrade_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        match f(&this).map(|data| data as *const U) {
            Some(data) => {
                Ok(RwLockReadGuard { share: this.shares.downgrade(), data, value: PhantomData })
            }
            None => Err(this),
        }
    }
}

impl<'a, T: ?Sized> RwLockMappedWriteGuard<'a, T> {
    /// Narrows the guard further. Written `RwLockMappedWriteGuard::map(guard, …)`.
    pub fn map<F, U: ?Sized>(mut this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        let data: *mut U = f(&mut this);
        RwLockMappedWriteGuard { shares: this.shares, data, value: PhantomData }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<F, U: ?Sized>(
        mut this: Self,
        f: F,
    ) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut this).map(|data| data as *mut U) {
            Some(data) => {
                Ok(RwLockMappedWriteGuard { shares: this.shares, data, value: PhantomData })
            }
            None => Err(this),
        }
    }
}

reads_and_writes!(['a, T: ?Sized], RwLockMappedWriteGuard<'a, T>, T);
