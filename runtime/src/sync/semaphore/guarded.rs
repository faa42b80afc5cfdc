//! Semaphore: counted permits, with guards that give them back.
//!
//! Read before: `sync/semaphore/permits.rs`, which does the work. This file adds what a program
//! wants around the counter: a guard that cannot forget to release, and the calls for every taste
//! (wait, try, block). Next: `sync/semaphore/owned.rs`, the same guards over an `Arc`.

#![forbid(unsafe_code)]

use super::error::{AcquireError, TryAcquireError};
use super::permits::Permits;
use crate::base::note::Kind;

/// Limits how many do something at once.
///
/// A semaphore holds a number of permits. Who wants to go on takes one and gives it back, by
/// dropping its guard, when it is done; who finds none waits. Waiting is first come, first served,
/// also for several permits at once: a big request at the head of the line is not overtaken by
/// small ones.
///
/// asyncio: `Semaphore`. There, as here, releasing more than was acquired raises the count
/// ([`add_permits`](Self::add_permits)); a guard cannot, so `BoundedSemaphore` is not needed.
///
/// # Examples
///
/// At most three requests at a time:
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Semaphore;
///
/// let limit = Semaphore::new(3);
/// {
///     let _permit = limit.acquire().await.unwrap();
///     assert_eq!(limit.available_permits(), 2);
///     // … the request …
/// }
/// assert_eq!(limit.available_permits(), 3);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Semaphore {
    pub(super) permits: Permits,
}

/// One or more permits of a [`Semaphore`], given back when this guard is dropped.
///
/// Made by [`Semaphore::acquire`] and its siblings.
#[derive(Debug)]
#[must_use = "the permits are given back at once if the guard is not kept"]
pub struct SemaphorePermit<'a> {
    semaphore: &'a Semaphore,
    n: usize,
}

impl Semaphore {
    /// The most permits a semaphore can hold: `usize::MAX >> 3`.
    pub const MAX_PERMITS: usize = Permits::MAX;

    /// A semaphore with `permits` permits.
    ///
    /// # Panics
    /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn new(permits: usize) -> Self {
        check(permits);
        Self { permits: Permits::new(Kind::Semaphore, permits) }
    }

    /// The same in a constant, for a `static`.
    ///
    /// ```
    /// use mainspring::sync::Semaphore;
    ///
    /// static LIMIT: Semaphore = Semaphore::const_new(8);
    /// assert_eq!(LIMIT.available_permits(), 8);
    /// ```
    ///
    /// # Panics
    /// If `permits` is more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[cfg(not(loom))]
    #[track_caller]
    pub const fn const_new(permits: usize) -> Self {
        check(permits);
        Self { permits: Permits::new(Kind::Semaphore, permits) }
    }

    /// How many permits could be taken now. Zero while somebody waits, who has the first claim.
    pub fn available_permits(&self) -> usize {
        self.permits.available()
    }

    /// Adds `n` permits; those who wait get them first. asyncio: `release()`.
    ///
    /// ```
    /// use mainspring::sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(0);
    /// semaphore.add_permits(2);
    /// assert_eq!(semaphore.available_permits(), 2);
    /// ```
    ///
    /// # Panics
    /// If there would be more than [`MAX_PERMITS`](Self::MAX_PERMITS).
    #[track_caller]
    pub fn add_permits(&self, n: usize) {
        if n > 0 {
            self.permits.release(n);
        }
    }

    /// Takes up to `n` available permits away for good, and says how many it took.
    ///
    /// ```
    /// use mainspring::sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(3);
    /// assert_eq!(semaphore.forget_permits(5), 3);
    /// ```
    pub fn forget_permits(&self, n: usize) -> usize {
        self.permits.take_up_to(n)
    }

