//! retry: attempts until one succeeds, and waits without a permit in between.
//!
//! Read before: `retry/backoff.rs`, `time/timeout.rs`, `sync/semaphore/guarded.rs`.
//!
//! ```text
//!   permit ──► attempt ──► permit back ──┬─ Ok(value) ────────────► Ok(value)
//!     ▲                                  ├─ not worth another ────► Hopeless ─┐
//!     │                                  ├─ that was the last one ► Spent ────┤
//!     └────────── wait ◄─────────────────┴─ no time for the wait ─► Deadline ─┴► Err(RetryError)
//! ```
//!
//! Permit and attempt are cut off at the total deadline. A wait that would not end before it is not
//! begun, and no attempt begins after it.

#![forbid(unsafe_code)]

use super::backoff::Backoff;
use crate::time::instant::Instant;
use crate::time::sleep::sleep;
use crate::time::timeout::{Elapsed, timeout_at};
use std::error::Error;
use std::fmt;
use std::future::Future;

/// Makes attempts until one succeeds or `backoff` says that it is enough. Every error is worth
/// another attempt.
///
/// An attempt is a call of `attempt` and the future that it returns, dropped before the wait. There
/// is no wait after the last attempt.
///
/// asyncio: nothing; its programs write a loop, or a decorator.
///
/// # Errors
/// [`RetryError`] with the last error, and how many attempts were made.
///
/// # Panics
/// If it has to wait or has a deadline, and there is no runtime on this thread.
///
/// # Cancel safety
/// Dropping the future drops the attempt it is in and gives the permit back; what is lost then is
/// said there.
///
/// # Examples
/// ```
/// use mainspring::retry::{Backoff, retry};
/// use mainspring::sync::Semaphore;
/// use mainspring::time::Duration;
/// use std::num::NonZeroU32;
///
/// const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let limit = Semaphore::new(10);
///     let backoff = Backoff::exponential(Duration::from_millis(500), THREE).limit(&limit);
///     let mut calls = 0;
///     let page = retry(&backoff, || {
///         calls += 1;
///         async move { if calls < 3 { Err("refused") } else { Ok("page") } }
///     });
///     assert_eq!(page.await.unwrap(), "page");
///
///     let never = retry(&backoff, || async { Err::<(), _>("refused") }).await.unwrap_err();
///     assert_eq!(never.to_string(), "gave up after 3 attempts: refused");
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    backoff: &Backoff<'_>,
    attempt: impl FnMut() -> F,
) -> Result<T, RetryError<E>> {
    retry_if(backoff, |_| true, attempt).await
}

/// The same, where only errors that are `worth` it lead to another attempt: "refused" may mend
/// itself, "not found" does not.
///
/// # Errors
/// As [`retry`]; at once for an error that is not worth another attempt.
///
/// # Panics
/// As [`retry`].
///
/// # Cancel safety
/// As [`retry`].
///
/// # Examples
/// ```
/// use mainspring::retry::{Backoff, GaveUp, retry_if};
/// use mainspring::time::Duration;
/// use std::num::NonZeroU32;
///
/// const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let backoff = Backoff::exponential(Duration::from_millis(500), THREE);
///     let server = |status: &u16| *status >= 500;
///     let error = retry_if(&backoff, server, || async { Err::<(), _>(404) }).await.unwrap_err();
///     assert_eq!((error.attempts(), error.reason()), (1, GaveUp::Hopeless));
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub async fn retry_if<T, E, F: Future<Output = Result<T, E>>>(
    backoff: &Backoff<'_>,
    mut worth: impl FnMut(&E) -> bool,
    mut attempt: impl FnMut() -> F,
) -> Result<T, RetryError<E>> {
    let until = backoff.total().and_then(|total| Instant::now().checked_add(total));
    let (mut attempts, mut last) = (0, None);
    let give_up = |attempts, last, reason| Err(RetryError { attempts, last, reason });
    loop {
        let permit = match backoff.limit {
            None => None,
            Some(limit) => match by(until, limit.acquire()).await {
                Ok(Ok(permit)) => Some(permit),
                Ok(Err(_closed)) => return give_up(attempts, last, GaveUp::LimitClosed),
                Err(_elapsed) => return give_up(attempts, last, GaveUp::Deadline),
            },
        };
        attempts += 1;
        let answer = by(until, attempt()).await;
        drop(permit);
        let error = match answer {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => error,
            Err(_elapsed) => return give_up(attempts, last, GaveUp::Deadline),
        };
        let is_worth = worth(&error);
        last = Some(error);
        if !is_worth {
            return give_up(attempts, last, GaveUp::Hopeless);
        }
        let Some(wait) = backoff.wait(attempts) else {
            return give_up(attempts, last, GaveUp::Spent);
        };
        let left = until.map(|until| until.duration_since(Instant::now()));
        if left.is_some_and(|left| left <= wait) {
            return give_up(attempts, last, GaveUp::Deadline);
        }
        sleep(wait).await;
        if until.is_some_and(|until| until <= Instant::now()) {
            return give_up(attempts, last, GaveUp::Deadline);
        }
    }
}

/// `future`, cut off at the deadline if there is one.
async fn by<F: Future>(until: Option<Instant>, future: F) -> Result<F::Output, Elapsed> {
    match until {
        Some(until) => timeout_at(until, future).await,
        None => Ok(future.await),
    }
}

/// Why there was no other attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum GaveUp {
    /// All attempts were made.
    Spent,
    /// The error was not worth another one.
    Hopeless,
    /// The deadline for all of them came, or would have come before the next.
    Deadline,
    /// The semaphore that limits them was closed.
    LimitClosed,
}

/// No attempt succeeded.
///
/// Its [`source`](Error::source) is the last error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryError<E> {
    attempts: u32,
    last: Option<E>,
    reason: GaveUp,
}

impl<E> RetryError<E> {
    /// How many attempts were begun.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Why there was no other.
    pub fn reason(&self) -> GaveUp {
        self.reason
    }

    /// The last error; `None` if no attempt came to an end before the deadline, or before the limit
    /// was closed.
    pub fn last(&self) -> Option<&E> {
        self.last.as_ref()
    }

    /// The same, by value.
    pub fn into_last(self) -> Option<E> {
        self.last
    }
}

impl<E: fmt::Display> fmt::Display for RetryError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "gave up after {} attempt{plural}", self.attempts)?;
        match self.reason {
            GaveUp::Spent => {}
            GaveUp::Hopeless => f.write_str(", because another would not help")?,
            GaveUp::Deadline => f.write_str(", because the time for all of them is up")?,
            GaveUp::LimitClosed => f.write_str(", because their limit was closed")?,
        }
        match &self.last {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}

impl<E: Error + 'static> Error for RetryError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.last.as_ref().map(|error| error as &(dyn Error + 'static))
    }
}
