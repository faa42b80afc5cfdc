//! JoinSet, as tokio's.

use crate::{dropped, turns, waits};
use mainspring::runtime::Builder;
use mainspring::task::{JoinSet, yield_now};
use std::collections::HashSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tests::{Bell, Drops, Gate, Kind, has, heard, until};

has! { Send, Sync, Unpin => JoinSet<u8>, JoinSet<std::cell::Cell<u8>> }

fn each_task_is_joined_once(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = JoinSet::new();
        assert_eq!(set.join_next().await.map(drop), None);
        for number in 0..1_000 {
            set.spawn(async move {
                turns(number % 3).await;
                number
            });
        }
        assert_eq!(set.len(), 1_000);
        let mut seen = HashSet::new();
        while let Some(number) = set.join_next().await {
            assert!(seen.insert(number.unwrap()));
            assert_eq!(set.len(), 1_000 - seen.len());
        }
        assert_eq!(seen.len(), 1_000);
        assert!(set.is_empty());
    });
}

/// Slots and entries are used again, in any order.
fn a_set_may_live_long(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = JoinSet::new();
        let mut sum = 0;
        for round in 0..200_u64 {
            for number in 0..round % 70 {
                set.spawn(async move {
                    turns(number as usize % 5).await;
                    number
                });
            }
            for _ in 0..round % 50 {
                sum += set.join_next().await.map_or(0, Result::unwrap);
            }
        }
        while let Some(number) = set.join_next().await {
            sum += number.unwrap();
        }
        let all: u64 = (0..200).map(|round| (0..round % 70).sum::<u64>()).sum();
        assert_eq!(sum, all);
    });
}

fn the_id_is_the_tasks(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = JoinSet::new();
        let ids: HashSet<_> =
            (0..10).map(|_| set.spawn(async { mainspring::task::id() }).id()).collect();
        assert_eq!(ids.len(), 10);
        while let Some(output) = set.join_next_with_id().await {
            let (id, own) = output.unwrap();
            assert_eq!(id, own);
            assert!(ids.contains(&id));
        }
        let aborted = set.spawn(std::future::pending());
        aborted.abort();
        let error = set.join_next_with_id().await.unwrap().unwrap_err();
        assert_eq!(error.id(), aborted.id());
        assert!(error.is_cancelled() && aborted.is_finished());
    });
}

fn trying_takes_only_what_has_ended(kind: Kind) {
    kind.runtime().block_on(async {
        let mut set = JoinSet::new();
        assert!(set.try_join_next().is_none());
        let gate = Gate::new();
        let theirs = gate.clone();
        set.spawn(async move {
            theirs.await;
            1
        });
        let quick = set.spawn(async { 2 });
        until(|| quick.is_finished()).await;
        let mut first = None;
        while first.is_none() {
            // It has ended; the set hears of it a moment later.
            first = set.try_join_next_with_id();
        }
        assert_eq!(first.unwrap().unwrap(), (quick.id(), 2));
        assert!(set.try_join_next_with_id().is_none());
        gate.open();
        assert_eq!(set.join_next().await.unwrap().unwrap(), 1);
        assert!(set.try_join_next().is_none());
    });
}

/// More than a budget, at once: a method that cannot wait does not stop in the middle.
#[test]
fn trying_has_no_budget() {
    Kind::CurrentThread.runtime().block_on(async {
        let mut set: JoinSet<_> = (0..1_000).map(|number| async move { number }).collect();
        yield_now().await;
        let taken = std::iter::from_fn(|| set.try_join_next()).map(Result::unwrap);
        assert!(taken.eq(0..1_000), "in the order in which they ended");
    });
}

/// A set of tasks that have all ended does not keep its owner's thread for itself.
#[test]
fn joining_spends_the_budget() {
    Kind::CurrentThread.runtime().block_on(async {
        let mut set: JoinSet<_> = (0..1_000).map(|_| async {}).collect();
        yield_now().await;
        let others = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let theirs = others.clone();
        let other = mainspring::spawn(async move {
            loop {
                theirs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                yield_now().await;
            }
        });
        while let Some(ended) = set.join_next().await {
            ended.unwrap();
        }
        assert!(others.load(std::sync::atomic::Ordering::Relaxed) >= 5);
        other.abort();
    });
}

fn a_panic_is_that_tasks_alone(kind: Kind) {
    let (outcome, _) = heard(|| {
        let runtime = kind.runtime();
        runtime.block_on(async {
            let mut set = JoinSet::new();
            set.spawn(async { panic!("mine") });
            set.spawn(async { 7 });
            let mut panics = 0;
            while let Some(output) = set.join_next().await {
                match output {
                    Ok(output) => assert_eq!(output, 7),
                    Err(error) => panics += usize::from(error.is_panic()),
                }
            }
            assert_eq!(panics, 1);
        });
    });
    outcome.unwrap();
}

