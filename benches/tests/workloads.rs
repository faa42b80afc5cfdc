//! Each workload once, tiny, on each runtime and scheduler: one that measures nothing fails here.

use benches::alloc::Counting;
use benches::compare::Case;
use benches::compare::child::serve_on;
use benches::echo::load::Load;
use benches::meter::{Meter, Mode};
use benches::on::Flavor;
use benches::rows::{Peer, ROWS, Unit, Work};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::Mutex;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Memory is counted for the whole process: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn every_row_on(peer: Peer) {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    for case in Case::all(Flavor::ALL, None) {
        let Some(workload) = case.row.workload(peer) else { continue };
        let mut meter = Meter::new(case.flavor, Mode::Tiny);
        workload(&mut meter);
        let result = meter.median();
        match case.row.unit {
            // Resident memory need not grow in a process that has run other things before; it may
            // even shrink, when the allocator gives back what they had.
            Unit::Bytes => assert!(result.abs() < 10_000.0, "{}: {result}", case.name()),
            // A tiny batch may be over between two ticks of the clock; each workload checks by
            // itself that its work was done.
            _ => assert!(result.is_finite(), "{}: {result}", case.name()),
        }
    }
}

#[test]
fn every_workload_does_its_work_on_mainspring() {
    every_row_on(Peer::Mainspring);
}

#[test]
fn the_rows_about_the_root_do_their_work_where_it_helps() {
    every_row_on(Peer::Helping);
}

#[test]
fn the_rows_about_the_dump_do_their_work_with_it_on() {
    every_row_on(Peer::Recording);
}

#[test]
fn every_workload_does_its_work_on_tokio() {
    every_row_on(Peer::Tokio);
}

#[test]
fn every_workload_does_its_work_on_smol() {
    every_row_on(Peer::Smol);
}

#[test]
fn every_workload_does_its_work_on_flume() {
    every_row_on(Peer::Flume);
}

#[test]
fn every_floor_does_its_work() {
    every_row_on(Peer::Floor);
}

#[test]
fn every_echo_server_answers_with_what_was_sent() {
    let peers = [Peer::Mainspring, Peer::Tokio, Peer::Smol, Peer::Floor];
    let all = peers.iter().flat_map(|peer| Flavor::ALL.iter().map(move |flavor| (*peer, *flavor)));
    for (peer, flavor) in all {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        // Servers run until the process ends.
        std::thread::spawn(move || serve_on(peer, flavor, listener));
        let mut load = Load::connect(port, 5).unwrap();
        load.requests(200).unwrap();
    }
}

#[test]
fn the_rows_have_names_of_their_own_and_the_peers_they_need() {
    for (place, row) in ROWS.iter().enumerate() {
        assert!(!ROWS[..place].iter().any(|other| other.name == row.name), "{}", row.name);
        for peer in [Peer::Mainspring, Peer::Tokio, Peer::TokioAgain] {
            assert!(row.has(peer), "{} lacks {}", row.name, peer.name());
        }
        let beyond_smol =
            ["watch", "broadcast", "notify", "select!", "JoinSet", "TaskGroup", "gather", "1 000"];
        let has_type = !beyond_smol.iter().any(|of| row.name.starts_with(of));
        assert_eq!(row.has(Peer::Smol), has_type, "{} on smol", row.name);
        if matches!(row.work, Work::Echo { .. }) {
            assert!(row.has(Peer::Floor), "{} lacks its floor", row.name);
        }
    }
}

#[test]
fn compare_prints_a_row_on_both_schedulers_with_every_peer_and_its_goal() {
    let program = env!("CARGO_BIN_EXE_compare");
    let out = concat!(env!("CARGO_TARGET_TMPDIR"), "/compare-one");
    let arguments = ["--quick", "--rounds", "1", "--rows", "mutex, uncontended", "--out", out];
    let output = Command::new(program).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let starts = |start: &'static str| said.lines().filter(move |line| line.starts_with(start));
    let rows: Vec<&str> = starts("mutex, uncontended").collect();
    assert_eq!(rows.len(), 2, "{said}");
    assert!(rows.iter().all(|row| row.contains("≤ 1.1 smol")), "{said}");
    for (start, lines) in
        [("multi_thread", 3), ("one worker", 0), ("current_thread", 3), ("both: ", 1)]
    {
        assert_eq!(starts(start).count(), lines, "{start}: {said}");
    }
    assert!(!said.contains("FAILED"), "{said}");
}

#[test]
fn a_full_disk_is_told_once_and_fails() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut compare = Command::new(env!("CARGO_BIN_EXE_compare"));
    let output = compare.arg("--list").stdout(full).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.matches("cannot write to standard output").count(), 1, "{said}");
}

/// `cargo compare | head`: what is printed is lost, the page is not.
#[test]
fn a_reader_who_has_gone_does_not_keep_the_page_from_being_written() {
    let out = concat!(env!("CARGO_TARGET_TMPDIR"), "/compare-gone");
    let _ = std::fs::remove_dir_all(out);
    let arguments = ["--quick", "--rounds", "1", "--rows", "mutex, uncontended", "--out", out];
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut compare = Command::new(env!("CARGO_BIN_EXE_compare"));
    let output = compare.args(arguments).stdout(writer).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert!(std::path::Path::new(out).join("index.html").is_file());
}
