//! poll once; then idle, again, complete or cancelled; panics stop here.
//!
//! ```text
//!   run(entry)
//!     │ start ── Gone ────────────────────────────► drop the entry's reference
//!     │       ── Cancel ──────────┐
//!     ▼ Poll                      ▼
//!   poll ── Ready, panic ──► (drop the future) ──► complete ── a joiner waits ──► wake it
//!     │ Pending                   ▲                    │ nobody waits
//!     ▼                           │                    ▼
//!   registry, first time          │               references gone
//!     ▼                           │
//!   idle ── Cancel ───────────────┘
//!        ── Again ───► reschedule: to the back of the queue
//!        ── Parked ──► nothing; the task may be gone already
//! ```
//!
//! Read-modify-writes of a task that is spawned, runs once and is joined by a waiting task:
//!
//! | # | operation | where |
//! |---|---|---|
//! | 1 | start | here |
//! | 2 | clone the joiner's waker | `join.rs`, on the joiner's word |
//! | 3 | join_wait | `join.rs` |
//! | 4 | complete | here |
//! | 5 | wake the joiner, by value | here, on the joiner's word |
//! | 6 | release: queue entry | here |
//! | 7 | release: handle | `join.rs` |
//!
//! All are on the two tasks' own words; none is on a line that all threads share.

use super::current;
use super::header::TaskRef;
use super::registry::Registry;
use super::schedule::Runnable;
use super::state::{Claim, Complete, Idle, Start};
use super::waker::Borrowed;
use crate::base::trace::trace;
use crate::wake::coop;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};

impl Runnable {
    /// Polls the task once, and does what has to be done then. The caller is a worker of the task's
    /// scheduler, and no `&mut` to anything that `schedule` touches is alive.
    pub(crate) fn run(self) {
        let task = self.into_task();
        match task.state().start() {
            Start::Poll { registered } => poll(task, registered),
            Start::Cancel { registered } => cancel(task, registered),
            Start::Gone => task.release(1),
        }
    }

    /// Drops the task's future instead of polling it: the scheduler has ended.
    pub(crate) fn cancel(self) {
        self.end(None);
    }

    /// Drops a job's closure instead of calling it: no thread can be had to call it on.
    #[cold]
    pub(crate) fn refuse(self, why: &io::Error) {
        self.end(Some(format!("no thread could be started for it: {why}").into()));
    }

    fn end(self, why: Option<Box<str>>) {
        let task = self.into_task();
        match task.state().start() {
            Start::Poll { registered } => cancel_because(task, registered, why),
            Start::Cancel { registered } => cancel(task, registered),
            Start::Gone => task.release(1),
        }
    }
}

impl Drop for Runnable {
    fn drop(&mut self) {
        // Nobody lets an entry go by accident but a panic in a scheduler; the task then ends as if
        // it had been aborted.
        // SAFETY(INV-22): the entry is ours.
        unsafe { Self::from_task(self.task()) }.cancel();
    }
}

fn poll(task: TaskRef, registered: bool) {
    trace!(PollStart { task: task.id().0.get(), of: task.scheduler().addr() });
    let (polled, yielded) = {
        let waker = Borrowed::new(task);
        let polling = current::polling(task);
        let _budget = coop::budget();
        // SAFETY(INV-21): `start` gave us RUNNING.
        let polled = unsafe { (task.vtable().poll)(task, &mut Context::from_waker(&waker)) };
        (polled, polling.yielded())
    };
    trace!(PollEnd { task: task.id().0.get(), ready: polled.is_ready() });
    match polled {
        Poll::Ready(()) => complete(task, registered),
        Poll::Pending => pending(task, registered, yielded),
    }
}

fn pending(task: TaskRef, registered: bool, yielded: bool) {
    let mut entering = false;
    if !registered {
        // SAFETY(INV-20): the entry's reference keeps the cell, and the cell its scheduler.
        entering = unsafe { (task.vtable().link)(task) };
        if !entering {
            return cancel(task, false);
        }
    }
    match task.state().idle(entering, yielded) {
        Idle::Parked => {}
        // SAFETY(INV-22): SCHEDULED is set, and the entry's reference is still ours to give.
        Idle::Again => unsafe { (task.vtable().reschedule)(task) },
        Idle::Cancel => cancel_linked(task, entering),
    }
}

/// `linked_now`: the registry took over the entry's reference a moment ago, and `idle`, which would
/// have said so in the word, did not get that far.
fn cancel_linked(task: TaskRef, linked_now: bool) {
    if linked_now {
        task.state().retain();
    }
    cancel(task, true);
}

/// Drops the future. The caller owns `RUNNING` and the queue entry's reference.
fn cancel(task: TaskRef, registered: bool) {
    cancel_because(task, registered, None);
}

fn cancel_because(task: TaskRef, registered: bool, why: Option<Box<str>>) {
    // SAFETY(INV-21): the caller owns RUNNING.
    unsafe { (task.vtable().cancel)(task, why) };
    complete(task, registered);
}

/// The slot holds the output. Hands it over and drops the runner's references.
fn complete(task: TaskRef, registered: bool) {
    // SAFETY(INV-20): the entry's reference keeps the cell, and the cell its scheduler.
    let unlinked = registered && unsafe { (task.vtable().unlink)(task) };
    let refs = 1 + usize::from(unlinked);
    let mut stored = true;
    loop {
        match task.state().complete(stored, refs) {
            Complete::Unwanted => {
                stored = false;
                // SAFETY(INV-27): no handle is left, and none can come: the output is ours.
                if let Err(panic) = unsafe { (task.vtable().drop_output)(task) } {
                    task.report(panic);
                }
            }
            Complete::WakeJoiner => {
                wake_joiner(task);
                return task.release(refs);
            }
            Complete::Done { last: true } => return task.free(),
            Complete::Done { last: false } => return,
        }
    }
}

fn wake_joiner(task: TaskRef) {
    // SAFETY(INV-28): COMPLETE came with JOIN_WAKER set, so the waker is the runner's to move out.
    let waker = task.join_waker().with(|slot| unsafe { (*slot).assume_init_read() });
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
        task.report(panic);
    }
}

/// Ends one task of a closed registry: drops its future, unless a thread is polling it, which will
/// do so when the poll is over. False when there is no task left.
pub(crate) fn shut_down_one(registry: &Registry) -> bool {
    let Some(task) = registry.close_and_pop() else { return false };
    match task.state().claim() {
        // The registry's reference takes the place of the queue entry's; the task is marked as gone
        // from the registry, so it is not unlinked again.
        Claim::Cancel => cancel(task, false),
        Claim::Running | Claim::Complete => task.release(1),
    }
    true
}
