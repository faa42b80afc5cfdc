//! now(), real or virtual; the only place that reads the clock.
//!
//! A [`Clock`] is either the machine's monotonic clock or a virtual one that stands still until
//! somebody moves it: a driver with nothing to do moves it to the next deadline, so a test of an
//! hour takes a millisecond and always takes the same turns. One load and one branch tell them
//! apart.
//!
//! ```text
//!            pause: the present, rounded up to a millisecond
//!   RUNS ────────────────────────────────────────────────► nanoseconds since `origin` ─┐
//!                                                              │   ▲   ▲               │
//!            resume: `ahead` of the machine's by what it was   │   │   └───────────────┘
//!   AHEAD ◄────────────────────────────────────────────────────┘   │   advance_to, advance_by
//!     │      moved, less the time it stood                         │
//!     └────────────────────────────────────────────────────────────┘ pause
//! ```
//!
//! * A clock that stands still was stopped at a whole millisecond, as the wheels count them, so
//!   that a wait of so many milliseconds takes exactly that.
//! * No reading of a thread is earlier than the one before it: it counts only if the clock has not
//!   been changed meanwhile.
//! * **Holds.** Work outside virtual time, a blocking closure, keeps the driver from moving the
//!   clock, until whoever waits for it has been told. Who ends the last of it and sees that the
//!   clock stands still nudges the driver, which may have gone to sleep because of it. `pause`
//!   writes the word and then reads the count with a read-modify-write, the end of the work the
//!   other way round: of the two, the second sees the first.

#![forbid(unsafe_code)]

use crate::base::prim::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering};
use std::fmt;
use std::time::{Duration, Instant};

/// It runs with the machine's.
const RUNS: u64 = u64::MAX;
/// It runs, and is ahead of the machine's.
const AHEAD: u64 = u64::MAX - 1;
/// The last nanosecond that a clock which stands still can show: 548 years. So much room is left
/// that it can run on for 36 more.
const LAST: u64 = u64::MAX - (1 << 60);
/// The wheels' unit.
const MILLI: u64 = 1_000_000;

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
    /// `RUNS`, `AHEAD`, or the virtual time: see the picture.
    word: AtomicU64,
    /// So many nanoseconds, modulo 2^64, is `AHEAD`.
    ahead: AtomicU64,
    /// Whoever stops the clock or lets it go.
    change: Mutex<()>,
    /// Work in progress outside virtual time (a blocking closure): the clock may not be moved on
    /// its own while there is any.
    held: AtomicUsize,
}

/// Why a clock was not moved.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unmoved {
    /// It runs.
    Runs,
    /// Beyond what it can show.
    TooFar,
}

impl Clock {
    /// The machine's clock.
    pub(crate) fn real() -> Self {
        Self::starting_at(RUNS)
    }

    /// A clock that stands still until it is moved.
    pub(crate) fn paused() -> Self {
        Self::starting_at(0)
    }

    fn starting_at(word: u64) -> Self {
        let shared = Shared {
            origin: Instant::now(),
            word: AtomicU64::new(word),
            ahead: AtomicU64::new(0),
            change: Mutex::new(()),
            held: AtomicUsize::new(0),
        };
        Self { shared: Arc::new(shared) }
    }

    #[inline]
    fn word(&self) -> u64 {
        // Ordering: Acquire, pairs with the Release in `update`, for `ahead`; the word itself is
        // all there is to the other values.
        self.shared.word.load(Ordering::Acquire)
    }

    /// Changes the word as `change` says, if it says anything.
    fn update(&self, change: impl Fn(u64) -> Option<u64>) -> bool {
        let mut word = self.word();
        while let Some(new) = change(word) {
            // Ordering: Release, pairs with the Acquire in `word`. Acquire on failure, as there.
            let (success, failure) = (Ordering::Release, Ordering::Acquire);
            match self.shared.word.compare_exchange_weak(word, new, success, failure) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// The time. Never cached: a deadline made from an old reading would be early.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        if self.word() == RUNS {
            let now = Instant::now();
            if self.word() == RUNS {
                return now;
            }
        }
        self.show()
    }

    /// The time of a clock that is not the machine's, or no longer.
    #[cold]
    fn show(&self) -> Instant {
        // Ordering: Relaxed, written before the word, which is read before.
        let ahead = || self.shared.ahead.load(Ordering::Relaxed);
        let nanos = loop {
            let (word, before) = (self.word(), ahead());
            if word != AHEAD {
                break word;
            }
            let now = self.machine().wrapping_add(before);
            // Stopped and let go since, it would be ahead by another time.
            if self.word() == AHEAD && ahead() == before {
                break now;
            }
        };
        self.shared.origin + Duration::from_nanos(nanos)
    }

