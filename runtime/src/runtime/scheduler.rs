//! which executor: the one place where the two are told apart.
//!
//! A wake goes through the task's vtable and never asks. Only what begins at a handle does: spawn,
//! the wheel of this thread, the flavour.

#![forbid(unsafe_code)]

use crate::drive::timers::Timers;
use crate::drive::wheels::Wheels;
use crate::local;
use crate::pool;
use crate::task::join::JoinHandle;
use std::future::Future;
use std::panic::Location;

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
    Local(local::shared::Scheduler),
    Pool(pool::shared::Scheduler),
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
            Self::Local(scheduler) => local::spawn::spawn(scheduler, future, spawned),
            Self::Pool(scheduler) => pool::schedule::spawn(scheduler, future, spawned),
        }
    }

    /// The wheel for a timer that is armed on this thread, and whether this thread is its owner: a
    /// worker's own; elsewhere the outside one, or the only one.
    #[inline]
    pub(crate) fn timers(&self, wheels: &Wheels) -> (&'static Timers, bool) {
        match self {
            Self::Local(scheduler) => (wheels.of(0), local::worker::is_here(scheduler)),
            Self::Pool(scheduler) => match pool::worker::index_here(scheduler) {
                Some(index) => (wheels.of(index), true),
                None => (wheels.of(scheduler.workers()), false),
            },
        }
    }

    /// Has a driver of a paused clock look again. Only one thread can have such a clock.
    pub(crate) fn nudge(&self) {
        if let Self::Local(scheduler) = self {
            scheduler.nudge();
        }
    }
}
