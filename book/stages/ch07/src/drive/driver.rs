//! impl Park: sleep until an alarm or a deadline; then fire what is due.
//!
//! The executor's loop has not changed: it parks when it has nothing to do. What it parks in knows
//! about time.

use super::timers::Timers;
use crate::wake::park::{Park, Parker, Unparker};
use std::rc::Rc;
use std::time::Duration;

/// What a runtime sleeps in.
pub struct Driver {
    parker: Parker,
    timers: Rc<Timers>,
}

impl Driver {
    pub fn new(timers: Rc<Timers>) -> Self {
        Self { parker: Parker::new(), timers }
    }

    /// How long there is nothing to do.
    fn until_next(&self) -> Option<Duration> {
        let next = self.timers.next()?;
        Some(next.saturating_duration_since(self.timers.clock.now()))
    }

    /// In place of sleeping, when the clock stands still: moves it to the next deadline.
    fn advance(&self) {
        // An alarm goes first: time moves when there is nothing else to do.
        if self.parker.park(Some(Duration::ZERO)) {
            return;
        }
        match self.timers.next() {
            Some(next) => self.timers.clock.advance_to(next),
            None => _ = self.parker.park(None),
        }
    }
}

impl Park for Driver {
    fn park(&self, limit: Option<Duration>) {
        if limit != Some(Duration::ZERO) {
            if self.timers.clock.is_paused() {
                self.advance();
            } else {
                // The shorter one: `None` is no limit, not the smallest.
                self.parker.park(limit.into_iter().chain(self.until_next()).min());
            }
        }
        self.timers.fire();
    }

    fn unparker(&self) -> Unparker {
        self.parker.signal()
    }
}
