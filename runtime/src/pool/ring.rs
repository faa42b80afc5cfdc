//! 256-slot ring: the owner pushes and pops, thieves take half.
//!
//! Each worker has one. It pushes behind and pops in front, first in first out; a worker without
//! work takes the older half of somebody else's. Positions count up for ever and wrap; a position
//! modulo 256 is a slot.
//!
//! ```text
//!              steal          real                  tail
//!                ▼              ▼                     ▼
//!   ┌───────────┬──────────────┬─────────────────────┬──────────┐
//!   │   free    │ being copied │ entries, in order   │   free   │
//!   └───────────┴──────────────┴─────────────────────┴──────────┘
//!   head = (real, busy), one word;  busy = real - steal, 0 while no thief is here
//!
//!   push     write the slot, tail + 1                     the owner; a load and two plain stores
//!   pop      CAS real + 1, read the slot                  the owner
//!   steal    CAS real + n, busy := n; read n slots; busy := 0
//!                                                         one thief at a time
//!   overflow tail - n, CAS head to itself, read n slots   the owner, when tail - steal = 256
//! ```
//!
//! **Claim, then read.** Nobody looks at a slot first and asks afterwards whether it was his. A
//! successful CAS on `head` gives the entries it passes to whoever made it. While a thief copies,
//! `busy` keeps the owner from using those slots again, and other thieves away; the thief's last
//! step sets it to zero. A pop meanwhile moves `real` and `busy` alike: `steal` stays.
//!
//! **Overflow** takes the newest half back, for the injector; old tasks keep their turn. Thieves
//! take from the front, so what is to be feared is a thief that still sees the old, longer tail:
//!
//! * It saw the head that the owner sees. Then it claims at most half of 256, from the front, and
//!   the owner takes back 128 from the end: they do not meet, whoever is first.
//! * It comes to a later head: some claim or pop was in between. Either that was before the owner's
//!   CAS, which then fails; the owner restores the tail and begins anew. Or it came after: then
//!   who reads that head also sees the short tail, because `head` changes by read-modify-writes
//!   only, which hand on what the owner released.
//! * A thief is in the middle of copying. What it claimed is not among the entries any more; the
//!   owner takes back half of the others, or of none left but the new node.
//!
//! Positions have 32 bits: a thief would have to sleep, between its load and its CAS, through
//! exactly 2³² entries or a multiple to mistake a new head for the one it saw.
//!
//! * INV-60: one thread at a time is a ring's owner: only it pushes, pops and steals into it. When
//!   another becomes the owner, what the last one did comes before.
//! * INV-61: a node is pushed by its holder, who hands it over to whatever thread takes it out; it
//!   lives until then, and may be used on that thread.
//! * INV-62: the slots from `real` to `tail` are filled. An entry belongs, once, to the one who
//!   moved `real` past it, or `tail` in front of it.
//! * INV-63: the owner writes a slot only at `tail`, and only if `tail - steal < 256`.
//!
//! What is left in a ring that is dropped is its owner's to pop before. Left out: a ring that grows
//! (the injector takes what is too much), and an owner's copy of the head: a push and its pop take
//! 4 to 5 ns, of which the CAS of the pop is 3, and a pop leaves the head's line to a push.

use crate::base::pad::CachePadded;
use crate::base::prim::{AtomicU32, AtomicU64, Ordering, UnsafeCell};
use crate::base::stack::{Chain, Linked};
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};

/// How many entries a ring can hold. Few in a model, so that it is soon full.
pub(crate) const CAPACITY: u32 = if cfg!(loom) { 4 } else { 256 };

/// The word of the front: two positions, one of them as a distance.
#[derive(Clone, Copy)]
struct Head {
    /// The oldest entry.
    real: u32,
    /// How many slots before it a thief may still be reading.
    busy: u32,
}

impl Head {
    #[inline]
    fn of(word: u64) -> Self {
        Self { real: word as u32, busy: (word >> 32) as u32 }
    }

    #[inline]
    fn word(self) -> u64 {
        u64::from(self.busy) << 32 | u64::from(self.real)
    }

    /// Where the slots begin that must not be written.
    #[inline]
    fn steal(self) -> u32 {
        self.real.wrapping_sub(self.busy)
    }

    /// How many entries there are. Read apart, the two words may not fit together. A tail behind
    /// the head is an old one, or one that an overflow is about to restore. A tail too far off
    /// shows that the head is old, and a claim will fail.
    #[inline]
    fn entries(self, tail: u32) -> u32 {
        (tail.wrapping_sub(self.real) as i32).clamp(0, CAPACITY as i32) as u32
    }

