//! ticks, and what to do with missed ones.
//!
//! A tick is due one period after the last tick was **due**, not after it was taken, so an
//! interval does not drift. If ticks are taken more than 5 ms late, there is a choice:
//!
//! ```text
//! due      |     1     |     2     |     3     |     4     |     5     |
//! Burst    | work -----|       too long        | work| work| work -----|   catches up
//! Delay    | work -----|       too long        | work -----| work -----|   starts a new rhythm
//! Skip     | work -----|       too long        | work| work -----|         drops what it missed
//! ```
//!
//! An [`Interval`] is [`Unpin`], as tokio's, and a `Sleep` is not: so it boxes its sleep. That is
//! the one allocation, when it is made; a tick allocates nothing.

#![forbid(unsafe_code)]

use crate::time::instant::Instant;
use crate::time::sleep::{Sleep, after, now_here, sleep_until};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// A tick taken later than this is late: then [`MissedTickBehavior`] decides.
const LATE: Duration = Duration::from_millis(5);

/// Makes an [`Interval`] that ticks at once, and then every `period`.
///
/// asyncio has no counterpart; its programs write `while True: …; await asyncio.sleep(period)`,
/// which drifts by the time the work takes. This does not.
///
/// # Panics
/// If the period is zero, or if there is no runtime on this thread.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, Instant, interval, sleep};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let start = Instant::now();
///     let mut every = interval(Duration::from_millis(10));
///     every.tick().await; // at once
///     for _ in 0..3 {
///         sleep(Duration::from_millis(4)).await; // work
///         every.tick().await;
///     }
///     assert_eq!(start.elapsed(), Duration::from_millis(30));
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    check(period);
    interval_at(now_here(), period)
}

/// Makes an [`Interval`] that ticks first at `start`, and then every `period`.
///
/// # Panics
/// If the period is zero, or if there is no runtime on this thread.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, Instant, interval_at};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let start = Instant::now() + Duration::from_millis(50);
///     let mut every = interval_at(start, Duration::from_millis(10));
///     assert_eq!(every.tick().await, start);
///     assert_eq!(every.tick().await, start + Duration::from_millis(10));
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    check(period);
    Interval {
        delay: Box::pin(sleep_until(start)),
        period,
        missed_tick_behavior: MissedTickBehavior::Burst,
    }
}

#[track_caller]
fn check(period: Duration) {
    assert!(
        !period.is_zero(),
        "the period of an interval is zero, so it would tick without end: give it at least a \
         nanosecond, or use `task::yield_now` to give way in a loop"
    );
}

/// What an [`Interval`] does when a tick is taken more than 5 ms after it was due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MissedTickBehavior {
    /// Catches up: the ticks that were missed are all there, one right after the other.
    ///
    /// The default. No tick is lost, and all stay multiples of the period from the start.
    #[default]
    Burst,
    /// Starts anew: the next tick is one period after the late one was taken.
    ///
    /// Two ticks are never closer than a period, and the rhythm moves.
    Delay,
    /// Drops what was missed: the next tick is the next multiple of the period from the start.
    ///
    /// The rhythm stays, and two ticks may be closer than a period.
    Skip,
}

impl MissedTickBehavior {
    /// When the tick after the one that was `due` comes; it was taken `now`, late.
    fn next(self, due: Instant, now: Instant, period: Duration) -> Instant {
        match self {
            Self::Burst => after(due, period),
            Self::Delay => after(now, period),
            Self::Skip => {
                let over = (now - due).as_nanos() % period.as_nanos();
                // Less than a period, which is less than 2^64 seconds.
                let over =
                    Duration::new((over / 1_000_000_000) as u64, (over % 1_000_000_000) as u32);
                after(now, period - over)
            }
        }
    }
}

/// A clock's tick, to await again and again. Made by [`interval`] and [`interval_at`].
///
/// Dropping it ends it.
#[derive(Debug)]
pub struct Interval {
    /// Ready when the next tick is due.
    delay: Pin<Box<Sleep>>,
    period: Duration,
    missed_tick_behavior: MissedTickBehavior,
}

impl Interval {
    /// Waits for the next tick, and returns when it was due.
    ///
    /// The tick may be taken later than that: see [`MissedTickBehavior`].
    ///
    /// # Cancel safety
    /// Safe. If the future is dropped before it is ready, no tick is used up.
    ///
    /// # Examples
    /// ```
    /// use mainspring::time::{Duration, interval};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let mut every = interval(Duration::from_millis(10));
    ///     let first = every.tick().await;
    ///     assert_eq!(every.tick().await - first, Duration::from_millis(10));
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub async fn tick(&mut self) -> Instant {
        poll_fn(|cx| self.poll_tick(cx)).await
    }

    /// Polls for the next tick; ready with the instant at which it was due.
    ///
    /// While it is pending, the waker of the latest call is woken when the tick is due.
    ///
    /// # Panics
    /// If the tick is not due yet and there is no runtime on this thread.
    pub fn poll_tick(&mut self, cx: &mut Context<'_>) -> Poll<Instant> {
        let now = ready!(self.delay.as_mut().poll_time(cx));
        let due = self.delay.deadline();
        let next = if now.duration_since(due) > LATE {
            self.missed_tick_behavior.next(due, now, self.period)
        } else {
            after(due, self.period)
        };
        // It has just been ready, so this arms nothing; the next poll does.
        self.delay.as_mut().reset(next);
        Poll::Ready(due)
    }

    /// Lets the next tick be due one period from now, whatever was missed.
    ///
    /// The same as `reset_after(period)`.
    ///
    /// # Examples
    /// ```
    /// use mainspring::time::{Duration, Instant, interval, sleep};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let start = Instant::now();
    ///     let mut every = interval(Duration::from_millis(100));
    ///     every.tick().await;
    ///     sleep(Duration::from_millis(50)).await;
    ///     every.reset();
    ///     every.tick().await;
    ///     assert_eq!(start.elapsed(), Duration::from_millis(150));
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset(&mut self) {
        self.reset_after(self.period);
    }

    /// Lets the next tick be due at once, whatever was missed, and the following ones every
    /// period from now.
    pub fn reset_immediately(&mut self) {
        self.reset_at(Instant::now());
    }

    /// Lets the next tick be due after `after`, whatever was missed, and the following ones every
    /// period from there.
    pub fn reset_after(&mut self, after: Duration) {
        self.reset_at(self::after(Instant::now(), after));
    }

    /// Lets the next tick be due at `deadline`, and the following ones every period from there.
    ///
    /// A deadline in the past is a missed tick: [`MissedTickBehavior`] decides what follows.
    pub fn reset_at(&mut self, deadline: Instant) {
        self.delay.as_mut().reset(deadline);
    }

    /// What it does with missed ticks.
    pub fn missed_tick_behavior(&self) -> MissedTickBehavior {
        self.missed_tick_behavior
    }

    /// Says what it is to do with missed ticks.
    ///
    /// # Examples
    /// ```
    /// use mainspring::time::{Duration, Instant, MissedTickBehavior, interval, sleep};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let start = Instant::now();
    ///     let mut every = interval(Duration::from_millis(50));
    ///     every.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ///     every.tick().await;
    ///     sleep(Duration::from_millis(75)).await; // too long
    ///     every.tick().await; // the one that was due at 50 ms
    ///     every.tick().await;
    ///     assert_eq!(start.elapsed(), Duration::from_millis(100));
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_missed_tick_behavior(&mut self, behavior: MissedTickBehavior) {
        self.missed_tick_behavior = behavior;
    }

    /// The time from tick to tick.
    pub fn period(&self) -> Duration {
        self.period
    }
}
