//! CircuitBreaker: stop asking who does not answer.
//!
//! Read before: `time/instant.rs`.
//!
//! ```text
//!             n failures within the window             cool-down over, next call
//!   ┌────────┐ ─────────────────────────► ┌──────┐ ─────────────────────────► ┌───────────┐
//!   │ Closed │                            │ Open │                            │ Half-open │
//!   └────────┘ ◄──────┐                   └──────┘ ◄───────────────────────── └───────────┘
//!        ▲            └────────────────────────────── k probes succeeded ──────── │  ▲
//!        └ calls go through          calls fail at once        a probe failed ────┘  └ k calls
//!                                                                                      go through
//! ```
//!
//! * Each change of state begins a new generation. A call that ends in another one than it began in
//!   is not counted: it says something about a time that is over.
//! * A call that is dropped half-way is not counted either; a probe's place is free again. One that
//!   panics counts as failed.
//! * The user's future runs without the lock.

#![forbid(unsafe_code)]

use crate::base::prim::Mutex;
use crate::time::instant::Instant;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

/// What a [`CircuitBreaker`] goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerConfig {
    /// It opens after so many failures …
    pub failures: u32,
    /// … within this time.
    pub window: Duration,
    /// How long it stays open before it lets a probe through.
    pub cool_down: Duration,
    /// How many probes have to succeed before it closes; so many may be under way at once.
    pub probes: u32,
}

/// Five failures in ten seconds open it for five, and one probe closes it.
impl Default for BreakerConfig {
    fn default() -> Self {
        let (window, cool_down) = (Duration::from_secs(10), Duration::from_secs(5));
        Self { failures: 5, window, cool_down, probes: 1 }
    }
}

/// Whether calls go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// They do.
    Closed,
    /// They fail at once.
    Open,
    /// A few do, to see whether it works again.
    HalfOpen,
}

/// Stops calling what keeps failing, and tries again later.
///
/// It counts the failures of [`call`](Self::call). After so many of them within a window it opens:
/// calls fail at once, which spares the caller the wait and the other side the load. After a
/// cool-down it lets a few probes through; when these succeed, it closes. Successes between
/// failures do not make these forgotten, only the window does.
///
/// It follows the clock of the runtime of the thread, also when that is paused.
///
/// asyncio: nothing like it.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// # rt.block_on(async {
/// use mainspring::rate::{BreakerConfig, BreakerError, BreakerState, CircuitBreaker};
/// use mainspring::time::{Duration, sleep};
///
/// let breaker = CircuitBreaker::new(BreakerConfig {
///     failures: 2,
///     cool_down: Duration::from_secs(5),
///     ..BreakerConfig::default()
/// });
/// for _ in 0..2 {
///     let answer = breaker.call(|| async { Err::<(), _>("refused") }).await;
///     assert_eq!(answer, Err(BreakerError::Failed("refused")));
/// }
/// // Not even asked.
/// let answer = breaker.call(|| async { Ok::<_, &str>("page") }).await;
/// assert_eq!(answer, Err(BreakerError::Open { retry_after: Duration::from_secs(5) }));
///
/// sleep(Duration::from_secs(5)).await;
/// assert_eq!(breaker.call(|| async { Ok::<_, &str>("page") }).await, Ok("page"));
/// assert_eq!(breaker.state(), BreakerState::Closed);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct CircuitBreaker {
    config: BreakerConfig,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    generation: u64,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// When the last failures were, at most as many as open it.
    Closed(VecDeque<Instant>),
    Open {
        until: Instant,
    },
    HalfOpen {
        out: u32,
        succeeded: u32,
    },
}

impl CircuitBreaker {
    /// A closed one.
    ///
    /// # Panics
    /// If `failures` or `probes` is zero: it would never close, or never be asked.
    #[track_caller]
    pub fn new(config: BreakerConfig) -> Self {
        assert!(
            config.failures > 0,
            "a circuit breaker that opens after 0 failures is never closed: \
             set failures to 1 or more"
        );
        assert!(
            config.probes > 0,
            "a circuit breaker with 0 probes never closes again: set probes to 1 or more"
        );
        let phase = Phase::Closed(VecDeque::new());
        Self { config, inner: Mutex::new(Inner { generation: 0, phase }) }
    }

    /// Whether calls go through now.
    pub fn state(&self) -> BreakerState {
        let inner = self.inner.lock();
        let now = Instant::now();
        match inner.phase {
            Phase::Closed(_) => BreakerState::Closed,
            Phase::Open { until } if now < until => BreakerState::Open,
            _ => BreakerState::HalfOpen,
        }
    }

