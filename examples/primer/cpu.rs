//! Work for the processor: one after the other, and on a pool with a thread for each core.
//!
//! ```text
//! cargo run --release --example cpu
//! cargo run --release --example cpu -- --times 1           the documents' work, once
//! ```
//!
//! What you will see: the sums of the squares below one million and below two million, one after
//! the other and side by side, with the milliseconds of each; then the squares of a list of three
//! million numbers, in one job and in one for each core. Each is done a hundred times over: once
//! is over in three milliseconds, which is too short to compare.
//!
//! From the second document (`to_thread`) and the third (`ProcessPoolExecutor`). Python's threads
//! share one lock, so `to_thread` gains nothing there, and processes pay for copying the list.
//! Threads are enough here: on two cores the first work takes two thirds of the time, because its
//! longer part is two thirds of it, and the second takes half. Sums are of 128 bits: with the third
//! document's numbers 64 are 98 % used.

use std::fmt::Display;
use std::hint::black_box;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use examples::flags;
use examples::say;
use mainspring::blocking::{BlockingConfig, Pool};
use mainspring::task::gather;

/// Work for the processor: one after the other, and on a pool with a thread for each core.
#[derive(Debug, Parser)]
pub struct Options {
    /// How many times over the work is done, 1 to 10000
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    times: u32,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

pub fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(async { run(options.times).await.map_err(|error| error.to_string()) })
}

pub async fn run(times: u32) -> Result<(), mainspring::task::JoinError> {
    let pool = Pool::new(BlockingConfig::cores().name("cores"));
    let ranges = [0..1_000_000, 0..2_000_000];
    let clock = Instant::now();
    let alone = ranges.clone().map(|range| over(times, || squares(range.clone()))).to_vec();
    let first = timed("two sums, one after the other", clock, format!("{alone:?}"));

    let clock = Instant::now();
    let both = gather(ranges.map(|range| pool.run(move || over(times, || squares(range.clone())))))
        .await?;
    let second = timed("two sums, side by side", clock, format!("{both:?}"));
    say!("{:.2} of the time; the longer sum alone is 0.67 of it", second / first);
    assert_eq!(alone, both);

    let list: Arc<[u64]> = (0..3_000_000).collect();
    let clock = Instant::now();
    let alone = over(times, || squares_of(&list));
    let first = timed("a list, in one job", clock, alone);

    let clock = Instant::now();
    let jobs = parts(list.len(), pool.threads()).map(|part| {
        let list = list.clone();
        pool.run(move || over(times, || squares_of(&list[part.clone()])))
    });
    let together: u128 = gather(jobs).await?.into_iter().sum();
    let second = timed(&format!("a list, in {} jobs", pool.threads()), clock, together);
    say!("{:.2} of the time", second / first);
    assert_eq!(alone, together);
    pool.shutdown().await;
    Ok(())
}

/// One line; returns the seconds.
fn timed(what: &str, clock: Instant, result: impl Display) -> f64 {
    let seconds = clock.elapsed().as_secs_f64();
    say!("{what}: {:.1} ms, {result}", seconds * 1e3);
    seconds
}

/// Does the same work so many times; its result is always the same.
fn over(times: u32, work: impl Fn() -> u128) -> u128 {
    (0..times).map(|_| work()).fold(0, |_, sum| sum)
}

/// The sum of the squares of a range. Without `black_box` in the loop the compiler replaces the
/// loop by a formula.
fn squares(range: Range<u64>) -> u128 {
    range.map(|n| u128::from(black_box(n)) * u128::from(n)).sum()
}

fn squares_of(list: &[u64]) -> u128 {
    list.iter().map(|n| u128::from(black_box(*n)) * u128::from(*n)).sum()
}

/// `0..len` in `n` parts of nearly the same size.
fn parts(len: usize, n: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n).map(move |part| len * part / n..len * (part + 1) / n)
}
