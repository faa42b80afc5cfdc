//! A pair that wakes each other for ever, and floods from outside, with the three probes beside.

use super::probes::Probes;
use super::rt::{self, Runtime, Spawner};
use crate::labs::series::Series;
use crate::labs::stuck::Crowd;
use crate::labs::who::Threads;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many spawned tasks or sent messages may be under way.
const IN_FLIGHT: u64 = 1_000;
/// How many tasks the flood of wakes goes round.
const WOKEN: usize = 64;

/// The waits of the probes for `length`, and what the crowd did meanwhile, per millisecond.
pub fn waits(threads: Threads, crowd: Crowd, length: Duration) -> Series {
    let rt = Runtime::new(threads);
    let probes = Probes::start(&rt.spawner());
    let done = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    match crowd {
        Crowd::Pair => {
            pair(&rt.spawner(), &probes, &done);
            std::thread::sleep(length);
        }
        Crowd::Spawns => flood_of_spawns(&rt.spawner(), &done, start + length),
        Crowd::Wakes => flood_of_wakes(&rt.spawner(), &done, start + length),
    }
    let mut series = probes.end();
    let per_milli = done.load(Ordering::SeqCst) as f64 / start.elapsed().as_secs_f64() / 1e3;
    series.insert("done".to_owned(), vec![per_milli]);
    series
}

/// Two tasks and one ball. They end with the probes.
fn pair(spawner: &Spawner, probes: &Arc<Probes>, done: &Arc<AtomicU64>) {
    #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
    let (ping, mut pinged) = rt::mpsc::unbounded_channel::<u64>();
    #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
    let (pong, mut ponged) = rt::mpsc::unbounded_channel::<u64>();
    rt::send_now(&pong, 0);
    spawner.spawn(async move {
        while let Some(ball) = rt::received(pinged.recv().await) {
            rt::send_now(&pong, ball + 1);
        }
    });
    let (probes, done) = (probes.clone(), done.clone());
    spawner.spawn(async move {
        while let Some(ball) = rt::received(ponged.recv().await) {
            if probes.are_over() {
                break;
            }
            done.store(ball, Ordering::Relaxed);
            rt::send_now(&ping, ball + 1);
        }
    });
}

/// Waits while too much is under way: the bound, without which a flood is a leak.
fn make_room(sent: u64, done: &AtomicU64) {
    while sent - done.load(Ordering::Acquire) >= IN_FLIGHT {
        std::thread::yield_now();
    }
}

fn flood_of_spawns(spawner: &Spawner, done: &Arc<AtomicU64>, end: Instant) {
    let mut sent = 0;
    while Instant::now() < end {
        make_room(sent, done);
        let done = done.clone();
        spawner.spawn(async move {
            done.fetch_add(1, Ordering::AcqRel);
        });
        sent += 1;
    }
}

fn flood_of_wakes(spawner: &Spawner, done: &Arc<AtomicU64>, end: Instant) {
    let start = |_| {
        #[allow(unused_mut, reason = "not every receiver is received from by &mut")]
        let (wake, mut woken) = rt::mpsc::unbounded_channel::<()>();
        let done = done.clone();
        spawner.spawn(async move {
            while rt::received(woken.recv().await).is_some() {
                done.fetch_add(1, Ordering::AcqRel);
            }
        });
        wake
    };
    let wakes: Vec<_> = (0..WOKEN).map(start).collect();
    for (sent, wake) in wakes.iter().cycle().enumerate() {
        if Instant::now() >= end {
            break;
        }
        make_room(sent as u64, done);
        rt::send_now(wake, ());
    }
}
