//! A queue with several at both ends.

use super::rt::{self, Runtime};
use crate::meter::{Meter, Stopwatch};
use std::sync::Arc;

/// How many tasks stand at each end.
const TASKS: u64 = 5;

/// Queue of 100, 5 to 5. Timed: spawn five tasks that put 1 000 numbers each and five that get as
/// many; join them. Per number.
pub fn five_to_five(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            let queue = Arc::new(rt::Queue::new(100));
            let each = ops / TASKS;
            let mut handles = Vec::with_capacity(2 * TASKS as usize);
            let clock = Stopwatch::start(flavor);
            for _ in 0..TASKS {
                let queue = queue.clone();
                handles.push(rt::spawn(async move {
                    for number in 0..each {
                        rt::put(&queue, number).await;
                    }
                    0
                }));
            }
            for _ in 0..TASKS {
                let queue = queue.clone();
                handles.push(rt::spawn(async move {
                    let mut sum = 0;
                    for _ in 0..each {
                        sum += rt::get(&queue).await;
                    }
                    sum
                }));
            }
            let mut sum = 0;
            for handle in handles {
                sum += rt::joined(handle.await);
            }
            let time = clock.elapsed();
            assert_eq!(sum, TASKS * (each * (each - 1) / 2), "each number came once");
            time
        })
    });
}
