//! Instant: a reading of the runtime's clock.
//!
//! The clock of a runtime may be virtual: it stands still until there is nothing left to do, and
//! then jumps to the next deadline. A program that reads the time through this type runs
//! unchanged under both clocks. Without a runtime it is the machine's.
//!
//! A reading is never cached: a deadline made from an old one would be early.

#![forbid(unsafe_code)]

use crate::base::clock;
use crate::runtime::context::with_current;
use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

/// A point in time, as the current runtime's clock shows it.
///
/// It never goes backwards, and says nothing about the time of day: two of them give a
/// [`Duration`], and that is all. It wraps [`std::time::Instant`] and converts to and from it for
/// free; the difference is [`now`](Self::now), which follows the runtime's clock when that is
/// paused.
///
/// asyncio: `loop.time()`.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, Instant, sleep};
///
/// # fn main() -> std::io::Result<()> {
/// // A virtual clock: the hour is over at once.
/// let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let start = Instant::now();
///     sleep(Duration::from_secs(3600)).await;
///     assert_eq!(start.elapsed(), Duration::from_secs(3600));
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant {
    std: std::time::Instant,
}

/// The current runtime's clock, or the machine's.
pub(crate) fn now() -> std::time::Instant {
    with_current(|inner| match inner {
        Some(inner) => inner.clock().now(),
        None => clock::now(),
    })
}

impl Instant {
    /// The present, by the clock of the runtime on this thread; without one, by the machine's
    /// clock.
    ///
    /// # Examples
    /// ```
    /// let start = mainspring::time::Instant::now();
    /// assert!(mainspring::time::Instant::now() >= start);
    /// ```
    pub fn now() -> Instant {
        Self { std: now() }
    }

    /// The same point in time, from the standard library's type.
    pub fn from_std(std: std::time::Instant) -> Instant {
        Self { std }
    }

    /// The same point in time, as the standard library's type.
    pub fn into_std(self) -> std::time::Instant {
        self.std
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.std.saturating_duration_since(earlier.std)
    }

    /// The time from `earlier` to this instant; `None` if `earlier` is later.
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.std.checked_duration_since(earlier.std)
    }

    /// The time from `earlier` to this instant; zero if `earlier` is later.
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.std.saturating_duration_since(earlier.std)
    }

    /// The time from this instant to the present, by the runtime's clock; zero if it is still
    /// ahead.
    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    /// The instant `duration` later, or `None` if the platform cannot represent it.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.std.checked_add(duration).map(Self::from_std)
    }

    /// The instant `duration` earlier, or `None` if the platform cannot represent it.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.std.checked_sub(duration).map(Self::from_std)
    }
}

impl From<std::time::Instant> for Instant {
    fn from(std: std::time::Instant) -> Instant {
        Self { std }
    }
}

impl From<Instant> for std::time::Instant {
    fn from(instant: Instant) -> std::time::Instant {
        instant.std
    }
}

/// # Panics
/// If the platform cannot represent the result; see [`Instant::checked_add`].
impl Add<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn add(self, duration: Duration) -> Instant {
        Self { std: self.std + duration }
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

/// # Panics
/// If the platform cannot represent the result; see [`Instant::checked_sub`].
impl Sub<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn sub(self, duration: Duration) -> Instant {
        Self { std: self.std - duration }
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

/// As [`Instant::duration_since`]: zero if the right side is later.
impl Sub<Instant> for Instant {
    type Output = Duration;

    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.std.fmt(f)
    }
}
