//! Semaphore: tokio's permits, served in order.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, touch};
use mainspring::sync::{
    AcquireError, OwnedSemaphorePermit, Semaphore, SemaphorePermit, TryAcquireError,
};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tests::{Executor, Tasks, at_every_point, poll_once, refuses};

tests::has! { Send, Sync, Unpin => Semaphore, SemaphorePermit<'static>, OwnedSemaphorePermit }
tests::has! { Send, Sync, std::error::Error => AcquireError, TryAcquireError }
tests::has! { Clone, PartialEq, Unpin => AcquireError, TryAcquireError }

#[test]
fn acquiring_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let semaphore = Arc::new(Semaphore::new(1));
    both(&semaphore.acquire());
    both(&semaphore.acquire_many(2));
    both(&semaphore.clone().acquire_owned());
    both(&semaphore.clone().acquire_many_owned(2));
}

async fn those_who_wait_are_served_in_order_and_not_overtaken(on: Tasks) {
    let (semaphore, log) = (Arc::new(Semaphore::new(1)), Log::new());
    let permit = semaphore.clone().acquire_owned().await.unwrap();
    let mut tasks = vec![];
    for number in 0..10 {
        let (semaphore, log) = (semaphore.clone(), log.clone());
        let work = async move {
            let _permit = semaphore.acquire().await.unwrap();
            log.say(number);
        };
        tasks.push(on.in_line(work).await);
    }
    drop(permit);
    // The first has been handed it, whether it has run or not; the last is served last.
    let late = semaphore.acquire().await.unwrap();
    assert_eq!(log.said(), Vec::from_iter(0..10));
    assert_eq!(semaphore.available_permits(), 0);
    drop(late);
    for task in tasks {
        task.await;
    }
    assert_eq!(semaphore.available_permits(), 1);
}

async fn what_was_handed_over_cannot_be_taken(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(1));
    let permit = semaphore.clone().acquire_owned().await.unwrap();
    let mut waiter = pin!(semaphore.acquire());
    assert!(poll_once(waiter.as_mut()).await.is_pending());
    drop(permit);
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    on.yield_now().await;
    assert_eq!(semaphore.forget_permits(1), 0);
    drop(waiter.await.unwrap());
    assert!(semaphore.try_acquire().is_ok());
}

async fn a_big_request_is_not_starved_by_small_ones(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(3));
    let (a, b) = (semaphore.clone().try_acquire_owned(), semaphore.clone().try_acquire_owned());
    let big = on.in_line(semaphore.clone().acquire_many_owned(3)).await;
    let small = on.in_line(semaphore.clone().acquire_owned()).await;
    assert_eq!(semaphore.available_permits(), 0);
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    drop(a);
    on.yield_now().await;
    assert!(!big.is_finished() && !small.is_finished());
    drop(b);
    let big = big.await.unwrap();
    on.yield_now().await;
    assert!(!small.is_finished());
    drop(big);
    drop(small.await.unwrap());
    assert_eq!(semaphore.available_permits(), 3);
    // Who wants nothing waits for nothing.
    let all = semaphore.try_acquire_many(3).unwrap();
    let mut waits = pin!(semaphore.acquire());
    assert!(poll_once(waits.as_mut()).await.is_pending());
    assert_eq!(semaphore.acquire_many(0).await.unwrap().num_permits(), 0);
    assert_eq!(semaphore.try_acquire_many(0).unwrap().num_permits(), 0);
    drop(all);
}

/// Whichever wants how much and is dropped when: the others get theirs, and in the end all permits
/// are there.
async fn a_dropped_request_loses_and_makes_no_permit(on: Tasks) {
    for (victim_wants, other_wants) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
        at_every_point(|point| {
            let (on, semaphore) = (on.clone(), Arc::new(Semaphore::new(2)));
            async move {
                let held = semaphore.clone().try_acquire_many_owned(2).unwrap();
                let acquire = |n| semaphore.clone().acquire_many_owned(n);
                let victim = on.started(point.of(acquire(victim_wants))).await;
                let other = on.in_line(acquire(other_wants)).await;
                drop(held);
                drop(victim.await);
                assert_eq!(other.await.unwrap().num_permits(), other_wants as usize);
                assert_eq!(semaphore.available_permits(), 2);
            }
        })
        .await;
    }
}

/// The head that wants much goes: who is behind it wants less, and need not wait for a release.
async fn a_dropped_head_lets_those_behind_it_go(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(2));
    let held = semaphore.clone().try_acquire_owned().unwrap();
    let mut head = Box::pin(semaphore.acquire_many(2));
    assert!(poll_once(head.as_mut()).await.is_pending());
    let small = on.in_line(semaphore.clone().acquire_owned()).await;
    drop(head);
    drop(small.await.unwrap());
    drop(held);
    assert_eq!(semaphore.available_permits(), 2);
}

