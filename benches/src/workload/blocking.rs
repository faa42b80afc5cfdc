//! Closures that block, on threads of their own.

use super::rt::{self, Runtime};
use crate::meter::Meter;
use std::time::{Duration, Instant};

/// `spawn_blocking`, one at a time. Timed: one task hands over a closure that returns a number and
/// awaits it before the next, `ops` times. Per closure.
pub fn one_at_a_time(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(100, |ops| {
        rt.in_task(async move {
            let mut sum = 0;
            let start = Instant::now();
            for i in 0..ops {
                sum += rt::joined(rt::spawn_blocking(move || i).await);
            }
            let time = start.elapsed();
            assert_eq!(sum, ops * (ops - 1) / 2, "each closure ran once");
            time
        })
    });
}

/// `spawn_blocking`, 2 000 at once, on a runtime that has no thread for it yet, as a burst finds
/// it. Timed: one task hands over all of them and then awaits them in order; not timed: making the
/// runtime and ending it. Per closure.
pub fn burst(meter: &mut Meter) {
    let flavor = meter.flavor();
    meter.once(2_000, |ops| Runtime::new(flavor).in_task(all_at_once(ops)));
}

/// The same again and again on one runtime, whose threads wait for it. Per closure.
pub fn burst_warm(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(2_000, |ops| rt.in_task(all_at_once(ops)));
}

async fn all_at_once(ops: u64) -> Duration {
    let mut handles = Vec::with_capacity(ops as usize);
    let mut sum = 0;
    let start = Instant::now();
    for i in 0..ops {
        handles.push(rt::spawn_blocking(move || i));
    }
    for handle in handles {
        sum += rt::joined(handle.await);
    }
    let time = start.elapsed();
    assert_eq!(sum, ops * (ops - 1) / 2, "each closure ran once");
    time
}
