//! six levels of 64 slots; no clock, no lock, no waker: a pure data structure.
//!
//! A queue of nodes ordered by a number, where putting in and taking out cost the same whether it
//! holds ten nodes or a million. The numbers are milliseconds; the wheel knows only how many of
//! them are over (`elapsed`). Read next: `drive/timers.rs`, which adds clock, lock, wakers.
//!
//! Think of a number in base 64. Each level is one digit, each slot one value of that digit:
//!
//! ```text
//!   level      5       4       3       2       1       0        a slot of level n is 64^n ms wide
//!   elapsed  [  0 ]  [  0 ]  [  0 ]  [ 12 ]  [ 50 ]  [  9 ]
//!   when     [  0 ]  [  0 ]  [  0 ]  [ 12 ]  [ 53 ]  [ 30 ]
//!                                              ▲
//!                        the highest digit that differs: filed in level 1, slot 53
//! ```
//!
//! * Every slot in use lies ahead of `elapsed` within its level (level 0: at it or ahead), and
//!   all of level n is due before any of level n + 1. So the first slot in use of the lowest
//!   level in use is the next one, and it is found with one bit instruction per level.
//! * When `elapsed` reaches a slot of a higher level, the slot's nodes are filed again: their
//!   highest differing digit is now a lower one. A node moves at most five times.
//! * A slot of level 0 is one millisecond, a list in which all are due at once. Lists are first
//!   in, first out, and a slot is filed again in its own order before anything new can be filed
//!   below it: **equal numbers come out in the order in which they went in.**
//! * A number too far ahead for six digits (2^36 ms, 2.2 years) is kept in the top level by its
//!   sixth digit, and filed again when the wheel has turned that far.
//! * Each slot remembers a lower bound of its numbers, so [`Wheel::next`] names the deadline and
//!   not the beginning of a slot: nobody wakes up only to file nodes again.
//!
//! A node's number may grow while it is filed: the wheel finds it where it was, reads the number
//! again, and files it anew, behind its new equals. That makes "later" free for its owner. It may
//! not shrink: take the node out first.
//!
//! * INV-44: a filed node's `place` names the one list it is in; only the wheel writes it.
//!
//! Left out: slots finer than a millisecond (epoll's unit; finer ones would fill no list), and a
//! heap for the few timers of a small program (it loses from about a hundred timers on).

use crate::base::list::{List, Node};
use std::cell::Cell;
use std::fmt;
use std::ptr::NonNull;

/// Bits per digit: 64 slots, so one word says which are in use. Small for the model checker.
const BITS: u32 = if cfg!(loom) { 2 } else { 6 };
const LEVELS: usize = if cfg!(loom) { 2 } else { 6 };
const SLOTS: usize = 1 << BITS;
const MASK: u64 = SLOTS as u64 - 1;
const TOP: usize = LEVELS - 1;

/// A node that can be filed.
///
/// # Safety
/// As for [`Node`]: both functions answer for the same node with the same place, without a
/// reference to the whole node.
pub(crate) unsafe trait Timed: Node {
    /// The node's number. Between being filed and being taken out it may only grow.
    ///
    /// # Safety
    /// `node` points to a live node.
    unsafe fn when(node: NonNull<Self>) -> u64;

    /// Room for the wheel's note of where the node is.
    ///
    /// # Safety
    /// `node` points to a live node.
    unsafe fn place(node: NonNull<Self>) -> NonNull<Cell<u16>>;
}

/// See the head of the file.
pub(crate) struct Wheel<T: Timed> {
    /// How many milliseconds are over. No filed number is below it, but for those that were
    /// already too late when they were filed.
    elapsed: u64,
    /// One bit per slot: is anything in it?
    in_use: [u64; LEVELS],
    slots: [Slot<T>; LEVELS * SLOTS],
}

struct Slot<T: Timed> {
    nodes: List<T>,
    /// No node here has a smaller number. Exact until one is taken out. Means nothing when empty.
    earliest: u64,
}

impl<T: Timed> Wheel<T> {
    pub(crate) const fn new() -> Self {
        let slots = [const { Slot { nodes: List::new(), earliest: 0 } }; LEVELS * SLOTS];
        Self { elapsed: 0, in_use: [0; LEVELS], slots }
    }

    /// Starts again at zero. Only an empty wheel can.
    pub(crate) fn restart(&mut self) {
        debug_assert!(self.is_empty());
        self.elapsed = 0;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.in_use.iter().all(|bits| *bits == 0)
    }

