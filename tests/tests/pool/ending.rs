//! The end of a pool: from anywhere, while anything runs; and who drops what, where.

use crate::{Busy, here, named, occupy};
use mainspring::runtime::Runtime;
use mainspring::task::{JoinHandle, spawn_blocking, yield_now};
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
use tests::{Counted, Drops, Gate, Kind, eventually, heard, turns_until};

/// Notes the name of the thread that drops it.
struct Place {
    names: Arc<Mutex<Vec<String>>>,
    _counted: Counted,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.names.lock().unwrap().push(here());
    }
}

/// A task that has been polled, and waits for ever.
fn idle(runtime: &Runtime, drops: &Drops) -> JoinHandle<()> {
    let (gate, counted) = (Gate::new(), drops.counted());
    let theirs = gate.clone();
    let task = runtime.spawn(async move {
        let _counted = counted;
        theirs.await;
    });
    eventually(|| !gate.wakers().is_empty());
    task
}

/// Ends `runtime` by `end` in a task of its own.
fn end_in_its_own_task(kind: Kind, end: fn(Runtime)) -> (JoinHandle<()>, Drops) {
    let (drops, runtime) = (Drops::new(), kind.runtime());
    for _ in 0..10 {
        idle(&runtime, &drops);
    }
    let (hand_over, handed_over) = mpsc::channel::<Runtime>();
    let counted = drops.counted();
    let task = runtime.spawn(async move {
        let _counted = counted;
        end(handed_over.recv().unwrap());
    });
    hand_over.send(runtime).unwrap();
    eventually(|| task.is_finished() && drops.count() == 11);
    (task, drops)
}

fn a_runtime_dropped_by_its_own_task_ends_and_panics(kind: Kind) {
    let (result, _) = heard(|| {
        let (task, _drops) = end_in_its_own_task(kind, drop);
        let error = tests::runtime().block_on(task).unwrap_err();
        assert!(error.to_string().contains("dropped inside async code"), "{error}");
    });
    result.unwrap();
}

fn a_runtime_ended_in_the_background_by_its_own_task(kind: Kind) {
    let (task, _drops) = end_in_its_own_task(kind, Runtime::shutdown_background);
    tests::runtime().block_on(task).unwrap();
}

fn a_runtime_ended_by_a_task_of_another(kind: Kind) {
    let (outer, drops) = (kind.runtime(), Drops::new());
    for inner in [kind, Kind::CurrentThread] {
        let (dropped, shut_down) = (inner.runtime(), inner.runtime());
        for runtime in [&dropped, &shut_down] {
            let counted = drops.counted();
            runtime.spawn(async move {
                let _counted = counted;
                pending::<()>().await;
            });
        }
        let (result, _) = heard(|| outer.block_on(outer.spawn(async move { drop(dropped) })));
        let error = result.unwrap().unwrap_err();
        assert!(error.to_string().contains("dropped inside async code"), "{error}");
        let background = outer.spawn(async move { shut_down.shutdown_background() });
        outer.block_on(background).unwrap();
    }
    eventually(|| drops.count() == 4);
}

/// INV-91: the place where a task was spawned is read while its worker is stuck.
fn a_shutdown_with_a_limit_names_the_task_that_is_stuck(kind: Kind) {
    let hook = Arc::new(());
    let theirs = hook.clone();
    let mut builder = kind.builder();
    let runtime = builder.unhandled(move |_| drop(theirs.clone())).build().unwrap();
    drop(builder);
    let drops = Drops::new();
    let idle: Vec<_> = (0..20).map(|_| idle(&runtime, &drops)).collect();
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let counted = drops.counted();
    let line = line!() + 1;
    let stuck = runtime.spawn(async move {
        let _counted = counted;
        begun.send(()).unwrap();
        may_go.recv().unwrap();
        pending::<()>().await;
    });
    has_begun.recv().unwrap();
    let report = runtime.shutdown_timeout(Duration::from_millis(200));
    assert!(!report.is_clean());
    let (id, at) = report.still_running().next().unwrap();
    assert_eq!((id, at.file(), at.line()), (stuck.id(), file!(), line));
    assert!(report.to_string().contains(&format!("task {id}, spawned at")), "{report}");
    assert!(!stuck.is_finished());
    go.send(()).unwrap();
    eventually(|| stuck.is_finished() && idle.iter().all(JoinHandle::is_finished));
    assert_eq!(drops.count(), 21, "the others', and the stuck one's when its poll ended");
    let error = tests::runtime().block_on(stuck).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    drop((idle, report));
    eventually(|| Arc::strong_count(&hook) == 1);
}

fn a_shutdown_that_ends_in_time_is_clean(kind: Kind) {
    let (runtime, drops) = (kind.runtime(), Drops::new());
    for _ in 0..20 {
        idle(&runtime, &drops);
    }
    let report = runtime.shutdown_timeout(Duration::from_secs(60));
    assert!(report.is_clean(), "{report}");
    assert_eq!(drops.count(), 20);
}

