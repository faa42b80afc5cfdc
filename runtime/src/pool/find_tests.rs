//! Where the next task comes from: the injector, other rings, and a look a moment later.

use super::*;
use crate::pool::worker::Phase;

/// `count` tasks from outside that do nothing.
fn submit(rig: &Rig, count: usize) -> Vec<JoinHandle<()>> {
    (0..count).map(|_| rig.spawn(async {})).collect()
}

/// INV-250: the worker's own Remote is the block's, also after the worker has been moved.
#[test]
fn a_worker_knows_its_remote() {
    let rig = rig(3);
    let workers: Vec<_> = (0..3).map(|index| Box::new(rig.worker(index))).collect();
    for (index, worker) in workers.iter().enumerate() {
        assert!(std::ptr::eq(worker.remote(), &raw const rig.scheduler.remotes[index]));
    }
}

#[test]
fn a_worker_that_has_nothing_takes_all_that_is_in_the_injector_or_a_part_of_too_much() {
    let rig = rig(4);
    let worker = rig.worker(0);
    for (submitted, left, ring) in [(80, 0, 79), (128, 0, 127), (129, 129 - 32, 31)] {
        rig.run(&worker);
        let handles = submit(&rig, submitted);
        rig.inside(&worker, || {
            while rig.scheduler.injected() == submitted {
                assert_eq!(worker.tick(), Tick::Ran);
            }
            assert_eq!((rig.scheduler.injected(), worker.remote().ring.len()), (left, ring));
        });
        rig.run(&worker);
        handles.into_iter().for_each(|handle| finished(handle).unwrap());
    }
}

/// The same in the middle of its work, when its ring has become empty.
#[test]
fn a_worker_whose_ring_is_empty_does_not_take_injected_tasks_one_by_one() {
    let rig = rig(2);
    let worker = rig.worker(0);
    rig.inside(&worker, || {
        drop(rig.spawn(async {}));
        assert_eq!(worker.tick(), Tick::Ran);
    });
    slip_in(&rig, &worker, 100);
    let (task, log) = count::record(|| rig.inside(&worker, || worker.find()));
    assert_eq!((rig.scheduler.injected(), worker.remote().ring.len()), (0, 99));
    assert_eq!(log.len(), 2, "a lock and its unlock");
    run_and_empty(&rig, &worker, task);
}

/// Puts `count` tasks into the injector without waking anybody.
fn slip_in(rig: &Rig, worker: &Worker, count: usize) {
    for _ in 0..count {
        // SAFETY(INV-64): a new entry is handed over.
        let pushed =
            unsafe { rig.scheduler.injector.push(rig.entry(worker, async {}).as_header()) };
        assert!(pushed.is_ok());
    }
}

/// A search that finds something, and its first poll.
fn search(rig: &Rig, worker: &Worker) {
    rig.scheduler.idle.start_search();
    worker.phase.set(Phase::Searching);
    rig.inside(worker, || assert_eq!(worker.tick(), Tick::Ran));
}

/// Runs what was found, and then all there is.
fn run_and_empty(rig: &Rig, worker: &Worker, found: Option<TaskRef>) {
    let task = found.expect("the injector has some");
    // SAFETY: INV-22, the injector held the entry.
    rig.inside(worker, || unsafe { Runnable::from_task(task) }.run());
    rig.run(worker);
    assert!(rig.scheduler.injected() == 0 && worker.remote().ring.is_empty());
}

/// What it has taken may wait behind a long poll. A sibling that went to sleep while the tasks were
/// in nobody's queue is woken to steal them.
#[test]
fn what_comes_out_of_the_injector_wakes_a_sibling_that_missed_it() {
    let rig = rig(2);
    let (worker, sibling) = (rig.worker(0), rig.worker(1));
    rig.inside(&worker, || {
        drop(rig.spawn(async {}));
        assert_eq!(worker.tick(), Tick::Ran);
    });
    rig.run(&sibling);
    slip_in(&rig, &worker, 10);
    assert_eq!(rig.nudges(1), 0);
    let task = rig.inside(&worker, || worker.find());
    assert_eq!(rig.nudges(1), 1);
    run_and_empty(&rig, &worker, task);
}

/// Whoever pushed while it searched has woken nobody, however short its polls have been.
#[test]
fn a_searcher_that_leaves_something_in_the_injector_wakes_a_sibling() {
    let rig = rig(2);
    let (worker, sibling) = (rig.worker(0), rig.worker(1));
    rig.run(&sibling);
    // In no time: its polls are short, and its own ring would have to be long.
    (0..20).for_each(|_| worker.measure());
    slip_in(&rig, &worker, 129);
    search(&rig, &worker);
    assert!(rig.scheduler.injected() > 0);
    assert_eq!(rig.nudges(1), 1);
    rig.run(&worker);
    assert_eq!(rig.scheduler.injected(), 0);
}

/// They may be long: what is known of its polls is of others.
#[test]
fn a_searcher_that_takes_two_from_the_injector_wakes_a_sibling() {
    let rig = rig(2);
    let (worker, sibling) = (rig.worker(0), rig.worker(1));
    rig.run(&sibling);
    (0..20).for_each(|_| worker.measure());
    for (count, nudges) in [(1, 0), (2, 1)] {
        slip_in(&rig, &worker, count);
        search(&rig, &worker);
        assert_eq!(rig.nudges(1), nudges);
    }
    rig.run(&worker);
}