    /// Calls `work`, unless the breaker is open. Every error counts as a failure.
    ///
    /// # Errors
    /// [`BreakerError::Failed`] with the error of `work`; [`BreakerError::Open`] if it was not
    /// called.
    ///
    /// # Cancel safety
    /// Dropping the future drops that of `work`; what is lost then is said there. The breaker
    /// forgets the call.
    pub async fn call<T, E, F>(&self, work: impl FnOnce() -> F) -> Result<T, BreakerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.call_if(|_| true, work).await
    }

    /// The same, where only the errors that `is_failure` picks count against the other side: "not
    /// found" is an answer, "refused" is none.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// use mainspring::rate::{BreakerConfig, BreakerState, CircuitBreaker};
    ///
    /// let breaker = CircuitBreaker::new(BreakerConfig { failures: 1, ..Default::default() });
    /// let answer = breaker.call_if(|status| *status >= 500, || async { Err::<(), _>(404) }).await;
    /// assert!(answer.is_err());
    /// assert_eq!(breaker.state(), BreakerState::Closed);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`call`](Self::call).
    ///
    /// # Cancel safety
    /// As [`call`](Self::call).
    pub async fn call_if<T, E, F>(
        &self,
        is_failure: impl FnOnce(&E) -> bool,
        work: impl FnOnce() -> F,
    ) -> Result<T, BreakerError<E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        let call = match self.begin() {
            Ok(call) => call,
            Err(retry_after) => return Err(BreakerError::Open { retry_after }),
        };
        let answer = work().await;
        call.end(answer.as_ref().err().is_some_and(is_failure));
        answer.map_err(BreakerError::Failed)
    }

    /// May a call go through? If not, how long until a probe may.
    fn begin(&self) -> Result<Call<'_>, Duration> {
        let mut inner = self.inner.lock();
        // Read under the lock, so that times are noted in their order.
        let now = Instant::now();
        if let Phase::Open { until } = inner.phase {
            if now < until {
                return Err(until - now);
            }
            inner.enter(Phase::HalfOpen { out: 0, succeeded: 0 });
        }
        if let Phase::HalfOpen { out, succeeded } = &mut inner.phase {
            if *out + *succeeded == self.config.probes {
                return Err(Duration::ZERO);
            }
            *out += 1;
        }
        Ok(Call { breaker: self, generation: inner.generation, ended: false })
    }

    fn note(&self, generation: u64, outcome: Outcome) {
        let mut inner = self.inner.lock();
        // Read under the lock, so that times are noted in their order.
        let now = Instant::now();
        if inner.generation != generation {
            return;
        }
        let config = &self.config;
        let next = match (&mut inner.phase, outcome) {
            (Phase::Closed(failures), Outcome::Failed) => {
                failures.push_back(now);
                while failures.front().is_some_and(|first| now - *first > config.window) {
                    failures.pop_front();
                }
                let enough = failures.len() >= config.failures as usize;
                enough.then(|| open(now, config))
            }
            (Phase::HalfOpen { .. }, Outcome::Failed) => Some(open(now, config)),
            (Phase::HalfOpen { out, succeeded }, outcome) => {
                *out -= 1;
                *succeeded += u32::from(outcome == Outcome::Succeeded);
                (*succeeded == config.probes).then(|| Phase::Closed(VecDeque::new()))
            }
            (Phase::Closed(_) | Phase::Open { .. }, _) => None,
        };
        if let Some(next) = next {
            inner.enter(next);
        }
    }
}

/// Open from now on; for ever, if the cool-down is longer than the platform can say.
fn open(now: Instant, config: &BreakerConfig) -> Phase {
    const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
    Phase::Open { until: now + config.cool_down.min(FAR) }
}

impl Inner {
    fn enter(&mut self, phase: Phase) {
        self.generation += 1;
        self.phase = phase;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Succeeded,
    Failed,
    Dropped,
}

/// A call that went through. Dropped without an end, it was cancelled, or it panicked.
struct Call<'a> {
    breaker: &'a CircuitBreaker,
    generation: u64,
    ended: bool,
}

impl Call<'_> {
    fn end(mut self, failed: bool) {
        self.ended = true;
        let outcome = if failed { Outcome::Failed } else { Outcome::Succeeded };
        self.breaker.note(self.generation, outcome);
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.ended {
            let panics = std::thread::panicking();
            let outcome = if panics { Outcome::Failed } else { Outcome::Dropped };
            self.breaker.note(self.generation, outcome);
        }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("state", &self.state())
            .field("config", &self.config)
            .finish()
    }
}

/// Why a call through a [`CircuitBreaker`] gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BreakerError<E> {
    /// The breaker is open: nobody was asked.
    Open {
        /// The time until the next probe; zero while all probes are under way.
        retry_after: Duration,
    },
    /// The call was made, and failed with this.
    Failed(E),
}

impl<E> BreakerError<E> {
    /// The error of the call, if it was made.
    pub fn into_inner(self) -> Option<E> {
        match self {
            Self::Open { .. } => None,
            Self::Failed(error) => Some(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for BreakerError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { retry_after } => {
                write!(f, "circuit breaker open: try again after {retry_after:?}")
            }
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl<E: Error + 'static> Error for BreakerError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Open { .. } => None,
            Self::Failed(error) => error.source(),
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "breaker_tests.rs"]
mod tests;
