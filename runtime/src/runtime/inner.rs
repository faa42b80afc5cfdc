//! one of each machine: what a runtime is, seen by those who use it.
//!
//! The executor, the drivers and the blocking pool do not know each other. [`Inner`] holds one of
//! each, and is all that `time`, `io` and `net` see of a runtime.

#![forbid(unsafe_code)]

use super::meter::Meter;
use super::recorder::Tracing;
use super::scheduler::{RuntimeFlavor, Scheduler};
use crate::base::clock::{Clock, Owner};
use crate::base::pad::CachePadded;
use crate::blocking::pool as blocking;
use crate::drive::driver::Driver;
use crate::drive::reactor::Reactor;
use crate::drive::timers::Timers;
use crate::drive::wheels::Wheels;
use crate::task::ids::Ids;
use crate::task::record::Recorder;
use crate::wake::batch::Report;
use std::sync::Arc;

/// One runtime's machines.
pub(crate) struct Inner {
    pub(super) scheduler: Scheduler,
    pub(super) ids: Ids,
    pub(super) clock: Clock,
    pub(super) wheels: Arc<Wheels>,
    pub(super) reactor: Arc<Reactor>,
    pub(super) blocking: blocking::Pool,
    /// Hears of panics that nobody can be given.
    pub(super) report: Report,
    /// One for each worker.
    pub(super) meters: Arc<[CachePadded<Meter>]>,
    /// Keeps records of its tasks, if it was asked to.
    pub(super) recorder: Option<Recorder>,
    /// Draws a timeline, if it was asked to.
    pub(super) trace: Option<Tracing>,
}

impl Inner {
    /// The runtime's clock.
    #[inline]
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The wheel for a timer that is armed on this thread, and whether this thread is its owner.
    /// After the end of the runtime it is closed.
    #[inline]
    pub(crate) fn timers(&self) -> (&'static Timers, bool) {
        self.scheduler.timers(&self.wheels)
    }

    /// Can the clock be stopped? Only where one thread knows that nothing is left to do.
    pub(crate) fn can_pause(&self) -> bool {
        self.scheduler.flavor() == RuntimeFlavor::CurrentThread
    }

    /// Fires what is due by now in this thread's wheel.
    pub(crate) fn fire(&self) {
        self.timers().0.fire(self.clock.now(), &mut |panic| (self.report)(panic));
    }

    /// Where sockets are registered.
    #[inline]
    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        &self.reactor
    }

    /// What a thread sleeps in that owns wheel `index`.
    pub(super) fn driver(&self, index: usize, report: Report) -> Driver {
        let (reactor, wheels) = (self.reactor.clone(), self.wheels.clone());
        Driver::new(reactor, wheels, index, self.clock.clone(), report)
    }
}

impl Owner for Inner {
    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn look_again(&self) {
        self.scheduler.nudge();
    }
}