fn dropping_waits_for_the_polls_that_are_running(kind: Kind) {
    let (runtime, drops) = (kind.runtime(), Drops::new());
    let counted = drops.counted();
    let handle = runtime.handle().clone();
    let busy = occupy(&runtime, kind);
    let queued = runtime.spawn(async move { drop(counted) });
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            drop(runtime);
            ended.store(true, Ordering::Release);
        });
        // The end has begun, and what nobody polls is gone.
        eventually(|| handle.spawn(async {}).is_finished() && queued.is_finished());
        assert_eq!(drops.count(), 1);
        assert!(!ended.load(Ordering::Acquire));
        let tasks: Vec<_> = busy.into_iter().map(Busy::let_go).collect();
        eventually(|| ended.load(Ordering::Acquire));
        assert!(tasks.iter().all(JoinHandle::is_finished));
    });
}

/// What is running has its poll; what has been pending is dropped by a worker; what was queued from
/// outside, by whoever ends the runtime.
fn a_future_is_dropped_by_a_worker_or_by_whoever_ends_the_runtime(kind: Kind) {
    let (names, drops) = (Arc::new(Mutex::new(Vec::new())), Drops::new());
    let place = || Place { names: names.clone(), _counted: drops.counted() };
    let runtime = named(kind, "worker").build().unwrap();
    let gate = Gate::new();
    let mut tasks = Vec::new();
    for number in 0..60 {
        let (place, gate) = (place(), gate.clone());
        tasks.push(runtime.spawn(async move {
            let _place = place;
            if number % 3 == 0 {
                yield_now().await;
            }
            gate.await;
        }));
    }
    eventually(|| gate.wakers().len() == 60);
    // Aborted from here, ended there.
    tasks.drain(..20).for_each(|task| task.abort());
    eventually(|| drops.count() == 20);
    assert!(names.lock().unwrap().iter().all(|name| name == "worker"), "{names:?}");
    let ender = thread::Builder::new().name("ender".to_owned());
    ender.spawn(move || drop(runtime)).unwrap().join().unwrap();
    assert_eq!(drops.count(), 60);
    let names = names.lock().unwrap();
    assert!(names.iter().all(|name| ["worker", "ender"].contains(&name.as_str())), "{names:?}");
}

fn ended_while_its_tasks_run(kind: Kind) {
    for round in 0..30 {
        let (runtime, drops) = (kind.runtime(), Drops::new());
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let (counted, drops) = (drops.counted(), drops.clone());
                runtime.spawn(async move {
                    let _counted = counted;
                    loop {
                        match number % 3 {
                            0 => yield_now().await,
                            1 => {
                                let _ = spawn_blocking(|| ()).await;
                            }
                            _ => {
                                let inner = drops.counted();
                                let _ = mainspring::spawn(async move { drop(inner) }).await;
                            }
                        }
                    }
                })
            })
            .collect();
        match round % 3 {
            0 => drop(runtime),
            1 => runtime.shutdown_background(),
            _ => drop(runtime.shutdown_timeout(Duration::from_secs(60))),
        }
        if round % 3 != 1 {
            assert!(tasks.iter().all(JoinHandle::is_finished));
        }
        eventually(|| tasks.iter().all(JoinHandle::is_finished));
        // Those, and what they had spawned.
        assert!(drops.count() >= 50);
        drop(tasks);
    }
}

/// On the way to the injector, in rings, in next slots: nothing of a runtime that ends is lost.
fn wakes_of_many_threads_meet_the_end(kind: Kind) {
    for _ in 0..20 {
        let (runtime, drops, gate) = (kind.runtime(), Drops::new(), Gate::new());
        for _ in 0..20 {
            let (counted, mut gate) = (drops.counted(), gate.clone());
            runtime.spawn(async move {
                let _counted = counted;
                std::future::poll_fn(|cx| {
                    let _ = std::pin::Pin::new(&mut gate).poll(cx);
                    std::task::Poll::<()>::Pending
                })
                .await;
            });
        }
        turns_until(&runtime, || gate.wakers().len() >= 20);
        let wakers = gate.wakers();
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            for part in wakers.chunks(10) {
                let stop = &stop;
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        part.iter().for_each(std::task::Waker::wake_by_ref);
                    }
                });
            }
            turns_until(&runtime, || gate.wakers().len() >= 100);
            drop(runtime);
            assert_eq!(drops.count(), 20);
            stop.store(true, Ordering::Relaxed);
        });
    }
}

tests::each_pool! {
    a_runtime_dropped_by_its_own_task_ends_and_panics,
    a_runtime_ended_in_the_background_by_its_own_task,
    a_runtime_ended_by_a_task_of_another,
    a_shutdown_with_a_limit_names_the_task_that_is_stuck,
    a_shutdown_that_ends_in_time_is_clean,
    dropping_waits_for_the_polls_that_are_running,
    a_future_is_dropped_by_a_worker_or_by_whoever_ends_the_runtime,
    ended_while_its_tasks_run,
    wakes_of_many_threads_meet_the_end,
}
