//! which executor is this thread inside, and which task is it polling.
//!
//! Three words per thread, plain data without a destructor: a waker may be called while the
//! thread's other locals are being destroyed. A worker writes the first two when it enters, with a
//! guard outside its `tick`, so that a simulation can put several workers on one thread; the third
//! changes with each poll.
//!
//! * INV-25: while `worker` is set, the worker it points to is alive and belongs to this thread.

#![forbid(unsafe_code)]

use super::header::{Header, Id, TaskRef};
use crate::base::prim::plain_local;
use std::cell::Cell;
use std::ptr::{self, NonNull};

struct Here {
    /// The address of the scheduler's block: what a task compares with its own.
    scheduler: Cell<*const ()>,
    /// The worker of that scheduler which this thread is.
    worker: Cell<*const ()>,
    /// The task that is being polled.
    task: Cell<*const Header>,
    /// That task wants to be queued again after this poll.
    yielded: Cell<bool>,
}

plain_local! {
    static HERE: Here = Here {
        scheduler: Cell::new(ptr::null()),
        worker: Cell::new(ptr::null()),
        task: Cell::new(ptr::null()),
        yielded: Cell::new(false),
    };
}

/// The thread is a worker until this is dropped; then it is again what it was before.
#[derive(Debug)]
pub(crate) struct Entered {
    before: (*const (), *const (), *const Header),
}

/// Enters `worker` of `scheduler` on this thread.
pub(crate) fn enter<S, W>(scheduler: *const S, worker: &W) -> Entered {
    HERE.with(|here| Entered {
        before: (
            here.scheduler.replace(scheduler.cast()),
            here.worker.replace(ptr::from_ref(worker).cast()),
            here.task.replace(ptr::null()),
        ),
    })
}

impl Drop for Entered {
    fn drop(&mut self) {
        HERE.with(|here| {
            here.scheduler.set(self.before.0);
            here.worker.set(self.before.1);
            here.task.set(self.before.2);
        });
    }
}

/// Changes which worker of which scheduler this thread is, and nothing else; what it was before.
pub(crate) fn replace_worker(place: (*const (), *const ())) -> (*const (), *const ()) {
    HERE.with(|here| (here.scheduler.replace(place.0), here.worker.replace(place.1)))
}

/// Is this thread this very worker?
#[inline]
pub(crate) fn is<W>(worker: &W) -> bool {
    HERE.with(|here| ptr::addr_eq(here.worker.get(), worker))
}

/// The worker that this thread is, if it is one of `scheduler`'s. The pointer is good until control
/// returns to the worker's own code (INV-25).
#[inline]
pub(crate) fn worker_of<S, W>(scheduler: *const S) -> Option<NonNull<W>> {
    HERE.with(|here| {
        if !ptr::addr_eq(here.scheduler.get(), scheduler) {
            return None;
        }
        NonNull::new(here.worker.get().cast_mut().cast())
    })
}

/// The thread polls `task` until this is dropped.
pub(super) struct Polling {
    before: (*const Header, bool),
}

#[inline]
pub(super) fn polling(task: TaskRef) -> Polling {
    HERE.with(|here| Polling {
        before: (here.task.replace(task.as_header().as_ptr()), here.yielded.replace(false)),
    })
}

impl Polling {
    /// Has the task asked to be queued again?
    #[inline]
    pub(super) fn yielded(&self) -> bool {
        HERE.with(|here| here.yielded.get())
    }
}

impl Drop for Polling {
    #[inline]
    fn drop(&mut self) {
        HERE.with(|here| {
            here.task.set(self.before.0);
            here.yielded.set(self.before.1);
        });
    }
}

/// The task that this thread is polling.
#[inline]
pub(super) fn task() -> Option<TaskRef> {
    NonNull::new(HERE.with(|here| here.task.get()).cast_mut()).map(TaskRef::from_header)
}

/// The id of the task that this thread is polling.
pub(crate) fn id() -> Option<Id> {
    // INV-24: the runner holds a reference during the poll.
    task().map(TaskRef::id)
}

/// Marks the running task to be queued again when this poll is over.
#[inline]
pub(super) fn set_yielded() {
    HERE.with(|here| here.yielded.set(true));
}
