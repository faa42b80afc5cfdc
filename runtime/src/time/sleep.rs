//! Sleep, sleep, sleep_until.
//!
//! Read before: `drive/entry.rs`. A [`Sleep`] is a timer entry with a budget and good manners; it
//! finds the clock and the wheel through the thread it is polled on.
//!
//! * Construction checks that there is a runtime and reads its clock, once. It keeps nothing:
//!   most timeouts guard something that is ready at once, and their sleep is never polled.
//! * The first poll that has to wait takes the wheel of the thread it is on. From then on the
//!   entry is tied to that wheel until it fires, wherever its task is polled.
//! * `sleep` has just seen that its deadline lies ahead, so its first poll does not ask the clock
//!   again. `sleep_until` has not, so its first poll asks: one reading of the clock each.

#![forbid(unsafe_code)]

use crate::base::note::Wait;
use crate::drive::entry::{Entry, Unarmed};
use crate::drive::timers::{FAR, Timers};
use crate::runtime::context::with_current;
use crate::runtime::error::NO_RUNTIME;
use crate::time::instant::{Instant, now};
use crate::wake::coop;
use crate::wake::says;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

const ENDED: &str = "the runtime of this thread has ended, and its timers with it: a timer can be \
     awaited only while its runtime lives";

/// Waits until `duration` has passed.
///
/// The duration counts from this call and not from the first poll. Timers work in milliseconds of
/// the runtime's clock: the wait is never shorter than asked, and longer by at most a millisecond
/// and the time until the task gets its turn. A zero duration is ready at once. A duration too
/// long for the platform means 30 years.
///
/// asyncio: `asyncio.sleep()`. Only, `sleep(Duration::ZERO)` does not give way to other tasks as
/// `asyncio.sleep(0)` does; that is `task::yield_now`.
///
/// # Panics
/// If there is no runtime on this thread, here or when polled. So `rt.block_on(sleep(d))` panics,
/// because the argument is made before `block_on` begins; `rt.block_on(async { sleep(d).await })`
/// does not. Polling a sleep on a thread whose runtime has ended panics too.
///
/// # Cancel safety
/// Dropping the future ends the wait. Nothing is lost, nothing stays behind.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, sleep};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     sleep(Duration::from_millis(100)).await;
///     println!("100 ms later");
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    let deadline = after(now_here(), duration);
    Sleep::new(deadline, duration > Duration::ZERO)
}

/// Waits until `deadline`.
///
/// Ready at once if the deadline is over. In all else as [`sleep`].
///
/// asyncio: `loop.call_at()`, as something to await.
///
/// # Panics
/// If there is no runtime on this thread; see [`sleep`].
///
/// # Cancel safety
/// Dropping the future ends the wait. Nothing is lost, nothing stays behind.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, Instant, sleep_until};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let deadline = Instant::now() + Duration::from_millis(100);
///     sleep_until(deadline).await;
///     assert!(Instant::now() >= deadline);
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    if with_current(|inner| inner.is_none()) {
        panic!("{NO_RUNTIME}");
    }
    Sleep::new(deadline, false)
}

/// The present, where there must be a runtime.
#[track_caller]
pub(super) fn now_here() -> Instant {
    match with_current(|inner| inner.map(|inner| inner.clock().now())) {
        Some(now) => now.into(),
        None => panic!("{NO_RUNTIME}"),
    }
}

/// `duration` later, or far in the future if that is later than the platform can say.
pub(super) fn after(now: Instant, duration: Duration) -> Instant {
    now.checked_add(duration).unwrap_or_else(|| now + FAR)
}

/// The wheel of this thread, and whether this thread is the one that sleeps for it.
fn here() -> Option<(&'static Timers, bool)> {
    with_current(|inner| inner.map(|inner| inner.timers()))
}

pin_project! {
    /// Future returned by [`sleep`] and [`sleep_until`].
    ///
    /// It holds its timer in itself: waiting allocates nothing. In return it is not [`Unpin`]: to
    /// poll it by reference, pin it first (`std::pin::pin!`), or box it (`Box::pin`). Once ready,
    /// it is ready again at every poll, until it is [`reset`](Self::reset).
    ///
    /// It is `Send` and `Sync`, and may be polled on another thread each time, and dropped on
    /// any, also when its runtime has ended.
    ///
    /// # Examples
    /// One `Sleep` for many waits:
    /// ```
    /// use mainspring::time::{Duration, Instant, sleep};
    /// use std::pin::pin;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let start = Instant::now();
    ///     let mut wait = pin!(sleep(Duration::from_millis(10)));
    ///     for _ in 0..3 {
    ///         wait.as_mut().await;
    ///         let next = wait.deadline() + Duration::from_millis(10);
    ///         wait.as_mut().reset(next);
    ///     }
    ///     assert_eq!(start.elapsed(), Duration::from_millis(30));
    /// });
    /// # Ok(())
    /// # }
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    #[project(!Unpin)]
    pub struct Sleep {
        #[pin]
        entry: Entry,
    }
}

impl Sleep {
    /// `ahead`: the clock has just been read, and the deadline is later.
    pub(super) fn new(deadline: Instant, ahead: bool) -> Self {
        Self { entry: Entry::new(deadline.into_std(), ahead) }
    }

    /// Ready with the time that was read: it is at the deadline, or later.
    #[track_caller]
    pub(super) fn poll_time(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        ready!(coop::ready(cx));
        let wait = Wait::Timer(self.entry.deadline());
        let elapsed = self.project().entry.poll_elapsed(cx, now, here);
        match ready!(says::pending(elapsed, wait)) {
            Ok(time) => {
                coop::spend();
                Poll::Ready(time.into())
            }
            Err(Unarmed::NoRuntime) => panic!("{NO_RUNTIME}"),
            Err(Unarmed::Ended) => panic!("{ENDED}"),
        }
    }

    /// When it is ready.
    pub fn deadline(&self) -> Instant {
        self.entry.deadline().into()
    }

    /// Is the deadline over? By the clock, whether it was polled or not.
    pub fn is_elapsed(&self) -> bool {
        self.entry.deadline() <= now()
    }

    /// Sets another deadline: an earlier or a later one, before or after it was ready.
    ///
    /// A later deadline costs a store and wakes nobody for the old one, so this is the way to
    /// push an idle timeout ahead with every message. Whoever awaits it goes on waiting.
    ///
    /// # Examples
    /// ```
    /// use mainspring::time::{Duration, Instant, sleep};
    /// use std::pin::pin;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let start = Instant::now();
    ///     let mut wait = pin!(sleep(Duration::from_millis(10)));
    ///     wait.as_mut().reset(start + Duration::from_millis(20));
    ///     wait.await;
    ///     assert_eq!(start.elapsed(), Duration::from_millis(20));
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.project().entry.reset(deadline.into_std(), here);
    }
}

impl Future for Sleep {
    type Output = ();

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_time(cx).map(drop)
    }
}
