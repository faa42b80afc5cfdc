//! Where a timeline is written to, and what says that it cannot be.

use crate::timeline::Timeline;
use mainspring::runtime::{Builder, Recorder};
use std::ffi::OsStr;
use std::process::Command;
use tests::Folder;

/// Runs the test of that name in a process of its own, where `body` is done, with MAINSPRING_TRACE
/// set. Returns its number, and what it printed.
fn alone(test: &str, trace: &OsStr, body: impl FnOnce()) -> Option<(u32, String)> {
    const CHILD: &str = "MAINSPRING_TRACED";
    if std::env::var_os(CHILD).is_some() {
        body();
        return None;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([&format!("files::{test}"), "--exact", "--nocapture"]);
    child.env(CHILD, "1").env("MAINSPRING_TRACE", trace);
    child.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let child = child.spawn().unwrap();
    let number = child.id();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    Some((number, text))
}

fn two_runtimes() {
    let one = Builder::new_current_thread().build().unwrap();
    one.block_on(async { mainspring::spawn(async {}).await.unwrap() });
    drop(one);
    let two = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    two.block_on(async { mainspring::spawn(async {}).await.unwrap() });
    // A recorder of its own: nothing of this is in the file.
    let own = Recorder::new();
    let three = Builder::new_current_thread().trace(own.clone()).build().unwrap();
    three.block_on(async { mainspring::spawn(async {}).await.unwrap() });
    drop((two, three));
    assert_eq!(Timeline::of(&own.json()).cat("spawn").count(), 1);
}

#[test]
fn the_environment_names_a_file_for_all_runtimes_of_the_process() {
    let folder = Folder::new();
    let path = folder.path().join("of-%p.json");
    let test = "the_environment_names_a_file_for_all_runtimes_of_the_process";
    let Some((number, said)) = alone(test, path.as_os_str(), two_runtimes) else { return };
    assert!(!said.contains("mainspring:"), "{said}");
    let written = folder.path().join(format!("of-{number}.json"));
    let timeline = Timeline::of(&std::fs::read_to_string(written).unwrap());
    timeline.fits_together();
    let processes = timeline.events.iter().filter(|event| event.name == "process_name");
    let names: Vec<_> = processes.map(|event| event.args["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["runtime 1 (current_thread)", "runtime 2 (multi_thread)"]);
    assert_eq!(timeline.cat("spawn").count(), 2);
}

#[test]
fn an_empty_name_is_none() {
    let body = || {
        let runtime = Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {});
    };
    let Some((_, said)) = alone("an_empty_name_is_none", OsStr::new(""), body) else { return };
    assert!(!said.contains("mainspring:"), "{said}");
}

fn both() -> [Builder; 2] {
    [Builder::new_current_thread(), Builder::new_multi_thread()]
}

#[test]
fn a_file_of_the_environment_that_cannot_be_written_is_an_error_of_build() {
    let folder = Folder::new();
    let path = folder.path().join("no").join("run.json");
    let name = path.display().to_string();
    let body = || {
        // Every time.
        for mut builder in both().into_iter().chain(both()) {
            let error = builder.build().unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            let text = error.to_string();
            assert!(text.contains("the environment variable MAINSPRING_TRACE names"), "{text}");
            assert!(text.contains("run.json"), "{text}");
        }
    };
    let test = "a_file_of_the_environment_that_cannot_be_written_is_an_error_of_build";
    drop(alone(test, OsStr::new(&name), body));
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_of_build() {
    let folder = Folder::new();
    let (inside, itself) = (folder.path().join("no").join("run.json"), folder.path());
    for path in [&*inside, itself] {
        for mut builder in both() {
            let error = builder.trace(Recorder::to_file(path)).build().unwrap_err().to_string();
            assert!(error.contains(&path.display().to_string()), "{error}");
            assert!(error.contains("Recorder::to_file"), "{error}");
            assert!(error.contains("MAINSPRING_TRACE"), "{error}");
        }
    }
}

/// What was there before is gone, and what is there is JSON from the start.
#[test]
fn a_file_is_emptied_by_build() {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    std::fs::write(&path, "x".repeat(10_000)).unwrap();
    let mut builder = Builder::new_current_thread();
    let runtime = builder.trace(Recorder::to_file(&path)).build().unwrap();
    assert_eq!(Timeline::of(&std::fs::read_to_string(&path).unwrap()).events.len(), 0);
    drop(runtime);
    Timeline::of(&std::fs::read_to_string(&path).unwrap()).fits_together();
}

/// One runtime after the other, some while another goes on, and looked at in between.
#[test]
fn a_file_holds_each_runtime_once() {
    let folder = Folder::new();
    let path = folder.path().join("run.json");
    let recorder = Recorder::to_file(&path);
    let build = || Builder::new_current_thread().trace(recorder.clone()).build().unwrap();
    let long = build();
    for n in 0..20 {
        let runtime = build();
        runtime.block_on(async { mainspring::spawn(async {}).await.unwrap() });
        if n % 5 == 0 {
            recorder.write().unwrap();
        }
        drop(runtime);
        long.block_on(async { mainspring::spawn(async {}).await.unwrap() });
    }
    drop(long);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(recorder.json(), text);
    let timeline = Timeline::of(&text);
    timeline.fits_together();
    for pid in 1..=21 {
        let spawns = timeline.cat("spawn").filter(|spawn| spawn.lane.0 == pid).count();
        assert_eq!(spawns, if pid == 1 { 20 } else { 1 }, "{pid}");
    }
}

/// A full device: the program goes on, and is told.
#[cfg(target_os = "linux")]
#[test]
fn a_device_that_is_full_is_an_error_of_build() {
    let mut builder = Builder::new_current_thread();
    let error = builder.trace(Recorder::to_file("/dev/full")).build().unwrap_err().to_string();
    assert!(error.contains("/dev/full"), "{error}");
}