    /// The owner takes the oldest entry.
    #[inline]
    fn popped(self) -> Self {
        let busy = if self.busy == 0 { 0 } else { self.busy + 1 };
        Self { real: self.real.wrapping_add(1), busy }
    }
}

/// `busy := 0`, whatever `real` is by now.
const NOT_BUSY: u64 = u32::MAX as u64;

/// What became of a push.
#[must_use]
pub(crate) enum Pushed<T> {
    /// It is in the ring, which now has so many entries, or a few less.
    Len(usize),
    /// The ring was full. These are its newest entries, in order, and the new one at their end, and
    /// how many they are. They are the caller's.
    Overflow(Chain<T>, usize),
}

/// A bounded queue whose owner shares it with thieves.
pub(crate) struct Ring<T> {
    /// Everybody changes it.
    head: CachePadded<AtomicU64>,
    /// The owner changes it, thieves read it.
    tail: CachePadded<AtomicU32>,
    slots: [UnsafeCell<MaybeUninit<NonNull<T>>>; CAPACITY as usize],
}

// SAFETY(INV-61): the ring never touches what its entries point to; any thread may take one.
unsafe impl<T> Send for Ring<T> {}
// SAFETY(INV-61, INV-62): as above, and each entry goes to one thread.
unsafe impl<T> Sync for Ring<T> {}

impl<T: Linked> Ring<T> {
    pub(crate) fn new() -> Self {
        Self::starting_at(0)
    }

    fn starting_at(position: u32) -> Self {
        Self {
            head: CachePadded(AtomicU64::new(Head { real: position, busy: 0 }.word())),
            tail: CachePadded(AtomicU32::new(position)),
            slots: std::array::from_fn(|_| UnsafeCell::new(MaybeUninit::uninit())),
        }
    }

    #[inline]
    fn slot(&self, position: u32) -> &UnsafeCell<MaybeUninit<NonNull<T>>> {
        &self.slots[(position % CAPACITY) as usize]
    }

    /// # Safety
    /// INV-62: the caller has claimed this entry.
    #[inline]
    unsafe fn read(&self, position: u32) -> NonNull<T> {
        // SAFETY(INV-62): filled, and nobody writes it before the claim has ended (INV-63).
        self.slot(position).with(|slot| unsafe { (*slot).assume_init_read() })
    }

    /// # Safety
    /// INV-60: the caller is the owner. INV-63: the slot is free.
    #[inline]
    unsafe fn write(&self, position: u32, node: NonNull<T>) {
        // SAFETY(INV-63): nobody reads it before `tail` has passed it.
        self.slot(position).with_mut(|slot| unsafe { (*slot).write(node) });
    }

    /// Puts `node` behind all others.
    ///
    /// # Safety
    /// INV-60: the caller is the owner. INV-61: it hands the node over.
    #[inline]
    pub(crate) unsafe fn push(&self, node: NonNull<T>) -> Pushed<T> {
        // Ordering: Relaxed, only the owner writes it.
        let tail = self.tail.load(Ordering::Relaxed);
        // Ordering: Acquire, pairs with the Release at the end of a steal: the thief has read its
        // slots before we write them.
        let head = Head::of(self.head.load(Ordering::Acquire));
        if tail.wrapping_sub(head.steal()) >= CAPACITY {
            // SAFETY(INV-60): the caller is the owner.
            return unsafe { self.overflow(tail, node) };
        }
        // SAFETY(INV-63): just seen.
        unsafe { self.write(tail, node) };
        // Ordering: Release, pairs with the Acquire in `claim`: the slot, and what the node is.
        self.tail.store(tail.wrapping_add(1), Ordering::Release);
        Pushed::Len(tail.wrapping_add(1).wrapping_sub(head.real) as usize)
    }

    /// Takes the newest half out, to make room.
    ///
    /// # Safety
    /// INV-60: the caller is the owner. INV-61: it hands the node over.
    #[cold]
    unsafe fn overflow(&self, tail: u32, node: NonNull<T>) -> Pushed<T> {
        loop {
            // Ordering: Relaxed, a guess for the compare-and-swap; `push` looks for itself.
            let head = Head::of(self.head.load(Ordering::Relaxed));
            if tail.wrapping_sub(head.steal()) < CAPACITY {
                // A thief has just ended. SAFETY(INV-60, INV-61): as we were called.
                return unsafe { self.push(node) };
            }
            let short = tail.wrapping_sub(head.entries(tail) / 2);
            // Ordering: Release, as in `push`: who reads this tail claims entries before it.
            self.tail.store(short, Ordering::Release);
            let word = head.word();
            // Ordering: Release, pairs with the Acquire of the head in `claim`: the short tail.
            // Relaxed on failure, we look again.
            let same = self.head.compare_exchange(word, word, Ordering::Release, Ordering::Relaxed);
            if same.is_ok() {
                let mut chain = Chain::EMPTY;
                let mut position = short;
                while position != tail {
                    // SAFETY(INV-62): claimed, by the tail and the CAS. INV-4, INV-5: an entry is
                    // in no chain, and alive.
                    unsafe { chain.push_back(self.read(position)) };
                    position = position.wrapping_add(1);
                }
                // SAFETY(INV-4): handed over by the caller.
                unsafe { chain.push_back(node) };
                return Pushed::Overflow(chain, tail.wrapping_sub(short) as usize + 1);
            }
            // Ordering: Release, as in `push`.
            self.tail.store(tail, Ordering::Release);
        }
    }

