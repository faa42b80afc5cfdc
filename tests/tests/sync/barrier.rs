//! Barrier: tokio's meeting of so many, round after round.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, touch};
use mainspring::sync::{Barrier, BarrierWaitResult};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Wake, Waker};
use std::thread;
use tests::{Task, Tasks, at_every_point, poll_once};

tests::has! { Send, Sync => Barrier }
tests::has! { Send, Sync, Clone, Unpin => BarrierWaitResult }
tests::lacks! { Clone => Barrier }

#[test]
fn a_wait_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    both(&Barrier::new(2).wait());
}

/// Waits, and says whether it led.
async fn leads(barrier: Arc<Barrier>) -> bool {
    barrier.wait().await.is_leader()
}

/// Tasks that stand in line.
async fn waiters(on: &Tasks, barrier: &Arc<Barrier>, count: usize) -> Vec<Task<bool>> {
    let mut tasks = vec![];
    for _ in 0..count {
        tasks.push(on.in_line(leads(barrier.clone())).await);
    }
    tasks
}

async fn all_wait_for_the_last_who_leads_and_does_not_yield(on: Tasks) {
    let barrier = Arc::new(Barrier::new(50));
    for _ in 0..3 {
        let tasks = waiters(&on, &barrier, 49).await;
        for _ in 0..3 {
            on.yield_now().await;
        }
        assert!(tasks.iter().all(|task| !task.is_finished()));
        let Poll::Ready(last) = poll_once(pin!(barrier.wait())).await else {
            panic!("the last need not wait")
        };
        assert!(last.is_leader());
        for task in tasks {
            assert!(!task.await);
        }
    }
}

async fn alone_nobody_waits_and_everybody_leads(_: Tasks) {
    for barrier in [Barrier::new(0), Barrier::new(1)] {
        for _ in 0..3 {
            let Poll::Ready(result) = poll_once(pin!(barrier.wait())).await else {
                panic!("there is nobody to wait for")
            };
            assert!(result.is_leader() && result.clone().is_leader());
        }
    }
}

async fn who_comes_after_the_last_is_in_the_next_round(on: Tasks) {
    let barrier = Arc::new(Barrier::new(3));
    let mut tasks = vec![];
    for _ in 0..7 {
        tasks.push(on.started(leads(barrier.clone())).await);
    }
    let rest = tasks.pop().unwrap();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.await, number % 3 == 2, "{number}");
    }
    for _ in 0..3 {
        on.yield_now().await;
    }
    assert!(!rest.is_finished());
    let second = on.in_line(leads(barrier.clone())).await;
    assert!(leads(barrier).await);
    assert!(!rest.await && !second.await);
}

/// Nobody is a round ahead, whoever runs when; and each round has one leader.
async fn nobody_goes_on_before_all_have_come(on: Tasks) {
    const TASKS: usize = 5;
    const ROUNDS: usize = 40;
    let barrier = Arc::new(Barrier::new(TASKS));
    let come = Arc::new([const { AtomicUsize::new(0) }; ROUNDS]);
    let led = Arc::new([const { AtomicUsize::new(0) }; ROUNDS]);
    let worker = |number: usize| {
        let (on, barrier, come, led) = (on.clone(), barrier.clone(), come.clone(), led.clone());
        async move {
            for round in 0..ROUNDS {
                if (number + round).is_multiple_of(3) {
                    on.yield_now().await;
                }
                // Ordering: Relaxed, the barrier orders it.
                come[round].fetch_add(1, Ordering::Relaxed);
                let leader = barrier.wait().await.is_leader();
                assert_eq!(come[round].load(Ordering::Relaxed), TASKS);
                led[round].fetch_add(usize::from(leader), Ordering::Relaxed);
            }
        }
    };
    let tasks: Vec<_> = (0..TASKS).map(|number| on.spawn(worker(number))).collect();
    for task in tasks {
        task.await;
    }
    assert!(led.iter().all(|leaders| leaders.load(Ordering::Relaxed) == 1));
}

/// An arrival stands, a future that was not polled is none; and the next round is whole.
async fn a_dropped_wait_is_counted_if_it_was_polled(on: Tasks) {
    at_every_point(|point| {
        let (on, barrier) = (on.clone(), Arc::new(Barrier::new(3)));
        async move {
            let victim = on.started(point.of(leads(barrier.clone()))).await;
            let other = on.in_line(leads(barrier.clone())).await;
            let arrived = if point.polls == 0 { 1 } else { 2 };
            let shown = format!("Barrier {{ n: 3, arrived: {arrived} }}");
            assert_eq!(format!("{barrier:?}"), shown);
            let more = waiters(&on, &barrier, 2 - arrived).await;
            assert!(leads(barrier.clone()).await);
            assert!(!other.await);
            for task in more {
                assert!(!task.await);
            }
            assert_ne!(victim.await, Some(true));
            assert_eq!(format!("{barrier:?}"), "Barrier { n: 3, arrived: 0 }");
            let next = waiters(&on, &barrier, 2).await;
            assert!(leads(barrier.clone()).await);
            for task in next {
                assert!(!task.await);
            }
        }
    })
    .await;
}

