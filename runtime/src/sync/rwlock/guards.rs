//! guards that read or write the value of an RwLock, and how to get one.
//!
//! Read before: `sync/rwlock/lock.rs`. A guard is the shares it has and a pointer to what it shows:
//! the whole value here, a part of it after `sync/rwlock/mapped.rs`, which comes next.

use super::lock::{AllShares, RwLock, Share, expect_open};
use crate::sync::mutex::lock::TryLockError;
use std::fmt;
use std::marker::PhantomData;

/// The right to read the value of an [`RwLock`], or a part of it; given up when dropped.
///
/// Made by [`RwLock::read`] and its siblings, and by [`RwLockWriteGuard::downgrade`].
#[must_use = "the lock is let go at once if the guard is not kept"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    pub(super) share: Share<'a>,
    pub(super) data: *const T,
    pub(super) value: PhantomData<&'a T>,
}

/// The right to read and write the value of an [`RwLock`], given up when dropped.
///
/// Made by [`RwLock::write`] and its siblings.
#[must_use = "the lock is let go at once if the guard is not kept"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    pub(super) shares: AllShares<'a>,
    pub(super) data: *mut T,
    pub(super) value: PhantomData<&'a mut T>,
}

// SAFETY(INV-100): the guard is a `&T`, whose rules these are.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY(INV-100): as above.
unsafe impl<T: ?Sized + Sync> Sync for RwLockReadGuard<'_, T> {}
// SAFETY(INV-102): the guard is a `&mut T` and can become a `&T` beside others.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockWriteGuard<'_, T> {}
// SAFETY(INV-100): a shared guard gives shared references to the value.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<T: ?Sized> RwLock<T> {
    /// Waits until nobody writes, behind those who came before, and reads.
    ///
    /// Others may read at the same time. A reader who comes after a waiting writer waits behind it.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let lock = mainspring::sync::RwLock::new(1);
    /// let one = lock.read().await;
    /// let two = lock.read().await;
    /// assert_eq!((*one, *two), (1, 1));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it loses its place in the line and nothing else. A lock
    /// that it was handed in the meantime goes to the next in line.
    #[inline]
    pub async fn read(&self) -> RwLockReadGuard<'_, T> {
        expect_open(self.shares.permits.acquire(1).await);
        self.read_guard()
    }

    /// Reads if nobody writes or waits, without waiting.
    ///
    /// ```
    /// let lock = mainspring::sync::RwLock::new(1);
    /// let _reader = lock.try_read().unwrap();
    /// assert!(lock.try_read().is_ok());
    /// assert!(lock.try_write().is_err());
    /// ```
    ///
    /// # Errors
    /// [`TryLockError`] if somebody writes, or others wait.
    #[inline]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        match self.shares.permits.try_acquire(1) {
            Ok(()) => Ok(self.read_guard()),
            Err(_) => Err(TryLockError(())),
        }
    }

    /// Waits until nobody writes, and blocks the thread meanwhile: for code outside async.
    ///
    /// In async code use [`read`](Self::read): a blocked thread cannot run the task that writes.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds the lock.
    ///
    /// ```
    /// let lock = mainspring::sync::RwLock::new(1);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert_eq!(*lock.blocking_read(), 1));
    /// });
    /// ```
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        expect_open(self.shares.permits.acquire_blocking(1));
        self.read_guard()
    }

    /// Waits until nobody reads or writes, behind those who came before, and writes.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let lock = mainspring::sync::RwLock::new(1);
    /// *lock.write().await += 1;
    /// assert_eq!(*lock.read().await, 2);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe, as [`read`](Self::read). The readers behind it go on if it was all they waited for.
    #[inline]
    pub async fn write(&self) -> RwLockWriteGuard<'_, T> {
        expect_open(self.shares.permits.acquire(self.shares.all as usize).await);
        self.write_guard()
    }

    /// Writes if nobody reads, writes or waits, without waiting.
    ///
    /// ```
    /// let lock = mainspring::sync::RwLock::new(1);
    /// *lock.try_write().unwrap() += 1;
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    ///
    /// # Errors
    /// [`TryLockError`] if somebody reads or writes, or others wait.
    #[inline]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        match self.shares.permits.try_acquire(self.shares.all as usize) {
            Ok(()) => Ok(self.write_guard()),
            Err(_) => Err(TryLockError(())),
        }
    }

    /// Waits until nobody reads or writes, and blocks the thread meanwhile: for code outside async.
    ///
    /// In async code use [`write`](Self::write): a blocked thread cannot run the tasks that read.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds the lock.
    ///
    /// ```
    /// let lock = mainspring::sync::RwLock::new(1);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| *lock.blocking_write() += 1);
    /// });
    /// assert_eq!(lock.into_inner(), 2);
    /// ```
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        expect_open(self.shares.permits.acquire_blocking(self.shares.all as usize));
        self.write_guard()
    }

    /// One share was acquired.
    #[inline]
    fn read_guard(&self) -> RwLockReadGuard<'_, T> {
        let data = self.value.with(|value| value);
        RwLockReadGuard { share: Share(&self.shares), data, value: PhantomData }
    }

    /// All shares were acquired.
    #[inline]
    fn write_guard(&self) -> RwLockWriteGuard<'_, T> {
        let data = self.value.with_mut(|value| value);
        RwLockWriteGuard { shares: AllShares(&self.shares), data, value: PhantomData }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Goes on reading and lets others read, without another writer between.
    ///
    /// Readers who wait behind a waiting writer stay there.
    ///
    /// ```
    /// let lock = mainspring::sync::RwLock::new(1);
    /// let mut writer = lock.try_write().unwrap();
    /// *writer = 2;
    /// let reader = writer.downgrade();
    /// assert_eq!(*lock.try_read().unwrap(), 2);
    /// assert!(lock.try_write().is_err());
    /// # drop(reader);
    /// ```
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard { data: self.data, share: self.shares.downgrade(), value: PhantomData }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lock = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => lock.field("data", &&*guard),
            Err(_) => lock.field("data", &format_args!("<locked>")),
        };
        lock.finish()
    }
}

/// A guard reads through its pointer, and shows what it finds there.
macro_rules! reads {
    ([$($generics:tt)*], $guard:ty, $data:ident) => {
        impl<$($generics)*> ::std::ops::Deref for $guard {
            type Target = $data;

            #[inline]
            fn deref(&self) -> &$data {
                // SAFETY(INV-101): into the value, of which we have a share or all.
                unsafe { &*self.data }
            }
        }

        impl<$($generics)*> ::std::fmt::Debug for $guard
        where
            $data: ::std::fmt::Debug,
        {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<$($generics)*> ::std::fmt::Display for $guard
        where
            $data: ::std::fmt::Display,
        {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                (**self).fmt(f)
            }
        }
    };
}

/// A guard that also writes.
macro_rules! reads_and_writes {
    ([$($generics:tt)*], $guard:ty, $data:ident) => {
        crate::sync::rwlock::guards::reads!([$($generics)*], $guard, $data);

        impl<$($generics)*> ::std::ops::DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $data {
                // SAFETY(INV-101): into the value, of which we have all shares; we are borrowed
                // mutably.
                unsafe { &mut *self.data }
            }
        }
    };
}

pub(super) use {reads, reads_and_writes};

reads!(['a, T: ?Sized], RwLockReadGuard<'a, T>, T);
reads_and_writes!(['a, T: ?Sized], RwLockWriteGuard<'a, T>, T);
