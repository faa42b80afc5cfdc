//! Tests of the permits: what they cost, who gets them, what is lost when. Loom models:
//! `permits_model_tests.rs`.

use crate::base::note::Kind;
use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::semaphore::acquire::Acquire;
use crate::sync::semaphore::error::*;
use crate::sync::semaphore::permits::*;
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::wait_list::poller::{Count, Polled, must_end, nosy};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

fn word(permits: &Permits) -> usize {
    &raw const permits.word as usize
}

#[test]
fn uncontended_it_is_one_read_modify_write_each_way_and_no_lock() {
    let permits = Permits::new(Kind::Semaphore, 3);
    let mut acquire = Box::pin(permits.acquire(2));
    let mut cx = Context::from_waker(Waker::noop());
    let (poll, log) = count::record(|| acquire.as_mut().poll(&mut cx));
    assert_eq!((poll, log), (Poll::Ready(Ok(())), vec![word(&permits)]));
    let ((), log) = count::record(|| permits.release(2));
    assert_eq!(log, [word(&permits)]);
    let ((), log) = count::record(|| drop(acquire));
    assert_eq!(log, []);
    let (taken, log) = count::record(|| permits.try_acquire(3));
    assert_eq!((taken, log), (Ok(()), vec![word(&permits)]));
}

#[test]
fn a_hand_over_is_a_lock_and_the_word_is_touched_when_the_line_empties() {
    let permits = Permits::new(Kind::Semaphore, 0);
    let mut first = Polled::waiting(permits.acquire(1));
    let mut second = Polled::waiting(permits.acquire(1));
    let ((), log) = count::record(|| permits.release(1));
    assert_eq!(log.len(), 2);
    let ((), log) = count::record(|| permits.release(1));
    assert_eq!((log.len(), log[2]), (3, word(&permits)));
    let (outcome, log) = count::record(|| (first.ready(), second.ready()));
    assert_eq!((outcome, log.len()), ((Ok(()), Ok(())), 0));
}

#[test]
fn the_future_is_one_cache_line() {
    assert!(size_of::<Acquire<'_>>() <= 64, "{}", size_of::<Acquire<'_>>());
}

/// INV-55: a future with a waiter inside is not `Unpin`. (It would not compile otherwise.)
#[test]
fn the_future_is_not_unpin() {
    trait NotUnpin<Which> {
        fn holds() {}
    }
    impl<T: ?Sized> NotUnpin<()> for T {}
    #[allow(dead_code)]
    struct Ambiguous;
    impl<T: ?Sized + Unpin> NotUnpin<Ambiguous> for T {}
    <Acquire<'_> as NotUnpin<_>>::holds();
}

#[test]
fn who_waits_is_served_in_order_and_not_overtaken() {
    let permits = Permits::new(Kind::Semaphore, 0);
    let mut waits: Vec<_> = (0..4).map(|_| Polled::waiting(permits.acquire(1))).collect();
    for turn in 0..4 {
        permits.release(1);
        assert_eq!(permits.try_acquire(1), Err(TryAcquireError::NoPermits));
        let ready: Vec<_> = waits.iter_mut().map(|wait| wait.wakes()).collect();
        assert_eq!(ready.iter().sum::<usize>(), turn + 1);
        assert_eq!(waits[turn].ready(), Ok(()));
    }
}

#[test]
fn a_big_request_at_the_head_gathers_what_is_released() {
    let permits = Permits::new(Kind::Semaphore, 2);
    let mut big = Polled::waiting(permits.acquire(5));
    let mut small = Polled::waiting(permits.acquire(1));
    assert_eq!((permits.available(), permits.take_up_to(9)), (0, 0));
    permits.release(1);
    permits.release(1);
    assert!(big.poll().is_pending() && small.poll().is_pending());
    permits.release(3);
    assert_eq!((big.ready(), small.ready()), (Ok(()), Ok(())));
    assert_eq!(permits.available(), 1);
}

#[test]
fn a_cancelled_head_lets_those_behind_it_go() {
    let permits = Permits::new(Kind::Semaphore, 3);
    let big = Polled::waiting(permits.acquire(5));
    let mut two = Polled::waiting(permits.acquire(2));
    let more = Polled::waiting(permits.acquire(2));
    drop(big);
    assert_eq!((two.wakes(), more.wakes()), (1, 0));
    assert_eq!(two.ready(), Ok(()));
    drop(more);
    assert_eq!(permits.available(), 1);
    permits.release(2);
    assert_eq!(permits.available(), 3);
}

