//! something again and again, at an even pace.

use super::sleep::{now, sleep_until};
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
    /// The next one is due a period after this one was, not after it was noticed: the pace does not
    /// drift. Whoever is late is told of every tick that was missed, one after the other.
    pub async fn tick(&mut self) -> Instant {
        sleep_until(self.next).await;
        // After the await: a tick that is given up has not happened.
        let due = self.next;
        self.next += self.period;
        due
    }
}
