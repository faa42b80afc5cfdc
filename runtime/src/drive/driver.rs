//! impl Park: sleep until event, deadline or nudge; then hand back wakers.
//!
//! Read before: `wake/park.rs` (the trait), `drive/bell.rs` (the state word), `drive/reactor.rs`,
//! `drive/wheels.rs` (who sleeps for which timers).
//!
//! A driver is what one worker sleeps in. It owns the worker's wheel and parker, and borrows the
//! reactor, which the drivers of a runtime pass around: who takes it has the *turn* and sleeps for
//! all, in epoll; the others on their parkers, each no longer than its own next deadline.
//!
//! ```text
//!  park(limit)
//!    │ until = min(next deadline, now + limit); no clock is read when there is neither
//!    ├─ limit is zero ───────────► look: epoll with a zero timeout, if any fd is registered
//!    ├─ the clock stands still ──► look; nothing came? move the clock to the next deadline
//!    ├─ another has the turn ────► sleep on the parker, to the nanosecond
//!    └─ took the turn: until = min(until, next of the outside wheel, if that has no owner)
//!         ├─ no fd ──────────────► sleep on the parker, and keep the turn
//!         └─ else ───────────────► sleep in epoll, to its millisecond, rounded up
//!    ▼
//!  fire what is due, in the outside wheel too; every waker is woken with no lock held
//! ```
//!
//! Whoever gets up puts the turn back, and nobody is told: it has work or parks again and takes it;
//! meanwhile the pool's watcher looks after what it neglects. The driver of the outside wheel's
//! owner, the guest, never takes the turn: its thread leaves when it likes.
//!
//! Nothing is done for nothing: no `epoll_wait` while no fd is registered; no eventfd write to a
//! driver that is awake; no clock read while no timer is armed and no limit given.
//!
//! A nudge found on the way to sleep is answered with a look, not with a bare return: a stream of
//! them must not keep the sockets from being served.
//!
//! **A clock that stands still** (tests) is moved by the driver, when it would sleep
//! (`drive/still.rs`). For a single driver only: none knows that the others have nothing to do.

#![forbid(unsafe_code)]

use super::bell::{Bed, Bell};
use super::reactor::{Reactor, Turn};
use super::still::advance;
use super::timers::Timers;
use super::wheels::Wheels;
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
    wheels: Arc<Wheels>,
    index: usize,
    /// The wheel that is ours.
    timers: &'static Timers,
    /// The wheel that we cover while it has no owner, if we may have the turn.
    outside: Option<&'static Timers>,
    clock: Clock,
    report: Report,
}

impl Driver {
    /// A driver that owns the wheel `index`. The owner of the outside wheel never takes the turn.
    pub(crate) fn new(
        reactor: Arc<Reactor>,
        wheels: Arc<Wheels>,
        index: usize,
        clock: Clock,
        report: Report,
    ) -> Driver {
        let parker = Parker::new();
        let bell = Arc::new(Bell::new(parker.unparker(), reactor.clone()));
        let timers = wheels.of(index);
        timers.own(bell.clone());
        let outside = if wheels.is_outside(index) { None } else { wheels.outside() };
        if let Some(outside) = outside {
            outside.cover(reactor.holder());
        }
        Driver { parker, bell, reactor, wheels, index, timers, outside, clock, report }
    }

    /// From now on this thread sleeps in it, and no other.
    pub(crate) fn adopt(&self) {
        self.parker.adopt();
    }

