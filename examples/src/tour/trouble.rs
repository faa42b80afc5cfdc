//! a fetch in trouble: dropped connections, and a page that hangs.
//!
//! The fetch itself is `fetch.rs`. Here: which pages it is given, and what must come of them.

#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::time::Duration;

use hyper::Uri;

use super::stop::wrapped;
use crate::address;

/// How many pages, and how many at a time.
pub const PAGES: u64 = 200;
pub const LIMIT: usize = 20;
/// How long a page may take. All but one take 20 ms and less.
pub const PATIENCE: Duration = Duration::from_millis(500);
/// How many attempts a page gets after the first.
pub const RETRIES: u32 = 2;
/// One page in so many has its connection closed at first.
const DROPS: u64 = 10;
/// The page that never answers.
const HANGS: u64 = 105;
const HANGING: &str = "/hang";

/// The pages of the server.
///
/// # Errors
/// When one of them is no address.
pub fn urls(server: SocketAddr) -> Result<Vec<Uri>, String> {
    let path = |i| match i {
        HANGS => HANGING.to_owned(),
        i if i % DROPS == 0 => format!("/drop/trouble{i}/1"),
        i => format!("/products/{i}"),
    };
    (0..PAGES).map(|i| address::read(&format!("http://{server}{}", path(i)))).collect()
}

/// What came of the fetch.
#[derive(Clone, Debug)]
pub struct End {
    pub good: u64,
    pub attempts: u64,
    pub retries: u64,
    /// The first page that did not come, and why.
    pub lost: Option<String>,
    /// Requests that the server has seen.
    pub seen: u64,
    pub wall: Duration,
}

impl End {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let (wall, dropped) = (self.wall.as_secs_f64(), PAGES / DROPS);
        let lost = self.lost.as_deref().unwrap_or("nothing, which cannot be");
        let late = match self.retries.saturating_sub(dropped + u64::from(RETRIES)) {
            0 => String::new(),
            more => format!(", {more} for pages that came late"),
        };
        let lines = [
            wrapped("pages", &format!("{} of {PAGES} came, in {wall:.3} s", self.good)),
            wrapped("dropped", &format!("{dropped} connections, each page of which came later")),
            wrapped(
                "retries",
                &format!(
                    "{} of {} attempts: {dropped} after a drop, {RETRIES} for the page that \
                     hangs{late}",
                    self.retries, self.attempts
                ),
            ),
            wrapped("hangs", lost),
        ];
        lines.map(|line| line + "\n").concat()
    }

    /// What of it cannot be right.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        let mut found = Vec::new();
        let (good, least) = (PAGES - 1, PAGES / DROPS + u64::from(RETRIES));
        if self.good != good {
            found.push(format!("{} pages came, and not {good}", self.good));
        }
        // On a machine that is busy there may be more: another page may be late.
        if self.retries < least || self.attempts != PAGES + self.retries {
            found.push(format!(
                "{} retries in {} attempts, and not {least} or more in {PAGES} more than that",
                self.retries, self.attempts
            ));
        }
        if self.seen > self.attempts {
            found.push(format!(
                "the server saw {} requests, more than the {} attempts that were counted",
                self.seen, self.attempts
            ));
        }
        match &self.lost {
            Some(lost) if lost.contains(HANGING) && lost.contains("no answer within") => {}
            lost => found.push(format!("{HANGING} should end by its time-out, and not: {lost:?}")),
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> End {
        End {
            good: 199,
            attempts: 222,
            retries: 22,
            lost: Some("http://a/hang no success: no answer within 500ms".to_owned()),
            seen: 222,
            wall: Duration::from_secs(2),
        }
    }

    #[test]
    fn a_tenth_is_dropped_and_one_hangs() {
        let urls = urls("127.0.0.1:8000".parse().unwrap()).unwrap();
        let count = |part: &str| urls.iter().filter(|url| url.path().starts_with(part)).count();
        assert_eq!((count("/drop/"), count("/hang"), count("/products/")), (20, 1, 179));
    }

    #[test]
    fn a_good_end_has_nothing_to_complain_of_and_names_the_page_that_hangs() {
        assert_eq!(good().complaints(), [""; 0]);
        assert!(good().text().contains("http://a/hang no success"), "{}", good().text());
        let late = End { attempts: 225, retries: 25, seen: 224, ..good() };
        assert_eq!(late.complaints(), [""; 0]);
    }

    #[test]
    fn each_planted_fault_is_found() {
        let faults = [
            (End { good: 198, ..good() }, "198 pages came, and not 199"),
            (End { good: 200, ..good() }, "200 pages came, and not 199"),
            (End { retries: 2, attempts: 202, seen: 202, ..good() }, "2 retries in 202 attempts"),
            (End { attempts: 223, ..good() }, "22 retries in 223 attempts"),
            (End { seen: 223, ..good() }, "the server saw 223 requests"),
            (End { lost: None, ..good() }, "/hang should end by its time-out"),
            (End { lost: Some("http://a/x 503".into()), ..good() }, "/hang should end"),
        ];
        for (end, says) in faults {
            let found = end.complaints();
            assert!(found.len() == 1 && found[0].contains(says), "{says}: {found:?}");
        }
    }
}
