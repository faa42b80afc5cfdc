//! how a task keeps its scheduler alive without a shared count per task.
//!
//! A waker may outlive its runtime, and it must be able to say "this task is ready" without meeting
//! freed memory: a wake may be in flight on another thread while the runtime ends. So every task
//! cell owns one count of its scheduler. An `Arc` per task would be two read-modify-writes on a
//! line that all threads share; so the counts come in batches. A worker draws [`Credit::BATCH`]
//! counts at once and hands them out, one a spawn; a cell freed on a worker of the same scheduler
//! gives its count back to that worker. Both are plain arithmetic. Only a cell freed elsewhere
//! pays.
//!
//! ```text
//!   Counted { refs = handles + Σ credits + cells }        refs = 0 ⇒ the block is freed
//!        ▲ one fetch_add per 1 024 spawns     ▲ fetch_sub: a cell freed on a foreign thread
//!   Credit (per worker) ── take ──► cell ── give ──► Credit
//! ```
//!
//! * INV-20: a live cell owns one count of its scheduler's block.
//!
//! The block may therefore be freed on any thread: its destructor joins nothing and runs no user
//! code.

use crate::base::prim::{AtomicUsize, Ordering};
use std::cell::Cell;
use std::ops::Deref;
use std::ptr::NonNull;

/// A value with a count of its own.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    refs: AtomicUsize,
    value: S,
}

impl<S> Counted<S> {
    /// The value behind a cell's scheduler pointer.
    ///
    /// # Safety
    /// INV-20: the caller (or the cell it holds) owns a count of the block.
    pub(crate) unsafe fn value<'a>(this: *const Self) -> &'a S {
        // SAFETY(INV-20): a count is held, so the block is alive.
        unsafe { &(*this).value }
    }

    /// Gives `n` counts back, and frees the block with the last.
    ///
    /// # Safety
    /// INV-20: the caller owns `n` counts and does not use the block afterwards.
    pub(crate) unsafe fn release(this: *const Self, n: usize) {
        // Ordering: Release, what this thread did with the block comes before its end; Acquire, the
        // last one sees what all others did. Pairs with the other `release` calls.
        // SAFETY(INV-20): the counts are still ours.
        if unsafe { (*this).refs.fetch_sub(n, Ordering::AcqRel) } == n {
            // SAFETY(INV-20): no count is left, so nobody else can reach the block.
            drop(unsafe { Box::from_raw(this.cast_mut()) });
        }
    }

    /// # Safety
    /// INV-20: the caller owns a count.
    unsafe fn retain(this: *const Self, n: usize) {
        // Ordering: Relaxed, whoever adds counts holds one, so the block cannot go away meanwhile.
        // SAFETY(INV-20): the caller holds a count.
        unsafe { (*this).refs.fetch_add(n, Ordering::Relaxed) };
    }
}

/// One count, held like an `Arc`.
#[derive(Debug)]
pub(crate) struct Keep<S> {
    block: NonNull<Counted<S>>,
}

// SAFETY(INV-20): a Keep is a shared reference with a count, as an Arc is.
unsafe impl<S: Send + Sync> Send for Keep<S> {}
// SAFETY(INV-20): as above.
unsafe impl<S: Send + Sync> Sync for Keep<S> {}

impl<S> Keep<S> {
    pub(crate) fn new(value: S) -> Self {
        let block = Box::new(Counted { refs: AtomicUsize::new(1), value });
        Self { block: NonNull::from(Box::leak(block)) }
    }

    /// The block's address: what a cell stores, and what a thread compares to know that it is home.
    #[inline]
    pub(crate) fn as_ptr(&self) -> *const Counted<S> {
        self.block.as_ptr()
    }

    /// A count for one cell, from outside any worker.
    pub(crate) fn count_for_cell(&self) -> *const Counted<S> {
        // SAFETY(INV-20): `self` holds a count.
        unsafe { Counted::retain(self.as_ptr(), 1) };
        self.as_ptr()
    }
}

impl<S> Deref for Keep<S> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        // SAFETY(INV-20): `self` holds a count.
        unsafe { Counted::value(self.as_ptr()) }
    }
}

impl<S> Clone for Keep<S> {
    fn clone(&self) -> Self {
        self.count_for_cell();
        Self { block: self.block }
    }
}

impl<S> Drop for Keep<S> {
    fn drop(&mut self) {
        // SAFETY(INV-20): `self` holds one count, and is gone after this.
        unsafe { Counted::release(self.as_ptr(), 1) };
    }
}

/// A worker's stock of counts.
#[derive(Debug)]
pub(crate) struct Credit<S> {
    keep: Keep<S>,
    stock: Cell<usize>,
}

impl<S> Credit<S> {
    /// Counts drawn at once.
    pub(crate) const BATCH: usize = 1024;

    pub(crate) fn new(keep: Keep<S>) -> Self {
        Self { keep, stock: Cell::new(0) }
    }

    pub(crate) fn keep(&self) -> &Keep<S> {
        &self.keep
    }

    /// A count for a new cell.
    #[inline]
    pub(crate) fn take(&self) -> *const Counted<S> {
        if self.stock.get() == 0 {
            self.draw();
        }
        self.stock.set(self.stock.get() - 1);
        self.keep.as_ptr()
    }

    #[cold]
    fn draw(&self) {
        // SAFETY(INV-20): `keep` holds a count.
        unsafe { Counted::retain(self.keep.as_ptr(), Self::BATCH) };
        self.stock.set(Self::BATCH);
    }

    /// The count of a cell that was freed here. A worker that frees what others spawn would hoard
    /// counts; above two batches it returns one.
    #[inline]
    pub(crate) fn give(&self) {
        self.stock.set(self.stock.get() + 1);
        if self.stock.get() > 2 * Self::BATCH {
            self.give_back(Self::BATCH);
        }
    }

    #[cold]
    fn give_back(&self, n: usize) {
        self.stock.set(self.stock.get() - n);
        // SAFETY(INV-20): the stock held these counts, and `keep` holds one more.
        unsafe { Counted::release(self.keep.as_ptr(), n) };
    }
}

impl<S> Drop for Credit<S> {
    fn drop(&mut self) {
        self.give_back(self.stock.get());
    }
}