    /// Takes the turn, if nobody has it and we may.
    fn take(&self) -> Option<Turn<'_>> {
        if self.wheels.is_outside(self.index) { None } else { self.reactor.take(&self.bell) }
    }

    /// The outside wheel, while it has no owner.
    fn uncovered(&self) -> Option<&'static Timers> {
        self.outside.filter(|outside| !outside.is_owned())
    }

    /// Takes what has happened already. Returns the number of fd events.
    fn look(&self) -> usize {
        if !self.reactor.has_sources() || self.wheels.is_outside(self.index) {
            return 0;
        }
        match self.reactor.borrow() {
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
        let Some(mut turn) = self.take() else { return self.doze(until) };
        // Not before we have the turn: who makes that deadline earlier from now on finds us.
        let until = earlier(until, self.uncovered().and_then(Timers::next_deadline));
        let bed = self.bell.lie_down(|| self.reactor.has_sources());
        let risen = Rise(&self.bell);
        match bed {
            Some(Bed::Epoll) => {
                turn.wait(until.map(|at| at.saturating_duration_since(self.clock.now())));
                drop(risen);
                turn.serve(&|panic| self.report(panic));
            }
            None if self.reactor.has_sources() => {
                drop(risen);
                self.poll(&mut turn, Some(Duration::ZERO));
            }
            None => {}
            Some(Bed::Parker) => self.nap(until),
        }
    }

    /// Sleeps until a nudge, or `until`; without the turn.
    fn doze(&self, until: Option<Instant>) {
        let bed = self.bell.lie_down(|| false);
        let _risen = Rise(&self.bell);
        if bed.is_some() {
            self.nap(until);
        }
    }

    fn nap(&self, until: Option<Instant>) {
        self.parker.sleep(until.map(|at| self.clock.on_the_machine(at)));
    }

    /// Instead of sleeping: moves a clock that stands still on, if it may be moved (`still.rs`).
    fn advance(&self, limit: Option<Duration>) -> bool {
        let limit = limit.and_then(|limit| self.after(limit));
        let next = earlier(self.timers.next_deadline(), limit);
        advance(&self.clock, &self.reactor, next, || self.look() == 0 && !self.bell.rise())
    }

    /// Fires what is due, if anything is armed. In the outside wheel too: whoever has the turn may
    /// be asleep or have just gone.
    fn fire(&self) {
        let outside = self.uncovered();
        let theirs = outside.and_then(Timers::next_deadline);
        if let Some(next) = earlier(self.timers.next_deadline(), theirs) {
            let now = self.clock.now();
            if next <= now {
                self.timers.fire(now, &mut |panic| self.report(panic));
                if let Some(outside) = outside {
                    outside.fire(now, &mut |panic| self.report(panic));
                }
            }
        }
    }

    /// When `limit` is over. Reads the clock.
    fn after(&self, limit: Duration) -> Option<Instant> {
        self.clock.now().checked_add(limit)
    }
}

impl Park for Driver {
    fn park(&self, limit: Option<Duration>) {
        if limit == Some(Duration::ZERO) {
            self.look();
        } else if !self.clock.is_paused() {
            let limit = limit.and_then(|limit| self.after(limit));
            self.sleep(earlier(self.timers.next_deadline(), limit));
        } else if !self.advance(limit) {
            self.sleep(None);
        }
        self.fire();
    }

    fn stand_by(&self, limit: Duration) {
        if self.clock.is_paused() {
            return self.park(Some(limit));
        }
        self.doze(earlier(self.timers.next_deadline(), self.after(limit)));
        self.fire();
    }

    /// All wheels but our own: those of workers, and the outside one even if it has an owner.
    fn relieve(&self) {
        let mut now = None;
        for timers in self.wheels.others(self.index) {
            if timers.next_deadline().is_some() {
                let now = *now.get_or_insert_with(|| self.clock.now());
                timers.fire(now, &mut |panic| self.report(panic));
            }
        }
    }

    fn unparker(&self) -> Unparker {
        self.bell.clone()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let bell: Unparker = self.bell.clone();
        let holder = self.wheels.is_outside(self.index).then(|| self.reactor.holder());
        if self.timers.disown(&bell, holder.clone())
            && let Some(holder) = holder
        {
            holder.unpark();
        }
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

#[cfg(all(test, not(loom)))]
#[path = "driver_several_tests.rs"]
mod several_tests;

#[cfg(all(test, not(loom)))]
#[path = "driver_stress_tests.rs"]
mod stress_tests;

#[cfg(all(test, loom))]
#[path = "driver_loom_tests.rs"]
mod models;
