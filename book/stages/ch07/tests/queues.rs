//! Heap and wheel are asked the same questions, and must give the same answers.

use stage_ch07::drive::heap::Heap;
use stage_ch07::drive::wheel::Wheel;

/// A small generator of numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[test]
fn heap_and_wheel_agree() {
    for seed in 1..=40 {
        let mut numbers = Numbers(seed << 40 | 0x9e37_79b9);
        let (mut heap, mut wheel) = (Heap::new(), Wheel::new());
        let (mut now, mut keys) = (0, Vec::new());
        for name in 0..2000 {
            match numbers.below(10) {
                0..5 => {
                    let reach = 1 << numbers.below(40);
                    let when = now + numbers.below(reach);
                    keys.push((heap.insert(when, name), wheel.insert(when, name)));
                }
                5..8 if !keys.is_empty() => {
                    let at = numbers.below(keys.len() as u64) as usize;
                    let (in_heap, in_wheel) = keys.swap_remove(at);
                    assert_eq!(heap.remove(in_heap), wheel.remove(in_wheel));
                }
                _ => {
                    let reach = 1 << numbers.below(30);
                    now += numbers.below(reach);
                    loop {
                        let (from_heap, from_wheel) = (heap.pop(now), wheel.pop(now));
                        assert_eq!(from_heap, from_wheel, "seed {seed}, number {now}");
                        if from_heap.is_none() {
                            break;
                        }
                    }
                }
            }
            // The wheel may name an earlier number, if its earliest node was taken out.
            match (heap.next(), wheel.next()) {
                (Some(heap), Some(wheel)) => assert!(now <= wheel && wheel <= heap),
                (heap, wheel) => assert_eq!(heap, wheel),
            }
        }
    }
}

#[test]
fn the_ends_of_the_numbers() {
    let mut wheel = Wheel::new();
    for when in [u64::MAX, 0, u64::MAX - 1, 1, 1 << 60, (1 << 60) - 1] {
        wheel.insert(when, when);
    }
    let mut all = Vec::new();
    while let Some(when) = wheel.pop(u64::MAX) {
        all.push(when);
    }
    assert_eq!(all, [0, 1, (1 << 60) - 1, 1 << 60, u64::MAX - 1, u64::MAX]);
    assert_eq!((wheel.places(), wheel.next()), (0, None));
}

#[test]
fn a_key_is_good_for_one_value() {
    let mut wheel = Wheel::new();
    let first = wheel.insert(5, "first");
    assert_eq!(wheel.pop(5), Some("first"));
    let second = wheel.insert(6, "second");
    assert_eq!(wheel.remove(first), None);
    assert_eq!(wheel.remove(second), Some("second"));
    assert_eq!(wheel.remove(second), None);
}

/// A number that is over already is due at once, and behind those that are due.
#[test]
fn a_number_that_is_over() {
    let mut wheel = Wheel::new();
    assert_eq!(wheel.pop(5000), None);
    wheel.insert(5000, "now");
    let taken = wheel.insert(70, "taken");
    wheel.insert(3, "late");
    wheel.insert(5001, "next");
    assert_eq!(wheel.next(), Some(5000));
    assert_eq!(wheel.remove(taken), Some("taken"));
    assert_eq!([wheel.pop(5000), wheel.pop(5000)], [Some("now"), Some("late")]);
    assert_eq!((wheel.pop(5000), wheel.next()), (None, Some(5001)));
}
