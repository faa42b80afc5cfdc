//! how a workload is driven: how many operations, how often, and what becomes of the numbers.
//!
//! A workload hands [`Meter::batches`] a closure that does a number of operations and returns what
//! they took. The meter decides how often to call it. So the same workload serves the comparison,
//! criterion, the tests and the counting of allocations, and measures itself the same way in all.
//!
//! Batches are about a millisecond long, and a run's result is the median of its batches: on a
//! machine that others use, most batches are not interrupted, and the few that are do not count.

use crate::alloc::{self, Allocated};
use crate::on::Flavor;
use count::meter::boundary;
use std::time::{Duration, Instant};

#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// Batches until the time is used up, and at least three (one, if one takes a tenth of a
    /// second).
    Timed(Duration),
    /// As many batches, after one to warm up. For a profile.
    Batches(u64),
    /// At least as many operations, for criterion.
    Operations(u64),
    /// One small batch. For tests.
    Tiny,
    /// One batch with the allocations counted, after one to warm up.
    Count,
    /// Batches of at most so many operations for callgrind: one to warm up; one, and one twice as
    /// long, with a boundary before, between and after them.
    Marked(u64),
}

#[derive(Debug)]
pub struct Meter {
    flavor: Flavor,
    mode: Mode,
    values: Vec<f64>,
    total: Duration,
    done: u64,
    allocated: Option<Allocated>,
}

impl Meter {
    pub fn new(flavor: Flavor, mode: Mode) -> Self {
        let (values, total) = (Vec::new(), Duration::ZERO);
        Self { flavor, mode, values, total, done: 0, allocated: None }
    }

    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// The size of a batch: what the row is defined for, or less in a test. Workloads that divide a
    /// batch among tasks divide by a divisor of 1 000.
    pub fn size(&self, ops: u64) -> u64 {
        match self.mode {
            Mode::Tiny => ops.min(1_000),
            Mode::Marked(most) => ops.min(most),
            _ => ops,
        }
    }

    /// Calls `batch` with the number of operations to do; it returns what they took.
    pub fn batches(&mut self, ops: u64, mut batch: impl FnMut(u64) -> Duration) {
        let ops = self.size(ops);
        match self.mode {
            Mode::Tiny => self.note(ops, batch(ops)),
            Mode::Count => {
                batch(ops);
                let (time, allocated) = alloc::counted(|| batch(ops));
                self.note(ops, time);
                self.allocated = Some(allocated);
            }
            Mode::Marked(_) => {
                batch(ops);
                for size in [ops, 2 * ops] {
                    boundary();
                    self.note(size, batch(size));
                }
                boundary();
            }
            Mode::Batches(batches) => {
                batch(ops);
                for _ in 0..batches {
                    self.note(ops, batch(ops));
                }
            }
            Mode::Operations(wanted) => {
                while self.done < wanted {
                    self.note(ops, batch(ops));
                }
            }
            Mode::Timed(budget) => {
                let start = Instant::now();
                batch(ops);
                let one = start.elapsed();
                // A long batch has warmed up by itself.
                let least = if one < Duration::from_millis(100) { 3 } else { 1 };
                while self.values.len() < least || start.elapsed() < budget {
                    self.note(ops, batch(ops));
                }
            }
        }
    }

    /// For what is only itself the first time: one batch, without one to warm up. `batch` makes all
    /// it needs. (Criterion wants more, and gets them.)
    pub fn once(&mut self, ops: u64, mut batch: impl FnMut(u64) -> Duration) {
        match self.mode {
            Mode::Operations(_) | Mode::Marked(_) => self.batches(ops, batch),
            Mode::Count => {
                let (time, allocated) = alloc::counted(|| batch(ops));
                self.note(ops, time);
                self.allocated = Some(allocated);
            }
            _ => {
                let ops = self.size(ops);
                self.note(ops, batch(ops));
            }
        }
    }

    fn note(&mut self, ops: u64, time: Duration) {
        self.values.push(time.as_nanos() as f64 / ops as f64);
        self.total += time;
        self.done += ops;
    }

    /// A result that is not a time.
    pub fn value(&mut self, value: f64) {
        self.values.push(value);
    }

    /// The median: nanoseconds per operation, or what [`Meter::value`] was given.
    pub fn median(&self) -> f64 {
        crate::stats::median(&self.values)
    }

    /// What criterion wants: the time of as many operations as it asked for.
    pub fn time_of(&self, operations: u64) -> Duration {
        self.total.mul_f64(operations as f64 / self.done as f64)
    }

    /// How many operations were noted; those to warm up are not.
    pub fn operations(&self) -> u64 {
        self.done
    }

    /// Allocations per operation and bytes per operation, in [`Mode::Count`].
    pub fn allocated(&self) -> Option<(f64, f64)> {
        let per = |count: u64| count as f64 / self.done as f64;
        self.allocated.map(|allocated| (per(allocated.calls), per(allocated.bytes)))
    }
}

/// A stopwatch that stands still while this thread is ready to run and another has its core.
///
/// On a machine that others use, wall time says as much about them: a batch of two milliseconds is
/// interrupted more often than one of half a millisecond, so it flatters whoever is faster. This is
/// wall time, sleeping included, less the time in the kernel's run queue.
///
/// For work on one thread only. With several, that time may be the runtime's own doing, and the
/// task that measures may go from one to another: on `multi_thread` this is wall time and nothing
/// else, for every peer and for the floor.
#[derive(Debug)]
pub struct Stopwatch {
    /// What this thread had queued at the start; `None`: wall time.
    queued: Option<Duration>,
    start: Instant,
}

impl Stopwatch {
    pub fn start(flavor: Flavor) -> Self {
        let queued = (flavor == Flavor::CurrentThread).then(queued);
        Self { queued, start: Instant::now() }
    }

    pub fn elapsed(&self) -> Duration {
        let wall = self.start.elapsed();
        let meanwhile = self.queued.map_or(Duration::ZERO, |then| queued().saturating_sub(then));
        wall.saturating_sub(meanwhile)
    }
}

/// How long this thread has been ready to run without running, since it exists. Zero where the
/// kernel does not say.
fn queued() -> Duration {
    let numbers = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = numbers.split(' ').nth(1).and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

/// The memory of this process that is in RAM, in bytes.
pub fn resident() -> u64 {
    resident_of("self")
}

/// The same of another process.
pub fn resident_of(process: &str) -> u64 {
    let pages = std::fs::read_to_string(format!("/proc/{process}/statm"));
    let pages = pages.expect("Linux says what a process uses");
    let pages: u64 =
        pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).expect("a number");
    // SAFETY: asks for a constant.
    pages * unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64
}

/// The processor time that this process has used, all threads, user and system.
pub fn cpu_time() -> Duration {
    // SAFETY: `rusage` is plain numbers, for which zero is a value; the call fills it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &mut usage), 0, "getrusage");
        usage
    };
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1_000);
    time(usage.ru_utime) + time(usage.ru_stime)
}
