//! Tests of the barrier: rounds, leaders, who is counted, and random walks beside a plain count.
//! Loom models: `barrier_model_tests.rs`.

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::{Barrier, BarrierWaitResult};
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::wait_list::poller::{Count, Polled, must_end, nosy};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Wake};

/// Waits, and says whether it led.
async fn leads(barrier: &Barrier) -> bool {
    barrier.wait().await.is_leader()
}

#[test]
fn the_last_to_arrive_lets_all_go_and_leads() {
    let barrier = Barrier::new(100);
    for _ in 0..3 {
        let mut waits: Vec<_> = (0..99).map(|_| Polled::waiting(leads(&barrier))).collect();
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        assert_eq!(format!("{barrier:?}"), "Barrier { n: 100, arrived: 99 }");
        assert!(Polled::new(leads(&barrier)).ready());
        for wait in &mut waits {
            assert_eq!((wait.wakes(), wait.ready()), (1, false));
        }
    }
}

#[test]
fn alone_nobody_waits_and_everybody_leads() {
    for barrier in [Barrier::new(0), Barrier::new(1)] {
        assert!(Polled::new(leads(&barrier)).ready());
        assert!(Polled::new(leads(&barrier)).ready());
    }
    static ALONE: Barrier = Barrier::new(1);
    let result = Polled::new(ALONE.wait()).ready();
    assert!(result.clone().is_leader());
    assert_eq!(format!("{result:?}"), "BarrierWaitResult(true)");
}

#[test]
fn an_arrival_is_one_lock() {
    let barrier = Barrier::new(2);
    let mut first = Polled::new(leads(&barrier));
    assert_eq!(count::record(|| first.poll()).1.len(), 2);
    // And no more for the last, who lets up to a batch of others go under the same lock.
    let mut last = Polled::new(leads(&barrier));
    assert_eq!(count::record(|| last.ready()).1.len(), 2);
    assert_eq!(count::record(|| first.ready()).1.len(), 0);
}

/// The cancel-safety line of `wait`: an arrival stands, a future that was not polled is none.
#[test]
fn an_arrival_stands_when_its_future_is_dropped() {
    let barrier = Barrier::new(3);
    drop(Polled::new(barrier.wait()));
    let gone = Polled::waiting(leads(&barrier));
    let mut stays = Polled::waiting(leads(&barrier));
    drop(gone);
    // It waits again in its own place, and is counted twice.
    assert!(Polled::new(leads(&barrier)).ready());
    assert_eq!((stays.wakes(), stays.ready()), (1, false));
    // Let go and not looked at: nothing is passed on, and the next round is whole.
    let gone = [Polled::waiting(leads(&barrier)), Polled::waiting(leads(&barrier))];
    assert!(Polled::new(leads(&barrier)).ready());
    drop(gone);
    assert_eq!(format!("{barrier:?}"), "Barrier { n: 3, arrived: 0 }");
}

/// The first of a hundred to be woken arrives again: in the next round, not in this one.
#[test]
fn who_arrives_while_others_are_woken_is_in_the_next_round() {
    type Late = Polled<std::pin::Pin<Box<dyn Future<Output = bool> + Send>>>;
    struct Returns(Arc<Barrier>, Mutex<Vec<Late>>);
    impl Wake for Returns {
        fn wake(self: Arc<Self>) {
            let barrier = self.0.clone();
            let wait: std::pin::Pin<Box<dyn Future<Output = bool> + Send>> =
                Box::pin(async move { leads(&barrier).await });
            self.1.lock().expect("no panic").push(Polled::waiting(wait));
        }
    }
    let barrier = Arc::new(Barrier::new(100));
    let returns = Arc::new(Returns(barrier.clone(), Mutex::new(Vec::new())));
    let mut first = Polled::new(leads(&barrier));
    assert!(first.poll_with(&returns.clone().into()).is_pending());
    let mut rest: Vec<_> = (0..98).map(|_| Polled::waiting(leads(&barrier))).collect();
    assert!(Polled::new(leads(&barrier)).ready());
    assert!(!first.ready() && rest.iter_mut().all(|wait| !wait.ready()));
    let mut late = returns.1.lock().expect("no panic").pop().expect("it waits");
    assert!(late.wakes() == 0 && late.poll().is_pending());
    assert_eq!(format!("{barrier:?}"), "Barrier { n: 100, arrived: 1 }");
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    let barrier = Barrier::new(2);
    let mut wait = Polled::waiting(leads(&barrier));
    let (count, waker) = Count::waker();
    assert!(wait.poll_with(&waker).is_pending());
    assert!(Polled::new(leads(&barrier)).ready());
    assert_eq!((wait.wakes(), count.wakes()), (0, 1));
    assert!(!wait.ready());
}

/// A waker that panics: the one that leads hears of it, all others go on.
#[test]
fn a_panic_of_a_waker_lets_the_others_go() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker");
        }
    }
    let barrier = Barrier::new(3);
    let mut first = Polled::new(leads(&barrier));
    assert!(first.poll_with(&Arc::new(Panics).into()).is_pending());
    let mut second = Polled::waiting(leads(&barrier));
    let mut last = Polled::new(leads(&barrier));
    assert!(catch_unwind(AssertUnwindSafe(|| last.poll())).is_err());
    assert_eq!((first.ready(), second.wakes(), second.ready()), (false, 1, false));
    assert_eq!(format!("{barrier:?}"), "Barrier { n: 3, arrived: 0 }");
}

