//! where a wake lands: the next slot, the own ring, or the injector.
//!
//! ```text
//!                          on a worker                          elsewhere
//!  wake      next slot; what was in it goes to the ring      ─┐
//!  yield     ring, at the back                                ├─► injector; then look_outside
//!  spawn     ring, at the back                               ─┘
//! ```
//!
//! The next slot makes a message cheap: the task that was sent something runs next, while what it
//! was sent is still in the cache. A new task has nothing in the cache; it stands in line, where a
//! thief can take it.
//!
//! * Publish, then do not touch: once an entry is in a ring or in the injector, another worker may
//!   run and free the task. The functions here take it by value and look at nothing of it
//!   afterwards.

use super::shared::{Scheduler, Shared};
use super::worker::Worker;
use crate::base::trace::trace;
use crate::task::credit::Counted;
use crate::task::current;
use crate::task::header::TaskRef;
use crate::task::join::JoinHandle;
use crate::task::new::new;
use crate::task::registry::Registry;
use crate::task::schedule::{Runnable, Schedule};
use crate::wake::batch::Panic;
use std::future::Future;
use std::panic::Location;
use std::ptr::NonNull;

/// Makes a task of `future` and queues it.
pub(crate) fn spawn<F>(
    scheduler: &Scheduler,
    future: F,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let here = worker(scheduler.as_ptr());
    let (count, id, home) = match here {
        Some(worker) => (worker.credit.take(), worker.ids.next(), worker.index as u8), // < 48
        None => {
            let id = scheduler.ids.one();
            // No worker's lock shall be everybody's: the numbers spread these tasks.
            let home = id.0.get() % scheduler.workers() as u64;
            (scheduler.count_for_cell(), id, home as u8)
        }
    };
    scheduler.tasks.begin(here.map(|worker| worker.index));
    trace!(Spawn { task: id.0.get(), of: scheduler.as_ptr().addr(), spawned });
    // SAFETY(INV-20): the count is handed over; the future is Send, so any worker may poll it.
    let (entry, handle) = unsafe { new::<F, Shared>(future, count.cast(), id, home, spawned) };
    match here {
        Some(worker) => worker.push(entry.into_task()),
        // Nobody has polled it, and nobody will: it ends here, on the spawner's thread.
        None => scheduler.submit(entry).unwrap_or_else(Runnable::cancel),
    }
    handle
}

/// The worker that this thread is, if it is one of this scheduler's.
#[inline]
fn worker<'a>(scheduler: *const Counted<Shared>) -> Option<&'a Worker> {
    // SAFETY(INV-25): the reference is used before control returns to the worker.
    current::worker_of(scheduler).map(|worker: NonNull<Worker>| unsafe { worker.as_ref() })
}

#[inline]
fn block(task: TaskRef) -> *const Counted<Shared> {
    task.scheduler().cast()
}

fn shared<'a>(task: TaskRef) -> &'a Shared {
    // SAFETY(INV-20): the task's cell owns a count, and the caller a reference to the task.
    unsafe { Counted::value(block(task)) }
}

impl Shared {
    /// Tasks that wait in the injector.
    pub(crate) fn injected(&self) -> usize {
        self.injector.len()
    }

    /// Takes an entry from a thread that is no worker; gives it back after the end.
    fn submit(&self, entry: Runnable) -> Result<(), Runnable> {
        let task = entry.into_task();
        // SAFETY(INV-4): the entry is handed over; its task lives until the entry is run.
        match unsafe { self.injector.push(task.as_header()) } {
            Ok(()) => self.nudge(self.idle.look_outside()),
            // SAFETY(INV-22): refused, so the entry is still ours.
            Err(_) => return Err(unsafe { Runnable::from_task(task) }),
        }
        Ok(())
    }
}

impl Schedule for Shared {
    unsafe fn schedule(task: TaskRef) {
        match worker(block(task)) {
            Some(worker) => worker.push_next(task),
            // SAFETY(INV-22): the entry was given to us. After the end it is only let go: the
            // future is dropped by whoever ends the runtime, before the end is over.
            None => shared(task)
                .submit(unsafe { Runnable::from_task(task) })
                .unwrap_or_else(Runnable::abandon),
        }
    }

    unsafe fn reschedule(task: TaskRef) {
        match worker(block(task)) {
            // It has had its turn: behind the others.
            Some(worker) => worker.push(task),
            // SAFETY(INV-22): handed on.
            None => unsafe { Self::schedule(task) },
        }
    }

    unsafe fn registry(task: TaskRef) -> Option<NonNull<Registry>> {
        let remotes = &shared(task).remotes;
        remotes.get(task.home()).map(|remote| NonNull::from(&remote.registry))
    }

    unsafe fn is_home(task: TaskRef) -> bool {
        worker(block(task)).is_some()
    }

    unsafe fn report(task: TaskRef, panic: Panic) {
        (shared(task).report)(panic);
    }

    #[inline(always)]
    unsafe fn ended(task: TaskRef) {
        shared(task).tasks.end(worker(block(task)).map(|worker| worker.index));
    }

    #[inline(always)]
    unsafe fn cell_freed(scheduler: *const ()) {
        let block = scheduler.cast::<Counted<Shared>>();
        match worker(block) {
            Some(worker) => worker.credit.give(),
            // SAFETY(INV-20): the count that the cell owned.
            None => unsafe { Counted::release(block, 1) },
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "loom_tests.rs"]
mod models;
