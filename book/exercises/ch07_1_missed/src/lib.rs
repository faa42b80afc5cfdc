//! An interval that skips what it has missed.

use stage_ch07::time::{now, sleep_until};
use std::time::{Duration, Instant};

/// Ticks every `period`, for the first time at once.
pub fn interval(period: Duration) -> Interval {
    Interval { next: now(), period }
}

/// See [`interval`].
pub struct Interval {
    next: Instant,
    period: Duration,
}

impl Interval {
    /// Waits for the next tick, and says when it was due.
    ///
    /// A tick that nobody waited for in time comes at once, but only one: the next is due at the
    /// next whole number of periods after the first.
    pub async fn tick(&mut self) -> Instant {
        sleep_until(self.next).await;
        let due = self.next;
        self.next += self.period; // the stage's: it makes up for each
        assert!(now() < self.next, "skip what was missed");
        due
    }
}
