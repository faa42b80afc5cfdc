//! where a spawn and a wake land: the own queue at home, the inbox elsewhere.
//!
//! Home is the thread that drives the worker, while it does, as its context says. There a spawn and
//! a wake are plain stores. Elsewhere they go to the inbox, and who finds the owner asleep nudges.

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
pub(crate) fn spawn<F: Future<Output: Send + 'static> + Send + 'static>(
    scheduler: &Scheduler,
    future: F,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    // SAFETY(INV-20): the future is Send, so any thread may drop it.
    unsafe { spawn_any(scheduler, future, spawned) }
}

/// # Safety
/// INV-20: the future is `Send`, or this is the only thread that ever drives `scheduler`.
pub(crate) unsafe fn spawn_any<F: Future + 'static>(
    scheduler: &Scheduler,
    future: F,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output> {
    // SAFETY(INV-25): the pointer is used before control returns to the worker.
    let home = current::worker_of::<_, Worker>(scheduler.as_ptr()).map(|w| unsafe { w.as_ref() });
    let (count, id) = match home {
        Some(worker) => (worker.credit.take(), worker.ids.next()),
        None => (scheduler.count_for_cell(), scheduler.ids.one()),
    };
    scheduler.tasks.begin(home.map(|_| 0));
    trace!(Spawn { task: id.0.get(), of: scheduler.as_ptr().addr(), spawned });
    // SAFETY(INV-20): the count is handed over; the future goes where the caller has promised.
    let (entry, handle) = unsafe { new::<F, Shared>(future, count.cast(), id, 0, spawned) };
    match home {
        Some(worker) => worker.push(entry.into_task()),
        // Nobody has polled it, and nobody will: it ends here, on the spawner's thread.
        None => scheduler.submit(entry).unwrap_or_else(Runnable::cancel),
    }
    handle
}

fn shared<'a>(task: TaskRef) -> &'a Shared {
    let scheduler = task.scheduler().cast::<Counted<Shared>>();
    // SAFETY(INV-20): the task's cell owns a count, and the caller a reference to the task.
    unsafe { Counted::value(scheduler) }
}

fn home<'a>(task: TaskRef) -> Option<&'a Worker> {
    let scheduler = task.scheduler().cast::<Counted<Shared>>();
    // SAFETY(INV-25): the pointer is used before control returns to the worker.
    current::worker_of(scheduler).map(|worker: NonNull<Worker>| unsafe { worker.as_ref() })
}

impl Schedule for Shared {
    unsafe fn schedule(task: TaskRef) {
        match home(task) {
            Some(worker) => worker.push(task),
            // SAFETY(INV-22): given to us. After the end it is let go; the future is dropped there.
            None => shared(task)
                .submit(unsafe { Runnable::from_task(task) })
                .unwrap_or_else(Runnable::abandon),
        }
    }

    unsafe fn reschedule(task: TaskRef) {
        // SAFETY(INV-22): the entry is handed on. Strict FIFO: there is only the back.
        unsafe { Self::schedule(task) }
    }

    unsafe fn registry(task: TaskRef) -> Option<NonNull<Registry>> {
        Some(NonNull::from(&shared(task).registry))
    }

    unsafe fn is_home(task: TaskRef) -> bool {
        home(task).is_some()
    }

    unsafe fn report(task: TaskRef, panic: Panic) {
        (shared(task).report)(panic);
    }

    #[inline(always)]
    unsafe fn ended(task: TaskRef) {
        shared(task).tasks.end(home(task).map(|_| 0));
    }

    #[inline(always)]
    unsafe fn cell_freed(scheduler: *const ()) {
        let block = scheduler.cast::<Counted<Shared>>();
        match current::worker_of::<_, Worker>(block) {
            // SAFETY(INV-25): the pointer is used at once.
            Some(worker) => unsafe { worker.as_ref() }.credit.give(),
            // SAFETY(INV-20): the count that the cell owned.
            None => unsafe { Counted::release(block, 1) },
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;
