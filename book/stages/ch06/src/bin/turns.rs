//! Two take turns: as tasks of one thread, and as threads. How often does a thread go to sleep?
//!
//! Linux counts it. cargo run -q -p stage-ch06 --bin turns

use stage_ch06::{Runtime, spawn, yield_now};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, Thread};

const TURNS: u32 = 1_000;

/// How often this thread has given its processor away to wait for something.
fn sleeps() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").expect("Linux has it");
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.expect("the line is there").trim().parse().expect("a number")
}

fn as_tasks() -> u64 {
    let before = sleeps();
    Runtime::new().block_on(async {
        let turns = async || {
            for _ in 0..TURNS {
                yield_now().await;
            }
        };
        let (a, b) = (spawn(turns()), spawn(turns()));
        a.await.unwrap();
        b.await.unwrap();
    });
    sleeps() - before
}

/// Waits until it is its turn, then makes it the other's.
fn take_turns(turn: &AtomicU32, mine: u32, other: &Thread) -> u64 {
    let before = sleeps();
    for _ in 0..TURNS {
        while turn.load(Ordering::Acquire) % 2 != mine {
            thread::park();
        }
        turn.fetch_add(1, Ordering::AcqRel);
        other.unpark();
    }
    sleeps() - before
}

fn as_threads() -> u64 {
    static TURN: AtomicU32 = AtomicU32::new(0);
    let first = thread::current();
    let second = thread::spawn(move || take_turns(&TURN, 1, &first));
    let sleeps = take_turns(&TURN, 0, second.thread());
    sleeps + second.join().unwrap()
}

fn main() {
    let show = |who: &str, sleeps: u64| {
        let shown = match sleeps {
            // Linux may have had to fetch a page of the program.
            0..10 => "fewer than 10".to_string(),
            500.. => "more than 500".to_string(),
            _ => sleeps.to_string(),
        };
        println!("two {who}, {TURNS} turns each: {shown} sleeps");
    };
    show("tasks", as_tasks());
    show("threads", as_threads());
}
