//! task::Builder: tasks with a name; task::current: which one is this.

#![forbid(unsafe_code)]

use super::context::with_current;
use super::error::NO_RUNTIME;
use super::handle::Handle;
use super::inner::Inner;
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use crate::task::look;
use crate::task::record::name_of;
use std::fmt;
use std::future::Future;
use std::io;
use std::panic::Location;
use std::sync::Arc;

/// Spawns tasks that have a name.
///
/// The name is kept while the runtime keeps records: with
/// [`runtime::Builder::dump`](crate::runtime::Builder::dump), debug mode or a trace. Then it stands
/// in [`runtime::dump`](crate::runtime::dump), in [`current`], and in what is reported of the task.
/// Otherwise naming a task costs nothing and says nothing.
///
/// tokio has it too, behind `tokio_unstable`; asyncio: `create_task(..., name=...)`.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().dump(true).build()?;
/// use mainspring::task;
///
/// rt.block_on(async {
///     let task = task::Builder::new().name("greeter").spawn(async {
///         task::current().and_then(|me| me.name().map(str::to_owned))
///     })?;
///     assert_eq!(task.await.unwrap().as_deref(), Some("greeter"));
///     # Ok::<_, std::io::Error>(())
/// })?;
/// # Ok::<_, std::io::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until it spawns"]
pub struct Builder<'a> {
    name: Option<&'a str>,
}

impl<'a> Builder<'a> {
    /// A builder of tasks without a name.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the task a name. Several may have the same.
    pub fn name(&self, name: &'a str) -> Self {
        Self { name: Some(name) }
    }

    /// Starts a task on the current runtime; see [`Handle::spawn`].
    ///
    /// # Errors
    /// None today; the type is tokio's.
    ///
    /// # Panics
    /// When there is no runtime on this thread.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let at = Location::caller();
        let spawn =
            |inner: Option<&Inner>| inner.map(|inner| inner.spawn_named(self.name, future, at));
        match with_current(spawn) {
            Some(handle) => Ok(handle),
            None => panic!("{NO_RUNTIME}"),
        }
    }

    /// Starts a task on the runtime of `handle`; see [`Handle::spawn`].
    ///
    /// # Errors
    /// None today; the type is tokio's.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    #[track_caller]
    pub fn spawn_on<F>(self, future: F, handle: &Handle) -> io::Result<JoinHandle<F::Output>>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Ok(handle.inner.spawn_named(self.name, future, Location::caller()))
    }

    /// Runs a closure that may block, on a thread of its own; see [`Handle::spawn_blocking`].
    ///
    /// # Errors
    /// None today; the type is tokio's. A closure for which no thread can be had tells its handle.
    ///
    /// # Panics
    /// When there is no runtime on this thread.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the closure goes on.
    #[track_caller]
    pub fn spawn_blocking<F, R>(self, closure: F) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_blocking_on(closure, &Handle::current())
    }

    /// Runs a closure that may block on a thread of the runtime of `handle`.
    ///
    /// # Errors
    /// As for [`spawn_blocking`](Self::spawn_blocking).
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the closure goes on.
    #[track_caller]
    pub fn spawn_blocking_on<F, R>(self, closure: F, handle: &Handle) -> io::Result<JoinHandle<R>>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        Ok(handle.spawn_job(self.name, closure, Location::caller()))
    }
}

/// The task that is running: made by [`current`].
#[derive(Debug, Clone)]
pub struct Current {
    id: Id,
    name: Option<Arc<str>>,
    spawned: &'static Location<'static>,
}

impl Current {
    /// Its number.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Its name, if [`Builder`] gave it one and the runtime keeps records.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it was spawned.
    #[must_use]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned
    }
}

impl fmt::Display for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}", self.id)?;
        self.name().map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}

/// The task or blocking closure that is running on this thread; `None` outside of both. The future
/// of a `block_on` is no task.
///
/// asyncio: `current_task`, where the main coroutine is a task too.
#[must_use]
pub fn current() -> Option<Current> {
    let seen = look::here()?;
    Some(Current { id: seen.id, name: name_of(seen.id), spawned: seen.spawned })
}
