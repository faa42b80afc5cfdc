//! Each case of the reports once, tiny, on each runtime on both schedulers; and that what is
//! measured is what the report says.

use benches::alloc::Counting;
use benches::labs::series::{Series, parse};
use benches::labs::who::{Peer, Threads, Who};
use benches::labs::{Report, Size, case, events, late, scale, server, stuck, syscalls};
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Processor time and memory are those of the whole process: one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn tiny(report: Report, who: Who, name: &str) -> Series {
    case(report, who, name, Size::Tiny).unwrap_or_else(|why| panic!("{name}, {who}: {why}"))
}

/// All who take part in the reports, on one thread and on two.
fn everybody() -> impl Iterator<Item = Who> {
    let one = Peer::ALL.map(|peer| Who::new(peer, Threads::Home));
    let two = Peer::ALL.map(|peer| Who::new(peer, Threads::Workers(2)));
    one.into_iter().chain(two)
}

#[test]
fn every_victim_of_a_bad_task_is_polled_in_the_end() {
    let _alone = alone();
    for name in stuck::names().iter().filter(|name| name.contains("busy")) {
        for who in everybody() {
            let wait = &tiny(Report::Stuck, who, name)["wait"];
            assert!(wait.len() == 1 && wait[0] > 0.0, "{name}, {who}: {wait:?}");
        }
    }
}

#[test]
fn on_one_thread_a_victim_waits_for_the_end_of_the_block() {
    let _alone = alone();
    for peer in [Peer::Mainspring, Peer::Tokio, Peer::Smol] {
        for block in ["busy", "asleep"] {
            // The block of a tiny case is 20 ms long, and the timer is due after 5.
            let least = [("ring", 20.0), ("alone", 20.0), ("woken", 20.0), ("timer", 15.0)];
            for (victim, least) in least {
                let (name, who) =
                    (format!("{victim}, fresh, {block}"), Who::new(peer, Threads::Home));
                let wait = tiny(Report::Stuck, who, &name)["wait"][0];
                assert!(wait >= least * 1e3, "{name}, {who}: {wait} µs");
            }
        }
    }
}

#[test]
fn beside_every_crowd_all_three_probes_are_served() {
    let _alone = alone();
    for name in ["pair", "spawns", "wakes"] {
        for who in everybody() {
            let series = tiny(Report::Stuck, who, name);
            for of in ["ring", "timer", "socket"] {
                assert!(!series[of].is_empty(), "{name}, {who}: {of}");
                assert!(series[of].iter().all(|wait| *wait >= 0.0), "{name}, {who}: {of}");
            }
            assert!(series["done"][0] > 0.0, "{name}, {who}: the crowd did something");
        }
    }
}

#[test]
fn every_outside_event_arrives_and_is_timed() {
    let _alone = alone();
    for name in events::names() {
        for who in everybody() {
            let series = tiny(Report::Events, who, &name);
            assert_eq!(series["latency"].len(), 10, "{name}, {who}");
            assert!(series["latency"].iter().all(|micros| *micros > 0.0), "{name}, {who}");
            assert!(series["cpu"][0] >= 0.0 && series["sender"][0] > 0.0, "{name}, {who}");
        }
    }
}

#[test]
fn every_sleep_is_timed_and_none_ends_early() {
    let _alone = alone();
    for name in late::names() {
        for who in everybody() {
            let series = tiny(Report::Late, who, &name);
            assert!(!series["late"].is_empty(), "{name}, {who}");
            let early = series["late"].iter().filter(|micros| **micros < 0.0).count();
            assert!(early == 0 || who.peer != Peer::Mainspring, "{name}, {who}: {early} early");
        }
    }
}

#[test]
fn every_size_is_spawned_armed_slept_and_joined() {
    let _alone = alone();
    let both_kinds = ["tasks, made", "tasks, shuffled", "timers, made", "timers, shuffled"];
    for who in everybody().filter(|who| who.peer != Peer::Smol) {
        for kind in both_kinds {
            let series = tiny(Report::Scale, who, &format!("{kind}, {}", scale::SIZES[2]));
            assert!(series["all"][0] > 0.0 && series["floor"][0] > 0.0, "{kind}, {who}");
            assert!(series["size"][0] >= 32.0, "{kind}, {who}: {}", series["size"][0]);
        }
        assert!(tiny(Report::Scale, who, "sleeping, 100")["cpu"][0] > 0.0, "{who}");
        assert!(tiny(Report::Scale, who, "both, 100")["seconds"][0] >= 0.5, "{who}");
    }
}

/// Each checks by itself that everything arrived.
#[test]
fn everything_is_copied_and_goes_through_buffers() {
    let _alone = alone();
    for who in everybody().chain([Who::FLOOR]) {
        for name in ["one way", "both ways"] {
            let series = tiny(Report::Copy, who, name);
            assert!(series["seconds"][0] > 0.0 && series["cpu"][0] >= 0.0, "{name}, {who}");
            assert!(series["peak"][0] >= 0.0, "{name}, {who}");
        }
        for name in ["lines", "blocks", "writes"] {
            assert!(tiny(Report::Copy, who, name)["ns"][0] > 0.0, "{name}, {who}");
        }
    }
}

