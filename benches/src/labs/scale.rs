//! `cargo compare scale`: from a thousand to a million, and ten thousand connections.

use super::cells::{self, Cells, Row};
use super::floor::{Order, boxes};
use super::series::{self, Series, greatest, ratio, short};
use super::sheet::{Curve, Plot, Sheet};
use super::who::{Peer, Threads, Who};
use super::{Options, Report, Size, process};
use crate::compare::{interrupt, progress::Progress};
use crate::echo::{self, Session};
use crate::on::Flavor;
use crate::rows;
use crate::stats::median;
use std::time::Duration;

const SAYS: &str = "\
Scale. tasks: so many are spawned from a task, wait at a gate, are woken one by one (in the order in
which they were made, or shuffled), end, and are joined: nanoseconds each, by part and in all, and
resident memory each. timers: so many sleeps, each in a box, are armed by a first poll and dropped,
in order or shuffled. floor: as many boxes of the size that one spawn (one sleep) allocates, made,
visited and freed in the same order. growth: a cost divided by the same cost at a thousand, and that
divided by the floor's growth; the design allows 1.5 for a million. (With ten or a hundred, what is
done once a batch is shared by few, and memory is whole pages.) sleeping: tasks that sleep once
each, processor time each. both: so many waiting and as many sleeping tasks in one run, all joined.
echo: so many connections at once, one request outstanding on each, server and load in two
processes: the server's processor time and the wall time per request.";

pub const SIZES: [usize; 6] = [10, 100, 1_000, 10_000, 100_000, 1_000_000];
/// What growth is counted from.
const BASE: usize = 1_000;
const ORDERS: [(&str, Order); 2] = [("made", Order::Made), ("shuffled", Order::Shuffled)];
const CONNECTIONS: [usize; 2] = [1_000, 10_000];
/// The most that a cost may grow from a thousand to a million, the floor's growth divided out.
const CLIFF: f64 = 1.5;

const WHO: [Who; 4] = [
    Who::new(Peer::Mainspring, Threads::Workers(2)),
    Who::new(Peer::Tokio, Threads::Workers(2)),
    Who::new(Peer::Mainspring, Threads::Home),
    Who::new(Peer::Tokio, Threads::Home),
];

/// The batches of one case: time of each part and memory.
#[derive(Debug)]
pub struct Sums {
    bytes_of_one: f64,
    batches: Vec<(Duration, Duration, Duration, u64)>,
}

impl Sums {
    /// No batch yet; one task or sleep asks the allocator for so much.
    pub fn of(bytes_of_one: f64) -> Self {
        Self { bytes_of_one, batches: Vec::new() }
    }

    /// Spawned or armed; woken; joined or dropped; bytes.
    pub fn add(&mut self, batch: (Duration, Duration, Duration, u64)) {
        self.batches.push(batch);
    }

    /// Each part in nanoseconds per operation, medians over the batches; and the floor, in as many
    /// batches.
    fn series(&self, count: usize, order: Order) -> Series {
        let each = |time: Duration| time.as_nanos() as f64 / count as f64;
        let part = |name: &str, of: fn(&(Duration, Duration, Duration, u64)) -> Duration| {
            let values: Vec<f64> = self.batches.iter().map(|batch| each(of(batch))).collect();
            (name.to_owned(), vec![median(&values)])
        };
        let floor = |_: &_| each(boxes(count, self.bytes_of_one as usize, order));
        let floor: Vec<f64> = self.batches.iter().map(floor).collect();
        let memory: Vec<f64> =
            self.batches.iter().map(|(.., bytes)| *bytes as f64 / count as f64).collect();
        Series::from([
            part("spawn", |batch| batch.0),
            part("wake", |batch| batch.1),
            part("join", |batch| batch.2),
            part("all", |batch| batch.0 + batch.1 + batch.2),
            ("memory".to_owned(), vec![greatest(&memory)]),
            ("size".to_owned(), vec![self.bytes_of_one]),
            ("floor".to_owned(), vec![median(&floor)]),
        ])
    }
}

