//! `cargo compare events`: what a wake from outside costs, and how long it takes.

use super::cells::{self, Row};
use super::series::{Series, percentile, ratio, short, time};
use super::sheet::{Plot, Sheet};
use super::who::Who;
use super::{Options, Report, Size, on_peer};
use crate::compare::progress::Progress;
use crate::stats::median;
use std::time::Duration;

const SAYS: &str = "\
Outside events. A thread that is no part of the runtime wakes one waiting task, once per gap: it
sends on an unbounded channel, or writes a byte to a connection over loopback. cpu: processor time
of all other threads of the process per event (getrusage, less the sender's own clock), the median
of the rounds. sender: the sender's own, its sleep included. latency: from before the send until the
task has the message, over all events of all rounds.";

/// How the task is woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Channel,
    Socket,
}

#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub kind: Kind,
    pub gap: Duration,
    /// The first does not count.
    pub events: usize,
}

const KINDS: [Kind; 2] = [Kind::Channel, Kind::Socket];
const GAPS: [(&str, Duration); 4] = [
    ("50 µs", Duration::from_micros(50)),
    ("200 µs", Duration::from_micros(200)),
    ("1 ms", Duration::from_millis(1)),
    ("10 ms", Duration::from_millis(10)),
];

/// `channel, 50 µs`, and what it sets up.
fn cases() -> impl Iterator<Item = (String, Kind, Duration)> {
    KINDS.into_iter().flat_map(|kind| {
        let name = move |gap| format!("{kind:?}, {gap}").to_lowercase();
        GAPS.into_iter().map(move |(gap, length)| (name(gap), kind, length))
    })
}

pub fn names() -> Vec<String> {
    cases().map(|(name, ..)| name).collect()
}

/// Runs the case of that name.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let (_, kind, gap) = cases().find(|(known, ..)| known == name)?;
    let time = Duration::from_millis(if size == Size::Full { 250 } else { 100 });
    let events = match size {
        Size::Tiny => 10,
        _ => ((time.as_secs_f64() / gap.as_secs_f64()) as usize).max(30),
    };
    let setup = Setup { kind, gap, events: events + 1 };
    Some(on_peer!(who, events::cost)(who.threads, &setup))
}

const HEADS: [&str; 9] = [
    "",
    "peer",
    "events",
    "cpu µs",
    "÷ tokio",
    "sender µs",
    "latency p50",
    "p99",
    "÷ tokio p50, p99",
];

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let rounds = options.rounds(3, 1);
    let rows: Vec<Row> =
        names().into_iter().map(|case| Row { case, who: Who::FIVE.to_vec() }).collect();
    let cells = cells::measure(Report::Events, &rows, options, rounds, progress);
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    let mut lines = Vec::new();
    for row in rows.iter().filter(|row| row.case.contains(&options.only)) {
        for who in &row.who {
            let of = |who: Who, name: &str| cells.values(&row.case, who, name);
            let per = |who, name| median(of(who, name));
            let late = |who, percent| percentile(of(who, "latency"), percent);
            let against = |percent| ratio(late(*who, percent), late(who.tokio(), percent));
            lines.push(vec![
                row.case.clone(),
                who.to_string(),
                of(*who, "latency").len().to_string(),
                short(per(*who, "cpu")),
                ratio(per(*who, "cpu"), per(who.tokio(), "cpu")),
                short(per(*who, "sender")),
                time(late(*who, 50.0)),
                time(late(*who, 99.0)),
                format!("{}, {}", against(50.0), against(99.0)),
            ]);
        }
        let latency =
            |who: &Who| (who.to_string(), cells.values(&row.case, *who, "latency").to_vec());
        sheet.plot(Plot::latency(&row.case, row.who.iter().map(latency)));
    }
    sheet.grid(&HEADS, lines);
    sheet.notes.extend(cells.failures());
    sheet
}
