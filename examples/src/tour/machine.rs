//! what a claim costs this machine: bytes of a task and of a thread, and the smallest steps.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use mainspring::blocking::{BlockingConfig, Pool};
use mainspring::sync::Queue;
use mainspring::task::{JoinError, JoinSet, gather, yield_now};
use mainspring::time::sleep;

use crate::usage;

/// Enough for a page of memory more or less not to matter.
const TASKS: usize = 20_000;
const THREADS: usize = 100;

/// Bytes for each of some tasks or threads that wait.
#[derive(Clone, Copy, Debug)]
pub struct Bytes {
    pub resident: f64,
    /// Addresses taken, whether or not there is memory behind them.
    pub reserved: f64,
}

fn grown(before: Option<usage::Memory>, n: usize) -> Option<Bytes> {
    let (before, after) = (before?, usage::memory()?);
    let each = |before: u64, after: u64| after.saturating_sub(before) as f64 / n as f64;
    Some(Bytes {
        resident: each(before.resident, after.resident),
        reserved: each(before.reserved, after.reserved),
    })
}

/// What a task takes that sleeps for an hour; `None` where the system does not say.
///
/// # Cancel safety
/// Dropping it stops the tasks.
pub async fn bytes_of_a_task() -> Option<Bytes> {
    let asleep = Arc::new(AtomicUsize::new(0));
    let before = usage::memory();
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let asleep = asleep.clone();
        tasks.spawn(async move {
            asleep.fetch_add(1, Relaxed);
            sleep(Duration::from_secs(3600)).await;
        });
    }
    // Ordering: a count; the memory that is measured hangs on no order.
    while asleep.load(Relaxed) < TASKS {
        sleep(Duration::from_millis(1)).await;
    }
    grown(before, TASKS)
}

/// What a thread takes that waits; `None` where the system does not say, or allows no more.
#[must_use]
pub fn bytes_of_a_thread() -> Option<Bytes> {
    let before = usage::memory();
    let (tell, told) = channel();
    let start = |_| {
        let (hold, held) = channel::<()>();
        let tell = tell.clone();
        let thread = thread::Builder::new().spawn(move || {
            let _ = tell.send(());
            let _ = held.recv();
        });
        thread.map(|thread| (hold, thread))
    };
    let threads: Result<Vec<_>, _> = (0..THREADS).map(start).collect();
    let threads = threads.ok()?;
    for _ in &threads {
        let _ = told.recv();
    }
    let bytes = grown(before, THREADS);
    for (hold, thread) in threads {
        drop(hold);
        let _ = thread.join();
    }
    bytes
}

/// The same work, one part after the other and side by side.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub alone: Duration,
    pub side_by_side: Duration,
    pub threads: usize,
}

/// The sums of the squares below one million and below two million, `times` times over.
///
/// # Errors
/// When the pool ends before the work.
///
/// # Cancel safety
/// Dropping it gives up the sums; what runs runs to its end.
pub async fn two_sums(times: u32) -> Result<Times, JoinError> {
    parts(vec![0..1_000_000, 0..2_000_000], times).await
}

/// The sum of three million squares, in one job and in one for each core, `times` times over.
///
/// # Errors
/// When the pool ends before the work.
///
/// # Cancel safety
/// As [`two_sums`].
pub async fn one_sum(times: u32) -> Result<Times, JoinError> {
    let n = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    parts((0..n).map(|i| 3_000_000 * i / n..3_000_000 * (i + 1) / n).collect(), times).await
}

async fn parts(ranges: Vec<std::ops::Range<u64>>, times: u32) -> Result<Times, JoinError> {
    let pool = Pool::new(BlockingConfig::cores().name("cores"));
    // `black_box` in the loop, or the compiler replaces it by a formula.
    let square = |n: u64| u128::from(black_box(n)) * u128::from(n);
    let sum = move |range: &std::ops::Range<u64>| -> u128 {
        (0..times).map(|_| range.clone().map(square).sum()).fold(0, |_, sum| sum)
    };
    let clock = Instant::now();
    let expected: Vec<_> = ranges.iter().map(sum).collect();
    let alone = clock.elapsed();
    let clock = Instant::now();
    let sums = gather(ranges.into_iter().map(|range| pool.run(move || sum(&range)))).await?;
    let side_by_side = clock.elapsed();
    assert_eq!(sums, expected);
    let threads = pool.threads();
    pool.shutdown().await;
    Ok(Times { alone, side_by_side, threads })
}

/// Nanoseconds a step: one `yield_now`; a task started and joined; a number put into a queue of
/// one, taken, and answered by another.
///
/// # Errors
/// When a task does not come to its end.
///
/// # Cancel safety
/// Dropping it stops the task it is in.
pub async fn steps(n: u32) -> Result<[f64; 3], JoinError> {
    let each = move |clock: Instant| clock.elapsed().as_secs_f64() * 1e9 / f64::from(n);
    mainspring::spawn(async move {
        let clock = Instant::now();
        for _ in 0..n {
            yield_now().await;
        }
        let yields = each(clock);
        let clock = Instant::now();
        for _ in 0..n {
            mainspring::spawn(async {}).await?;
        }
        let spawns = each(clock);

        let (there, back) = (Arc::new(Queue::new(1)), Arc::new(Queue::new(1)));
        let (from, to) = (there.clone(), back.clone());
        let other = mainspring::spawn(async move {
            while let Ok(number) = from.get().await {
                let _ = to.put(number).await;
            }
        });
        let clock = Instant::now();
        for number in 0..n {
            let _ = there.put(number).await;
            let _ = back.get().await;
        }
        let rounds = each(clock);
        there.shutdown(false);
        other.await?;
        Ok([yields, spawns, rounds])
    })
    .await?
}