async fn closing_tells_those_who_wait_and_those_who_come(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(2));
    let held = semaphore.clone().try_acquire_owned().unwrap();
    let mut tasks = vec![];
    for _ in 0..40 {
        tasks.push(on.in_line(semaphore.clone().acquire_many_owned(2)).await);
    }
    semaphore.close();
    semaphore.close();
    for task in tasks {
        let error = task.await.unwrap_err();
        assert_eq!(error.to_string(), "semaphore closed");
    }
    assert!(semaphore.is_closed());
    assert!(semaphore.acquire().await.is_err() && semaphore.acquire_many(0).await.is_err());
    assert_eq!(semaphore.try_acquire().unwrap_err(), TryAcquireError::Closed);
    let owned = semaphore.clone().try_acquire_many_owned(1);
    assert_eq!(owned.unwrap_err(), TryAcquireError::Closed);
    // A guard may still give back, and permits be added and forgotten.
    drop(held);
    semaphore.add_permits(1);
    assert_eq!((semaphore.available_permits(), semaphore.forget_permits(9)), (3, 3));
}

async fn a_request_dropped_while_it_is_closed_takes_nothing_along(on: Tasks) {
    at_every_point(|point| {
        let (on, semaphore) = (on.clone(), Arc::new(Semaphore::new(1)));
        async move {
            let held = semaphore.clone().try_acquire_owned().unwrap();
            let victim = on.started(point.of(semaphore.clone().acquire_owned())).await;
            let other = on.in_line(semaphore.clone().acquire_owned()).await;
            semaphore.close();
            assert!(other.await.is_err());
            assert!(victim.await.is_none_or(|outcome| outcome.is_err()));
            drop(held);
            assert_eq!(semaphore.available_permits(), 1);
        }
    })
    .await;
}

async fn added_permits_go_to_those_who_wait(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(0));
    let (one, two) = (
        on.in_line(semaphore.clone().acquire_owned()).await,
        on.in_line(semaphore.clone().acquire_many_owned(2)).await,
    );
    semaphore.add_permits(0);
    semaphore.add_permits(5);
    assert_eq!(semaphore.available_permits(), 2);
    one.await.unwrap().forget();
    drop(two.await.unwrap());
    assert_eq!(semaphore.available_permits(), 4);
}

async fn never_more_are_inside_than_permits(on: Tasks) {
    const PERMITS: usize = 3;
    let semaphore = Arc::new(Semaphore::new(PERMITS));
    let inside = Arc::new(AtomicUsize::new(0));
    let worker = |number: u32| {
        let (on, semaphore, inside) = (on.clone(), semaphore.clone(), inside.clone());
        async move {
            for round in 0..30 {
                let n = 1 + (number + round) % 3;
                let _permit = semaphore.acquire_many(n).await.unwrap();
                let others = inside.fetch_add(n as usize, Ordering::Relaxed);
                assert!(others + n as usize <= PERMITS);
                if round % 2 == 0 {
                    on.yield_now().await;
                }
                inside.fetch_sub(n as usize, Ordering::Relaxed);
            }
        }
    };
    let tasks: Vec<_> = (0..6).map(|number| on.spawn(worker(number))).collect();
    for task in tasks {
        task.await;
    }
    assert_eq!(semaphore.available_permits(), PERMITS);
}

async fn threads_and_tasks_stand_in_one_line(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(1));
    let held = semaphore.clone().try_acquire_many_owned(1).unwrap();
    let theirs = semaphore.clone();
    let thread = thread::spawn(move || {
        drop(theirs.blocking_acquire().unwrap());
        drop(theirs.clone().blocking_acquire_many_owned(1).unwrap());
        theirs.close();
        assert!(theirs.blocking_acquire_many(1).is_err());
    });
    let task = on.in_line(semaphore.clone().acquire_owned()).await;
    drop(held);
    drop(task.await);
    on.until(|| semaphore.is_closed()).await;
    thread.join().unwrap();
    assert_eq!(semaphore.available_permits(), 1);
}

async fn blocking_is_refused_in_our_async_code_and_allowed_in_others(on: Tasks) {
    let semaphore = Arc::new(Semaphore::new(2));
    if on.executor() != Executor::Mainspring {
        drop(semaphore.blocking_acquire_many(2).unwrap());
        return drop(semaphore.blocking_acquire_owned().unwrap());
    }
    let words = ["blocking_*", ".await", "spawn_blocking"];
    refuses(&words, || semaphore.blocking_acquire().map(drop));
    refuses(&words, || semaphore.blocking_acquire_many(1).map(drop));
    refuses(&words, || semaphore.clone().blocking_acquire_owned());
    refuses(&words, || semaphore.clone().blocking_acquire_many_owned(1));
    assert_eq!(semaphore.available_permits(), 2);
}

