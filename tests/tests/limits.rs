//! What a runtime says and does at the limits of the system, and at its own; and with very many
//! tasks at once.
//!
//! The system's limits are the whole process's: these tests run in processes of their own.

use mainspring::runtime::Builder;
use mainspring::time::sleep;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tests::many::{LIMIT, multi};
use tests::panic_of;

#[cfg(target_os = "linux")]
#[path = "limits/refused.rs"]
mod refused;

/// Asks for so many workers, which must panic on the line of the request.
fn refused_here(workers: usize) -> String {
    let mut builder = Builder::new_multi_thread();
    let said = panic_of(|| _ = builder.worker_threads(workers));
    assert_eq!((said.file.as_str(), said.line), (file!(), line!() - 1), "the caller's line");
    said.text
}

#[test]
fn zero_workers_and_too_many_are_refused_where_they_are_asked_for() {
    let zero = refused_here(0);
    assert_eq!(zero, "worker_threads(0): nobody would run the tasks; use 1 or more");
    for workers in [48, 49, usize::MAX] {
        let text = format!("worker_threads({workers}): at most 47; for more, use several runtimes");
        assert_eq!(refused_here(workers), text);
    }
}

#[test]
fn as_many_workers_as_there_can_be_all_work() {
    for helps in [false, true] {
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(47).block_on_helps(helps).build().unwrap();
        let sum = runtime.block_on(async {
            let tasks: Vec<_> = (0..10_000).map(|n| mainspring::spawn(async move { n })).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, 49_995_000);
    }
}

#[test]
fn a_clock_that_stands_still_is_refused_on_many_threads() {
    let error = Builder::new_multi_thread().start_paused(true).build().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    let text = error.to_string();
    assert!(text.starts_with("start_paused needs new_current_thread: "), "{text}");
}

#[test]
fn a_hundred_thousand_tasks_and_as_many_sleeps_at_once_all_end() {
    const MANY: usize = 100_000;
    for workers in [2, 8] {
        let (runtime, ended) = (multi(workers), Arc::new(AtomicUsize::new(0)));
        let start = Instant::now();
        runtime.block_on(async {
            let mut tasks = Vec::with_capacity(2 * MANY);
            for n in 0..MANY {
                let (one, other) = (ended.clone(), ended.clone());
                tasks.push(mainspring::spawn(async move {
                    one.fetch_add(1, Ordering::SeqCst);
                }));
                tasks.push(mainspring::spawn(async move {
                    sleep(Duration::from_millis(500 + n as u64 % 500)).await;
                    other.fetch_add(1, Ordering::SeqCst);
                }));
            }
            for task in tasks {
                task.await.unwrap();
            }
        });
        assert_eq!(ended.load(Ordering::SeqCst), 2 * MANY);
        println!("{workers} workers: {:?}", start.elapsed());
        assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
    }
}
