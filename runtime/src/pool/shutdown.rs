//! close, drop every task, drain, join; numbered steps that the code repeats.
//!
//! ```text
//!  1 close spawn      the ending thread: the injector refuses, what is in it is cancelled
//!  2 drop futures     each worker, when its poll is over: the tasks of its registry
//!  3 drain            each worker: its ring and its next slot
//!  4 stop drivers     each worker's thread, then whoever ends the runtime
//!  5 join threads     whoever ends the runtime
//! ```
//!
//! 4 and 5 are the facade's. Nobody waits for another in 1 to 3, so a worker that is stuck in a
//! poll keeps only its own part undone: the tasks of its registry and its ring, and the task that
//! it polls, which nobody else may touch. It makes good for that when its poll ends.
//!
//! Nothing is lost between the steps:
//!
//! * A wake that is in flight when 1 comes finds the injector closed and lets its entry go. The
//!   task is in a registry, since it has been pending, and 2 drops its future.
//! * A task whose first poll is pending after 2 is refused by the registry, and its runner ends it.
//! * A destructor in 2 or 3 may spawn or wake on this worker: into its ring, which 3 drains until
//!   there is nothing. On a thread that is no worker it finds 1.

use super::shared::Shared;
use super::worker::{Worker, cancel_all};
use crate::task::current;
use crate::task::header::Id;
use crate::task::run::shut_down_one;
use crate::task::schedule::Runnable;
use std::panic::Location;

impl Shared {
    /// Step 1. The calling thread cancels what waits in the injector, so it must be one that may
    /// run destructors of tasks; every worker is told.
    pub(crate) fn close(&self) {
        let waiting = self.injector.close();
        self.nudge_all();
        cancel_all(waiting);
    }

    /// Has the end of the runtime begun?
    pub(crate) fn has_been_closed(&self) -> bool {
        self.is_ending()
    }

    /// What the worker is stuck in, if it does not end: what it polled last.
    pub(crate) fn last_polled(&self, worker: usize) -> Option<(Id, &'static Location<'static>)> {
        self.remotes[worker].progress.task()
    }
}

impl Worker {
    /// The task that it polled last, since it slept.
    pub(crate) fn last_polled(&self) -> Option<(Id, &'static Location<'static>)> {
        self.remote().progress.task()
    }

    /// Steps 2 and 3, for what is this worker's. Its loop has ended.
    pub(crate) fn shut_down(&self) {
        let _entered = current::enter(self.credit.keep().as_ptr(), self);
        loop {
            // 2 drop every future; a destructor may spawn, wake or abort
            while shut_down_one(&self.remote().registry) {}
            // 3 drain: what has never been polled, and entries of tasks that step 2 ended
            let mut drained = false;
            while let Some(task) = self.find() {
                drained = true;
                // SAFETY(INV-22): a queue held the entry.
                unsafe { Runnable::from_task(task) }.cancel();
            }
            if !drained {
                return self.remote().progress.rest();
            }
        }
    }
}
