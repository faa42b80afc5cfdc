//! permits that own their semaphore: guards to move into a task.
//!
//! Read before: `sync/semaphore/guarded.rs`. A [`SemaphorePermit`](super::guarded::SemaphorePermit)
//! borrows its semaphore, so it cannot outlive the function that has it. These hold an `Arc`
//! instead: two more read-modify-writes for a guard that can be sent anywhere.

#![forbid(unsafe_code)]

use super::error::{AcquireError, TryAcquireError};
use super::guarded::Semaphore;
use std::sync::Arc;

/// One or more permits of a [`Semaphore`] in an `Arc`, given back when this guard is dropped.
///
/// # Examples
///
/// Take the permit first, then spawn: never more than eight tasks exist.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Semaphore;
/// use std::sync::Arc;
///
/// let limit = Arc::new(Semaphore::new(8));
/// for _ in 0..100 {
///     let permit = limit.clone().acquire_owned().await.unwrap();
///     mainspring::spawn(async move {
///         // … the work …
///         drop(permit);
///     });
/// }
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "the permits are given back at once if the guard is not kept"]
pub struct OwnedSemaphorePermit {
    semaphore: Arc<Semaphore>,
    n: usize,
}

impl Semaphore {
    /// Waits for a permit, with a guard that keeps the semaphore alive.
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Cancel safety
    /// Safe, as [`acquire`](Self::acquire).
    pub async fn acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.permits.acquire(1).await?;
        Ok(OwnedSemaphorePermit { semaphore: self, n: 1 })
    }

    /// Waits for `n` permits at once, with a guard that keeps the semaphore alive.
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Cancel safety
    /// Safe, as [`acquire`](Self::acquire).
    pub async fn acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.permits.acquire(n as usize).await?;
        Ok(OwnedSemaphorePermit { semaphore: self, n: n as usize })
    }

    /// Takes a permit if there is one, with a guard that keeps the semaphore alive.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.try_acquire_many_owned(1)
    }

    /// Takes `n` permits if they are there, with a guard that keeps the semaphore alive.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire); it takes all or nothing.
    pub fn try_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.permits.try_acquire(n as usize)?;
        Ok(OwnedSemaphorePermit { semaphore: self, n: n as usize })
    }

    /// Waits for a permit and blocks the thread meanwhile, with a guard that keeps the semaphore
    /// alive: for code outside async.
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds it.
    #[track_caller]
    pub fn blocking_acquire_owned(self: Arc<Self>) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.blocking_acquire_many_owned(1)
    }

    /// Waits for `n` permits and blocks the thread meanwhile, with a guard that keeps the semaphore
    /// alive: for code outside async.
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds it.
    #[track_caller]
    pub fn blocking_acquire_many_owned(
        self: Arc<Self>,
        n: u32,
    ) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.permits.acquire_blocking(n as usize)?;
        Ok(OwnedSemaphorePermit { semaphore: self, n: n as usize })
    }
}

impl OwnedSemaphorePermit {
    /// Drops the guard and keeps its permits from coming back: the semaphore has fewer from now on.
    pub fn forget(mut self) {
        self.n = 0;
    }

    /// Takes the permits of `other` into this guard.
    ///
    /// # Panics
    /// If the two are of different semaphores.
    #[track_caller]
    pub fn merge(&mut self, mut other: Self) {
        assert!(
            Arc::ptr_eq(&self.semaphore, &other.semaphore),
            "these permits are of two semaphores: merge only permits of the same one"
        );
        self.n += std::mem::take(&mut other.n);
    }

    /// Moves `n` permits out of this guard into a new one; `None` if it has fewer.
    ///
    /// ```
    /// use mainspring::sync::Semaphore;
    /// use std::sync::Arc;
    ///
    /// let semaphore = Arc::new(Semaphore::new(5));
    /// let mut all = semaphore.try_acquire_many_owned(5).unwrap();
    /// assert_eq!(all.split(2).unwrap().num_permits(), 2);
    /// assert_eq!(all.num_permits(), 3);
    /// ```
    pub fn split(&mut self, n: usize) -> Option<Self> {
        self.n = self.n.checked_sub(n)?;
        Some(Self { semaphore: self.semaphore.clone(), n })
    }

    /// The semaphore these permits are of.
    pub fn semaphore(&self) -> &Arc<Semaphore> {
        &self.semaphore
    }

    /// How many permits this guard has.
    pub fn num_permits(&self) -> usize {
        self.n
    }
}

impl Drop for OwnedSemaphorePermit {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.add_permits(self.n);
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;
