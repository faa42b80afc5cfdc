//! The end of a runtime and its closures; and a thousand ends in a row.

use mainspring::task::spawn_blocking;
use std::future::pending;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tests::{Drops, Kind, runtime, turns_until};

fn dropping_waits_for_a_running_closure_and_cancels_a_queued_one(kind: Kind) {
    let mut builder = kind.builder();
    let runtime = builder.max_blocking_threads(1).build().unwrap();
    let drops = Drops::new();
    let (started, has_started) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let counted = drops.counted();
    let running = runtime.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
        drop(counted);
    });
    has_started.recv().unwrap();
    let counted = drops.counted();
    let queued = runtime.spawn_blocking(move || drop(counted));
    let end = thread::spawn(move || drop(runtime));
    // The queued closure is dropped without waiting for the running one.
    while !queued.is_finished() {
        thread::yield_now();
    }
    assert_eq!(drops.count(), 1);
    assert!(!running.is_finished());
    go.send(()).unwrap();
    end.join().unwrap();
    assert!(running.is_finished());
    assert_eq!(drops.count(), 2);
}

fn a_shutdown_with_a_limit_says_what_is_still_running(kind: Kind) {
    let (go, may_go) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let runtime = kind.runtime();
    let line = line!() + 1;
    runtime.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
    });
    has_started.recv().unwrap();
    let report = runtime.shutdown_timeout(Duration::from_millis(5));
    assert!(!report.is_clean());
    let text = report.to_string();
    assert!(text.contains(&format!("{}:{line}", file!())), "{text}");
    go.send(()).unwrap();
    assert!(kind.runtime().shutdown_timeout(Duration::from_secs(60)).is_clean());
}

fn a_shutdown_in_the_background_does_not_wait_and_may_happen_in_async_code(kind: Kind) {
    let (go, may_go) = mpsc::channel::<()>();
    let (inner, outer) = (kind.runtime(), kind.runtime());
    let drops = Drops::new();
    let counted = drops.counted();
    inner.spawn(async move {
        let _counted = counted;
        pending::<()>().await;
    });
    let (started, has_started) = mpsc::channel();
    inner.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
    });
    has_started.recv().unwrap();
    outer.block_on(async { inner.shutdown_background() });
    // The workers of a pool do it meanwhile.
    turns_until(&outer, || drops.count() == 1);
    go.send(()).unwrap();
}

/// Open descriptors and threads of this process.
#[cfg(target_os = "linux")]
fn in_use() -> (usize, usize) {
    let count = |folder| std::fs::read_dir(folder).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// In a process of its own: other tests open descriptors and start threads meanwhile.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_runtimes_leave_nothing_behind() {
    const CHILD: &str = "TESTS_SHUTDOWN_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let name = "a_thousand_runtimes_leave_nothing_behind";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", name]).env(CHILD, "1").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        return;
    }
    let one = || {
        let runtime = runtime();
        runtime.spawn(pending::<()>());
        runtime.block_on(async {
            spawn_blocking(|| ()).await.unwrap();
            mainspring::spawn(async {}).await.unwrap();
        });
    };
    one();
    let before = in_use();
    (0..1_000).for_each(|_| one());
    assert_eq!(in_use(), before);
}

fn a_runtime_dropped_by_its_own_blocking_closure_does_not_wait_for_it(kind: Kind) {
    let (ended, has_ended) = mpsc::channel();
    let (hand_over, handed_over) = mpsc::channel::<mainspring::runtime::Runtime>();
    let runtime = kind.runtime();
    drop(runtime.spawn_blocking(move || {
        drop(handed_over.recv().unwrap());
        ended.send(()).unwrap();
    }));
    hand_over.send(runtime).unwrap();
    has_ended.recv_timeout(Duration::from_secs(20)).expect("the closure waits for itself");
}

tests::each_scheduler! {
    dropping_waits_for_a_running_closure_and_cancels_a_queued_one,
    a_shutdown_with_a_limit_says_what_is_still_running,
    a_shutdown_in_the_background_does_not_wait_and_may_happen_in_async_code,
    a_runtime_dropped_by_its_own_blocking_closure_does_not_wait_for_it,
}
