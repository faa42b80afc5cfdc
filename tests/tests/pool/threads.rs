//! The threads themselves: names, and hooks that may panic.

use mainspring::runtime::Builder;
use mainspring::sync::Event;
use mainspring::task::{spawn_blocking, yield_now};
use mainspring::time::sleep;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;
use tests::{Kind, heard};

use crate::{here, occupy};

async fn names() -> [String; 2] {
    let worker = mainspring::spawn(async { here() }).await.unwrap();
    [worker, spawn_blocking(here).await.unwrap()]
}

#[test]
fn threads_have_names() {
    let pool = || {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(2);
        builder
    };
    let own = pool().build().unwrap().block_on(names());
    assert_eq!(own, ["mainspring-worker", "mainspring-blocking"]);
    let given = pool().thread_name("mine").build().unwrap().block_on(names());
    assert_eq!(given, ["mine", "mine"]);
    let number = AtomicUsize::new(0);
    let each = move || format!("thread {}", number.fetch_add(1, Ordering::Relaxed));
    let runtime = pool().thread_name_fn(each).build().unwrap();
    let [worker, blocking] = runtime.block_on(names());
    assert!(["thread 0", "thread 1"].contains(&worker.as_str()), "{worker}");
    assert_eq!(blocking, "thread 2");
}

#[test]
fn a_thread_that_starts_stops_once() {
    let threads = Arc::new(Mutex::new(HashMap::<ThreadId, (usize, usize)>::new()));
    let note = |start: usize, stop: usize| {
        let threads = threads.clone();
        move || {
            let mut threads = threads.lock().unwrap();
            let noted = threads.entry(thread::current().id()).or_default();
            *noted = (noted.0 + start, noted.1 + stop);
        }
    };
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(3).on_thread_start(note(1, 0)).on_thread_stop(note(0, 1));
    let runtime = builder.build().unwrap();
    runtime.block_on(async { spawn_blocking(|| ()).await.unwrap() });
    drop(runtime);
    let threads = threads.lock().unwrap();
    assert_eq!(threads.len(), 4);
    assert!(threads.values().all(|noted| *noted == (1, 1)), "{threads:?}");
}

#[test]
fn hooks_that_panic_cost_no_thread() {
    Kind::Workers(3).run(|kind| {
        let (result, said) = heard(|| hooks_that_panic(kind));
        assert!(result.is_ok(), "{:?}", said.last());
    });
}

fn hooks_that_panic(kind: Kind) {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let theirs = reports.clone();
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(kind.workers())
        .unhandled(move |unhandled| theirs.lock().unwrap().push(unhandled.to_string()))
        .on_thread_start(|| panic!("at the start"))
        .on_thread_stop(|| panic!("at the stop"))
        .on_thread_park(|| panic!("before the sleep"))
        .on_thread_unpark(|| panic!("after the sleep"));
    let runtime = builder.build().unwrap();
    let tasks: Vec<_> = occupy(&runtime, kind).into_iter().map(|b| b.let_go()).collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
        mainspring::spawn(sleep(Duration::from_millis(1))).await.unwrap();
        for number in 0..3 {
            assert_eq!(spawn_blocking(move || number).await.unwrap(), number);
        }
    });
    drop(runtime);
    let reports = reports.lock().unwrap();
    let count = |words| reports.iter().filter(|report| report.contains(words)).count();
    // The workers, and a thread for the closures, or one more while that is not idle again.
    let starts = count("at the start");
    assert!((4..=6).contains(&starts), "{reports:?}");
    assert_eq!(count("at the stop"), starts, "{reports:?}");
    assert!(count("before the sleep") > 0 && count("after the sleep") > 0, "{reports:?}");
}

thread_local! {
    static ASLEEP: Cell<bool> = const { Cell::new(false) };
}

fn the_hooks_around_a_sleep_come_in_pairs(kind: Kind) {
    let (slept, wrong) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let hook = |asleep: bool| {
        let (slept, wrong) = (slept.clone(), wrong.clone());
        move || {
            if ASLEEP.replace(asleep) == asleep {
                wrong.fetch_add(1, Ordering::Relaxed);
            }
            slept.fetch_add(usize::from(!asleep), Ordering::Relaxed);
        }
    };
    let stopped_awake = {
        let wrong = wrong.clone();
        move || {
            wrong.fetch_add(usize::from(ASLEEP.get()), Ordering::Relaxed);
        }
    };
    let mut builder = kind.builder();
    builder.on_thread_park(hook(true)).on_thread_unpark(hook(false)).on_thread_stop(stopped_awake);
    let runtime = builder.build().unwrap();
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            runtime.spawn(async move {
                for _ in 0..5 {
                    sleep(Duration::from_micros(number * 100)).await;
                    // No task runs in a sleep.
                    assert!(!ASLEEP.get());
                    yield_now().await;
                }
            })
        })
        .collect();
    // Not from the guest's thread: the hooks are the workers'.
    runtime.handle().block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    drop(runtime);
    assert_eq!(wrong.load(Ordering::Relaxed), 0);
    assert!(slept.load(Ordering::Relaxed) > 0);
}

/// What the hook spawns and what it wakes is in the worker's own places, and the worker is about to
/// sleep.
fn what_the_hook_before_a_sleep_spawns_or_wakes_is_run(kind: Kind) {
    let (spawned, woken) = (mpsc::channel(), mpsc::channel());
    let (waits, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let event = Arc::new(Event::new());
    let mut builder = kind.builder();
    let (asleep, rings) = (waits.clone(), event.clone());
    builder.on_thread_park(move || {
        if asleep.load(Ordering::SeqCst) && !done.swap(true, Ordering::SeqCst) {
            let tell = spawned.0.clone();
            mainspring::spawn(async move { tell.send(()).unwrap() });
            rings.set();
        }
    });
    let runtime = builder.build().unwrap();
    runtime.spawn(async move {
        waits.store(true, Ordering::SeqCst);
        event.wait().await;
        woken.0.send(()).unwrap();
    });
    for (what, told) in [("spawned", spawned.1), ("woken", woken.1)] {
        assert!(told.recv_timeout(Duration::from_secs(10)).is_ok(), "{what}");
    }
}

tests::each_pool! {
    the_hooks_around_a_sleep_come_in_pairs,
    what_the_hook_before_a_sleep_spawns_or_wakes_is_run,
}
