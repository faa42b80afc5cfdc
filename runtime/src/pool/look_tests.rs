//! A dump goes through the queues: all that is there is seen once, and still there afterwards.

use super::*;
use crate::task::header::Id;
use crate::task::look::TaskState;
use std::sync::atomic::AtomicBool;

/// Tasks in all places: the injector, a ring, a next slot.
fn fill(rig: &Rig, worker: &Worker, ran: &Arc<Counter>) -> Vec<JoinHandle<()>> {
    let task = || {
        let ran = ran.clone();
        async move {
            ran.fetch_add(1, Relaxed);
        }
    };
    let mut all: Vec<_> = (0..10).map(|_| rig.spawn(task())).collect();
    rig.inside(worker, || {
        all.extend((0..200).map(|_| rig.spawn(task())));
        worker.push_next(rig.entry(worker, task()));
    });
    all
}

fn seen(rig: &Rig) -> Vec<(Id, TaskState)> {
    let mut seen = Vec::new();
    rig.scheduler.each_queued(|task| {
        seen.extend(task.seen().map(|seen| (seen.id, seen.state)));
    });
    seen
}

#[test]
fn every_queued_task_is_seen_once_and_runs_afterwards() {
    let (rig, ran) = (rig(2), Arc::new(Counter::new(0)));
    let worker = rig.worker(0);
    let handles = fill(&rig, &worker, &ran);
    for _ in 0..3 {
        let seen = seen(&rig);
        assert_eq!(seen.len(), 211);
        assert!(seen.iter().all(|(_, state)| *state == TaskState::Queued));
        assert!(handles.iter().all(|handle| seen.iter().any(|(id, _)| *id == handle.id())));
    }
    // They are the injector's now, and somebody was told.
    assert_eq!(rig.scheduler.injector.len(), 211);
    assert!(rig.scheduler.remotes[0].ring.is_empty());
    rig.run(&worker);
    assert_eq!(ran.load(Relaxed), 211);
    assert!(seen(&rig).is_empty());
}

/// INV-150: two dumps beside a worker that runs and one that steals, each with a ring of its own.
#[test]
fn dumps_and_thieves_beside_the_owner_lose_nothing() {
    for _ in 0..20 {
        let (rig, ran) = (rig(2), Arc::new(Counter::new(0)));
        let over = AtomicBool::new(false);
        let scheduler = rig.scheduler.clone();
        let handles = std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !over.load(Relaxed) {
                        let mut ids = Vec::new();
                        scheduler.each_queued(|task| ids.push(task.id()));
                        let all = ids.len();
                        ids.sort();
                        ids.dedup();
                        assert_eq!(ids.len(), all, "no entry is there twice");
                    }
                });
            }
            let worker = rig.worker(0);
            let mut handles = Vec::new();
            for _ in 0..20 {
                handles.extend(fill(&rig, &worker, &ran));
                rig.run(&worker);
            }
            over.store(true, Relaxed);
            handles
        });
        let worker = rig.worker(1);
        rig.run(&worker);
        assert_eq!(ran.load(Relaxed), 20 * 211);
        assert!(handles.iter().all(JoinHandle::is_finished));
    }
}

#[test]
fn after_the_end_there_is_nothing_to_see() {
    let (rig, ran) = (rig(1), Arc::new(Counter::new(0)));
    let worker = rig.worker(0);
    let _handles = fill(&rig, &worker, &ran);
    rig.scheduler.close();
    assert!(seen(&rig).is_empty());
    worker.shut_down();
    assert_eq!(ran.load(Relaxed), 0);
}
