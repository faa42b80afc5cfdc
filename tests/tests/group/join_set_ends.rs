//! The ways in which a JoinSet can end: dropped, with its runtime, with panics in destructors.

use crate::{dropped, turns, waits};
use mainspring::runtime::{Builder, Unhandled};
use mainspring::task::JoinSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use tests::{Bell, Drops, Gate, Kind, heard, until};

fn dropping_the_set_ends_its_tasks(kind: Kind) {
    let (runtime, drops) = (kind.runtime(), Drops::new());
    runtime.block_on(async {
        let set: JoinSet<_> = (0..100)
            .map(|number| {
                let counted = drops.counted();
                async move {
                    let _counted = counted;
                    turns(number).await;
                }
            })
            .collect();
        turns(2).await;
        drop(set);
    });
    dropped(&runtime, &drops, 100);
    let mut set = JoinSet::new();
    let started = Gate::new();
    for _ in 0..100 {
        let (counted, started) = (drops.counted(), started.clone());
        let task = async move {
            let _counted = counted;
            started.await;
        };
        set.spawn_on(task, runtime.handle());
    }
    drop(set);
    dropped(&runtime, &drops, 200);
}

/// Some have ended, some are running, some are waiting.
fn dropping_the_set_in_the_middle(kind: Kind) {
    let drops = Drops::new();
    let runtime = kind.runtime();
    for joined in 0..20 {
        runtime.block_on(async {
            let mut set = JoinSet::new();
            for number in 0..40 {
                let counted = drops.counted();
                set.spawn(async move {
                    turns(number % 7).await;
                    counted
                });
            }
            for _ in 0..joined {
                drop(set.join_next().await.unwrap().unwrap());
            }
        });
    }
    dropped(&runtime, &drops, 20 * 40);
}

fn the_runtime_ends_before_the_set(kind: Kind) {
    let drops = Drops::new();
    let runtime = kind.runtime();
    let mut set = JoinSet::new();
    for _ in 0..10 {
        set.spawn_on(waits(&drops), runtime.handle());
    }
    let handle = runtime.handle().clone();
    drop(runtime);
    set.spawn_on(waits(&drops), &handle);
    let mut cancelled = 0;
    while let Some(output) = set.try_join_next() {
        cancelled += usize::from(output.unwrap_err().is_cancelled());
    }
    assert_eq!((cancelled, set.len()), (11, 0));
}

/// The set is dropped by one of the tasks in it, and joined in another runtime.
fn a_set_may_be_anywhere(kind: Kind) {
    let runtime = kind.runtime();
    let other = Builder::new_current_thread().build().unwrap();
    let mut set = JoinSet::new();
    for number in 0..20 {
        set.spawn_on(async move { number }, runtime.handle());
    }
    let joined = runtime.handle().clone();
    // A pool runs by itself; one thread has to be driven.
    let driver = std::thread::spawn(move || {
        tests::turns_until(&runtime, || true);
        runtime.block_on(async { turns(1_000).await });
        runtime
    });
    let sum: u32 = other.block_on(async { set.join_all().await.into_iter().sum() });
    assert_eq!(sum, 190);
    let runtime = driver.join().unwrap();
    let mut set = JoinSet::new();
    let gate = Gate::new();
    let drops = Drops::new();
    set.spawn_on(waits(&drops), &joined);
    let theirs = gate.clone();
    runtime.spawn(async move {
        theirs.await;
        drop(set);
    });
    gate.open();
    runtime.block_on(async { turns(5).await });
}

/// A destructor of an output that nobody took panics: the others are dropped all the same.
fn outputs_that_panic_when_they_are_dropped(kind: Kind) {
    struct Bomb(#[allow(dead_code)] tests::Counted);
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let (drops, reported) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
    let (theirs, hears) = (drops.clone(), reported.clone());
    let (outcome, _) = heard(move || {
        let mut builder = kind.builder();
        builder.unhandled(move |_: Unhandled| {
            hears.fetch_add(1, Ordering::SeqCst);
        });
        let runtime = builder.build().unwrap();
        runtime.block_on(async {
            let mut set = JoinSet::new();
            let all: Vec<_> = (0..5)
                .map(|_| {
                    let bomb = Bomb(theirs.counted());
                    set.spawn(async move { bomb })
                })
                .collect();
            until(|| all.iter().all(|task| task.is_finished())).await;
            drop(set);
        });
    });
    outcome.unwrap();
    assert_eq!((drops.count(), reported.load(Ordering::SeqCst)), (5, 5));
}

/// A waker that panics is the waker's owner's trouble, not the child's.
fn a_waker_that_panics(kind: Kind) {
    let (outcome, _) = heard(|| {
        let runtime = kind.runtime();
        let mut set = JoinSet::new();
        let gate = Gate::new();
        set.spawn_on(gate.clone(), runtime.handle());
        let bell = Bell::panicking();
        let waker = Waker::from(bell.clone());
        assert!(set.poll_join_next(&mut Context::from_waker(&waker)).is_pending());
        gate.open();
        tests::turns_until(&runtime, || bell.rung() == 1);
        runtime.block_on(async { set.join_next().await.unwrap().unwrap() });
        // One that has ended before it is put in rings at once; a spawn does not notice.
        set.spawn_on(async {}, runtime.handle());
        runtime.block_on(async { set.join_next().await.unwrap().unwrap() });
    });
    outcome.unwrap();
}

tests::each_scheduler! {
    dropping_the_set_ends_its_tasks,
    dropping_the_set_in_the_middle,
    the_runtime_ends_before_the_set,
    a_set_may_be_anywhere,
    outputs_that_panic_when_they_are_dropped,
    a_waker_that_panics,
}
