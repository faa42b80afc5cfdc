//! `cargo compare server`: echo beside a bare epoll loop: time, syscalls, memory, accepts.

use super::cells::{self, Cells, Row};
use super::series::{Series, ratio, short, time};
use super::sheet::{Curve, Plot, Sheet};
use super::who::{Peer, Threads, Who};
use super::{Options, Report, Size, process, syscalls};
use crate::compare::{interrupt, progress::Progress};
use crate::echo::{self, Session};
use crate::on::Flavor;
use crate::rows;
use crate::stats::median;
use std::io;
use std::path::Path;
use std::time::Duration;

const SAYS: &str = "\
Server. An echo server on the first core (pools: two workers there), its load in a process of its
own on the second: so many connections, one request of 64 bytes outstanding on each. cpu: the
server's processor time per request, all threads, user and system; rate: requests a second; p50,
p99, p99.9: from before a request is sent until its answer is read, the median of the rounds. All
connections ask as soon as they are answered, so with 50 or 1000 of them a request waits for those
before it. floor: an epoll loop without a runtime.
Syscalls. Of the server per request, counted by strace, which slows it down: with it, fewer or more
requests are ready at each wait. futex, and other, which is all the rest: counted in runs of their
own, in which only that is traced.
Idle. So many connections at once that have been used once and wait: the server's memory in RAM for
each, without the kernel's.
Accepts. Up to 64 at once are opened, send a byte, have it back, and are closed: connections a
second, and the server's processor time for each.";

/// The server's peers: its pools have two workers on one core.
const WHO: [Who; 7] = [
    Who::new(Peer::Mainspring, Threads::Workers(2)),
    Who::new(Peer::Tokio, Threads::Workers(2)),
    Who::new(Peer::Smol, Threads::Workers(2)),
    Who::new(Peer::Mainspring, Threads::Home),
    Who::new(Peer::Tokio, Threads::Home),
    Who::new(Peer::Smol, Threads::Home),
    Who::FLOOR,
];
const ECHO: [&str; 3] = ["echo, 1", "echo, 50", "echo, 1000"];
const SYSCALLS: [&str; 3] = ["syscalls, 1", "syscalls, 50", "syscalls, 1000"];
const IDLE: &str = "idle, 10000";
const ACCEPTS: &str = "accepts, 64";
/// Idle connections whose cost has been paid before the others come.
const FEW: usize = 100;

/// How many requests or connections of a case.
struct Counts {
    requests: u64,
    counted: u64,
    accepts: u64,
    idle: usize,
}

impl Counts {
    fn of(size: Size) -> Self {
        match size {
            Size::Full => Self { requests: 100_000, counted: 5_000, accepts: 20_000, idle: 10_000 },
            Size::Quick => Self { requests: 20_000, counted: 1_000, accepts: 4_000, idle: 2_000 },
            Size::Tiny => Self { requests: 500, counted: 200, accepts: 100, idle: 100 },
        }
    }
}

/// The server's names for a peer and its threads.
pub fn server(who: Who) -> (rows::Peer, Flavor) {
    let flavor = match who.threads {
        Threads::Home => Flavor::CurrentThread,
        Threads::Workers(_) => Flavor::MultiThread,
    };
    let peer = match who.peer {
        Peer::Mainspring => rows::Peer::Mainspring,
        Peer::Tokio => rows::Peer::Tokio,
        Peer::Smol => rows::Peer::Smol,
        Peer::Floor => rows::Peer::Floor,
    };
    (peer, flavor)
}

/// Runs `echo, 50`, `syscalls, 50`, `idle, 10000` or `accepts, 64`.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let program = std::env::current_exe().ok()?;
    match measured(&program, who, name, size)? {
        Ok(series) => Some(series),
        Err(why) => panic!("{why}"),
    }
}

