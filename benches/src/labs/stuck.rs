//! `cargo compare stuck`: one bad task, and what the others wait for.

use super::cells::{self, Cells, Row};
use super::series::{self, Series, greatest, percentile, ratio, time};
use super::sheet::{Plot, Sheet};
use super::who::{Peer, Threads, Who};
use super::{Options, Report, Size, on_peer};
use crate::compare::progress::Progress;
use std::time::Duration;

const SAYS: &str = "\
One bad task. Everything sleeps for 150 ms; then a byte wakes the bad task, on the worker that held
the reactor, and one poll of it blocks for 100 ms (or until its victim was polled): busy in a loop,
or asleep in a lock. Just before, it makes one other task ready, which is the victim. ring: spawned,
behind nothing, with a second one spawned after it. alone: spawned, no other. woken: waits on a
channel, is sent to. socket: a thread writes to it one millisecond after the block began. timer: the
blocked worker armed it, 5 ms. fresh: the bad task blocks in its first poll; warm: after 8 ms of
short polls. The wait is from ready (sent, due) to polled.
pair: two tasks wake each other for ever over two channels. spawns, wakes: a thread outside spawns
tasks, or sends to 64 waiting ones, as fast as it can, at most 1 000 under way. Beside these, once a
millisecond each: a task spawned (ring), a sleep (timer), a byte and its echo (socket).
The promise is for a quiet machine: 100 µs for 99 of 100 where the worker was fresh, twice the watch
period of 10 ms always.";

/// How a victim became ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    Ring,
    Alone,
    Woken,
    Socket,
    Timer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Fresh,
    Warm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    Busy,
    Asleep,
}

/// One case, with all that it takes.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub victim: Victim,
    pub before: Before,
    pub block: Block,
    /// How long the poll blocks, at most.
    pub length: Duration,
    /// How long all is quiet before.
    pub settle: Duration,
    /// How long the short polls of a warm worker go on.
    pub warm: Duration,
    pub repeats: usize,
}

/// Who else wants the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crowd {
    Pair,
    Spawns,
    Wakes,
}

const VICTIMS: [Victim; 5] =
    [Victim::Ring, Victim::Alone, Victim::Woken, Victim::Socket, Victim::Timer];
const CROWDS: [Crowd; 3] = [Crowd::Pair, Crowd::Spawns, Crowd::Wakes];
const PROBES: [&str; 3] = ["ring", "timer", "socket"];

fn word(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// `ring, fresh, busy`: the names of the cases with a block.
fn blocked() -> impl Iterator<Item = (String, Victim, Before, Block)> {
    let blocks = [Block::Busy, Block::Asleep].into_iter();
    blocks.flat_map(|block| {
        VICTIMS.into_iter().flat_map(move |victim| {
            [Before::Fresh, Before::Warm].into_iter().map(move |before| {
                let name = format!("{}, {}, {}", word(victim), word(before), word(block));
                (name, victim, before, block)
            })
        })
    })
}

/// Runs the case of that name.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let (length, settle, repeats) = match size {
        Size::Full => (100, 150, 5),
        Size::Quick => (100, 150, 3),
        Size::Tiny => (20, 5, 1),
    };
    if let Some(crowd) = CROWDS.into_iter().find(|crowd| word(crowd) == name) {
        let length = Duration::from_millis(200);
        return Some(on_peer!(who, crowd::waits)(who.threads, crowd, length));
    }
    let (_, victim, before, block) = blocked().find(|(known, ..)| known == name)?;
    let (length, settle) = (Duration::from_millis(length), Duration::from_millis(settle));
    let warm = length.mul_f64(0.08);
    let setup = Setup { victim, before, block, length, settle, warm, repeats };
    Some(series::one("wait", on_peer!(who, stuck::latencies)(who.threads, &setup)))
}

/// On how many workers a case runs, and who takes part: smol where each case runs first.
fn places(name: &str) -> Vec<(usize, &'static [Peer])> {
    const TWO: &[Peer] = &[Peer::Mainspring, Peer::Tokio];
    match name {
        "pair" => vec![(1, &Peer::ALL), (2, &Peer::ALL)],
        "spawns" | "wakes" => vec![(2, &Peer::ALL)],
        name if name.ends_with("busy") => vec![(2, &Peer::ALL), (4, TWO)],
        _ => vec![(2, TWO)],
    }
}

