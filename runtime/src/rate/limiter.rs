//! RateLimiter: so many per second, and a burst.
//!
//! Read before: `time/sleep.rs`, `sync/mutex/lock.rs`. A token bucket, filled when somebody looks:
//!
//! ```text
//!   take(n):  permits := permits + time since the last take × rate, at most the burst
//!             n of them are there: taken; else they will be after (n − permits) / rate
//! ```
//!
//! * Permits are counted, with their fractions, and times are only computed from them. The other
//!   way round, with times summed up, each is rounded to a nanosecond, and a burst of seven at
//!   seven per second ends after six.
//! * Whoever has to wait stands in a line, a [`Mutex`]: its holder sleeps until its tokens are
//!   there and takes them then, so a future that is dropped has taken nothing. While somebody
//!   waits, newcomers go to the back, also if there would be enough for them.
//!
//! Next: `rate/breaker.rs`.

#![forbid(unsafe_code)]

use crate::base::prim;
use crate::sync::mutex::lock::Mutex;
use crate::time::instant::Instant;
use crate::time::sleep::sleep_until;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// Lets so many per second go on, after a burst.
///
/// A bucket holds up to `burst` permits and is full at first. [`acquire`](Self::acquire) takes one
/// or waits for it; `rate` permits per second flow in. So in any time `t` at most
/// `burst + rate × t` are given out. A [`Semaphore`](crate::sync::Semaphore) limits how many run
/// at the same time; this limits how many start.
///
/// First come, first served, also for several at once. Needs this runtime, and follows its clock,
/// also when that is paused. Timers have milliseconds: with more than 1000 permits per second those
/// who wait go on in small groups, and the rate holds over them.
///
/// asyncio: nothing like it.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// # rt.block_on(async {
/// use mainspring::rate::RateLimiter;
/// use mainspring::time::{Duration, Instant};
///
/// let limiter = RateLimiter::new(10.0, 5);
/// let start = Instant::now();
/// for _ in 0..25 {
///     limiter.acquire().await;
///     // … the request …
/// }
/// // Five at once, then twenty at ten per second.
/// assert_eq!(start.elapsed(), Duration::from_secs(2));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct RateLimiter {
    rate: f64,
    burst: u32,
    bucket: prim::Mutex<Bucket>,
    line: Mutex<()>,
}

#[derive(Debug, Default)]
struct Bucket {
    /// How many there were after the last take, and when that was. `None`: it is full.
    left: Option<(f64, Instant)>,
    /// Who is in line, or about to join it.
    waiting: usize,
}

impl RateLimiter {
    /// The most permits per second: above a billion, a limit limits nothing.
    pub const MAX_RATE: f64 = 1e9;

    /// `rate` permits per second, of which up to `burst` are kept while nobody wants them.
    ///
    /// # Panics
    /// If `rate` is not a positive number up to [`MAX_RATE`](Self::MAX_RATE), if `burst` is zero,
    /// or if filling the bucket would take more than 30 years.
    #[track_caller]
    pub fn new(rate: f64, burst: u32) -> Self {
        assert!(
            rate > 0.0 && rate <= Self::MAX_RATE,
            "a rate limiter cannot give {rate} permits per second: \
             the rate is a positive number, at most a billion"
        );
        assert!(burst > 0, "a rate limiter with a burst of 0 lets nobody go on: it is at least 1");
        let fill = f64::from(burst) / rate;
        assert!(
            fill <= 30.0 * 365.0 * 86_400.0,
            "{burst} permits at {rate} per second take more than 30 years: \
             use a smaller burst or a greater rate"
        );
        Self { rate, burst, bucket: prim::Mutex::new(Bucket::default()), line: Mutex::new(()) }
    }

    /// Permits per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// How many permits are kept while nobody wants them.
    pub fn burst(&self) -> u32 {
        self.burst
    }

    /// Waits for a permit.
    ///
    /// # Panics
    /// If it has to wait, and there is no runtime on this thread.
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it has taken no permit, and loses its place in the line.
    pub async fn acquire(&self) {
        self.wait_for(1).await;
    }