/// The same with the program that can `serve` and `load`; `None`: there is no such case.
pub fn measured(
    compare: &Path,
    who: Who,
    name: &str,
    size: Size,
) -> Option<Result<Series, String>> {
    let (kind, connections) = name.split_once(", ")?;
    let connections = connections.parse().ok().filter(|count| *count > 0)?;
    let (counts, said) = (Counts::of(size), |error: io::Error| error.to_string());
    let (peer, flavor) = server(who);
    let session = |connections| Session::start(compare, peer, flavor, connections);
    match kind {
        "echo" => {
            Some(session(connections).and_then(|s| echo(s, connections, &counts)).map_err(said))
        }
        "accepts" => Some(session(1).and_then(|s| accepts(s, &counts)).map_err(said)),
        "idle" => Some(idle(compare, who, &counts).map_err(said)),
        "syscalls" => {
            let requests = counts.counted.max(2 * connections as u64);
            Some(syscalls::per_request(compare, peer, flavor, connections, requests))
        }
        _ => None,
    }
}

fn each(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count as f64
}

/// `cpu` and `wall` in microseconds per request; `p50`, `p99`, `p999`, `most` of one.
fn echo(mut session: Session, connections: usize, counts: &Counts) -> io::Result<Series> {
    let requests = counts.requests.max(2 * connections as u64);
    session.run(requests / 10)?;
    // The clocks are the load's own and cost the server nothing, but they cost the load's core.
    let taken = session.run(requests)?;
    let (_, latency) = session.run_timed(requests)?;
    let of = |name: &str, value| (name.to_owned(), vec![value]);
    Ok(Series::from([
        of("cpu", each(taken.server_cpu, requests)),
        of("wall", each(taken.wall, requests)),
        of("p50", each(latency.p50, 1)),
        of("p90", each(latency.p90, 1)),
        of("p99", each(latency.p99, 1)),
        of("p999", each(latency.p999, 1)),
        of("most", each(latency.most, 1)),
    ]))
}

/// `cpu` and `wall` in microseconds per connection.
fn accepts(mut session: Session, counts: &Counts) -> io::Result<Series> {
    session.accepts(counts.accepts / 10)?;
    let taken = session.accepts(counts.accepts)?;
    let of = |name: &str, time| (name.to_owned(), vec![each(time, counts.accepts)]);
    Ok(Series::from([of("cpu", taken.server_cpu), of("wall", taken.wall)]))
}

/// `bytes` per connection, and how many there were: a process has not always descriptors for all.
fn idle(compare: &Path, who: Who, counts: &Counts) -> io::Result<Series> {
    echo::raise_descriptor_limit();
    let (peer, flavor) = server(who);
    let most = counts.idle.min(process::descriptor_limit().saturating_sub(FEW + 100));
    let few = Session::start(compare, peer, flavor, FEW)?;
    let before = few.server_resident();
    let load = few.more_load(compare, most)?;
    let bytes = few.server_resident().saturating_sub(before) as f64 / most as f64;
    drop(load);
    let of = |name: &str, value| (name.to_owned(), vec![value]);
    Ok(Series::from([of("bytes", bytes), of("connections", most as f64)]))
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let rounds = options.rounds(5, 2);
    let row = |case: &&str| Row { case: (*case).to_owned(), who: WHO.to_vec() };
    let timed: Vec<Row> = ECHO.iter().chain(&[ACCEPTS]).map(row).collect();
    let mut cells = cells::measure(Report::Server, &timed, options, rounds, progress);
    // These hardly vary: once is enough; for a survey of one round, the middle one of them.
    let counted = !interrupt::asked() && syscalls::is_there();
    let mut once: Vec<Row> = vec![row(&IDLE)];
    let kinds = if rounds == 1 { &SYSCALLS[1..2] } else { &SYSCALLS[..] };
    once.extend(kinds.iter().filter(|_| counted).map(row));
    cells.join(cells::measure(Report::Server, &once, options, 1, progress));
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    echoes(&mut sheet, &cells);
    calls(&mut sheet, &cells);
    idles(&mut sheet, &cells);
    storms(&mut sheet, &cells);
    if !counted && !interrupt::asked() {
        sheet.notes.push("syscalls: strace is not here".to_owned());
    }
    sheet.notes.extend(cells.failures());
    sheet
}

