//! The ways in which a TaskGroup can end: failures and panics anywhere, scopes dropped half-way,
//! the end of the runtime. In each, nothing is left.

use crate::{dropped, panics, turns, waits};
use mainspring::task::{TaskGroup, yield_now};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tests::{Counted, Drops, Gate, Kind, heard, poll_once};

/// A child that waits for ever, and something that is dropped with it.
async fn stays(counted: Counted) -> Result<(), &'static str> {
    let _counted = counted;
    std::future::pending().await
}

/// When the scope returns, every child's future has been dropped.
fn the_scope_waits_until_all_are_gone(kind: Kind) {
    let runtime = kind.runtime();
    for round in 0..100 {
        let drops = Drops::new();
        let outcome: Result<(), _> = runtime.block_on(TaskGroup::scope(async |group| {
            for _ in 0..10 {
                group.spawn(stays(drops.counted()));
            }
            group.spawn(async move {
                turns(round % 5).await;
                Err::<(), _>("fails")
            });
            stays(drops.counted()).await
        }));
        assert_eq!(drops.count(), 11, "the children and the body");
        assert!(outcome.unwrap_err().errors().eq(&["fails"]));
    }
}

fn a_panic_of_a_child_is_a_failure(kind: Kind) {
    let drops = Drops::new();
    let theirs = drops.clone();
    let (outcome, _) = heard(move || {
        let outcome: Result<(), _> = kind.runtime().block_on(TaskGroup::scope(async |group| {
            group.spawn(stays(theirs.counted()));
            let id = group.spawn(panics("in a child")).id();
            assert!(id.is_some());
            stays(theirs.counted()).await
        }));
        assert_eq!(theirs.count(), 2);
        let error = outcome.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("(1 sub-exception)\n  1: task "), "{text}");
        assert!(text.ends_with("panicked: \"in a child\""), "{text}");
        error.resume_panic();
    });
    assert_eq!(*outcome.unwrap_err().downcast::<&str>().unwrap(), "in a child");
}

fn a_panic_of_the_body_is_a_failure(kind: Kind) {
    let (outcome, _) = heard(|| {
        let drops = Drops::new();
        let outcome: Result<(), _> = kind.runtime().block_on(TaskGroup::scope(async |group| {
            group.spawn(stays(drops.counted()));
            yield_now().await;
            panic!("in the body")
        }));
        assert_eq!(drops.count(), 1);
        let error = outcome.unwrap_err();
        assert!(error.to_string().ends_with("the body of the group panicked: \"in the body\""));
        let failure = error.into_iter().next().unwrap();
        let panic = failure.into_error().unwrap_err();
        assert_eq!(panic.id(), None);
        assert_eq!(*panic.into_panic().downcast::<&str>().unwrap(), "in the body");
    });
    outcome.unwrap();
}

/// Destructors that panic while the group shuts down: in a child, in the body, of a value.
fn destructors_that_panic(kind: Kind) {
    struct Bomb(&'static str);
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("{}", self.0);
        }
    }
    let (outcome, _) = heard(|| {
        let drops = Drops::new();
        let outcome: Result<(), _> = kind.runtime().block_on(TaskGroup::scope(async |group| {
            let go = Gate::new();
            group.spawn(stays(drops.counted()));
            let started = go.clone();
            group.spawn(async move {
                let _bomb = Bomb("child");
                started.open();
                std::future::pending::<Result<(), &str>>().await
            });
            // Nobody wants this one: it is dropped inside the child.
            group.spawn(async { Ok(Bomb("value")) });
            let _bomb = Bomb("body");
            go.await;
            group.spawn(async { Err::<(), _>("error") });
            std::future::pending().await
        }));
        assert_eq!(drops.count(), 1);
        let error = outcome.unwrap_err();
        let text = error.to_string();
        // The value's comes first, and may end the child before it has a bomb, or the body before
        // it spawns the last one.
        assert!(text.contains("\"value\""), "{text}");
        assert!(error.len() >= 2, "{text}");
        drop(error);
    });
    outcome.unwrap();
}

/// Dropped with its future, before and after the body is over.
fn a_scope_that_is_dropped_half_way(kind: Kind) {
    let runtime = kind.runtime();
    for body_ends in [false, true] {
        let drops = Drops::new();
        let theirs = drops.clone();
        let mut scope = Box::pin(TaskGroup::<&str>::scope(async move |group| {
            for _ in 0..10 {
                group.spawn(stays(theirs.counted()));
            }
            if body_ends { Ok(()) } else { stays(theirs.counted()).await }
        }));
        runtime.block_on(async {
            for _ in 0..3 {
                assert!(poll_once(scope.as_mut()).await.is_pending());
                yield_now().await;
            }
        });
        assert_eq!(drops.count(), 0);
        drop(scope);
        dropped(&runtime, &drops, if body_ends { 10 } else { 11 });
    }
}

