//! numbers for tasks, drawn in blocks: no line that all threads share is written per task.

#![forbid(unsafe_code)]

use super::header::Id;
use crate::base::prim::{AtomicU64, Ordering};
use std::cell::Cell;
use std::num::NonZeroU64;

/// Where the numbers come from: one counter for the process, which starts at 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ids(&'static AtomicU64);

impl Ids {
    /// Numbers drawn at once by a worker.
    const BLOCK: u64 = 1024;

    pub(crate) fn new(counter: &'static AtomicU64) -> Self {
        Self(counter)
    }

    /// A number for a task or job that no worker makes.
    pub(crate) fn one(self) -> Id {
        id(self.draw(1))
    }

    fn draw(self, n: u64) -> u64 {
        // Ordering: Relaxed, only the numbers' being different matters.
        self.0.fetch_add(n, Ordering::Relaxed)
    }
}

fn id(number: u64) -> Id {
    Id(NonZeroU64::new(number).expect("ids start at 1 and do not wrap in a lifetime"))
}

/// A worker's block of numbers.
#[derive(Debug)]
pub(crate) struct Block {
    ids: Ids,
    /// The next number, and the end of the block.
    left: Cell<(u64, u64)>,
}

impl Block {
    pub(crate) fn new(ids: Ids) -> Self {
        Self { ids, left: Cell::new((0, 0)) }
    }

    #[inline]
    pub(crate) fn next(&self) -> Id {
        let (next, end) = self.left.get();
        if next == end {
            return self.draw();
        }
        self.left.set((next + 1, end));
        id(next)
    }

    #[cold]
    fn draw(&self) -> Id {
        let first = self.ids.draw(Ids::BLOCK);
        self.left.set((first + 1, first + Ids::BLOCK));
        id(first)
    }
}
