//! The primer in virtual time: its lines, in the order and at the seconds of the reference.
//!
//! `tests/golden/primer/*.txt` has what the originals print under CPython, in English, at the
//! second without the drift of a real clock; what a program of ours shows beyond its original
//! stands there too. Where the order or the time differs by design, the reason stands at the test.

#![allow(dead_code)]

mod common;

use clap::Parser;
use common::{SCHEDULERS, run};
use examples::primer::record;

#[path = "../queue.rs"]
mod queue;
#[path = "../primer/urgent.rs"]
mod urgent;
#[path = "../primer/files.rs"]
mod files;
#[path = "../primer/hello.rs"]
mod hello;
#[path = "../primer/gather.rs"]
mod gather;
#[path = "../primer/background.rs"]
mod background;
#[path = "../primer/tasks.rs"]
mod tasks;
#[path = "../primer/wait.rs"]
mod wait;
#[path = "../primer/limits.rs"]
mod limits;
#[path = "../primer/generator.rs"]
mod generator;
#[path = "../primer/context.rs"]
mod context;
#[path = "../primer/lock.rs"]
mod lock;
#[path = "../primer/counter.rs"]
mod counter;
#[path = "../primer/event.rs"]
mod event;
#[path = "../primer/retry.rs"]
mod retry;
#[path = "../primer/semaphore.rs"]
mod semaphore;
#[path = "../primer/group.rs"]
mod group;
#[path = "../primer/monitor.rs"]
mod monitor;
#[path = "../primer/states.rs"]
mod states;

#[track_caller]
fn compare(golden: &str, printed: &str) {
    assert_eq!(printed, golden, "\nprinted:\n{printed}");
}

/// S1.1 and S2.01.
#[test]
fn hello_prints_what_the_reference_prints() {
    let printed = record(|_| {}, hello::program);
    compare(include_str!("../../tests/golden/primer/hello.txt"), &printed);
}

/// S1.2 and S2.03. Ours ends the siblings before it returns, where asyncio lets them run on.
#[test]
fn gather_prints_what_the_reference_prints() {
    let printed = record(|_| {}, gather::program);
    compare(include_str!("../../tests/golden/primer/gather.txt"), &printed);
}

/// S1.3. A task starts when its creator waits; the document prints it the other way round.
#[test]
fn background_prints_what_the_reference_prints() {
    let printed = record(|_| {}, background::program);
    compare(include_str!("../../tests/golden/primer/background.txt"), &printed);
}

/// S2.02 and S2.19.
#[test]
fn tasks_prints_what_the_reference_prints() {
    let printed = record(|_| {}, tasks::program);
    compare(include_str!("../../tests/golden/primer/tasks.txt"), &printed);
}

/// S2.04. Results come in the order of spawning, where the reference sorts a set.
#[test]
fn wait_prints_what_the_reference_prints() {
    let printed = record(|_| {}, wait::program);
    compare(include_str!("../../tests/golden/primer/wait.txt"), &printed);
}

/// S2.05 and S4.4.
#[test]
fn limits_prints_what_the_reference_prints() {
    let printed = record(|_| {}, limits::program);
    compare(include_str!("../../tests/golden/primer/limits.txt"), &printed);
}

/// S2.06 and S2.08. Left early, ours is closed at the `drop`; the reference closes it at the
/// end of the loop.
#[test]
fn generator_prints_what_the_reference_prints() {
    let printed = record(|_| {}, generator::program);
    compare(include_str!("../../tests/golden/primer/generator.txt"), &printed);
}

/// S2.07. Cut short, `Drop` runs at once; the reference waits for `__aexit__`, half a second
/// more.
#[test]
fn context_prints_what_the_reference_prints() {
    let printed = record(|_| {}, context::program);
    compare(include_str!("../../tests/golden/primer/context.txt"), &printed);
}

/// S2.13.
#[test]
fn lock_prints_what_the_reference_prints() {
    let printed = record(|_| {}, lock::program);
    compare(include_str!("../../tests/golden/primer/lock.txt"), &printed);
}

/// S1.12.
#[test]
fn counter_prints_what_the_reference_prints() {
    let printed = record(|_| {}, counter::program);
    compare(include_str!("../../tests/golden/primer/counter.txt"), &printed);
}

/// S2.14.
#[test]
fn event_prints_what_the_reference_prints() {
    let printed = record(|_| {}, event::program);
    compare(include_str!("../../tests/golden/primer/event.txt"), &printed);
}

/// S2.16. Who is handed a permit is queued: three are released, then three are acquired.
#[test]
fn semaphore_prints_what_the_reference_prints() {
    let printed = record(|_| {}, semaphore::program);
    compare(include_str!("../../tests/golden/primer/semaphore.txt"), &printed);
}

/// S3.6. With no attempt at all the original returns None; that cannot be written here.
#[test]
fn retry_prints_what_the_reference_prints() {
    let printed = record(|_| {}, retry::program);
    compare(include_str!("../../tests/golden/primer/retry.txt"), &printed);
}

/// S1.11 and S4.4. Failures are numbered, and the ended child says so in its `Drop`.
#[test]
fn group_prints_what_the_reference_prints() {
    let printed = record(|_| {}, group::program);
    compare(include_str!("../../tests/golden/primer/group.txt"), &printed);
}

