//! JoinSet: tasks in a set, joined in the order in which they end.
//!
//! Read before: `group/children.rs`, which does the work.
//!
//! ```text
//!   spawn ──► children ── end ──► done list ──► join_next
//!                                     └── wait (wait.rs) ──► early ──► join_next
//! ```
//!
//! `early` holds what `wait` has looked at: it may be dropped before it could hand them out.

#![forbid(unsafe_code)]

use super::children::{Children, Outcome, spawn_for};
use super::done::Ear;
use crate::task::error::JoinError;
use crate::task::header::Id;
use crate::wake::coop;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{Location, resume_unwind};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

/// Tasks that end when the set is dropped, joined in the order in which they end.
///
/// All of them have outputs of the same type. Taking one out costs the same however many there are.
/// A set is plain data of its owner: to spawn from several tasks, and to end all when one fails,
/// use a [`TaskGroup`](crate::task::TaskGroup).
///
/// Dropping the set tells its tasks to end; each ends after the poll it is in.
///
/// asyncio: a set of tasks, with [`wait`](crate::task::wait()) and
/// [`as_completed`](crate::task::as_completed()).
///
/// # Examples
/// ```
/// use mainspring::task::JoinSet;
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Runtime::new()?;
/// rt.block_on(async {
///     let mut set = JoinSet::new();
///     for number in 0..10 {
///         set.spawn(async move { number });
///     }
///     let mut sum = 0;
///     while let Some(number) = set.join_next().await {
///         sum += number.unwrap();
///     }
///     assert_eq!(sum, 45);
/// });
/// # Ok(())
/// # }
/// ```
pub struct JoinSet<T> {
    pub(super) children: Children<T>,
    ear: Ear,
    /// In a lock that nobody takes twice, so that the set is `Sync` whatever the outputs are.
    early: Mutex<VecDeque<Outcome<T>>>,
}

