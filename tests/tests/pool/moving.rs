//! Tasks and threads: who runs where, and what may cross.

use crate::{Busy, here, named, occupy};
use mainspring::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use mainspring::sync::oneshot;
use mainspring::task::{spawn_blocking, yield_now};
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::thread;
use tests::{Drops, Gate, Kind, eventually};

#[test]
fn the_default_is_a_pool() {
    let runtime = Runtime::new().unwrap();
    assert_eq!(runtime.handle().runtime_flavor(), RuntimeFlavor::MultiThread);
    runtime.block_on(async {
        assert_eq!(Handle::current().runtime_flavor(), RuntimeFlavor::MultiThread);
        let task = mainspring::spawn(async { Handle::current().runtime_flavor() });
        assert_eq!(task.await.unwrap(), RuntimeFlavor::MultiThread);
    });
    let runtime = tests::runtime();
    assert_eq!(runtime.handle().runtime_flavor(), RuntimeFlavor::CurrentThread);
}

fn as_many_tasks_run_at_the_same_time_as_there_are_workers(kind: Kind) {
    let runtime = kind.runtime();
    let busy = occupy(&runtime, kind);
    let threads: HashSet<_> = busy.iter().map(|busy| busy.thread).collect();
    assert_eq!(threads.len(), kind.workers());
    assert!(!threads.contains(&thread::current().id()), "the root has its own thread");
    let tasks: Vec<_> = busy.into_iter().map(Busy::let_go).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Spawned into one worker's ring, they find their way to the others.
fn tasks_of_one_worker_that_wait_for_one_another_meet(kind: Kind) {
    let (runtime, workers) = (kind.runtime(), kind.workers());
    let spawner = runtime.spawn(async move {
        let barrier = Arc::new(Barrier::new(workers));
        let wait = |_| {
            let barrier = barrier.clone();
            mainspring::spawn(async move { barrier.wait().is_leader() })
        };
        let mut leaders = 0;
        for task in (0..workers).map(wait).collect::<Vec<_>>() {
            leaders += usize::from(task.await.unwrap());
        }
        leaders
    });
    assert_eq!(runtime.block_on(spawner).unwrap(), 1);
}

fn a_task_goes_on_on_another_thread_when_its_own_is_taken(kind: Kind) {
    let (runtime, gate) = (kind.runtime(), Gate::new());
    let theirs = gate.clone();
    let task = runtime.spawn(async move {
        // May be sent, and shall not be shared: it moves with the task.
        let count = Cell::new(1);
        let before = thread::current().id();
        theirs.await;
        count.set(count.get() + 1);
        (before, thread::current().id(), count.get())
    });
    eventually(|| !gate.wakers().is_empty());
    let busy = occupy(&runtime, kind);
    gate.open();
    // One worker after the other is free again, for the task and for nothing else.
    let mut left = Vec::new();
    for busy in busy {
        left.push(busy.thread);
        runtime.block_on(busy.let_go()).unwrap();
        if left.len() == 1 {
            eventually(|| task.is_finished());
        }
    }
    let (_before, after, count) = runtime.block_on(task).unwrap();
    assert_eq!((after, count), (left[0], 2));
}

fn spawned_from_a_plain_thread_while_all_sleep(kind: Kind) {
    let runtime = named(kind, "own").build().unwrap();
    for _ in 0..200 {
        let handle = runtime.handle().clone();
        let spawner = thread::spawn(move || handle.spawn(async { here() }));
        assert_eq!(runtime.block_on(spawner.join().unwrap()).unwrap(), "own");
    }
}

fn spawned_from_a_worker_of_another_runtime(kind: Kind) {
    let one = named(kind, "one").build().unwrap();
    let two = named(Kind::Workers(2), "two").build().unwrap();
    let handle = two.handle().clone();
    let task = one.spawn(async move {
        for round in 0..100_u32 {
            let theirs = handle.spawn(async move {
                yield_now().await;
                (here(), Handle::current(), round)
            });
            let (name, back, sum) = theirs.await.unwrap();
            assert_eq!((name.as_str(), here().as_str(), sum), ("two", "one", round));
            // And from there back to here: through a handle, and as the current runtime.
            assert_eq!(back.spawn(async { here() }).await.unwrap(), "two");
            assert_eq!(mainspring::spawn(async { here() }).await.unwrap(), "one");
        }
    });
    one.block_on(task).unwrap();
}

fn woken_by_plain_threads(kind: Kind) {
    let runtime = kind.runtime();
    let pairs: Vec<_> = (0..8)
        .map(|number| {
            let (ask, asked) = mpsc::channel::<oneshot::Sender<usize>>();
            let answers = thread::spawn(move || {
                for (round, back) in asked.into_iter().enumerate() {
                    back.send(round * number).unwrap();
                }
            });
            let task = runtime.spawn(async move {
                for round in 0..200 {
                    let (send, receive) = oneshot::channel();
                    ask.send(send).unwrap();
                    assert_eq!(receive.await.unwrap(), round * number);
                }
            });
            (task, answers)
        })
        .collect();
    for (task, answers) in pairs {
        runtime.block_on(task).unwrap();
        answers.join().unwrap();
    }
}

fn blocking_closures_of_many_workers(kind: Kind) {
    let runtime = kind.runtime();
    let tasks: Vec<_> = (0..50_u64)
        .map(|number| {
            runtime.spawn(async move {
                let mut sum = 0;
                for round in 0..10 {
                    sum += spawn_blocking(move || number * round).await.unwrap();
                }
                sum
            })
        })
        .collect();
    runtime.block_on(async {
        for (number, task) in tasks.into_iter().enumerate() {
            assert_eq!(task.await.unwrap(), number as u64 * 45);
        }
    });
}

fn every_task_has_a_number_of_its_own(kind: Kind) {
    let runtime = kind.runtime();
    let ids = Arc::new(Mutex::new(HashSet::new()));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let ids = ids.clone();
            runtime.spawn(async move {
                for _ in 0..50 {
                    let task = mainspring::spawn(async { mainspring::task::id() });
                    let id = task.id();
                    assert_eq!(task.await.unwrap(), id);
                    assert!(ids.lock().unwrap().insert(id.to_string()), "{id} is given twice");
                }
                assert!(ids.lock().unwrap().insert(mainspring::task::id().to_string()));
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(ids.lock().unwrap().len(), 20 * 51);
}

fn a_task_aborted_in_its_poll_ends_after_it(kind: Kind) {
    let (runtime, drops) = (kind.runtime(), Drops::new());
    for ready in [false, true] {
        let (begun, has_begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let counted = drops.counted();
        let task = runtime.spawn(async move {
            let _counted = counted;
            begun.send(()).unwrap();
            may_go.recv().unwrap();
            if !ready {
                std::future::pending::<()>().await;
            }
        });
        has_begun.recv().unwrap();
        let before = drops.count();
        task.abort();
        assert!(!task.is_finished(), "a poll cannot be stopped");
        assert_eq!(drops.count(), before);
        go.send(()).unwrap();
        assert_eq!(runtime.block_on(task).is_ok(), ready);
        assert_eq!(drops.count(), before + 1);
    }
}

/// What each worker does on its way, from all of them at once.
fn many_tasks_in_small_steps(kind: Kind) {
    let (runtime, done) = (kind.runtime(), Arc::new(AtomicUsize::new(0)));
    let task = |rounds: usize| {
        let done = done.clone();
        async move {
            for _ in 0..rounds {
                yield_now().await;
                let done = done.clone();
                mainspring::spawn(async move { done.fetch_add(1, Ordering::Relaxed) });
            }
        }
    };
    let tasks: Vec<_> = (0..40).map(|n| runtime.spawn(task(n * 10))).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    let all = (0..40).map(|n| n * 10).sum::<usize>();
    eventually(|| done.load(Ordering::Relaxed) == all);
}

/// With one look at the outside, and at the events, between any two tasks.
#[test]
fn the_shortest_intervals_there_are() {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).event_interval(1).global_queue_interval(1);
    let runtime = builder.build().unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            runtime.spawn(async {
                for _ in 0..20 {
                    yield_now().await;
                    mainspring::spawn(yield_now()).await.unwrap();
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// All workers are taken, so nobody else could run the task.
#[test]
fn a_thread_in_block_on_that_helps_runs_what_it_spawns() {
    let kind = Kind::Helping;
    let runtime = kind.runtime();
    let busy = occupy(&runtime, kind);
    let own = thread::current().id();
    runtime.block_on(async move {
        let task = mainspring::spawn(async move {
            let inner = mainspring::spawn(async { thread::current().id() });
            yield_now().await;
            (inner.await.unwrap(), thread::current().id())
        });
        assert_eq!(task.await.unwrap(), (own, own));
    });
    // Left behind in its ring: goes to the workers.
    let mut left = None;
    runtime.block_on(async {
        left = Some(mainspring::spawn(async { thread::current().id() }));
    });
    let left = left.unwrap();
    let tasks: Vec<_> = busy.into_iter().map(Busy::let_go).collect();
    eventually(|| left.is_finished());
    assert_ne!(runtime.block_on(left).unwrap(), own);
    tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
}

tests::each_pool! {
    as_many_tasks_run_at_the_same_time_as_there_are_workers,
    tasks_of_one_worker_that_wait_for_one_another_meet,
    a_task_goes_on_on_another_thread_when_its_own_is_taken,
    spawned_from_a_plain_thread_while_all_sleep,
    spawned_from_a_worker_of_another_runtime,
    woken_by_plain_threads,
    blocking_closures_of_many_workers,
    every_task_has_a_number_of_its_own,
    a_task_aborted_in_its_poll_ends_after_it,
    many_tasks_in_small_steps,
}
