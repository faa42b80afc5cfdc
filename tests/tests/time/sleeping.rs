//! sleep, sleep_until.

use crate::{Kind, Log, ms, paused, poll_once};
use mainspring::task::{spawn, yield_now};
use mainspring::time::{Duration, Instant, sleep, sleep_until};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn takes_exactly_its_time_on_a_virtual_clock() {
    paused().block_on(async {
        let start = Instant::now();
        for millis in [1, 2, 63, 64, 65, 4_095, 4_096, 4_097, 86_400_000, 31_536_000_000] {
            let before = start.elapsed();
            sleep(ms(millis)).await;
            assert_eq!(start.elapsed() - before, ms(millis));
        }
    });
}

fn is_never_early_on_the_real_clock(kind: Kind) {
    kind.runtime().block_on(async {
        let mut sleeps = Vec::new();
        for micros in [0, 1, 50, 100, 333, 500, 999, 1_000, 1_001, 1_500, 2_718, 5_000] {
            for _ in 0..10 {
                sleeps.push(spawn(async move {
                    let wait = Duration::from_micros(micros);
                    let start = std::time::Instant::now();
                    sleep(wait).await;
                    assert!(start.elapsed() >= wait, "{wait:?} took {:?}", start.elapsed());
                }));
                yield_now().await;
            }
        }
        for sleep in sleeps {
            sleep.await.expect("never early");
        }
    });
}

#[test]
fn less_than_a_millisecond_waits_for_the_end_of_it() {
    paused().block_on(async {
        let start = Instant::now();
        sleep(Duration::from_nanos(1)).await;
        assert_eq!(start.elapsed(), ms(1));
        sleep(Duration::from_micros(1_500)).await;
        assert_eq!(start.elapsed(), ms(3));
    });
}

#[test]
fn a_deadline_that_is_over_is_ready_at_once() {
    paused().block_on(async {
        sleep(ms(10)).await;
        let now = Instant::now();
        for deadline in [now, now - ms(5)] {
            assert!(poll_once(pin!(sleep_until(deadline))).await.is_ready());
        }
        assert!(poll_once(pin!(sleep(Duration::ZERO))).await.is_ready());
        assert_eq!(Instant::now(), now);
    });
}

#[test]
fn counts_from_its_making_and_not_from_its_first_poll() {
    paused().block_on(async {
        let start = Instant::now();
        let first = sleep(ms(100));
        sleep(ms(70)).await;
        assert!(!first.is_elapsed());
        first.await;
        assert_eq!(start.elapsed(), ms(100));
    });
}

#[test]
fn equal_deadlines_end_in_the_order_of_arming() {
    let log = Log::default();
    paused().block_on(async {
        let deadline = Instant::now() + ms(500);
        let mut tasks = Vec::new();
        for number in 0..100 {
            let log = log.clone();
            tasks.push(spawn(async move {
                sleep_until(deadline).await;
                log.lock().unwrap().push(number);
            }));
            if number % 10 == 0 {
                sleep(ms(7)).await;
            }
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*log.lock().unwrap(), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_deadline_beyond_the_clock_is_far_in_the_future() {
    paused().block_on(async {
        let wait = sleep(Duration::MAX);
        let years = (wait.deadline() - Instant::now()).as_secs() / (365 * 86_400);
        assert!(years >= 29, "{years}");
        let mut wait = pin!(wait);
        assert!(poll_once(wait.as_mut()).await.is_pending());
        // It does not keep others from their time.
        sleep(ms(5)).await;
        assert!(poll_once(wait.as_mut()).await.is_pending());
    });
}

#[test]
fn a_hundred_thousand_can_be_dropped_and_leave_nothing() {
    let rt = paused();
    let start = rt.block_on(async {
        let start = Instant::now();
        let mut sleeps = Vec::new();
        for n in 0..100_000 {
            let mut wait = Box::pin(sleep(ms(n % 5_000 + 1)));
            assert!(poll_once(wait.as_mut()).await.is_pending());
            sleeps.push(wait);
        }
        drop(sleeps);
        start
    });
    // Nothing is armed any more, so the only deadline there is decides.
    rt.block_on(async {
        sleep(ms(9_999)).await;
        assert_eq!(start.elapsed(), ms(9_999));
    });
}

#[test]
fn is_ready_again_when_polled_again() {
    paused().block_on(async {
        let mut wait = pin!(sleep(ms(1)));
        wait.as_mut().await;
        assert!(wait.is_elapsed());
        assert!(poll_once(wait.as_mut()).await.is_ready());
    });
}

#[test]
fn goes_on_in_another_task() {
    paused().block_on(async {
        let mut wait = Box::pin(sleep(ms(10)));
        assert!(poll_once(wait.as_mut()).await.is_pending());
        spawn(wait).await.unwrap();
    });
}

#[test]
fn uses_the_budget_of_its_task() {
    paused().block_on(async {
        let mut turns = 0;
        let other = Arc::new(AtomicUsize::new(0));
        let ran = other.clone();
        spawn(async move {
            for _ in 0..10 {
                ran.fetch_add(1, Ordering::Relaxed);
                yield_now().await;
            }
        });
        while other.load(Ordering::Relaxed) < 10 {
            turns += 1;
            assert!(turns < 100_000, "the other task starves");
            sleep(Duration::ZERO).await;
        }
    });
}

fn a_busy_runtime_still_fires_timers(kind: Kind) {
    kind.runtime().block_on(async {
        let done = Arc::new(AtomicUsize::new(0));
        let stop = done.clone();
        let busy = spawn(async move {
            while stop.load(Ordering::Relaxed) == 0 {
                yield_now().await;
            }
        });
        sleep(ms(3)).await;
        done.store(1, Ordering::Relaxed);
        busy.await.unwrap();
    });
}

tests::each_scheduler! {
    is_never_early_on_the_real_clock,
    a_busy_runtime_still_fires_timers,
}
