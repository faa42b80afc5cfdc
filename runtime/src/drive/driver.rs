//! impl Park: sleep until event, deadline or nudge; then hand back wakers.
//!
//! Read before: `wake/park.rs` (the trait), `drive/bell.rs` (the state word), `drive/reactor.rs`,
//! `drive/timers.rs`.
//!
//! A driver is what one worker sleeps in. It owns the worker's timers and parker, and borrows the
//! reactor, which the drivers of a runtime pass around: who takes it sleeps in epoll, the others on
//! their parkers, each no longer than its own next deadline.
//!
//! ```text
//!  park(limit)
//!    │ until = min(next deadline, now + limit); no clock is read when there is neither
//!    ├─ limit is zero ───────────► look: epoll with a zero timeout, if any fd is registered
//!    ├─ the clock stands still ──► look; nothing came? move the clock to the next deadline
//!    ├─ no fd, or not our turn ──► sleep on the parker, to the nanosecond
//!    └─ else ────────────────────► sleep in epoll, to its millisecond, rounded up
//!    ▼
//!  fire what is due; every waker is woken with no lock held
//! ```
//!
//! What is not done, because it would be a syscall or a clock read for nothing: no `epoll_wait`
//! while no fd is registered; no eventfd write to a driver that is awake; no clock read while no
//! timer is armed and no limit given.
//!
//! A nudge found on the way to sleep is answered with a look, not with a bare return: a stream of
//! nudges from another thread must not keep the sockets from being served.
//!
//! **A clock that stands still** (tests) is moved by the driver, when it would sleep: everything
//! that could run has run, so the next thing to happen is the next deadline. A blocking closure
//! that runs holds the clock, because it may be about to make something happen.

#![forbid(unsafe_code)]

use super::bell::{Bed, Bell};
use super::reactor::{Reactor, Turn};
use super::timers::Timers;
use crate::base::clock::Clock;
use crate::wake::batch::Panic;
use crate::wake::park::{Park, Parker, Unparker};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the runtime does with the panic of a waker that a driver woke.
pub(crate) type Report = Arc<dyn Fn(Panic) + Send + Sync>;

/// Where one worker sleeps. Made on the worker's own thread, and stays there.
pub(crate) struct Driver {
    parker: Parker,
    bell: Arc<Bell>,
    reactor: Arc<Reactor>,
    timers: &'static Timers,
    clock: Clock,
    report: Report,
}

impl Driver {
    pub(crate) fn new(
        reactor: Arc<Reactor>,
        timers: &'static Timers,
        clock: Clock,
        report: Report,
    ) -> Driver {
        let parker = Parker::new();
        let bell = Arc::new(Bell::new(parker.unparker(), reactor.clone()));
        timers.set_nudge(Some(bell.clone()));
        Driver { parker, bell, reactor, timers, clock, report }
    }

    /// Takes what has happened already. Returns the number of fd events.
    fn look(&self) -> usize {
        if !self.reactor.has_sources() {
            return 0;
        }
        match self.reactor.take(&self.bell) {
            Some(mut turn) => self.poll(&mut turn, Some(Duration::ZERO)),
            None => 0,
        }
    }

    fn poll(&self, turn: &mut Turn<'_>, timeout: Option<Duration>) -> usize {
        turn.wait(timeout);
        turn.serve(&|panic| self.report(panic))
    }

    /// Hands a waker's panic to the runtime. Events and timers wait behind this call, so a panic of
    /// the runtime's own hook ends here.
    fn report(&self, panic: Panic) {
        if let Err(second) = catch_unwind(AssertUnwindSafe(|| (self.report)(panic))) {
            std::mem::forget(second);
        }
    }

    /// Sleeps until a nudge, an fd event, or `until`.
    fn sleep(&self, until: Option<Instant>) {
        let mut turn = self.reactor.take(&self.bell);
        let holds = turn.is_some();
        let bed = self.bell.lie_down(|| holds && self.reactor.has_sources());
        let risen = Rise(&self.bell);
        match (bed, &mut turn) {
            (Some(Bed::Epoll), Some(turn)) => {
                turn.wait(until.map(|at| at.saturating_duration_since(self.clock.now())));
                drop(risen);
                turn.serve(&|panic| self.report(panic));
            }
            (None, Some(turn)) if self.reactor.has_sources() => {
                drop(risen);
                self.poll(turn, Some(Duration::ZERO));
            }
            (None, _) => {}
            (Some(_), _) => self.parker.sleep(until),
        }
    }

    /// Instead of sleeping: moves a clock that stands still to the next thing to happen. False if
    /// it may not be moved, or there is nothing to move it to.
    fn advance(&self, limit: Option<Duration>) -> bool {
        let limit = limit.and_then(|limit| self.clock.now().checked_add(limit));
        let Some(next) = earlier(self.timers.next_deadline(), limit) else { return false };
        if !self.clock.may_advance() {
            return false;
        }
        if self.look() == 0 && !self.bell.rise() {
            self.clock.advance_to(next);
        }
        true
    }

    /// Fires what is due, if anything is armed.
    fn fire(&self) {
        if let Some(next) = self.timers.next_deadline() {
            let now = self.clock.now();
            if next <= now {
                self.timers.fire(now, &mut |panic| self.report(panic));
            }
        }
    }
}

impl Park for Driver {
    fn park(&self, limit: Option<Duration>) {
        if limit == Some(Duration::ZERO) {
            self.look();
        } else if !self.clock.is_paused() {
            let limit = limit.and_then(|limit| self.clock.now().checked_add(limit));
            self.sleep(earlier(self.timers.next_deadline(), limit));
        } else if !self.advance(limit) {
            self.sleep(None);
        }
        self.fire();
    }

    fn unparker(&self) -> Unparker {
        self.bell.clone()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.timers.set_nudge(None);
        self.reactor.forget(&self.bell);
    }
}

/// Gets up when dropped, also by a panic: a bell left in POLLING would ring an empty bed.
struct Rise<'a>(&'a Bell);

impl Drop for Rise<'_> {
    fn drop(&mut self) {
        self.0.rise();
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("bell", &self.bell).field("reactor", &self.reactor).finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "driver_tests.rs"]
mod tests;
