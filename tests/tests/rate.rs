//! The rate limiter and the circuit breaker on every scheduler, and what they say when misused.

use mainspring::rate::{BreakerConfig, BreakerError, BreakerState, CircuitBreaker, RateLimiter};
use mainspring::task::yield_now;
use mainspring::time::{Duration, Instant};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::{Kind, panic_of};

tests::each_scheduler! {
    tasks_that_share_a_limiter_keep_its_rate_together,
    tasks_that_share_a_breaker_stop_together,
}

fn tasks_that_share_a_limiter_keep_its_rate_together(kind: Kind) {
    kind.runtime().block_on(async {
        let limiter = Arc::new(RateLimiter::new(500.0, 10));
        let start = Instant::now();
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let limiter = limiter.clone();
                mainspring::spawn(async move {
                    for _ in 0..4 {
                        limiter.acquire().await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        // Ten at once, thirty at 500 per second.
        assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    });
}

fn tasks_that_share_a_breaker_stop_together(kind: Kind) {
    kind.runtime().block_on(async {
        let config = BreakerConfig { failures: 5, ..BreakerConfig::default() };
        let breaker = Arc::new(CircuitBreaker::new(config));
        let asked = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let (breaker, asked) = (breaker.clone(), asked.clone());
                mainspring::spawn(async move {
                    loop {
                        let refused = breaker.call(|| async {
                            asked.fetch_add(1, Ordering::AcqRel);
                            yield_now().await;
                            Err::<(), _>("refused")
                        });
                        if let Err(BreakerError::Open { retry_after }) = refused.await {
                            break retry_after;
                        }
                    }
                })
            })
            .collect();
        for task in tasks {
            assert!(task.await.unwrap() <= Duration::from_secs(5));
        }
        assert_eq!(breaker.state(), BreakerState::Open);
        let asked = asked.load(Ordering::Acquire);
        assert!((5..5 + 8).contains(&asked), "{asked}: one more for each that was under way");
    });
}

#[test]
fn misuse_names_the_remedy_and_the_callers_line() {
    let small = RateLimiter::new(1.0, 2);
    let config = BreakerConfig { failures: 0, ..BreakerConfig::default() };
    let cases = [
        (panic_of(|| RateLimiter::new(-1.0, 1)), "the rate is a positive number"),
        (panic_of(|| RateLimiter::new(1.0, 0)), "it is at least 1"),
        (panic_of(|| drop(small.acquire_many(3))), "raise its burst, or take them in parts"),
        (panic_of(|| small.try_acquire_many(3)), "raise its burst, or take them in parts"),
        (panic_of(|| CircuitBreaker::new(config)), "set failures to 1 or more"),
    ];
    for (said, remedy) in cases {
        assert!(said.text.contains(remedy), "{said:?}");
        assert!(said.file.ends_with("rate.rs"), "{said:?}");
    }
}

#[test]
fn waiting_without_a_runtime_says_so() {
    let limiter = RateLimiter::new(1.0, 1);
    limiter.try_acquire().expect("the bucket is full");
    let said = panic_of(|| {
        let mut acquire = std::pin::pin!(limiter.acquire());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        std::future::Future::poll(acquire.as_mut(), &mut cx)
    });
    assert!(said.text.contains("runtime"), "{said:?}");
}
