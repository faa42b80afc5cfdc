//! the watcher's notes: when it looks at the others, and what it saw the last time.
//!
//! One sleeping worker keeps watch while another is awake, because a poll may be long for once: its
//! worker's ring, its next slot, its timers and the sockets would wait until it ends. The watcher
//! sleeps one period, looks at the poll counters, and takes over what it finds behind a counter
//! that has not moved.
//!
//! ```text
//!   park while another is awake, and nobody watches ─┐           all others asleep,
//!   called by one that leaves its park ──────────────┴► watching ── 3 periods long ──► not
//!        └ first period: stand by, the caller will be back           has work ──► not
//! ```
//!
//! * A period is 10 ms: a wake-up costs 25 µs, so watching costs a quarter of a percent of one
//!   core. For a while after it has caught a worker it is 1 ms.
//! * While another worker is awake, the watch goes on, also over one that is stuck for long: its
//!   next wake of a task would be nobody's otherwise. When all sleep, it ends after three periods,
//!   so that a program with an event now and then does not call a watcher for each: at most once in
//!   30 ms.
//! * Standing by leaves the sockets to the one that called: it is about to run a short task and to
//!   come back, and the two would swap places at each event if the watcher took them.

#![forbid(unsafe_code)]

use super::shared::Shared;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// How often the watcher looks.
pub(crate) const PERIOD: Duration = Duration::from_millis(10);
/// The same after a catch, for so many periods.
const PERIOD_AFTER_CATCH: Duration = Duration::from_millis(1);
const PERIODS_AFTER_CATCH: u32 = 100;
/// Periods in which all others slept, before the watch ends.
const QUIET_PERIODS: u32 = 3;

/// One worker's notes; it may or may not be the watcher.
#[derive(Debug)]
pub(super) struct Watch {
    watching: Cell<bool>,
    /// The first period after a call.
    standing_by: Cell<bool>,
    /// The end of the period.
    until: Cell<Option<Instant>>,
    quiet: Cell<u32>,
    fast: Cell<u32>,
    /// The poll counters at the last look.
    seen: Box<[Cell<u64>]>,
}

impl Watch {
    pub(super) fn new(others: usize) -> Self {
        Self {
            watching: Cell::new(false),
            standing_by: Cell::new(false),
            until: Cell::new(None),
            quiet: Cell::new(0),
            fast: Cell::new(0),
            seen: (0..others).map(|_| Cell::new(0)).collect(),
        }
    }

    pub(super) fn is_watching(&self) -> bool {
        self.watching.get()
    }

    /// Begins to watch, at `now`.
    pub(super) fn begin(&self, shared: &Shared, now: Instant, called: bool) {
        self.watching.set(true);
        self.standing_by.set(called);
        self.quiet.set(0);
        for (other, remote) in shared.remotes.iter().enumerate() {
            // Whoever has just left its park is about to begin a poll: that one counts as begun,
            // or the look that follows would take it for progress.
            let coming = shared.idle.is_awake(other) && remote.progress.task().is_none();
            self.seen[other].set(remote.progress.polls().wrapping_add(u64::from(coming)));
        }
        self.until.set(now.checked_add(self.period()));
    }

    pub(super) fn end(&self) {
        self.watching.set(false);
    }

    fn period(&self) -> Duration {
        if self.fast.get() > 0 { PERIOD_AFTER_CATCH } else { PERIOD }
    }

    /// How long the watcher may sleep, and whether it stands by.
    pub(super) fn left(&self, now: Instant) -> (Duration, bool) {
        let left = self.until.get().map_or(PERIOD, |until| until.saturating_duration_since(now));
        (left, self.standing_by.get())
    }

    /// Is the period over?
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.watching.get() && self.until.get().is_some_and(|until| until <= now)
    }

    /// Looks at the poll counters; the next period begins. Calls `stuck` with the number of each
    /// worker that is awake and has not begun a poll since the last look; it says whether there was
    /// something to take over. Ends the watch when all others have slept for long enough.
    pub(super) fn look(
        &self,
        shared: &Shared,
        me: usize,
        now: Instant,
        mut stuck: impl FnMut(usize) -> bool,
    ) -> bool {
        let (mut anybody_awake, mut caught) = (false, false);
        for (other, remote) in shared.remotes.iter().enumerate().filter(|(other, _)| *other != me) {
            let polls = remote.progress.polls();
            let moved = self.seen[other].replace(polls) != polls;
            if shared.idle.is_awake(other) {
                anybody_awake = true;
                caught |= !moved && stuck(other);
            }
        }
        self.fast.set(if caught { PERIODS_AFTER_CATCH } else { self.fast.get().saturating_sub(1) });
        self.quiet.set(if anybody_awake { 0 } else { self.quiet.get() + 1 });
        if self.quiet.get() >= QUIET_PERIODS && shared.idle.stop_watching(me) {
            self.end();
        }
        self.standing_by.set(false);
        self.until.set(now.checked_add(self.period()));
        caught
    }
}
