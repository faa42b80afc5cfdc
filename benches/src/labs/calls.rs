//! `cargo compare syscalls`: system calls per operation, counted by strace.

use super::cells::{self, Cells, Row};
use super::series::Series;
use super::sheet::Sheet;
use super::syscalls::{self, Calls};
use super::who::{Peer, Threads, Who};
use super::{Options, Report, Size, on_peer, server};
use crate::compare::progress::Progress;
use crate::stats::median;
use std::path::Path;

const SAYS: &str = "\
System calls of the whole process per operation, all threads, counted by strace in two runs, the
second twice as long: the difference is what operations cost. A thread that is no part of the
runtime sends, or spawns, in `spawn from outside`, `wake across threads` and `mpsc across threads`;
its own calls are in the count, for each peer alike. futex: a thread goes to sleep, or is woken;
waits: epoll_wait and its like; writes: in rows without connections, to wake a sleeper. Under strace
a call takes some fifty times as long as without, so rows with several threads vary, and show the
median of the rounds.
accept: a connection that comes, sends a byte, gets it back and goes. echo: a request of 64 bytes.
Reads, writes and waits are counted in runs of their own, futex in another, and the rest in a third:
what is not counted is not slowed down, and what a server does by time (the watch over its workers,
every 10 ms) does not come out as something per request.
idle second: 100 tasks sleep for an hour, and nothing else: all calls that begin in four seconds.";

const WHO: [Who; 6] = [
    Who::new(Peer::Mainspring, Threads::Home),
    Who::new(Peer::Tokio, Threads::Home),
    Who::new(Peer::Smol, Threads::Home),
    Who::new(Peer::Mainspring, Threads::Workers(2)),
    Who::new(Peer::Tokio, Threads::Workers(2)),
    Who::new(Peer::Smol, Threads::Workers(2)),
];

/// Name, and operations of the shorter run.
const INSIDE: [(&str, u64); 6] = [
    ("spawn", 2_000),
    ("spawn from outside", 5_000),
    ("wake across threads", 500),
    ("mpsc across threads", 20_000),
    ("timer fired", 200),
    ("spawn_blocking", 500),
];
const IDLE: (&str, u64) = ("idle second", 4);
const SERVED: [&str; 4] = ["accept", "echo, 1", "echo, 50", "echo, 1000"];

/// What strace counts: a case that only does something, `do spawn, 2000`.
fn act(who: Who, name: &str) -> Option<Series> {
    let (name, ops) = name.strip_prefix("do ")?.rsplit_once(", ")?;
    let ops: u64 = ops.parse().ok()?;
    let work: fn(Threads, u64) = match name {
        "spawn" => on_peer!(who, calls::spawn),
        "spawn from outside" => on_peer!(who, calls::outside),
        "wake across threads" => on_peer!(who, calls::wake),
        "mpsc across threads" => on_peer!(who, calls::flood),
        "timer fired" => on_peer!(who, calls::timer),
        "spawn_blocking" => on_peer!(who, calls::blocking),
        "idle second" => on_peer!(who, calls::idle),
        _ => return None,
    };
    work(who.threads, ops);
    Some(Series::new())
}

/// Counts a case; or does it, if its name begins with `do`.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    if name.starts_with("do ") {
        return act(who, name);
    }
    let program = std::env::current_exe().ok()?;
    match counted(&program, who, name, size)? {
        Ok(series) => Some(series),
        Err(why) => panic!("{why}"),
    }
}

/// The same with the program that can do the cases; `None`: there is no such case.
pub fn counted(compare: &Path, who: Who, name: &str, size: Size) -> Option<Result<Series, String>> {
    let smaller = |ops: u64| match size {
        Size::Full => ops,
        Size::Quick => (ops / 4).max(1),
        Size::Tiny => (ops / 20).max(1),
    };
    let (peer, flavor) = server::server(who);
    if let Some((_, ops)) = INSIDE.iter().find(|(known, _)| *known == name) {
        let ops = smaller(*ops);
        let run = |ops: u64| {
            let case = format!("do {name}, {ops}");
            syscalls::of_command(compare, &["case", "syscalls", &who.to_string(), &case])
        };
        return Some(difference(run(ops), || run(2 * ops), ops));
    }
    if name == IDLE.0 {
        let seconds = smaller(IDLE.1);
        let case = format!("do {name}, {seconds}");
        let arguments = ["case", "syscalls", &who.to_string(), &case];
        let calls = syscalls::during_the_last_sleep(compare, &arguments);
        return Some(calls.map(|calls| each(&calls, seconds)));
    }
    if name == "accept" {
        let ops = smaller(2_000);
        let run = |ops| syscalls::of_accepts(compare, peer, flavor, ops);
        return Some(difference(run(ops), || run(2 * ops), ops));
    }
    let connections: usize = name.strip_prefix("echo, ")?.parse().ok()?;
    let ops = smaller(5_000).max(2 * connections as u64);
    Some(syscalls::per_request(compare, peer, flavor, connections, ops))
}

/// Calls of so many operations, by operation.
fn each(calls: &Calls, ops: u64) -> Series {
    let of = |kind: &&str| calls.get(*kind).copied().unwrap_or(0.0) / ops as f64;
    syscalls::COLUMNS.iter().map(|kind| ((*kind).to_owned(), vec![of(kind)])).collect()
}

fn difference(
    once: Result<Calls, String>,
    twice: impl FnOnce() -> Result<Calls, String>,
    ops: u64,
) -> Result<Series, String> {
    let (once, twice) = (once?, twice()?);
    let more = twice.into_iter().map(|(kind, calls)| {
        let before = once.get(&kind).copied().unwrap_or(0.0);
        (kind, calls - before)
    });
    Ok(each(&more.collect(), ops))
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let rounds = options.rounds(3, 1);
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    if !syscalls::is_there() {
        sheet.notes.push("strace is not here (Debian: apt-get install strace)".to_owned());
        return sheet;
    }
    let names = INSIDE.iter().map(|(name, _)| *name).chain([IDLE.0]).chain(SERVED);
    let rows: Vec<Row> =
        names.map(|case| Row { case: case.to_owned(), who: WHO.to_vec() }).collect();
    let cells = cells::measure(Report::Syscalls, &rows, options, rounds, progress);
    let shown = rows.iter().filter(|row| row.case.contains(&options.only));
    let lines = shown.flat_map(|row| row.who.iter().map(|who| line(&cells, row, *who)));
    let heads = ["", "peer", "all", "futex", "waits", "reads", "writes", "other"];
    sheet.grid(&heads, lines.collect());
    sheet.notes.extend(cells.failures());
    sheet
}

fn line(cells: &Cells, row: &Row, who: Who) -> Vec<String> {
    let of = |name: &&str| median(cells.values(&row.case, who, name));
    let all: f64 = syscalls::COLUMNS.iter().map(of).sum();
    let number = |value: f64| if value.is_nan() { "–".into() } else { format!("{value:.2}") };
    let parts = syscalls::COLUMNS.iter().map(|name| number(of(name)));
    [row.case.clone(), who.to_string(), number(all)].into_iter().chain(parts).collect()
}
