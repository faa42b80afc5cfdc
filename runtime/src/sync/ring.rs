//! bounded ring with a stamp per slot, the storage under mpsc.
//!
//! Read before: `wake/slot.rs`. Next: `sync/chain.rs`, the same slots without a bound.
//!
//! ```text
//!             head (the receiver's own)      tail (one fetch_add claims a position)
//!               ▼                              ▼
//!   ┌───────┬───────┬───────┬───────┬───────┬───────┬───────┬───────┐
//!   │ EMPTY │ FULL  │ FULL  │ EMPTY │ FULL  │ EMPTY │ EMPTY │ EMPTY │
//!   └───────┴───────┴───────┴───▲───┴───────┴───────┴───────┴───────┘
//!                               claimed, not yet filled: the receiver stops here
//!
//!              fill: write, swap(FULL)
//!   EMPTY ──────────────────────────────► FULL ── take: read, store(EMPTY) ──► EMPTY
//!     │ wait: CAS                          ▲
//!     ▼                                    │ fill: swap(FULL) finds the note: wake the receiver
//!   AWAITED ───────────────────────────────┘
//! ```
//!
//! A sender claims a position, fills the slot and marks it FULL. The receiver reads in order, with
//! a load and a store. Before it sleeps it leaves a note, AWAITED, **in the very slot that it waits
//! for**. So the step that publishes a value also says whether somebody has to be woken: no second
//! word, no fence, and a sender that is slow between claim and fill delays the receiver but is
//! never waited for by spinning, because the one wake comes from that slot.
//!
//! The ring itself does not count: who pushes has a permit. That spares the lap in the stamp, and
//! the check:
//!
//! * INV-71: a slot is written by the one who claimed its position, and read by the receiver, once,
//!   after it has seen FULL.
//! * INV-72: who pushes holds a permit, a permit comes back after the take, and there are at most
//!   as many permits as slots. So whoever claims position `p` of a ring of `n` finds the slot empty
//!   and sees it so: of the claims up to `p`, the one that got its permit last did so after the
//!   receiver gave back that of `p - n`, and the tail hands on what it had seen.
//! * INV-73: a ring has one [`Tail`], and one receiver, who has its one [`Head`].
//!
//! The number of slots is a power of two, so that positions may wrap. Left out: several receivers,
//! which would need a read-modify-write for each value (`sync/queue.rs` has them).

use crate::base::prim::{AtomicU8, AtomicUsize, Ordering, UnsafeCell};
use std::mem::MaybeUninit;

const EMPTY: u8 = 0;
/// The value is there, for the receiver.
const FULL: u8 = 1;
/// No value yet, and the receiver sleeps until there is.
const AWAITED: u8 = 2;

