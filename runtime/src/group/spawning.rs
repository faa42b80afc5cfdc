//! JoinSet: the ways into it, spawn, spawn_blocking, spawn_local.
//!
//! Read before: `group/join_set.rs`. A task is spawned as anywhere else, and its handle goes into
//! the set; what is given back can only abort it.

#![forbid(unsafe_code)]

use super::children::spawn_for;
use super::join_set::JoinSet;
use crate::runtime::handle::Handle;
use crate::runtime::local_set::{LocalSet, spawn_local};
use crate::task::join::{AbortHandle, JoinHandle};
use std::future::Future;
use std::panic::Location;

impl<T: 'static> JoinSet<T> {
    /// Spawns a task on the current runtime, into the set.
    ///
    /// It runs whether or not anybody waits for the set. The handle can only abort it.
    ///
    /// # Panics
    /// When there is no runtime on this thread.
    #[track_caller]
    pub fn spawn<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(spawn_for(task, Location::caller()))
    }

    /// The same on a runtime of choice.
    #[track_caller]
    pub fn spawn_on<F>(&mut self, task: F, handle: &Handle) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn(task))
    }

    /// Runs a closure that may block on a thread of its own, as a task of the set.
    ///
    /// One that has started cannot be aborted: it is dropped from the set, or waited for.
    ///
    /// # Panics
    /// When there is no runtime on this thread.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Runtime::new()?;
    /// rt.block_on(async {
    ///     let mut set = mainspring::task::JoinSet::new();
    ///     for number in 0..4_u64 {
    ///         set.spawn_blocking(move || number * number);
    ///     }
    ///     assert_eq!(set.join_all().await.into_iter().sum::<u64>(), 14);
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_blocking<F>(&mut self, f: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.spawn_blocking_on(f, &Handle::current())
    }

    /// The same on a runtime of choice.
    #[track_caller]
    pub fn spawn_blocking_on<F>(&mut self, f: F, handle: &Handle) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.insert(handle.spawn_blocking(f))
    }

    /// Spawns a task that need not be `Send` on the [`LocalSet`] of this thread, into the set.
    ///
    /// # Panics
    /// Outside of a [`LocalSet`], as [`spawn_local`](crate::task::spawn_local).
    ///
    /// ```
    /// # let rt = mainspring::runtime::Runtime::new()?;
    /// use mainspring::task::{JoinSet, LocalSet};
    /// use std::rc::Rc;
    ///
    /// let local = LocalSet::new();
    /// local.block_on(&rt, async {
    ///     let mut set = JoinSet::new();
    ///     let shared = Rc::new(7);
    ///     set.spawn_local(async move { *shared });
    ///     assert_eq!(set.join_next().await.unwrap().unwrap(), 7);
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_local<F>(&mut self, task: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(spawn_local(task))
    }

    /// The same on a [`LocalSet`] of choice.
    #[track_caller]
    pub fn spawn_local_on<F>(&mut self, task: F, local_set: &LocalSet) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.insert(local_set.spawn_local(task))
    }

    fn insert(&mut self, handle: JoinHandle<T>) -> AbortHandle {
        let abort = handle.abort_handle();
        self.adopt(handle);
        abort
    }

    /// Puts a task in that was spawned elsewhere.
    pub(super) fn adopt(&mut self, handle: JoinHandle<T>) {
        if let Some(ended) = self.children.insert(handle) {
            ended.wake();
        }
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.children.reserve(more);
    }
}
