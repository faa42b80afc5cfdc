//! a worker whose own thread is busy: offered, manned by another thread, taken back.
//!
//! A worker has a thread, its *owner*. When code on the owner is about to block, it offers the
//! worker, so that tasks, timers and sockets go on without it. Whoever comes first mans it: another
//! thread that was called for this, a *substitute*, or the one that offered it, if it is done
//! before anybody came. A substitute may meet code that blocks too, and offers the worker in its
//! turn.
//!
//! ```text
//!               offer n: before it blocks
//!             ┌────────────────────────────► open, number n
//!             │  give_back: recalled, or        │  │
//!             │  the runtime ends               │  │ take n: whoever offered it,
//!           manned ◄────────────────────────────│──┘ or the substitute it called
//!             ▲                                 │
//!             └─────────────────────────────────┘ take_back: the owner, whatever the number
//! ```
//!
//! **Who gives way to whom.** Whoever has lost the worker while it blocked goes on with its poll
//! without one: its wakes and spawns go the way of any thread that is no worker. When the poll is
//! over, a substitute goes home. The owner recalls the worker, and waits for it: a substitute looks
//! between two steps whether it is wanted. So at most one thread is idle for a worker, however many
//! have come and gone, and a worker that is never blocked again is on its own thread again.
//!
//! The number tells offers apart: a substitute that was called for one, and comes late, must not
//! take another, whose own substitute is on its way.
//!
//! * INV-132: what belongs to a worker is used by whoever mans it: the thread that took it last,
//!   until it offers it or gives it back. The owner does not leave before it has it back.

#![forbid(unsafe_code)]

use crate::base::prim::{AtomicBool, Mutex, Ordering};
use crate::wake::park::{Park, Parker, Unparker};
use std::fmt;

/// See the head of the file.
pub(crate) struct Loan {
    state: Mutex<State>,
    /// The owner waits for it. A hint: whoever mans the worker is nudged too.
    wanted: AtomicBool,
}

struct State {
    open: bool,
    /// The number of the last offer.
    number: u64,
    /// The owner, while it waits.
    owner: Option<Unparker>,
}

/// What is offered.
#[derive(Debug)]
#[must_use = "whoever offered it takes it, if it can, when it has done what it offered it for"]
pub(crate) struct Offer {
    pub(crate) number: u64,
    /// The owner waits and has been told: nobody else has to be called.
    pub(crate) owner_comes: bool,
}

impl Loan {
    /// Manned, by the owner.
    pub(crate) fn new() -> Self {
        let state = State { open: false, number: 0, owner: None };
        Self { state: Mutex::new(state), wanted: AtomicBool::new(false) }
    }

    /// Whoever mans the worker lets it go, and does not touch it from here on.
    pub(crate) fn offer(&self) -> Offer {
        let mut state = self.state.lock();
        debug_assert!(!state.open, "INV-132: offered by somebody who has not got it");
        state.open = true;
        state.number += 1;
        let (number, owner) = (state.number, state.owner.take());
        drop(state);
        let owner_comes = owner.is_some();
        if let Some(owner) = owner {
            owner.unpark();
        }
        Offer { number, owner_comes }
    }

    /// A substitute lets it go for good.
    pub(crate) fn give_back(&self) {
        let _for_the_owner = self.offer();
    }

    /// Mans the worker, if this very offer still stands.
    #[must_use = "true: the worker is this thread's now"]
    pub(crate) fn take(&self, number: u64) -> bool {
        let mut state = self.state.lock();
        let ours = state.open && state.number == number;
        if ours {
            state.open = false;
        }
        ours
    }

    /// Does the owner wait for it? For the substitute, between two steps.
    #[inline]
    pub(crate) fn is_wanted(&self) -> bool {
        // Ordering: Relaxed, a hint; a substitute that sleeps is nudged after the store, and what
        // ends its sleep carries it. What passes with the worker passes through the lock.
        self.wanted.load(Ordering::Relaxed)
    }

    /// The owner takes the worker back, and waits until it can. `nudge` ends the sleep of whoever
    /// mans it.
    pub(crate) fn take_back(&self, nudge: impl FnOnce()) {
        // Ordering: Relaxed, as in `is_wanted`.
        self.wanted.store(true, Ordering::Relaxed);
        nudge();
        let parker = Parker::new();
        while !self.try_take_back(&parker) {
            parker.sleep(None);
        }
    }

    /// False: whoever lets it go will end the sleep of `parker`.
    fn try_take_back(&self, parker: &Parker) -> bool {
        let mut state = self.state.lock();
        if !state.open {
            state.owner = Some(parker.unparker());
            return false;
        }
        state.open = false;
        let told = state.owner.take();
        // Ordering: Relaxed, as in `is_wanted`; the next substitute comes through the lock.
        self.wanted.store(false, Ordering::Relaxed);
        drop(state);
        drop(told);
        true
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
#[path = "loan_loom_tests.rs"]
mod models;
