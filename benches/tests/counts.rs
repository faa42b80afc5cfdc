//! The reports that count: system calls under strace, atomic instructions under valgrind.

use benches::alloc::Counting;
use benches::labs::who::{Peer, Threads, Who};
use benches::labs::{Report, Size, atomics, calls, case, hot, machine_code, syscalls};
use count::callgrind;
use std::path::Path;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_compare"))
}

fn everybody() -> impl Iterator<Item = Who> {
    let threads = [Threads::Home, Threads::Workers(2)];
    threads.into_iter().flat_map(|threads| Peer::ALL.map(|peer| Who::new(peer, threads)))
}

#[test]
fn everything_that_strace_counts_can_be_done() {
    let names = ["spawn", "spawn from outside", "wake across threads", "mpsc across threads"];
    for who in everybody() {
        for name in names.iter().chain(&["timer fired", "spawn_blocking"]) {
            let done = case(Report::Syscalls, who, &format!("do {name}, 20"), Size::Tiny);
            assert!(done.is_ok_and(|series| series.is_empty()), "{name}, {who}");
        }
    }
    let who = Who::new(Peer::Tokio, Threads::Home);
    assert!(case(Report::Syscalls, who, "do no such thing, 20", Size::Tiny).is_err());
    assert!(case(Report::Syscalls, who, "no such thing", Size::Tiny).is_err());
}

/// A sleeping runtime cannot be woken without a call, and a spawn inside needs none.
#[test]
fn a_wake_across_threads_costs_calls_and_a_spawn_from_a_task_none() {
    if !syscalls::is_there() {
        eprintln!("skipped: strace is not here");
        return;
    }
    let who = Who::new(Peer::Mainspring, Threads::Home);
    let counted = |name: &str| {
        let counted = calls::counted(program(), who, name, Size::Quick).expect("there is the case");
        counted.unwrap_or_else(|why| panic!("{name}: {why}")).values().map(|all| all[0]).sum()
    };
    let wake: f64 = counted("wake across threads");
    assert!(wake >= 1.0, "{wake} a wake");
    let spawn: f64 = counted("spawn");
    assert!(spawn.abs() < 0.2, "{spawn} a spawn");
}

#[test]
fn the_calls_of_a_connection_are_counted() {
    if !syscalls::is_there() {
        eprintln!("skipped: strace is not here");
        return;
    }
    let who = Who::new(Peer::Mainspring, Threads::Home);
    let counted = calls::counted(program(), who, "accept", Size::Tiny).expect("there is the case");
    let counted = counted.unwrap_or_else(|why| panic!("{why}"));
    // A byte is read and written, and the connection is accepted and closed.
    assert!(counted["reads"][0] >= 1.0 && counted["writes"][0] >= 1.0, "{counted:?}");
    assert!(counted["other"][0] >= 2.0, "{counted:?}");
}

#[test]
fn the_atomics_of_an_uncontended_lock_are_counted_for_each_peer() {
    if machine_code::is_there().is_err() || callgrind::version().is_none() {
        eprintln!("skipped: valgrind is not here, or this is not x86-64");
        return;
    }
    let program = program().canonicalize().unwrap();
    let known = atomics::Known::default();
    for peer in Peer::ALL {
        let who = Who::new(peer, Threads::Home);
        let counted = atomics::counted(&program, &known, who, "mutex, uncontended", true);
        let counted = counted.unwrap_or_else(|why| panic!("{who}: {why}"));
        // One to lock, one to unlock, and seldom more.
        assert!((1.5..6.0).contains(&counted.program), "{who}: {counted:?}");
        assert!(counted.instructions > counted.program, "{who}: {counted:?}");
    }
    let who = Who::new(Peer::Mainspring, Threads::Home);
    assert!(atomics::counted(&program, &known, who, "no such row", true).is_err());
}

/// A group keeps a list of its tasks, and each task has a word of its own.
#[test]
fn not_all_atomics_of_a_spawn_are_on_a_line_that_all_tasks_share() {
    if machine_code::is_there().is_err() || callgrind::version().is_none() {
        eprintln!("skipped: valgrind is not here, or this is not x86-64");
        return;
    }
    let program = program().canonicalize().unwrap();
    let known = atomics::Known::default();
    let (who, row) = (Who::new(Peer::Mainspring, Threads::Home), hot::ROWS[0]);
    let all = atomics::counted(&program, &known, who, row, true).unwrap();
    let hot = hot::counted(&program, &all, who, row, 100).unwrap();
    // The row's own countdown is one.
    assert!(hot.each >= 0.9 && hot.each < all.program - 1.0, "{hot:?} of {all:?}");
}
