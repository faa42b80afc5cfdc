//! one word: flags and references; every transition is a named enum.
//!
//! The lower bits say what may happen to the task, the upper bits count who can reach it.
//! Everything is one word, so that one read-modify-write can answer "may I?" and "is anybody else
//! here?" at once, and so that there is one order of events. Nothing ever stores to it plainly: a
//! plain store would wipe out a wake from another thread.
//!
//! What each bit says when it is set, and who must act when both sides meet in it:
//!
//! * `SCHEDULED`: a queue entry exists, or its maker is about to push it. The first wake pushes;
//!   later ones only write.
//! * `RUNNING`: one thread owns the future. A wake during the poll sets `SCHEDULED`, and the runner
//!   pushes.
//! * `COMPLETE`: the slot holds the output, or nothing any more. Whoever finds the other side gone
//!   drops the output.
//! * `JOIN_INTEREST`: a `JoinHandle` exists. Clear at the end: the runner drops the output.
//! * `JOIN_WAKER`: the join waker is set, and the runner may take it at the end. Clear: the waker
//!   slot is the handle's.
//! * `CANCELLED`: the future is to be dropped instead of polled, by the next runner, or by the
//!   present one after its poll.
//! * `REGISTERED`: the registry holds a reference. The runner unlinks the task at the end.
//! * `MESSAGE`: `task/message.rs` knows why the task was aborted, until the cell is freed.
//!
//! ```text
//!            1 start               2 idle                      5 complete
//! SCHEDULED ────────► RUNNING ───────────────► (none: idle) ─┐   RUNNING ──► COMPLETE
//!     ▲                  │  2 idle, woken meanwhile          │ 3 wake, 4 cancel
//!     │◄─────────────────┘                                   │
//!     └──────────────────────────────────────────────────────┘
//!            6 claim (the runtime ends): idle or SCHEDULED ──► RUNNING | CANCELLED
//!            7 join_wait, 8 join_forget, 9 drop_handle: the handle's side, JOIN bits only
//! ```
//!
//! References: one for each queue entry, one for the registry, one for the handle, one for each
//! waker. A new task has two: its queue entry and its handle.
//!
//! * INV-21: only the thread whose transition set `RUNNING` touches the future.
//! * INV-22: at most one queue entry of a task can be started: `start` needs `SCHEDULED` set and
//!   `RUNNING`, `COMPLETE` clear.
//! * INV-23: the cell is freed by whoever takes the last reference, and by nobody else.

#![forbid(unsafe_code)]

use crate::base::prim::{AtomicUsize, Ordering};

pub(super) const SCHEDULED: usize = 1 << 0;
pub(super) const RUNNING: usize = 1 << 1;
pub(super) const COMPLETE: usize = 1 << 2;
const JOIN_INTEREST: usize = 1 << 3;
const JOIN_WAKER: usize = 1 << 4;
pub(super) const CANCELLED: usize = 1 << 5;
const REGISTERED: usize = 1 << 6;
pub(super) const MESSAGE: usize = 1 << 7;
pub(super) const ONE: usize = 1 << 8;

/// The word.
pub(crate) struct State(pub(super) AtomicUsize);

/// What the holder of a queue entry may do now.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Start {
    /// Poll the future. The flag says whether the registry knows the task.
    Poll { registered: bool },
    /// Drop the future: the task was aborted.
    Cancel { registered: bool },
    /// Somebody else has ended the task; the entry's reference is all that is left.
    Gone,
}

/// What the runner must do after a poll that was pending.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Idle {
    /// Nothing; the entry's reference is gone or has become the registry's.
    Parked,
    /// Push the entry again: the task was woken during the poll.
    Again,
    /// Drop the future: the task was aborted during the poll. `RUNNING` is still the caller's.
    Cancel,
}

/// What the runner must do when the future has ended.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Complete {
    /// Nobody wants the output: drop it, then say `complete` again.
    Unwanted,
    /// Take the join waker and wake it, then drop the references.
    WakeJoiner,
    /// All done; the references are dropped. `last`: free the cell.
    Done { last: bool },
}

