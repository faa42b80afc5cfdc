//! how many tasks there are: counted by whoever begins and ends them, summed by whoever asks.
//!
//! A worker has two counts of its own, on a line that nobody else writes: a load and a store each.
//! Tasks that are begun or ended by a thread that is no worker are counted together, with a
//! read-modify-write.
//!
//! Nothing is concluded from these numbers, so the model checker need not know them: the atomics
//! are the standard library's in every build.

#![forbid(unsafe_code)]

use crate::base::pad::CachePadded;
use std::sync::atomic::{AtomicU64, Ordering};

/// The tasks of one scheduler.
#[derive(Debug)]
pub(crate) struct Counts {
    workers: Box<[CachePadded<Pair>]>,
    elsewhere: CachePadded<Pair>,
}

/// Tasks that one side began, and that it ended: not the same tasks.
#[derive(Debug, Default)]
struct Pair {
    begun: AtomicU64,
    ended: AtomicU64,
}

impl Counts {
    pub(crate) fn new(workers: usize) -> Self {
        let workers = (0..workers).map(|_| CachePadded::default()).collect();
        Self { workers, elsewhere: CachePadded::default() }
    }

    /// A task was begun, on this thread, which is that worker or none.
    #[inline]
    pub(crate) fn begin(&self, worker: Option<usize>) {
        match worker {
            Some(worker) => add(&self.workers[worker].begun),
            None => add_shared(&self.elsewhere.begun),
        }
    }

    /// A task has ended, on this thread, which is that worker or none.
    #[inline]
    pub(crate) fn end(&self, worker: Option<usize>) {
        match worker {
            Some(worker) => add(&self.workers[worker].ended),
            None => add_shared(&self.elsewhere.ended),
        }
    }

    /// Tasks that were begun and have not ended. While the counts change, one may be among them
    /// that has just ended.
    pub(crate) fn alive(&self) -> usize {
        let all = || self.workers.iter().chain([&self.elsewhere]);
        // Ordering: Relaxed, numbers for people.
        let ended: u64 = all().map(|pair| pair.ended.load(Ordering::Relaxed)).sum();
        // Ordering: Relaxed, numbers for people.
        let begun: u64 = all().map(|pair| pair.begun.load(Ordering::Relaxed)).sum();
        begun.saturating_sub(ended) as usize
    }
}

/// One more; only the owner writes.
#[inline]
fn add(count: &AtomicU64) {
    // Ordering: Relaxed, numbers for people.
    count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// One more, where there is no owner.
fn add_shared(count: &AtomicU64) {
    // Ordering: Relaxed, numbers for people.
    count.fetch_add(1, Ordering::Relaxed);
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_one_side_begins_another_may_end() {
        let tasks = Counts::new(2);
        tasks.begin(Some(0));
        tasks.begin(Some(0));
        tasks.end(Some(1));
        tasks.begin(None);
        assert_eq!(tasks.alive(), 2);
        tasks.end(None);
        tasks.end(Some(1));
        assert_eq!(tasks.alive(), 0);
        tasks.end(None);
        assert_eq!(tasks.alive(), 0, "never less than none");
    }
}