/// Children that spawn as fast as they can, while a sibling fails or the scope is dropped: whatever
/// was started has ended, or ends; whatever was not started is dropped.
fn children_that_spawn_while_the_group_ends(kind: Kind) {
    async fn breeds(group: TaskGroup<u8>, drops: Drops, born: Arc<AtomicUsize>) -> Result<(), u8> {
        for _ in 0..20 {
            for _ in 0..5 {
                born.fetch_add(1, Ordering::SeqCst);
                let counted = drops.counted();
                group.spawn(async move {
                    let _counted = counted;
                    yield_now().await;
                    Ok(())
                });
            }
            yield_now().await;
        }
        std::future::pending().await
    }
    let runtime = kind.runtime();
    for round in 0..40 {
        let (drops, born) = (Drops::new(), Arc::new(AtomicUsize::new(0)));
        let scope = TaskGroup::scope(async |group: TaskGroup<u8>| {
            for _ in 0..3 {
                group.spawn(breeds(group.clone(), drops.clone(), born.clone()));
            }
            turns(round % 8).await;
            if round % 2 == 0 { Err(1) } else { std::future::pending::<Result<(), u8>>().await }
        });
        if round % 2 == 0 {
            assert_eq!(runtime.block_on(scope).unwrap_err().len(), 1);
            assert_eq!(drops.count(), born.load(Ordering::SeqCst), "none is left");
        } else {
            let mut scope = Box::pin(scope);
            runtime.block_on(async {
                for _ in 0..round % 8 {
                    assert!(poll_once(scope.as_mut()).await.is_pending());
                    yield_now().await;
                }
            });
            drop(scope);
            tests::turns_until(&runtime, || {
                Arc::strong_count(&born) == 1 && drops.count() == born.load(Ordering::SeqCst)
            });
        }
    }
}

/// Threads that spawn into a group that fails: each child runs inside it, or never.
#[test]
fn threads_that_spawn_while_the_group_ends() {
    let runtime = Kind::Workers(2).runtime();
    for round in 0..200 {
        let (drops, over) = (Drops::new(), Arc::new(AtomicBool::new(false)));
        let late = Arc::new(AtomicUsize::new(0));
        let mut threads = vec![];
        let outcome: Result<(), _> = runtime.block_on(TaskGroup::scope(async |group| {
            for _ in 0..2 {
                let (group, drops) = (group.clone(), drops.clone());
                let (over, late) = (over.clone(), late.clone());
                threads.push(std::thread::spawn(move || {
                    for _ in 0..50 {
                        let (over, late) = (over.clone(), late.clone());
                        let counted = drops.counted();
                        group.spawn(async move {
                            let _counted = counted;
                            late.fetch_add(
                                usize::from(over.load(Ordering::SeqCst)),
                                Ordering::SeqCst,
                            );
                            Ok(())
                        });
                    }
                }));
            }
            turns(round % 20).await;
            Err(())
        }));
        over.store(true, Ordering::SeqCst);
        assert_eq!(outcome.unwrap_err().len(), 1);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(drops.count(), 100, "started or not, all are gone");
        assert_eq!(late.load(Ordering::SeqCst), 0, "nobody ran after the scope");
    }
}

fn the_runtime_ends_under_a_scope(kind: Kind) {
    let drops = Drops::new();
    let runtime = kind.runtime();
    let theirs = drops.clone();
    runtime.spawn(TaskGroup::<&str>::scope(async move |group| {
        for _ in 0..10 {
            group.spawn(stays(theirs.counted()));
        }
        stays(theirs.counted()).await
    }));
    runtime.block_on(turns(3));
    drop(runtime);
    assert!([0, 11].contains(&drops.count()), "{}", drops.count());
    let (mut kept, runtime, other) = (None, kind.runtime(), Kind::CurrentThread.runtime());
    let drops = Drops::new();
    let mut scope = Box::pin(TaskGroup::<&str>::scope(async |group| {
        kept = Some(group.clone());
        group.spawn(stays(drops.counted()));
        waits(&drops).await;
        Ok(())
    }));
    assert!(runtime.block_on(poll_once(scope.as_mut())).is_pending());
    drop(runtime);
    assert_eq!(drops.count(), 1, "the child has ended with its runtime, which is no failure");
    assert!(other.block_on(poll_once(scope.as_mut())).is_pending(), "the body waits");
    drop(scope);
    let group = kept.unwrap();
    assert!(group.spawn(async { Ok(1) }).is_finished());
    assert!(group.is_empty());
}

/// A body is user code from its call on, before it is a future.
#[test]
fn a_body_that_panics_when_it_is_called_ends_its_children() {
    let drops = Drops::new();
    Kind::CurrentThread.runtime().block_on(async {
        let counted = drops.counted();
        let scope = TaskGroup::<u8>::scope(|group: TaskGroup<u8>| {
            group.spawn(async move {
                let _counted = counted;
                std::future::pending::<Result<(), u8>>().await
            });
            if drops.count() == 0 {
                panic!("before the future");
            }
            async { Ok(()) }
        });
        let error = scope.await.unwrap_err();
        assert!(error.to_string().contains("before the future"), "{error}");
        assert_eq!(drops.count(), 1);
    });
}

tests::each_scheduler! {
    the_scope_waits_until_all_are_gone,
    a_panic_of_a_child_is_a_failure,
    a_panic_of_the_body_is_a_failure,
    destructors_that_panic,
    a_scope_that_is_dropped_half_way,
    children_that_spawn_while_the_group_ends,
    the_runtime_ends_under_a_scope,
}