/// A line for each case and peer with numbers.
fn lines(
    cells: &Cells,
    cases: &[&str],
    has: &str,
    line: impl Fn(&str, Who) -> Vec<String>,
) -> Vec<Vec<String>> {
    let all = cases.iter().flat_map(|case| WHO.map(|who| (*case, who)));
    let there = all.filter(|(case, who)| !cells.values(case, *who, has).is_empty());
    there
        .map(|(case, who)| [vec![case.into(), who.to_string()], line(case, who)].concat())
        .collect()
}

fn echoes(sheet: &mut Sheet, cells: &Cells) {
    let lines = lines(cells, &ECHO, "cpu", |case, who| {
        let of = |who: Who, name: &str| median(cells.values(case, who, name));
        let per = |name: &str, that: Who| ratio(of(who, name), of(that, name));
        vec![
            format!("{:.2}", of(who, "cpu")),
            per("cpu", Who::FLOOR),
            per("cpu", who.tokio()),
            short(1e6 / of(who, "wall")),
            time(of(who, "p50")),
            time(of(who, "p99")),
            time(of(who, "p999")),
            format!("{}, {}", per("p99", Who::FLOOR), per("p99", who.tokio())),
        ]
    });
    let heads = [
        "echo, connections",
        "peer",
        "cpu µs",
        "÷ floor",
        "÷ tokio",
        "rate",
        "p50",
        "p99",
        "p99.9",
        "p99 ÷ floor, tokio",
    ];
    sheet.grid(&heads, lines);
    for case in ECHO {
        let curve = |who: Who| {
            let ranks = [(50.0, "p50"), (90.0, "p90"), (99.0, "p99"), (99.9, "p999")];
            let points = ranks.map(|(rank, name)| (rank, median(cells.values(case, who, name))));
            Curve { name: who.to_string(), points: points.to_vec() }
        };
        let title = format!("{case} connections: latency of a request");
        sheet.plot(Plot::percentiles(&title, WHO.map(curve).to_vec()));
    }
}

fn calls(sheet: &mut Sheet, cells: &Cells) {
    let lines = lines(cells, &SYSCALLS, "reads", |case, who| {
        let of = |name: &str| median(cells.values(case, who, name));
        let all =
            ["reads", "writes", "waits", "futex", "other"].map(|name| format!("{:.3}", of(name)));
        all.to_vec()
    });
    sheet
        .grid(&["syscalls a request", "peer", "reads", "writes", "waits", "futex", "other"], lines);
}

fn idles(sheet: &mut Sheet, cells: &Cells) {
    let lines = lines(cells, &[IDLE], "bytes", |case, who| {
        let of = |who: Who, name: &str| median(cells.values(case, who, name));
        vec![
            short(of(who, "connections")),
            short(of(who, "bytes")),
            ratio(of(who, "bytes"), of(who.tokio(), "bytes")),
        ]
    });
    sheet.grid(&["idle", "peer", "connections", "bytes each", "÷ tokio"], lines);
}

fn storms(sheet: &mut Sheet, cells: &Cells) {
    let lines = lines(cells, &[ACCEPTS], "wall", |case, who| {
        let of = |who: Who, name: &str| median(cells.values(case, who, name));
        vec![
            short(1e6 / of(who, "wall")),
            ratio(of(who.tokio(), "wall"), of(who, "wall")),
            format!("{:.2}", of(who, "cpu")),
            ratio(of(who, "cpu"), of(who.tokio(), "cpu")),
            ratio(of(who, "cpu"), of(Who::FLOOR, "cpu")),
        ]
    });
    let heads = ["accepts", "peer", "a second", "÷ tokio", "cpu µs", "÷ tokio", "÷ floor"];
    sheet.grid(&heads, lines);
}
