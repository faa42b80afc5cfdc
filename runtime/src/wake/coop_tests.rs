//! The budget: who spends, who is stopped, and what is left afterwards.

use super::*;
use crate::base::prim::{Arc, AtomicUsize, Ordering, thread};
use std::task::Wake;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// How many units can be spent before a leaf is told to wait, up to `most`; and the wakes it made.
fn spendable(most: usize) -> (usize, usize) {
    let wakes = Arc::new(Wakes::default());
    let waker = wakes.clone().into();
    let mut cx = Context::from_waker(&waker);
    let mut spent = 0;
    while spent < most && ready(&mut cx).is_ready() {
        spend();
        spent += 1;
    }
    (spent, wakes.0.load(Ordering::Relaxed))
}

#[test]
fn nothing_is_counted_outside_an_executor() {
    assert_eq!(spendable(1_000), (1_000, 0));
}

#[test]
fn a_budget_is_spent_and_then_the_task_is_woken_and_waits() {
    let _guard = budget();
    assert_eq!(spendable(1_000), (usize::from(BUDGET), 1));
    // It stays used up for the rest of the poll, however often a leaf asks or spends.
    spend();
    assert_eq!(spendable(1_000), (0, 1));
}

#[test]
fn the_old_value_comes_back() {
    let outer = budget();
    spend();
    {
        let _free = unlimited();
        assert_eq!(spendable(1_000), (1_000, 0));
        {
            let _inner = budget();
            assert_eq!(spendable(1_000).0, usize::from(BUDGET));
        }
        assert_eq!(spendable(1_000), (1_000, 0));
    }
    assert_eq!(spendable(1_000).0, usize::from(BUDGET) - 1);
    drop(outer);
    assert_eq!(spendable(1_000), (1_000, 0));
}

#[test]
fn the_old_value_comes_back_after_a_panic() {
    let _ = std::panic::catch_unwind(|| {
        let _guard = budget();
        panic!("in a poll");
    });
    assert_eq!(spendable(1_000), (1_000, 0));
}

#[test]
fn each_thread_has_its_own() {
    let _guard = budget();
    let other = thread::spawn(|| spendable(1_000));
    assert_eq!(other.join().unwrap(), (1_000, 0));
}

#[test]
fn a_destructor_of_a_thread_local_may_spend() {
    struct Late;
    impl Drop for Late {
        fn drop(&mut self) {
            assert_eq!(spendable(10), (10, 0));
        }
    }
    std::thread_local!(static LATE: Late = const { Late });
    // Made before our own thread-local is used, and hence destroyed after it would be.
    let other = thread::spawn(|| LATE.with(|_| spendable(1)));
    assert_eq!(other.join().unwrap(), (1, 0));
}

#[test]
fn each_thread_has_its_mark() {
    let mine = thread_mark();
    std::thread::scope(|scope| {
        let other = scope.spawn(thread_mark).join().expect("no panic");
        assert!(other != mine && other != 0);
    });
    assert_eq!(mine, thread_mark());
}
