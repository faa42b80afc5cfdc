//! The wheel against a sorted map: the same operations, the same answers.

use super::*;
use crate::base::list::Links;
use std::collections::BTreeMap;

struct Item {
    links: Links<Item>,
    place: Cell<u16>,
    when: Cell<u64>,
    id: u64,
}

// SAFETY(INV-1): always the same fields of a live item, reached without a reference to the whole.
unsafe impl Node for Item {
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY(INV-1): `node` is alive, so its field is a valid place.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

// SAFETY(INV-1): as above.
unsafe impl Timed for Item {
    unsafe fn when(node: NonNull<Self>) -> u64 {
        // SAFETY(INV-1): `node` is alive.
        unsafe { (*node.as_ptr()).when.get() }
    }

    unsafe fn place(node: NonNull<Self>) -> NonNull<Cell<u16>> {
        // SAFETY(INV-1): `node` is alive, so its field is a valid place.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).place) }
    }
}

/// A wheel, and what it ought to hold: number and order of filing, in sorted order.
struct Pair {
    wheel: Box<Wheel<Item>>,
    model: BTreeMap<(u64, u64), NonNull<Item>>,
    elapsed: u64,
    filed: u64,
}

impl Pair {
    fn new() -> Self {
        Self { wheel: Box::new(Wheel::new()), model: BTreeMap::new(), elapsed: 0, filed: 0 }
    }

    /// Returns the model's key.
    fn insert(&mut self, when: u64) -> (u64, u64) {
        self.filed += 1;
        let item = Item {
            links: Links::new(),
            place: Cell::new(0),
            when: Cell::new(when),
            id: self.filed,
        };
        let node = NonNull::from(Box::leak(Box::new(item)));
        // SAFETY(INV-1): the box is freed only after its node was taken out.
        unsafe { self.wheel.insert(node) };
        let key = (when.max(self.elapsed), self.filed);
        self.model.insert(key, node);
        key
    }

    fn remove(&mut self, key: (u64, u64)) {
        let node = self.model.remove(&key).expect("the model holds it");
        // SAFETY(INV-2): the model holds it, so the wheel does.
        unsafe { self.wheel.remove(node) };
        free(node);
    }

    /// Makes a filed number larger, without telling the wheel.
    fn grow(&mut self, key: (u64, u64), by: u64) {
        let node = self.model.remove(&key).expect("the model holds it");
        let when = key.0.saturating_add(by).min(u64::MAX - 1);
        // SAFETY(INV-1): filed, hence alive.
        unsafe { node.as_ref() }.when.set(when);
        self.model.insert((when, key.1), node);
    }

    /// Takes out the next due node. In both, or in neither.
    fn pop(&mut self, now: u64) -> Option<(u64, u64)> {
        let Some(node) = self.wheel.pop(now) else {
            let early = self.model.keys().next();
            assert!(early.is_none_or(|key| key.0 > now), "{early:?} is overdue at {now}");
            self.elapsed = self.elapsed.max(now);
            return None;
        };
        // SAFETY(INV-1): the box is freed below.
        let (when, id) = unsafe { (node.as_ref().when.get(), node.as_ref().id) };
        let key = *self.model.keys().find(|key| key.1 == id).expect("the model holds it");
        assert!(when <= now && key.0 <= now, "{key:?} came early, at {now}");
        self.model.remove(&key);
        self.elapsed = self.elapsed.max(key.0);
        free(node);
        Some(key)
    }

    /// As `pop`, and it must be the model's first.
    fn pop_in_order(&mut self, now: u64) -> Option<(u64, u64)> {
        let first = self.model.keys().next().copied().filter(|key| key.0 <= now);
        let popped = self.pop(now);
        assert_eq!(popped, first, "at {now}");
        popped
    }

    fn check_next(&self) {
        let (next, first) = (self.wheel.next(), self.model.keys().next());
        assert_eq!(next.is_none(), first.is_none());
        assert_eq!(self.wheel.is_empty(), first.is_none());
        if let (Some(next), Some(first)) = (next, first) {
            assert!(next <= first.0, "next is {next}, but {first:?} is filed");
        }
    }

    fn check_next_exact(&self) {
        assert_eq!(self.wheel.next(), self.model.keys().next().map(|key| key.0));
    }

