//! The end of a set and of its tasks: drops, aborts, panics.

use mainspring::sync::Mutex;
use mainspring::task::{LocalSet, spawn_local, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use tests::{Drops, Gate, Kind, heard, runtime};

fn dropping_the_set_drops_every_future_and_cancels_the_joins(kind: Kind) {
    let (rt, set, drops) = (kind.runtime(), LocalSet::new(), Drops::new());
    let gate = Gate::new();
    let mut tasks = Vec::new();
    for _ in 0..3 {
        let (counted, gate) = (drops.counted(), gate.clone());
        tasks.push(set.spawn_local(async move {
            let _counted = counted;
            gate.await;
            pending::<()>().await;
        }));
    }
    set.block_on(&rt, tests::until(|| gate.wakers().len() == 3));
    // Woken and not run, aborted and not run, never polled.
    gate.wakers()[0].wake_by_ref();
    tasks[1].abort();
    let counted = drops.counted();
    tasks.push(set.spawn_local(async move {
        let _counted = counted;
        pending::<()>().await;
    }));
    assert_eq!(drops.count(), 0);
    drop(set);
    assert_eq!(drops.count(), 4);
    // A wake after the end is harmless, and so is an abort.
    gate.open();
    tasks[0].abort();
    rt.block_on(async {
        for task in tasks {
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
    assert_eq!(drops.count(), 4);
}

fn a_task_that_is_aborted_is_dropped_at_its_next_turn(kind: Kind) {
    let (rt, set, drops) = (kind.runtime(), LocalSet::new(), Drops::new());
    let counted = drops.counted();
    let task = set.spawn_local(async move {
        let _counted = counted;
        pending::<()>().await;
    });
    set.block_on(&rt, yield_now());
    task.abort();
    assert_eq!(drops.count(), 0, "nobody drives the set");
    let error = set.block_on(&rt, task).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(drops.count(), 1);
}

fn a_panic_ends_its_task_and_nothing_else(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let (outcome, said) = heard(|| {
        set.block_on(&rt, async {
            let bad = spawn_local(async { panic!("seven") });
            let good = spawn_local(async { 7 });
            let error = bad.await.map(|(): ()| ()).unwrap_err();
            assert!(error.is_panic());
            assert_eq!(good.await.unwrap(), 7);
        });
    });
    assert!(outcome.is_ok());
    assert_eq!(said.len(), 1);
    // A panic of the root comes out of it, and the set goes on.
    let task = set.spawn_local(async { 8 });
    let (outcome, _) = heard(|| set.block_on(&rt, async { panic!("root") }));
    let outcome: std::thread::Result<()> = outcome;
    assert!(outcome.is_err());
    assert_eq!(set.block_on(&rt, task).unwrap(), 8);
}

fn dropped_before_its_root_was_polled_nothing_happens(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let task = set.spawn_local(async { 7 });
    drop(set.run_until(pending::<()>()));
    assert!(!task.is_finished());
    for polls in 1..4 {
        rt.block_on(async {
            let mut root = pin!(set.run_until(pending::<()>()));
            for _ in 0..polls {
                std::future::poll_fn(|cx| {
                    assert!(root.as_mut().poll(cx).is_pending());
                    Poll::Ready(())
                })
                .await;
            }
        });
    }
    assert!(task.is_finished());
    assert_eq!(set.block_on(&rt, async { spawn_local(async { 8 }).await.unwrap() }), 8);
}

tests::each_scheduler! {
    dropping_the_set_drops_every_future_and_cancels_the_joins,
    a_task_that_is_aborted_is_dropped_at_its_next_turn,
    a_panic_ends_its_task_and_nothing_else,
    dropped_before_its_root_was_polled_nothing_happens,
}

/// Calls its closure when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn a_destructor_may_spawn_wake_and_abort_while_the_set_ends() {
    let (rt, set) = (runtime(), LocalSet::new());
    let refused = Rc::new(Cell::new(0));
    let other = Rc::new(set.spawn_local(pending::<()>()));
    for _ in 0..3 {
        let (refused, other) = (refused.clone(), other.clone());
        set.spawn_local(async move {
            let _at_the_end = OnDrop(move || {
                other.abort();
                let task = spawn_local(async { panic!("it never runs") });
                let _: &mainspring::task::JoinHandle<()> = &task;
                refused.set(refused.get() + 1);
            });
            pending::<()>().await;
        });
    }
    set.block_on(&rt, yield_now());
    drop(set);
    assert_eq!(refused.get(), 3);
    assert!(other.is_finished());
}

#[test]
fn a_panicking_destructor_does_not_keep_the_others_alive() {
    let (set, drops) = (LocalSet::new(), Drops::new());
    for n in 0..3 {
        let counted = drops.counted();
        set.spawn_local(async move {
            let _counted = counted;
            let _bomb = OnDrop(move || assert_ne!(n, 1, "a destructor panics"));
            pending::<()>().await;
        });
    }
    set.block_on(&runtime(), yield_now());
    let (outcome, said) = heard(|| catch_unwind(AssertUnwindSafe(|| drop(set))));
    assert!(outcome.is_ok_and(|dropped| dropped.is_ok()));
    assert_eq!((said.len(), drops.count()), (1, 3));
}

#[test]
fn a_lock_that_is_taken_in_a_destructor_wakes_a_task_of_the_same_set() {
    type Later = Rc<RefCell<Vec<Pin<Box<dyn Future<Output = ()>>>>>>;
    struct Locking(Later);
    impl Drop for Locking {
        fn drop(&mut self) {
            for future in self.0.borrow_mut().iter_mut() {
                let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            }
        }
    }
    let set = LocalSet::new();
    let mutex = Arc::new(Mutex::new(()));
    let held = mutex.clone().try_lock_owned().unwrap();
    let waits = mutex.clone();
    set.spawn_local(async move { drop(waits.lock().await) });
    let rt = runtime();
    set.block_on(&rt, yield_now());
    let later = Later::default();
    let locking = Locking(later.clone());
    set.spawn_local(async move {
        let (_locking, _held) = (locking, held);
        pending::<()>().await;
    });
    later.borrow_mut().push(Box::pin(async move { drop(mutex.lock().await) }));
    set.block_on(&rt, yield_now());
    drop(set);
    assert_eq!(Rc::strong_count(&later), 1);
}

#[test]
fn a_set_may_live_and_end_in_a_thread_local() {
    thread_local! {
        static SET: LocalSet = LocalSet::new();
    }
    let drops = Drops::new();
    let counted = drops.counted();
    std::thread::spawn(move || {
        let rt = runtime();
        SET.with(|set| {
            let task = set.spawn_local(async { 7 });
            assert_eq!(set.block_on(&rt, task).unwrap(), 7);
            set.spawn_local(async move {
                let _counted = counted;
                pending::<()>().await;
            });
        });
    })
    .join()
    .unwrap();
    assert_eq!(drops.count(), 1);
}

#[test]
fn a_runtime_and_a_set_may_end_in_either_order() {
    for runtime_first in [true, false] {
        let (rt, set, drops) = (runtime(), LocalSet::new(), Drops::new());
        let counted = drops.counted();
        let task = set.spawn_local(async move {
            let _counted = counted;
            mainspring::time::sleep(mainspring::time::Duration::from_secs(3600)).await;
        });
        set.block_on(&rt, yield_now());
        if runtime_first {
            drop(rt);
            assert_eq!(drops.count(), 0);
            drop(set);
        } else {
            drop(set);
            drop(rt);
        }
        assert_eq!(drops.count(), 1);
        assert!(task.is_finished());
    }
}
