//! collect wakers under a lock, wake them after it.
//!
//! A waker is somebody else's code: it may take locks, drop values, panic. So nobody wakes under a
//! lock. A batch holds up to [`Batch::CAPACITY`] wakers on the stack; when it is full, the caller
//! lets go of its lock, wakes the batch and goes on.
//!
//! A waker that panics does not take the rest of its batch with it. A driver reports each panic; a
//! call of the user's resumes the first, when the others have been woken.

#![forbid(unsafe_code)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Waker;

/// What a panicking waker threw.
pub(crate) type Panic = Box<dyn Any + Send>;

/// Hears of panics that nobody can be given.
pub(crate) type Report = Arc<dyn Fn(Panic) + Send + Sync>;

/// Wakers that wait for a lock to be released.
#[derive(Debug)]
pub(crate) struct Batch {
    wakers: [Option<Waker>; Batch::CAPACITY],
    len: usize,
}

impl Batch {
    /// Enough to make the lock pairs cheap, few enough to sit on the stack.
    pub(crate) const CAPACITY: usize = 32;

    pub(crate) const fn new() -> Self {
        Self { wakers: [const { None }; Batch::CAPACITY], len: 0 }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == Batch::CAPACITY
    }

    /// Adds a waker; the batch must not be full.
    pub(crate) fn push(&mut self, waker: Waker) {
        self.wakers[self.len] = Some(waker);
        self.len += 1;
    }

    /// Wakes all, first come first served, and empties the batch. No lock may be held. `report`
    /// hears of every waker that panicked.
    pub(crate) fn wake_each(&mut self, mut report: impl FnMut(Panic)) {
        for slot in &mut self.wakers[..std::mem::take(&mut self.len)] {
            let Some(waker) = slot.take() else { continue };
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
                report(panic);
            }
        }
    }

    /// Wakes all, and keeps the first panic for a caller who can only hand on one.
    #[must_use = "a waker's panic has to be resumed"]
    pub(crate) fn wake_all(&mut self) -> Result<(), Panic> {
        let mut first = Ok(());
        self.wake_each(|panic| match first {
            Ok(()) => first = Err(panic),
            // What was thrown may throw again when it is dropped; leaking it cannot.
            Err(_) => std::mem::forget(panic),
        });
        first
    }
}

#[cfg(all(test, not(loom)))]
#[path = "batch_tests.rs"]
mod tests;