    fn drain(&mut self) {
        while self.pop_in_order(u64::MAX).is_some() {}
        self.check_next();
    }
}

fn free(node: NonNull<Item>) {
    // SAFETY(INV-1): it came from a box, and nobody links it any more.
    drop(unsafe { Box::from_raw(node.as_ptr()) });
}

impl Drop for Pair {
    fn drop(&mut self) {
        for key in self.model.keys().copied().collect::<Vec<_>>() {
            self.remove(key);
        }
    }
}

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Small numbers, borders of slots and levels, far and extreme ones: all about equally often.
    fn distance(&mut self) -> u64 {
        let border = 1u64 << (6 * self.below(11));
        match self.below(6) {
            0 => self.below(4),
            1 => self.below(200),
            2 => border.saturating_mul(1 + self.below(64)).saturating_sub(self.below(3)),
            3 => border.saturating_add(self.below(3)),
            4 => self.next() >> self.below(64),
            _ => self.below(1 << 37),
        }
    }
}

/// Runs a test with many seeds, and names the one that fails.
fn with_seeds(run: impl Fn(u64) + std::panic::RefUnwindSafe) {
    for seed in 1..=if cfg!(miri) { 20 } else { 4_000 } {
        if std::panic::catch_unwind(|| run(seed)).is_err() {
            panic!("it was seed {seed}");
        }
    }
}

#[test]
fn agrees_with_a_sorted_map() {
    with_seeds(|seed| run_seed(seed, false));
}

#[test]
fn agrees_with_a_sorted_map_when_numbers_grow() {
    with_seeds(|seed| run_seed(seed, true));
}

fn run_seed(seed: u64, growing: bool) {
    let mut rng = Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut pair = Pair::new();
    let mut now = 0u64;
    for _ in 0..120 {
        match rng.below(10) {
            0..=4 => {
                let ahead = now.saturating_add(rng.distance()).min(u64::MAX - 1);
                let when = if rng.below(8) == 0 { now.saturating_sub(rng.below(9)) } else { ahead };
                for _ in 0..=rng.below(3) {
                    pair.insert(when);
                }
            }
            5 | 6 if !pair.model.is_empty() => {
                let at = rng.below(pair.model.len() as u64) as usize;
                let key = *pair.model.keys().nth(at).expect("in range");
                if growing && rng.below(2) == 0 {
                    pair.grow(key, rng.distance());
                } else {
                    pair.remove(key);
                }
            }
            _ => {
                now = match (rng.below(3), pair.wheel.next()) {
                    (0, Some(next)) => now.max(next),
                    _ => now.saturating_add(rng.distance()).min(u64::MAX - 1),
                };
                // Sometimes it stops in the middle, as a firing batch does.
                let mut left = if rng.below(3) == 0 { rng.below(4) } else { u64::MAX };
                while left > 0 && pop(&mut pair, now, growing) {
                    left -= 1;
                }
            }
        }
        pair.check_next();
    }
    while pop(&mut pair, u64::MAX, growing) {}
    pair.check_next();
}

/// A number that has grown is as old as its new filing, so only the others have an order to
/// check.
fn pop(pair: &mut Pair, now: u64, growing: bool) -> bool {
    if growing { pair.pop(now).is_some() } else { pair.pop_in_order(now).is_some() }
}

/// Numbers around every border of a slot and a level, from several starting points: each comes
/// out at its own millisecond and not one before, and `next` names it.
#[test]
fn every_border_is_met_to_the_millisecond() {
    let levels = if cfg!(miri) { 1..3 } else { 0..7 };
    for level in levels {
        let width = 1u64 << (6 * level);
        for slot in [1, 2, 3, 31, 32, 33, 62, 63, 64, 65] {
            for start in [0, 1, 63, 64, width - 1, width, width * 63, width * 64 - 1, width * 64] {
                for when in (start + width * slot).saturating_sub(1)..=start + width * slot + 1 {
                    let mut pair = Pair::new();
                    assert!(pair.pop(start).is_none());
                    let when = when.max(start);
                    pair.insert(when);
                    pair.check_next_exact();
                    if when > start {
                        assert!(pair.pop_in_order(when - 1).is_none());
                    }
                    assert_eq!(pair.pop_in_order(when), Some((when, 1)));
                    assert!(pair.wheel.is_empty());
                }
            }
        }
    }
}