impl<T> JoinSet<T> {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        let (children, ear) = Children::new();
        Self { children, ear, early: Mutex::default() }
    }

    /// How many tasks are in it: those that run, and those whose output nobody has taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.children.len() + self.early.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Is there no task in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes in all that has ended, whatever is left of the budget, for `wait` to look at.
    pub(super) fn take_in_ended(&mut self) {
        while let Some(ended) = self.children.pop() {
            self.early().push_back(ended.outcome());
        }
    }

    pub(super) fn early(&mut self) -> &mut VecDeque<Outcome<T>> {
        self.early.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: 'static> JoinSet<T> {
    /// Waits for the task that ends first, takes it out and returns its output; `None` when the set
    /// is empty.
    ///
    /// # Errors
    /// Inside: a [`JoinError`] when that task panicked or was aborted.
    ///
    /// # Cancel safety
    /// Safe: a task is taken out only when its output is returned.
    pub async fn join_next(&mut self) -> Option<Result<T, JoinError>> {
        poll_fn(|cx| self.poll_join_next(cx)).await
    }

    /// The same, and which task it was. The error knows that by itself.
    ///
    /// # Errors
    /// As [`join_next`](Self::join_next).
    ///
    /// # Cancel safety
    /// As [`join_next`](Self::join_next).
    pub async fn join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        poll_fn(|cx| self.poll_join_next_with_id(cx)).await
    }

    /// Takes out a task that has ended; `None` when all are running or the set is empty.
    ///
    /// # Errors
    /// As [`join_next`](Self::join_next).
    pub fn try_join_next(&mut self) -> Option<Result<T, JoinError>> {
        self.try_next().map(|ended| ended.output)
    }

    /// The same, and which task it was.
    ///
    /// # Errors
    /// As [`join_next`](Self::join_next).
    pub fn try_join_next_with_id(&mut self) -> Option<Result<(Id, T), JoinError>> {
        self.try_next().map(Outcome::with_id)
    }

    /// Tells all tasks to end, and waits until they have. Panics and outputs are dropped.
    ///
    /// A blocking closure that has started runs to its end, and is waited for.
    ///
    /// # Cancel safety
    /// Dropped half-way, all tasks have been told; those that have not ended are still in the set.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Runtime::new()?;
    /// rt.block_on(async {
    ///     let mut set = mainspring::task::JoinSet::new();
    ///     set.spawn(std::future::pending::<()>());
    ///     set.shutdown().await;
    ///     assert!(set.is_empty());
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub async fn shutdown(&mut self) {
        self.abort_all();
        while self.join_next().await.is_some() {}
    }

    /// Waits for all tasks; returns their outputs in the order in which they ended.
    ///
    /// [`gather_all`](crate::task::gather_all()) has them in the order in which they were given.
    ///
    /// # Panics
    /// When a task panicked, with what it threw, or was aborted. The others are told to end.
    ///
    /// # Cancel safety
    /// Dropped half-way, it drops the outputs it has, and tells the other tasks to end.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Runtime::new()?;
    /// rt.block_on(async {
    ///     let set: mainspring::task::JoinSet<_> = (0..4).map(async |n| n * n).collect();
    ///     assert_eq!(set.join_all().await.into_iter().sum::<u32>(), 14);
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub async fn join_all(mut self) -> Vec<T> {
        let mut outputs = Vec::with_capacity(self.len());
        while let Some(output) = self.join_next().await {
            match output.map_err(JoinError::try_into_panic) {
                Ok(output) => outputs.push(output),
                Err(Ok(panic)) => resume_unwind(panic),
                Err(Err(error)) => panic!("join_all: {error}; use join_next to handle that"),
            }
        }
        outputs
    }

    /// Tells all tasks to end. They stay in the set until they are joined.
    pub fn abort_all(&mut self) {
        self.children.abort_all();
    }

    /// Empties the set; the tasks go on without it.
    pub fn detach_all(&mut self) {
        // Outputs are dropped after the set is whole again: they may panic.
        let _before = std::mem::take(self.early());
        let (children, ear) = Children::new();
        self.ear = ear;
        drop(std::mem::replace(&mut self.children, children));
    }

    /// Polls for the task that ends first; `Ready(None)` when the set is empty.
    ///
    /// When it is pending, the task of `cx` is woken when the next task ends, and no other that
    /// polled before. It may also be pending, and woken at once, because its
    /// [budget](crate::task::yield_now) is used up.
    pub fn poll_join_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, JoinError>>> {
        self.poll_next(cx).map(|ended| ended.map(|ended| ended.output))
    }

    /// The same, and which task it was.
    pub fn poll_join_next_with_id(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<(Id, T), JoinError>>> {
        self.poll_next(cx).map(|ended| ended.map(Outcome::with_id))
    }

    fn try_next(&mut self) -> Option<Outcome<T>> {
        self.early().pop_front().or_else(|| Some(self.children.pop()?.outcome()))
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outcome<T>>> {
        if self.early().is_empty() {
            return self.poll_child(cx);
        }
        ready!(coop::ready(cx));
        coop::spend();
        Poll::Ready(self.early().pop_front())
    }

    /// The same, past those that `wait` has looked at. `None`: all children have been taken.
    pub(super) fn poll_child(&mut self, cx: &mut Context<'_>) -> Poll<Option<Outcome<T>>> {
        ready!(coop::ready(cx));
        let ended = match self.children.pop() {
            Some(ended) => ended,
            None if self.children.len() == 0 => return Poll::Ready(None),
            None => {
                self.ear.listen(cx.waker());
                match self.children.pop() {
                    Some(ended) => ended,
                    None => return Poll::Pending,
                }
            }
        };
        coop::spend();
        Poll::Ready(Some(ended.outcome()))
    }
}

impl<T> Outcome<T> {
    fn with_id(self) -> Result<(Id, T), JoinError> {
        self.output.map(|output| (self.id, output))
    }
}

impl<T> Drop for JoinSet<T> {
    fn drop(&mut self) {
        self.children.abort_all();
    }
}

impl<T> fmt::Debug for JoinSet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinSet").field("len", &self.len()).finish()
    }
}

impl<T> Default for JoinSet<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Spawns each future of an iterator; see [`JoinSet::spawn`].
impl<T, F> FromIterator<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = F>>(tasks: I) -> Self {
        let mut set = Self::new();
        set.spawn_all(tasks, Location::caller());
        set
    }
}

/// Spawns each future of an iterator; see [`JoinSet::spawn`].
impl<T, F> Extend<F> for JoinSet<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    #[track_caller]
    fn extend<I: IntoIterator<Item = F>>(&mut self, tasks: I) {
        self.spawn_all(tasks, Location::caller());
    }
}

impl<T: Send + 'static> JoinSet<T> {
    #[track_caller]
    pub(super) fn spawn_all<I>(&mut self, tasks: I, caller: &'static Location<'static>)
    where
        I: IntoIterator<Item: Future<Output = T> + Send + 'static>,
    {
        let tasks = tasks.into_iter();
        self.reserve(tasks.size_hint().0);
        for task in tasks {
            self.adopt(spawn_for(task, caller));
        }
    }
}
