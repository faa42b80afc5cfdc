//! Timers and the ends of runtimes, threads and contexts.

use crate::{Kind, message, ms, paused, poll_once};
use mainspring::runtime::Runtime;
use mainspring::task::{spawn, spawn_blocking};
use mainspring::time::{
    Duration, Instant, Sleep, interval, sleep, sleep_until, timeout, timeout_at,
};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls with a waker that only counts.
fn poll(wait: &mut Pin<Box<Sleep>>, bell: &Arc<Bell>) -> Poll<()> {
    wait.as_mut().poll(&mut Context::from_waker(&Waker::from(bell.clone())))
}

/// A sleep that was never polled.
fn made_in(rt: &Runtime, millis: u64) -> Pin<Box<Sleep>> {
    let _inside = rt.enter();
    Box::pin(sleep(ms(millis)))
}

#[test]
fn without_a_runtime_they_panic_with_a_remedy() {
    let now = Instant::now();
    let makers: [fn(Instant); 6] = [
        |_| drop(sleep(ms(1))),
        |now| drop(sleep_until(now)),
        |_| drop(timeout(ms(1), pending::<()>())),
        |now| drop(timeout_at(now, pending::<()>())),
        |_| drop(interval(ms(1))),
        |now| drop(mainspring::time::interval_at(now, ms(1))),
    ];
    for make in makers {
        let said = message(|| make(now));
        assert!(said.contains("runtime") && said.contains("block_on"), "{said}");
    }
}

fn polled_for_the_first_time_without_a_runtime_it_panics(kind: Kind) {
    let mut wait = made_in(&kind.runtime(), 1_000);
    let said = message(|| assert!(poll(&mut wait, &Arc::default()).is_pending()));
    assert!(said.contains("runtime") && said.contains("block_on"), "{said}");
}

fn dropped_on_another_thread_after_the_runtime_has_ended(kind: Kind) {
    let rt = kind.runtime();
    let bell = Arc::new(Bell::default());
    let sleeps: Vec<_> = rt.block_on(async {
        (0..100)
            .map(|n| {
                let mut wait = Box::pin(sleep(ms(10_000 + n)));
                assert!(poll(&mut wait, &bell).is_pending());
                wait
            })
            .collect()
    });
    drop(rt);
    assert_eq!(bell.0.load(Ordering::Relaxed), 100, "the end wakes whoever still waits");
    std::thread::spawn(move || drop(sleeps)).join().unwrap();
    assert_eq!(Arc::strong_count(&bell), 1, "no waker is left behind");
}

/// The wheels come back: whatever an earlier runtime left armed does not disturb a later one.
#[test]
fn dropped_while_the_next_runtime_has_the_wheel() {
    let bell = Arc::new(Bell::default());
    let mut left = Vec::new();
    for _ in 0..50 {
        let rt = paused();
        rt.block_on(async {
            for millis in [5, 70, 5_000] {
                let mut wait = Box::pin(sleep(ms(millis)));
                assert!(poll(&mut wait, &bell).is_pending());
                left.push(wait);
            }
            let start = Instant::now();
            sleep(ms(1)).await;
            // Of the runtimes before.
            left.drain(..left.len() - 3);
            sleep(ms(100)).await;
            assert_eq!(start.elapsed(), ms(101));
        });
    }
    drop(left);
    assert_eq!(Arc::strong_count(&bell), 1);
}

fn a_sleep_moves_from_runtime_to_runtime(kind: Kind) {
    let mut wait = made_in(&kind.runtime(), 20);
    let bell = Arc::new(Bell::default());
    kind.runtime().block_on(async { assert!(poll(&mut wait, &bell).is_pending()) });
    let end = wait.deadline();
    kind.runtime().block_on(wait);
    assert!(Instant::now() >= end);
}

#[test]
fn is_dropped_in_the_middle_of_a_task_that_is_aborted() {
    paused().block_on(async {
        let task = spawn(async { sleep(ms(1_000)).await });
        sleep(ms(1)).await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        let start = Instant::now();
        sleep(ms(5_000)).await;
        assert_eq!(start.elapsed(), ms(5_000));
    });
}

/// Armed on another thread that is inside the runtime, while the one that drives it sleeps.
fn armed_on_another_thread_it_fires_all_the_same(kind: Kind) {
    let rt = kind.runtime();
    let handle = rt.handle().clone();
    rt.block_on(async {
        let woken = spawn_blocking(move || {
            let _inside = handle.enter();
            let bell = Arc::new(Bell::default());
            let mut wait = Box::pin(sleep(ms(5)));
            while poll(&mut wait, &bell).is_pending() {
                std::thread::yield_now();
            }
            wait.is_elapsed() && Instant::now() >= wait.deadline()
        });
        assert!(woken.await.unwrap());
    });
}

fn many_short_lives_on_two_threads(kind: Kind) {
    let rt = kind.runtime();
    let handle = rt.handle().clone();
    let stop = Arc::new(AtomicUsize::new(0));
    let seen = stop.clone();
    let other = std::thread::spawn(move || {
        let _inside = handle.enter();
        let bell = Arc::new(Bell::default());
        let (mut micros, mut last) = (0, Vec::new());
        while seen.load(Ordering::Relaxed) == 0 {
            let mut waits: Vec<_> = (0..20)
                .map(|_| {
                    micros = (micros + 37) % 3_000;
                    Box::pin(sleep(Duration::from_micros(micros)))
                })
                .collect();
            for wait in &mut waits {
                let _ = poll(wait, &bell);
            }
            for wait in waits.iter_mut().step_by(3) {
                wait.as_mut().reset(Instant::now() + Duration::from_micros(500));
                let _ = poll(wait, &bell);
            }
            last = waits;
        }
        (last, bell)
    });
    rt.block_on(async {
        for n in 0..300 {
            let mut wait = Box::pin(sleep(Duration::from_micros(n * 7)));
            let _ = poll_once(wait.as_mut()).await;
            wait.await;
        }
    });
    stop.store(1, Ordering::Relaxed);
    let (last, bell) = other.join().unwrap();
    drop(rt);
    drop(last);
    assert_eq!(Arc::strong_count(&bell), 1);
}

tests::each_scheduler! {
    polled_for_the_first_time_without_a_runtime_it_panics,
    dropped_on_another_thread_after_the_runtime_has_ended,
    a_sleep_moves_from_runtime_to_runtime,
    armed_on_another_thread_it_fires_all_the_same,
    many_short_lives_on_two_threads,
}
