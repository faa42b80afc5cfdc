//! race a future against a deadline.
//!
//! ```text
//! poll: the future ── Ready(value) ──► Ok(value)
//!         │ Pending
//!         ▼
//!       the sleep ─── Ready ─────────► Err(Elapsed)
//!         │ Pending ──► Pending
//! ```
//!
//! * The future goes first: what is there counts, even when the deadline is over as well. A
//!   future that is ready at its first poll costs one reading of the clock and never meets the
//!   wheel.
//! * A future that used up the budget of its task answers `Pending` although it could go on. Then
//!   the sleep is polled without a budget, or a future that does so every time would never be
//!   late.
//! * A timeout stops the waiting and not the work: what was begun elsewhere (a task, a blocking
//!   closure) goes on. The future itself is dropped with the `Timeout`, and not before.

#![forbid(unsafe_code)]

use crate::time::instant::Instant;
use crate::time::sleep::{Sleep, now_here, sleep_until};
use crate::wake::coop;
use pin_project_lite::pin_project;
use std::error::Error;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// Waits for `future`, but no longer than `duration`.
///
/// The duration counts from this call; its precision is that of [`sleep`](super::sleep()). The
/// future is polled before the deadline is looked at, so a future that is ready at its first poll
/// wins against any deadline, and one that never gives way to the runtime cannot be stopped. A
/// duration too long for the platform means "no limit".
///
/// asyncio: `asyncio.wait_for()`; unlike there, the future is not awaited after its cancellation,
/// because dropping it ends it at once.
///
/// # Errors
/// [`Elapsed`] if the duration passed first. When timeouts are nested, the one whose future gave
/// `Err(Elapsed)` is the one that is over.
///
/// # Panics
/// If there is no runtime on this thread; see [`sleep`](super::sleep()).
///
/// # Cancel safety
/// Dropping the `Timeout` drops the future; what is lost then is said there. After an
/// `Err(Elapsed)` the future is still inside, and [`Timeout::into_inner`] gives it back.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, sleep, timeout};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let slow = async { sleep(Duration::from_secs(60)).await };
///     assert!(timeout(Duration::from_secs(1), slow).await.is_err());
///     assert_eq!(timeout(Duration::from_secs(1), async { 7 }).await, Ok(7));
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    let deadline = now_here().checked_add(duration);
    let delay = deadline.map(|deadline| Sleep::new(deadline, duration > Duration::ZERO));
    Timeout { value: future.into_future(), delay }
}

/// Waits for `future`, but no longer than until `deadline`.
///
/// In all else as [`timeout`].
///
/// asyncio: `asyncio.timeout_at()`.
///
/// # Errors
/// [`Elapsed`] if the deadline came first.
///
/// # Panics
/// If there is no runtime on this thread; see [`sleep`](super::sleep()).
///
/// # Cancel safety
/// As [`timeout`].
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, Instant, timeout_at};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let deadline = Instant::now() + Duration::from_millis(10);
///     let never = std::future::pending::<()>();
///     assert!(timeout_at(deadline, never).await.is_err());
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout { value: future.into_future(), delay: Some(sleep_until(deadline)) }
}

pin_project! {
    /// Future returned by [`timeout`] and [`timeout_at`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Timeout<T> {
        #[pin]
        value: T,
        #[pin]
        delay: Option<Sleep>,
    }
}

impl<T> Timeout<T> {
    /// The future that is waited for.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The future that is waited for.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The future that is waited for, without its deadline.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T: Future> Future for Timeout<T> {
    type Output = Result<T::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let me = self.project();
        let had_budget = coop::left() > 0;
        if let Poll::Ready(value) = me.value.poll(cx) {
            return Poll::Ready(Ok(value));
        }
        match me.delay.as_pin_mut() {
            Some(delay) => poll_delay(delay, had_budget, cx).map(Err),
            None => Poll::Pending,
        }
    }
}

/// Not generic, so that it exists once.
pub(super) fn poll_delay(
    delay: Pin<&mut Sleep>,
    had_budget: bool,
    cx: &mut Context<'_>,
) -> Poll<Elapsed> {
    // The future used up the budget in this very poll: the deadline is looked at all the same.
    let free = (had_budget && coop::left() == 0).then(coop::unlimited);
    let late = delay.poll(cx);
    drop(free);
    late.map(|()| Elapsed(()))
}

/// The deadline came first.
///
/// Converts to an [`io::Error`] of kind [`TimedOut`](io::ErrorKind::TimedOut), so that `?` works
/// in functions that do I/O.
///
/// asyncio: `TimeoutError`.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(_: Elapsed) -> io::Error {
        io::ErrorKind::TimedOut.into()
    }
}
