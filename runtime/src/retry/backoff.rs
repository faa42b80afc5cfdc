//! Backoff: how often to try, and how long to wait in between.
//!
//! Read before: `base/rng.rs`. The longest wait after failure `n` is `base × factor^(n-1)`, at most
//! `cap`; the wait itself is a random part of that, from none to all:
//!
//! ```text
//!   failure   1        2             3                       4
//!   wait    0 … 1    0 …  2      0 …    4                0 … cap
//! ```
//!
//! That is "full jitter". Those who failed together, because their server did, come back spread
//! over the whole wait and not at its end, where they would fail together again.

#![forbid(unsafe_code)]

use crate::base::rng;
use crate::sync::semaphore::guarded::Semaphore;
use std::num::NonZeroU32;
use std::time::Duration;

/// How often [`retry`](super::retry()) tries, and how long it waits between two attempts.
///
/// # Examples
/// ```
/// use mainspring::retry::Backoff;
/// use mainspring::time::Duration;
/// use std::num::NonZeroU32;
///
/// const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// let backoff = Backoff::exponential(Duration::from_millis(100), FIVE)
///     .factor(3.0)
///     .cap(Duration::from_secs(2))
///     .deadline(Duration::from_secs(10));
/// let longest: Vec<_> = (1..=4).map(|failed| backoff.longest(failed).as_millis()).collect();
/// assert_eq!(longest, [100, 300, 900, 2000]);
/// ```
///
/// Zero attempts cannot be written:
/// ```compile_fail
/// # use mainspring::retry::Backoff;
/// # use mainspring::time::Duration;
/// # use std::num::NonZeroU32;
/// const NONE: NonZeroU32 = NonZeroU32::new(0).unwrap();
/// Backoff::exponential(Duration::from_millis(100), NONE);
/// ```
#[derive(Debug, Clone)]
pub struct Backoff<'a> {
    base: Duration,
    attempts: NonZeroU32,
    factor: f64,
    cap: Duration,
    jitter: bool,
    deadline: Option<Duration>,
    pub(super) limit: Option<&'a Semaphore>,
}

impl<'a> Backoff<'a> {
    /// At most `attempts` attempts, the first one included. The wait after the first failure is
    /// `base`, and each further one twice as long; at most 30 s, and with jitter, unless it is told
    /// otherwise.
    #[must_use]
    pub fn exponential(base: Duration, attempts: NonZeroU32) -> Self {
        let cap = Duration::from_secs(30);
        Self { base, attempts, factor: 2.0, cap, jitter: true, deadline: None, limit: None }
    }

    /// So many times as long is each wait as the one before. Default 2.
    ///
    /// # Panics
    /// If `factor` is less than 1, infinite, or no number.
    #[track_caller]
    #[must_use]
    pub fn factor(self, factor: f64) -> Self {
        assert!(
            factor >= 1.0 && factor.is_finite(),
            "a backoff by a factor of {factor} does not back off: the factor is 1 (always the same \
             wait) or more, and finite"
        );
        Self { factor, ..self }
    }

    /// No wait is longer than this. Default 30 s.
    #[must_use]
    pub fn cap(self, cap: Duration) -> Self {
        Self { cap, ..self }
    }

    /// Is each wait a random part of the longest, from none to all of it? Default `true`.
    ///
    /// Without it, all that failed at the same time try again at the same time.
    #[must_use]
    pub fn jitter(self, jitter: bool) -> Self {
        Self { jitter, ..self }
    }

    /// A limit for all attempts and waits together, counted from the first poll. Default: none.
    ///
    /// An attempt that runs at the deadline is dropped; a wait that would not end before it is not
    /// begun.
    #[must_use]
    pub fn deadline(self, total: Duration) -> Self {
        Self { deadline: Some(total), ..self }
    }

    /// Each attempt takes a permit of `limit`, and gives it back before the wait that follows: who
    /// only waits must not keep others from trying.
    #[must_use]
    pub fn limit<'b>(self, limit: &'b Semaphore) -> Backoff<'b>
    where
        'a: 'b,
    {
        Backoff { limit: Some(limit), ..self }
    }

    /// The longest wait after failure number `failed`, from 1.
    #[must_use]
    pub fn longest(&self, failed: u32) -> Duration {
        let doublings = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = self.base.as_secs_f64() * self.factor.powi(doublings);
        // Not a number: none at all, times infinity.
        if wait.is_nan() {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(wait).map_or(self.cap, |wait| wait.min(self.cap))
    }

    /// The wait after failure number `failed`; `None`: that was the last attempt.
    pub(super) fn wait(&self, failed: u32) -> Option<Duration> {
        if failed >= self.attempts.get() {
            return None;
        }
        let longest = self.longest(failed);
        match self.jitter {
            true => Some(longest.mul_f64(f64::from(rng::below(u32::MAX)) / f64::from(u32::MAX))),
            false => Some(longest),
        }
    }

    pub(super) fn total(&self) -> Option<Duration> {
        self.deadline
    }
}
