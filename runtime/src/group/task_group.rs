//! TaskGroup: no child outlives its scope, and the first failure ends the rest.
//!
//! Read before: `group/scope.rs`, the future behind it.
//!
//! Costs per child: its task, the channel that its value comes through, and the 20 bytes of
//! `children.rs`: two allocations.

#![forbid(unsafe_code)]

use super::child::{Child, GroupTask, Limited};
use super::error::GroupError;
use super::roll::Roll;
use super::scope::Scope;
use crate::runtime::handle::Handle;
use crate::sync::oneshot::channel::channel;
use crate::sync::semaphore::guarded::Semaphore;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// Children that end before their scope does.
///
/// [`TaskGroup::scope`] runs a body, which spawns children through the handle it is given; the
/// scope returns when the body and all children have ended. The first failure, an error or a panic
/// of a child or of the body, ends all others; when they have ended, all failures come back
/// together.
///
/// The handle can be cloned into children, which then spawn children of the same group. What
/// [`spawn`](Self::spawn) is given when the group is shutting down or has finished is dropped and
/// never started.
///
/// asyncio: `TaskGroup`.
///
/// # Examples
/// ```
/// use mainspring::task::{GroupError, TaskGroup};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let rt = mainspring::runtime::Runtime::new()?;
/// let sum: Result<u32, GroupError<std::num::ParseIntError>> =
///     rt.block_on(TaskGroup::scope(async |group| {
///         let one = group.spawn(async { "1".parse::<u32>() });
///         let two = group.spawn(async { "2".parse::<u32>() });
///         Ok(one.await.unwrap_or(0) + two.await.unwrap_or(0))
///     }));
/// assert_eq!(sum?, 3);
/// # Ok(())
/// # }
/// ```
pub struct TaskGroup<E> {
    roll: Arc<Roll<E>>,
}

impl<E: Send + 'static> TaskGroup<E> {
    /// Runs `body` and the children that it spawns, until all have ended.
    ///
    /// The body runs in the task that awaits the scope, the children in tasks of their own on the
    /// same runtime. A child that is [aborted](GroupTask::abort) alone, or ends with its runtime,
    /// is no failure. A failure is noticed when the scope is polled next: children that fail until
    /// then all say so, in the order in which they end.
    ///
    /// # Errors
    /// All failures of the children and the body, if there was one; those that came while the group
    /// was shutting down too.
    ///
    /// # Panics
    /// When there is no runtime on this thread. A panic of a child or the body is an error, see
    /// [`GroupError::resume_panic`].
    ///
    /// # Cancel safety
    /// Dropped half-way, it tells all children to end and drops the body; each child ends after the
    /// poll it is in (a drop cannot wait). None goes on. Failures that there were are dropped.
    ///
    /// ```
    /// use mainspring::task::{GroupError, TaskGroup};
    /// use mainspring::time::{Duration, sleep};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let outcome: Result<(), GroupError<&str>> = TaskGroup::scope(async |group| {
    ///         group.spawn(async {
    ///             sleep(Duration::from_secs(3600)).await;
    ///             Ok(())
    ///         });
    ///         group.spawn(async { Err::<(), _>("out of paper") });
    ///         Ok(())
    ///     })
    ///     .await;
    ///     let error = outcome.unwrap_err();
    ///     assert_eq!(error.errors().collect::<Vec<_>>(), [&"out of paper"]);
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub async fn scope<T, F>(body: F) -> Result<T, GroupError<E>>
    where
        F: AsyncFnOnce(TaskGroup<E>) -> Result<T, E>,
    {
        let (roll, ear) = Roll::new(Handle::current());
        let group = TaskGroup { roll: roll.clone() };
        // Called inside of the scope: a body may spawn, and panic, before it is a future.
        Scope::new(roll, ear, async move { body(group).await }).await
    }

    /// Starts a child, on the scope's runtime, from any thread.
    ///
    /// The handle gives its value to whoever wants it. If it is dropped, the child runs on, and its
    /// failure still is the group's. A group that is shutting down or has finished starts nobody:
    /// the future is dropped, and the handle says so (asyncio raises `RuntimeError`).
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped but the value.
    ///
    /// asyncio: `TaskGroup.create_task`.
    #[track_caller]
    pub fn spawn<F, U>(&self, future: F) -> GroupTask<U>
    where
        F: Future<Output = Result<U, E>> + Send + 'static,
        U: Send + 'static,
    {
        let (sender, value) = channel();
        let Some(mut place) = self.roll.place() else { return GroupTask::new(value, None) };
        let child = Child::new(future, sender);
        let handle = match place.limit.take() {
            None => self.roll.handle.spawn(child),
            Some(limit) => self.roll.handle.spawn(Limited::new(limit.acquire_owned(), child)),
        };
        let task = handle.abort_handle();
        place.fill(handle);
        GroupTask::new(value, Some(task))
    }

    /// Lets at most `n` of the children that are spawned from now on run at once; the others wait
    /// for their turn, first come first served.
    ///
    /// A child that waits for a child that it spawned has its turn meanwhile: with too small a
    /// limit both wait for ever. Children that were spawned before do not count, and a later call
    /// starts a count of its own.
    ///
    /// # Panics
    /// When `n` is zero: no child could ever run.
    ///
    /// asyncio: a `Semaphore` around each child.
    ///
    /// ```
    /// use mainspring::task::TaskGroup;
    ///
    /// # let rt = mainspring::runtime::Runtime::new()?;
    /// rt.block_on(TaskGroup::<()>::scope(async |group| {
    ///     group.limit(10);
    ///     for page in 0..1_000 {
    ///         group.spawn(async move { Ok(page) });
    ///     }
    ///     Ok(())
    /// }))
    /// .unwrap();
    /// # Ok::<_, std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn limit(&self, n: usize) {
        assert!(
            n > 0,
            "a TaskGroup with a limit of 0 would run no child; use a limit of 1 or more"
        );
        self.roll.set_limit(Semaphore::new(n.min(Semaphore::MAX_PERMITS)));
    }

    /// Tells all children to end. That is no failure, and the group goes on.
    ///
    /// ```
    /// use mainspring::task::TaskGroup;
    ///
    /// # let rt = mainspring::runtime::Runtime::new()?;
    /// let outcome = rt.block_on(TaskGroup::<()>::scope(async |group| {
    ///     group.spawn(std::future::pending::<Result<(), ()>>());
    ///     // The work is done: who still waits for more need not.
    ///     group.abort_all();
    ///     Ok("done")
    /// }));
    /// assert_eq!(outcome.unwrap(), "done");
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn abort_all(&self) {
        self.roll.abort_all();
    }

    /// How many children have not ended, or have and the scope has not been polled since.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roll.len()
    }

    /// Is there no such child?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<E> Clone for TaskGroup<E> {
    fn clone(&self) -> Self {
        Self { roll: self.roll.clone() }
    }
}

impl<E> fmt::Debug for TaskGroup<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.roll.fmt(f)
    }
}
