//! one word: flags and references; every transition is a named enum.
//!
//! What each flag says when it is set, and who must act when two sides meet in it:
//!
//! * `SCHEDULED`: a queue entry exists, or its maker is about to push it. The first wake pushes;
//!   later ones find the flag and have nothing to do.
//! * `RUNNING`: one thread owns the future. A wake during the poll sets `SCHEDULED`, and the runner
//!   pushes the entry when the poll is over.
//! * `COMPLETE`: the future is gone. The output is there, or has been taken.
//! * `HANDLE`: a `JoinHandle` exists. Clear at the end: the runner drops the output.
//! * `CANCELLED`: the future is to be dropped instead of polled, by the next runner, or by the
//!   present one after its poll.
//!
//! ```text
//!            1 start               2 idle                      4 complete
//! SCHEDULED ────────► RUNNING ───────────────► (none: idle) ─┐   RUNNING ──► COMPLETE
//!     ▲                  │  2 idle, woken meanwhile          │
//!     │◄─────────────────┘                                   │ 3 wake, cancel
//!     └──────────────────────────────────────────────────────┘
//! ```
//!
//! The bits above the flags count who can reach the task: its queue entry, its handle, each waker.
//! Nothing stores to the word: each change is one step from what was there to what comes next, so
//! no change of another thread is ever overwritten.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

const SCHEDULED: usize = 1 << 0;
const RUNNING: usize = 1 << 1;
const COMPLETE: usize = 1 << 2;
const HANDLE: usize = 1 << 3;
const CANCELLED: usize = 1 << 4;
/// One reference.
const ONE: usize = 1 << 8;

/// The word.
pub struct State(AtomicUsize);

/// What the holder of a queue entry may do now.
#[must_use]
pub enum Start {
    /// Poll the future.
    Poll,
    /// Drop the future: the task was aborted.
    Cancel,
}

/// What the runner must do after a poll that was pending.
#[must_use]
pub enum Idle {
    /// Nothing: a wake will come.
    Parked,
    /// Push an entry: the wake has come, during the poll.
    Again,
    /// Drop the future: the task was aborted during the poll.
    Cancel,
}

/// What the runner must do when the future is gone.
#[must_use]
pub enum Complete {
    /// Wake whoever waits for the output.
    Wanted,
    /// Drop the output: there is no handle.
    Unwanted,
}

impl State {
    #[allow(clippy::new_without_default)]
    /// Of a new task: it is about to be queued, and has a handle.
    pub fn new() -> Self {
        Self(AtomicUsize::new(SCHEDULED | HANDLE | (2 * ONE)))
    }

    /// One transition: `step` says what comes after `word`, or `None` to leave it as it is.
    ///
    /// Ordering: AcqRel, so that what this thread did to the task is seen by the next one, and what
    /// the last one did by this. Every transition pairs with every other.
    fn update<R>(&self, step: impl Fn(usize) -> (R, Option<usize>)) -> R {
        let mut word = self.0.load(Ordering::Acquire);
        loop {
            let (answer, next) = step(word);
            let Some(next) = next else { return answer };
            match self.0.compare_exchange_weak(word, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return answer,
                // Somebody was faster. Again, from what is there now.
                Err(now) => word = now,
            }
        }
    }

    /// 1: a queue entry was popped.
    pub fn start(&self) -> Start {
        self.update(|word| {
            debug_assert!(word & SCHEDULED != 0 && word & (RUNNING | COMPLETE) == 0);
            let answer = if word & CANCELLED == 0 { Start::Poll } else { Start::Cancel };
            (answer, Some((word & !SCHEDULED) | RUNNING))
        })
    }

    /// 2: the poll was pending.
    pub fn idle(&self) -> Idle {
        self.update(|word| {
            if word & CANCELLED != 0 {
                (Idle::Cancel, None)
            } else if word & SCHEDULED != 0 {
                (Idle::Again, Some(word & !RUNNING))
            } else {
                (Idle::Parked, Some(word & !RUNNING))
            }
        })
    }

    /// 3: somebody wakes the task. True: push an entry.
    pub fn wake(&self) -> bool {
        self.update(|word| Self::schedule(word, 0))
    }

    /// 3: somebody aborts the task. True: push an entry, and who runs it will see the flag.
    pub fn cancel(&self) -> bool {
        self.update(|word| Self::schedule(word, CANCELLED))
    }

    fn schedule(word: usize, flag: usize) -> (bool, Option<usize>) {
        match word & COMPLETE {
            0 => (word & (SCHEDULED | RUNNING) == 0, Some(word | SCHEDULED | flag)),
            _ => (false, None),
        }
    }

    /// 4: the future is gone, and the output in its place.
    pub fn complete(&self) -> Complete {
        self.update(|word| {
            let answer = if word & HANDLE == 0 { Complete::Unwanted } else { Complete::Wanted };
            (answer, Some((word & !(RUNNING | SCHEDULED)) | COMPLETE))
        })
    }

    /// The handle goes. True: the output is there, and nobody else will drop it.
    pub fn drop_handle(&self) -> bool {
        self.update(|word| (word & COMPLETE != 0, Some(word & !HANDLE)))
    }

    /// Has the task ended? Then this thread sees its output.
    pub fn is_complete(&self) -> bool {
        self.0.load(Ordering::Acquire) & COMPLETE != 0
    }

    /// One more reference, made from one that is held.
    pub fn retain(&self) {
        // Ordering: Relaxed, the reference it is made from keeps the task alive meanwhile.
        if self.0.fetch_add(ONE, Ordering::Relaxed) > usize::MAX / 2 {
            // So many are leaked wakers; a count that begins again at zero would free a live task.
            std::process::abort();
        }
    }

    /// One reference less. True: it was the last, free the task.
    pub fn release(&self) -> bool {
        self.0.fetch_sub(ONE, Ordering::AcqRel) / ONE == 1
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.0.load(Ordering::Relaxed);
        let flags = [
            (SCHEDULED, "SCHEDULED "),
            (RUNNING, "RUNNING "),
            (COMPLETE, "COMPLETE "),
            (CANCELLED, "CANCELLED "),
            (HANDLE, "HANDLE "),
        ];
        for (_, name) in flags.iter().filter(|(flag, _)| word & flag != 0) {
            f.write_str(name)?;
        }
        write!(f, "references: {}", word / ONE)
    }
}
