//! Several futures at once: select!, JoinSet, TaskGroup, gather, and intervals beside each other.
//! smol has none of them.

use super::rt::{self, Runtime};
use crate::meter::{Meter, Stopwatch, cpu_time};
use std::time::{Duration, Instant};

/// select! of two channels. Timed: a task sends numbers to two channels of 100 in turn, and the
/// task that measures takes them with one `select!` until both channels have ended. Per number.
pub fn select_two(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            let (left, mut from_left) = rt::mpsc::channel(100);
            let (right, mut from_right) = rt::mpsc::channel(100);
            let clock = Stopwatch::start(flavor);
            rt::detach(rt::spawn(async move {
                for number in 0..ops / 2 {
                    left.send(number).await.expect("the receiver lives");
                    right.send(number).await.expect("the receiver lives");
                }
            }));
            let (mut count, mut sum) = (0, 0);
            loop {
                let number = rt::select! {
                    Some(number) = from_left.recv() => number,
                    Some(number) = from_right.recv() => number,
                    else => break,
                };
                count += 1;
                sum += number;
            }
            let time = clock.elapsed();
            let half = ops / 2;
            assert_eq!((count, sum), (2 * half, half * (half - 1)), "each came once");
            time
        })
    });
}

/// How many children a row has.
const CHILDREN: u64 = 10_000;

async fn child(number: u64) -> Result<u64, std::convert::Infallible> {
    Ok(number)
}

/// JoinSet of 10 000. Timed: they are spawned into a set, and joined as they end. Per task.
pub fn join_set(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(CHILDREN, |ops| {
        rt.in_task(async move {
            let clock = Stopwatch::start(flavor);
            let mut set = rt::JoinSet::new();
            for number in 0..ops {
                set.spawn(child(number));
            }
            let mut sum = 0;
            while let Some(joined) = set.join_next().await {
                sum += joined.expect("it ends").expect("it cannot fail");
            }
            let time = clock.elapsed();
            assert_eq!(sum, ops * (ops - 1) / 2, "each ended once");
            time
        })
    });
}

/// TaskGroup of 10 000. Timed: a scope that spawns them and ends when all have. tokio has no such
/// scope: a `JoinSet` stands in, whose first error would abort the rest. Per task.
pub fn task_group(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(CHILDREN, |ops| {
        rt.in_task(async move {
            let clock = Stopwatch::start(flavor);
            rt::group((0..ops).map(child)).await.expect("they cannot fail");
            clock.elapsed()
        })
    });
}

/// gather of 10 000. Timed: they are spawned, and their results come back in their order. tokio has
/// no such function: a vector of handles stands in. Per task.
pub fn gather(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(CHILDREN, |ops| {
        rt.in_task(async move {
            let clock = Stopwatch::start(flavor);
            let all = rt::gather((0..ops).map(child)).await.expect("they cannot fail");
            let time = clock.elapsed();
            assert!(all.iter().copied().eq(0..ops), "in their order");
            time
        })
    });
}

/// Interval ticks. Measured: the processor time of the whole process, of 1 000 tasks with an
/// interval of 10 ms each, for 20 ticks. Per tick.
pub fn ticks(meter: &mut Meter) {
    const TICKS: u64 = 20;
    let rt = Runtime::new(meter.flavor());
    meter.batches(1_000 * TICKS, |ops| {
        rt.in_task(async move {
            let mut handles = Vec::with_capacity((ops / TICKS) as usize);
            let (wall, start) = (Instant::now(), cpu_time());
            for _ in 0..ops / TICKS {
                handles.push(rt::spawn(async move {
                    let mut interval = rt::interval(Duration::from_millis(10));
                    for _ in 0..TICKS {
                        interval.tick().await;
                    }
                }));
            }
            for handle in handles {
                rt::joined(handle.await);
            }
            let time = cpu_time() - start;
            let least = Duration::from_millis(10) * (TICKS - 1) as u32;
            assert!(
                wall.elapsed() >= least,
                "the first tick is at once, the others are waited for"
            );
            time
        })
    });
}
