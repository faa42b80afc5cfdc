//! Tests of the heap: order, equals, and that a comparison may do what it likes.

use super::Heap;
use crate::base::rng::Rng;
use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

fn push<T: Ord>(heap: &mut Heap<T>, item: T) {
    let place = heap.place_to_push(&item);
    heap.push_to(place, item);
}

fn pop<T: Ord>(heap: &mut Heap<T>) -> Option<T> {
    heap.pop_to(heap.place_to_pop())
}

#[test]
fn the_smallest_comes_first_and_equals_in_the_order_of_their_coming() {
    for seed in 0..300 {
        let rng = Rng::seeded(seed);
        let kinds = 1 + rng.below(20);
        let (mut heap, mut sorted) = (Heap::new(), Vec::new());
        for number in 0..100 {
            if rng.below(3) > 0 {
                let entry = Pair(rng.below(kinds), number);
                // A stable sort, by the first half only.
                let place = sorted.partition_point(|other| *other <= entry);
                sorted.insert(place, entry);
                push(&mut heap, entry);
            } else {
                let first = (!sorted.is_empty()).then(|| sorted.remove(0));
                let popped = pop(&mut heap);
                assert_eq!(popped.map(|p| (p.0, p.1)), first.map(|p| (p.0, p.1)), "seed {seed}");
            }
        }
        for Pair(kind, number) in sorted {
            let Pair(k, n) = pop(&mut heap).expect("as many");
            assert_eq!((k, n), (kind, number), "seed {seed}");
        }
        assert!(pop(&mut heap).is_none());
    }
}

/// Compared by the first half.
#[derive(Debug, Clone, Copy)]
struct Pair(u32, u32);

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Pair {}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

thread_local! {
    static LEFT: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Compared until its patience ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fragile(u32);

impl PartialOrd for Fragile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fragile {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = LEFT.get();
        assert!(left > 0, "one comparison too many");
        LEFT.set(left - 1);
        self.0.cmp(&other.0)
    }
}

/// After a panic in any comparison of any operation the heap is as it was before.
#[test]
fn a_comparison_that_panics_changes_nothing() {
    let mut panics = 0;
    for seed in 0..200 {
        let rng = Rng::seeded(seed);
        let (mut heap, mut sorted) = (Heap::new(), Vec::new());
        for _ in 0..40 {
            LEFT.set(rng.below(8));
            let item = Fragile(rng.below(30));
            let pushes = rng.below(3) > 0;
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                if pushes {
                    push(&mut heap, item);
                    None
                } else {
                    pop(&mut heap)
                }
            }));
            LEFT.set(u32::MAX);
            match outcome {
                Err(_) => panics += 1,
                Ok(_) if pushes => {
                    sorted.push(item.0);
                    sorted.sort_unstable();
                }
                Ok(popped) => {
                    let first = (!sorted.is_empty()).then(|| sorted.remove(0));
                    assert_eq!(popped.map(|item| item.0), first, "seed {seed}");
                }
            }
        }
        let rest: Vec<_> = std::iter::from_fn(|| pop(&mut heap)).map(|item| item.0).collect();
        assert_eq!(rest, sorted, "seed {seed}");
    }
    assert!(panics > 100, "{panics} panics are no test");
}

/// Answers by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fickle(u32);

impl PartialOrd for Fickle {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fickle {
    fn cmp(&self, _: &Self) -> Ordering {
        LEFT.set(LEFT.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        if LEFT.get() >> 31 == 0 { Ordering::Less } else { Ordering::Greater }
    }
}

#[test]
fn an_order_that_contradicts_itself_loses_nothing() {
    let mut heap = Heap::new();
    let mut got: Vec<_> = Vec::new();
    for number in 0..1000 {
        push(&mut heap, Fickle(number));
        if number % 3 == 0 {
            got.extend(pop(&mut heap));
        }
    }
    got.extend(std::iter::from_fn(|| pop(&mut heap)));
    let mut numbers: Vec<_> = got.iter().map(|item| item.0).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..1000).collect::<Vec<_>>());
}