    /// The same point in time on the machine's clock, for whoever sleeps by that. Of no use while
    /// the clock stands still.
    #[inline]
    pub(crate) fn on_the_machine(&self, at: Instant) -> Instant {
        match self.word() {
            RUNS => at,
            _ => {
                let left = at.saturating_duration_since(self.now());
                Instant::now().checked_add(left).unwrap_or(at)
            }
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
        is_paused(self.word())
    }

    /// Stops a clock that runs, at the next whole millisecond. False: it stands still already.
    pub(crate) fn pause(&self) -> bool {
        let change = self.shared.change.lock();
        let stopped = self.update(|word| {
            let present = || self.nanos(self.now()).next_multiple_of(MILLI).min(LAST);
            (!is_paused(word)).then(present)
        });
        drop(change);
        // Ordering: AcqRel, Release pairs with the Acquire in `release`: who ends the last work
        // after this sees that the clock stands still. Acquire, who ended it before is seen here.
        self.shared.held.fetch_add(0, Ordering::AcqRel);
        stopped
    }

    /// Lets a clock that stands still run on from the time it shows. False: it runs already.
    pub(crate) fn resume(&self) -> bool {
        let _change = self.shared.change.lock();
        self.update(|word| {
            is_paused(word).then(|| {
                let ahead = word.wrapping_sub(self.machine());
                // Ordering: Relaxed, published by the word.
                self.shared.ahead.store(ahead, Ordering::Relaxed);
                AHEAD
            })
        })
    }

    /// The machine's time.
    fn machine(&self) -> u64 {
        self.nanos(Instant::now())
    }

    /// Nanoseconds since the origin.
    fn nanos(&self, at: Instant) -> u64 {
        let nanos = at.saturating_duration_since(self.shared.origin).as_nanos();
        u64::try_from(nanos).unwrap_or(LAST)
    }

    /// Moves a paused clock to `instant`, if that is later than its time; a running one is left
    /// alone.
    pub(crate) fn advance_to(&self, instant: Instant) {
        let nanos = self.nanos(instant).min(LAST);
        self.update(|word| (is_paused(word) && word < nanos).then_some(nanos));
    }

    /// Moves a paused clock by `duration`.
    pub(crate) fn advance_by(&self, duration: Duration) -> Result<(), Unmoved> {
        let by = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let later = |word: u64| word.checked_add(by).filter(|later| *later <= LAST);
        match self.update(|word| is_paused(word).then(|| later(word)).flatten()) {
            true => Ok(()),
            false if self.is_paused() => Err(Unmoved::TooFar),
            false => Err(Unmoved::Runs),
        }
    }

    /// Keeps the driver from moving a paused clock on its own until `release`.
    fn hold(&self) {
        // Ordering: Relaxed, a count; the driver that must see it is woken by other means.
        self.shared.held.fetch_add(1, Ordering::Relaxed);
    }

    /// Ends a hold. True: the clock stands still, and its driver is to look again.
    #[must_use = "the driver may have gone to sleep because of the hold"]
    fn release(&self) -> bool {
        // Ordering: AcqRel, Release pairs with the Acquire in `may_advance`: what the held work did
        // is seen. Acquire, with the Release in `pause`.
        self.shared.held.fetch_sub(1, Ordering::AcqRel);
        self.is_paused()
    }

    /// May the driver move this clock on its own?
    pub(crate) fn may_advance(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `release`.
        self.is_paused() && self.shared.held.load(Ordering::Acquire) == 0
    }
}

/// Whose clock it is.
pub(crate) trait Owner: Send + Sync {
    fn clock(&self) -> &Clock;
    /// Has the driver look at the clock again.
    fn look_again(&self);
}

/// Keeps the driver from moving the clock on its own. Nudges it at the end.
pub(crate) struct Hold(std::sync::Arc<dyn Owner>);

impl Hold {
    pub(crate) fn new(owner: std::sync::Arc<dyn Owner>) -> Self {
        owner.clock().hold();
        Self(owner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.0.clock().release() {
            self.0.look_again();
        }
    }
}

impl fmt::Debug for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hold").field(self.0.clock()).finish()
    }
}

fn is_paused(word: u64) -> bool {
    word <= LAST
}

#[cfg(all(test, not(loom)))]
#[path = "clock_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "clock_loom_tests.rs"]
mod models;
