//! Who drives a set: `run_until`, `block_on`, an await; and how it shares its thread.

use crate::Counting;
use mainspring::task::{LocalSet, consume_budget, spawn_local, yield_now};
use mainspring::time::{Duration, sleep, timeout};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use tests::{Bell, Gate, Kind, panic_of, paused, poll_with, runtime};

fn a_task_that_is_not_send_runs_on_its_thread(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let home = std::thread::current().id();
    let seen = Rc::new(Cell::new(0));
    let there = seen.clone();
    let sum = set.block_on(&rt, async move {
        let inner = spawn_local(async move {
            assert_eq!(std::thread::current().id(), home);
            yield_now().await;
            assert_eq!(std::thread::current().id(), home);
            // Spawned by a task of the set: on the set too.
            spawn_local(async move {
                there.set(there.get() + 1);
                Rc::new(41)
            })
            .await
            .unwrap()
        });
        *inner.await.unwrap() + 1
    });
    assert_eq!((sum, seen.get()), (42, 1));
}

fn tasks_stay_in_the_set_between_two_drives(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let gate = Gate::new();
    let task = set.spawn_local(gate.clone());
    set.block_on(&rt, async { tests::until(|| gate.wakers().len() == 1).await });
    assert!(!task.is_finished());
    gate.open();
    assert!(!task.is_finished(), "woken, and nobody drives it");
    set.block_on(&rt, task).unwrap();
}

fn awaiting_the_set_ends_when_no_task_is_left(kind: Kind) {
    let rt = kind.runtime();
    rt.block_on(LocalSet::new());
    let set = LocalSet::new();
    let done = Rc::new(Cell::new(0));
    for n in 0..10 {
        let done = done.clone();
        set.spawn_local(async move {
            sleep(Duration::from_millis(n)).await;
            let more = done.clone();
            spawn_local(async move { more.set(more.get() + 1) });
            done.set(done.get() + 1);
        });
    }
    rt.block_on(set);
    assert_eq!(done.get(), 20);
}

fn what_runs_beside_a_set_has_its_turn(kind: Kind) {
    let rt = kind.runtime();
    rt.block_on(async {
        let set = LocalSet::new();
        for _ in 0..3 {
            set.spawn_local(async {
                loop {
                    yield_now().await;
                }
            });
        }
        // A task of the runtime and the set's own root, both beside tasks that never wait.
        let other = mainspring::spawn(async {
            for _ in 0..10 {
                yield_now().await;
            }
            7
        });
        assert_eq!(set.run_until(other).await.unwrap(), 7);
        let mut set = set;
        assert!(timeout(Duration::from_millis(5), &mut set).await.is_err());
    });
}

fn a_guard_lets_spawn_local_find_the_set(kind: Kind) {
    let (rt, set, other) = (kind.runtime(), LocalSet::new(), LocalSet::new());
    let guard = set.enter();
    let outer = spawn_local(async { 1 });
    let inner = {
        let _guard = other.enter();
        spawn_local(async { 2 })
    };
    let again = spawn_local(async { 3 });
    drop(guard);
    assert_eq!(set.block_on(&rt, async { outer.await.unwrap() + again.await.unwrap() }), 4);
    assert!(!inner.is_finished());
    assert_eq!(other.block_on(&rt, inner).unwrap(), 2);
}

fn a_spawn_from_beside_wakes_a_set_that_waits(kind: Kind) {
    kind.runtime().block_on(async {
        let set = LocalSet::new();
        let task = RefCell::new(None);
        // Polled after the set's future has gone to wait.
        let beside = async {
            yield_now().await;
            *task.borrow_mut() = Some(set.spawn_local(async { 7 }));
        };
        let until = set.run_until(async {
            tests::until(|| task.borrow().is_some()).await;
            let task = task.borrow_mut().take().unwrap();
            assert_eq!(task.await.unwrap(), 7);
        });
        mainspring::join!(until, beside);
    });
}

tests::each_scheduler! {
    a_task_that_is_not_send_runs_on_its_thread,
    tasks_stay_in_the_set_between_two_drives,
    awaiting_the_set_ends_when_no_task_is_left,
    what_runs_beside_a_set_has_its_turn,
    a_guard_lets_spawn_local_find_the_set,
    a_spawn_from_beside_wakes_a_set_that_waits,
}

#[test]
fn spawn_local_outside_of_a_set_says_what_to_do() {
    let said = panic_of(|| spawn_local(async {}));
    assert!(said.text.contains("LocalSet::run_until"), "{}", said.text);
    assert_eq!(said.file, file!());
    let rt = runtime();
    let said = panic_of(|| rt.block_on(async { drop(spawn_local(async {})) }));
    assert_eq!(said.file, file!());
}

#[test]
fn a_poll_runs_so_many_tasks_and_then_yields() {
    let mut set = LocalSet::new();
    let polls = Rc::new(Cell::new(0));
    for _ in 0..100 {
        set.spawn_local(Counting(polls.clone()));
    }
    let bell = Bell::new();
    assert!(poll_with(&mut set, &bell).is_pending());
    assert_eq!((polls.get(), bell.rung()), (61, 1), "woken, for the others");
    assert!(poll_with(&mut set, &bell).is_pending());
    assert_eq!((polls.get(), bell.rung()), (100, 1), "nothing to do, and not woken");
    assert!(poll_with(&mut set, &bell).is_pending());
    assert_eq!((polls.get(), bell.rung()), (100, 1));
}

