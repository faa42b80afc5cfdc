//! timeout, timeout_at.

use crate::{Kind, ms, paused};
use mainspring::task::spawn;
use mainspring::time::error::Elapsed;
use mainspring::time::{Duration, Instant, sleep, timeout, timeout_at};
use std::future::{IntoFuture, pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn gives_the_value_or_says_that_it_is_late() {
    paused().block_on(async {
        let start = Instant::now();
        assert_eq!(timeout(ms(10), ready(5)).await, Ok(5));
        let slow = async {
            sleep(ms(50)).await;
            6
        };
        assert!(timeout(ms(10), slow).await.is_err());
        assert_eq!(start.elapsed(), ms(10));
        let quick = async {
            sleep(ms(5)).await;
            7
        };
        assert_eq!(timeout(ms(10), quick).await, Ok(7));
        assert_eq!(start.elapsed(), ms(15));
    });
}

#[test]
fn a_value_beats_a_deadline_that_is_over_as_well() {
    paused().block_on(async {
        assert_eq!(timeout(Duration::ZERO, ready(1)).await, Ok(1));
        assert_eq!(timeout_at(Instant::now() - ms(0), ready(2)).await, Ok(2));
        assert!(timeout(Duration::ZERO, pending::<()>()).await.is_err());
        assert!(timeout_at(Instant::now(), pending::<()>()).await.is_err());
    });
}

#[test]
fn a_duration_beyond_the_clock_is_no_limit() {
    paused().block_on(async {
        let value = async {
            sleep(Duration::from_secs(40 * 365 * 86_400)).await;
            1
        };
        assert_eq!(timeout(Duration::MAX, value).await, Ok(1));
    });
}

#[test]
fn nested_ones_are_told_apart() {
    paused().block_on(async {
        let start = Instant::now();
        let inner_first = timeout(ms(20), timeout(ms(10), pending::<()>())).await;
        assert!(matches!(inner_first, Ok(Err(_))));
        assert_eq!(start.elapsed(), ms(10));
        let outer_first = timeout(ms(10), timeout(ms(20), pending::<()>())).await;
        assert!(outer_first.is_err());
        assert_eq!(start.elapsed(), ms(20));
        let equal = timeout(ms(10), timeout(ms(10), pending::<()>())).await;
        assert!(matches!(equal, Ok(Err(_))), "the inner one is polled first");
    });
}

#[test]
fn gives_its_future_back() {
    paused().block_on(async {
        let mut late = timeout(ms(10), ready(3));
        assert!(format!("{:?}", late.get_ref()).contains('3'));
        *late.get_mut() = ready(4);
        assert_eq!(late.into_inner().await, 4);
    });
}

#[test]
fn takes_what_can_become_a_future() {
    struct Later;
    impl IntoFuture for Later {
        type Output = u8;
        type IntoFuture = std::future::Ready<u8>;
        fn into_future(self) -> Self::IntoFuture {
            ready(9)
        }
    }
    paused().block_on(async {
        assert_eq!(timeout(ms(1), Later).await, Ok(9));
    });
}

/// A future that uses up every budget and is never ready: the deadline is seen all the same.
fn a_future_that_eats_its_budget_is_late_in_time(kind: Kind) {
    let late = kind.runtime().block_on(async {
        let greedy = async {
            loop {
                sleep(Duration::ZERO).await;
            }
        };
        timeout(ms(20), greedy).await
    });
    assert!(late.is_err());
}

/// The other way round: a task that loops over timeouts that are over gives way to others.
fn timeouts_that_are_over_use_the_budget(kind: Kind) {
    let rt = kind.runtime();
    let busy = async move {
        let other = spawn(async {});
        let mut turns = 0;
        while !other.is_finished() {
            turns += 1;
            // Where there are siblings, it depends on the system when one of them takes it.
            let starves =
                turns == 100_000 && matches!(kind, Kind::CurrentThread | Kind::Workers(1));
            assert!(!starves, "the other task starves");
            let _ = timeout(Duration::ZERO, pending::<()>()).await;
        }
    };
    rt.block_on(rt.spawn(busy)).unwrap();
}

#[test]
fn its_error_is_a_timed_out_io_error() {
    fn read() -> Result<(), Elapsed> {
        paused().block_on(timeout_once())
    }
    async fn timeout_once() -> Result<(), Elapsed> {
        timeout(ms(1), pending()).await
    }
    let elapsed = read().expect_err("late");
    assert_eq!(elapsed.to_string(), "deadline has elapsed");
    assert_eq!(std::io::Error::from(elapsed).kind(), std::io::ErrorKind::TimedOut);
}

#[test]
fn drops_the_future_with_itself() {
    struct Noted(Arc<AtomicUsize>);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    paused().block_on(async {
        let noted = Noted(drops.clone());
        let never = async move {
            let _noted = noted;
            pending::<()>().await;
        };
        let mut late = Box::pin(timeout(ms(1), never));
        assert!(late.as_mut().await.is_err());
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        drop(late);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

tests::each_scheduler! {
    a_future_that_eats_its_budget_is_late_in_time,
    timeouts_that_are_over_use_the_budget,
}
