//! poll once; then idle, again, complete or cancelled; panics stop here.
//!
//! ```text
//!   run(entry)
//!     │ start ── Cancel ──────────┐
//!     ▼ Poll                      ▼
//!   poll ── Ready, panic ──► (drop the future) ──► complete ──► wake the joiner
//!     │ Pending                   ▲
//!     ▼                           │
//!   idle ── Cancel ───────────────┘
//!        ── Again ───► push an entry: to the back of the queue
//!        ── Parked ──► nothing
//! ```

use super::cell::contain;
use super::header::TaskRef;
use super::schedule::Runnable;
use super::state::{Complete, Idle, Start};
use super::waker::waker;
use std::task::{Context, Poll};

impl Runnable {
    /// Polls the task once, and does what has to be done then. True: the task has ended.
    pub fn run(mut self) -> bool {
        let task = self.take().expect("an entry is run once");
        match task.state().start() {
            Start::Poll if poll(&task).is_pending() => match task.state().idle() {
                Idle::Parked => return false,
                Idle::Again => {
                    task.schedule();
                    return false;
                }
                Idle::Cancel => cancel(&task),
            },
            Start::Poll => {}
            Start::Cancel => cancel(&task),
        }
        complete(&task);
        true
    }
}

impl Drop for Runnable {
    /// Nobody will run it, so it ends here: as if it had been aborted.
    fn drop(&mut self) {
        if let Some(task) = self.take() {
            let _ = task.state().start();
            cancel(&task);
            complete(&task);
        }
    }
}

/// The caller has set RUNNING.
fn poll(task: &TaskRef) -> Poll<()> {
    let waker = waker(task.clone());
    // SAFETY: RUNNING is ours, and the future has not ended.
    unsafe { (task.header().vtable.poll)(task.as_raw(), &mut Context::from_waker(&waker)) }
}

/// The caller has set RUNNING.
fn cancel(task: &TaskRef) {
    // SAFETY: RUNNING is ours, and the future has not ended.
    unsafe { (task.header().vtable.cancel)(task.as_raw()) }
}

/// The future is gone, and the output in its place.
fn complete(task: &TaskRef) {
    match task.state().complete() {
        // Make it happen, then take: see `wake/slot.rs`.
        Complete::Wanted => drop(contain(|| task.header().joiner.wake())),
        // SAFETY: COMPLETE is set and there is no handle: the output is ours.
        Complete::Unwanted => unsafe { (task.header().vtable.drop_output)(task.as_raw()) },
    }
}
