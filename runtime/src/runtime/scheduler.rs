//! which executor: the one place where the two are told apart.
//!
//! A wake goes through the task's vtable and never asks. Only what begins at a handle does: spawn,
//! the wheel of this thread, the flavour.

#![forbid(unsafe_code)]

use crate::base::prim::AtomicU64;
use crate::drive::timers::Timers;
use crate::drive::wheels::Wheels;
use crate::local::shared::Scheduler as LocalScheduler;
use crate::local::spawn::spawn as spawn_local;
use crate::local::worker::here;
use crate::pool::schedule::spawn as spawn_pooled;
use crate::pool::shared::Scheduler as PoolScheduler;
use crate::pool::worker::index_here;
use crate::task::header::{Id, TaskRef};
use crate::task::ids::Ids;
use crate::task::join::JoinHandle;
use crate::task::registry::NOBODY;
use std::future::Future;
use std::iter;
use std::panic::Location;

/// Task ids, of all runtimes of the process. They start at 1.
#[cfg(not(loom))]
static IDS: AtomicU64 = AtomicU64::new(1);

#[cfg(not(loom))]
pub(super) fn ids() -> Ids {
    Ids::new(&IDS)
}

/// A `static` cannot be made of loom's atomics.
#[cfg(loom)]
pub(super) fn ids() -> Ids {
    Ids::new(Box::leak(Box::new(AtomicU64::new(1))))
}

/// Which executor a runtime has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuntimeFlavor {
    /// One thread, first in, first out.
    CurrentThread,
    /// Several threads, which take work from each other.
    MultiThread,
}

/// One of the two.
pub(crate) enum Scheduler {
    Local(LocalScheduler),
    Pool(PoolScheduler),
}

impl Scheduler {
    pub(crate) fn flavor(&self) -> RuntimeFlavor {
        match self {
            Self::Local(_) => RuntimeFlavor::CurrentThread,
            Self::Pool(_) => RuntimeFlavor::MultiThread,
        }
    }

    #[inline]
    pub(crate) fn spawn<F>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match self {
            Self::Local(scheduler) => spawn_local(scheduler, future, spawned),
            Self::Pool(scheduler) => spawn_pooled(scheduler, future, spawned),
        }
    }

    /// The wheel for a timer that is armed on this thread, and whether this thread is its owner: a
    /// worker's own; elsewhere the outside one, or the only one.
    #[inline]
    pub(crate) fn timers(&self, wheels: &Wheels) -> (&'static Timers, bool) {
        match self {
            Self::Local(scheduler) => (wheels.of(0), here(scheduler, |_| ()).is_some()),
            Self::Pool(scheduler) => match index_here(scheduler) {
                Some(index) => (wheels.of(index), true),
                None => (wheels.of(scheduler.workers()), false),
            },
        }
    }

    /// Has the end of a pool begun?
    pub(super) fn is_ending(&self) -> bool {
        matches!(self, Self::Pool(scheduler) if scheduler.has_been_closed())
    }

    /// How many workers there are.
    pub(crate) fn workers(&self) -> usize {
        match self {
            Self::Local(_) => 1,
            Self::Pool(scheduler) => scheduler.workers(),
        }
    }

    /// Tasks that have not ended.
    pub(crate) fn alive(&self) -> usize {
        match self {
            Self::Local(scheduler) => scheduler.tasks.alive(),
            Self::Pool(scheduler) => scheduler.tasks.alive(),
        }
    }

    /// Tasks that other threads have sent; of an inbox only whether there are any.
    pub(crate) fn queued_outside(&self) -> usize {
        match self {
            Self::Local(scheduler) => usize::from(scheduler.inbox.holds_any()),
            Self::Pool(scheduler) => scheduler.injected(),
        }
    }

    /// Which worker of a pool this thread is, if it is one.
    pub(super) fn index_here(&self) -> Option<usize> {
        match self {
            Self::Local(_) => None,
            Self::Pool(scheduler) => index_here(scheduler),
        }
    }

    /// Where it is in memory: how events about its tasks name it.
    pub(super) fn address(&self) -> usize {
        match self {
            Self::Local(scheduler) => scheduler.as_ptr().addr(),
            Self::Pool(scheduler) => scheduler.as_ptr().addr(),
        }
    }

    /// Is this thread one of its workers?
    pub(crate) fn is_here(&self) -> bool {
        match self {
            Self::Local(scheduler) => here(scheduler, |_| ()).is_some(),
            Self::Pool(scheduler) => index_here(scheduler).is_some(),
        }
    }

    /// Shows each task that has been pending to `see`, which is called under a lock. Not the one
    /// that stands in the queue for a root future.
    pub(crate) fn each_registered(&self, mut see: impl FnMut(TaskRef)) {
        match self {
            Self::Local(scheduler) => scheduler.registry.each(|task| {
                if task.home() != usize::from(NOBODY) {
                    see(task);
                }
            }),
            Self::Pool(scheduler) => scheduler.each_registered(see),
        }
    }

    /// Shows each task in a queue to `see`: all there are of a pool; of one thread's, if this is
    /// it, because nobody else may touch its queue.
    pub(crate) fn each_queued(&self, mut see: impl FnMut(TaskRef)) {
        match self {
            Self::Pool(scheduler) => scheduler.each_queued(see),
            Self::Local(scheduler) => {
                here(scheduler, |worker| {
                    worker.collect();
                    let queued: Vec<_> = iter::from_fn(|| worker.pop()).collect();
                    for entry in queued {
                        let task = entry.into_task();
                        see(task);
                        worker.push(task);
                    }
                });
            }
        }
    }

    /// What the workers of a pool poll, or polled a moment ago.
    pub(crate) fn polled(&self) -> Vec<(Id, &'static Location<'static>)> {
        match self {
            Self::Local(_) => Vec::new(),
            Self::Pool(scheduler) => scheduler.polled().collect(),
        }
    }

    /// Has a driver of a paused clock look again. Only one thread can have such a clock.
    pub(crate) fn nudge(&self) {
        if let Self::Local(scheduler) = self {
            scheduler.nudge();
        }
    }
}
