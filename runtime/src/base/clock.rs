//! now(), real or virtual; the only place that reads the clock.
//!
//! A [`Clock`] is either the machine's monotonic clock or a virtual one that stands still until
//! somebody moves it: a driver with nothing to do moves it to the next deadline, so a test of an
//! hour takes a millisecond and always takes the same turns. One load and one branch tell them
//! apart.

#![forbid(unsafe_code)]

use crate::base::prim::{Arc, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// `frozen` of a clock that runs.
const RUNNING: u64 = u64::MAX;

/// The machine's monotonic clock, for code below any runtime (a bare parker).
#[inline]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A runtime's clock. Clones are the same clock.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    origin: Instant,
    /// `RUNNING`, or the virtual time in nanoseconds since `origin`.
    frozen: AtomicU64,
    /// Work in progress outside virtual time (a blocking closure): the clock may not be moved on
    /// its own while there is any.
    held: AtomicUsize,
}

impl Clock {
    /// The machine's clock.
    pub(crate) fn real() -> Self {
        Self::starting_at(RUNNING)
    }

    /// A clock that stands still until it is moved.
    pub(crate) fn paused() -> Self {
        Self::starting_at(0)
    }

    fn starting_at(frozen: u64) -> Self {
        let shared = Shared {
            origin: Instant::now(),
            frozen: AtomicU64::new(frozen),
            held: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    /// The time. Never cached: a deadline made from an old reading would be early.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        // Ordering: Relaxed, the value is all there is to it.
        match self.shared.frozen.load(Ordering::Relaxed) {
            RUNNING => Instant::now(),
            nanos => self.shared.origin + Duration::from_nanos(nanos),
        }
    }

    /// When this clock was made: wheels count their milliseconds from here.
    #[inline]
    pub(crate) fn origin(&self) -> Instant {
        self.shared.origin
    }

    /// Does this clock stand still?
    #[inline]
    pub(crate) fn is_paused(&self) -> bool {
        // Ordering: Relaxed, as in `now`.
        self.shared.frozen.load(Ordering::Relaxed) != RUNNING
    }

    /// Moves a paused clock to `instant`, if that is later than its time; a running one is left
    /// alone.
    pub(crate) fn advance_to(&self, instant: Instant) {
        if self.is_paused() && instant > self.now() {
            let nanos = instant.duration_since(self.shared.origin).as_nanos();
            let nanos = u64::try_from(nanos).unwrap_or(RUNNING - 1).min(RUNNING - 1);
            // Ordering: Relaxed, as in `now`; only the driver of this clock moves it.
            self.shared.frozen.store(nanos, Ordering::Relaxed);
        }
    }

    /// Keeps the driver from moving a paused clock on its own while the hold exists.
    pub(crate) fn hold(&self) -> Hold {
        // Ordering: Relaxed, a count; the driver that must see it is woken by other means.
        self.shared.held.fetch_add(1, Ordering::Relaxed);
        Hold { clock: self.clone() }
    }

    /// May the driver move this clock on its own?
    pub(crate) fn may_advance(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `Hold::drop`: what the held work did is
        // seen.
        self.is_paused() && self.shared.held.load(Ordering::Acquire) == 0
    }
}

/// See [`Clock::hold`].
#[derive(Debug)]
pub(crate) struct Hold {
    clock: Clock,
}

impl Drop for Hold {
    fn drop(&mut self) {
        // Ordering: Release, pairs with the Acquire in `may_advance`.
        self.clock.shared.held.fetch_sub(1, Ordering::Release);
    }
}

#[cfg(all(test, not(loom)))]
#[path = "clock_tests.rs"]
mod tests;