fn join_all_collects_and_hands_a_panic_on(kind: Kind) {
    let drops = Drops::new();
    let (outcome, _) = heard(|| {
        let runtime = kind.runtime();
        runtime.block_on(async {
            let set: JoinSet<_> = (0..50).map(|number| async move { number }).collect();
            let mut all = set.join_all().await;
            all.sort_unstable();
            assert!(all.into_iter().eq(0..50));
            let mut set = JoinSet::new();
            set.spawn(waits(&drops));
            turns(3).await;
            set.spawn(async { panic!("thrown on") });
            set.join_all().await;
        });
    });
    assert_eq!(*outcome.unwrap_err().downcast::<&str>().unwrap(), "thrown on");
    assert!(drops.count() <= 1);
}

fn abort_all_and_shutdown(kind: Kind) {
    let runtime = kind.runtime();
    let drops = Drops::new();
    runtime.block_on(async {
        let mut set = JoinSet::new();
        (0..100).for_each(|_| drop(set.spawn(waits(&drops))));
        set.abort_all();
        assert_eq!(set.len(), 100, "until they are joined");
        let mut cancelled = 0;
        while let Some(output) = set.join_next().await {
            cancelled += usize::from(output.unwrap_err().is_cancelled());
        }
        assert_eq!(cancelled, 100);
        (0..100).for_each(|_| drop(set.spawn(waits(&drops))));
        set.shutdown().await;
        assert!(set.is_empty());
    });
}

fn detach_all_lets_them_go_on(kind: Kind) {
    let runtime = kind.runtime();
    let (drops, gate) = (Drops::new(), Gate::new());
    runtime.block_on(async {
        let mut set = JoinSet::new();
        for _ in 0..10 {
            let (gate, counted) = (gate.clone(), drops.counted());
            set.spawn(async move {
                gate.await;
                drop(counted);
            });
        }
        until(|| gate.wakers().len() >= 10).await;
        set.detach_all();
        assert!(set.is_empty());
        assert_eq!(set.join_next().await.map(drop), None);
        // The set is as good as new.
        set.spawn(async {});
        set.join_next().await.unwrap().unwrap();
        drop(set);
        turns(5).await;
        assert_eq!(drops.count(), 0);
    });
    gate.open();
    dropped(&runtime, &drops, 10);
}

fn from_other_runtimes_and_threads(kind: Kind) {
    let other = Builder::new_multi_thread().worker_threads(1).build().unwrap();
    kind.runtime().block_on(async {
        let mut set = JoinSet::new();
        set.spawn_on(async { 1 }, other.handle());
        set.spawn_blocking(|| 2);
        set.spawn_blocking_on(|| 3, other.handle());
        set.extend([async { 4 }]);
        let mut sum = 0;
        while let Some(number) = set.join_next().await {
            sum += number.unwrap();
        }
        assert_eq!(sum, 10);
    });
}

fn whoever_polled_last_is_woken(kind: Kind) {
    let runtime = kind.runtime();
    let gate = Gate::new();
    let mut set = JoinSet::new();
    set.spawn_on(gate.clone(), runtime.handle());
    let bells = [Bell::new(), Bell::new()];
    for bell in &bells {
        let waker = Waker::from(bell.clone());
        assert!(set.poll_join_next(&mut Context::from_waker(&waker)).is_pending());
    }
    gate.open();
    tests::turns_until(&runtime, || bells[1].rung() == 1);
    assert_eq!(bells[0].rung(), 0);
    let waker = Waker::noop();
    assert!(set.poll_join_next_with_id(&mut Context::from_waker(waker)).is_ready());
    runtime.block_on(poll_fn(|cx| match set.poll_join_next(cx) {
        Poll::Ready(None) => Poll::Ready(()),
        other => panic!("{other:?}"),
    }));
}

#[test]
fn it_looks_like_tokios() {
    let mut set = JoinSet::<u8>::default();
    assert_eq!(format!("{set:?}"), "JoinSet { len: 0 }");
    tests::refuses(&["no mainspring runtime on this thread"], || set.spawn(async { 1 }));
    tests::refuses(&["no mainspring runtime on this thread"], || set.spawn_blocking(|| 1));
}

tests::each_scheduler! {
    each_task_is_joined_once,
    a_set_may_live_long,
    the_id_is_the_tasks,
    trying_takes_only_what_has_ended,
    a_panic_is_that_tasks_alone,
    join_all_collects_and_hands_a_panic_on,
    abort_all_and_shutdown,
    detach_all_lets_them_go_on,
    from_other_runtimes_and_threads,
    whoever_polled_last_is_woken,
}
