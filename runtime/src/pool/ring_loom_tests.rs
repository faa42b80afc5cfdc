//! Models of the ring, of four slots: thieves beside an owner that pushes, pops and overflows.
//!
//! Each entry comes out once, and its number is read from a plain cell: loom fails where the
//! pusher's write is not before it. INV-62 and INV-63 are checked by the slots themselves, which
//! are cells too.

use super::tests::{Item, drain, pop, push, steal};
use super::*;
use crate::base::prim::{Arc, thread};

fn model(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(f);
}

/// A ring that holds `numbers`, at positions that wrap.
fn filled(numbers: std::ops::Range<usize>) -> Arc<Ring<Item>> {
    let ring = Ring::starting_at(u32::MAX - 1);
    for number in numbers {
        assert!(push(&ring, number).is_ok());
    }
    Arc::new(ring)
}

/// A thread that steals so many times into a ring of its own; then, what it got.
fn thief(from: &Arc<Ring<Item>>, times: usize) -> thread::JoinHandle<Vec<usize>> {
    let from = from.clone();
    thread::spawn(move || {
        let own = Ring::new();
        let mut got = Vec::new();
        for _ in 0..times {
            got.extend(steal(&from, &own));
        }
        got.extend(drain(&own));
        got
    })
}

/// The owner pushes; what overflows is as good as taken.
fn push_all(ring: &Ring<Item>, numbers: std::ops::Range<usize>) -> Vec<usize> {
    numbers.filter_map(|number| push(ring, number).err()).flatten().collect()
}

/// The thieves end; what is left is the owner's; and each entry was taken once.
fn settle(
    ring: &Ring<Item>,
    mut got: Vec<usize>,
    thieves: Vec<thread::JoinHandle<Vec<usize>>>,
    count: usize,
) {
    for thief in thieves {
        got.extend(thief.join().unwrap());
    }
    got.extend(drain(ring));
    got.sort_unstable();
    assert_eq!(got, (0..count).collect::<Vec<_>>());
}

#[test]
fn loom_ring_a_thief_beside_push_and_pop() {
    model(3, || {
        let ring = filled(0..1);
        let thief = thief(&ring, 1);
        let mut got = push_all(&ring, 1..3);
        got.extend(pop(&ring));
        got.extend(pop(&ring));
        settle(&ring, got, vec![thief], 3);
    });
}

#[test]
fn loom_ring_the_last_one_is_taken_once() {
    model(3, || {
        let ring = filled(0..1);
        let thief = thief(&ring, 1);
        let got = pop(&ring).into_iter().collect();
        settle(&ring, got, vec![thief], 1);
    });
}

/// A thief that comes twice may see the old tail the second time, unless the head tells it.
#[test]
fn loom_ring_overflow_beside_a_thief() {
    model(3, || {
        let ring = filled(0..4);
        let thief = thief(&ring, 2);
        let got = push_all(&ring, 4..6);
        settle(&ring, got, vec![thief], 6);
    });
}

/// The thief knows nothing but what the tail it reads brings with it, a shortened one too.
#[test]
fn loom_ring_every_tail_brings_its_entries() {
    model(4, || {
        let ring = filled(0..1);
        let thief = thief(&ring, 2);
        let got = push_all(&ring, 1..5);
        settle(&ring, got, vec![thief], 5);
    });
}

/// The owner pops beside a thief that copies, and fills the ring again.
#[test]
fn loom_ring_slots_are_free_after_the_thief() {
    model(3, || {
        let ring = filled(0..4);
        let thief = thief(&ring, 1);
        let mut got: Vec<_> = pop(&ring).into_iter().collect();
        got.extend(push_all(&ring, 4..6));
        settle(&ring, got, vec![thief], 6);
    });
}

#[test]
fn loom_ring_two_thieves() {
    model(2, || {
        let ring = filled(0..4);
        let thieves = vec![thief(&ring, 1), thief(&ring, 1)];
        let got = push_all(&ring, 4..6);
        settle(&ring, got, thieves, 6);
    });
}

/// A thief steals into `own`, and is robbed meanwhile.
fn robbed(mine: std::ops::Range<usize>) {
    let count = mine.end;
    let (ring, own) = (filled(0..3), filled(mine));
    let robber = thief(&own, 1);
    let middle = {
        let (ring, own) = (ring.clone(), own.clone());
        thread::spawn(move || steal(&ring, &own).into_iter().collect::<Vec<_>>())
    };
    let mut got = middle.join().unwrap();
    got.extend(robber.join().unwrap());
    got.extend(drain(&own));
    settle(&ring, got, Vec::new(), count);
}

#[test]
fn loom_ring_what_was_stolen_is_stolen_again() {
    model(3, || robbed(3..3));
}

#[test]
fn loom_ring_a_robbed_thief_fills_its_slots_again() {
    model(3, || robbed(3..7));
}
