//! one waker, set by one side and taken by the other, with its race table.
//!
//! Somebody waits and leaves a waker here; somebody else makes the awaited thing happen and takes
//! the waker out. The two meet in every possible order, and no wake may be lost.
//!
//! ```text
//!            register: write the cell, swap(SET)            take: fetch_and(BUSY)
//!   EMPTY ──────────────────────────────────────► SET ──────────────────────────────► BUSY
//!    00                                            11                                  10
//!     ▲                                                    move the waker out, swap(EMPTY) │
//!     └────────────────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! The rule for users: **make it happen, then take; register, then look again.** Both middle steps
//! are read-modify-writes of one word, so one of them comes second and sees the other:
//!
//! | `register` finds | whose waker | what it does |
//! |---|---|---|
//! | EMPTY | – | 1: writes the cell, swaps to SET |
//! | SET | this task's | 2: nothing |
//! | SET | another task's | 3: moves to BUSY, writes the cell, swaps to SET |
//! | BUSY | this task's | 4: nothing |
//! | BUSY | another task's | 5: wakes the new task at once |
//!
//! 1. A take before the swap is acquired by it, so the second look sees what had been made to
//!   happen. A take after it finds SET.
//! 2. The waker is in place. If what we read is old, a take is waking it: the same as 4.
//! 3. As 1. A take in between finds BUSY, does nothing, and is acquired by the swap.
//! 4. The taker is about to wake this very task. A later take that relies on that finds BUSY: the
//!   taker's swap passes on what it made happen; or EMPTY: the next `register` does.
//! 5. The new task polls again and finds EMPTY, sooner or later.
//!
//! `take` is one read-modify-write when nobody waits, two when somebody does; a load could come
//! before the store that made it happen. `register` of a waker that is in place is one load.
//!
//! * INV-10: only the registering side writes the cell, and only in EMPTY or in a BUSY of its own.
//!   So that side may read the bits of what it left there at any time, although not use them.
//! * INV-11: who turns SET into BUSY owns the waker in the cell, and nobody else does.
//! * INV-12: at most one thread at a time is inside `register` (its caller's promise).
//! * INV-13: nobody's code runs in BUSY: wakers are cloned before, dropped and woken after.
//!
//! Left out: a lock for several registering sides. Several tasks wait in a `wake/wait_list.rs`.

use crate::base::prim::{AtomicU8, Ordering, UnsafeCell};
use std::fmt;
use std::mem::MaybeUninit;
use std::task::Waker;

/// No waker; the cell belongs to the registering side.
const EMPTY: u8 = 0b00;
/// Somebody moves a waker in or out. What [`SET`] becomes when its low bit is masked away, so that
/// one `fetch_and` does the right thing in all three states.
const BUSY: u8 = 0b10;
/// A waker is in the cell, for whoever comes first.
const SET: u8 = 0b11;

/// Room for one waker.
pub(crate) struct WakerSlot {
    state: AtomicU8,
    /// Meaningful in SET, and in BUSY to whom INV-11 names.
    cell: UnsafeCell<MaybeUninit<Waker>>,
}

// SAFETY(INV-11): a waker may be used and dropped on any thread, and the state says by whom.
unsafe impl Send for WakerSlot {}
// SAFETY(INV-10, INV-11): the cell is shared by the two rules that these invariants state.
unsafe impl Sync for WakerSlot {}

impl WakerSlot {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self { state: AtomicU8::new(EMPTY), cell: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { state: AtomicU8::new(EMPTY), cell: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Leaves `waker` here, unless it is here already. Then look again at what you wait for.
    ///
    /// # Safety
    /// INV-12: no other thread is inside `register` of this slot.
    #[inline]
    pub(crate) unsafe fn register(&self, waker: &Waker) {
        // Ordering: Acquire, pairs with the swap to EMPTY in `take`: the taker has read the cell
        // before we write it.
        let state = self.state.load(Ordering::Acquire);
        if state == EMPTY {
            // Nobody but us leaves EMPTY (INV-12), so the clone may take its time.
            self.fill(waker.clone());
        } else if !self.holds(waker) {
            self.replace(waker);
        }
    }

