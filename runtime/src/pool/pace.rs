//! how long a worker's polls take, and how long its ring may grow before a sibling is woken.
//!
//! A wake costs 5 µs here and 25 in all; a short task is done before the sibling is up. So a
//! sibling is woken when as much waits as takes 10 µs: 10 µs divided by the mean poll, from one
//! reading of the clock every 61 polls. Of a worker that has just left its park nothing is known:
//! one task is enough then.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::time::{Duration, Instant};

/// What waking a sibling is worth, in time spent on polls.
const WAKE_WORTH: Duration = Duration::from_micros(10);
/// The longest that a ring of short polls may grow before a sibling is woken: half of it.
const WAKE_AT_MOST: u64 = 128;

/// One worker's measurements.
pub(super) struct Pace {
    /// Wake a sibling when the ring is that long.
    wake_at: Cell<usize>,
    /// The mean poll in nanoseconds, and when it was last measured.
    mean: Cell<u64>,
    measured: Cell<Instant>,
    /// Polls since then that were counted and not made.
    skipped: Cell<u32>,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        let mean = Cell::new(WAKE_WORTH.as_nanos() as u64);
        Self { wake_at: Cell::new(1), mean, measured: Cell::new(now), skipped: Cell::new(0) }
    }

    /// The worker sleeps. Until `restart` no ring is long enough: what a park brings comes in
    /// batches, and a sibling that is woken for the first task of one takes only that. The price: a
    /// foreign waker or a hook that is slow in a park holds up what the park has brought.
    pub(super) fn hold(&self, now: Instant) {
        let _ = self.restart(now);
        self.wake_at.set(usize::MAX);
    }

    /// A new stretch of work, of which nothing is known; how long the last was.
    pub(super) fn restart(&self, now: Instant) -> Duration {
        self.wake_at.set(1);
        self.mean.set(WAKE_WORTH.as_nanos() as u64);
        self.skipped.set(0);
        now.saturating_duration_since(self.measured.replace(now))
    }

    /// Of the polls that will be counted `polls` are none, and `time` was no work.
    pub(super) fn skip(&self, polls: u32, time: Duration) {
        self.skipped.set(self.skipped.get() + polls);
        self.measured.set(self.measured.get() + time);
    }

    /// Updates the mean poll, `polls` after the last time.
    pub(super) fn measure(&self, now: Instant, polls: u32) {
        let made = polls.saturating_sub(self.skipped.take()).max(1);
        let took = now.saturating_duration_since(self.measured.replace(now)).as_nanos() as u64;
        let mean = (7 * self.mean.get() + 3 * (took / u64::from(made))) / 10;
        self.mean.set(mean);
        let worth = WAKE_WORTH.as_nanos() as u64;
        self.wake_at.set((worth / mean.max(1)).clamp(1, WAKE_AT_MOST) as usize);
    }

    /// Are so many tasks in the ring worth a wake?
    #[inline]
    pub(super) fn is_plenty(&self, ring: usize) -> bool {
        ring >= self.wake_at.get()
    }

    /// Is each task worth one, or may be?
    pub(super) fn is_slow(&self) -> bool {
        self.wake_at.get() == 1
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// How long the ring may grow after many stretches of 61 polls that took `micros` each.
    fn after(pace: &Pace, now: &mut Instant, micros: u64, before: impl Fn()) -> usize {
        for _ in 0..40 {
            before();
            *now += Duration::from_micros(micros);
            pace.measure(*now, 61);
        }
        (1..).find(|len| pace.is_plenty(*len)).unwrap()
    }

    #[test]
    fn the_shorter_the_polls_the_longer_the_ring_may_grow() {
        let mut now = Instant::now();
        let pace = Pace::new(now);
        assert!(pace.is_slow());
        assert_eq!(after(&pace, &mut now, 61, || ()), 10);
        assert_eq!(after(&pace, &mut now, 1, || ()), 128);
        assert_eq!(after(&pace, &mut now, 1_000, || ()), 1);
        assert_eq!(after(&pace, &mut now, 61, || ()), 10);
        assert!(!pace.is_slow());
        now += Duration::from_millis(3);
        assert_eq!(pace.restart(now), Duration::from_millis(3));
        assert!(pace.is_slow());
    }

    #[test]
    fn what_was_no_work_does_not_make_the_polls_longer_or_shorter() {
        let mut now = Instant::now();
        let pace = Pace::new(now);
        // 5 polls of 1 µs each, and 56 that were none, for 300 µs of waiting.
        let waits = || (0..7).for_each(|_| pace.skip(8, Duration::from_micros(300) / 7));
        assert_eq!(after(&pace, &mut now, 305, waits), 10);
        assert_eq!(after(&pace, &mut now, 61, || ()), 10);
    }
}