/// Without budget nobody arrives, and nobody leads twice.
#[test]
fn the_budget_is_spent_and_kept() {
    let barrier = Barrier::new(1);
    let _budget = coop::budget();
    let passed = (0..1000).take_while(|_| Polled::new(leads(&barrier)).poll().is_ready());
    assert_eq!(passed.count(), usize::from(coop::BUDGET));
    let two = Barrier::new(2);
    let more = Polled::waiting(leads(&two));
    assert_eq!((more.wakes(), more.wakers_kept()), (1, 0));
    assert_eq!(format!("{two:?}"), "Barrier { n: 2, arrived: 0 }");
}

#[test]
fn no_foreign_code_runs_under_the_lock() {
    must_end(|| {
        let barrier = Arc::new(Barrier::new(50));
        let meddle = barrier.clone();
        let waker = nosy(Arc::new(move || {
            let _ = format!("{meddle:?}");
            let _ = Polled::new(meddle.wait()).poll();
        }));
        let mut waits: Vec<_> = (0..4).map(|_| Polled::new(leads(&barrier))).collect();
        for wait in &mut waits {
            assert!(wait.poll_with(&waker).is_pending());
        }
        assert!(waits[0].poll().is_pending() && waits[0].poll_with(&waker).is_pending());
        drop(waits.pop());
        while waits[1].poll_with(&waker).is_pending() {
            let _ = Polled::new(barrier.wait()).poll_with(&waker);
        }
    });
}

#[test]
fn everything_can_be_sent_and_shared() {
    fn check<T: Send + Sync>(_: &T) {}
    fn unpin<T: Send + Sync + Unpin>() {}
    unpin::<Barrier>();
    unpin::<BarrierWaitResult>();
    check(&Barrier::new(2).wait());
}

/// Any order of arrivals, looks and drops, beside a count and a list.
#[test]
fn it_behaves_as_a_count_and_a_list() {
    for seed in 0..3000 {
        let rng = Rng::seeded(seed);
        let n = rng.below(5) as usize;
        let barrier = Barrier::new(n);
        let mut arrived = 0;
        // In line, and let go but not looked at.
        let (mut waiting, mut let_go) = (Vec::new(), Vec::new());
        for step in 0..60 {
            match rng.below(8) {
                0..=3 => {
                    let mut wait = Polled::new(leads(&barrier));
                    let last = arrived + 1 >= n;
                    match wait.poll() {
                        Poll::Ready(leads) => assert!(leads && last, "seed {seed}, {step}"),
                        Poll::Pending => assert!(!last, "seed {seed}, step {step}"),
                    }
                    if last {
                        arrived = 0;
                        let_go.append(&mut waiting);
                    } else {
                        arrived += 1;
                        waiting.push(wait);
                    }
                }
                4 if !waiting.is_empty() => {
                    drop(waiting.remove(rng.below(waiting.len() as u32) as usize));
                }
                5 if !waiting.is_empty() => {
                    let which = rng.below(waiting.len() as u32) as usize;
                    assert!(waiting[which].poll().is_pending(), "seed {seed}, step {step}");
                }
                6 if !let_go.is_empty() => {
                    let mut wait: Polled<_> = let_go.remove(0);
                    assert!(!wait.ready(), "seed {seed}, step {step}");
                }
                7 if !let_go.is_empty() => drop(let_go.pop()),
                _ => {}
            }
            assert!(waiting.iter().all(|wait| wait.wakes() == 0), "seed {seed}, step {step}");
            assert!(let_go.iter().all(|wait| wait.wakes() == 1), "seed {seed}, step {step}");
            let shown = format!("Barrier {{ n: {n}, arrived: {arrived} }}");
            assert_eq!(format!("{barrier:?}"), shown, "seed {seed}, step {step}");
        }
    }
}

/// Threads that meet again and again: nobody is a round ahead, and each round has one leader.
#[test]
fn threads_go_round_together() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 1000;
    must_end(|| {
        let barrier = Barrier::new(THREADS);
        let (arrivals, leaders) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |seed| {
            count::shake(seed);
            for round in 0..ROUNDS {
                // Ordering: Relaxed, a count; the barrier orders it.
                arrivals.fetch_add(1, Ordering::Relaxed);
                let result = block_on(barrier.wait());
                // Ordering: as above.
                let arrived = arrivals.load(Ordering::Relaxed);
                let whole = (round + 1) * THREADS..(round + 2) * THREADS;
                assert!(whole.contains(&arrived), "{arrived} in round {round}");
                // Ordering: as above.
                leaders.fetch_add(usize::from(result.is_leader()), Ordering::Relaxed);
            }
        };
        std::thread::scope(|scope| {
            for seed in 1..=THREADS as u64 {
                scope.spawn(move || work(seed));
            }
        });
        // Ordering: Relaxed, after the joins.
        assert_eq!(leaders.load(Ordering::Relaxed), ROUNDS);
    });
}