/// All names, in the order of the report.
pub fn names() -> Vec<String> {
    blocked().map(|(name, ..)| name).chain(CROWDS.map(word)).collect()
}

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let row = |(case, place): (String, (usize, &[Peer]))| {
        let (workers, peers) = place;
        let who = peers.iter().map(|peer| Who::new(*peer, Threads::Workers(workers))).collect();
        Row { case, who }
    };
    let expand = |name: String| {
        let places = places(&name).into_iter();
        places.map(move |place| (name.clone(), place)).collect::<Vec<_>>()
    };
    let mut places: Vec<_> = names().into_iter().flat_map(expand).collect();
    if options.quick {
        places.retain(|(name, (workers, _))| *workers < 4 && !name.ends_with("asleep"));
    }
    let rounds = options.rounds(5, 3);
    let rows: Vec<Row> = places.iter().cloned().map(row).collect();
    let cells = cells::measure(Report::Stuck, &rows, options, rounds, progress);
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    table(&mut sheet, &cells, &places, options);
    sheet
}

const HEADS: [&str; 14] = [
    "",
    "workers",
    "n",
    "mainspring p50",
    "p99",
    "max",
    "tokio p50",
    "p99",
    "max",
    "smol p50",
    "p99",
    "÷ tokio p50",
    "p99",
    "promise",
];

fn table(
    sheet: &mut Sheet,
    cells: &Cells,
    places: &[(String, (usize, &[Peer]))],
    options: &Options,
) {
    let mut lines = Vec::new();
    for (name, (workers, _)) in places.iter().filter(|(name, _)| name.contains(&options.only)) {
        let crowd = CROWDS.iter().any(|crowd| word(crowd) == *name);
        let series: &[&str] = if crowd { &PROBES } else { &["wait"] };
        for of in series {
            lines.push(line(cells, name, *workers, of));
        }
        if crowd {
            for of in series {
                let wait = |peer: Peer| {
                    let who = Who::new(peer, Threads::Workers(*workers));
                    (who.to_string(), cells.values(name, who, of).to_vec())
                };
                let title = format!("beside {name}, mt{workers}: {of}");
                sheet.plot(Plot::latency(&title, Peer::ALL.map(wait)));
            }
            let mut done = format!("{name}, {workers} workers: done per ms by");
            for peer in Peer::ALL {
                let who = Who::new(peer, Threads::Workers(*workers));
                let per_milli = percentile(cells.values(name, who, "done"), 50.0);
                done += &format!(" {} {}", peer.name(), series::short(per_milli));
            }
            sheet.notes.push(done);
        }
    }
    sheet.grid(&HEADS, lines);
    sheet.notes.extend(cells.failures());
}

fn line(cells: &Cells, name: &str, workers: usize, of: &str) -> Vec<String> {
    let values = |peer| cells.values(name, Who::new(peer, Threads::Workers(workers)), of);
    let (ours, tokio, smol) = (values(Peer::Mainspring), values(Peer::Tokio), values(Peer::Smol));
    let at = percentile;
    let against = |percent| ratio(at(ours, percent), at(tokio, percent));
    let label = if of == "wait" { name.to_owned() } else { format!("{name}: {of}") };
    let mut cells = vec![label, workers.to_string(), tokio.len().max(ours.len()).to_string()];
    for values in [ours, tokio] {
        cells.extend([at(values, 50.0), at(values, 99.0), greatest(values)].map(time));
    }
    cells.extend([time(at(smol, 50.0)), time(at(smol, 99.0)), against(50.0), against(99.0)]);
    cells.push(promise(name, ours));
    cells
}

/// What the design promises, and whether it is kept.
fn promise(name: &str, ours: &[f64]) -> String {
    let in_ring = name.starts_with("ring, fresh") || name.starts_with("alone, fresh");
    let (says, limit, measured) = match in_ring {
        true => ("p99 ≤ 100 µs", 100.0, percentile(ours, 99.0)),
        false => ("max ≤ 20 ms", 20_000.0, greatest(ours)),
    };
    match measured {
        m if m.is_nan() => says.to_owned(),
        m if m <= limit => format!("{says}: kept"),
        m => format!("{says}: NOT kept, {} of it", ratio(m, limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_up_to_its_limit() {
        assert!(promise("ring, fresh, busy", &[10.0, 90.0]).ends_with(": kept"));
        assert!(promise("ring, fresh, busy", &[10.0, 120.0]).ends_with("NOT kept, 1.20 of it"));
        assert!(promise("ring, warm, busy", &[10.0, 120.0]).ends_with(": kept"));
        assert!(promise("socket, fresh, busy", &[20_001.0]).contains("NOT kept"));
        assert_eq!(promise("pair", &[]), "max ≤ 20 ms");
    }

    #[test]
    fn every_case_has_a_name_of_its_own() {
        let mut names = names();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!((names.len(), count), (23, 23));
    }
}
