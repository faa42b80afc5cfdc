//! a place in the line of a source: the future behind `readable()` and `accept`.
//!
//! The slots of a source hold one task each. Whoever shares a socket between tasks by `&self` needs
//! a line: any number of futures, each with its own place in it, none of which can push another
//! out.
//!
//! ```text
//!  look ── ready? ──► done
//!    │ no
//!    ▼ lock
//!  join the line, announce ── ready meanwhile? ──► leave, done
//!    │ no; unlock, Pending
//!    ▼
//!  called by an event ──► look again: it may have been for the other direction, or used up already
//! ```
//!
//! Being called is a hint and not a gift, so a future that is dropped has nothing to pass on.
//!
//! * INV-49: a `Readiness` that is WAITING leaves its line before it goes: `drop` does it.

use super::ready::Interest;
use super::source::{ReadyEvent, Source};
use crate::wake::wait_list::{Standing, Waiter};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits until a source is ready for something. Any number of these may wait at once.
pub(crate) struct Readiness<'a> {
    source: &'a Source,
    interest: Interest,
    waiter: Waiter,
}

impl<'a> Readiness<'a> {
    pub(crate) fn new(source: &'a Source, interest: Interest) -> Self {
        Self { source, interest, waiter: Waiter::new() }
    }

    /// Joins the line, unless the source is ready by then.
    fn join(self: Pin<&Self>, cx: &Context<'_>) -> Poll<io::Result<ReadyEvent>> {
        // Cloned before the lock, dropped after it.
        let waker = cx.waker().clone();
        let mut line = self.source.line.lock();
        // SAFETY(INV-49): we are pinned, OUT, and `drop` leaves this very line.
        unsafe { line.join(&self.get_ref().waiter, Some(waker), 0) };
        let Some(answer) = self.source.announce().answers(self.interest.wanted()) else {
            return Poll::Pending;
        };
        // SAFETY(INV-49): we joined this line three lines ago.
        let left = unsafe { line.leave(&self.get_ref().waiter) };
        drop(line);
        drop(left);
        Poll::Ready(answer)
    }

    /// Leaves the line, if it is in it.
    fn leave(&self) {
        if self.waiter.standing() == Standing::Waiting {
            let mut line = self.source.line.lock();
            // SAFETY(INV-49): the line it joined, the only one a source has.
            let left = unsafe { line.leave(&self.waiter) };
            drop(line);
            drop(left);
        }
        self.waiter.settle();
    }
}

impl Future for Readiness<'_> {
    type Output = io::Result<ReadyEvent>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_ref();
        loop {
            if let Some(answer) = this.source.look().answers(this.interest.wanted()) {
                this.leave();
                return Poll::Ready(answer);
            }
            match this.waiter.standing() {
                Standing::Out => return this.join(cx),
                Standing::Handed(_) => this.waiter.settle(),
                Standing::Waiting => {
                    if this.waiter.rewaken(&this.source.line, cx.waker()) {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

impl Drop for Readiness<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Readiness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Readiness").field("interest", &self.interest).finish_non_exhaustive()
    }
}
