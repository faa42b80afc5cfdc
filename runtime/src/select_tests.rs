//! The order of the polls, and the budget.

use super::{InOrder, Random, in_turn};
use crate::base::prim::{Arc, AtomicUsize, Ordering};
use crate::wake::coop;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Wake};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn every_branch_has_its_turn_once() {
    for count in 1..=64 {
        for first in 0..count {
            let mut seen = 0_u64;
            for turn in 0..count {
                let branch = in_turn(first, turn, count);
                assert_eq!(branch, (first + turn) % count);
                seen |= 1 << branch;
            }
            assert_eq!(seen.count_ones(), count);
        }
    }
}

#[test]
fn biased_starts_at_the_top_and_chance_starts_anywhere() {
    assert!((0..100).all(|_| InOrder.first(8) == 0));
    let mut counts = [0_u32; 8];
    for _ in 0..8_000 {
        counts[Random.first(8) as usize] += 1;
    }
    assert!(counts.iter().all(|n| (800..1_200).contains(n)), "{counts:?}");
}

#[test]
fn a_used_up_budget_stops_the_poll_before_it_polls_anything() {
    let wakes = Arc::new(Wakes::default());
    let waker = wakes.clone().into();
    let mut cx = Context::from_waker(&waker);
    let polls = AtomicUsize::new(0);
    let polled = || std::future::poll_fn(|_| Poll::Ready(polls.fetch_add(1, Ordering::Relaxed)));
    let mut race = pin!(async {
        crate::select! {
            n = polled() => n,
            n = polled() => n,
        }
    });
    {
        let _budget = coop::budget();
        while coop::left() > 0 {
            coop::spend();
        }
        assert_eq!(race.as_mut().poll(&mut cx), Poll::Pending);
        assert_eq!((polls.load(Ordering::Relaxed), wakes.0.load(Ordering::Relaxed)), (0, 1));
    }
    assert_eq!(race.poll(&mut cx), Poll::Ready(0));
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
}
