//! what a scraper goes by: its numbers, and the addresses of its pages.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use hyper::Uri;
use mainspring::rate::{BreakerConfig, RateLimiter};
use mainspring::retry::Backoff;

use crate::address;

/// The document's pages, one of which comes twice; it takes the five twenty times.
pub const PATHS: [&str; 5] = ["/delay/1", "/delay/2", "/delay/1", "/json", "/html"];
/// The server that the document asks, and that the embedded one stands in for. Pages keep this name
/// in the database, because the embedded server has another port in each run.
pub const STOOD_IN_FOR: &str = "http://httpbin.org";

/// The numbers of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many requests at a time.
    pub limit: usize,
    /// How many pages may be under way, those included that wait for another try.
    pub workers: usize,
    /// How many addresses may wait in the queue, and how many pages for the writer.
    pub room: usize,
    /// How many tries a page gets.
    pub tries: NonZeroU32,
    /// The longest wait after a first failure; doubled after each further one.
    pub base: Duration,
    /// What one request may take.
    pub timeout: Duration,
    /// So many requests a second, after as many as `burst` at once.
    pub rate: f64,
    pub burst: u32,
    /// So many failures within twice the time-out open the circuit breaker …
    pub failures: u32,
    /// … for so long; then one request may probe.
    pub cool_down: Duration,
    /// So many failed probes, one after the other, end the run.
    pub probes: u32,
    /// How many pages go into one transaction at most.
    pub batch: usize,
    /// How long to rest before the shared queue is asked again for something to do.
    pub rest: Duration,
}

impl Plan {
    /// The document's numbers: ten at a time, three tries, a wait of up to a second. What it names
    /// without a number (rate, breaker) has one of ours.
    #[must_use]
    pub fn new(limit: usize) -> Plan {
        Plan {
            limit,
            workers: 2 * limit,
            room: 2 * limit,
            tries: const { NonZeroU32::new(3).unwrap() },
            base: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
            rate: 100.0,
            burst: 100,
            failures: u32::try_from(2 * limit).unwrap_or(u32::MAX),
            cool_down: Duration::from_secs(2),
            probes: 3,
            batch: 50,
            rest: Duration::from_millis(50),
        }
    }

    /// The same for a server whose delays are multiplied by `scale`: waits shrink with them, and
    /// the rate grows.
    #[must_use]
    pub fn scaled(self, scale: f64) -> Plan {
        Plan {
            base: self.base.mul_f64(scale),
            cool_down: self.cool_down.mul_f64(scale),
            rate: self.rate / scale,
            ..self
        }
    }

    /// How often to try, and how long to wait in between.
    #[must_use]
    pub fn backoff(&self) -> Backoff<'static> {
        Backoff::exponential(self.base, self.tries).cap(self.base.saturating_mul(8))
    }

    /// How many may start within a time.
    #[must_use]
    pub fn limiter(&self) -> RateLimiter {
        RateLimiter::new(self.rate, self.burst)
    }

    /// When to stop asking for a while.
    #[must_use]
    pub fn breaker(&self) -> BreakerConfig {
        BreakerConfig {
            failures: self.failures,
            window: self.timeout.saturating_mul(2),
            cool_down: self.cool_down,
            probes: 1,
        }
    }
}

/// A page to fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its row in a shared queue, or its number in the list.
    pub id: i64,
    pub url: Uri,
}

/// A page that was fetched, as the database gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub job: i64,
    pub url: String,
    pub length: i64,
}

/// So many pages of the server at `base`: `paths` in turn. `{i}` in a path is the number of the
/// page.
///
/// # Errors
/// Which part is no address, and what would be one.
pub fn pages(base: &str, paths: &[String], pages: u64) -> Result<Vec<Uri>, String> {
    address::read(base)?;
    let base = base.strip_suffix('/').unwrap_or(base);
    if base.contains(['?', '#']) {
        return Err(format!("{base:?}: give the server without ? and #, and --path for the rest"));
    }
    if let Some(path) = paths.iter().find(|path| !path.starts_with('/')) {
        return Err(format!("{path:?} is no path: paths start with /, such as /json"));
    }
    (0..pages)
        .zip(paths.iter().cycle())
        .map(|(i, path)| address::read(&format!("{base}{}", path.replace("{i}", &i.to_string()))))
        .collect()
}

