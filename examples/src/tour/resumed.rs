//! the scraper stopped half-way, and started again.
//!
//! The scraper itself is `scraper::run`. Here it gets the same list of pages twice: the first run
//! is stopped at its 45th page, as ctrl-c stops it; the second opens the database anew and fetches
//! what is missing. In between stands one who notes how often each page came.

#![forbid(unsafe_code)]

use crate::say;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::Uri;
use mainspring::sync::CancellationToken;

use super::stop::wrapped;
use crate::client::Client;
use crate::page::Failure;
use crate::scraper::board::{Board, Stop, Summary};
use crate::scraper::fetch::{Pages, Web};
use crate::scraper::plan::{PATHS, Plan, STOOD_IN_FOR, pages};
use crate::scraper::run::scrape;
use crate::scraper::store::{Knobs, Store};

const PAGES: u64 = 100;
/// How many requests at a time.
const LIMIT: usize = 10;
/// The first run is stopped when so many pages have come.
const HALF: usize = 45;

/// How both runs ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Pages that came in the first run, and that it stored.
    pub fetched_first: u64,
    pub saved_first: u64,
    /// Pages that the second run found in the database, and those that it stored.
    pub skipped: u64,
    pub saved_then: u64,
    /// Rows at the end, and pages that are not in the database.
    pub rows: Option<u64>,
    pub left: u64,
    /// Pages that came more than once.
    pub twice: Vec<String>,
    /// Requests of both runs together.
    pub requests: u64,
    /// What went wrong on the way, if anything did.
    pub error: Option<String>,
}

/// Both runs, into a new file `database`, from the server at `server`, whose delays are multiplied
/// by `scale`.
///
/// # Errors
/// The database cannot be opened or read.
///
/// # Cancel safety
/// Dropping it ends all its tasks; the file stays.
pub async fn both_runs(server: SocketAddr, database: &Path, scale: f64) -> Result<End, String> {
    let noted = Arc::new(Noted::default());
    let first = run(server, database, scale, noted.clone(), true).await?;
    let saved = first.counts.saved;
    say!("{}", wrapped("stopped", &format!("{saved} of {PAGES} pages stored; again:")));
    let then = run(server, database, scale, noted.clone(), false).await?;
    let came = noted.came.lock().unwrap_or_else(PoisonError::into_inner);
    let twice = came.iter().filter(|(_, times)| **times > 1).map(|(url, _)| url.to_string());
    Ok(End {
        fetched_first: first.counts.fetched,
        saved_first: saved,
        skipped: then.counts.skipped,
        saved_then: then.counts.saved,
        rows: then.rows,
        left: then.left,
        twice: twice.collect(),
        requests: first.counts.requests + then.counts.requests,
        error: trouble(&first).or_else(|| trouble(&then)),
    })
}

/// Why a run did not store all that it could.
fn trouble(summary: &Summary) -> Option<String> {
    let counts = &summary.counts;
    match (&summary.store_error, &counts.stop, counts.failed) {
        (Some(error), ..) => Some(error.clone()),
        (None, Some(Stop::Down(why)), _) => Some(format!("the server is down: {why}")),
        (None, _, 0) => None,
        (None, _, failed) => Some(format!("pages that failed: {failed}{}", counts.reasons())),
    }
}

async fn run(
    server: SocketAddr,
    database: &Path,
    scale: f64,
    noted: Arc<Noted>,
    stops: bool,
) -> Result<Summary, String> {
    let text = |error: crate::scraper::store::StoreError| error.to_string();
    let knobs = Knobs { busy: Duration::from_secs(5), most: None };
    let store = Store::open(&database.display().to_string(), knobs).await.map_err(text)?;
    let paths = PATHS.map(|path| format!("{path}?page={{i}}"));
    let urls = pages(STOOD_IN_FOR, &paths, PAGES)?;
    let (stop, board) = (CancellationToken::new(), Arc::new(Board::default()));
    let web = Web { client: Client::new(LIMIT), stand_in: Some(server) };
    let halt = stops.then(|| (stop.clone(), board.clone()));
    let plan = Plan::new(LIMIT).scaled(scale);
    scrape(plan, store, urls, false, Noting { web, noted, halt }, stop, board).await.map_err(text)
}

/// How often each page has come.
#[derive(Debug, Default)]
struct Noted {
    came: Mutex<HashMap<Uri, u32>>,
}

