//! `cargo compare` as a whole: what it writes, and what is left when it is interrupted.

use benches::compare::data::Data;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_compare");
/// Whatever the program starts has it in its environment.
const MARK: &str = "COMPARE_TEST_MARK";

/// An empty place of one's own.
fn out(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

fn start(name: &str, out: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).arg("--out").arg(out).env(MARK, name);
    command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The processes with that mark, the first of them included.
fn marked(name: &str) -> Vec<u32> {
    let mark = format!("{MARK}={name}");
    let has = |process: &u32| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes())
    };
    let all = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(has).collect()
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(start.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::yield_now();
    }
}

/// As one presses ctrl-c, but the children are not told.
fn interrupt(child: &Child) {
    // SAFETY: the child has not been waited for, so the number is its own.
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
}

fn end_of(mut child: Child) -> (ExitStatus, String) {
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap(), said)
}

#[test]
fn a_run_writes_its_page_and_its_json() {
    let out = out("written");
    let once_more = Path::new(env!("CARGO_TARGET_TMPDIR")).join("once-more.json");
    let more = once_more.to_str().unwrap();
    let rows = ["--quick", "--rounds", "1", "--rows", "armed timer", "--flavor", "all"];
    let child = start("written", &out, &[&rows[..], &["--json", more]].concat());
    let (status, said) = end_of(child);
    assert!(status.success(), "{said}");
    let json = fs::read_to_string(out.join("compare.json")).unwrap();
    assert_eq!(json, fs::read_to_string(&once_more).unwrap());
    let data: Data = serde_json::from_str(&json).unwrap();
    assert_eq!(data.sections.len(), 1, "memory is the same on every scheduler");
    let row = &data.sections[0].rows[0];
    assert_eq!(row.row, "memory of an armed timer");
    assert!(row.figure("mainspring").unwrap().median > 0.0);
    assert!(row.standing.is_none(), "one round says nothing about slower");
    assert!(data.warnings.iter().any(|warning| warning.contains("it takes five")));
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains("memory of an armed timer") && page.contains("machine"));
    let drawn = Command::new(PROGRAM).arg("page").arg(out.join("compare.json")).output().unwrap();
    assert_eq!(String::from_utf8(drawn.stdout).unwrap(), page, "the page is drawn from the JSON");
}

#[test]
fn interrupted_it_keeps_the_rounds_that_are_complete_and_leaves_no_process() {
    let out = out("interrupted");
    let rows = ["--rows", "armed timer", "--rounds", "60000"];
    let mut child = start("interrupted", &out, &rows);
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with("round 2 of")), "it ended before");
    interrupt(&child);
    assert!(lines.all(|line| line.is_ok()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    until("all have ended", || marked("interrupted").is_empty());
    let data: Data =
        serde_json::from_str(&fs::read_to_string(out.join("compare.json")).unwrap()).unwrap();
    let peers = &data.sections[0].rows[0].peers;
    assert!(peers[0].rounds.len() >= 2, "{peers:?}");
    assert!(peers.iter().all(|peer| peer.rounds.len() == peers[0].rounds.len()), "{peers:?}");
    assert!(data.warnings.iter().any(|warning| warning.starts_with("Interrupted: ")));
    assert!(data.sections[0].rows[0].failures.is_empty(), "nobody failed");
    assert!(fs::read_to_string(out.join("index.html")).unwrap().contains("Interrupted: "));
}

#[test]
fn interrupted_before_the_first_round_ended_it_says_that_it_wrote_nothing() {
    let out = out("nothing");
    let child = start("nothing", &out, &["--rows", "echo", "--rounds", "5"]);
    // Itself, a server and its load.
    until("a measurement", || marked("nothing").len() >= 3);
    interrupt(&child);
    let (status, said) = end_of(child);
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("nothing was written"), "{said}");
    assert!(!out.exists());
    until("all have ended", || marked("nothing").is_empty());
}

/// A server under strace has parents that do not take it with them.
#[test]
fn an_interrupted_lab_says_so_and_leaves_no_process() {
    if !benches::labs::syscalls::is_there() {
        eprintln!("skipped: strace is not here");
        return;
    }
    let name = "syscalls";
    let mut command = Command::new(PROGRAM);
    command.args(["server", "--only", "syscalls"]).env(MARK, name);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Itself, the case, strace, the server, the load.
    until("a server under strace", || marked(name).len() >= 5);
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Interrupted: this is not all."));
    assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
    until("all have ended", || marked(name).is_empty());
}
