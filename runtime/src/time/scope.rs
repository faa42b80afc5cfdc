//! deadline_scope: a block with a deadline that it can move.
//!
//! Read before: `time/timeout.rs`, which this is with a handle inside.
//!
//! ```text
//! poll: the body ── Ready(value) ──► Ok(value), however late it is
//!         │ Pending
//!         ▼
//!       was the deadline moved? set the sleep to it
//!         ▼
//!       the sleep ── Ready ────────► the body is dropped, then Err(Elapsed)
//!         │ Pending ──► Pending
//! ```
//!
//! The body has a reference to its scope and nothing more, so it moves the deadline while it is
//! polled, and the poll that is over afterwards sees that: nobody has to be woken. The lock is for
//! the compiler, which does not know that only one of the two is at work.

#![forbid(unsafe_code)]

use crate::base::prim::Mutex;
use crate::time::instant::Instant;
use crate::time::sleep::{Sleep, now_here, sleep_until};
use crate::time::timeout::{Elapsed, poll_delay};
use crate::wake::coop;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// Runs `body`, but no longer than `duration`; the body may move that deadline.
///
/// The duration counts from this call; one too long for the platform means "no limit". The body
/// gets the [`DeadlineScope`] and may [`reschedule`](DeadlineScope::reschedule) it as often as it
/// likes: "a minute in all, but ten seconds more for each answer".
///
/// The body is polled before the deadline is looked at. So a body that never waits is never late,
/// and one that ends without waiting again gives its value, however late it is. At the deadline the
/// body is dropped where it waits, and that has happened when this returns. A body that is to say
/// what became of it looks at the result: inside, nothing runs any more but destructors.
///
/// Scopes nest, with each other and with [`timeout`](super::timeout()): the one that is over
/// returns `Err(Elapsed)`. An outer one drops the inner one with the body, and the inner one says
/// nothing.
///
/// asyncio: `asyncio.timeout()`; unlike there, the body cannot catch its cancellation.
///
/// # Errors
/// [`Elapsed`] if the deadline came first.
///
/// # Panics
/// If there is no runtime on this thread; see [`sleep`](super::sleep()).
///
/// # Cancel safety
/// Dropping the future drops that of the body; what is lost then is said there.
///
/// # Examples
/// ```
/// use mainspring::time::{Duration, Instant, deadline_scope, sleep};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let answers = deadline_scope(Duration::from_secs(10), async |scope| {
///         for _ in 0..5 {
///             sleep(Duration::from_secs(8)).await; // … an answer …
///             scope.reschedule(Instant::now() + Duration::from_secs(10));
///         }
///         5
///     });
///     assert_eq!(answers.await, Ok(5));
///
///     let slow = deadline_scope(Duration::from_secs(1), async |_| {
///         sleep(Duration::from_secs(2)).await;
///     });
///     assert!(slow.await.is_err());
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn deadline_scope<T, F>(duration: Duration, body: F) -> impl Future<Output = Result<T, Elapsed>>
where
    F: AsyncFnOnce(&DeadlineScope) -> T,
{
    let scope = DeadlineScope::new(now_here().checked_add(duration));
    async move {
        let mut body = pin!(body(&scope));
        let mut delay = pin!(None);
        poll_fn(|cx| {
            let had_budget = coop::left() > 0;
            match body.as_mut().poll(cx) {
                Poll::Ready(value) => Poll::Ready(Ok(value)),
                Poll::Pending => scope.poll_over(delay.as_mut(), had_budget, cx).map(Err),
            }
        })
        .await
    }
}

/// The deadline of a [`deadline_scope`], as its body sees it.
///
/// asyncio: the `Timeout` that `async with asyncio.timeout()` gives.
pub struct DeadlineScope {
    state: Mutex<State>,
}

struct State {
    /// `None`: no limit.
    deadline: Option<Instant>,
    /// The sleep knows nothing of it yet.
    moved: bool,
}

impl DeadlineScope {
    fn new(deadline: Option<Instant>) -> Self {
        Self { state: Mutex::new(State { deadline, moved: true }) }
    }

    /// Sets another deadline, an earlier or a later one; `None` for none at all.
    ///
    /// It counts from the next time that the body waits. A deadline that is over ends the scope
    /// then.
    ///
    /// asyncio: `Timeout.reschedule`.
    ///
    /// # Examples
    /// ```
    /// use mainspring::time::{Duration, deadline_scope, sleep};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
    /// rt.block_on(async {
    ///     let done = deadline_scope(Duration::from_millis(10), async |scope| {
    ///         scope.reschedule(None);
    ///         sleep(Duration::from_secs(3600)).await;
    ///     });
    ///     assert!(done.await.is_ok());
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn reschedule(&self, deadline: impl Into<Option<Instant>>) {
        let deadline = deadline.into();
        let mut state = self.state.lock();
        state.moved |= state.deadline != deadline;
        state.deadline = deadline;
    }

    /// The deadline, or `None` if there is none.
    ///
    /// asyncio: `Timeout.when`.
    pub fn deadline(&self) -> Option<Instant> {
        self.state.lock().deadline
    }

    /// Is the deadline over, so that the scope ends where the body waits next?
    ///
    /// For a body that works for long without waiting. By the clock, after a
    /// [`reschedule`](Self::reschedule) by the new deadline.
    ///
    /// asyncio: `Timeout.expired`, which is asked after the block; here its result says that.
    pub fn expired(&self) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= Instant::now())
    }

    /// The body waits: is the deadline over? Not generic, so that it exists once.
    fn poll_over(
        &self,
        mut delay: Pin<&mut Option<Sleep>>,
        had_budget: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Elapsed> {
        let mut state = self.state.lock();
        let (deadline, moved) = (state.deadline, std::mem::take(&mut state.moved));
        drop(state);
        let Some(deadline) = deadline else {
            delay.set(None);
            return Poll::Pending;
        };
        if moved {
            match delay.as_mut().as_pin_mut() {
                Some(delay) => delay.reset(deadline),
                None => delay.set(Some(sleep_until(deadline))),
            }
        }
        match delay.as_pin_mut() {
            Some(delay) => poll_delay(delay, had_budget, cx),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for DeadlineScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadlineScope").field("deadline", &self.deadline()).finish()
    }
}