/// What the end of the runtime must do with a task from the registry.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Claim {
    /// Drop the future; the caller now has `RUNNING`.
    Cancel,
    /// A thread is polling it and will cancel it when the poll ends.
    Running,
    /// It has ended by itself.
    Complete,
}

/// What a dropped handle must do.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum DropHandle {
    /// The output is there and nobody else will drop it; then drop the reference.
    DropOutput,
    /// The handle's waker is out of the runner's reach: drop it, then drop the reference.
    DropWaker,
    /// Nothing; the reference is gone. `last`: free the cell.
    Done { last: bool },
}

fn idle(word: usize) -> bool {
    word & (SCHEDULED | RUNNING | COMPLETE) == 0
}

fn no_refs(word: usize) -> bool {
    word < ONE
}

impl State {
    /// A task that is about to be queued, with a handle.
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(SCHEDULED | JOIN_INTEREST | (2 * ONE)))
    }

    /// One compare-and-swap loop for all transitions that depend on the flags. `step` says the new
    /// word, or `None` to leave it as it is.
    ///
    /// Ordering of success: Release, so that what this thread did to the task is seen by the next
    /// one; Acquire, so that this thread sees what the last one did. Every transition pairs with
    /// every other, because each may hand the future, the output or the waker slot over.
    #[inline(always)]
    pub(super) fn update<R>(&self, step: impl Fn(usize) -> (R, Option<usize>)) -> R {
        // Ordering: Acquire, for the steps that end here without a write (`Gone`, `Complete`):
        // they read what the completing thread wrote before its AcqRel.
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            let (answer, new) = step(word);
            let Some(new) = new else { return answer };
            // Ordering: AcqRel, see above; Acquire on failure, as for the load.
            match self.0.compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return answer,
                Err(now) => word = now,
            }
        }
    }

    /// 1: a queue entry was popped.
    #[inline]
    pub(super) fn start(&self) -> Start {
        self.update(|word| {
            let registered = word & REGISTERED != 0;
            if word & (RUNNING | COMPLETE) != 0 {
                return (Start::Gone, None);
            }
            debug_assert!(word & SCHEDULED != 0, "INV-22: a queue entry of a task not scheduled");
            let answer = match word & CANCELLED {
                0 => Start::Poll { registered },
                _ => Start::Cancel { registered },
            };
            (answer, Some((word & !SCHEDULED) | RUNNING))
        })
    }

    /// 2: the poll was pending. `entering`: the registry has just linked the task and takes over
    /// the entry's reference, or needs one of its own if the entry lives on. `yielded`: the task
    /// asked to be queued again, which is as good as a wake.
    #[inline]
    pub(super) fn idle(&self, entering: bool, yielded: bool) -> Idle {
        self.update(|word| {
            let registered = if entering { REGISTERED } else { 0 };
            let scheduled = if yielded { SCHEDULED } else { 0 };
            let word = (word & !RUNNING) | registered | scheduled;
            if word & CANCELLED != 0 {
                (Idle::Cancel, None)
            } else if word & SCHEDULED != 0 {
                (Idle::Again, Some(if entering { word + ONE } else { word }))
            } else {
                (Idle::Parked, Some(if entering { word } else { word - ONE }))
            }
        })
    }

    /// 3: wake by a waker that gives its reference away. True: the caller pushes an entry, which
    /// now owns that reference. False: the caller still has to drop it.
    #[inline]
    pub(super) fn wake_by_value(&self) -> bool {
        // Ordering: Release, what the waking thread did is seen by the poll (also when the task was
        // scheduled already: that is why this writes). Acquire, for the cell's content. Pairs with
        // `start` and `idle`.
        idle(self.0.fetch_or(SCHEDULED, Ordering::AcqRel))
    }

    /// 3: wake by a waker that keeps its reference. True: the caller pushes an entry, for which a
    /// reference has been added.
    #[inline]
    pub(super) fn wake_by_ref(&self) -> bool {
        self.update(|word| Self::schedule(word, 0))
    }

    /// 4: abort. True: the caller pushes an entry, as for `wake_by_ref`.
    pub(super) fn cancel(&self) -> bool {
        self.update(|word| Self::schedule(word, CANCELLED))
    }

    #[inline(always)]
    pub(super) fn schedule(word: usize, flag: usize) -> (bool, Option<usize>) {
        if word & COMPLETE != 0 {
            (false, None)
        } else if idle(word) {
            (true, Some((word | SCHEDULED | flag) + ONE))
        } else {
            (false, Some(word | SCHEDULED | flag))
        }
    }

    /// 5: the future has ended and the slot holds the output (`stored`), or nothing any more. Drops
    /// `refs` references in the same step, unless a joiner waits: then the caller keeps them until
    /// it has taken the waker, because the joiner may free everything else.
    #[inline]
    pub(super) fn complete(&self, stored: bool, refs: usize) -> Complete {
        self.update(|word| {
            let done = (word & !RUNNING) | COMPLETE;
            if stored && word & JOIN_INTEREST == 0 {
                (Complete::Unwanted, None)
            } else if word & JOIN_WAKER != 0 {
                (Complete::WakeJoiner, Some(done))
            } else {
                let done = done - refs * ONE;
                (Complete::Done { last: no_refs(done) }, Some(done))
            }
        })
    }

    /// 6: the runtime ends.
    pub(super) fn claim(&self) -> Claim {
        self.update(|word| {
            if word & COMPLETE != 0 {
                (Claim::Complete, None)
            } else if word & RUNNING != 0 {
                (Claim::Running, Some(word | CANCELLED))
            } else {
                (Claim::Cancel, Some(word | RUNNING | CANCELLED))
            }
        })
    }

    /// 7: the handle has written its waker. False: too late, the task is complete and the waker
    /// slot still the handle's.
    pub(super) fn join_wait(&self) -> bool {
        self.update(|word| match word & COMPLETE {
            0 => (true, Some(word | JOIN_WAKER)),
            _ => (false, None),
        })
    }

    /// 8: the handle wants its waker slot back. False: too late, the runner has it.
    pub(super) fn join_forget(&self) -> bool {
        self.update(|word| match word & COMPLETE {
            0 => (true, Some(word & !JOIN_WAKER)),
            _ => (false, None),
        })
    }

    /// 9: the handle is dropped and has not taken the output.
    pub(super) fn drop_handle(&self) -> DropHandle {
        self.update(|word| {
            if word & COMPLETE != 0 {
                (DropHandle::DropOutput, None)
            } else if word & JOIN_WAKER != 0 {
                let word = word & !(JOIN_INTEREST | JOIN_WAKER);
                (DropHandle::DropWaker, Some(word))
            } else {
                let word = (word & !JOIN_INTEREST) - ONE;
                (DropHandle::Done { last: no_refs(word) }, Some(word))
            }
        })
    }

    /// Has the task ended? If so, this thread sees its output.
    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        // Ordering: Acquire, pairs with the AcqRel of `complete`.
        self.0.load(Ordering::Acquire) & COMPLETE != 0
    }

    /// Is a waker of the handle's in the runner's reach? Until the end only the handle decides.
    #[inline]
    pub(super) fn has_join_waker(&self) -> bool {
        // Ordering: Relaxed, the handle asks about a bit that only it sets or clears.
        self.0.load(Ordering::Relaxed) & JOIN_WAKER != 0
    }

    /// One more reference, made from one that is held.
    #[inline]
    pub(super) fn retain(&self) {
        // Ordering: Relaxed, the reference it is made from keeps the cell alive meanwhile.
        if self.0.fetch_add(ONE, Ordering::Relaxed) > usize::MAX / 2 {
            // Half of all counts are leaked wakers; a wrap-around would free a live task.
            std::process::abort();
        }
    }

    /// Drops `refs` references. True: they were the last, free the cell.
    #[inline]
    pub(super) fn release(&self, refs: usize) -> bool {
        // Ordering: Release, what this thread did comes before the end; Acquire, the last one sees
        // what all did. Pairs with the other releases.
        let before = self.0.fetch_sub(refs * ONE, Ordering::AcqRel);
        debug_assert!(before >= refs * ONE, "INV-23: more references dropped than held");
        no_refs(before - refs * ONE)
    }
}