/// S1.13. The root of `block_on` is no task, where asyncio lists `Task-1` too. The list comes at
/// 0.1 and not at once, because it says what each waits for, and nobody waits before it has begun.
/// How much memory is traced: `tests/tests/alloc.rs`.
#[test]
fn monitor_prints_what_the_reference_prints() {
    let printed = record(monitor::knobs, monitor::program);
    compare(include_str!("../../tests/golden/primer/monitor.txt"), &printed);
}

/// S2.20. There is no state in which a question is an error; a panic is shown as well.
#[test]
fn states_prints_what_the_reference_prints() {
    let printed = record(|_| {}, states::program);
    compare(include_str!("../../tests/golden/primer/states.txt"), &printed);
}

#[track_caller]
fn compare_queue(golden: &str, args: &[&str]) {
    let options = queue::Options::parse_from([&["queue"], args].concat());
    let printed = record(|_| {}, async |out| Ok(queue::run(&options, out).await?));
    compare(golden, &printed);
}

/// S1.8 with the reference's fixed times, 0.3 and 1.0. Its lines are those of "put", "taken" and
/// "gives up"; the last item is taken at 6.3, the consumers give up at 11.6, 12.0 and 12.3.
#[test]
fn the_queue_that_ends_by_idling_prints_what_the_reference_prints() {
    compare_queue(include_str!("../../tests/golden/primer/queue_idle.txt"), &["--end", "idle"]);
}

/// S1.8 without its fault: over at 7.3.
#[test]
fn the_queue_that_ends_by_join_ends_with_the_last_item() {
    compare_queue(include_str!("../../tests/golden/primer/queue_join.txt"), &[]);
}

/// S2.15: "put" is its Produced, "done" its Consumed. At 1.5 and 2.5, Consumed comes first.
#[test]
fn the_queue_that_ends_by_pill_prints_what_the_reference_prints() {
    let args = ["--document", "third", "--end", "pill"];
    compare_queue(include_str!("../../tests/golden/primer/queue_pill.txt"), &args);
}

/// Every wait for room is seen, and nothing is put in a full queue.
#[test]
fn back_pressure_is_seen() {
    let args = ["--room", "2", "--make", "0", "--items", "6"];
    compare_queue(include_str!("../../tests/golden/primer/queue_full.txt"), &args);
}

#[test]
fn urgent_prints_by_urgency_then_by_age() {
    let printed = record(|_| {}, urgent::program);
    compare(include_str!("../../tests/golden/primer/urgent.txt"), &printed);
}

/// S2.11. Files are in real time: nobody waits for it.
#[test]
fn files_are_written_and_read_back() {
    let printed = record(|_| {}, files::program);
    let lines: Vec<_> = printed.lines().filter_map(|line| line.split("] ").nth(1)).collect();
    assert_eq!(
        lines,
        [
            r#""hello asyncio\nhello asyncio\nhello asyncio\n""#,
            "1: hello asyncio",
            "2: hello asyncio",
            "3: hello asyncio",
            "3 lines from byte 14",
            "entity not found",
        ]
    );
}

/// The whole programs, on both schedulers: they end, and say on what they ran.
#[test]
fn every_program_of_the_primer_runs_on_both_schedulers() {
    let programs = [
        "urgent",
        "hello",
        "gather",
        "background",
        "tasks",
        "wait",
        "limits",
        "generator",
        "context",
        "lock",
        "counter",
        "event",
        "semaphore",
        "group",
        "monitor",
        "states",
        "retry",
    ];
    for on in SCHEDULERS {
        for program in programs {
            on.run(program, &["--scale", "0.01"]).good().shows(&format!("ran on {}", on.says));
        }
    }
}

#[test]
fn a_scale_that_is_none_is_refused_with_what_is_accepted() {
    run("hello", &["--scale", "0"]).bad().tells("factor above 0");
    run("hello", &["--slow"]).bad().tells("--slow");
}

/// S2.22. It is found while it is at it, on both schedulers.
#[test]
fn debug_mode_names_the_task_that_holds_its_thread() {
    for on in SCHEDULERS {
        let ended = on.run("debug", &[]).good();
        ended.shows("greedy").shows("debug.rs:").shows("greedy has computed");
    }
}

/// S2.09 and S2.10. A wait of two seconds, a tenth as long: the gap on the loop is all of it.
#[test]
fn only_a_call_that_blocks_the_loop_stops_the_heart() {
    let ended = SCHEDULERS[0].run("heartbeat", &["--scale", "0.1"]).good();
    let gap = |what: &str| -> f64 {
        let line =
            ended.out.lines().find(|line| line.contains(what)).expect("there is such a line");
        let gap = line.split("gap ").nth(1).and_then(|gap| gap.split(' ').next());
        gap.and_then(|gap| gap.parse().ok()).expect("a number")
    };
    assert!(gap("on the loop") >= 1.9, "{}", ended.out);
    for what in ["on a blocking thread", "as a wait"] {
        assert!(gap(what) < gap("on the loop"), "{}", ended.out);
    }
}

/// S1.5 and S3.5. The sums are the documents'.
#[test]
fn work_for_the_processor_has_the_same_result_on_one_thread_and_on_many() {
    for on in SCHEDULERS {
        let ended = on.run("cpu", &["--times", "1"]).good();
        ended.shows("[333332833333500000, 2666664666667000000]").shows("8999995500000500000");
    }
    run("cpu", &["--times", "0"]).bad().tells("--times");
}