/// Room for one value, and its stamp.
pub(crate) struct Slot<T> {
    stamp: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Slot<T> {
    pub(crate) fn new() -> Self {
        Self { stamp: AtomicU8::new(EMPTY), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Puts a value in. Does the receiver wait for it?
    ///
    /// # Safety
    /// INV-71: the caller has claimed this slot, and it is empty.
    #[inline]
    #[must_use]
    pub(crate) unsafe fn fill(&self, value: T) -> bool {
        // SAFETY(INV-71): claimed by the caller; the receiver keeps off until FULL.
        self.value.with_mut(|place| unsafe { (*place).write(value) });
        // Ordering: Release, pairs with the Acquire in `is_full`: the value. A read-modify-write,
        // so either it finds the note, or the receiver that leaves the note finds FULL. What it
        // finds needs no Acquire: the note is left after the waker, and the waker's slot has its
        // own order.
        self.stamp.swap(FULL, Ordering::Release) == AWAITED
    }

    /// Has a value been put in?
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `fill`.
        self.stamp.load(Ordering::Acquire) == FULL
    }

    /// The same, for one who does not touch the value.
    pub(crate) fn was_filled(&self) -> bool {
        // Ordering: Relaxed, the caller only wants to know that the filler has found its slot.
        self.stamp.load(Ordering::Relaxed) == FULL
    }

    /// Takes the value, and leaves the stamp as it is.
    ///
    /// # Safety
    /// INV-71: the caller is the receiver, has seen FULL, and takes it once.
    #[inline]
    pub(crate) unsafe fn take(&self) -> T {
        // SAFETY(INV-71): FULL, so it is there, and nobody else will take it.
        self.value.with(|place| unsafe { (*place).assume_init_read() })
    }

    /// Leaves the note that the receiver waits for this slot. `false` if it is full already.
    pub(crate) fn wait(&self) -> bool {
        // Ordering: Relaxed, the pair of swaps on this one word decides who is first; the value is
        // ordered by `is_full`, the waker by its slot.
        let note =
            self.stamp.compare_exchange(EMPTY, AWAITED, Ordering::Relaxed, Ordering::Relaxed);
        note.is_ok() || !self.is_full()
    }
}

/// A fixed number of slots in a circle. Values that are left in it are its owner's to pop.
///
/// Where it is filled and emptied stands elsewhere: senders write the [`Tail`], the receiver its
/// [`Head`], and both read where the slots are.
pub(crate) struct Ring<T> {
    slots: Box<[Slot<T>]>,
}

// SAFETY(INV-71): a value passes from the thread that claimed to the receiver's, and is never
// shared.
unsafe impl<T: Send> Send for Ring<T> {}
// SAFETY(INV-71): as above.
unsafe impl<T: Send> Sync for Ring<T> {}

/// Where the senders of a [`Ring`] stand: how many positions are claimed.
#[derive(Debug)]
pub(crate) struct Tail(AtomicUsize);

impl Tail {
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(0))
    }
}

/// Where the receiver of a [`Ring`] stands: how many values it has taken.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Head(usize);

impl<T> Ring<T> {
    /// How many bytes the slots for `capacity` values take. `None`: more than there can be.
    pub(crate) fn bytes_for(capacity: usize) -> Option<usize> {
        capacity.checked_next_power_of_two()?.checked_mul(size_of::<Slot<T>>())
    }

    /// A ring for at least `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { slots: (0..capacity.next_power_of_two()).map(|_| Slot::new()).collect() }
    }

    #[inline]
    fn slot(&self, position: usize) -> &Slot<T> {
        &self.slots[position & (self.slots.len() - 1)]
    }

    /// Puts a value behind all others. Does the receiver wait for it?
    ///
    /// # Safety
    /// INV-72: the caller spends a permit on it, and this is the ring's tail.
    #[inline]
    #[must_use]
    pub(crate) unsafe fn push(&self, tail: &Tail, value: T) -> bool {
        // Ordering: Acquire and Release, pairs with the claims before and after: who claims a
        // position sees the takes that any earlier claimer saw with its permit (INV-72).
        let position = tail.0.fetch_add(1, Ordering::AcqRel);
        // SAFETY(INV-71, INV-72): claimed, and the permit says that it is empty.
        unsafe { self.slot(position).fill(value) }
    }

    /// Takes the next value if it is there. After that its permit may go back.
    ///
    /// # Safety
    /// INV-73: the caller is the receiver, and this its head.
    #[inline]
    pub(crate) unsafe fn pop(&self, head: &mut Head) -> Option<T> {
        let slot = self.slot(head.0);
        if !slot.is_full() {
            return None;
        }
        // SAFETY(INV-71): FULL, and `head` moves on, so it is taken once.
        let value = unsafe { slot.take() };
        // Ordering: Relaxed, the Release of the permit, which comes after, hands the slot on.
        slot.stamp.store(EMPTY, Ordering::Relaxed);
        head.0 = head.0.wrapping_add(1);
        Some(value)
    }

    /// Leaves the note that the receiver waits for the next value. `false` if it is there.
    pub(crate) fn wait(&self, head: Head) -> bool {
        self.slot(head.0).wait()
    }

    /// Is the next value there?
    pub(crate) fn has_next(&self, head: Head) -> bool {
        self.slot(head.0).is_full()
    }

    /// How many positions are claimed and not taken: filled, or about to be.
    pub(crate) fn claimed(tail: &Tail, head: Head) -> usize {
        // Ordering: Relaxed, a send that ended before, in the eyes of this thread, is counted in
        // any case.
        tail.0.load(Ordering::Relaxed).wrapping_sub(head.0)
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
