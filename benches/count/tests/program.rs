//! The program itself: each row does its work, and a rise ends with status 1.

use count::baseline::{Baseline, Conditions, Cost};
use count::callgrind;
use count::meter::Meter;
use count::rows::ROWS;
use std::path::PathBuf;
use std::process::{Command, Output};

fn count(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_count"));
    command.args(words);
    command
}

fn said(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A record of one row, for this program.
fn record(name: &str, row: &str, instructions: f64, conditions: Conditions) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let rows = vec![(row.to_owned(), Cost { instructions, allocations: 0.0 })];
    let baseline = Baseline { why: "a test".to_owned(), conditions, rows, ..Default::default() };
    std::fs::write(&path, baseline.print()).unwrap();
    path
}

const ROW: &str = "mutex, uncontended";

/// Workloads check by themselves that they did what they say.
#[test]
fn every_row_does_its_work_and_has_a_name_of_its_own() {
    for (place, row) in ROWS.iter().enumerate() {
        let mut meter = Meter::new(row.ops);
        (row.work)(&mut meter);
        let allocations = meter.allocations().unwrap_or_else(|| panic!("{} ran", row.name));
        assert!(allocations.is_finite(), "{}", row.name);
        assert!(!ROWS[..place].iter().any(|other| other.name == row.name), "{}", row.name);
        assert!(!row.name.contains(':'), "{}: a key of the record ends with one", row.name);
    }
}

#[test]
fn a_rise_ends_with_status_1_and_the_same_count_with_0() {
    if callgrind::version().is_none() {
        eprintln!("skipped: {}", callgrind::INSTALL);
        return;
    }
    let path = record("rise.txt", ROW, 1.0, Conditions::here());
    let output = count(&["--rows", ROW, "--file"]).arg(&path).output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("ROSE  mutex, uncontended"), "{text}");
    let now = text.split("ROSE  mutex, uncontended: ").nth(1).expect("a line about it");
    let now: f64 = now.split(' ').next().unwrap().parse().expect("a count");
    let path = record("same.txt", ROW, now, Conditions::here());
    let output = count(&["--rows", ROW, "--file"]).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn under_another_compiler_it_prints_counts_and_passes() {
    let conditions = Conditions { rustc: "rustc 1.0.0".to_owned(), ..Conditions::here() };
    let path = record("other.txt", ROW, 1.0, conditions);
    let output = count(&["--rows", ROW, "--file"]).arg(&path).output().unwrap();
    let text = said(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("not judged: ") && text.contains(ROW), "{text}");
}

#[test]
fn without_valgrind_it_says_so_and_passes() {
    let path = record("none.txt", ROW, 77.0, Conditions::here());
    let nowhere = count(&["--rows", ROW, "--file"]).arg(&path).env("PATH", "").output().unwrap();
    let text = said(&nowhere);
    assert!(nowhere.status.success(), "{text}");
    assert!(text.contains("valgrind is not here") && text.contains("77.0"), "{text}");
}

#[test]
fn what_is_not_there_is_an_error_that_names_it() {
    let output = count(&["--file", "/no/such/record"]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("/no/such/record"));
    let output = count(&["--rows", "no such row"]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("--list"));
    let output = count(&["--where", "no such row"]).output().unwrap();
    assert!(!output.status.success() && said(&output).contains("no such row"));
}
