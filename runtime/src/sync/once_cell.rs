//! OnceCell: a value that is made once, by whoever needs it first.
//!
//! Read before: `sync/semaphore/permits.rs`, `sync/mutex/lock.rs`. A cell has one permit, the turn
//! to make the value. Who has it and succeeds closes the permits and keeps its own; who has it and
//! fails, panics or is dropped gives it back, and the next in line tries.
//!
//! ```text
//!   permits       value
//!   open, 1       none, and nobody is making it
//!   open, 0       none, somebody is making it; others may stand in line
//!   closed        there, for good
//! ```
//!
//! So that the permits are closed and that the value is there is one and the same fact, in one
//! word: to read the value is one load, and to wait for it is to wait for a permit and be told
//! that there will be none.
//!
//! * INV-103: the value is written once, by the one who has the only permit, before it closes the
//!   permits. Nobody touches it before they are closed, and after that it is only read, until
//!   somebody has the cell to himself.
//!
//! Left out: the budget. A look at a value that is there is no progress that a task could make
//! without end; the wait for the turn spends, as every acquire does.

use crate::base::note::Kind;
use crate::base::prim::UnsafeCell;
use crate::sync::semaphore::error::TryAcquireError;
use crate::sync::semaphore::permits::Permits;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::mem;

/// A value that is written once, and made by an async function if need be.
///
/// It is for what is costly to make, is made when it is first used, and does not change after
/// that: a connection, a configuration.
///
/// asyncio has no counterpart; there one writes a lock and a second look.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::OnceCell;
///
/// static PORT: OnceCell<u16> = OnceCell::const_new();
///
/// async fn port() -> u16 {
///     *PORT.get_or_init(|| async { 8080 }).await
/// }
///
/// assert_eq!(PORT.get(), None);
/// assert_eq!(port().await, 8080);
/// assert_eq!(PORT.get(), Some(&8080));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct OnceCell<T> {
    /// Closed: the value is there.
    permits: Permits,
    value: UnsafeCell<Option<T>>,
}

// SAFETY(INV-103): whoever shares the cell may write the value, hence `Send`, and all read it at
// once, hence `Sync`.
unsafe impl<T: Send + Sync> Sync for OnceCell<T> {}

/// Why [`OnceCell::set`] did not set the value; it is given back.
#[derive(Debug, PartialEq, Eq)]
pub enum SetError<T> {
    /// The cell has a value already.
    AlreadyInitializedError(T),
    /// Somebody is just making one.
    InitializingError(T),
}

impl<T> SetError<T> {
    /// Is it [`AlreadyInitializedError`](Self::AlreadyInitializedError)?
    pub fn is_already_init_err(&self) -> bool {
        matches!(self, Self::AlreadyInitializedError(_))
    }

    /// Is it [`InitializingError`](Self::InitializingError)?
    pub fn is_initializing_err(&self) -> bool {
        matches!(self, Self::InitializingError(_))
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadyInitializedError(_) => "AlreadyInitializedError",
            Self::InitializingError(_) => "InitializingError",
        })
    }
}

impl<T: fmt::Debug> Error for SetError<T> {}

impl<T> OnceCell<T> {
    /// An empty cell.
    pub fn new() -> Self {
        Self { permits: Permits::new(Kind::OnceCell, 1), value: UnsafeCell::new(None) }
    }

    /// An empty cell in a constant, for a `static`.
    #[cfg(not(loom))]
    pub const fn const_new() -> Self {
        Self { permits: Permits::new(Kind::OnceCell, 1), value: UnsafeCell::new(None) }
    }

    /// A cell with this value, or an empty one.
    ///
    /// ```
    /// assert!(mainspring::sync::OnceCell::new_with(Some(5)).initialized());
    /// ```
    pub fn new_with(value: Option<T>) -> Self {
        value.map_or_else(Self::new, Self::from)
    }

    /// A cell with this value in a constant, for a `static`.
    ///
    /// ```
    /// use mainspring::sync::OnceCell;
    ///
    /// static PORT: OnceCell<u16> = OnceCell::const_new_with(8080);
    /// assert_eq!(PORT.get(), Some(&8080));
    /// ```
    #[cfg(not(loom))]
    pub const fn const_new_with(value: T) -> Self {
        Self { permits: Permits::closed(), value: UnsafeCell::new(Some(value)) }
    }

    /// Has it a value?
    pub fn initialized(&self) -> bool {
        self.permits.is_closed()
    }

