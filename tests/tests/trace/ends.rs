//! How a recording ends: with the runtime, by a panic, at its limit, or not at all.

use crate::timeline::{Event, Timeline};
use crate::timeline_of;
use mainspring::runtime::{Builder, Recorder, Runtime};
use mainspring::sync::mpsc;
use mainspring::task::{self, yield_now};
use mainspring::time::{Duration, sleep};
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use tests::{Folder, Kind};

fn written(path: &Path) -> Timeline {
    let timeline = Timeline::of(&std::fs::read_to_string(path).unwrap());
    timeline.fits_together();
    timeline
}

fn traced(kind: Kind, path: &Path) -> Runtime {
    kind.builder().trace(Recorder::to_file(path)).build().unwrap()
}

fn tasks_that_are_left_are_in_the_file(kind: Kind) {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    let runtime = traced(kind, &path);
    runtime.block_on(async {
        mainspring::spawn(pending::<()>());
        mainspring::spawn(sleep(Duration::from_secs(3600)));
        mainspring::spawn(async {}).await.unwrap();
    });
    assert_eq!(written(&path).cat("spawn").count(), 0, "it has not ended");
    drop(runtime);
    let timeline = written(&path);
    assert_eq!(timeline.cat("spawn").count(), 3);
    assert_eq!(timeline.cat("timer").count(), 0);
    assert_eq!(timeline.whole["otherData"]["dropped"], 0);
}

fn a_panic_of_the_root_loses_nothing(kind: Kind) {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    let (result, _) = tests::heard(|| {
        let runtime = traced(kind, &path);
        runtime.block_on(async {
            mainspring::spawn(async {}).await.unwrap();
            panic!("on purpose");
        })
    });
    assert!(result.is_err());
    let timeline = written(&path);
    let last = *timeline.polls(0).last().unwrap();
    assert_eq!(last.args["ready"], true);
    assert_eq!(timeline.cat("spawn").count(), 1);
}

fn the_limit_bounds_what_is_taken(kind: Kind) {
    let recorder = Recorder::new().limit(1000);
    let runtime = kind.builder().trace(recorder.clone()).build().unwrap();
    runtime.block_on(async {
        for _ in 0..2000 {
            mainspring::spawn(yield_now()).await.unwrap();
        }
    });
    drop(runtime);
    let timeline = Timeline::of(&recorder.json());
    timeline.fits_together();
    let is_taken = |event: &&Event| matches!(&*event.ph, "X" | "i") && event.cat != "again";
    let taken = timeline.events.iter().filter(is_taken).count();
    assert!((100..=1001).contains(&taken), "{taken}");
    let note = timeline.cat("dropped").next().unwrap();
    let dropped = note.args["dropped"].as_u64().unwrap();
    assert!(dropped > 2000, "{dropped}");
    assert_eq!(note.name, format!("{dropped} events dropped, the limit is 1000"));
    assert_eq!(timeline.whole["otherData"]["dropped"], dropped);
    assert_eq!(timeline.whole["otherData"]["limit"], 1000);
}

fn a_runtime_that_does_not_end_can_be_written(kind: Kind) {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    let recorder = Recorder::to_file(&path);
    let runtime = kind.builder().trace(recorder.clone()).build().unwrap();
    let polls = |timeline: &Timeline| timeline.cat("poll").count();
    runtime.block_on(async move {
        recorder.write().unwrap();
    });
    let timeline = written(&path);
    assert_eq!(polls(&timeline), 1);
    assert_eq!(timeline.polls(0)[0].args["unfinished"], true);
    std::mem::forget(runtime);
    assert_eq!(polls(&written(&path)), 1);
}

fn runtimes_of_one_recorder_are_processes_of_one_timeline(kind: Kind) {
    let (recorder, other) = (Recorder::new(), Recorder::new());
    let build = |recorder: &Recorder| kind.builder().trace(recorder.clone()).build().unwrap();
    let runtimes = [build(&recorder), build(&other), build(&recorder)];
    for (n, runtime) in runtimes.iter().enumerate() {
        // From the thread of another: it wakes, and is none of its tasks.
        let (send, mut receive) = mpsc::channel(1);
        let task = runtime.spawn(async move { receive.recv().await });
        runtimes[0].block_on(async move { send.send(n).await.unwrap() });
        assert_eq!(runtime.block_on(task).unwrap(), Some(n));
    }
    drop(runtimes);
    let timeline = Timeline::of(&recorder.json());
    timeline.fits_together();
    let spawns = |pid| timeline.cat("spawn").filter(|event| event.lane.0 == pid).count();
    assert_eq!((spawns(1), spawns(2), spawns(3)), (1, 1, 0));
    let timeline = Timeline::of(&other.json());
    timeline.fits_together();
    assert_eq!(timeline.cat("spawn").count(), 1);
}