/// Pages of the network, with a note of each that came; stops the run half-way if it shall.
#[derive(Debug)]
struct Noting {
    web: Web,
    noted: Arc<Noted>,
    halt: Option<(CancellationToken, Arc<Board>)>,
}

impl Pages for Noting {
    async fn get(&self, url: &Uri) -> Result<u64, Failure> {
        let length = self.web.get(url).await?;
        let many = {
            let mut came = self.noted.came.lock().unwrap_or_else(PoisonError::into_inner);
            *came.entry(url.clone()).or_default() += 1;
            came.len()
        };
        if let Some((stop, board)) = self.halt.as_ref().filter(|_| many == HALF) {
            // What `scraper.rs` does at ctrl-c.
            board.lock().stop.get_or_insert(Stop::Asked);
            stop.cancel();
        }
        Ok(length)
    }
}

impl End {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let (found, then) = (self.skipped, self.saved_then);
        let rows = self.rows.map_or("unknown".to_owned(), |rows| rows.to_string());
        let cut = self.requests.saturating_sub(PAGES);
        let lines = [
            wrapped("resumed", &format!("{found} found in the database, {then} fetched")),
            wrapped(
                "rows",
                &format!("{rows} of {PAGES}; pages that came twice: {}", self.twice.len()),
            ),
            wrapped(
                "cut off",
                &format!("{cut} requests, by the stop; their pages came in the second run"),
            ),
        ];
        lines.map(|line| line + "\n").concat()
    }

    /// What of it cannot be right.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        if let Some(error) = &self.error {
            found.push(error.clone());
        }
        let first = self.saved_first;
        if first < HALF as u64 || first >= PAGES {
            found
                .push(format!("the first run stored {first} pages; {HALF} were there at its stop"));
        }
        if self.fetched_first != first {
            found
                .push(format!("{} pages came before the stop, {first} stored", self.fetched_first));
        }
        if self.skipped != first {
            found.push(format!("{first} pages were stored, {} found again", self.skipped));
        }
        if self.rows != Some(PAGES) || self.left > 0 {
            let rows = self.rows.map_or("unknown".to_owned(), |rows| rows.to_string());
            let left = self.left;
            found.push(format!("rows at the end: {rows}, and not {PAGES}; pages left: {left}"));
        }
        if let Some(url) = self.twice.first() {
            found.push(format!("{} pages were fetched twice, {url} among them", self.twice.len()));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tour::leave::Scratch;

    fn good() -> End {
        End {
            fetched_first: 47,
            saved_first: 47,
            skipped: 47,
            saved_then: 53,
            rows: Some(100),
            left: 0,
            twice: Vec::new(),
            requests: 109,
            error: None,
        }
    }

    #[test]
    fn a_good_end_has_nothing_to_complain_of() {
        assert_eq!(good().complaints(), [""; 0]);
        assert!(good().text().contains("100 of 100"), "{}", good().text());
    }

    #[test]
    fn each_planted_fault_is_found() {
        let faults = [
            (End { fetched_first: 48, ..good() }, "48 pages came before the stop, 47 stored"),
            (End { skipped: 46, ..good() }, "47 pages were stored, 46 found again"),
            (End { rows: Some(99), ..good() }, "rows at the end: 99, and not 100"),
            (End { rows: None, ..good() }, "rows at the end: unknown"),
            (End { left: 1, ..good() }, "pages left: 1"),
            (End { twice: vec!["http://a/7".into()], ..good() }, "twice, http://a/7 among them"),
            (End { error: Some("the disk is full".into()), ..good() }, "the disk is full"),
        ];
        for (end, says) in faults {
            let found = end.complaints();
            assert!(found.len() == 1 && found[0].contains(says), "{says}: {found:?}");
        }
        let whole = End { fetched_first: 100, saved_first: 100, skipped: 100, ..good() };
        assert!(whole.complaints()[0].contains("the first run stored 100 pages"));
    }

    /// A server that is not there: the pages are left, and that is told.
    #[test]
    fn a_run_that_gets_nothing_is_a_fault() {
        let scratch = Scratch::default();
        let file = scratch.make().unwrap().join("pages.db");
        let runtime = crate::flags::Scheduler::CURRENT_THREAD.runtime().unwrap();
        let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
        let end = runtime.block_on(both_runs(nobody, &file, 0.01)).unwrap();
        let found = end.complaints();
        for part in ["the server is down", "rows at the end: 0", "the first run stored 0"] {
            assert!(found.iter().any(|what| what.contains(part)), "{part}: {end:?}");
        }
        scratch.remove().unwrap();
    }
}
