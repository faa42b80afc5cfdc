//! the meter of a count: fixed numbers of operations, and no clock.
//!
//! The workloads are those of `benches`: they include `crate::meter`, and here they get this one. A
//! batch runs five times: once to warm up, once and twice as long for callgrind, and the same for
//! the allocator. What the second has more than the first is what its operations cost; the start of
//! the batch, and all that is done once, stands in both.

use crate::alloc;
use std::hint::black_box;
use std::time::Duration;

/// A stopwatch that stands still: reading a clock is no part of an operation.
#[derive(Debug)]
pub struct Stopwatch;

impl Stopwatch {
    pub fn start(_: OneThread) -> Self {
        Self
    }

    pub fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}

/// The scheduler that is counted: `current_thread`.
#[derive(Clone, Copy, Debug)]
pub struct OneThread;

#[derive(Debug)]
pub struct Meter {
    ops: u64,
    allocations: Option<f64>,
}

impl Meter {
    /// Batches of so many operations, and of twice as many.
    pub fn new(ops: u64) -> Self {
        Self { ops, allocations: None }
    }

    pub fn flavor(&self) -> OneThread {
        OneThread
    }

    pub fn size(&self, _usual: u64) -> u64 {
        self.ops
    }

    pub fn batches(&mut self, _usual: u64, mut batch: impl FnMut(u64) -> Duration) {
        let sizes = [self.ops, 2 * self.ops];
        batch(self.ops);
        for size in sizes {
            boundary();
            batch(size);
        }
        boundary();
        let calls = sizes.map(|size| alloc::counted(|| batch(size)).1.calls as f64);
        self.allocations = Some((calls[1] - calls[0]) / self.ops as f64);
    }

    /// No row here has a result of its own.
    pub fn value(&mut self, _: f64) {}

    /// Calls of the allocator per operation.
    pub fn allocations(&self) -> Option<f64> {
        self.allocations
    }
}

/// Callgrind writes its counters down, and starts from zero, whenever this is called: before the
/// smaller batch, between the two, and after the greater.
#[inline(never)]
pub fn boundary() {
    black_box(());
}

/// Nothing of the process is measured here, though some of the workloads ask.
pub fn resident() -> u64 {
    0
}

/// As [`resident`].
pub fn cpu_time() -> Duration {
    Duration::ZERO
}
