//! no runtime: the same operations with a boxed closure, a `VecDeque`, a `Mutex`, raw epoll.
//!
//! A floor says what an operation would cost if scheduling were free. It is not a peer: it cannot
//! be awaited, cancelled or woken. A row has none where nothing simpler does the same. It is the
//! same for both flavors, and is measured again for each, by that flavor's clock.

use crate::meter::{Meter, Stopwatch};
use crate::on::Flavor;
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::{Duration, Instant};

type Job = Box<dyn FnOnce() + Send>;

fn timed(flavor: Flavor, work: impl FnOnce()) -> Duration {
    let clock = Stopwatch::start(flavor);
    work();
    clock.elapsed()
}

/// With another thread, waiting for a core is part of it.
fn timed_by_the_wall(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Box a closure and call it.
pub fn boxed_call(meter: &mut Meter) {
    let flavor = meter.flavor();
    meter.batches(10_000, |ops| {
        timed(flavor, || {
            for i in 0..ops {
                let job: Box<dyn FnOnce() -> u64> = black_box(Box::new(move || i));
                black_box(job());
            }
        })
    });
}

/// Box the closures, queue them all, take and call them.
pub fn boxed_queue(meter: &mut Meter) {
    let flavor = meter.flavor();
    let mut queue: VecDeque<Job> = VecDeque::new();
    meter.batches(10_000, |ops| {
        timed(flavor, || {
            for i in 0..ops {
                queue.push_back(black_box(Box::new(move || {
                    black_box(i);
                })));
            }
            while let Some(job) = queue.pop_front() {
                job();
            }
        })
    });
}

/// Take the first of 200 out of a queue and put it back at the end.
pub fn rotate(meter: &mut Meter) {
    let flavor = meter.flavor();
    let mut queue: VecDeque<u64> = (0..200).collect();
    meter.batches(200_000, |ops| {
        timed(flavor, || {
            for _ in 0..ops {
                let first = queue.pop_front().expect("200 are in it");
                queue.push_back(black_box(first + 1));
            }
        })
    });
}

/// Put a number into a queue behind a mutex and take it out, a hundred at a time.
pub fn locked_queue(meter: &mut Meter) {
    let flavor = meter.flavor();
    let queue = Mutex::new(VecDeque::new());
    meter.batches(5_000, |ops| {
        timed(flavor, || {
            for start in (0..ops).step_by(100) {
                for i in start..start + 100 {
                    queue.lock().unwrap().push_back(i);
                }
                for _ in 0..100 {
                    black_box(queue.lock().unwrap().pop_front());
                }
            }
        })
    });
}

/// std's mutex.
pub fn mutex(meter: &mut Meter) {
    let flavor = meter.flavor();
    let mutex = Mutex::new(0);
    meter.batches(20_000, |ops| {
        timed(flavor, || {
            for _ in 0..ops {
                *black_box(&mutex).lock().unwrap() += 1;
            }
        })
    });
}

/// Read the clock: a deadline cannot be known without.
pub fn clock(meter: &mut Meter) {
    let flavor = meter.flavor();
    meter.batches(5_000, |ops| {
        timed(flavor, || {
            for _ in 0..ops {
                black_box(Instant::now());
            }
        })
    });
}

/// For each timer read the clock and write as many bytes as one of ours has into one vector, made
/// before; then drop the vector.
pub fn clock_and_bytes(meter: &mut Meter) {
    const WORDS: usize = size_of::<mainspring::time::Sleep>() / 8;
    let flavor = meter.flavor();
    meter.batches(100_000, |ops| {
        let mut timers: Vec<(Instant, [u64; WORDS - 2])> = Vec::with_capacity(ops as usize);
        timed(flavor, || {
            timers.extend((0..ops).map(|i| {
                let after = Duration::from_millis(10_000 + i * 7_919 % 50_000);
                (Instant::now() + after, [i; WORDS - 2])
            }));
            drop(black_box(timers));
        })
    });
}

/// Another thread, a channel to it and a channel back; wait for each answer.
pub fn thread_round_trip(meter: &mut Meter) {
    let (jobs, worker) = worker();
    let (answer, answers) = mpsc::channel();
    meter.batches(100, |ops| {
        timed_by_the_wall(|| {
            for i in 0..ops {
                let answer = answer.clone();
                jobs.send(Box::new(move || answer.send(i).unwrap())).unwrap();
                assert_eq!(answers.recv(), Ok(i));
            }
        })
    });
    drop(jobs);
    worker.join().unwrap();
}

/// Another thread and a channel to it; wait for the last answer only.
pub fn thread_batch(meter: &mut Meter) {
    let (jobs, worker) = worker();
    let (answer, answers) = mpsc::channel();
    meter.batches(2_000, |ops| {
        timed_by_the_wall(|| {
            for i in 1..ops {
                let job = move || {
                    black_box(i);
                };
                jobs.send(Box::new(job)).unwrap();
            }
            let answer = answer.clone();
            jobs.send(Box::new(move || answer.send(ops).unwrap())).unwrap();
            assert_eq!(answers.recv(), Ok(ops));
        })
    });
    drop(jobs);
    worker.join().unwrap();
}

fn worker() -> (mpsc::Sender<Job>, std::thread::JoinHandle<()>) {
    let (jobs, inbox) = mpsc::channel::<Job>();
    let worker = std::thread::spawn(move || {
        for job in inbox {
            job();
        }
    });
    (jobs, worker)
}