/// INV-16: handed and not yet polled: its permits go to the next, or back.
#[test]
fn a_waiter_dropped_after_the_hand_over_passes_on() {
    let permits = Permits::new(Kind::Semaphore, 0);
    let first = Polled::waiting(permits.acquire(1));
    let mut second = Polled::waiting(permits.acquire(1));
    permits.release(1);
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    drop(first);
    assert_eq!(second.wakes(), 1);
    assert_eq!(second.ready(), Ok(()));
    let third = Polled::waiting(permits.acquire(1));
    permits.release(1);
    drop(third);
    assert_eq!(permits.available(), 1);
}

#[test]
fn many_are_woken_by_one_release() {
    let permits = Permits::new(Kind::Semaphore, 0);
    let mut waits: Vec<_> = (0..100).map(|_| Polled::waiting(permits.acquire(2))).collect();
    permits.release(151);
    let woken = waits.iter_mut().filter(|wait| wait.wakes() == 1).count();
    assert_eq!(woken, 75);
    assert!(waits[..75].iter_mut().all(|wait| wait.ready() == Ok(())));
    permits.release(49);
    assert!(waits[75..].iter_mut().all(|wait| wait.ready() == Ok(())));
    assert_eq!(permits.available(), 0);
}

#[test]
fn closing_tells_those_who_wait_and_those_who_come() {
    let permits = Permits::new(Kind::Semaphore, 0);
    let mut handed = Polled::waiting(permits.acquire(1));
    let mut waits: Vec<_> = (0..70).map(|_| Polled::waiting(permits.acquire(1))).collect();
    permits.release(1);
    permits.close();
    assert!(permits.is_closed());
    assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.ready().is_err()));
    assert_eq!(handed.ready(), Ok(()));
    assert_eq!(permits.try_acquire(1), Err(TryAcquireError::Closed));
    assert!(Polled::new(permits.acquire(0)).ready().is_err());
    permits.release(1);
    assert_eq!((permits.available(), permits.take_up_to(5)), (1, 1));
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    let permits = Permits::new(Kind::Semaphore, 0);
    let mut wait = Polled::waiting(permits.acquire(1));
    let (count, waker) = Count::waker();
    assert!(wait.poll_with(&waker).is_pending());
    permits.release(1);
    assert_eq!((wait.wakes(), count.wakes()), (0, 1));
}

#[test]
fn the_budget_is_spent_and_kept() {
    let permits = Permits::new(Kind::Semaphore, 1000);
    let _budget = coop::budget();
    let taken = (0..1000).take_while(|_| Polled::new(permits.acquire(1)).poll().is_ready());
    assert_eq!(taken.count(), usize::from(coop::BUDGET));
    let mut more = Polled::new(permits.acquire(1));
    assert!(more.poll().is_pending());
    assert_eq!((more.wakes(), more.wakers_kept()), (1, 0));
    let _unlimited = coop::unlimited();
    assert_eq!(more.ready(), Ok(()));
}

#[test]
fn too_many_permits_are_refused() {
    let permits = Permits::new(Kind::Semaphore, Permits::MAX - 1);
    permits.release(1);
    for n in [1, Permits::MAX, usize::MAX] {
        let outcome = catch_unwind(AssertUnwindSafe(|| permits.release(n)));
        assert!(outcome.is_err(), "{n}");
    }
    assert_eq!(permits.available(), Permits::MAX);
    let mut wait = Polled::waiting(permits.acquire(Permits::MAX + 1));
    assert!(catch_unwind(AssertUnwindSafe(|| permits.release(5))).is_err());
    assert!(wait.poll().is_pending());
    drop(wait);
    assert_eq!(permits.available(), Permits::MAX);
}

/// Whatever the wakers do, and they do the worst: the lock is never held around them.
#[test]
fn no_foreign_code_runs_under_the_lock() {
    must_end(|| {
        let permits = Arc::new(Permits::new(Kind::Semaphore, 0));
        let meddle = permits.clone();
        let waker = nosy(Arc::new(move || {
            // Takes the lock twice: joins the line, and leaves it.
            let _ = Polled::new(meddle.acquire(9)).poll();
        }));
        let other = nosy(Arc::new(|| ()));
        let wait = || {
            let mut wait = Polled::new(permits.acquire(2));
            assert!(wait.poll_with(&waker).is_pending());
            wait
        };
        let (mut a, mut b, c, d) = (wait(), wait(), wait(), wait());
        assert!(a.poll_with(&other).is_pending() && a.poll_with(&waker).is_pending());
        permits.release(1);
        permits.release(3);
        assert!(a.poll_with(&waker).is_ready() && b.poll_with(&waker).is_ready());
        drop(c);
        permits.close();
        drop(d);
    });
}