/// Runs `tasks, made, 1000`, `timers, shuffled, 1000000`, `sleeping, 1000` or `both, 1000000`.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    if !matches!(who.peer, Peer::Mainspring | Peer::Tokio) {
        return None;
    }
    macro_rules! on {
        ($function:ident) => {
            match who.peer {
                Peer::Mainspring => super::on::mainspring::scale::$function,
                _ => super::on::tokio::scale::$function,
            }
        };
    }
    let mut words: Vec<&str> = name.split(", ").collect();
    let count = words.pop()?.parse().ok().filter(|count| *count > 0)?;
    let count = if size == Size::Tiny { 100.min(count) } else { count };
    let order = ORDERS.into_iter().find(|(order, _)| words.get(1) == Some(order));
    match (words[..].first()?, order) {
        (&"tasks", Some((_, order))) => {
            Some(on!(tasks)(who.threads, count, order).series(count, order))
        }
        (&"timers", Some((_, order))) => {
            Some(on!(timers)(who.threads, count, order).series(count, order))
        }
        (&"sleeping", None) => Some(series::one("cpu", vec![on!(sleeping)(who.threads, count)])),
        (&"both", None) => {
            let (seconds, memory) = on!(both)(who.threads, count);
            let both = series::one("seconds", vec![seconds]);
            Some(both.into_iter().chain(series::one("memory", vec![memory])).collect())
        }
        _ => None,
    }
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    // Each case is many batches already.
    let rounds = options.rounds(1, 1);
    let sizes = if options.quick { &SIZES[..5] } else { &SIZES[..] };
    let row = |case: String| Row { case, who: WHO.to_vec() };
    let mut rows = Vec::new();
    for kind in ["tasks", "timers"] {
        for (order, _) in ORDERS {
            rows.extend(sizes.iter().map(|size| row(format!("{kind}, {order}, {size}"))));
        }
    }
    let many = sizes.iter().filter(|size| **size >= BASE);
    rows.extend(many.map(|size| row(format!("sleeping, {size}"))));
    rows.push(row(format!("both, {}", sizes[sizes.len() - 1])));
    let cells = cells::measure(Report::Scale, &rows, options, rounds, progress);
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    for kind in ["tasks", "timers"] {
        growth(&mut sheet, &cells, kind, sizes);
        ORDERS.iter().for_each(|(order, _)| curves(&mut sheet, &cells, kind, order, sizes));
    }
    rest(&mut sheet, &cells, &rows);
    sheet.notes.extend(cells.failures());
    if "echo".contains(&options.only) && !interrupt::asked() {
        connections(&mut sheet, rounds, progress);
    }
    sheet
}

/// A table of tasks or of timers.
fn growth(sheet: &mut Sheet, cells: &Cells, kind: &str, sizes: &[usize]) {
    const FIGURES: [&str; 4] = ["all", "memory", "size", "floor"];
    let parts: &[(&str, &str)] = match kind {
        "tasks" => &[("spawn", "spawn"), ("wake", "wake"), ("join", "join")],
        _ => &[("arm", "spawn"), ("drop", "join")],
    };
    let mut lines = Vec::new();
    for (order, _) in ORDERS {
        for who in WHO {
            let of = |size: usize, name: &str| {
                median(cells.values(&format!("{kind}, {order}, {size}"), who, name))
            };
            for size in sizes.iter().copied().filter(|size| !of(*size, "all").is_nan()) {
                let grown = |name| of(size, name) / of(BASE, name);
                let (cost, floor) = (grown("all"), grown("floor"));
                let last = size == sizes[sizes.len() - 1];
                let verdict = match cost / floor {
                    _ if !last => "",
                    growth if growth <= CLIFF => "≤ 1.5: kept",
                    _ => "≤ 1.5: NOT kept",
                };
                let mut line = vec![format!("{kind}, {order}"), who.to_string(), size.to_string()];
                let figures = parts.iter().map(|(_, name)| *name).chain(FIGURES);
                line.extend(figures.map(|name| short(of(size, name))));
                line.extend([ratio(cost, 1.0), ratio(floor, 1.0), ratio(cost, floor)]);
                line.push(verdict.to_owned());
                lines.push(line);
            }
        }
    }
    let mut heads = vec!["", "peer", "at once"];
    heads.extend(parts.iter().map(|(head, _)| *head));
    heads.extend(["all ns", "bytes", "box", "floor ns", "growth", "floor's", "÷", "promise"]);
    sheet.grid(&heads, lines);
}

/// The same as curves: time and memory of one, from few to many.
fn curves(sheet: &mut Sheet, cells: &Cells, kind: &str, order: &str, sizes: &[usize]) {
    let of = |who: Who, name: &str| {
        let at = |size: &usize| {
            let value = median(cells.values(&format!("{kind}, {order}, {size}"), who, name));
            (*size as f64, value)
        };
        sizes.iter().map(at).collect()
    };
    let curve = |name: &str| {
        let each = WHO.map(|who| Curve { name: who.to_string(), points: of(who, name) });
        each.to_vec()
    };
    let mut times = curve("all");
    times.push(Curve { name: Who::FLOOR.to_string(), points: of(WHO[0], "floor") });
    sheet.plot(Plot::growth(&format!("{kind}, {order}: time of one"), "ns", times));
    if order == ORDERS[0].0 {
        let mut memory = curve("memory");
        // Of fewer, it is that of whole pages.
        memory.iter_mut().for_each(|of| of.points.retain(|(size, _)| *size >= BASE as f64));
        sheet.plot(Plot::growth(&format!("{kind}: memory of one"), "bytes", memory));
    }
}

