//! a page, by every rule: a permit, the circuit breaker, the rate, a time-out, another try.
//!
//! ```text
//!   ┌─────────────────────────── retry_if: so many tries, a wait after each failed one ──┐
//!   │ permit ─► breaker ─┬─ closed ─► rate ─► GET, within the time-out ─► permit back    │
//!   │   ▲                └─ open ───► permit back ─► wait for its cool-down ─┐           │
//!   │   └────────────────────────────────────────────────────────────────────┘           │
//!   └─────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! * A request that the breaker did not let through was not made, so it is no try.
//! * Nobody holds a permit while waiting, but for the rate: whoever could use that permit would
//!   stand in the same line.
//! * A server that is down must end the run and not fill a list with a hundred equal failures: when
//!   so many probes of the breaker have failed in a row, the run stops, and the pages are left.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use mainspring::rate::{BreakerError, BreakerState, CircuitBreaker, RateLimiter};
use mainspring::retry::{RetryError, retry_if};
use mainspring::sync::{CancellationToken, OwnedSemaphorePermit, Semaphore};
use mainspring::time::{sleep, timeout};

use super::board::{Board, Stop};
use super::plan::Plan;
use crate::client::Client;
pub use crate::page::Failure;

/// How long a page rests when the breaker is probed at this moment by another one.
const PROBED: Duration = Duration::from_millis(20);

/// Where pages come from: the network, or in tests a future that only waits. Says how long a page
/// is.
pub trait Pages: Send + Sync + 'static {
    fn get(&self, url: &Uri) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// Pages of the network.
#[derive(Debug)]
pub struct Web {
    pub client: Client,
    /// The server that stands in for all others.
    pub stand_in: Option<std::net::SocketAddr>,
}

impl Pages for Web {
    async fn get(&self, url: &Uri) -> Result<u64, Failure> {
        let at = self.stand_in.map(|addr| super::plan::stand_in(url, addr));
        let answer = self.client.get(at.as_ref().unwrap_or(url)).await.map_err(Failure::Client)?;
        match answer.status.is_success() {
            true => Ok(answer.body.len() as u64),
            false => Err(Failure::Status(answer.status)),
        }
    }
}

/// What all requests of a run go through.
#[derive(Debug)]
pub struct Gate<P> {
    pages: P,
    plan: Plan,
    permits: Arc<Semaphore>,
    limiter: RateLimiter,
    breaker: CircuitBreaker,
    board: Arc<Board>,
    stop: CancellationToken,
}

impl<P: Pages> Gate<P> {
    /// A gate for one run; `stop` is cancelled when the server turns out to be down.
    pub fn new(plan: Plan, pages: P, board: Arc<Board>, stop: CancellationToken) -> Gate<P> {
        Gate {
            pages,
            permits: Arc::new(Semaphore::new(plan.limit)),
            limiter: plan.limiter(),
            breaker: CircuitBreaker::new(plan.breaker()),
            plan,
            board,
            stop,
        }
    }

    /// A permit for the first request of a page.
    ///
    /// # Cancel safety
    /// Dropping it gives up the place in the line.
    pub async fn permit(&self) -> OwnedSemaphorePermit {
        self.permits.clone().acquire_owned().await.expect("the limit is never closed")
    }

    /// The length of the page, after as many tries as the plan allows. The first one uses `permit`.
    ///
    /// # Cancel safety
    /// Dropping it drops the request that is under way, and gives the permit back.
    pub async fn fetch(
        &self,
        url: &Uri,
        permit: OwnedSemaphorePermit,
    ) -> Result<u64, RetryError<Failure>> {
        let (mut permit, mut tries) = (Some(permit), 0);
        retry_if(&self.plan.backoff(), Failure::worth_another, || {
            tries += 1;
            self.attempt(url, permit.take(), tries > 1)
        })
        .await
    }

    /// One request, as soon as the breaker lets it through.
    async fn attempt(
        &self,
        url: &Uri,
        mut permit: Option<OwnedSemaphorePermit>,
        again: bool,
    ) -> Result<u64, Failure> {
        loop {
            let held = match permit.take() {
                Some(permit) => permit,
                None => self.permit().await,
            };
            let probe = self.breaker.state() == BreakerState::HalfOpen;
            let answer =
                self.breaker.call_if(Failure::worth_another, || self.request(url, again)).await;
            drop(held);
            match answer {
                Ok(length) => {
                    self.board.lock().probes = 0;
                    return Ok(length);
                }
                Err(BreakerError::Failed(failure)) => {
                    if probe && failure.worth_another() {
                        self.probe_failed(&failure);
                    }
                    return Err(failure);
                }
                Err(BreakerError::Open { retry_after }) => {
                    self.board.lock().waits += 1;
                    sleep(retry_after.max(PROBED)).await;
                }
            }
        }
    }

    async fn request(&self, url: &Uri, again: bool) -> Result<u64, Failure> {
        self.limiter.acquire().await;
        let _in_flight = self.board.request(again);
        let limit = self.plan.timeout;
        timeout(limit, self.pages.get(url)).await.unwrap_or(Err(Failure::TimedOut(limit)))
    }

    fn probe_failed(&self, failure: &Failure) {
        let mut counts = self.board.lock();
        counts.probes += 1;
        if counts.probes >= self.plan.probes && counts.stop.is_none() {
            counts.stop = Some(Stop::Down(failure.to_string()));
            drop(counts);
            self.stop.cancel();
        }
    }
}