/// One of the model's requests.
struct Request<'a> {
    wants: usize,
    wait: Polled<Acquire<'a>>,
}

/// Any order of calls, beside the same thing written with a queue and a number.
#[test]
fn it_behaves_as_a_number_and_a_queue() {
    for seed in 0..200 {
        let rng = Rng::seeded(seed);
        let permits = Permits::new(Kind::Semaphore, 3);
        let (mut free, mut held) = (3, 0);
        let mut line: VecDeque<Request<'_>> = VecDeque::new();
        // Handed over, not yet looked at.
        let mut handed: Vec<Request<'_>> = Vec::new();
        for step in 0..200 {
            let n = rng.below(4) as usize;
            match rng.below(12) {
                0..=3 => {
                    let mut wait = Polled::new(permits.acquire(n));
                    let at_once = wait.poll().is_ready();
                    let may = n == 0 || line.is_empty() && n <= free;
                    assert_eq!(at_once, may, "seed {seed}, step {step}");
                    if at_once {
                        (free, held) = (free - n, held + n);
                    } else {
                        line.push_back(Request { wants: n, wait });
                    }
                }
                4 => {
                    let may = n == 0 || line.is_empty() && n <= free;
                    assert_eq!(permits.try_acquire(n).is_ok(), may, "seed {seed}, {step}");
                    if may {
                        (free, held) = (free - n, held + n);
                    }
                }
                5..=7 => {
                    let n = n.min(held);
                    permits.release(n);
                    (free, held) = (free + n, held - n);
                }
                8 if !line.is_empty() => {
                    drop(line.remove(rng.below(line.len() as u32) as usize));
                }
                9 if !handed.is_empty() => {
                    let gone = handed.swap_remove(rng.below(handed.len() as u32) as usize);
                    free += gone.wants;
                }
                10 if !handed.is_empty() => {
                    let mut taken = handed.remove(0);
                    assert_eq!(taken.wait.ready(), Ok(()), "seed {seed}, step {step}");
                    held += taken.wants;
                }
                11 if line.is_empty() => {
                    let taken = permits.take_up_to(n);
                    assert_eq!(taken, n.min(free), "seed {seed}, step {step}");
                    free -= taken;
                    permits.release(taken);
                    free += taken;
                }
                _ => {}
            }
            while line.front().is_some_and(|first| first.wants <= free) {
                let first = line.pop_front().expect("it is there");
                assert_eq!(first.wait.wakes(), 1, "seed {seed}, step {step}");
                free -= first.wants;
                handed.push(first);
            }
            let shown = if line.is_empty() { free } else { 0 };
            assert_eq!(permits.available(), shown, "seed {seed}, step {step}");
            assert!(line.iter().all(|other| other.wait.wakes() == 0), "seed {seed}, {step}");
        }
    }
}

/// Four threads take, wait, change their mind and give back; nothing is lost or made.
#[test]
fn threads_that_give_up_lose_no_permit() {
    const PERMITS: usize = 3;
    must_end(|| {
        let permits = Permits::new(Kind::Semaphore, PERMITS);
        let inside = AtomicUsize::new(0);
        let work = |seed| {
            let rng = Rng::seeded(seed);
            for round in 0..3000 {
                let n = 1 + rng.below(2) as usize;
                if rng.below(3) == 0 {
                    // Give up after a few polls, handed over or not.
                    let mut wait = Polled::new(permits.acquire(n));
                    let ready = (0..rng.below(4)).any(|_| wait.poll().is_ready());
                    drop(wait);
                    if !ready {
                        continue;
                    }
                } else {
                    block_on(permits.acquire(n)).expect("nobody closes it");
                }
                // Ordering: Relaxed, a count; the permits order it.
                let others = inside.fetch_add(n, Ordering::Relaxed);
                assert!(others + n <= PERMITS, "seed {seed}, round {round}");
                // Ordering: as above.
                inside.fetch_sub(n, Ordering::Relaxed);
                permits.release(n);
            }
        };
        std::thread::scope(|scope| {
            for seed in 0..4 {
                scope.spawn(move || work(seed));
            }
        });
        assert_eq!(permits.available(), PERMITS);
    });
}
