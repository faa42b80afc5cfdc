//! Another attempt after a wait: the three documents' forms, and where they went wrong.
//!
//! | document | its loop | what is wrong there | here |
//! |---|---|---|---|
//! | API client | 3 attempts, a semaphore | waits with the permit | `api_client_…` |
//! | scraper | a decorator, waits 1, 2, 4 | waits 4 s for nothing | `decorator_…` |
//! | `with_retry` | waits 1, 2; the last error | no attempts: `None` | `with_retry_…` |

use mainspring::retry::{Backoff, GaveUp, RetryError, retry, retry_if};
use mainspring::sync::Semaphore;
use mainspring::task::{spawn, yield_now};
use mainspring::time::{Duration, Instant, sleep};
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt;
use std::future::pending;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Drops, Kind, panic_of, paused, poll_once};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn backoff(base: u64, attempts: u32) -> Backoff<'static> {
    let attempts = NonZeroU32::new(attempts).expect("at least one");
    Backoff::exponential(ms(base), attempts).jitter(false)
}

/// How the documents' requests fail.
#[derive(Debug, PartialEq)]
enum Failed {
    Refused,
    Value,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl Error for Failed {}

/// The third document: waits 1 and 2, none after the last, and the last error comes out.
#[test]
fn with_retry_waits_between_attempts_and_not_after_the_last() {
    paused().block_on(async {
        let start = Instant::now();
        let at = RefCell::new(Vec::new());
        let backoff = backoff(1_000, 3);
        let failed = retry(&backoff, || async {
            at.borrow_mut().push(start.elapsed());
            Err::<(), _>(Failed::Refused)
        });
        let error = failed.await.unwrap_err();
        assert_eq!(*at.borrow(), [ms(0), ms(1_000), ms(3_000)]);
        assert_eq!(start.elapsed(), ms(3_000));
        assert_eq!((error.attempts(), error.reason()), (3, GaveUp::Spent));
        assert_eq!(error.to_string(), "gave up after 3 attempts: Refused");
        assert_eq!(error.source().unwrap().to_string(), "Refused");
        assert_eq!(error.into_last(), Some(Failed::Refused));
    });
}

#[test]
fn with_retry_does_not_try_again_what_another_attempt_cannot_mend() {
    paused().block_on(async {
        let start = Instant::now();
        let worth = |error: &Failed| *error == Failed::Refused;
        let calls = Cell::new(0);
        let backoff = backoff(1_000, 9);
        let failed = retry_if(&backoff, worth, || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(if calls.get() == 2 { Failed::Value } else { Failed::Refused })
        });
        let error = failed.await.unwrap_err();
        assert_eq!((calls.get(), error.attempts()), (2, 2));
        assert_eq!((error.reason(), error.last()), (GaveUp::Hopeless, Some(&Failed::Value)));
        assert_eq!(start.elapsed(), ms(1_000));
    });
}

/// The scraper's decorator: any async function, wrapped.
#[test]
fn decorator_wraps_any_function_and_its_third_attempt_may_succeed() {
    async fn fetch(url: &str, calls: &Cell<u32>) -> Result<usize, Failed> {
        calls.set(calls.get() + 1);
        sleep(ms(10)).await;
        if calls.get() < 3 { Err(Failed::Refused) } else { Ok(url.len()) }
    }
    paused().block_on(async {
        let backoff = backoff(1_000, 3);
        let start = Instant::now();
        let calls = Cell::new(0);
        let fetch_page = async |url: &str| retry(&backoff, || fetch(url, &calls)).await;
        assert_eq!(fetch_page("/page").await, Ok(5));
        assert_eq!(start.elapsed(), ms(3_030), "three attempts, and waits of 1 and 2 s");
        calls.set(0);
        assert_eq!(retry(&backoff, || fetch("/", &calls)).await, Ok(1));
    });
}

