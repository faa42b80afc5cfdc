//! how long a worker works, and how often it sleeps: a Park around another.
//!
//! Each worker has a [`Meter`], on a line that only its thread writes. The clock is read twice for
//! a sleep, before and after it, and never for a poll: what lies between two sleeps is work.
//!
//! ```text
//!   ──── work ────┤ park ├──── work ────┤ park ├── …
//!                 ▲      ▲
//!      turns + 1, busy   turns + 1
//! ```

#![forbid(unsafe_code)]

use crate::base::clock;
use crate::base::pad::CachePadded;
use crate::wake::park::{Park, Unparker};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// One worker's numbers.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Into a sleep, and out of it: odd while it sleeps.
    turns: AtomicU64,
    /// Nanoseconds.
    busy: AtomicU64,
}

impl Meter {
    /// How often the worker has gone to sleep, and how often it has gone to sleep or woken up.
    pub(super) fn sleeps_and_turns(&self) -> (u64, u64) {
        // Ordering: Relaxed, numbers for people.
        let turns = self.turns.load(Ordering::Relaxed);
        (turns.div_ceil(2), turns)
    }

    /// How long it has worked, until it went to sleep last.
    pub(super) fn busy(&self) -> Duration {
        // Ordering: Relaxed, numbers for people.
        Duration::from_nanos(self.busy.load(Ordering::Relaxed))
    }
}

/// Only one thread adds at a time.
fn add(count: &AtomicU64, n: u64) {
    // Ordering: Relaxed, numbers for people. Who takes the worker over has its place's lock.
    count.store(count.load(Ordering::Relaxed).wrapping_add(n), Ordering::Relaxed);
}

/// What a worker sleeps in, and its meter beside it. From here on it works.
pub(super) struct Metered<P> {
    park: P,
    meters: Arc<[CachePadded<Meter>]>,
    index: usize,
    since: Cell<Instant>,
}

impl<P> Metered<P> {
    /// The worker with this index of these.
    pub(super) fn new(park: P, meters: &Arc<[CachePadded<Meter>]>, index: usize) -> Self {
        Self { park, meters: meters.clone(), index, since: Cell::new(clock::now()) }
    }

    /// What it sleeps in.
    pub(super) fn inside(&self) -> &P {
        &self.park
    }

    fn note(&self) {
        let worked = clock::now().saturating_duration_since(self.since.get());
        let nanos = u64::try_from(worked.as_nanos()).unwrap_or(u64::MAX);
        add(&self.meters[self.index].busy, nanos);
    }

    fn around(&self, sleep: impl FnOnce()) {
        let turns = &self.meters[self.index].turns;
        self.note();
        add(turns, 1);
        sleep();
        add(turns, 1);
        self.since.set(clock::now());
    }
}

impl<P: Park> Park for Metered<P> {
    fn park(&self, limit: Option<Duration>) {
        match limit {
            Some(Duration::ZERO) => self.park.park(limit),
            _ => self.around(|| self.park.park(limit)),
        }
    }

    fn stand_by(&self, limit: Duration) {
        self.around(|| self.park.stand_by(limit));
    }

    fn relieve(&self) {
        self.park.relieve();
    }

    fn unparker(&self) -> Unparker {
        self.park.unparker()
    }
}

/// The worker ends, or nobody drives it any more.
impl<P> Drop for Metered<P> {
    fn drop(&mut self) {
        self.note();
    }
}