#[test]
fn extreme_numbers_come_out_in_order() {
    let far = [0, 1, u64::MAX - 1, u64::MAX - 2, u64::MAX / 2, 1 << 36, (1 << 36) - 1, 1 << 63];
    let mut pair = Pair::new();
    for when in far {
        pair.insert(when);
        pair.check_next_exact();
    }
    // Two turns later, in the same slot of the top level.
    pair.insert((1 << 36) + (1 << 35));
    pair.insert((3 << 36) + (1 << 35));
    pair.drain();
    assert_eq!(pair.elapsed, u64::MAX);
}

#[test]
fn a_number_beyond_the_wheel_waits_for_its_own_turn() {
    const TURN: u64 = 1 << 36;
    let mut pair = Pair::new();
    // The same slot of the top level, a turn apart.
    let later = pair.insert(2 * TURN + 12_345);
    let sooner = pair.insert(TURN + 12_345);
    assert_eq!(pair.pop_in_order(2 * TURN), Some(sooner));
    assert_eq!(pair.pop_in_order(2 * TURN + 12_344), None);
    pair.check_next_exact();
    assert_eq!(pair.pop_in_order(2 * TURN + 12_345), Some(later));
}

#[test]
fn equal_numbers_keep_their_order_through_every_level() {
    let when = (1 << 37) + (7 << 30) + (5 << 24) + (9 << 18) + (11 << 12) + (13 << 6) + 17;
    let mut pair = Pair::new();
    // Filed from ever closer by: in the top level, then in each lower one.
    for ahead in [1u64 << 37, 1 << 33, 1 << 27, 1 << 20, 1 << 14, 1 << 8, 40, 3, 0] {
        assert!(pair.pop_in_order(when - ahead.min(when)).is_none() || ahead == 0);
        pair.insert(when);
        pair.insert(when + 1);
    }
    let mut last = 0;
    while let Some((number, id)) = pair.pop_in_order(when) {
        assert_eq!(number, when);
        assert!(id > last);
        last = id;
    }
    pair.drain();
}

#[test]
fn what_is_too_late_already_is_due_at_once() {
    let mut pair = Pair::new();
    assert!(pair.pop(1_000).is_none());
    pair.insert(0);
    pair.insert(999);
    pair.insert(1_000);
    pair.check_next_exact();
    assert_eq!(pair.pop_in_order(1_000).map(|key| key.1), Some(1));
    assert_eq!(pair.pop_in_order(1_000).map(|key| key.1), Some(2));
    assert_eq!(pair.pop_in_order(1_000).map(|key| key.1), Some(3));
}

/// INV-44: nodes of every level are taken out of the middle, the front and the back of their
/// lists.
#[test]
fn a_node_is_taken_out_of_the_list_it_is_in() {
    let mut pair = Pair::new();
    let mut keys = Vec::new();
    for level in 0..7 {
        keys.extend((0..5).map(|_| pair.insert(3 << (6 * level))));
    }
    // Turn the wheel so far that half of them have been filed again.
    while pair.pop_in_order(3 << 18).is_some() {}
    keys.retain(|key| pair.model.contains_key(key));
    for pick in [2, 0, 1] {
        for group in keys.chunks(5) {
            pair.remove(group[pick]);
            pair.check_next();
        }
    }
    pair.drain();
}

#[test]
fn next_is_exact_again_once_the_wheel_has_turned() {
    let mut pair = Pair::new();
    let first = pair.insert(70);
    pair.insert(100);
    pair.remove(first);
    // The slot still remembers 70: early, never late.
    assert_eq!(pair.wheel.next(), Some(70));
    assert!(pair.pop_in_order(70).is_none());
    pair.check_next_exact();
}

#[test]
fn an_emptied_slot_says_so() {
    let mut pair = Pair::new();
    let (a, b) = (pair.insert(500), pair.insert(500));
    let node = |pair: &mut Pair, key| pair.model.remove(&key).expect("the model holds it");
    let (a, b) = (node(&mut pair, a), node(&mut pair, b));
    // SAFETY(INV-2): both are filed.
    let (first, second) = unsafe { (pair.wheel.remove(a), pair.wheel.remove(b)) };
    assert_eq!((first, second), (false, true));
    assert!(pair.wheel.is_empty());
    free(a);
    free(b);
}

#[test]
fn an_empty_wheel_can_start_again() {
    let mut pair = Pair::new();
    pair.insert(1 << 40);
    pair.drain();
    pair.wheel.restart();
    pair.elapsed = 0;
    pair.insert(5);
    assert!(pair.pop_in_order(4).is_none());
    assert!(pair.pop_in_order(5).is_some());
}