/// A case of the servers with the program that serves.
fn served(who: Who, name: &str) -> Series {
    let program = Path::new(env!("CARGO_BIN_EXE_compare"));
    let series = server::measured(program, who, name, Size::Tiny).expect("there is the case");
    series.unwrap_or_else(|why| panic!("{name}, {who}: {why}"))
}

#[test]
fn every_server_is_timed_at_requests_accepts_and_rest() {
    let _alone = alone();
    for who in everybody().chain([Who::FLOOR]) {
        let echo = served(who, "echo, 50");
        let ranks = ["p50", "p99", "p999", "most"].map(|rank| echo[rank][0]);
        assert!(ranks[0] > 0.0 && ranks.is_sorted(), "{who}: {ranks:?}");
        assert!(echo["cpu"][0] > 0.0 && echo["wall"][0] > 0.0, "{who}");
        assert!(served(who, "accepts, 64")["wall"][0] > 0.0, "{who}");
        let idle = served(who, "idle, 10000");
        assert!(idle["connections"][0] >= 1.0 && idle["bytes"][0] >= 0.0, "{who}");
    }
}

/// One read and one write for a request, whatever else.
#[test]
fn the_system_calls_of_a_request_are_counted() {
    let _alone = alone();
    if !syscalls::is_there() {
        eprintln!("skipped: strace is not here");
        return;
    }
    for who in [Who::FIVE[0], Who::FIVE[3], Who::FLOOR] {
        let calls = served(who, "syscalls, 10");
        for kind in ["reads", "writes"] {
            let each = calls[kind][0];
            assert!((0.9..3.0).contains(&each), "{who}: {each} {kind}");
        }
        assert!((0.0..=1.5).contains(&calls["waits"][0]), "{who}: {:?}", calls["waits"]);
    }
}

/// Runs `compare` and returns what it printed.
fn compare(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_compare")).args(arguments).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// In a process of their own: the threads of the test harness come and go.
#[test]
fn threads_are_counted_before_with_and_after_a_runtime() {
    for who in everybody() {
        let workers = if let Threads::Workers(n) = who.threads { n as f64 } else { 1.0 };
        let series = parse(&compare(&["case", "idle", &who.to_string(), "quiet", "--quick"]));
        let series = series.unwrap();
        assert_eq!(series["before"], [1.0], "{who}");
        assert!(series["with"][0] > workers, "{who}: {:?}", series["with"]);
        // smol's reactor has a thread that never ends.
        if who.peer != Peer::Smol {
            assert_eq!(series["after"], [1.0], "{who}");
        }
    }
}

#[test]
fn runtimes_made_and_dropped_are_counted() {
    for who in everybody().filter(|who| who.peer != Peer::Smol) {
        let series = parse(&compare(&["case", "idle", &who.to_string(), "churn", "--quick"]));
        let series = series.unwrap();
        assert_eq!(series["made"], [0.0, 1.0, 100.0, 1_000.0], "{who}");
        assert_eq!(series["threads"], [1.0; 4], "{who}");
        assert!(series["descriptors"].iter().all(|number| *number >= 3.0), "{who}");
        assert!(series["memory"].iter().all(|kib| *kib > 0.0), "{who}");
    }
}

#[test]
fn a_case_that_does_not_exist_is_an_error() {
    let who = Who::new(Peer::Tokio, Threads::Home);
    let first = [Report::Stuck, Report::Events, Report::Late, Report::Idle];
    for report in first.into_iter().chain([Report::Scale, Report::Copy, Report::Server]) {
        assert!(case(report, who, "no such case", Size::Tiny).is_err());
    }
    let smol = Who::new(Peer::Smol, Threads::Home);
    assert!(case(Report::Idle, smol, "churn", Size::Tiny).is_err());
    assert!(case(Report::Scale, smol, "both, 100", Size::Tiny).is_err());
}

#[test]
fn compare_prints_a_report_with_a_line_for_each_peer() {
    let said = compare(&["events", "--quick", "--rounds", "1", "--only", "channel, 1 ms"]);
    for who in Who::FIVE {
        assert!(said.contains(&who.to_string()), "{said}");
    }
    assert!(said.contains("Outside events."), "{said}");
    assert!(!said.contains("FAILED"), "{said}");
    let said = compare(&["stuck", "--quick", "--rounds", "1", "--only", "pair"]);
    for probe in ["pair: ring", "pair: timer", "pair: socket"] {
        assert!(said.contains(probe), "{said}");
    }
    assert!(!said.contains("FAILED"), "{said}");
    let said = compare(&["copy", "--quick", "--rounds", "1", "--only", "lines"]);
    assert!(said.contains("÷ std") && said.contains("floor-ct"), "{said}");
    assert!(!said.contains("FAILED"), "{said}");
}
