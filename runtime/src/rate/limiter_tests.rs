use super::*;
use crate::base::rng::Rng;
use crate::runtime::builder::Builder;
use crate::runtime::here::spawn;
use crate::task::join::JoinHandle;
use crate::task::yield_now::yield_now;
use crate::time::sleep::sleep;
use crate::time::timeout::timeout;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex as Lock};

fn paused<F: Future>(test: F) -> F::Output {
    Builder::new_current_thread().start_paused(true).build().unwrap().block_on(test)
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Acquires in a task; the number and the time since `start` go into the log.
fn taker(
    limiter: &Arc<RateLimiter>,
    log: &Log,
    start: Instant,
    number: u32,
    n: u32,
) -> JoinHandle<()> {
    let (limiter, log) = (limiter.clone(), log.clone());
    spawn(async move {
        limiter.acquire_many(n).await;
        log.lock().unwrap().push((number, start.elapsed()));
    })
}

type Log = Arc<Lock<Vec<(u32, Duration)>>>;

#[test]
fn a_full_bucket_gives_its_burst_at_once_and_then_the_rate() {
    paused(async {
        let limiter = RateLimiter::new(20.0, 3);
        let start = Instant::now();
        let mut times = Vec::new();
        for _ in 0..6 {
            limiter.acquire().await;
            times.push(start.elapsed());
        }
        assert_eq!(times, [0, 0, 0, 50, 100, 150].map(ms));
        sleep(ms(10_000)).await;
        let start = Instant::now();
        for _ in 0..3 {
            limiter.acquire().await;
        }
        assert_eq!(start.elapsed(), ms(0), "full again, and not fuller");
        assert!(limiter.try_acquire().is_err());
    });
}

#[test]
fn a_full_bucket_holds_its_burst_exactly_whatever_the_rate() {
    paused(async {
        for rate in [1.0 / 3.0, 3.0, 7.0, 9.9, 1_000.0 / 7.0, 3e5, 7e8, 1e9] {
            for burst in 1..=50 {
                let limiter = RateLimiter::new(rate, burst);
                for taken in 0..burst {
                    let one = limiter.try_acquire();
                    assert!(one.is_ok(), "{rate} per second: {taken} of {burst}, then {one:?}");
                }
                limiter.try_acquire().unwrap_err();
            }
        }
    });
}

#[test]
fn who_came_first_goes_first_even_if_it_wants_more() {
    paused(async {
        let limiter = Arc::new(RateLimiter::new(10.0, 5));
        let (log, start) = (Log::default(), Instant::now());
        limiter.acquire_many(5).await;
        let wants = [(0, 4), (1, 1), (2, 2)];
        let takers = wants.map(|(number, n)| taker(&limiter, &log, start, number, n));
        yield_now().await;
        assert_eq!(limiter.try_acquire().unwrap_err().retry_after(), ms(100), "for itself alone");
        sleep(ms(350)).await;
        // Three are there, but the first wants four.
        assert_eq!(limiter.try_acquire().unwrap_err().retry_after(), ms(0), "others wait");
        for taker in takers {
            taker.await.unwrap();
        }
        assert_eq!(*log.lock().unwrap(), [(0, ms(400)), (1, ms(500)), (2, ms(700))]);
    });
}

#[test]
fn a_waiter_that_is_dropped_takes_nothing_wherever_it_stands() {
    paused(async {
        for dropped in 0..3 {
            let limiter = Arc::new(RateLimiter::new(10.0, 1));
            let (log, start) = (Log::default(), Instant::now());
            limiter.acquire().await;
            let takers: Vec<_> =
                (0..3).map(|number| taker(&limiter, &log, start, number, 1)).collect();
            sleep(ms(50)).await;
            takers[dropped as usize].abort();
            for taker in takers {
                let _cancelled = taker.await;
            }
            let left: Vec<u32> = (0..3).filter(|number| *number != dropped).collect();
            let expected = [(left[0], ms(100)), (left[1], ms(200))];
            assert_eq!(*log.lock().unwrap(), expected);
            assert_eq!(limiter.try_acquire().unwrap_err().retry_after(), ms(100));
        }
    });
}

#[test]
fn a_future_that_was_never_polled_takes_nothing() {
    let limiter = RateLimiter::new(1.0, 1);
    drop(limiter.acquire());
    drop(limiter.acquire_many(1));
    limiter.try_acquire().unwrap();
}

#[test]
fn bad_numbers_are_refused_where_they_are_written() {
    let refuses = |says: &str, rate: f64, burst: u32| {
        let panic = catch_unwind(|| RateLimiter::new(rate, burst)).unwrap_err();
        assert!(text(&*panic).contains(says), "{says}: {}", text(&*panic));
    };
    refuses("positive", 0.0, 1);
    refuses("positive", -1.0, 1);
    refuses("positive", f64::NAN, 1);
    refuses("billion", f64::INFINITY, 1);
    refuses("burst of 0", 1.0, 0);
    refuses("30 years", 1e-9, 1);
    let limiter = RateLimiter::new(1.0, 2);
    let acquire = AssertUnwindSafe(|| drop(limiter.acquire_many(3)));
    assert!(text(&*catch_unwind(acquire).unwrap_err()).contains("at most 2"));
    let tried = catch_unwind(AssertUnwindSafe(|| limiter.try_acquire_many(3)));
    assert!(text(&*tried.unwrap_err()).contains("at most 2"));
}

fn text(panic: &(dyn Any + Send)) -> &str {
    match panic.downcast_ref::<String>() {
        Some(text) => text,
        None => panic.downcast_ref::<&str>().unwrap(),
    }
}

#[test]
fn zero_permits_are_always_there() {
    paused(async {
        let limiter = RateLimiter::new(1.0, 1);
        limiter.acquire().await;
        limiter.acquire_many(0).await;
        limiter.try_acquire_many(0).unwrap();
    });
}

#[test]
fn it_is_send_and_sync_and_so_are_its_futures() {
    fn both<T: Send + Sync>(_: &T) {}
    fn send<T: Send>(_: &T) {}
    let limiter = RateLimiter::new(1.0, 1);
    both(&limiter);
    send(&limiter.acquire());
    send(&limiter.acquire_many(1));
    both(&limiter.try_acquire());
}

/// Some tasks come at some time and want some permits; some do not wait for ever.
#[test]
fn random_takers_get_what_the_bucket_has_in_the_order_of_their_coming() {
    paused(async {
        for seed in 1..3_000 {
            let mut order = one_script(seed).await;
            let grants = order.clone();
            order.sort_by_key(|grant| grant.came);
            assert_eq!(order, grants, "seed {seed}: first come, first served");
        }
    });
}

#[derive(Debug, Clone, PartialEq)]
struct Grant {
    came: Instant,
    at: Instant,
    n: u32,
}

async fn one_script(seed: u64) -> Vec<Grant> {
    let rng = Rng::seeded(seed);
    let burst = 1 + rng.below(5);
    let rate = f64::from(5 + rng.below(200));
    let limiter = Arc::new(RateLimiter::new(rate, burst));
    let grants = Arc::new(Lock::new(Vec::new()));
    let mut tasks = Vec::new();
    // Each comes at a time of its own, so there is an order.
    for came in 0..8 {
        let (limiter, grants) = (limiter.clone(), grants.clone());
        let came = ms(u64::from(rng.below(40)) * 8 + came);
        let n = 1 + rng.below(burst);
        let patience = (seed.is_multiple_of(2) && rng.below(3) == 0)
            .then(|| ms(1 + u64::from(rng.below(100))));
        tasks.push(spawn(async move {
            sleep(came).await;
            let came = Instant::now();
            let acquire = limiter.acquire_many(n);
            let got = match patience {
                Some(patience) => timeout(patience, acquire).await.is_ok(),
                None => {
                    acquire.await;
                    true
                }
            };
            if got {
                grants.lock().unwrap().push(Grant { came, at: Instant::now(), n });
            }
            got || patience.is_some()
        }));
    }
    for task in tasks {
        assert!(task.await.unwrap(), "seed {seed}: the patient are served");
    }
    let grants = grants.lock().unwrap().clone();
    check_windows(seed, &grants, rate, burst);
    if !seed.is_multiple_of(2) {
        check_haste(seed, &grants, rate, burst);
    }
    grants
}

/// In no stretch of time is more given than the burst and what flows in meanwhile.
fn check_windows(seed: u64, grants: &[Grant], rate: f64, burst: u32) {
    for (first, from) in grants.iter().enumerate() {
        let mut given = 0;
        for to in &grants[first..] {
            given += to.n;
            let flowed = (to.at - from.at).as_secs_f64() * rate;
            assert!(
                f64::from(given) <= f64::from(burst) + flowed + 1e-6,
                "seed {seed}: {grants:?}"
            );
        }
    }
}

/// Whoever waits behind nobody impatient is served as soon as the bucket allows, up to the wheel's
/// millisecond.
fn check_haste(seed: u64, grants: &[Grant], rate: f64, burst: u32) {
    let whole = f64::from(burst) / rate;
    let start = grants[0].came;
    let (mut full_at, mut before) = (0.0_f64, 0.0_f64);
    for grant in grants {
        let asked = (grant.came - start).as_secs_f64().max(before);
        let full = full_at.max(asked) + f64::from(grant.n) / rate;
        let due = asked.max(full - whole);
        let at = (grant.at - start).as_secs_f64();
        assert!((due - 1e-6..due + 2e-3).contains(&at), "seed {seed}: {grant:?} due {due}");
        full_at = full_at.max(at) + f64::from(grant.n) / rate;
        before = at;
    }
}
