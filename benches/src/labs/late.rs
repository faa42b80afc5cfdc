//! `cargo compare late`: how late timers are.

use super::cells::{self, Row};
use super::series::{Series, percentile, ratio, time};
use super::sheet::{Plot, Sheet};
use super::who::Who;
use super::{Options, Report, Size, on_peer};
use crate::compare::progress::Progress;
use std::time::Duration;

const SAYS: &str = "\
Lateness of timers. Tasks sleep again and again, each time for another length. late: from the
deadline, which is the clock's reading before the sleep and its length, until the task runs, over
all sleeps of all rounds. early: sleeps that ended before their deadline. Timers of a wheel of
milliseconds are late by half of one in the mean when deadlines lie anywhere. with a listener: a
socket is registered, so that somebody sleeps in epoll, whose time-outs are whole milliseconds
again.";

#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub sleepers: usize,
    pub sleeps: usize,
    pub least: Duration,
    pub spread: Duration,
    /// Is a socket registered?
    pub listens: bool,
}

/// Name, sleepers, least length and spread in milliseconds.
const CASES: [(&str, usize, u64, u64); 5] = [
    ("1 task, 1 to 11 ms", 1, 1, 10),
    ("100 tasks, 1 to 51 ms", 100, 1, 50),
    ("100 tasks, with a listener", 100, 1, 50),
    ("10 000 tasks, 50 to 550 ms", 10_000, 50, 500),
    ("1 task, 200 to 300 ms", 1, 200, 100),
];

pub fn names() -> Vec<String> {
    CASES.iter().map(|(name, ..)| (*name).to_owned()).collect()
}

/// Runs the case of that name.
pub fn case(who: Who, name: &str, size: Size) -> Option<Series> {
    let (_, sleepers, least, spread) = CASES.into_iter().find(|(known, ..)| *known == name)?;
    let whole = Duration::from_millis(match size {
        Size::Full => 3_000,
        Size::Quick => 1_000,
        Size::Tiny => 1,
    });
    let mean = Duration::from_millis(least + spread / 2);
    let setup = Setup {
        sleepers: if size == Size::Tiny { sleepers.min(10) } else { sleepers },
        sleeps: (whole.as_secs_f64() / mean.as_secs_f64()).ceil() as usize,
        least: Duration::from_millis(least),
        spread: Duration::from_millis(spread),
        listens: name.ends_with("listener"),
    };
    Some(on_peer!(who, late::lateness)(who.threads, &setup))
}

const HEADS: [&str; 8] =
    ["", "peer", "sleeps", "late p50", "p99", "p99.9", "÷ tokio p50, p99, p99.9", "early"];

pub fn report(options: &Options, progress: &Progress) -> Sheet {
    let rounds = options.rounds(5, 2);
    let rows: Vec<Row> =
        names().into_iter().map(|case| Row { case, who: Who::FIVE.to_vec() }).collect();
    let cells = cells::measure(Report::Late, &rows, options, rounds, progress);
    let mut sheet = Sheet { says: SAYS.to_owned(), rounds, ..Sheet::default() };
    let mut lines = Vec::new();
    for row in rows.iter().filter(|row| row.case.contains(&options.only)) {
        for who in &row.who {
            let of = |who: Who, percent| percentile(cells.values(&row.case, who, "late"), percent);
            let against = |percent| ratio(of(*who, percent), of(who.tokio(), percent));
            let all = cells.values(&row.case, *who, "late");
            lines.push(vec![
                row.case.clone(),
                who.to_string(),
                all.len().to_string(),
                time(of(*who, 50.0)),
                time(of(*who, 99.0)),
                time(of(*who, 99.9)),
                format!("{}, {}, {}", against(50.0), against(99.0), against(99.9)),
                all.iter().filter(|late| **late < 0.0).count().to_string(),
            ]);
        }
        let late = |who: &Who| (who.to_string(), cells.values(&row.case, *who, "late").to_vec());
        sheet.plot(Plot::latency(&row.case, row.who.iter().map(late)));
    }
    sheet.grid(&HEADS, lines);
    sheet.notes.extend(cells.failures());
    sheet
}
