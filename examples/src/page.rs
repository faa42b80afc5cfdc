//! a page, or why there is none: a permit for each attempt, a time limit, another try.
//!
//! The first document sleeps inside `async with semaphore`, so a failing server takes the permits
//! of the healthy requests: with one request in ten failing, its run of 2.0 s takes 7.4 s. Here the
//! permit is a guard that ends with the attempt.
//!
//! The permit of the first attempt comes from the caller, who takes it before the task is spawned:
//! so many requests start in the order of their numbers, whichever threads their tasks run on.

#![forbid(unsafe_code)]

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use bytes::Bytes;
use hyper::{StatusCode, Uri};
use mainspring::retry::{Backoff, RetryError, retry_if};
use mainspring::sync::{OwnedSemaphorePermit, Semaphore};
use mainspring::time::{Instant, timeout};

use crate::client::{self, Answer, Client};

/// Why a request failed.
#[derive(Debug)]
pub enum Failure {
    Client(client::Error),
    Status(StatusCode),
    TimedOut(Duration),
}

impl Failure {
    /// A broken connection, a time-out, "too many requests" and the server's own errors may be gone
    /// next time, and say that the server has trouble. A 404 is an answer, and an address that is
    /// none stays one.
    #[must_use]
    pub fn worth_another(&self) -> bool {
        match self {
            Failure::Client(error) => error.worth_another(),
            Failure::Status(code) => {
                code.is_server_error() || *code == StatusCode::TOO_MANY_REQUESTS
            }
            Failure::TimedOut(_) => true,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Client(error) => error.fmt(f),
            Failure::Status(code) => write!(f, "the server answered {code}"),
            Failure::TimedOut(limit) => write!(f, "no answer within {limit:?}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The answer to one request, from connecting to its last byte within `limit`. Any status will do.
///
/// # Errors
/// No connection, no whole answer, or not in time.
///
/// # Cancel safety
/// Dropping it drops the request.
pub async fn within(
    limit: Duration,
    request: impl Future<Output = Result<Answer, client::Error>>,
) -> Result<Answer, Failure> {
    match timeout(limit, request).await {
        Ok(answer) => answer.map_err(Failure::Client),
        Err(_elapsed) => Err(Failure::TimedOut(limit)),
    }
}

/// A page that was read to its end.
#[derive(Clone, Debug)]
pub struct Page {
    pub body: Bytes,
    /// What the attempt took that brought it: a time, also when that is none.
    pub latency: Duration,
}

/// What all pages of a run go by; a clone shares the connections, the limit and the counters.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    permits: Arc<Semaphore>,
    timeout: Duration,
    backoff: Backoff<'static>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    attempts: AtomicU64,
    retries: AtomicU64,
}

impl Fetcher {
    /// At most `limit` attempts at a time, each within `timeout`; `backoff` says how many there are
    /// for a page, and how far apart.
    #[must_use]
    pub fn new(limit: usize, timeout: Duration, backoff: Backoff<'static>) -> Fetcher {
        Fetcher::over(Client::new(limit), limit, timeout, backoff)
    }

    /// The same over the connections of `client`.
    #[must_use]
    pub fn over(
        client: Client,
        limit: usize,
        timeout: Duration,
        backoff: Backoff<'static>,
    ) -> Fetcher {
        Fetcher {
            client,
            permits: Arc::new(Semaphore::new(limit)),
            timeout,
            backoff,
            counts: Arc::default(),
        }
    }

    /// A permit for the first attempt of a page, to move into its task.
    ///
    /// # Cancel safety
    /// Dropping it gives up the place in the line.
    pub async fn permit(&self) -> OwnedSemaphorePermit {
        self.permits.clone().acquire_owned().await.expect("the limit is never closed")
    }

    /// `GET url` until it is a page, with as many attempts as the backoff allows. The first one
    /// uses `permit`; nobody holds one while waiting for the next.
    ///
    /// # Errors
    /// The last attempt's failure, and how many there were.
    ///
    /// # Cancel safety
    /// Dropping it drops the attempt that is under way and gives the permit back.
    pub async fn page(
        &self,
        url: &Uri,
        permit: OwnedSemaphorePermit,
    ) -> Result<Page, RetryError<Failure>> {
        let mut first = Some(permit);
        retry_if(&self.backoff, Failure::worth_another, || self.attempt(url, first.take())).await
    }

    async fn attempt(
        &self,
        url: &Uri,
        first: Option<OwnedSemaphorePermit>,
    ) -> Result<Page, Failure> {
        // Ordering: figures for people; no other memory hangs on them.
        self.counts.attempts.fetch_add(1, Relaxed);
        self.counts.retries.fetch_add(u64::from(first.is_none()), Relaxed);
        let _permit = match first {
            Some(permit) => permit,
            None => self.permit().await,
        };
        let start = Instant::now();
        let answer = within(self.timeout, self.client.get(url)).await?;
        match answer.good() {
            true => Ok(Page { body: answer.body, latency: start.elapsed() }),
            false => Err(Failure::Status(answer.status)),
        }
    }

    /// How many attempts have begun, and how many of them were not the first for their page.
    #[must_use]
    pub fn attempts(&self) -> (u64, u64) {
        // Ordering: as in `attempt`.
        (self.counts.attempts.load(Relaxed), self.counts.retries.load(Relaxed))
    }

    /// The connections that carry all of it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }
}