/// The API client: 50 at once, one request in ten fails twice. Nobody waits with a permit, so the
/// time is that of the attempts, and of the last of them to be tried again.
#[test]
fn api_client_waits_without_its_permit() {
    paused().block_on(async {
        let limit = Arc::new(Semaphore::new(50));
        let (inside, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let start = Instant::now();
        let requests: Vec<_> = (0..1_000)
            .map(|number| {
                let (limit, inside, most) = (limit.clone(), inside.clone(), most.clone());
                spawn(async move {
                    let calls = AtomicUsize::new(0);
                    let backoff = backoff(500, 3).limit(&limit);
                    let answer = retry(&backoff, || async {
                        let call = calls.fetch_add(1, Ordering::Relaxed) + 1;
                        most.fetch_max(
                            inside.fetch_add(1, Ordering::Relaxed) + 1,
                            Ordering::Relaxed,
                        );
                        sleep(ms(100)).await;
                        inside.fetch_sub(1, Ordering::Relaxed);
                        if number % 10 == 0 && call < 3 { Err(Failed::Refused) } else { Ok(()) }
                    });
                    answer.await.is_ok()
                })
            })
            .collect();
        let mut succeeded = 0;
        for request in requests {
            succeeded += usize::from(request.await.unwrap());
        }
        assert_eq!((succeeded, most.load(Ordering::Relaxed)), (1_000, 50));
        // 1200 attempts, 50 at a time, are 2.4 s; the last to fail first does so at 2.0 s at the
        // latest, and needs 0.5 + 0.1 + 1.0 + 0.1 s more. With the permits kept: 15 s.
        assert!(start.elapsed() <= ms(4_500), "{:?}", start.elapsed());
        assert_eq!(limit.available_permits(), 50);
    });
}

#[test]
fn api_client_lets_others_try_while_it_waits() {
    paused().block_on(async {
        let limit = Semaphore::new(1);
        let failing = backoff(1_000, 2).limit(&limit);
        let mut failing = pin!(retry(&failing, || async { Err::<(), _>("no") }));
        assert!(poll_once(failing.as_mut()).await.is_pending());
        assert_eq!(limit.available_permits(), 1, "it waits without it");
        let other = limit.acquire().await.unwrap();
        sleep(ms(1_500)).await;
        assert!(poll_once(failing.as_mut()).await.is_pending(), "in line for its second attempt");
        drop(other);
        assert_eq!(failing.await.unwrap_err().attempts(), 2);
        assert_eq!(limit.available_permits(), 1);
    });
}

#[test]
fn waits_grow_by_the_factor_up_to_the_cap() {
    let longest = |backoff: &Backoff<'_>| -> Vec<_> {
        (1..=5).map(|failed| backoff.longest(failed).as_millis()).collect()
    };
    assert_eq!(longest(&backoff(500, 9)), [500, 1_000, 2_000, 4_000, 8_000]);
    assert_eq!(longest(&backoff(500, 9).cap(ms(3_000))), [500, 1_000, 2_000, 3_000, 3_000]);
    assert_eq!(longest(&backoff(100, 9).factor(1.0)), [100; 5]);
    assert_eq!(longest(&backoff(8, 9).factor(1.5)), [8, 12, 18, 27, 40]);
    assert_eq!(backoff(500, 9).longest(u32::MAX), Duration::from_secs(30));
    assert_eq!(backoff(0, 9).longest(u32::MAX), Duration::ZERO);
    let far = backoff(500, 9).cap(Duration::MAX);
    assert_eq!(far.longest(u32::MAX), Duration::MAX);
    for factor in [0.5, -1.0, f64::NAN, f64::INFINITY] {
        let said = panic_of(|| backoff(1, 1).factor(factor));
        assert!(said.text.contains("1 (always the same") && said.file.ends_with("retry.rs"));
    }
}

/// From none to all of it, evenly; and not the same for any two.
#[test]
fn jitter_spreads_the_waits_over_all_of_them() {
    paused().block_on(async {
        let jitter = backoff(1_000_000, 2).jitter(true).cap(Duration::from_secs(1_000));
        let mut waits = Vec::new();
        for _ in 0..400 {
            let start = Instant::now();
            retry(&jitter, || async { Err::<(), _>(()) }).await.unwrap_err();
            waits.push(start.elapsed());
        }
        assert!(waits.iter().all(|wait| *wait <= Duration::from_secs(1_000)));
        let below = waits.iter().filter(|wait| **wait < Duration::from_secs(250)).count();
        assert!((40..180).contains(&below), "a quarter of 400: {below}");
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 390);
    });
}

#[test]
fn the_deadline_ends_an_attempt_that_hangs() {
    paused().block_on(async {
        let (start, drops) = (Instant::now(), Drops::new());
        let calls = Cell::new(0);
        let backoff = backoff(500, 3).deadline(ms(10_000));
        let hangs = retry(&backoff, || async {
            let _kept = drops.counted();
            calls.set(calls.get() + 1);
            if calls.get() == 1 {
                return Err(Failed::Refused);
            }
            pending::<Result<(), _>>().await
        });
        let error = hangs.await.unwrap_err();
        assert_eq!(start.elapsed(), ms(10_000));
        assert_eq!((error.attempts(), error.reason()), (2, GaveUp::Deadline));
        assert_eq!(error.last(), Some(&Failed::Refused), "what is known of the one before");
        assert_eq!(drops.count(), 2);
        let said = error.to_string();
        assert_eq!(
            said,
            "gave up after 2 attempts, because the time for all of them is up: Refused"
        );
    });
}