    /// Waits for a permit. asyncio: `await semaphore.acquire()`, or `async with semaphore`.
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it loses its place in the line and nothing else. A permit
    /// that it was handed in the meantime goes to the next in line.
    pub async fn acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.permits.acquire(1).await?;
        Ok(SemaphorePermit { semaphore: self, n: 1 })
    }

    /// Waits for `n` permits at once. Those who come later wait behind it, even if they want less.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// use mainspring::sync::Semaphore;
    ///
    /// let megabytes = Semaphore::new(64);
    /// let _buffer = megabytes.acquire_many(16).await.unwrap();
    /// assert_eq!(megabytes.available_permits(), 48);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Cancel safety
    /// Safe, as [`acquire`](Self::acquire).
    pub async fn acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.permits.acquire(n as usize).await?;
        Ok(SemaphorePermit { semaphore: self, n: n as usize })
    }

    /// Takes a permit if there is one, without waiting.
    ///
    /// ```
    /// use mainspring::sync::{Semaphore, TryAcquireError};
    ///
    /// let semaphore = Semaphore::new(1);
    /// let _permit = semaphore.try_acquire().unwrap();
    /// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    /// ```
    ///
    /// # Errors
    /// [`TryAcquireError::NoPermits`] if none is left or others wait;
    /// [`TryAcquireError::Closed`] if the semaphore is closed.
    pub fn try_acquire(&self) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.permits.try_acquire(1)?;
        Ok(SemaphorePermit { semaphore: self, n: 1 })
    }

    /// Takes `n` permits if they are there, without waiting.
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire); it takes all or nothing.
    pub fn try_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, TryAcquireError> {
        self.permits.try_acquire(n as usize)?;
        Ok(SemaphorePermit { semaphore: self, n: n as usize })
    }

    /// Waits for a permit and blocks the thread meanwhile: for code outside async.
    ///
    /// In async code use [`acquire`](Self::acquire): a blocked thread cannot run the task that
    /// would give the permit back.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds it.
    ///
    /// ```
    /// let semaphore = mainspring::sync::Semaphore::new(1);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| drop(semaphore.blocking_acquire().unwrap()));
    /// });
    /// ```
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    #[track_caller]
    pub fn blocking_acquire(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.blocking_acquire_many(1)
    }

    /// Waits for `n` permits and blocks the thread meanwhile: for code outside async.
    ///
    /// # Errors
    /// [`AcquireError`] if the semaphore is closed, before or while waiting.
    ///
    /// # Panics
    /// Inside async code: it would block the thread that has to run whoever holds it.
    #[track_caller]
    pub fn blocking_acquire_many(&self, n: u32) -> Result<SemaphorePermit<'_>, AcquireError> {
        self.permits.acquire_blocking(n as usize)?;
        Ok(SemaphorePermit { semaphore: self, n: n as usize })
    }

    /// No more permits for anybody: who waits, and who comes later, gets an error.
    ///
    /// ```
    /// use mainspring::sync::{Semaphore, TryAcquireError};
    ///
    /// let semaphore = Semaphore::new(1);
    /// semaphore.close();
    /// assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    /// ```
    pub fn close(&self) {
        self.permits.close();
    }

    /// Was [`close`](Self::close) called?
    pub fn is_closed(&self) -> bool {
        self.permits.is_closed()
    }
}

#[track_caller]
const fn check(permits: usize) {
    assert!(
        permits <= Permits::MAX,
        "a semaphore cannot hold that many permits: its limit is Semaphore::MAX_PERMITS"
    );
}

impl<'a> SemaphorePermit<'a> {
    /// Drops the guard and keeps its permits from coming back: the semaphore has fewer from now on.
    ///
    /// ```
    /// use mainspring::sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(2);
    /// semaphore.try_acquire().unwrap().forget();
    /// assert_eq!(semaphore.available_permits(), 1);
    /// ```
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
            std::ptr::eq(self.semaphore, other.semaphore),
            "these permits are of two semaphores: merge only permits of the same one"
        );
        self.n += std::mem::take(&mut other.n);
    }

    /// Moves `n` permits out of this guard into a new one; `None` if it has fewer.
    ///
    /// ```
    /// use mainspring::sync::Semaphore;
    ///
    /// let semaphore = Semaphore::new(5);
    /// let mut all = semaphore.try_acquire_many(5).unwrap();
    /// let two = all.split(2).unwrap();
    /// assert_eq!((all.num_permits(), two.num_permits()), (3, 2));
    /// all.merge(two);
    /// assert_eq!(all.num_permits(), 5);
    /// ```
    pub fn split(&mut self, n: usize) -> Option<Self> {
        self.n = self.n.checked_sub(n)?;
        Some(Self { semaphore: self.semaphore, n })
    }

    /// The semaphore these permits are of.
    pub fn semaphore(&self) -> &Semaphore {
        self.semaphore
    }

    /// How many permits this guard has.
    pub fn num_permits(&self) -> usize {
        self.n
    }
}

impl Drop for SemaphorePermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.semaphore.add_permits(self.n);
    }
}