#[test]
fn each_task_has_a_budget_of_its_own_and_the_root_has_not() {
    async fn spend() -> usize {
        let mut future = pin!(async {
            for _ in 0..1000 {
                consume_budget().await;
            }
        });
        let mut pending = 0;
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Pending => {
                pending += 1;
                Poll::Pending
            }
            ready => ready,
        })
        .await;
        pending
    }
    let rt = runtime();
    let set = LocalSet::new();
    let tasks: Vec<_> = (0..3).map(|_| set.spawn_local(spend())).collect();
    let root = set.block_on(&rt, async {
        for task in tasks {
            assert_eq!(task.await.unwrap(), 7, "1000 units, 128 each poll");
        }
        // The budget of whoever polls the set.
        let before = Rc::new(Cell::new(0));
        let counted = before.clone();
        let many = async move {
            for _ in 0..256 {
                consume_budget().await;
                counted.set(counted.get() + 1);
            }
        };
        let set = LocalSet::new();
        let mut many = pin!(set.run_until(many));
        poll_fn(|cx| Poll::Ready(many.as_mut().poll(cx).is_pending())).await;
        before.get()
    });
    assert!(root <= 128, "{root}");
}

#[test]
fn first_in_first_out() {
    let (rt, set) = (runtime(), LocalSet::new());
    let order = Rc::new(RefCell::new(Vec::new()));
    for n in 0..200 {
        let order = order.clone();
        set.spawn_local(async move { order.borrow_mut().push(n) });
    }
    rt.block_on(set);
    assert!(order.borrow().iter().copied().eq(0..200));
}

#[test]
fn timers_of_a_set_move_a_clock_that_stands_still() {
    let (rt, set) = (paused(), LocalSet::new());
    set.block_on(&rt, async {
        let slow = spawn_local(sleep(Duration::from_secs(3600)));
        let quick = spawn_local(sleep(Duration::from_secs(60)));
        quick.await.unwrap();
        assert!(!slow.is_finished());
        slow.await.unwrap();
    });
}

/// Polls each with a waker of its own, as a set of futures does.
struct Apart<'a>(Vec<Option<Pin<Box<dyn Future<Output = u8> + 'a>>>>, Vec<Arc<Bell>>);

impl Apart<'_> {
    fn poll(&mut self, which: usize) -> Poll<u8> {
        let future = self.0[which].as_mut().expect("still there");
        let waker = self.1[which].clone().into();
        future.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

#[test]
fn several_may_drive_one_set_and_leave_in_any_order() {
    let set = LocalSet::new();
    let gate = Gate::new();
    let task = set.spawn_local(gate.clone());
    let waits = || Some(Box::pin(set.run_until(pending())) as Pin<Box<dyn Future<Output = u8>>>);
    let mut apart = Apart(vec![waits(), waits(), waits()], (0..3).map(|_| Bell::new()).collect());
    assert!((0..3).all(|which| apart.poll(which).is_pending()));
    let rung = |apart: &Apart<'_>| apart.1.iter().map(|bell| bell.rung()).collect::<Vec<_>>();
    assert_eq!(rung(&apart), [0, 0, 0]);
    gate.open();
    assert_eq!(rung(&apart), [1, 1, 1], "each of them could be the one that is polled");
    // The one that was asked last leaves without having come to it.
    apart.0[2] = None;
    assert!(apart.poll(0).is_pending());
    assert!(task.is_finished());
    // One that is full of work leaves: the others hear of it.
    (0..100).for_each(|_| drop(set.spawn_local(yield_now())));
    assert!(apart.poll(0).is_pending());
    assert!(apart.poll(1).is_pending());
    let before = rung(&apart)[0];
    apart.0[1] = None;
    assert!(rung(&apart)[0] > before);
    while !set_is_empty(&set) {
        assert!(apart.poll(0).is_pending());
    }
}

fn set_is_empty(set: &LocalSet) -> bool {
    format!("{set:?}") == "LocalSet { tasks: 0 }"
}

#[test]
fn a_task_may_run_until_something_in_its_own_set() {
    let rt = runtime();
    let set = Rc::new(LocalSet::new());
    let inside = set.clone();
    let sum = set.block_on(&rt, async {
        let task = spawn_local(async move {
            let other = spawn_local(async {
                sleep(Duration::from_millis(1)).await;
                6
            });
            inside.run_until(async { other.await.unwrap() + 1 }).await
        });
        task.await.unwrap()
    });
    assert_eq!(sum, 7);
}

#[test]
fn a_set_in_a_task_of_another_set() {
    let (rt, outer) = (runtime(), LocalSet::new());
    let sum = outer.block_on(&rt, async {
        let task = spawn_local(async {
            let inner = LocalSet::new();
            let there = inner.run_until(async { spawn_local(async { 3 }).await.unwrap() }).await;
            let here = spawn_local(async { 4 }).await.unwrap();
            there + here
        });
        task.await.unwrap()
    });
    assert_eq!(sum, 7);
}

#[test]
fn a_set_needs_no_runtime() {
    let mut set = LocalSet::new();
    let task = set.spawn_local(async { spawn_local(async { 7 }).await.unwrap() });
    assert!(poll_with(&mut set, &Bell::new()).is_ready());
    assert!(task.is_finished());
}
