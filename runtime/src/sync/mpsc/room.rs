//! room for values: taken on the senders' side, given back on the receiver's.
//!
//! Read before: `sync/semaphore/permits.rs`. Next: `sync/mpsc/chan.rs`.
//!
//! With one counter, sender and receiver would write the same line for each value, and wait for it
//! to travel between their cores. So there are two. The receiver adds to `back`, on a line of its
//! own; a sender who finds no permits left carries all of `back` over at once.
//!
//! ```text
//!                        carry: all of `back`, under the lock of the line
//!            ┌──────────────────────────────────────────────────────────┐
//!            ▼                                                          │
//!   permits: │ n │ WAITERS │  ──1──► sender … value … receiver ──1──► back: │ n │ ASKED │
//!            ▲                                                          │
//!            └──────────────── while ASKED: straight to those in line ◄─┘
//! ```
//!
//! Who joins the line and who leaves `back` alone must not miss each other:
//!
//! * A sender without a permit joins the line, **then** sets ASKED and carries: what came back
//!   before is carried, what comes later goes straight to the line.
//! * The receiver, when nobody is in line, clears ASKED, **then** looks at the line again: whoever
//!   joined it meanwhile is seen, or sets ASKED after that.
//!
//! Both set and clear are read-modify-writes of `back`: the later one sees what the earlier one
//! did. Only the receiver clears, so it may trust a plain look that finds ASKED.
//!
//! A small room is asked for all the time, so its ASKED stays.

#![forbid(unsafe_code)]

use crate::base::note::Kind;
use crate::base::prim::{AtomicUsize, Mutex, Ordering};
use crate::sync::ring::{Head, Tail};
use crate::sync::semaphore::error::{AcquireError, TryAcquireError};
use crate::sync::semaphore::permits::Permits;
use crate::wake::slot::WakerSlot;
use std::future::{Future, poll_fn};
use std::pin::pin;

/// A sender wants what comes back at once.
const ASKED: usize = 1;
/// One permit in `back`.
const ONE: usize = 2;
/// Below this many, carrying costs more than it saves.
const SMALL: usize = if cfg!(loom) { 2 } else { 16 };

/// What senders write for each value, on one line.
#[repr(align(64))]
pub(super) struct Front {
    pub(super) tail: Tail,
    permits: Permits,
}

/// What the receiver writes for each value, on another, with what is written seldom.
#[repr(align(64))]
pub(super) struct Rear {
    back: AtomicUsize,
    pub(super) waker: WakerSlot,
    /// Where the receiver stood when it went.
    pub(super) end: Mutex<Head>,
    /// How many senders there are. At zero it stays there.
    pub(super) senders: AtomicUsize,
    pub(super) weak: AtomicUsize,
}

/// Both sides of a channel for `capacity` values, which must fit into [`Permits`]; zero if nobody
/// will ask for room. One sender is counted.
pub(super) fn sides(capacity: usize) -> (Front, Rear) {
    let front = Front { tail: Tail::new(), permits: Permits::new(Kind::Mpsc, capacity) };
    let asked = if capacity < SMALL { ASKED } else { 0 };
    let rear = Rear {
        back: AtomicUsize::new(asked),
        waker: WakerSlot::new(),
        end: Mutex::default(),
        senders: AtomicUsize::new(1),
        weak: AtomicUsize::new(0),
    };
    (front, rear)
}

/// The room of a bounded channel.
#[derive(Clone, Copy)]
pub(super) struct Room<'a> {
    pub(super) front: &'a Front,
    pub(super) rear: &'a Rear,
    pub(super) capacity: usize,
}