/// The addresses in the text of a file called `name`, one a line. Empty lines and such that start
/// with `#` do not count.
///
/// # Errors
/// Which line is no address.
pub fn listed(name: &str, text: &str) -> Result<Vec<Uri>, String> {
    // Some editors begin a file with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().map(str::trim).zip(1..);
    let urls: Result<Vec<_>, _> = lines
        .filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, n)| address::read(line).map_err(|error| format!("{name}, line {n}: {error}")))
        .collect();
    match urls {
        Ok(urls) if urls.is_empty() => {
            Err(format!("{name} has no address: write one on each line"))
        }
        urls => urls,
    }
}

/// Where to ask for `url` when the server at `addr` stands in for all others.
#[must_use]
pub fn stand_in(url: &Uri, addr: SocketAddr) -> Uri {
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    format!("http://{addr}{path}").parse().unwrap_or_else(|_| url.clone())
}

/// How long the embedded server takes for `url`, if its path says so.
#[must_use]
pub fn delay(url: &Uri, scale: f64) -> Option<Duration> {
    let mut parts = url.path().split('/').skip(1);
    let delay = match (parts.next()?, parts.next()) {
        ("json" | "html" | "get", None) => Duration::ZERO,
        ("delay", Some(n)) => Duration::try_from_secs_f64(n.parse().ok()?).ok()?,
        ("fixed", Some(ms)) => Duration::from_millis(ms.parse().ok()?),
        _ => return None,
    };
    Some(delay.mul_f64(scale))
}

/// How many of them differ.
#[must_use]
pub fn distinct(urls: &[Uri]) -> usize {
    urls.iter().collect::<HashSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Vec<Uri> {
        pages(STOOD_IN_FOR, &PATHS.map(String::from), 100).unwrap()
    }

    #[test]
    fn the_documents_hundred_pages_have_four_addresses_and_need_nine_seconds() {
        let urls = document();
        assert_eq!((urls.len(), distinct(&urls)), (100, 4));
        let delays: Option<Vec<_>> = urls.iter().map(|url| delay(url, 1.0)).collect();
        let floor = crate::floor::makespan(&delays.unwrap(), Plan::new(10).limit);
        assert_eq!(floor, Duration::from_secs(9));
    }

    #[test]
    fn a_number_in_the_path_makes_every_page_another() {
        let urls = pages("http://a:1/", &["/x?page={i}".into()], 3).unwrap();
        assert_eq!(distinct(&urls), 3);
        assert_eq!(urls[2], "http://a:1/x?page=2");
    }

    #[test]
    fn what_is_no_address_is_named() {
        for base in ["wss://a", "a", "http://", "ftp://a", "/delay"] {
            let error = pages(base, &["/".into()], 1).unwrap_err();
            assert!(error.contains("http://") || error.contains("no address"), "{base}: {error}");
        }
        assert!(pages("http://a", &["json".into()], 1).unwrap_err().contains("start with /"));
        assert!(pages("http://a", &["/a b".into()], 1).unwrap_err().contains("/a b"));
    }

    #[test]
    fn a_list_names_the_line_that_is_wrong() {
        assert_eq!(listed("f", "# pages\n\nhttp://a/1\n http://a/2 \n").unwrap().len(), 2);
        let error = listed("f", "https://a/1\nftp://a/2\n").unwrap_err();
        assert!(error.contains("f, line 2") && error.contains("http://"), "{error}");
        assert!(listed("f", "\n#\n").unwrap_err().contains("no address"));
    }

    #[test]
    fn the_stand_in_gets_the_path_and_the_query() {
        let url = "http://httpbin.org/delay/1?page=3".parse().unwrap();
        let addr = "127.0.0.1:8000".parse().unwrap();
        assert_eq!(stand_in(&url, addr), "http://127.0.0.1:8000/delay/1?page=3");
    }
}