tests::each_executor! {
    those_who_wait_are_served_in_order_and_not_overtaken,
    what_was_handed_over_cannot_be_taken,
    a_big_request_is_not_starved_by_small_ones,
    a_dropped_request_loses_and_makes_no_permit,
    a_dropped_head_lets_those_behind_it_go,
    closing_tells_those_who_wait_and_those_who_come,
    a_request_dropped_while_it_is_closed_takes_nothing_along,
    added_permits_go_to_those_who_wait,
    never_more_are_inside_than_permits,
    threads_and_tasks_stand_in_one_line,
    blocking_is_refused_in_our_async_code_and_allowed_in_others,
}

#[test]
fn guards_are_split_merged_and_forgotten() {
    let semaphore = Arc::new(Semaphore::const_new(5));
    let mut all = semaphore.try_acquire_many(5).unwrap();
    assert!(all.split(6).is_none());
    let two = all.split(2).unwrap();
    assert_eq!((all.num_permits(), two.num_permits()), (3, 2));
    assert!(std::ptr::eq(two.semaphore(), &*semaphore));
    two.forget();
    all.merge(semaphore.try_acquire_many(0).unwrap());
    drop(all);
    assert_eq!((semaphore.available_permits(), semaphore.forget_permits(1)), (3, 1));
    let mut owned = semaphore.clone().try_acquire_many_owned(2).unwrap();
    assert!(owned.split(3).is_none());
    let one = owned.split(1).unwrap();
    assert_eq!(semaphore.available_permits(), 0);
    owned.merge(one);
    assert!(Arc::ptr_eq(owned.semaphore(), &semaphore));
    drop(owned);
    assert_eq!(semaphore.available_permits(), 2);
}

#[test]
fn what_is_too_much_or_of_another_is_refused_at_the_callers_line() {
    const MAX: usize = Semaphore::MAX_PERMITS;
    let words = ["semaphore", "MAX_PERMITS"];
    refuses(&words, || Semaphore::new(MAX + 1));
    refuses(&words, || Semaphore::const_new(usize::MAX));
    let (full, other) = (Arc::new(Semaphore::new(MAX)), Arc::new(Semaphore::new(1)));
    refuses(&words, || full.add_permits(1));
    refuses(&words, || other.add_permits(MAX));
    refuses(&words, || other.add_permits(usize::MAX));
    assert_eq!((full.available_permits(), other.available_permits()), (MAX, 1));
    // Also while somebody waits, who then still waits.
    let mut big = Polled::waiting(other.acquire_many(2));
    refuses(&words, || other.add_permits(MAX));
    assert_eq!((big.poll().is_pending(), big.wakes()), (true, 0));
    drop(big);
    let words = ["permits are of two semaphores", "the same one"];
    refuses(&words, || full.try_acquire().unwrap().merge(other.try_acquire().unwrap()));
    let owned = |semaphore: &Arc<Semaphore>| semaphore.clone().try_acquire_owned().unwrap();
    refuses(&words, || owned(&full).merge(owned(&other)));
    assert_eq!((full.available_permits(), other.available_permits()), (MAX, 1));
}

#[test]
fn a_waker_may_call_the_semaphore_back() {
    const CALLS: &[fn(&Semaphore)] = &[
        |semaphore| drop(semaphore.try_acquire()),
        |semaphore| semaphore.add_permits(1),
        |semaphore| semaphore.close(),
        |semaphore| touch(semaphore.acquire()),
        |semaphore| touch(semaphore.acquire_many(9)),
        |semaphore| assert!(semaphore.forget_permits(1) <= 1),
    ];
    meddle(
        || Semaphore::new(2),
        CALLS,
        |semaphore, waker| {
            let held = semaphore.try_acquire_many(2);
            let acquire = |n: u32| Polled::new(semaphore.acquire_many(n % 3));
            let mut waits: Vec<_> = (0..40).map(acquire).collect();
            waits.iter_mut().for_each(|wait| wait.prod(waker));
            for wait in waits.iter_mut().step_by(2) {
                wait.prod_plainly();
                wait.prod(waker);
            }
            drop(waits.pop());
            drop(waits.remove(0));
            drop(held);
            semaphore.add_permits(70);
            semaphore.close();
        },
    );
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let semaphore = Semaphore::new(0);
    let mut waits: Vec<_> = (0..80).map(|_| Polled::new(semaphore.acquire())).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        let pending = match number {
            3 | 40 => wait.poll_with(&bomb(Deed::Wake)).is_pending(),
            _ => wait.poll().is_pending(),
        };
        assert!(pending);
    }
    blows_up(|| semaphore.add_permits(79));
    let permits: Vec<_> = waits[..79].iter_mut().map(|wait| wait.ready().unwrap()).collect();
    assert!(waits[79].poll().is_pending());
    drop(permits);
    waits[79].ready().unwrap().forget();
    assert_eq!(semaphore.available_permits(), 78);
}
