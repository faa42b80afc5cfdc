//! pause, resume, advance: a clock that stands still until it is moved.
//!
//! Read before: `base/clock.rs`, `drive/still.rs`.
//!
//! ```text
//!                pause                              nothing can run: to the next deadline
//!   runs ─────────────────────► stands still ◄──┐   (the driver, while nothing holds the clock)
//!    ▲                              │  │  └─────┘
//!    └──────────────────────────────┘  └──────► advance(d): by d, at once; fires what is due
//!                resume
//! ```
//!
//! Only a runtime of one thread has a clock that can be stopped: of several, none knows that the
//! others have nothing to do.

#![forbid(unsafe_code)]

use crate::base::clock::{Owner, Unmoved};
use crate::runtime::context::with_current;
use crate::runtime::error::NO_RUNTIME;
use crate::runtime::inner::Inner;
use crate::task::current;
use crate::task::yield_now::yield_now;
use std::time::Duration;

const SEVERAL: &str = "time::pause needs a runtime of one thread: with several, none can tell that \
     nothing is left to do; build it with Builder::new_current_thread";
const STANDS: &str = "time::pause: the clock stands still already; call it once, and not where \
     start_paused(true) has stopped the clock before";
const RESUME: &str = "time::resume: the clock runs; stop it with time::pause first";
const ADVANCE: &str = "time::advance: the clock runs, and only one that stands still can be moved; \
     call time::pause first, or build the runtime with start_paused(true)";
const TOO_FAR: &str = "time::advance: a clock that stands still can show 548 years, and this is \
     beyond; advance by less";

/// Stops the clock of the runtime: from now on its time is virtual.
///
/// [`Instant::now`](super::Instant::now) shows the same time until the clock is moved, by
/// [`advance`], or by the runtime itself: **when nothing can run, the clock jumps to the next
/// deadline.** So waits take no time, and happen in the order and at the times at which they would.
/// The clock stops at a whole millisecond of its own, so that a `sleep` of so many takes exactly
/// that.
///
/// The clock does not jump while something may still come from outside:
///
/// * while a closure of [`spawn_blocking`](crate::task::spawn_blocking) is queued or runs;
/// * while a task waits for a socket, to read, write, accept or connect. It also counts as waiting
///   when it has stopped doing so by dropping the future, until the socket is ready or closed.
///
/// A program whose tasks wait for sockets as well as for timers therefore stands still until the
/// peer answers. Tests in virtual time send their bytes through memory; or they call [`advance`],
/// which nothing holds up.
///
/// The standard library's clock, and blocking closures that sleep, are not affected.
///
/// asyncio has no counterpart; trio's is `MockClock` with `autojump`.
///
/// # Panics
/// When the clock stands still already, on a `multi_thread` runtime, and without a runtime on this
/// thread.
///
/// # Examples
/// ```
/// use mainspring::time::{self, Duration, Instant, sleep};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     time::pause();
///     let start = Instant::now();
///     sleep(Duration::from_secs(3600)).await;
///     assert_eq!(start.elapsed(), Duration::from_secs(3600));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn pause() {
    let failed = here(|inner| {
        if !inner.can_pause() {
            return Some(SEVERAL);
        }
        let stopped = inner.clock().pause();
        inner.look_again();
        (!stopped).then_some(STANDS)
    });
    if let Some(text) = failed {
        panic!("{text}");
    }
}

/// Lets a clock run that stands still. It goes on from the time that it shows.
///
/// So it is ahead of the machine's clock afterwards by what it was moved, and behind by how long it
/// stood still; only differences between its readings mean something, and they never go back.
///
/// # Panics
/// When the clock runs, and without a runtime on this thread.
///
/// # Examples
/// ```
/// use mainspring::time::{self, Duration, Instant};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let start = Instant::now();
///     time::advance(Duration::from_secs(60)).await;
///     time::resume();
///     assert!(start.elapsed() >= Duration::from_secs(60));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn resume() {
    let resumed = here(|inner| {
        let resumed = inner.clock().resume();
        inner.look_again();
        resumed
    });
    assert!(resumed, "{RESUME}");
}

/// Moves a clock that stands still by `duration`, in one step.
///
/// Everything whose deadline is over then is woken: earlier deadlines first, equal ones in the
/// order in which they were armed. Then this gives way once, so each task that was woken has had a
/// turn when it is ready. All of them see the new time, not the time of their own deadline. To have
/// things happen one after the other, each at its own time, await a [`sleep`](super::sleep())
/// instead.
///
/// Nothing holds it up, not even what keeps the clock from jumping by itself.
///
/// # Panics
/// When polled: if the clock runs, if `duration` goes beyond the 548 years that it can show, and
/// without a runtime on this thread.
///
/// # Cancel safety
/// The first poll moves the clock; dropped after it, the clock stays where it was moved to.
///
/// # Examples
/// ```
/// use mainspring::time::{self, Duration, sleep};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let task = mainspring::spawn(async { sleep(Duration::from_secs(10)).await });
///     mainspring::task::yield_now().await;
///     time::advance(Duration::from_secs(9)).await;
///     assert!(!task.is_finished());
///     time::advance(Duration::from_secs(1)).await;
///     assert!(task.is_finished());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn advance(duration: Duration) {
    here(|inner| {
        match inner.clock().advance_by(duration) {
            Ok(()) => {}
            Err(Unmoved::Runs) => panic!("{ADVANCE}"),
            Err(Unmoved::TooFar) => panic!("{TOO_FAR}"),
        }
        inner.fire();
    });
    yield_now().await;
    if current::id().is_none() {
        // The root future may have been among those that were woken, and before the others.
        yield_now().await;
    }
}

/// What `f` says of the runtime of this thread.
#[track_caller]
fn here<R>(f: impl FnOnce(&Inner) -> R) -> R {
    match with_current(|inner| inner.map(f)) {
        Some(answer) => answer,
        None => panic!("{NO_RUNTIME}"),
    }
}
