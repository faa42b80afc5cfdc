//! spawn, spawn_blocking, id: on whatever runtime this thread is inside of.

#![forbid(unsafe_code)]

use super::context::with_current;
use super::error::NO_RUNTIME;
use super::handle::Handle;
use crate::task::current;
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use std::future::Future;
use std::panic::Location;

/// Starts a task on the current runtime; see [`Handle::spawn`].
///
/// # Panics
/// When there is no runtime on this thread.
///
/// # Cancel safety
/// Awaiting the handle loses nothing when it is dropped; the task goes on.
///
/// asyncio: `create_task`.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     let task = mainspring::spawn(async { "done" });
///     assert_eq!(task.await.unwrap(), "done");
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let spawned = Location::caller();
    let handle = with_current(|inner| inner.map(|inner| inner.spawn_at(future, spawned)));
    match handle {
        Some(handle) => handle,
        None => panic!("{NO_RUNTIME}"),
    }
}

/// Runs a closure that may block, on a thread of its own; see [`Handle::spawn_blocking`].
///
/// # Panics
/// When there is no runtime on this thread.
///
/// # Cancel safety
/// Awaiting the handle loses nothing when it is dropped; the task goes on.
///
/// asyncio: `to_thread`.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     let sum = mainspring::task::spawn_blocking(|| (1..=100).sum::<u32>());
///     assert_eq!(sum.await.unwrap(), 5050);
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_blocking<F, R>(closure: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    Handle::current().spawn_blocking(closure)
}

/// The id of the running task.
///
/// # Panics
/// Outside of a task; the root future of `block_on` is none. See [`try_id`].
#[track_caller]
#[must_use]
pub fn id() -> Id {
    match try_id() {
        Some(id) => id,
        None => panic!("no task is running here: task::id() is for code inside spawn(...)"),
    }
}

/// The id of the running task, if one is running on this thread.
#[must_use]
pub fn try_id() -> Option<Id> {
    current::id()
}