    /// Files `node` under its number.
    ///
    /// # Safety
    /// INV-1 to INV-3: the node is filed nowhere, stays put until it is taken out, and the caller
    /// alone touches this wheel.
    pub(crate) unsafe fn insert(&mut self, node: NonNull<T>) {
        // SAFETY(INV-1): the caller's node is alive.
        let (when, place) = unsafe { (T::when(node), T::place(node).as_ref()) };
        // Too late already: due with the current millisecond, behind those that are in it.
        let when = when.max(self.elapsed);
        let (level, slot) = self.place_of(when);
        let index = level * SLOTS + slot;
        // Fits: there are fewer than 2^16 slots.
        place.set(index as u16);
        let bit = 1 << slot;
        let fresh = self.in_use[level] & bit == 0;
        self.in_use[level] |= bit;
        let slot = &mut self.slots[index];
        slot.earliest = if fresh { when } else { slot.earliest.min(when) };
        // SAFETY(INV-2): by the caller's promise the node is in no list, and stays put.
        unsafe { slot.nodes.push_back(node) };
    }

    /// Takes `node` out. True: its slot is empty now, so that [`Wheel::next`] may be later.
    ///
    /// # Safety
    /// INV-2, INV-3: the node is filed in this wheel, and the caller alone touches it.
    pub(crate) unsafe fn remove(&mut self, node: NonNull<T>) -> bool {
        // SAFETY(INV-1): a filed node is alive.
        let index = usize::from(unsafe { T::place(node).as_ref() }.get());
        // SAFETY(INV-44): `place` names the list that the node is in.
        unsafe { self.slots[index].nodes.remove(node) };
        self.note_if_empty(index)
    }

    /// No filed number is below this; `None` when nothing is filed. Exact, unless the earliest
    /// node of its slot was taken out or has grown.
    pub(crate) fn next(&self) -> Option<u64> {
        Some(self.slots[self.first()?].earliest)
    }

    /// Takes out the next node up to number `now`, the smallest first; turns the wheel.
    pub(crate) fn pop(&mut self, now: u64) -> Option<NonNull<T>> {
        while let Some(index) = self.first() {
            let begin = self.begin_of(index);
            if begin > now {
                break;
            }
            self.elapsed = begin;
            if index >= SLOTS {
                self.file_again(index);
            } else if let Some(node) = self.pop_due(index) {
                return Some(node);
            }
        }
        self.elapsed = self.elapsed.max(now);
        None
    }

    /// One node of a slot of level 0 that the wheel has reached; `None` if its number has grown.
    fn pop_due(&mut self, index: usize) -> Option<NonNull<T>> {
        let node = self.slots[index].nodes.pop_front()?;
        self.note_if_empty(index);
        // SAFETY(INV-1): the node was filed until just now, so it is alive.
        if unsafe { T::when(node) } <= self.elapsed {
            return Some(node);
        }
        // SAFETY(INV-2): it has just been taken out; its owner's promise still holds.
        unsafe { self.insert(node) };
        None
    }

    /// Files the nodes of a slot again, whose time has begun: lower, or later if they have grown.
    fn file_again(&mut self, index: usize) {
        let mut nodes = self.slots[index].nodes.take();
        self.note_if_empty(index);
        while let Some(node) = nodes.pop_front() {
            // SAFETY(INV-2): it has just been taken out; its owner's promise still holds.
            unsafe { self.insert(node) };
        }
    }

    fn note_if_empty(&mut self, index: usize) -> bool {
        let empty = self.slots[index].nodes.is_empty();
        if empty {
            self.in_use[index / SLOTS] &= !(1 << (index % SLOTS));
        }
        empty
    }

    /// Level and slot of a number not yet over: its highest digit that differs from `elapsed`.
    fn place_of(&self, when: u64) -> (usize, usize) {
        let differs = (self.elapsed ^ when) | MASK;
        let digit = (u64::BITS - 1 - differs.leading_zeros()) / BITS;
        let level = (digit as usize).min(TOP);
        (level, ((when >> (level as u32 * BITS)) & MASK) as usize)
    }

    /// The slot whose turn comes next.
    fn first(&self) -> Option<usize> {
        for level in 0..TOP {
            if self.in_use[level] != 0 {
                return Some(level * SLOTS + self.in_use[level].trailing_zeros() as usize);
            }
        }
        if self.in_use[TOP] == 0 {
            return None;
        }
        // The top level holds numbers of later turns too: the digit alone does not order them.
        (TOP * SLOTS..LEVELS * SLOTS)
            .filter(|index| self.in_use[TOP] & (1 << (index % SLOTS)) != 0)
            .min_by_key(|index| self.slots[*index].earliest)
    }

    /// The first millisecond of a slot that is in use.
    fn begin_of(&self, index: usize) -> u64 {
        let (level, slot) = ((index / SLOTS) as u32, (index % SLOTS) as u64);
        let begin = if level as usize == TOP {
            // Of this turn or a later one: the earliest number says which.
            self.slots[index].earliest >> (level * BITS) << (level * BITS)
        } else {
            let above = (level + 1) * BITS;
            (self.elapsed >> above << above) | (slot << (level * BITS))
        };
        begin.max(self.elapsed)
    }
}

impl<T: Timed> fmt::Debug for Wheel<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheel").field("elapsed", &self.elapsed).finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "wheel_tests.rs"]
mod tests;
