//! wait for a task, end a task.

use super::error::JoinError;
use super::header::TaskRef;
use super::waker::waker;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// The right to a task's output. Dropping it lets the task go on by itself.
pub struct JoinHandle<T> {
    task: TaskRef,
    taken: bool,
    output: PhantomData<T>,
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    pub(super) fn new(task: TaskRef) -> Self {
        Self { task, taken: false, output: PhantomData }
    }

    /// Tells the task to end: its future is dropped at its next turn, where it would be polled.
    pub fn abort(&self) {
        self.task.abort();
    }

    /// A handle that can only abort.
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(self.task.clone())
    }

    /// A waker of the task itself.
    pub fn waker(&self) -> Waker {
        waker(self.task.clone())
    }

    /// Has the task ended?
    pub fn is_finished(&self) -> bool {
        self.task.state().is_complete()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.taken, "this JoinHandle has given its output already");
        if !self.is_finished() {
            // Register, then look again.
            self.task.header().joiner.register(cx.waker());
            if !self.is_finished() {
                return Poll::Pending;
            }
        }
        self.taken = true;
        let mut output = None::<Self::Output>;
        let to = (&raw mut output).cast();
        // SAFETY: COMPLETE was seen, we are the handle, and T is the output of this task's future.
        unsafe { (self.task.header().vtable.take_output)(self.task.as_raw(), to) };
        Poll::Ready(output.expect("it is taken once"))
    }
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        drop(self.task.header().joiner.take());
        if self.task.state().drop_handle() {
            // SAFETY: COMPLETE was set before we went: the output is ours.
            unsafe { (self.task.header().vtable.drop_output)(self.task.as_raw()) };
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.task.state())
    }
}

/// The right to end a task.
#[derive(Clone)]
pub struct AbortHandle(TaskRef);

impl AbortHandle {
    /// As [`JoinHandle::abort`].
    pub fn abort(&self) {
        self.0.abort();
    }
}
