//! Timers.

use super::rt::{self, Runtime};
use crate::alloc;
use crate::meter::{Meter, Stopwatch, cpu_time};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// A time-out that never fires. Timed: one task awaits `timeout(60 s, yield_now())`, `ops` times:
/// the work is pending once, so the timer is armed, and dropped when the work is done. Per
/// time-out.
pub fn timeout_unfired(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            let mut in_time = 0;
            let clock = Stopwatch::start(flavor);
            for _ in 0..ops {
                let limit = Duration::from_secs(60);
                in_time += u64::from(rt::timeout(limit, rt::yield_now()).await.is_ok());
            }
            let time = clock.elapsed();
            assert_eq!(in_time, ops, "none fired");
            time
        })
    });
}

/// 100 000 timers armed and dropped. Timed: one task makes them (no allocation but one vector for
/// all, made before), polls each once, which arms it, and drops them all, oldest first. Deadlines
/// lie from 10 to 60 s away, in no order. Per timer.
pub fn armed_and_dropped(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(100_000, |ops| {
        rt.in_task(async move {
            let mut sleeps: Vec<rt::Sleep> = Vec::with_capacity(ops as usize);
            let clock = Stopwatch::start(flavor);
            sleeps.extend(
                (0..ops).map(|i| rt::sleep(Duration::from_millis(10_000 + i * 7_919 % 50_000))),
            );
            let mut sleeps: Pin<Box<[rt::Sleep]>> = Pin::from(sleeps.into_boxed_slice());
            let armed = poll_fn(|cx| {
                // SAFETY: nothing is moved out of the slice: the elements are pinned as it is.
                let all = unsafe { sleeps.as_mut().get_unchecked_mut() };
                let pending = all.iter_mut().filter_map(|sleep| {
                    // SAFETY: as above.
                    let sleep = unsafe { Pin::new_unchecked(sleep) };
                    sleep.poll(cx).is_pending().then_some(())
                });
                Poll::Ready(pending.count() as u64)
            })
            .await;
            drop(sleeps);
            let time = clock.elapsed();
            assert_eq!(armed, ops, "each was armed");
            time
        })
    });
}

/// 50 000 sleeping tasks. Measured: the processor time of the whole process (`getrusage`), from
/// before the first spawn until the last join, of 50 000 tasks that each sleep once, 100 to 200 ms,
/// in no order. Per task.
pub fn sleeping_tasks(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(50_000, |ops| {
        rt.in_task(async move {
            let mut handles = Vec::with_capacity(ops as usize);
            let (wall, start) = (Instant::now(), cpu_time());
            for i in 0..ops {
                handles.push(rt::spawn(async move {
                    rt::sleep(Duration::from_micros(100_000 + i * 7_919 % 100_000)).await;
                }));
            }
            for handle in handles {
                rt::joined(handle.await);
            }
            let time = cpu_time() - start;
            assert!(wall.elapsed() >= Duration::from_millis(100), "they slept");
            time
        })
    });
}

/// Memory of an armed timer. What is asked of the allocator over 1 000 timers, each in a box of its
/// own and polled once.
pub fn armed_bytes(meter: &mut Meter) {
    const TIMERS: usize = 1_000;
    let rt = Runtime::new(meter.flavor());
    let asked = rt.in_task(async {
        let mut sleeps: Vec<Pin<Box<rt::Sleep>>> = Vec::with_capacity(TIMERS);
        let before = alloc::asked();
        for i in 0..TIMERS as u64 {
            let mut sleep = Box::pin(rt::sleep(Duration::from_millis(60_000 + i)));
            let pending = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_pending())).await;
            assert!(pending, "it is a minute away");
            sleeps.push(sleep);
        }
        alloc::asked() - before
    });
    meter.value(asked as f64 / TIMERS as f64);
}
