//! deadline -> Waker: arm, disarm, fire.
//!
//! The wheel counts milliseconds since the clock began. Deadlines are rounded up and the time is
//! rounded down: a timer may be late by a millisecond, but is never early.

use super::wheel::{Key, Wheel};
use crate::base::clock::Clock;
use std::cell::RefCell;
use std::task::Waker;
use std::time::{Duration, Instant};

/// The timers of one runtime, and its clock.
pub struct Timers {
    pub clock: Clock,
    wheel: RefCell<Wheel<Waker>>,
}

impl Timers {
    pub fn new(clock: Clock) -> Self {
        Self { clock, wheel: RefCell::new(Wheel::new()) }
    }

    /// Has `waker` woken at `deadline`.
    pub fn arm(&self, deadline: Instant, waker: Waker) -> Key {
        let ahead = deadline.saturating_duration_since(self.clock.origin());
        let when = ahead.as_nanos().div_ceil(1_000_000);
        self.wheel.borrow_mut().insert(when.try_into().unwrap_or(u64::MAX), waker)
    }

    /// Takes a timer back, if it has not fired.
    pub fn disarm(&self, key: Key) {
        // Two steps: the waker's destructor runs when the wheel is free again.
        let waker = self.wheel.borrow_mut().remove(key);
        drop(waker);
    }

    /// No timer fires before this.
    pub fn next(&self) -> Option<Instant> {
        let next = self.wheel.borrow().next()?;
        self.clock.origin().checked_add(Duration::from_millis(next))
    }

    /// Wakes everybody whose deadline is over: earlier deadlines first, equal ones in the order in
    /// which they were armed.
    pub fn fire(&self) {
        let now = (self.clock.now() - self.clock.origin()).as_millis() as u64;
        loop {
            // In a statement of its own: whoever is woken may arm or disarm.
            let waker = self.wheel.borrow_mut().pop(now);
            match waker {
                Some(waker) => waker.wake(),
                None => return,
            }
        }
    }
}