/// Its ring is long for what its polls have become, and nothing more is pushed to it.
#[test]
fn a_worker_whose_polls_become_longer_wakes_a_sibling_for_what_it_has() {
    let rig = rig(2);
    let (worker, sibling) = (rig.worker(0), rig.worker(1));
    rig.run(&sibling);
    (0..20).for_each(|_| worker.measure());
    rig.inside(&worker, || (0..100).for_each(|_| drop(rig.spawn(async {}))));
    assert_eq!(rig.nudges(1), 0);
    rig.clock.advance_to(rig.clock.now() + Duration::from_millis(10));
    rig.inside(&worker, || while worker.tick() == Tick::Ran {});
    assert_eq!(rig.nudges(1), 1);
    rig.run(&worker);
}

/// Timers and sockets bring tasks in batches: a sibling that is woken for the first of one takes
/// that one, sleeps, and is woken again.
#[test]
fn what_a_park_brings_wakes_a_sibling_when_the_park_is_over_and_not_for_each_task() {
    for (brought, woken) in [(1, 0), (2, 1), (200, 1)] {
        let rig = rig(2);
        let (worker, sibling) = (rig.worker(0), rig.worker(1));
        assert!(matches!(rig.run(&sibling), Tick::Sleep(Some(_))), "it watches");
        assert!(matches!(rig.run(&worker), Tick::Sleep(_)));
        rig.inside(&worker, || {
            let _handles = submit(&rig, brought);
            assert_eq!(rig.nudges(1), 0, "it sleeps still");
            assert_eq!((worker.tick(), rig.nudges(1)), (Tick::Ran, woken));
        });
        rig.run(&worker);
    }
}

/// What was pushed while a worker searched, and that worker's next poll does not end.
#[test]
fn the_watcher_takes_what_is_in_the_injector_behind_a_worker_that_is_stuck() {
    let rig = rig(2);
    let (stuck, watcher) = (rig.worker(0), rig.worker(1));
    assert!(matches!(rig.run(&watcher), Tick::Sleep(Some(_))));
    slip_in(&rig, &stuck, 1);
    for _ in 0..2 {
        rig.clock.advance_to(rig.clock.now() + Duration::from_millis(10));
        assert_eq!(rig.run(&watcher), Tick::Relieve);
        assert!(matches!(rig.run(&watcher), Tick::Sleep(_)));
    }
    assert_eq!(rig.scheduler.injected(), 0);
}

/// Tasks that yield for ever have as many turns on one worker as on the other.
#[test]
fn rings_that_are_never_empty_become_equally_long() {
    let rig = rig(2);
    let (long, short) = (rig.worker(0), rig.worker(1));
    let lens = || [&long, &short].map(|worker| worker.remote().ring.len());
    for (worker, count) in [(&long, 90), (&short, 10)] {
        rig.inside(worker, || (0..count).for_each(|_| drop(rig.spawn(yields_for_ever()))));
    }
    let run = |polls| {
        rig.inside(&short, || {
            (0..polls).for_each(|_| assert!(matches!(short.tick(), Tick::Ran | Tick::Look)));
        });
    };
    run(600);
    assert_eq!(lens(), [90, 10], "not at once");
    run(10_000);
    assert_eq!(lens(), [50, 50]);
    rig.inside(&short, || drop(rig.spawn(yields_for_ever())));
    run(10_000);
    assert_eq!(lens(), [50, 51], "even enough");
    rig.scheduler.close();
    long.shut_down();
    short.shut_down();
}

async fn yields_for_ever() {
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    })
    .await;
}

/// A rig whose clock runs, with one worker that searches and is to linger.
fn lingering() -> (Rig, Worker) {
    let rig = Rig { clock: Clock::real(), ..rig(1) };
    let worker = rig.worker(0);
    rig.scheduler.idle.start_search();
    worker.linger.slept(Duration::ZERO, true);
    (rig, worker)
}

#[test]
fn who_lingers_takes_what_has_come_meanwhile_and_does_it_again() {
    let (rig, worker) = lingering();
    slip_in(&rig, &worker, 1);
    let task = worker.linger();
    assert!(worker.linger.is_due());
    run_and_empty(&rig, &worker, task);
    assert!(worker.linger().is_none() && !worker.linger.is_due(), "in vain");
}

/// These would wait for 61 lingers, each of some microseconds, and not for 61 polls.
#[test]
fn who_lingers_again_and_again_looks_at_timers_and_sockets_after_a_few() {
    let (rig, worker) = lingering();
    let mut lingers = 0;
    while worker.until_look.get() > 0 {
        slip_in(&rig, &worker, 1);
        let task = worker.linger().expect("it takes what is there");
        // SAFETY: INV-22, the injector held the entry.
        rig.inside(&worker, || unsafe { Runnable::from_task(task) }.run());
        worker.linger.slept(Duration::ZERO, true);
        lingers += 1;
    }
    assert_eq!(lingers, 8);
}

/// While it lingers it counts as a searcher, and whoever queues something wakes nobody.
#[test]
fn who_lingers_also_sees_what_waits_in_another_ring() {
    let rig = Rig { clock: Clock::real(), ..rig(2) };
    let (worker, busy) = (rig.worker(0), rig.worker(1));
    rig.inside(&busy, || (0..2).for_each(|_| drop(rig.spawn(async {}))));
    rig.scheduler.idle.start_search();
    worker.linger.slept(Duration::ZERO, true);
    let task = worker.linger();
    assert_eq!(busy.remote().ring.len(), 1);
    run_and_empty(&rig, &worker, task);
    rig.run(&busy);
}

#[test]
fn one_lingers_at_a_time_and_nobody_in_virtual_time() {
    let (rig, worker) = lingering();
    rig.scheduler.idle.start_search();
    assert!(worker.linger().is_none() && worker.linger.is_due(), "two search");
    let (_, worker) = lingering();
    worker.clock.pause();
    assert!(worker.linger().is_none() && worker.linger.is_due(), "virtual time");
}
