//! sleep, timeout, interval.

use crate::local::Local;
use crate::parts::{Count, Counted, Log, turns};
use std::future::{Future, pending, poll_fn};
use std::task::Poll;
use std::time::{Duration, Instant};

/// How time is waited for. In `block_on_paused` the clock stands still while there is something to
/// do, and then jumps to the next deadline.
pub trait Time: Local {
    fn block_on_paused<F: Future>(future: F) -> F::Output;
    fn now() -> Instant;
    fn sleep(duration: Duration) -> impl Future<Output = ()>;
    /// `None`: the time is up.
    fn timeout<F: Future>(duration: Duration, future: F)
    -> impl Future<Output = Option<F::Output>>;
    /// Calls `tick` `count` times, `period` apart, for the first time at once.
    fn every(period: Duration, count: u32, tick: impl FnMut()) -> impl Future<Output = ()>;
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn a_sleep_is_never_short<M: Time>() {
    M::block_on(async {
        for millis in [0, 1, 5] {
            let start = Instant::now();
            M::sleep(ms(millis)).await;
            assert!(start.elapsed() >= ms(millis));
        }
    });
}

/// From a minute to a day, and just before, at and behind each step of a wheel.
pub fn a_sleep_is_exact<M: Time>() {
    M::block_on_paused(async {
        for millis in [1, 63, 64, 65, 100, 4095, 4096, 4097, 60_000, 262_144, 262_145, 86_400_000] {
            let start = M::now();
            M::sleep(ms(millis)).await;
            assert_eq!(M::now() - start, ms(millis));
        }
    });
}

pub fn earlier_deadlines_first<M: Time>() {
    let log = Log::default();
    M::block_on_paused(async {
        let sleeper = |millis| {
            let log = log.clone();
            M::spawn_local(async move {
                M::sleep(ms(millis)).await;
                log.push(millis.to_string());
            })
        };
        let tasks: Vec<_> = [300, 5, 70, 64, 5000, 6].into_iter().map(sleeper).collect();
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(log.lines(), ["5", "6", "64", "70", "300", "5000"]);
}

pub fn equal_deadlines_in_their_order<M: Time>() {
    let log = Log::default();
    M::block_on_paused(async {
        let sleeper = |name: usize| {
            let log = log.clone();
            M::spawn_local(async move {
                M::sleep(ms(1000)).await;
                log.push(name.to_string());
            })
        };
        let tasks: Vec<_> = (0..10).map(sleeper).collect();
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(log.lines(), (0..10).map(|name| name.to_string()).collect::<Vec<_>>());
}

pub fn many_sleeps_at_once<M: Time>() {
    let (ended, start) = (Count::default(), Instant::now());
    M::block_on_paused(async {
        let begin = M::now();
        let sleeper = |number: u64| {
            let ended = ended.clone();
            M::spawn_local(async move {
                let millis = number * 7919 % 100_003;
                M::sleep(ms(millis)).await;
                assert_eq!(M::now() - begin, ms(millis));
                ended.add();
            })
        };
        let tasks: Vec<_> = (0..2000).map(sleeper).collect();
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(ended.get(), 2000);
    // A hundred seconds of the paused clock are none of ours.
    assert!(start.elapsed() < Duration::from_secs(50));
}

pub fn a_timeout_ends_what_is_late<M: Time>() {
    M::block_on_paused(async {
        let (dropped, start) = (Count::default(), M::now());
        let held = dropped.on_drop();
        let late = async move {
            let _held = held;
            pending::<()>().await;
        };
        assert_eq!(M::timeout(ms(250), late).await, None);
        assert_eq!((M::now() - start, dropped.get()), (ms(250), 1));
    });
}

pub fn a_timeout_hands_on_what_is_in_time<M: Time>() {
    M::block_on_paused(async {
        let start = M::now();
        let quick = async {
            M::sleep(ms(10)).await;
            "quick"
        };
        assert_eq!(M::timeout(ms(250), quick).await, Some("quick"));
        // The timer that was not needed is gone: nobody waits for it.
        M::sleep(ms(1)).await;
        assert_eq!(M::now() - start, ms(11));
        // Ready wins, also when the time is up as well.
        assert_eq!(M::timeout(ms(0), async { 1 }).await, Some(1));
    });
}

pub fn a_dropped_sleep_wakes_nobody<M: Time>() {
    M::block_on_paused(async {
        let start = M::now();
        for millis in 1..100 {
            let _ = M::timeout(ms(1), M::sleep(ms(millis + 1))).await;
        }
        assert_eq!(M::now() - start, ms(99));
    });
}

/// Nor is anybody polled for the timer of a sleep that is gone.
pub fn a_dropped_sleep_leaves_no_timer<M: Time>() {
    let polls = Count::default();
    M::block_on_paused(async {
        let mut gone = Box::pin(M::sleep(ms(10)));
        poll_fn(|cx| Poll::Ready(gone.as_mut().poll(cx).is_pending())).await;
        drop(gone);
        Counted::new(M::sleep(ms(100)), &polls).await;
    });
    assert_eq!(polls.get(), 2);
}

pub fn an_interval_keeps_its_pace<M: Time>() {
    let log = Log::default();
    M::block_on_paused(async {
        let start = M::now();
        M::every(ms(40), 4, || log.push((M::now() - start).as_millis().to_string())).await;
    });
    assert_eq!(log.lines(), ["0", "40", "80", "120"]);
}

pub fn a_busy_task_does_not_stop_the_clock<M: Time>() {
    M::block_on(async {
        let busy = M::spawn_local(async {
            loop {
                turns(1).await;
            }
        });
        M::sleep(ms(5)).await;
        drop(busy);
    });
}

#[macro_export]
macro_rules! time {
    ($machine:ty) => {
        $crate::each! { $machine, time:
            a_sleep_is_never_short,
            a_sleep_is_exact,
            earlier_deadlines_first,
            equal_deadlines_in_their_order,
            many_sleeps_at_once,
            a_timeout_ends_what_is_late,
            a_timeout_hands_on_what_is_in_time,
            a_dropped_sleep_wakes_nobody,
            a_dropped_sleep_leaves_no_timer,
            an_interval_keeps_its_pace,
            a_busy_task_does_not_stop_the_clock,
        }
    };
}