    /// The value, if it is there.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        if !self.permits.is_closed() {
            return None;
        }
        // SAFETY(INV-103): the permits are closed, and as long as the cell is borrowed nobody
        // writes.
        self.value.with(|value| unsafe { &*value }).as_ref()
    }

    /// The value, if it is there, to change it: nobody else can have the cell.
    ///
    /// ```
    /// let mut cell = mainspring::sync::OnceCell::from(1);
    /// *cell.get_mut().unwrap() = 2;
    /// assert_eq!(cell.get(), Some(&2));
    /// ```
    pub fn get_mut(&mut self) -> Option<&mut T> {
        // SAFETY(INV-103): nobody else has the cell.
        self.value.with_mut(|value| unsafe { &mut *value }).as_mut()
    }

    /// Sets the value, if there is none and nobody is making one.
    ///
    /// ```
    /// use mainspring::sync::{OnceCell, SetError};
    ///
    /// let cell = OnceCell::new();
    /// assert_eq!(cell.set("a"), Ok(()));
    /// assert_eq!(cell.set("b"), Err(SetError::AlreadyInitializedError("b")));
    /// ```
    ///
    /// # Errors
    /// With the value: [`SetError::AlreadyInitializedError`] if there is one,
    /// [`SetError::InitializingError`] if somebody is making one.
    pub fn set(&self, value: T) -> Result<(), SetError<T>> {
        match self.permits.try_acquire(1) {
            Ok(()) => {
                Turn(self).succeed(value);
                Ok(())
            }
            Err(TryAcquireError::NoPermits) => Err(SetError::InitializingError(value)),
            Err(TryAcquireError::Closed) => Err(SetError::AlreadyInitializedError(value)),
        }
    }

    /// The value; if there is none, makes it with `f`, or waits for the one who is making it.
    ///
    /// `f` is called once in all if it succeeds. If it panics or is dropped before it is ready,
    /// the next in line calls its own. It must not ask the same cell for its value: that would
    /// wait for itself for ever.
    ///
    /// # Cancel safety
    /// Safe for the cell: dropped before it is ready, this drops the future of `f`, with what that
    /// has done so far, and the next who waits tries. One who only waited loses its place in the
    /// line.
    pub async fn get_or_init<F, Fut>(&self, f: F) -> &T
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = T>,
    {
        match self.turn().await {
            Ok(turn) => turn.succeed(f().await),
            Err(value) => value,
        }
    }

    /// The value; if there is none, makes it with `f`, which may fail, or waits for the one who is
    /// making it.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let cell = mainspring::sync::OnceCell::new();
    /// let failed = cell.get_or_try_init(|| async { "x".parse::<u8>() }).await;
    /// assert!(failed.is_err() && !cell.initialized());
    /// let made = cell.get_or_try_init(|| async { "5".parse::<u8>() }).await;
    /// assert_eq!(made, Ok(&5));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// The error of `f`, if it was called: the next in line then calls its own.
    ///
    /// # Cancel safety
    /// Safe for the cell, as [`get_or_init`](Self::get_or_init).
    pub async fn get_or_try_init<E, F, Fut>(&self, f: F) -> Result<&T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        match self.turn().await {
            Ok(turn) => Ok(turn.succeed(f().await?)),
            Err(value) => Ok(value),
        }
    }

    /// The value, without the cell; `None` if it is empty.
    ///
    /// ```
    /// assert_eq!(mainspring::sync::OnceCell::from(5).into_inner(), Some(5));
    /// ```
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out and leaves the cell empty, as if new.
    ///
    /// ```
    /// let mut cell = mainspring::sync::OnceCell::from(5);
    /// assert_eq!(cell.take(), Some(5));
    /// assert_eq!(cell.set(6), Ok(()));
    /// ```
    pub fn take(&mut self) -> Option<T> {
        mem::take(self).into_inner()
    }

    /// The turn to make the value, or the value that another has made.
    #[inline]
    async fn turn(&self) -> Result<Turn<'_, T>, &T> {
        if let Some(value) = self.get() {
            return Err(value);
        }
        match self.permits.acquire(1).await {
            Ok(()) => Ok(Turn(self)),
            Err(_) => Err(self.value()),
        }
    }

    /// The value, which is there: the permits were found closed.
    fn value(&self) -> &T {
        let Some(value) = self.get() else {
            unreachable!("whoever closes the permits has written the value")
        };
        value
    }
}

/// The turn to make the value: the only permit. Given back when dropped.
struct Turn<'a, T>(&'a OnceCell<T>);

impl<'a, T> Turn<'a, T> {
    /// This is the value. Whoever waits is told.
    fn succeed(self, value: T) -> &'a T {
        let cell = self.0;
        // Before the value is there: from here on the permit is not given back.
        mem::forget(self);
        // SAFETY(INV-103): we have the only permit, and they are not closed.
        cell.value.with_mut(|place| unsafe { *place = Some(value) });
        cell.permits.close();
        cell.value()
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.0.permits.release(1);
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    fn from(value: T) -> Self {
        let permits = Permits::new(Kind::OnceCell, 0);
        permits.close();
        Self { permits, value: UnsafeCell::new(Some(value)) }
    }
}

impl<T: Clone> Clone for OnceCell<T> {
    /// A cell of its own, with a clone of the value if there is one.
    fn clone(&self) -> Self {
        Self::new_with(self.get().cloned())
    }
}

impl<T: PartialEq> PartialEq for OnceCell<T> {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceCell<T> {}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceCell").field("value", &self.get()).finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "once_cell_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "once_cell_model_tests.rs"]
mod model;
