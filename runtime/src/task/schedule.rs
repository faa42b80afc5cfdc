//! trait Schedule: what a task asks of its executor; Runnable: the right to run it once.
//!
//! A task knows its executor by these functions and nothing else, and an executor knows a task by
//! its entries. Between them there is one upward call, `schedule`: there every wake ends.

use super::header::TaskRef;
use super::registry::Registry;
use super::waker::waker;
use crate::wake::batch::Panic;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::Waker;

/// What a task knows of its executor. The type is never made into a value here: a cell stores a
/// pointer and one count of whatever the pointer points to (INV-20).
///
/// # Safety
/// Each method may rely on the task being alive, and on its scheduler pointer being the one that
/// was given to `new`.
pub(crate) trait Schedule: 'static {
    /// Takes an entry of a task that was woken.
    unsafe fn schedule(task: TaskRef);
    /// Takes an entry of a task that was woken during its own poll, and has had its turn.
    unsafe fn reschedule(task: TaskRef);
    /// The registry of the worker that the task belongs to.
    unsafe fn registry(task: TaskRef) -> Option<NonNull<Registry>>;
    /// Is this thread a worker of the task's scheduler?
    unsafe fn is_home(task: TaskRef) -> bool;
    /// Hears of a panic that no join can be given.
    unsafe fn report(task: TaskRef, panic: Panic);
    /// The future of a task is gone, and its output there.
    unsafe fn ended(_task: TaskRef) {}
    /// A cell is gone: takes its count back.
    unsafe fn cell_freed(scheduler: *const ());
}

/// A queue entry: the right to run a task once. It owns one reference.
#[must_use = "a queue entry that is forgotten is a task that never runs"]
pub(crate) struct Runnable(TaskRef);

// SAFETY(INV-22): an entry is a right that is handed on, not shared; `new` asks for Send futures.
unsafe impl Send for Runnable {}

impl Runnable {
    /// Takes over the reference of an entry.
    ///
    /// # Safety
    /// INV-22: the caller has the entry, that is, it was given to `schedule` or came from
    /// `into_task`.
    pub(crate) unsafe fn from_task(task: TaskRef) -> Self {
        Self(task)
    }

    /// Lets the entry of a woken task go without starting it: its runtime has ended, and whoever
    /// ends it drops the future, which the registry still knows or knew.
    pub(crate) fn abandon(self) {
        self.into_task().release(1);
    }

    /// A waker of the entry's task.
    pub(crate) fn waker(&self) -> Waker {
        self.0.state().retain();
        waker(self.0)
    }

    /// The task, still owned by this entry.
    pub(super) fn task(&self) -> TaskRef {
        self.0
    }

    /// The entry as a pointer, for a queue.
    pub(crate) fn into_task(self) -> TaskRef {
        ManuallyDrop::new(self).0
    }
}

impl fmt::Debug for Runnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
