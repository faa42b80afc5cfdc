//! impl Park: sleep until an alarm, a deadline or an event; then wake whom it concerns.
//!
//! ```text
//!  park(limit)
//!    ├─ limit is zero ───────────► look: epoll with a zero timeout
//!    ├─ the clock stands still ──► look; nothing came? move the clock to the next deadline
//!    └─ else ────────────────────► epoll, until the next deadline at most
//!    ▼
//!  fire what is due
//! ```
//!
//! The executor's loop has not changed.

use super::bell::Bell;
use super::reactor::Reactor;
use super::timers::Timers;
use crate::wake::park::{Park, Unparker};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// What a runtime sleeps in.
pub struct Driver {
    bell: Arc<Bell>,
    reactor: Rc<Reactor>,
    timers: Rc<Timers>,
}

impl Driver {
    pub fn new(timers: Rc<Timers>, reactor: Rc<Reactor>) -> io::Result<Self> {
        let bell = Arc::new(Bell::new(reactor.nudge()?));
        Ok(Self { bell, reactor, timers })
    }

    /// How long there is nothing to do.
    fn until_next(&self) -> Option<Duration> {
        let next = self.timers.next()?;
        Some(next.saturating_duration_since(self.timers.clock.now()))
    }

    fn sleep(&self, limit: Option<Duration>) {
        // An alarm that has come already is answered with a look: a stream of alarms must not keep
        // the sockets from being served.
        let limit = if self.bell.lie_down() { limit } else { Some(Duration::ZERO) };
        self.reactor.turn(limit);
        self.bell.rise();
    }

    /// In place of sleeping, when the clock stands still: moves it to the next deadline.
    fn advance(&self) {
        // Time moves when there is nothing else to do: no alarm, no event.
        if self.bell.rise() || self.reactor.turn(Some(Duration::ZERO)) > 0 {
            return;
        }
        match self.timers.next() {
            Some(next) => self.timers.clock.advance_to(next),
            None => self.sleep(None),
        }
    }
}

impl Park for Driver {
    fn park(&self, limit: Option<Duration>) {
        if limit == Some(Duration::ZERO) {
            self.reactor.turn(limit);
        } else if self.timers.clock.is_paused() {
            self.advance();
        } else {
            // The shorter one: `None` is no limit, not the smallest.
            self.sleep(limit.into_iter().chain(self.until_next()).min());
        }
        self.timers.fire();
    }

    fn unparker(&self) -> Unparker {
        self.bell.clone()
    }
}