/// The cases with one figure each.
fn rest(sheet: &mut Sheet, cells: &Cells, rows: &[Row]) {
    let mut lines = Vec::new();
    for row in rows {
        for who in WHO {
            let of = |who, name: &str| median(cells.values(&row.case, who, name));
            let said = match (of(who, "cpu"), of(who, "seconds")) {
                (cpu, _) if !cpu.is_nan() => {
                    [format!("{} ns of CPU each", short(cpu)), ratio(cpu, of(who.tokio(), "cpu"))]
                }
                (_, seconds) if !seconds.is_nan() => [
                    format!("{seconds:.2} s in all, {} bytes", short(of(who, "memory"))),
                    ratio(seconds, of(who.tokio(), "seconds")),
                ],
                _ => continue,
            };
            lines.push([vec![row.case.clone(), who.to_string()], said.to_vec()].concat());
        }
    }
    let heads = ["", "peer", "", "÷ tokio"];
    sheet.grid(&heads, lines);
}

/// The servers of the echo rows. Their pools have two workers, on one core.
const SERVERS: [(rows::Peer, Flavor); 7] = [
    (rows::Peer::Mainspring, Flavor::MultiThread),
    (rows::Peer::Tokio, Flavor::MultiThread),
    (rows::Peer::Smol, Flavor::MultiThread),
    (rows::Peer::Mainspring, Flavor::CurrentThread),
    (rows::Peer::Tokio, Flavor::CurrentThread),
    (rows::Peer::Smol, Flavor::CurrentThread),
    (rows::Peer::Floor, Flavor::CurrentThread),
];

/// Echo with as many connections as the limit on descriptors allows, up to ten thousand.
fn connections(sheet: &mut Sheet, rounds: usize, progress: &Progress) {
    echo::raise_descriptor_limit();
    let limit = process::descriptor_limit();
    // Each process needs some for itself.
    let most = CONNECTIONS[1].min(limit.saturating_sub(100));
    sheet
        .notes
        .push(format!("echo: at most {limit} descriptors each, so {most} connections at once"));
    let mut lines = Vec::new();
    for count in [CONNECTIONS[0].min(most), most] {
        let mut figures = vec![(Vec::new(), Vec::new()); SERVERS.len()];
        for round in 0..rounds {
            let mut order: Vec<usize> = (0..SERVERS.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for place in order {
                if progress.is_over() {
                    break;
                }
                let (peer, flavor) = SERVERS[place];
                match echo_once(peer, flavor, count) {
                    Ok((cpu, wall)) => {
                        figures[place].0.push(cpu);
                        figures[place].1.push(wall);
                    }
                    Err(_) if interrupt::asked() => return,
                    Err(why) => {
                        sheet.notes.push(format!("FAILED: {count}, {}: {why}", peer.name()));
                    }
                }
            }
        }
        let tokio = |flavor| SERVERS.iter().position(|s| *s == (rows::Peer::Tokio, flavor));
        for ((peer, flavor), (cpu, wall)) in SERVERS.iter().zip(&figures) {
            let tokio = tokio(*flavor).expect("tokio has both");
            lines.push(vec![
                format!("echo, {count} connections"),
                format!("{}-{}", peer.name(), flavor.short()),
                short(median(cpu)),
                short(median(wall)),
                ratio(median(cpu), median(&figures[tokio].0)),
            ]);
        }
    }
    sheet.grid(&["", "peer", "cpu ns", "wall ns", "cpu ÷ tokio"], lines);
}

/// Five requests on each connection to warm up, ten to measure: CPU and wall time of one.
fn echo_once(peer: rows::Peer, flavor: Flavor, connections: usize) -> std::io::Result<(f64, f64)> {
    let mut session = Session::start(&std::env::current_exe()?, peer, flavor, connections)?;
    session.run(connections as u64 * 5)?;
    let requests = connections as u64 * 10;
    let taken = session.run(requests)?;
    let each = |time: Duration| time.as_nanos() as f64 / requests as f64;
    Ok((each(taken.server_cpu), each(taken.wall)))
}
