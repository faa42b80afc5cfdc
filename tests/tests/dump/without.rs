//! Without records: ids, places and states, wherever a task is.

use super::each;
use mainspring::runtime::{Builder, TaskState};
use mainspring::task::yield_now;
use std::collections::HashSet;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tests::eventually;
use tests::many::{Hold, multi};

#[test]
fn without_records_a_dump_has_ids_places_and_states_and_nothing_else() {
    each(false, |runtime| {
        let waits = runtime.spawn(pending::<()>());
        runtime.block_on(yield_now());
        eventually(|| {
            let all = runtime.handle().dump();
            all.len() == 1 && all[0].state() == TaskState::Waiting
        });
        let all = runtime.handle().dump();
        let task = &all[0];
        assert_eq!((task.id(), task.spawned_at().file()), (waits.id(), file!()));
        assert_eq!((task.name(), task.polls(), task.time_in_poll()), (None, None, None));
        assert!(task.waits_for().is_empty());
        let text = format!("task {}: waiting; spawned at {}", waits.id(), task.spawned_at());
        assert_eq!(task.to_string(), text);
    });
}

/// What stands in the ring of a worker that is stuck, and in its next slot, is seen, and runs when
/// the worker is free again.
#[test]
fn what_is_queued_behind_a_stuck_worker_is_seen() {
    let runtime = multi(1);
    let hold = Hold::new();
    let (grip, ran) = (hold.grip(), Arc::new(AtomicUsize::new(0)));
    let count = ran.clone();
    let stuck = runtime.spawn(async move {
        let ids: Vec<_> = (0..300)
            .map(|_| {
                let count = count.clone();
                let task = mainspring::spawn(async move {
                    count.fetch_add(1, Ordering::Relaxed);
                });
                task.id()
            })
            .collect();
        grip.hold();
        ids
    });
    hold.wait_for(1);
    for _ in 0..3 {
        let dump = runtime.handle().dump();
        assert_eq!(dump.len(), 301);
        let running: Vec<_> = dump.iter().filter(|t| t.state() == TaskState::Running).collect();
        assert_eq!(running.len(), 1);
        assert_eq!(running[0].id(), stuck.id());
    }
    let seen: HashSet<_> = runtime.handle().dump().iter().map(|task| task.id()).collect();
    hold.release();
    let ids = runtime.block_on(stuck).unwrap();
    assert!(ids.iter().all(|id| seen.contains(id)));
    eventually(|| ran.load(Ordering::Relaxed) == 300);
}

/// Dumps, again and again, beside tasks that are spawned, woken and stolen: none is lost, none runs
/// twice, and the ones that live all the time are in every dump.
#[test]
fn dumps_beside_busy_workers_lose_nothing() {
    for on in [false, true] {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).dump(on).build().unwrap();
        let stays: Vec<_> = (0..10).map(|_| runtime.spawn(pending::<()>()).id()).collect();
        let ended = Arc::new(AtomicBool::new(false));
        let handle = runtime.handle().clone();
        std::thread::scope(|scope| {
            let over = ended.clone();
            let dumps = scope.spawn(move || {
                let mut n = 0;
                while !over.load(Ordering::Relaxed) || n == 0 {
                    let dump = handle.dump();
                    let ids: HashSet<_> = dump.iter().map(|task| task.id()).collect();
                    assert_eq!(ids.len(), dump.len());
                    assert!(on.then_some(()).is_none() || stays.iter().all(|id| ids.contains(id)));
                    n += 1;
                }
            });
            let sum = runtime.block_on(async {
                let mut sum = 0;
                for _ in 0..50 {
                    let round: Vec<_> = (0..100)
                        .map(|n| {
                            mainspring::spawn(async move {
                                let inner = mainspring::spawn(async move { n });
                                yield_now().await;
                                inner.await.unwrap()
                            })
                        })
                        .collect();
                    for task in round {
                        sum += task.await.unwrap();
                    }
                }
                sum
            });
            ended.store(true, Ordering::Relaxed);
            dumps.join().unwrap();
            assert_eq!(sum, 50 * (0..100).sum::<usize>());
        });
    }
}
