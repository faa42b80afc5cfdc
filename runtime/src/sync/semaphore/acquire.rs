//! a place in the line for permits: the future behind every `acquire`.
//!
//! Read before: `sync/semaphore/permits.rs`. Next: `sync/semaphore/guarded.rs`.
//!
//! * INV-55: a future with a waiter inside is `!Unpin` (its links are), so once polled it stays put
//!   until its `drop`, which leaves the line.

use super::error::AcquireError;
use super::permits::{CLOSED, Permits, SHIFT, WAITERS};
use crate::base::prim::Ordering;
use crate::wake::block_on::{assert_may_block, block_on};
use crate::wake::coop;
use crate::wake::says;
use crate::wake::wait_list::{Handed, Left, Standing, Waiter};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

impl Permits {
    /// Waits for `n` permits, behind all who came before. See [`Acquire`].
    #[inline]
    pub(crate) fn acquire(&self, n: usize) -> Acquire<'_> {
        Acquire { permits: self, n, waiter: Waiter::new() }
    }

    /// Takes `n` permits if they are there, nobody waits, and the budget allows it: what a first
    /// poll of [`acquire`](Self::acquire) would do, without the future.
    #[inline]
    pub(crate) fn acquire_now(&self, n: usize) -> bool {
        let now = coop::left() > 0 && self.try_acquire(n).is_ok();
        if now {
            coop::spend();
        }
        now
    }

    /// Waits for `n` permits and blocks the thread meanwhile. Without a wait it allocates nothing.
    #[track_caller]
    pub(crate) fn acquire_blocking(&self, n: usize) -> Result<(), AcquireError> {
        assert_may_block();
        match self.try_acquire(n) {
            Ok(()) => Ok(()),
            Err(_) => block_on(self.acquire(n)),
        }
    }
}

/// Waits for permits, and is ready when it has them: they are the caller's to release.
///
/// FIFO among all who wait. Cancel-safe: dropped before it is ready, it leaves the line, and gives
/// back what it may have been handed already. Not fused: polled after it was ready, it waits again.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub(crate) struct Acquire<'a> {
    permits: &'a Permits,
    n: usize,
    waiter: Waiter,
}

impl Future for Acquire<'_> {
    type Output = Result<(), AcquireError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(coop::ready(cx));
        let this = self.into_ref().get_ref();
        if this.waiter.standing() == Standing::Out && this.permits.try_acquire(this.n).is_ok() {
            coop::spend();
            return Poll::Ready(Ok(()));
        }
        // SAFETY(INV-55): `self` was pinned.
        says::located(unsafe { this.poll_in_line(cx) }, this.permits.address())
    }
}

impl Acquire<'_> {
    /// # Safety
    /// INV-55: the future is pinned.
    #[inline(never)]
    unsafe fn poll_in_line(&self, cx: &mut Context<'_>) -> Poll<Result<(), AcquireError>> {
        loop {
            let outcome = match self.waiter.standing() {
                // SAFETY(INV-55): the caller's promise.
                Standing::Out => ready!(unsafe { self.line_up(cx.waker().clone()) }),
                Standing::Waiting => {
                    if self.waiter.rewaken(&self.permits.line, cx.waker()) {
                        return Poll::Pending;
                    }
                    continue;
                }
                Standing::Handed(Handed::All) => Err(AcquireError(())),
                Standing::Handed(_) => Ok(()),
            };
            self.waiter.settle();
            coop::spend();
            return Poll::Ready(outcome);
        }
    }

    /// Joins the line, unless there is nothing to wait for after all.
    ///
    /// # Safety
    /// INV-55: the future is pinned.
    unsafe fn line_up(&self, waker: Waker) -> Poll<Result<(), AcquireError>> {
        let Permits { word: shared, line } = self.permits;
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut line = line.lock();
        // Ordering: Relaxed, a first guess: an exchange checks it, or WAITERS guards it.
        let mut word = shared.load(Ordering::Relaxed);
        while word & WAITERS == 0 {
            if word & CLOSED != 0 {
                return Poll::Ready(Err(AcquireError(())));
            }
            let enough = word >> SHIFT >= self.n;
            let now = if enough { word - (self.n << SHIFT) } else { word | WAITERS };
            // Ordering: Acquire, pairs with the Release of `release`: for the permits that we take,
            // or that are there when the word comes under the lock.
            match self.permits.exchange(word, now, Ordering::Acquire) {
                Ok(()) if enough => return Poll::Ready(Ok(())),
                Ok(()) => break,
                Err(now) => word = now,
            }
        }
        // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
        unsafe { line.join(&self.waiter, Some(waker), self.n) };
        Poll::Pending
    }
}

impl Drop for Acquire<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.waiter.standing() != Standing::Out {
            self.give_up();
        }
    }
}

impl Acquire<'_> {
    #[cold]
    fn give_up(&mut self) {
        let permits = self.permits;
        let mut line = permits.line.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        match unsafe { line.leave(&self.waiter) } {
            Left::Waiting(waker) => {
                // We may have been the head that wanted much: who was behind us may want less.
                permits.serve_all(line, 0);
                drop(waker);
            }
            Left::Handed(Handed::All) => {}
            Left::Handed(_) => {
                drop(line);
                permits.release(self.n);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "permits_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "permits_model_tests.rs"]
mod model;
