//! guards of a part of the value.
//!
//! Read before: `sync/mutex/lock.rs`, `owned.rs`. `map` turns a guard of the whole into a guard of
//! a field: the mutex stays locked, and who gets the guard sees the field only.
//!
//! * INV-57: the pointer of a mapped guard comes from the closure given to `map`, as a reference
//!   into the locked value, so it is good as long as the mutex is locked and alive; the guard has
//!   the permit and the borrow, or the `Arc`.

use super::lock::{MutexGuard, unlock};
use super::owned::{Held, OwnedMutexGuard};
use crate::sync::semaphore::permits::Permits;
use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ops::{Deref, DerefMut};

/// A [`MutexGuard`] of a part of the value. Made by [`MutexGuard::map`].
#[must_use = "the mutex is unlocked at once if the guard is not kept"]
pub struct MappedMutexGuard<'a, T: ?Sized> {
    held: Borrowed<'a>,
    data: *mut T,
    _value: PhantomData<&'a mut T>,
}

/// An [`OwnedMutexGuard`] of a part `U` of the value. Made by [`OwnedMutexGuard::map`].
#[must_use = "the mutex is unlocked at once if the guard is not kept"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    data: *mut U,
    held: Held<T>,
}

/// A locked mutex of any type.
struct Borrowed<'a>(&'a Permits);

impl Drop for Borrowed<'_> {
    #[inline]
    fn drop(&mut self) {
        unlock(self.0);
    }
}

// SAFETY(INV-57): the guard is a `&mut T`, whose rules these are.
unsafe impl<T: ?Sized + Sync> Sync for MappedMutexGuard<'_, T> {}
// SAFETY(INV-57): as above.
unsafe impl<T: ?Sized + Send> Send for MappedMutexGuard<'_, T> {}
// SAFETY(INV-57): a `&mut U`, and an `Arc` of the mutex.
unsafe impl<T, U> Sync for OwnedMappedMutexGuard<T, U>
where
    T: ?Sized + Send + Sync,
    U: ?Sized + Send + Sync,
{
}
// SAFETY(INV-57): as above.
unsafe impl<T: ?Sized + Send, U: ?Sized + Send> Send for OwnedMappedMutexGuard<T, U> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Narrows the guard to a part of the value. Written `MutexGuard::map(guard, …)`.
    ///
    /// ```
    /// use mainspring::sync::{Mutex, MutexGuard};
    ///
    /// let pair = Mutex::new((1, "one"));
    /// {
    ///     let mut number = MutexGuard::map(pair.try_lock().unwrap(), |pair| &mut pair.0);
    ///     *number = 2;
    /// }
    /// assert_eq!(pair.into_inner(), (2, "one"));
    /// ```
    pub fn map<U, F>(mut this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        let data: *mut U = f(&mut this);
        Self::mapped(this, data)
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<U, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut this).map(|data| data as *mut U) {
            Some(data) => Ok(Self::mapped(this, data)),
            None => Err(this),
        }
    }

    fn mapped<U: ?Sized>(this: Self, data: *mut U) -> MappedMutexGuard<'a, U> {
        let held = Borrowed(&this.lock.permits);
        // The permit changes hands.
        mem::forget(this);
        MappedMutexGuard { held, data, _value: PhantomData }
    }
}

impl<'a, T: ?Sized> MappedMutexGuard<'a, T> {
    /// Narrows the guard further. Written `MappedMutexGuard::map(guard, …)`.
    pub fn map<U, F>(mut this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        let data: *mut U = f(&mut this);
        MappedMutexGuard { held: this.held, data, _value: PhantomData }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<U, F>(mut this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut this).map(|data| data as *mut U) {
            Some(data) => Ok(MappedMutexGuard { held: this.held, data, _value: PhantomData }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// Narrows the guard to a part of the value. Written `OwnedMutexGuard::map(guard, …)`.
    pub fn map<U, F>(mut this: Self, f: F) -> OwnedMappedMutexGuard<T, U>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> &mut U,
    {
        let data: *mut U = f(&mut this);
        OwnedMappedMutexGuard { data, held: this.held }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<U, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        U: ?Sized,
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        match f(&mut this).map(|data| data as *mut U) {
            Some(data) => Ok(OwnedMappedMutexGuard { data, held: this.held }),
            None => Err(this),
        }
    }
}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// Narrows the guard further. Written `OwnedMappedMutexGuard::map(guard, …)`.
    pub fn map<S, F>(mut this: Self, f: F) -> OwnedMappedMutexGuard<T, S>
    where
        S: ?Sized,
        F: FnOnce(&mut U) -> &mut S,
    {
        let data: *mut S = f(&mut this);
        OwnedMappedMutexGuard { data, held: this.held }
    }

    /// Narrows the guard to a part that may not be there; gives the guard back if it is not.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    pub fn try_map<S, F>(mut this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, S>, Self>
    where
        S: ?Sized,
        F: FnOnce(&mut U) -> Option<&mut S>,
    {
        match f(&mut this).map(|data| data as *mut S) {
            Some(data) => Ok(OwnedMappedMutexGuard { data, held: this.held }),
            None => Err(this),
        }
    }
}

macro_rules! as_data {
    ([$($generics:tt)*], $guard:ty, $data:ident) => {
        impl<$($generics)*> Deref for $guard {
            type Target = $data;

            #[inline]
            fn deref(&self) -> &$data {
                // SAFETY(INV-57): into the value we have locked.
                unsafe { &*self.data }
            }
        }

        impl<$($generics)*> DerefMut for $guard {
            #[inline]
            fn deref_mut(&mut self) -> &mut $data {
                // SAFETY(INV-57): as above, and the guard is borrowed mutably.
                unsafe { &mut *self.data }
            }
        }
    };
}

as_data!(['a, T: ?Sized], MappedMutexGuard<'a, T>, T);
as_data!([T: ?Sized, U: ?Sized], OwnedMappedMutexGuard<T, U>, U);

impl<T: ?Sized + fmt::Debug> fmt::Debug for MappedMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MappedMutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Debug> fmt::Debug for OwnedMappedMutexGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized, U: ?Sized + fmt::Display> fmt::Display for OwnedMappedMutexGuard<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;
