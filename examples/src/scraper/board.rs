//! what a scraper counts, and what it says at its end.
//!
//! A page ends in exactly one way, so the summary adds up: what was asked for was stored, or
//! failed, or is left. A page that was fetched and could not be stored is left, and is named.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Uri;

use crate::show::Live;

/// How many different reasons of failures the summary names.
const REASONS: usize = 5;

/// Why a run ended before its work was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Ctrl-C.
    Asked,
    /// The server does not answer: the last error.
    Down(String),
}

/// The counters of a run, shared by its tasks.
#[derive(Debug, Default)]
pub struct Board(Mutex<Counts>);

/// What was counted.
#[derive(Debug, Default)]
pub struct Counts {
    /// Pages that the run was asked for, and those of them that the database had before.
    pub asked: u64,
    pub skipped: u64,
    pub fetched: u64,
    pub saved: u64,
    pub bytes: u64,
    pub failed: u64,
    pub requests: u64,
    pub transactions: u64,
    /// Requests after a first one for the same page.
    pub retries: u64,
    pub in_flight: u64,
    pub peak: u64,
    /// Probes of the circuit breaker that failed since the last answer.
    pub probes: u32,
    /// How often a page found the circuit breaker open, and waited.
    pub waits: u64,
    pub stop: Option<Stop>,
    /// How often each reason ended a page, and the first page of each.
    reasons: BTreeMap<String, (u64, String)>,
    live: Option<Live>,
}

impl Board {
    /// What is counted now. Not to be held over an `await`; a guard of std's can't be, in a task.
    pub fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request is under way until the guard is dropped.
    pub fn request(&self, again: bool) -> InFlight<'_> {
        let mut counts = self.lock();
        counts.requests += 1;
        counts.retries += u64::from(again);
        counts.in_flight += 1;
        counts.peak = counts.peak.max(counts.in_flight);
        InFlight(self)
    }

    /// The database has the page.
    pub fn saved(&self) {
        let mut counts = self.lock();
        counts.saved += 1;
        counts.step();
    }

    /// The page is given up.
    pub fn failed(&self, url: &Uri, why: String) {
        let mut counts = self.lock();
        counts.failed += 1;
        counts.reasons.entry(why).or_insert_with(|| (0, url.to_string())).0 += 1;
        counts.step();
    }
}

/// A request that is counted as being under way.
#[derive(Debug)]
pub struct InFlight<'a>(&'a Board);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.lock().in_flight -= 1;
    }
}

impl Counts {
    /// Shows from now on how many of `total` pages have come to an end.
    pub fn show(&mut self, total: u64) {
        self.live = Some(Live::new("scraper", total));
    }

    fn step(&mut self) {
        if let Some(live) = &mut self.live {
            live.step();
        }
    }

    /// Takes the live line away.
    pub fn hide(&mut self) {
        self.live = None;
    }

    /// Why pages failed, most often first.
    pub fn reasons(&self) -> String {
        let mut reasons: Vec<_> = self.reasons.iter().collect();
        reasons.sort_by_key(|(_, (times, _))| std::cmp::Reverse(*times));
        let mut text = String::new();
        for (why, (times, url)) in reasons.iter().take(REASONS) {
            let _ = write!(text, "\n             {times} x {why} (first {url})");
        }
        if let Some(more @ 1..) = reasons.len().checked_sub(REASONS) {
            let _ = write!(text, "\n             and {more} other reasons");
        }
        text
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Summary {
    pub counts: Counts,
    pub wall: Duration,
    /// Rows in the table of pages at the end, if the database still said so.
    pub rows: Option<u64>,
    /// Pages that are still to be fetched or stored; of all processes that share the queue.
    pub left: u64,
    /// Why pages could not be stored.
    pub store_error: Option<String>,
}

impl Summary {
    /// Whether every page is in the database.
    #[must_use]
    pub fn good(&self) -> bool {
        self.counts.failed == 0 && self.left == 0 && self.store_error.is_none()
    }

    /// The lines for people; `database` is where the pages are.
    #[must_use]
    pub fn text(&self, database: &str) -> String {
        let c = &self.counts;
        let mut text = String::new();
        let mut line = |name: &str, what: String| {
            let _ = writeln!(text, "{name:<12} {what}");
        };
        let skipped = match c.skipped {
            0 => String::new(),
            n => format!(", {n} are in the database already (--again fetches them too)"),
        };
        line("pages", format!("{} asked for{skipped}; {} fetched", c.asked, c.fetched));
        let rows = self.rows.map_or("unknown".into(), |rows| rows.to_string());
        line(
            "saved",
            format!(
                "{} of {} fetched, in {} transactions; rows in scraped_pages: {rows}",
                c.saved, c.fetched, c.transactions
            ),
        );
        line("retries", format!("{} of {} requests", c.retries, c.requests));
        line("failed", format!("{}{}", c.failed, c.reasons()));
        if c.waits > 0 {
            line("breaker", format!("opened; pages waited for it {} times", c.waits));
        }
        if self.left > 0 {
            let how = match database {
                ":memory:" => "the database was in memory and is gone".to_owned(),
                name => format!("to go on, give the same pages and --database {name}"),
            };
            line("left", format!("{} pages; {how}", self.left));
        }
        text
    }
}
