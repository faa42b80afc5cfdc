//! levels of 64 slots: putting in and taking out cost the same for ten and for a million.
//!
//! Think of a number in base 64. Each level is one digit, each slot one value of that digit:
//!
//! ```text
//!   level         3       2       1       0        a slot of level n is 64^n wide
//!   elapsed …  [  0 ]  [ 12 ]  [ 50 ]  [  9 ]
//!   when    …  [  0 ]  [ 12 ]  [ 53 ]  [ 30 ]
//!                                ▲
//!          the highest digit that differs: filed in level 1, slot 53
//! ```
//!
//! * Every slot in use lies ahead of `elapsed` within its level, and all of level n is due before
//!   any of level n + 1. So the next one is the first slot in use of the lowest level in use, and
//!   is found with one bit instruction per level.
//! * When `elapsed` reaches a slot of a higher level, its nodes are **filed again**: their highest
//!   differing digit is now a lower one.
//! * A slot of level 0 is one number: a list in which all are due at once. A slot is filed again in
//!   its own order, so equal numbers come out in the order in which they went in.
//!
//! Eleven digits hold every `u64`. The lists are doubly linked, by index: the first nodes of the
//! table are the heads of the slots, each linked to itself while its slot is empty.

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const MASK: u64 = SLOTS as u64 - 1;
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;
const HEADS: usize = LEVELS * SLOTS;

/// Values by number, smallest first; equal ones in the order in which they were put in.
pub struct Wheel<T> {
    /// No filed number is below this.
    elapsed: u64,
    /// One bit per slot: is anything in it?
    in_use: [u64; LEVELS],
    nodes: Vec<Node<T>>,
    free: Vec<usize>,
    keys: u64,
}

struct Node<T> {
    prev: usize,
    next: usize,
    /// Its number. Of a head: no number in the slot is smaller.
    when: u64,
    key: u64,
    value: Option<T>,
}

/// Which value: where it is, and a number that no other value has had there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Key {
    node: usize,
    key: u64,
}

impl<T> Wheel<T> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let head = |slot| Node { prev: slot, next: slot, when: 0, key: 0, value: None };
        let nodes = (0..HEADS).map(head).collect();
        Self { elapsed: 0, in_use: [0; LEVELS], nodes, free: Vec::new(), keys: 0 }
    }

    pub fn insert(&mut self, when: u64, value: T) -> Key {
        self.keys += 1;
        // Too late already: due with the current number, behind those that are in it.
        let when = when.max(self.elapsed);
        let new = Node { prev: 0, next: 0, when, key: self.keys, value: Some(value) };
        let node = match self.free.pop() {
            Some(node) => {
                self.nodes[node] = new;
                node
            }
            None => {
                self.nodes.push(new);
                self.nodes.len() - 1
            }
        };
        self.file(node);
        Key { node, key: self.keys }
    }

    /// Takes a value out, unless it has been already.
    pub fn remove(&mut self, key: Key) -> Option<T> {
        if self.nodes[key.node].key != key.key {
            return None;
        }
        self.take_out(key.node)
    }

    /// No filed number is below this; exact, unless the earliest of its slot was taken out.
    pub fn next(&self) -> Option<u64> {
        Some(self.nodes[self.first()?].when)
    }

    /// Takes out the next value up to number `now`; turns the wheel.
    pub fn pop(&mut self, now: u64) -> Option<T> {
        while let Some(slot) = self.first() {
            let begin = self.begin_of(slot);
            if begin > now {
                break;
            }
            self.elapsed = self.elapsed.max(begin);
            if slot < SLOTS {
                return self.take_out(self.nodes[slot].next);
            }
            self.file_again(slot);
        }
        self.elapsed = self.elapsed.max(now);
        None
    }

    /// The level and the slot in which a value is filed, unless it has been taken out.
    pub fn place(&self, key: Key) -> Option<(usize, usize)> {
        let node = &self.nodes[key.node];
        let slot = self.slot_of(node.when);
        (node.key == key.key).then_some((slot / SLOTS, slot % SLOTS))
    }

    /// How many places are in use.
    pub fn places(&self) -> usize {
        self.nodes.len() - HEADS - self.free.len()
    }

    /// The slot of a number: its highest digit that differs from `elapsed`. As long as a node is
    /// filed, this stays the same: when it would change, the node is filed again.
    fn slot_of(&self, when: u64) -> usize {
        let differs = (self.elapsed ^ when) | MASK;
        let level = (u64::BITS - 1 - differs.leading_zeros()) / BITS;
        level as usize * SLOTS + ((when >> (level * BITS)) & MASK) as usize
    }

    /// The slot whose turn comes next.
    fn first(&self) -> Option<usize> {
        let level = self.in_use.iter().position(|bits| *bits != 0)?;
        Some(level * SLOTS + self.in_use[level].trailing_zeros() as usize)
    }

    /// The first number of a slot in use. All of its numbers agree in the digits from its level up.
    fn begin_of(&self, slot: usize) -> u64 {
        let digits_below = (slot / SLOTS) as u32 * BITS;
        self.nodes[slot].when >> digits_below << digits_below
    }

    /// Puts a node at the end of its slot's list.
    fn file(&mut self, node: usize) {
        let when = self.nodes[node].when;
        let head = self.slot_of(when);
        let bit = 1 << (head % SLOTS);
        let bits = &mut self.in_use[head / SLOTS];
        let earliest = if *bits & bit == 0 { when } else { when.min(self.nodes[head].when) };
        *bits |= bit;
        self.nodes[head].when = earliest;
        let last = self.nodes[head].prev;
        self.link(last, node);
        self.link(node, head);
    }

    /// The nodes of a slot whose time has begun: each goes to a lower level.
    fn file_again(&mut self, slot: usize) {
        let mut node = self.nodes[slot].next;
        self.link(slot, slot);
        self.in_use[slot / SLOTS] &= !(1 << (slot % SLOTS));
        while node != slot {
            let next = self.nodes[node].next;
            self.file(node);
            node = next;
        }
    }

    fn take_out(&mut self, node: usize) -> Option<T> {
        let slot = self.slot_of(self.nodes[node].when);
        let (prev, next) = (self.nodes[node].prev, self.nodes[node].next);
        self.link(prev, next);
        if self.nodes[slot].next == slot {
            self.in_use[slot / SLOTS] &= !(1 << (slot % SLOTS));
        }
        self.free.push(node);
        self.nodes[node].key = 0;
        self.nodes[node].value.take()
    }

    fn link(&mut self, prev: usize, next: usize) {
        self.nodes[prev].next = next;
        self.nodes[next].prev = prev;
    }
}
