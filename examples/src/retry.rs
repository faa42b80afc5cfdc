//! another try after a wait, and nobody waits while holding a permit.
//!
//! The first document sleeps inside `async with semaphore`, so a failing server takes the permits
//! of the healthy requests: with one request in ten failing, its run of 2.0 s takes 7.4 s. Here the
//! permit is a guard that ends with the attempt. There is no wait after the last attempt, and no
//! attempt for an error that another try cannot mend.
//!
//! The permit of the first attempt comes from the caller, who takes it before it spawns the task:
//! so many requests start in the order of their numbers, whichever threads their tasks run on.

#![forbid(unsafe_code)]

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use mainspring::sync::{OwnedSemaphorePermit, Semaphore};
use mainspring::time::sleep;

/// How often to try, and how long to wait between two attempts.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Attempts in all, the first one included. Zero attempts cannot be written.
    pub attempts: NonZeroU32,
    /// The wait after the first failure; each further one is twice as long.
    pub base: Duration,
    /// No wait is longer than this.
    pub cap: Duration,
}

impl Backoff {
    /// The longest wait after failure number `failed` (from 1), without the jitter.
    pub fn longest(&self, failed: u32) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }

    /// The wait after failure number `failed`: between half of [`Backoff::longest`] and all of it,
    /// so that requests which failed together do not come back together.
    pub fn wait(&self, failed: u32) -> Duration {
        // Each RandomState has keys of its own, so the hash of nothing is a random number.
        let random = RandomState::new().hash_one(failed) as f64 / u64::MAX as f64;
        self.longest(failed).mul_f64(0.5 + 0.5 * random)
    }
}

/// The last error, and how many attempts led to it.
#[derive(Debug)]
pub struct GaveUp<E> {
    pub error: E,
    pub attempts: u32,
}

impl<E: fmt::Display> fmt::Display for GaveUp<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "gave up after {} attempt{plural}: {}", self.attempts, self.error)
    }
}

impl<E: std::error::Error + 'static> std::error::Error for GaveUp<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Makes attempts until one succeeds, one fails in a way that is not `worth` another, or the
/// attempts are used up. Each attempt holds a permit of `limit`, the first one the `permit` given;
/// no wait does. Returns the value and the number of attempts.
///
/// # Panics
/// If `limit` was closed.
///
/// # Cancel safety
/// Dropping it drops the attempt it is in and gives the permit back.
pub async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    backoff: Backoff,
    limit: Arc<Semaphore>,
    mut permit: OwnedSemaphorePermit,
    worth: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> F,
) -> Result<(T, u32), GaveUp<E>> {
    let mut attempts = 1;
    loop {
        let result = attempt().await;
        drop(permit);
        match result {
            Ok(value) => return Ok((value, attempts)),
            Err(error) if attempts == backoff.attempts.get() || !worth(&error) => {
                return Err(GaveUp { error, attempts });
            }
            Err(_) => sleep(backoff.wait(attempts)).await,
        }
        attempts += 1;
        permit = acquire(&limit).await;
    }
}

/// A permit of `limit`, to move into a task.
///
/// # Panics
/// If `limit` was closed.
///
/// # Cancel safety
/// Dropping it gives up the place in the line.
pub async fn acquire(limit: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    limit.clone().acquire_owned().await.expect("a limit is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn backoff(attempts: u32) -> Backoff {
        let attempts = NonZeroU32::new(attempts).unwrap();
        Backoff { attempts, base: Duration::from_millis(500), cap: Duration::from_secs(3) }
    }

    fn paused<T>(future: impl Future<Output = T>) -> T {
        let mut builder = mainspring::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap().block_on(future)
    }

    #[test]
    fn waits_double_up_to_the_cap() {
        let longest: Vec<_> = (1..=5).map(|n| backoff(3).longest(n).as_millis()).collect();
        assert_eq!(longest, [500, 1000, 2000, 3000, 3000]);
        assert_eq!(backoff(3).longest(u32::MAX), Duration::from_secs(3));
    }

    #[test]
    fn jitter_stays_between_half_and_all() {
        for _ in 0..1000 {
            let wait = backoff(3).wait(2).as_millis();
            assert!((500..=1000).contains(&wait), "{wait}");
        }
    }

    #[test]
    fn the_permit_is_free_while_a_request_waits_for_its_next_attempt() {
        paused(async {
            let limit = Arc::new(Semaphore::new(1));
            let free = Cell::new(0);
            let permit = acquire(&limit).await;
            let no = || async { Err::<(), _>("no") };
            let failing = retry(backoff(2), limit.clone(), permit, |_: &&str| true, no);
            let looking = async {
                sleep(Duration::from_millis(100)).await;
                free.set(limit.available_permits());
                std::future::pending::<()>().await;
            };
            let crate::race::First::Left(end) = crate::race::race(failing, looking).await else {
                unreachable!("it never ends")
            };
            assert_eq!(end.unwrap_err().attempts, 2);
            assert_eq!(free.get(), 1);
        });
    }

    #[test]
    fn there_is_no_wait_after_the_last_attempt_and_none_for_a_hopeless_error() {
        paused(async {
            let limit = Arc::new(Semaphore::new(1));
            let start = mainspring::time::Instant::now();
            let no = || async { Err::<(), _>("no") };
            let permit = acquire(&limit).await;
            let one = retry(backoff(1), limit.clone(), permit, |_: &&str| true, no).await;
            assert_eq!(one.unwrap_err().to_string(), "gave up after 1 attempt: no");
            let permit = acquire(&limit).await;
            let bug = retry(backoff(9), limit.clone(), permit, |_: &&str| false, no).await;
            assert_eq!(bug.unwrap_err().attempts, 1);
            assert_eq!(start.elapsed(), Duration::ZERO);
        });
    }

    #[test]
    fn the_third_attempt_can_succeed() {
        paused(async {
            let limit = Arc::new(Semaphore::new(1));
            let calls = Cell::new(0);
            let attempt = || async {
                calls.set(calls.get() + 1);
                if calls.get() == 3 { Ok("page") } else { Err("no") }
            };
            let permit = acquire(&limit).await;
            let end = retry(backoff(3), limit, permit, |_| true, attempt).await;
            assert_eq!(end.unwrap(), ("page", 3));
        });
    }
}
