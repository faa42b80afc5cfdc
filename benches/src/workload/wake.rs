//! Wakes, and how evenly tasks get their turns.

use super::rt::{self, Runtime};
use crate::meter::{Meter, Stopwatch};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Wake, task to task. Timed: a task and one that it has spawned hand a number back and forth over
/// two unbounded channels, `ops / 2` times; each waits while the other has it. Per wake.
pub fn task_to_task(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(5_000, |ops| {
        rt.in_task(async move {
            #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
            let (there, mut from_here) = rt::mpsc::unbounded_channel::<u64>();
            #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
            let (back, mut from_there) = rt::mpsc::unbounded_channel::<u64>();
            rt::detach(rt::spawn(async move {
                while let Some(number) = rt::received(from_here.recv().await) {
                    rt::send_now(&back, number + 1);
                }
            }));
            let mut number = 0;
            let clock = Stopwatch::start(flavor);
            for _ in 0..ops / 2 {
                rt::send_now(&there, number);
                number = rt::received(from_there.recv().await).expect("the other answers");
            }
            let time = clock.elapsed();
            assert_eq!(number, ops / 2, "each answer came");
            time
        })
    });
}

/// Wake, thread to task and back. Timed, on a thread that is no part of the runtime: send a number
/// to a waiting task over an unbounded channel, and wait until the task has sent it back over std's
/// channel; `ops` times. Wall time on every scheduler, for two threads take part. Per round trip.
pub fn thread_to_task(meter: &mut Meter) {
    let rt = Runtime::new(meter.flavor());
    meter.batches(200, |ops| {
        #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
        let (wake, mut woken) = rt::mpsc::unbounded_channel::<u64>();
        let (answer, answers) = mpsc::channel();
        let outside = std::thread::spawn(move || {
            answers.recv().expect("the task says that it is there");
            let start = Instant::now();
            for number in 0..ops {
                rt::send_now(&wake, number);
                assert_eq!(answers.recv(), Ok(number));
            }
            start.elapsed()
        });
        rt.in_task(async move {
            answer.send(u64::MAX).expect("the thread waits");
            while let Some(number) = rt::received(woken.recv().await) {
                answer.send(number).expect("the thread waits");
            }
        });
        outside.join().expect("every answer is the number that was sent")
    });
}

/// Fairness. 100 tasks do nothing but count their turns and yield, for 20 ms. Measured: the turns
/// of the one that had the most, divided by those of the one that had the least; the median of
/// three times. 1 is even.
pub fn spread_of_turns(meter: &mut Meter) {
    const TASKS: usize = 100;
    let rt = Runtime::new(meter.flavor());
    for _ in 0..3 {
        let turns: Vec<u64> = rt.in_task(async {
            let over = Arc::new(AtomicBool::new(false));
            let mut handles = Vec::with_capacity(TASKS);
            for _ in 0..TASKS {
                let over = over.clone();
                handles.push(rt::spawn(async move {
                    let mut turns = 1;
                    while !over.load(Ordering::Relaxed) {
                        turns += 1;
                        rt::yield_now().await;
                    }
                    turns
                }));
            }
            rt::sleep(Duration::from_millis(20)).await;
            over.store(true, Ordering::Relaxed);
            let mut all = Vec::with_capacity(TASKS);
            for handle in handles {
                all.push(rt::joined(handle.await));
            }
            all
        });
        let most = turns.iter().max().expect("there are tasks");
        let least = turns.iter().min().expect("there are tasks");
        meter.value(*most as f64 / *least as f64);
    }
}