impl Room<'_> {
    /// For how many values there is room: none while others wait.
    pub(super) fn available(self) -> usize {
        if self.front.permits.has_waiters() {
            return 0;
        }
        // What is sent and received between the two looks would count twice.
        (self.front.permits.available() + self.back()).min(self.capacity)
    }

    /// Is every value that was promised taken, or its promise taken back?
    ///
    /// While a sender carries, the answer may be no; whoever carries looks again afterwards.
    pub(super) fn is_all_back(self) -> bool {
        self.front.permits.available() + self.back() == self.capacity
    }

    pub(super) fn is_closed(self) -> bool {
        self.front.permits.is_closed()
    }

    pub(super) fn close(self) {
        self.front.permits.close();
    }

    fn back(self) -> usize {
        // Ordering: Acquire, pairs with the Release in `give_back`: who counts it sees it taken.
        self.rear.back.load(Ordering::Acquire) / ONE
    }

    /// Takes room for `n` values if it is there and nobody waits. Carries if need be: then the
    /// caller looks for the end of the channel.
    #[inline]
    pub(super) fn try_acquire(self, n: usize) -> Result<(), TryAcquireError> {
        match self.front.permits.try_acquire(n) {
            Err(TryAcquireError::NoPermits) if self.capacity >= SMALL => {
                self.carry();
                self.front.permits.try_acquire(n)
            }
            outcome => outcome,
        }
    }

    /// Takes room for `n` values if it is there, nobody waits, and the budget allows it.
    #[inline]
    pub(super) fn acquire_now(self, n: usize) -> bool {
        self.front.permits.acquire_now(n)
    }

    /// Waits for room for `n` values, behind all who came before. Cancel-safe as
    /// [`Permits::acquire`] is. Carries as `try_acquire` does.
    pub(super) async fn acquire(self, n: usize) -> Result<(), AcquireError> {
        let mut acquire = pin!(self.front.permits.acquire(n));
        poll_fn(|cx| {
            let outcome = acquire.as_mut().poll(cx);
            if outcome.is_pending() && self.ask() {
                // What came may have been handed to us.
                return acquire.as_mut().poll(cx);
            }
            outcome
        })
        .await
    }

    /// A promise that was not kept: on the senders' side.
    pub(super) fn take_back(self, n: usize) {
        self.front.permits.release(n);
    }

    /// The receiver has taken `n` values.
    #[inline]
    pub(super) fn give_back(self, n: usize) {
        // Ordering: Relaxed, only we take ASKED away; if it is not there, the next line looks.
        if self.rear.back.load(Ordering::Relaxed) & ASKED == 0 {
            // Ordering: Release, pairs with the Acquire in `carry`: the slot is empty. Acquire,
            // pairs with the Release in `ask`: who has asked is in line.
            if self.rear.back.fetch_add(n * ONE, Ordering::AcqRel) & ASKED == 0 {
                return;
            }
            self.carry();
        } else {
            self.front.permits.release(n);
        }
        if self.capacity >= SMALL && !self.front.permits.has_waiters() {
            self.stop_asking();
        }
    }

    /// After the line has become empty: what comes back may lie until a sender carries it.
    #[cold]
    fn stop_asking(self) {
        // Ordering: Acquire, pairs with the Release in `ask`: if that came first, who asked is seen
        // in line.
        self.rear.back.fetch_and(!ASKED, Ordering::Acquire);
        if self.front.permits.has_waiters() {
            self.ask();
        }
    }

    /// Somebody is in line: from now on, what comes back goes there. Has some come before?
    fn ask(self) -> bool {
        if self.capacity < SMALL {
            return false;
        }
        // Ordering: Release, pairs with the Acquire in `give_back` and `stop_asking`: we are in
        // line. Relaxed otherwise: `carry` looks at the number again.
        let came = self.rear.back.fetch_or(ASKED, Ordering::Release) >= ONE;
        if came {
            self.carry();
        }
        came
    }

    /// Carries all that has come back to the senders' side.
    ///
    /// Under the lock of the line: who comes after one that carries waits until it has.
    #[cold]
    fn carry(self) {
        // Ordering: Acquire, pairs with the Release in `give_back`; the lock hands it on.
        self.front.permits.add_with(|| self.rear.back.fetch_and(ASKED, Ordering::Acquire) / ONE);
    }
}

#[cfg(all(test, loom))]
#[path = "room_loom_tests.rs"]
mod models;
