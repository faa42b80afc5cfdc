//! trait Schedule: what a task asks of its executor; Runnable: the right to run it once.
//!
//! A task knows its executor by one function, and an executor knows a task by its entries. In
//! `schedule` every wake ends.

use super::header::TaskRef;
use super::waker::waker;
use std::fmt;
use std::task::Waker;

/// Where a woken task goes.
pub trait Schedule: Send + Sync + 'static {
    /// Puts the entry into a queue. Called on any thread, by whoever wakes the task.
    fn schedule(&self, entry: Runnable);
}

/// A queue entry: the right to run a task once. There is at most one for each task.
#[must_use = "an entry that is dropped is a task that is cancelled"]
pub struct Runnable(Option<TaskRef>);

impl Runnable {
    /// The entry of whoever has set SCHEDULED.
    pub(super) fn new(task: TaskRef) -> Self {
        Self(Some(task))
    }

    /// The task's number.
    pub fn id(&self) -> u64 {
        self.task().header().id
    }

    /// A waker of the task.
    pub fn waker(&self) -> Waker {
        waker(self.task().clone())
    }

    fn task(&self) -> &TaskRef {
        self.0.as_ref().expect("only run and drop take it")
    }

    pub(super) fn take(&mut self) -> Option<TaskRef> {
        self.0.take()
    }
}

impl fmt::Debug for Runnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.task().state())
    }
}