    /// Takes the oldest entry.
    ///
    /// # Safety
    /// INV-60: the caller is the owner.
    #[inline]
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<T>> {
        // Ordering: Relaxed, only the owner writes it.
        let tail = self.tail.load(Ordering::Relaxed);
        // Ordering: Relaxed, a first guess for the compare-and-swap.
        let mut word = self.head.load(Ordering::Relaxed);
        loop {
            let head = Head::of(word);
            if head.real == tail {
                return None;
            }
            let popped = head.popped().word();
            // Ordering: Relaxed, it only decides who takes the entry: what is in the slot we have
            // written ourselves, and what a thief has read is acquired by the push that needs it.
            match self.head.compare_exchange_weak(
                word,
                popped,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                // SAFETY(INV-62): claimed.
                Ok(_) => return Some(unsafe { self.read(head.real) }),
                Err(now) => word = now,
            }
        }
    }

    /// Takes the older half, rounded up, at most `most`: the oldest is returned, to run at once,
    /// the others go into `own`, if there is room. `None`: nothing is there, or another thief.
    ///
    /// # Safety
    /// INV-60: the caller is the owner of `own`, which is another ring.
    pub(crate) unsafe fn steal_into(&self, own: &Ring<T>, most: u32) -> Option<NonNull<T>> {
        debug_assert!(!ptr::eq(self, own), "nobody steals from himself");
        // Ordering: Relaxed, only the owner writes it; Acquire, as in `push`.
        let tail = own.tail.load(Ordering::Relaxed);
        // Ordering: Acquire, as in `push`: the slots are free to be written.
        let head = Head::of(own.head.load(Ordering::Acquire));
        let room = CAPACITY - tail.wrapping_sub(head.steal());
        let (first, count) = self.claim(most.min(room + 1))?;
        // SAFETY(INV-62): claimed.
        let oldest = unsafe { self.read(first) };
        for i in 0..count - 1 {
            // SAFETY(INV-62): claimed. INV-63: within `room`.
            unsafe { own.write(tail.wrapping_add(i), self.read(first.wrapping_add(1 + i))) };
        }
        // Ordering: Release, pairs with the Acquire in `push`: we have read the slots.
        self.head.fetch_and(NOT_BUSY, Ordering::Release);
        if count > 1 {
            // Ordering: Release, pairs with the Acquire in `claim`: the slots, and their nodes.
            own.tail.store(tail.wrapping_add(count - 1), Ordering::Release);
        }
        Some(oldest)
    }

    /// Makes the oldest entries, at most `max`, the caller's to read: the first, and how many.
    #[inline]
    fn claim(&self, max: u32) -> Option<(u32, u32)> {
        loop {
            // Ordering: Acquire, pairs with the Release in `overflow`: not a tail from before it.
            let word = self.head.load(Ordering::Acquire);
            let head = Head::of(word);
            // Ordering: Acquire, pairs with the Release in `push`: the slots, and their nodes.
            let entries = head.entries(self.tail.load(Ordering::Acquire));
            if entries == 0 || head.busy != 0 {
                return None;
            }
            let count = entries.div_ceil(2).min(max);
            let claimed = Head { real: head.real.wrapping_add(count), busy: count }.word();
            // Ordering: Relaxed, it only decides who takes the entries. The tail brought the slots.
            let claim = self.head.compare_exchange_weak(
                word,
                claimed,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if claim.is_ok() {
                return Some((head.real, count));
            }
        }
    }

    /// How many entries there are: a hint, for any thread. May be too low during an overflow.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // Ordering: Relaxed, a hint.
        let head = Head::of(self.head.load(Ordering::Relaxed));
        // Ordering: Relaxed, a hint.
        head.entries(self.tail.load(Ordering::Relaxed)) as usize
    }

    /// Is there nothing to take? A hint, as `len` is.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
#[path = "ring_tests.rs"]
pub(crate) mod tests;

#[cfg(all(test, loom))]
#[path = "ring_loom_tests.rs"]
mod models;