#[test]
fn a_wait_that_would_not_end_before_the_deadline_is_not_begun() {
    paused().block_on(async {
        let start = Instant::now();
        let backoff = backoff(1_000, 9).deadline(ms(3_000));
        let error = retry(&backoff, || async { Err::<(), _>("no") }).await.unwrap_err();
        assert_eq!(start.elapsed(), ms(1_000), "the second wait would have ended at 3 s");
        assert_eq!((error.attempts(), error.reason()), (2, GaveUp::Deadline));
    });
}

#[test]
fn the_deadline_ends_the_wait_for_a_permit() {
    paused().block_on(async {
        let (start, limit) = (Instant::now(), Semaphore::new(0));
        let backoff = backoff(1, 9).deadline(ms(100)).limit(&limit);
        let error = retry(&backoff, || async { Ok::<(), Failed>(()) }).await.unwrap_err();
        assert_eq!(start.elapsed(), ms(100));
        assert_eq!((error.attempts(), error.last()), (0, None));
        assert!(error.source().is_none());
        let unlimited = backoff.deadline(Duration::MAX);
        limit.add_permits(1);
        assert!(retry(&unlimited, || async { Ok::<(), ()>(()) }).await.is_ok());
    });
}

#[test]
fn a_limit_that_is_closed_ends_it() {
    paused().block_on(async {
        let limit = Semaphore::new(1);
        let backoff = backoff(1, 9).limit(&limit);
        let closed = retry(&backoff, || async {
            limit.close();
            Err::<(), _>("no")
        });
        let error = closed.await.unwrap_err();
        assert_eq!((error.attempts(), error.reason()), (1, GaveUp::LimitClosed));
        assert_eq!(
            error.to_string(),
            "gave up after 1 attempt, because their limit was closed: no"
        );
    });
}

/// Dropped in line, in the attempt, and in the wait.
#[test]
fn dropped_anywhere_it_keeps_no_permit() {
    paused().block_on(async {
        for turns in 0..4 {
            let (limit, drops) = (Semaphore::new(1), Drops::new());
            let taken = (turns == 0).then(|| limit.try_acquire().unwrap());
            let backoff = backoff(1, 3).limit(&limit);
            let mut tries = Box::pin(retry(&backoff, || async {
                let _kept = drops.counted();
                yield_now().await;
                Err::<(), _>("no")
            }));
            for _ in 0..turns {
                assert!(poll_once(tries.as_mut()).await.is_pending());
            }
            drop(tries);
            drop(taken);
            assert_eq!(limit.available_permits(), 1, "after {turns} polls");
            assert_eq!(drops.count(), usize::from(turns > 0));
        }
    });
}

/// A wait that ends late is not followed by an attempt.
#[test]
fn no_attempt_begins_after_the_deadline() {
    paused().block_on(async {
        let calls = AtomicUsize::new(0);
        let ten = Duration::from_millis(10);
        let backoff = backoff(9, 5).deadline(2 * ten);
        let failing = async {
            retry(&backoff, || async {
                calls.fetch_add(1, Ordering::Relaxed);
                Err::<(), _>(Failed::Refused)
            })
            .await
        };
        let mut failing = pin!(failing);
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(failing.as_mut().poll(&mut cx).is_pending());
        mainspring::time::advance(5 * ten).await;
        assert!(failing.as_mut().poll(&mut cx).is_ready());
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    });
}

fn in_tasks_on_every_scheduler(kind: Kind) {
    kind.runtime().block_on(async {
        let limit = Arc::new(Semaphore::new(2));
        let tasks: Vec<_> = (0..10_u32)
            .map(|number| {
                let limit = limit.clone();
                spawn(async move {
                    let backoff = backoff(1, 3).jitter(true).limit(&limit);
                    let calls = AtomicUsize::new(0);
                    let answer: Result<u32, RetryError<Failed>> = retry(&backoff, || async {
                        let call = calls.fetch_add(1, Ordering::Relaxed) + 1;
                        yield_now().await;
                        if call < 3 { Err(Failed::Refused) } else { Ok(number) }
                    })
                    .await;
                    answer
                })
            })
            .collect();
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), Ok(number as u32));
        }
        assert_eq!(limit.available_permits(), 2);
    });
}

tests::each_scheduler! { in_tasks_on_every_scheduler }
