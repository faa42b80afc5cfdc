//! Units of the budget, counted with a waker of the test's own.

use super::*;
use crate::wake::coop::BUDGET;
use std::future::ready;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Wake, Waker};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// Polls `future` with a full budget each time; how often it was pending, each time woken.
fn polls<F: Future>(future: F) -> usize {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut future = pin!(future);
    let mut pending = 0;
    loop {
        let _budget = coop::budget();
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            assert_eq!(wakes.0.load(Relaxed), pending, "woken for each time it yielded");
            return pending;
        }
        pending += 1;
    }
}

async fn spend(units: usize) {
    for _ in 0..units {
        consume_budget().await;
    }
}

#[test]
fn consume_budget_yields_when_the_budget_is_used_up_and_not_before() {
    let all = usize::from(BUDGET);
    assert_eq!(polls(spend(all)), 0);
    assert_eq!(polls(spend(all + 1)), 1);
    assert_eq!(polls(spend(3 * all)), 2);
}

#[test]
fn an_unconstrained_future_spends_nothing() {
    assert_eq!(polls(unconstrained(spend(10_000))), 0);
    let around = async {
        spend(100).await;
        unconstrained(spend(10_000)).await;
        spend(28).await;
        assert!(!has_budget_remaining(), "what is outside of it has spent the budget");
    };
    assert_eq!(polls(around), 0);
}

#[test]
fn an_unconstrained_future_that_panics_gives_the_budget_back() {
    let _budget = coop::budget();
    let caught = std::panic::catch_unwind(|| {
        let mut future = pin!(unconstrained(async { std::panic::resume_unwind(Box::new(7)) }));
        let _: Poll<()> = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    });
    assert!(caught.is_err());
    (0..BUDGET).for_each(|_| coop::spend());
    assert!(!has_budget_remaining());
}

#[test]
fn a_cooperative_future_costs_a_unit_when_it_is_ready() {
    let all = usize::from(BUDGET);
    let many = |n| async move {
        for _ in 0..n {
            cooperative(ready(())).await;
        }
    };
    assert_eq!(polls(many(all)), 0);
    assert_eq!(polls(many(all + 1)), 1);
}

#[test]
fn a_step_without_progress_costs_nothing() {
    let _budget = coop::budget();
    let cx = &mut Context::from_waker(Waker::noop());
    for _ in 0..1000 {
        assert!(poll_proceed(cx).is_ready());
    }
    for _ in 0..BUDGET {
        let Poll::Ready(step) = poll_proceed(cx) else { panic!("there is budget left") };
        step.made_progress();
        step.made_progress();
    }
    assert!(poll_proceed(cx).is_pending());
}

#[test]
fn outside_of_a_task_there_is_no_limit() {
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(has_budget_remaining());
    assert!(pin!(spend(10_000)).poll(cx).is_ready());
}
