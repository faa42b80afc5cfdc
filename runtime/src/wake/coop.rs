//! the poll budget: a thread-local `Cell<u8>` that leaf futures spend.
//!
//! A future that always finds its channel full or its socket readable would never return to the
//! executor. So each poll of a task starts with a budget, every leaf operation that makes progress
//! spends one unit, and at zero the leaf wakes its own task and answers `Pending`, although it
//! could go on. The task goes to the back of the queue and starts again with a full budget.
//!
//! The resting value means "no limit": only our executors set a budget, for one poll, and put the
//! old value back. Under another executor, or on a plain thread, nothing is spent.
//!
//! A leaf calls [`ready`] first and [`spend`] when it has made progress:
//!
//! ```text
//! ready!(coop::ready(cx));            // Pending, and woken, when the budget is used up
//! match self.try_it() { Some(v) => { coop::spend(); Poll::Ready(v) }, None => … Pending }
//! ```

#![forbid(unsafe_code)]

use crate::base::note::Page;
use crate::base::prim::plain_local;
use crate::base::trace::trace;
use std::cell::Cell;
use std::task::{Context, Poll};

/// Units per poll: tokio's number, enough to make the switch cheap and short enough to be fair.
pub(crate) const BUDGET: u8 = 128;
/// The resting value: nothing is counted.
const UNLIMITED: u8 = u8::MAX;

/// What is left, and what the poll waits for (`base/note.rs`).
struct Poller(Cell<u8>, Page);

plain_local! {
    static HERE: Poller = Poller(Cell::new(UNLIMITED), Page::new());
}

/// A number that no other thread has while this one lives, and never zero: where its budget is.
pub(crate) fn thread_mark() -> usize {
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

/// The thread's notes.
pub(crate) fn page<R>(f: impl FnOnce(&Page) -> R) -> R {
    HERE.with(|here| f(&here.1))
}

/// Sets a budget until dropped, then puts the old value back.
#[derive(Debug)]
pub(crate) struct Guard {
    before: u8,
}

/// A full budget for one poll.
#[inline]
pub(crate) fn budget() -> Guard {
    Guard { before: HERE.with(|here| here.0.replace(BUDGET)) }
}

/// No limit until the guard is dropped: for code that must not yield.
#[inline]
pub(crate) fn unlimited() -> Guard {
    Guard { before: HERE.with(|here| here.0.replace(UNLIMITED)) }
}

impl Drop for Guard {
    #[inline]
    fn drop(&mut self) {
        HERE.with(|here| here.0.set(self.before));
    }
}

/// May this leaf go on? If the budget is used up, the task is woken and the answer is `Pending`.
#[inline]
pub(crate) fn ready(cx: &mut Context<'_>) -> Poll<()> {
    if left() == 0 {
        return exhausted(cx);
    }
    Poll::Ready(())
}

#[cold]
#[inline(never)] // With its trace inlined, a bounded mpsc has a tenth more instructions.
fn exhausted(cx: &mut Context<'_>) -> Poll<()> {
    trace!(Exhausted);
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// How much is left: for whoever polls another future first and must know whether that one used
/// it up, or spent any. Without a limit it is a number that stays as it is.
#[inline]
pub(crate) fn left() -> u8 {
    HERE.with(|here| here.0.get())
}

/// Is this thread inside a poll of one of our executors? There it must not block.
#[inline]
pub(crate) fn in_poll() -> bool {
    left() != UNLIMITED
}

/// One unit of progress was made.
#[inline]
pub(crate) fn spend() {
    HERE.with(|Poller(left, _)| {
        let now = left.get();
        // Unlimited stays unlimited; zero stays zero.
        left.set(if now == UNLIMITED { now } else { now.saturating_sub(1) });
    });
}

#[cfg(all(test, not(loom)))]
#[path = "coop_tests.rs"]
mod tests;