tests::each_scheduler! {
    tasks_that_are_left_are_in_the_file,
    a_panic_of_the_root_loses_nothing,
    the_limit_bounds_what_is_taken,
    a_runtime_that_does_not_end_can_be_written,
    runtimes_of_one_recorder_are_processes_of_one_timeline,
}

/// One that has timers, messages, yields and names, in virtual time.
fn hours() -> String {
    let recorder = Recorder::new();
    let mut builder = Builder::new_current_thread();
    let runtime = builder.start_paused(true).trace(recorder.clone()).build().unwrap();
    runtime.block_on(async {
        let (send, mut receive) = mpsc::channel(2);
        for n in 0..10 {
            let send = send.clone();
            let tick = async move {
                for turn in 0..10 {
                    sleep(Duration::from_secs(60 * (n + 1))).await;
                    send.send((n, turn)).await.unwrap();
                    yield_now().await;
                }
            };
            task::Builder::new().name(&format!("\"tick\" {n}\n")).spawn(tick).unwrap();
        }
        drop(send);
        while receive.recv().await.is_some() {}
    });
    drop(runtime);
    recorder.json()
}

#[test]
fn the_same_program_in_virtual_time_leaves_the_same_bytes() {
    let first = hours();
    let timeline = Timeline::of(&first);
    timeline.fits_together();
    assert_eq!(timeline.cat("timer").count(), 100);
    assert_eq!(timeline.named("\"tick\" 3\n"), 4);
    let last = timeline.events.last().unwrap();
    assert_eq!(last.start, 10 * 10 * 60 * 1_000_000_000);
    // Other ids: something else has run in this process meanwhile.
    tests::runtime().block_on(async { mainspring::spawn(async {}).await.unwrap() });
    assert_eq!(hours(), first);
}

#[test]
fn a_closure_on_a_runtime_that_has_ended_is_not_recorded() {
    let recorder = Recorder::new();
    let mut builder = Builder::new_current_thread();
    let runtime = builder.trace(recorder.clone()).build().unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let before = recorder.json();
    drop(handle.spawn(async {}));
    drop(handle.spawn_blocking(|| ()));
    assert_eq!(recorder.json(), before);
}

/// The poll that is still running when the runtime is over goes to the end of the timeline.
#[test]
fn a_poll_that_outlives_the_runtime_is_unfinished() {
    Kind::Workers(1).run(|_| {
        let recorder = Recorder::new();
        let mut builder = Builder::new_multi_thread();
        let runtime = builder.worker_threads(1).trace(recorder.clone()).build().unwrap();
        let ((begun, has_begun), (go, may_go)) =
            (std::sync::mpsc::channel(), std::sync::mpsc::channel());
        runtime.spawn(async move {
            begun.send(()).unwrap();
            may_go.recv().unwrap();
        });
        has_begun.recv().unwrap();
        drop(runtime.shutdown_timeout(Duration::ZERO));
        let timeline = Timeline::of(&recorder.json());
        timeline.fits_together();
        assert_eq!(timeline.polls(1)[0].args["unfinished"], true);
        go.send(()).unwrap();
    });
}

#[test]
fn a_recorder_without_a_file_cannot_write() {
    for recorder in [Recorder::new(), Recorder::to_file("never-built.json")] {
        let error = recorder.write().unwrap_err().to_string();
        assert!(error.contains("Recorder::to_file"), "{error}");
    }
    // Nor does a recorder that nothing was built with break.
    assert_eq!(Timeline::of(&Recorder::new().json()).events.len(), 0);
    assert!(catch_unwind(AssertUnwindSafe(|| timeline_of(Kind::CurrentThread, |_| ()))).is_ok());
}