    /// Waits for `n` permits at once. Those who come later wait behind it, even if they want less.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// # rt.block_on(async {
    /// use mainspring::rate::RateLimiter;
    /// use mainspring::time::{Duration, Instant};
    ///
    /// // A megabyte per second.
    /// let bytes = RateLimiter::new(1e6, 1_000_000);
    /// let start = Instant::now();
    /// for _ in 0..3 {
    ///     bytes.acquire_many(1_000_000).await;
    /// }
    /// assert_eq!(start.elapsed(), Duration::from_secs(2));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Panics
    /// At once if `n` is more than the burst: so many are never there. And as
    /// [`acquire`](Self::acquire).
    ///
    /// # Cancel safety
    /// Safe, as [`acquire`](Self::acquire).
    #[track_caller]
    pub fn acquire_many(&self, n: u32) -> impl Future<Output = ()> + Send + '_ {
        self.check(n);
        self.wait_for(n)
    }

    /// Takes a permit if there is one and nobody waits.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// # rt.block_on(async {
    /// use mainspring::rate::RateLimiter;
    /// use mainspring::time::Duration;
    ///
    /// let limiter = RateLimiter::new(4.0, 1);
    /// limiter.try_acquire().unwrap();
    /// let later = limiter.try_acquire().unwrap_err();
    /// assert_eq!(later.retry_after(), Duration::from_millis(250));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`RateLimited`] with the time until there is one.
    pub fn try_acquire(&self) -> Result<(), RateLimited> {
        self.take(1, true)
    }

    /// Takes `n` permits if they are there and nobody waits; all or nothing.
    ///
    /// # Errors
    /// [`RateLimited`] with the time until they are there.
    ///
    /// # Panics
    /// If `n` is more than the burst.
    #[track_caller]
    pub fn try_acquire_many(&self, n: u32) -> Result<(), RateLimited> {
        self.check(n);
        self.take(n, true)
    }

    #[track_caller]
    fn check(&self, n: u32) {
        assert!(
            n <= self.burst,
            "{n} permits are never there at once: this rate limiter keeps at most {}; \
             raise its burst, or take them in parts",
            self.burst
        );
    }

    async fn wait_for(&self, n: u32) {
        if self.take(n, true).is_ok() {
            return;
        }
        let _waiting = Waiting::new(self);
        let _turn = self.line.lock().await;
        while let Err(limited) = self.take(n, false) {
            sleep_until(limited.until).await;
        }
    }

    /// Takes `n` permits; `politely`, only if nobody waits.
    fn take(&self, n: u32, politely: bool) -> Result<(), RateLimited> {
        let mut bucket = self.bucket.lock();
        // Read under the lock, so that it does not go back from one to the next.
        let now = Instant::now();
        let full = f64::from(self.burst);
        let flowed = |since: Instant| now.duration_since(since).as_secs_f64() * self.rate;
        let there = bucket.left.map_or(full, |(left, since)| (left + flowed(since)).min(full));
        let wait = self.time_of(f64::from(n) - there);
        if wait > Duration::ZERO || politely && bucket.waiting > 0 {
            return Err(RateLimited { wait, until: now + wait });
        }
        bucket.left = Some((there - f64::from(n), now));
        Ok(())
    }

    /// In which so many permits flow in; none at all if nothing is missing. Rounded up, but for
    /// what a sum of fractions is off by.
    fn time_of(&self, missing: f64) -> Duration {
        Duration::from_nanos((missing * 1e9 / self.rate - 1e-3).ceil().max(0.0) as u64)
    }
}

/// Keeps newcomers from going first.
struct Waiting<'a>(&'a RateLimiter);

impl<'a> Waiting<'a> {
    fn new(limiter: &'a RateLimiter) -> Self {
        limiter.bucket.lock().waiting += 1;
        Self(limiter)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.bucket.lock().waiting -= 1;
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("rate", &self.rate)
            .field("burst", &self.burst)
            .field("waiting", &self.bucket.lock().waiting)
            .finish()
    }
}

/// There is no permit now, or others wait for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimited {
    wait: Duration,
    until: Instant,
}

impl RateLimited {
    /// The time until there would be enough, if nobody else took any: zero if there are, but others
    /// wait for them.
    pub fn retry_after(&self) -> Duration {
        self.wait
    }
}

impl fmt::Display for RateLimited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rate limited: try again after {:?}", self.wait)
    }
}

impl Error for RateLimited {}

#[cfg(all(test, not(loom)))]
#[path = "limiter_tests.rs"]
mod tests;
