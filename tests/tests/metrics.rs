//! RuntimeMetrics: what the numbers say, and when.

use mainspring::runtime::{Handle, Runtime, RuntimeMetrics};
use mainspring::task::{spawn, spawn_blocking, yield_now};
use mainspring::time::{Duration, sleep};
use std::future::pending;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use tests::{Kind, eventually, panic_of, pass, until};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn workers_are_counted(kind: Kind) {
    let runtime = kind.runtime();
    assert_eq!(runtime.metrics().num_workers(), kind.workers());
    runtime.block_on(async {
        assert_eq!(Handle::current().metrics().num_workers(), kind.workers());
    });
    let metrics = runtime.metrics();
    let asks: [fn(&RuntimeMetrics, usize); 3] = [
        |metrics, n| assert!(metrics.worker_park_count(n) > 0),
        |metrics, n| assert!(metrics.worker_park_unpark_count(n) > 0),
        |metrics, n| assert!(metrics.worker_total_busy_duration(n) > Duration::ZERO),
    ];
    for ask in asks {
        let said = panic_of(|| ask(&metrics, kind.workers()));
        assert!(said.text.contains("num_workers()") && said.file.ends_with("metrics.rs"));
    }
}

fn a_task_is_alive_from_its_spawn_to_the_drop_of_its_future(kind: Kind) {
    let runtime = kind.runtime();
    let metrics = runtime.metrics();
    assert_eq!(metrics.num_alive_tasks(), 0);
    let inside = metrics.clone();
    let task = runtime.spawn(async move { inside.num_alive_tasks() });
    assert_eq!(runtime.block_on(task).unwrap(), 1);
    assert_eq!(metrics.num_alive_tasks(), 0, "before its join is told");
    // By workers and from outside, ended by themselves, by abort, by a panic and in vain.
    let (result, _) = tests::heard(|| {
        runtime.block_on(async {
            let outer = spawn(async {
                let mut tasks: Vec<_> = (0..10).map(|_| spawn(pending::<()>())).collect();
                tasks.extend((0..10).map(|_| spawn(async { yield_now().await })));
                tasks.push(spawn(async { panic!("one of them") }));
                tasks
            });
            let tasks = outer.await.unwrap();
            until(|| metrics.num_alive_tasks() == 10).await;
            tasks.iter().for_each(|task| task.abort());
            until(|| metrics.num_alive_tasks() == 0).await;
            assert!(tasks.iter().all(|task| task.is_finished()));
        });
    });
    result.unwrap();
}

fn a_closure_is_no_task(kind: Kind) {
    kind.runtime().block_on(async {
        let alive = spawn_blocking(|| Handle::current().metrics().num_alive_tasks());
        assert_eq!(alive.await.unwrap(), 0);
    });
}

fn after_the_end_there_are_none(kind: Kind) {
    let runtime = kind.runtime();
    let metrics = runtime.metrics();
    for _ in 0..20 {
        drop(runtime.spawn(pending::<()>()));
    }
    assert_eq!(metrics.num_alive_tasks(), 20);
    drop(runtime);
    assert_eq!(metrics.num_alive_tasks(), 0);
    assert_eq!(metrics.global_queue_depth(), 0);
}

#[test]
fn what_is_sent_from_outside_waits_for_one_thread_as_a_whole() {
    let runtime = tests::runtime();
    let metrics = runtime.metrics();
    assert_eq!(metrics.global_queue_depth(), 0);
    let handle = runtime.handle().clone();
    thread::spawn(move || drop(handle.spawn(async {}))).join().unwrap();
    assert_eq!(metrics.global_queue_depth(), 1);
    runtime.block_on(async { yield_now().await });
    assert_eq!(metrics.global_queue_depth(), 0);
}

/// All workers are kept busy, so what is sent stays where it is.
fn what_is_sent_from_outside_waits_for_a_pool(kind: Kind) {
    let runtime = kind.runtime();
    let metrics = runtime.metrics();
    let gate = Arc::new(Barrier::new(kind.workers() + 1));
    let all_in = Arc::new(Barrier::new(kind.workers() + 1));
    for _ in 0..kind.workers() {
        let (gate, all_in) = (gate.clone(), all_in.clone());
        drop(runtime.spawn(async move {
            all_in.wait();
            gate.wait();
        }));
        // One each: a worker that takes two would wait for itself.
        eventually(|| metrics.global_queue_depth() == 0);
    }
    all_in.wait();
    for n in 0..10 {
        assert_eq!(metrics.global_queue_depth(), n);
        drop(runtime.spawn(async {}));
    }
    gate.wait();
    eventually(|| metrics.global_queue_depth() == 0 && metrics.num_alive_tasks() == 0);
}

/// The sums over all workers.
fn sums(runtime: &Runtime) -> (u64, u64, Duration) {
    let metrics = runtime.metrics();
    let workers = 0..metrics.num_workers();
    let parks = workers.clone().map(|n| metrics.worker_park_count(n)).sum();
    let turns = workers.clone().map(|n| metrics.worker_park_unpark_count(n)).sum();
    (parks, turns, workers.map(|n| metrics.worker_total_busy_duration(n)).sum())
}

fn work_and_sleep_are_noted(kind: Kind) {
    let runtime = kind.runtime();
    let before = sums(&runtime);
    let task = async {
        for _ in 0..3 {
            pass(ms(5));
            sleep(ms(5)).await;
        }
    };
    runtime.block_on(runtime.spawn(task)).unwrap();
    // A pool's worker notes the last stretch when it goes to sleep.
    eventually(|| {
        let (parks, turns, busy) = sums(&runtime);
        parks >= before.0 + 3 && turns >= before.1 + 5 && busy >= before.2 + ms(15)
    });
    let metrics = runtime.metrics();
    drop(runtime);
    for worker in 0..metrics.num_workers() {
        assert!(metrics.worker_total_busy_duration(worker) > Duration::ZERO);
        assert_eq!(metrics.worker_park_unpark_count(worker) % 2, 0, "it is awake at the end");
        let parks = metrics.worker_park_count(worker);
        assert_eq!(metrics.worker_park_unpark_count(worker), 2 * parks);
    }
}

#[test]
fn a_worker_that_sleeps_has_an_odd_number_of_turns() {
    let runtime = Kind::Workers(1).runtime();
    let metrics = runtime.metrics();
    eventually(|| metrics.worker_park_unpark_count(0) == 1);
    assert_eq!(metrics.worker_park_count(0), 1);
    let (go, wait) = mpsc::channel::<()>();
    let task = runtime.spawn(async move { wait.recv().is_err() });
    eventually(|| metrics.worker_park_unpark_count(0) == 2);
    drop(go);
    assert!(runtime.block_on(task).unwrap());
    eventually(|| metrics.worker_park_unpark_count(0) == 3);
    assert_eq!(metrics.worker_park_count(0), 2);
}

#[test]
fn virtual_time_is_no_work() {
    let runtime = tests::paused();
    runtime.block_on(async { sleep(Duration::from_secs(86_400)).await });
    assert!(runtime.metrics().worker_total_busy_duration(0) < Duration::from_secs(3_600));
    assert!(runtime.metrics().worker_park_count(0) >= 1);
}

tests::each_scheduler! {
    workers_are_counted,
    a_task_is_alive_from_its_spawn_to_the_drop_of_its_future,
    a_closure_is_no_task,
    after_the_end_there_are_none,
    work_and_sleep_are_noted,
}

mod pools {
    use super::what_is_sent_from_outside_waits_for_a_pool;

    tests::each_pool! { what_is_sent_from_outside_waits_for_a_pool }
}