    /// Did we leave this very waker here last? Asked in SET or BUSY, by the registering side.
    fn holds(&self, waker: &Waker) -> bool {
        // SAFETY(INV-10): we wrote the cell and nobody else does. Its waker may have been moved
        // out: `will_wake` compares two addresses and follows neither. Equal addresses mean the
        // same task: had the memory gone to another one since, the swap to EMPTY would have come
        // before the free, the free before the allocation, and we would have seen it. (loom does
        // not know that an allocator orders this: its models poll with one waker, or keep the old
        // one.)
        self.cell.with(|cell| unsafe { (*cell).assume_init_ref().will_wake(waker) })
    }

    /// Puts a waker into the cell, which is ours.
    fn fill(&self, waker: Waker) {
        // SAFETY(INV-10): the state is EMPTY, or BUSY by our own doing.
        self.cell.with_mut(|cell| unsafe { (*cell).write(waker) });
        // Ordering: Release, pairs with the Acquire of `take`, which reads the cell. Acquire, pairs
        // with the Release of a `take` that came before and found nothing: the caller's second look
        // sees what that taker had made happen.
        self.state.swap(SET, Ordering::AcqRel);
    }

    /// Another task waits now than the one that left its waker here.
    #[cold]
    fn replace(&self, waker: &Waker) {
        let new = waker.clone();
        match self.claim() {
            SET => {
                // SAFETY(INV-11): we turned SET into BUSY.
                let old = self.cell.with(|cell| unsafe { (*cell).assume_init_read() });
                self.fill(new);
                drop(old);
            }
            EMPTY => self.fill(new),
            // A taker is at it, for the old task. It is not ours to wait for: poll again.
            _ => new.wake(),
        }
    }

    /// SET becomes BUSY; EMPTY and BUSY stay. Returns the state before.
    fn claim(&self) -> u8 {
        // Ordering: Acquire, pairs with the swap in `fill`: we see the waker. Release, pairs with
        // the swaps in `fill` and `take`, also when there is nothing to claim: the caller has made
        // something happen, and whoever changes the state next must see it.
        self.state.fetch_and(BUSY, Ordering::AcqRel)
    }

    /// Takes the waker, if there is one. Who takes it wakes it, unless nobody waits any more.
    #[inline]
    pub(crate) fn take(&self) -> Option<Waker> {
        if self.claim() != SET {
            return None;
        }
        // SAFETY(INV-11): we turned SET into BUSY.
        let waker = self.cell.with(|cell| unsafe { (*cell).assume_init_read() });
        // Ordering: Release, pairs with the loads and claims of `register`: our read comes before
        // its write. A read-modify-write and not a store: a `take` that found BUSY relies on our
        // wake, and what it made happen must reach, through this word, the next `register`.
        self.state.swap(EMPTY, Ordering::Release);
        Some(waker)
    }

    /// Is there a waker? A glance: it may be gone at once.
    pub(crate) fn is_set(&self) -> bool {
        // Ordering: Relaxed, whoever asks concludes nothing about other memory.
        self.state.load(Ordering::Relaxed) == SET
    }

    /// Takes the waker, if there is one, and wakes it. Not under a lock: it is somebody's code.
    #[inline]
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }
}

impl Drop for WakerSlot {
    fn drop(&mut self) {
        // Ordering: Relaxed, `&mut self` says that nobody else is here.
        if self.state.load(Ordering::Relaxed) == SET {
            // SAFETY(INV-11): SET, and nobody else is left to claim it.
            drop(self.cell.with(|cell| unsafe { (*cell).assume_init_read() }));
        }
    }
}

impl fmt::Debug for WakerSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WakerSlot").field("set", &self.is_set()).finish()
    }
}

#[cfg(test)]
#[path = "slot_tests.rs"]
mod tests;
