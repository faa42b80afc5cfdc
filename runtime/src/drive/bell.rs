//! the state word of one sleeper: who nudges it, and by what means.
//!
//! A driver sleeps in one of two places: on its thread's parker while no fd is registered, in epoll
//! when there is one. Whoever nudges it must use the right means, and none at all, no syscall, when
//! it is awake. One word tells them:
//!
//! ```text
//!                 ring: swap(NOTIFIED), nothing else to do
//!   EMPTY ──────────────────────────────────────────────────────► NOTIFIED
//!    │  ▲  rise: swap(EMPTY), awake                                 ▲   │
//!    │  └───────────────────────────────────────────────────────────┼───┘
//!    │ lie_down: CAS                                                │
//!    ├──────────► PARKED   ── ring: swap(NOTIFIED), unpark thread ──┤
//!    │              │ an fd after all: CAS                          │
//!    │              ▼                                               │
//!    └──────────► POLLING  ── ring: swap(NOTIFIED), eventfd ────────┘
//! ```
//!
//! Three things can happen while a driver is about to sleep, and none may be missed:
//!
//! * A nudge. Before `lie_down`: its CAS fails, no sleep. After it: `ring` sees where we sleep.
//! * An event of an fd. The kernel keeps it until it is asked.
//! * The first fd is registered while the driver lies down on its parker. The count of fds goes up
//!   before the read-modify-write in `stir`, and is looked at after the one in `lie_down`: of the
//!   two, one comes second and sees the other.
//!
//! `stir` is not a `ring`: a driver that is awake looks at the count by itself, and a token would
//! cost an `epoll_wait` for each socket of a program that uses one at a time.

#![forbid(unsafe_code)]

use super::turn::Holder;
use crate::base::prim::{AtomicU8, Ordering};
use crate::wake::park::{Unpark, Unparker};
use std::fmt;

const EMPTY: u8 = 0;
const PARKED: u8 = 1;
const POLLING: u8 = 2;
const NOTIFIED: u8 = 3;

/// Where a sleeper lies down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bed {
    /// On the thread's parker.
    Parker,
    /// In epoll.
    Epoll,
}

/// Nudges one sleeper.
pub(crate) struct Bell {
    state: AtomicU8,
    /// Ends a sleep in PARKED.
    parker: Unparker,
    /// Ends a sleep in POLLING.
    epoll: Unparker,
}

impl Bell {
    pub(crate) fn new(parker: Unparker, epoll: Unparker) -> Self {
        Self { state: AtomicU8::new(EMPTY), parker, epoll }
    }

    /// The sleeper announces that it is about to sleep, and learns where: in epoll if there is any
    /// fd. `None`: it has been nudged and must not. Either way, `rise` comes next.
    #[must_use = "None means that there is a nudge to answer"]
    pub(crate) fn lie_down(&self, has_sources: impl Fn() -> bool) -> Option<Bed> {
        if has_sources() {
            return self.step(EMPTY, POLLING).then_some(Bed::Epoll);
        }
        if !self.step(EMPTY, PARKED) {
            return None;
        }
        // The second look, after the announcement. A source that is registered later stirs us.
        if !has_sources() {
            return Some(Bed::Parker);
        }
        self.step(PARKED, POLLING).then_some(Bed::Epoll)
    }

    fn step(&self, from: u8, to: u8) -> bool {
        // Ordering: Acquire, pairs with the Release in `ring` and `stir`: what was done before the
        // nudge is seen after it. Release, pairs with their Acquire.
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// The sleeper is awake, and uses up the nudge. True if there was one.
    pub(crate) fn rise(&self) -> bool {
        // Ordering: Acquire, as in `step`. Release, so that a nudge from now on sees what we did.
        self.state.swap(EMPTY, Ordering::AcqRel) == NOTIFIED
    }

    /// Ends the sleep, or keeps the next one from starting. A syscall only if there is a sleeper.
    pub(crate) fn ring(&self) {
        // Ordering: Release, pairs with the Acquire in `step` and `rise`.
        match self.state.swap(NOTIFIED, Ordering::AcqRel) {
            PARKED => self.parker.unpark(),
            POLLING => self.epoll.unpark(),
            _ => {}
        }
    }
}

impl Unpark for Bell {
    fn unpark(&self) {
        self.ring();
    }
}

impl Holder for Bell {
    fn stir(&self) {
        // Ordering: AcqRel, pairs with `step`. A read-modify-write that changes nothing: it comes
        // before the sleeper's, which then acquires the new count, or after it and sees PARKED.
        if self.state.fetch_or(0, Ordering::AcqRel) == PARKED {
            self.ring();
        }
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Ordering: Relaxed, for the eye only.
        f.debug_struct("Bell").field("state", &self.state.load(Ordering::Relaxed)).finish()
    }
}

#[cfg(all(test, loom))]
#[path = "bell_loom_tests.rs"]
mod models;