/// All who wait go, and the round is not stuck: one more is enough, and leads.
async fn a_round_of_which_all_are_gone_is_ended_by_one(on: Tasks) {
    let barrier = Arc::new(Barrier::new(5));
    for task in waiters(&on, &barrier, 4).await {
        assert_eq!(task.give_up().await, None);
    }
    assert!(poll_once(pin!(barrier.wait())).await.is_ready());
    assert!(poll_once(pin!(barrier.wait())).await.is_pending());
}

async fn a_thread_without_an_executor_may_be_the_last(on: Tasks) {
    let barrier = Arc::new(Barrier::new(11));
    let tasks = waiters(&on, &barrier, 10).await;
    let theirs = barrier.clone();
    let thread = thread::spawn(move || Polled::new(theirs.wait()).ready().is_leader());
    for task in tasks {
        assert!(!task.await);
    }
    assert!(thread.join().unwrap());
}

tests::each_executor! {
    all_wait_for_the_last_who_leads_and_does_not_yield,
    alone_nobody_waits_and_everybody_leads,
    who_comes_after_the_last_is_in_the_next_round,
    nobody_goes_on_before_all_have_come,
    a_dropped_wait_is_counted_if_it_was_polled,
    a_round_of_which_all_are_gone_is_ended_by_one,
    a_thread_without_an_executor_may_be_the_last,
}

#[test]
fn it_may_be_static_and_is_shown() {
    static BARRIER: Barrier = Barrier::new(2);
    assert_eq!(format!("{BARRIER:?}"), "Barrier { n: 2, arrived: 0 }");
    let mut wait = Polled::waiting(BARRIER.wait());
    assert_eq!(format!("{BARRIER:?}"), "Barrier { n: 2, arrived: 1 }");
    assert_eq!(format!("{:?}", Polled::new(BARRIER.wait()).ready()), "BarrierWaitResult(true)");
    assert_eq!(format!("{:?}", wait.ready()), "BarrierWaitResult(false)");
}

#[test]
fn a_barrier_for_more_than_there_can_be_holds_everybody() {
    let barrier = Barrier::new(usize::MAX);
    let mut waits: Vec<_> = (0..100).map(|_| Polled::waiting(barrier.wait())).collect();
    assert!(waits.iter_mut().all(|wait| wait.poll().is_pending() && wait.wakes() == 0));
    drop(waits);
    touch(barrier.wait());
}

#[test]
fn those_who_wait_are_called_in_order_and_once() {
    struct Says(Log<usize>, usize);
    impl Wake for Says {
        fn wake(self: Arc<Self>) {
            self.0.say(self.1);
        }
    }
    let (barrier, log) = (Barrier::new(71), Log::new());
    let mut waits: Vec<_> = (0..70).map(|_| Polled::new(barrier.wait())).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        let waker = Waker::from(Arc::new(Says(log.clone(), number)));
        assert!(wait.poll().is_pending() && wait.poll_with(&waker).is_pending());
    }
    // Those who are gone are not called, and the others are not delayed.
    drop(waits.remove(40));
    assert!(Polled::new(barrier.wait()).ready().is_leader());
    assert_eq!(log.said(), Vec::from_iter((0..70).filter(|number| *number != 40)));
    assert!(waits.iter().all(|wait| wait.wakes() == 0), "only the last waker is called");
    assert!(waits.iter_mut().all(|wait| !wait.ready().is_leader()));
}

#[test]
fn a_waker_may_call_the_barrier_back() {
    const CALLS: &[fn(&Barrier)] = &[
        |barrier| touch(barrier.wait()),
        |barrier| (0..30).for_each(|_| touch(barrier.wait())),
        |barrier| assert!(!format!("{barrier:?}").is_empty()),
    ];
    meddle(
        || Barrier::new(25),
        CALLS,
        |barrier, waker| {
            let mut waits: Vec<_> = (0..60).map(|_| Polled::new(barrier.wait())).collect();
            waits.iter_mut().for_each(|wait| wait.prod(waker));
            for wait in waits.iter_mut().step_by(2) {
                wait.prod_plainly();
                wait.prod(waker);
            }
            drop(waits.pop());
            drop(waits.remove(0));
            (0..30).for_each(|_| touch(barrier.wait()));
            waits.iter_mut().for_each(|wait| wait.prod(waker));
        },
    );
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let barrier = Barrier::new(81);
    let mut waits: Vec<_> = (0..80).map(|_| Polled::new(barrier.wait())).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        let pending = match number {
            3 | 40 => wait.poll_with(&bomb(Deed::Wake)),
            _ => wait.poll(),
        };
        assert!(pending.is_pending());
    }
    blows_up(|| Polled::new(barrier.wait()).poll());
    for (number, wait) in waits.iter_mut().enumerate() {
        assert_eq!(wait.wakes(), usize::from(number != 3 && number != 40));
        assert!(!wait.ready().is_leader());
    }
    assert_eq!(format!("{barrier:?}"), "Barrier { n: 81, arrived: 0 }");
}

#[test]
fn a_waker_that_panics_when_it_is_cloned_has_not_arrived() {
    let barrier = Barrier::new(2);
    blows_up(|| Polled::new(barrier.wait()).poll_with(&bomb(Deed::Clone)));
    assert_eq!(format!("{barrier:?}"), "Barrier { n: 2, arrived: 0 }");
    let mut wait = Polled::waiting(barrier.wait());
    assert!(Polled::new(barrier.wait()).ready().is_leader());
    assert!(!wait.ready().is_leader());
}
