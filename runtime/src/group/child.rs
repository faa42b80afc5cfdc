//! what a child of a TaskGroup runs in, and the handle of its value.
//!
//! A child has two outputs: its value goes to its handle, its failure to the group. The value is
//! handed over by a oneshot channel. When the child fails, its half of the channel travels with the
//! failure, and is dropped when everybody in the group has ended: so nobody in the group, not even
//! in a poll that has begun, finds that a value does not come, and adds that to the true failure.

#![forbid(unsafe_code)]

use crate::sync::oneshot::channel::{Receiver, Sender};
use crate::sync::semaphore::error::AcquireError;
use crate::sync::semaphore::owned::OwnedSemaphorePermit;
use crate::task::header::Id;
use crate::task::join::AbortHandle;
use crate::wake::batch::Panic;
use pin_project_lite::pin_project;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What a child tells its group when it has failed.
pub(super) struct Broken<E> {
    pub(super) why: Why<E>,
    /// Keeps who waits for the value waiting.
    pub(super) hold: Box<dyn Any + Send>,
}

pub(super) enum Why<E> {
    Error(E),
    Panic(Panic),
}

pin_project! {
    pub(super) struct Child<F, U> {
        #[pin]
        future: F,
        value: Option<Sender<U>>,
    }
}

impl<F, U> Child<F, U> {
    pub(super) fn new(future: F, value: Sender<U>) -> Self {
        Self { future, value: Some(value) }
    }
}

impl<F, U, E> Future for Child<F, U>
where
    F: Future<Output = Result<U, E>>,
    U: Send + 'static,
{
    type Output = Result<(), Broken<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.project();
        let why = match catch_unwind(AssertUnwindSafe(|| me.future.poll(cx))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(Ok(value))) => {
                // If nobody wants it, it is dropped here, inside the child.
                drop(me.value.take().map(|sender| sender.send(value)));
                return Poll::Ready(Ok(()));
            }
            Ok(Poll::Ready(Err(error))) => Why::Error(error),
            Err(panic) => Why::Panic(panic),
        };
        Poll::Ready(Err(Broken { why, hold: Box::new(me.value.take()) }))
    }
}

pin_project! {
    /// A child that waits for a permit first, and has it until its future is dropped.
    pub(super) struct Limited<A, C> {
        #[pin]
        permit: Option<A>,
        #[pin]
        child: C,
        // After the child: the next one starts when this one's future is gone.
        held: Option<OwnedSemaphorePermit>,
    }
}

impl<A, C> Limited<A, C> {
    pub(super) fn new(permit: A, child: C) -> Self {
        Self { permit: Some(permit), child, held: None }
    }
}

impl<A, C> Future for Limited<A, C>
where
    A: Future<Output = Result<OwnedSemaphorePermit, AcquireError>>,
    C: Future,
{
    type Output = C::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let mut me = self.project();
        if let Some(permit) = me.permit.as_mut().as_pin_mut() {
            // Nobody closes the semaphore of a group; without a permit there is no limit.
            *me.held = ready!(permit.poll(cx)).ok();
            me.permit.set(None);
        }
        me.child.poll(cx)
    }
}

/// A child of a [`TaskGroup`](crate::task::TaskGroup): await it for its value, or abort it alone.
///
/// Dropping it changes nothing: the child is the group's.
///
/// # Cancel safety
/// Awaiting `&mut handle` is cancel safe.
///
/// asyncio: the task that `TaskGroup.create_task` returns.
///
/// ```
/// use mainspring::task::TaskGroup;
///
/// # let rt = mainspring::runtime::Runtime::new()?;
/// let text = rt.block_on(TaskGroup::<()>::scope(async |group| {
///     let slow = group.spawn(std::future::pending::<Result<(), ()>>());
///     let quick = group.spawn(async { Ok("here") });
///     slow.abort();
///     assert!(slow.await.is_err(), "no value, and no failure of the group");
///     Ok(quick.await.unwrap())
/// }));
/// assert_eq!(text.unwrap(), "here");
/// # Ok::<_, std::io::Error>(())
/// ```
pub struct GroupTask<U> {
    value: Receiver<U>,
    /// `None`: it was never started.
    task: Option<AbortHandle>,
}

impl<U> GroupTask<U> {
    pub(super) fn new(value: Receiver<U>, task: Option<AbortHandle>) -> Self {
        Self { value, task }
    }

    /// Tells this child to end, and no other: that is no failure of the group.
    pub fn abort(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }

    /// Has it ended, or never started?
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.task.as_ref().is_none_or(AbortHandle::is_finished)
    }

    /// The child's id; `None` when it was never started.
    #[must_use]
    pub fn id(&self) -> Option<Id> {
        self.task.as_ref().map(AbortHandle::id)
    }
}

impl<U> Future for GroupTask<U> {
    type Output = Result<U, NoValue>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let value = ready!(Pin::new(&mut self.value).poll(cx));
        Poll::Ready(value.map_err(|_| NoValue { started: self.task.is_some() }))
    }
}

impl<U> fmt::Debug for GroupTask<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupTask").field("id", &self.id()).finish()
    }
}

/// A child of a group has no value: it was aborted, or failed, or was never started.
///
/// What it failed with is in its group's [`GroupError`](crate::task::GroupError). That it has
/// failed is told when the whole group has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoValue {
    started: bool,
}

impl NoValue {
    /// Was the child started? It is not when its group is ending or has ended.
    #[must_use]
    pub fn was_started(&self) -> bool {
        self.started
    }
}

impl fmt::Display for NoValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.started {
            true => "the child was aborted, or failed, and its group has its failure",
            false => "the child was not started: its TaskGroup is shutting down or is finished",
        })
    }
}

impl Error for NoValue {}
