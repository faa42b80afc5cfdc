//! what the documents claim, and the work that each claim is about.
//!
//! A claim is a time, said of some requests made so many at a time. Its floor is that of the same
//! delays with as many permits (`floor.rs`). A claim below it was not measured that way; one above
//! it may have been. What CPython needed for the same work, on another run of the same machine, is
//! quoted beside it and is not measured here.

#![forbid(unsafe_code)]

use std::time::Duration;

use super::table;
use crate::floor::{hundred, makespan};

/// Some requests, and what is claimed of them.
#[derive(Debug)]
pub struct Work {
    pub name: &'static str,
    /// The answers' delays in milliseconds at the documents' size, and the paths that have them.
    requests: fn() -> Vec<(f64, String)>,
    /// Run at the documents' size whatever the scale, and not one at a time: it takes well under a
    /// second as it is, and a tenth of it would show nothing but the cost of connecting.
    pub whole: bool,
    pub claims: &'static [Claim],
}

/// One line of a document.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub id: &'static str,
    /// In which document, and of what.
    pub of: &'static str,
    /// Seconds that it gives, if it gives any.
    pub says: Option<f64>,
    /// How many at a time the claim is about.
    pub permits: usize,
    /// How many at a time the runtime makes them for comparison.
    pub ours: usize,
    /// Seconds of CPython for what is claimed.
    pub python: Option<f64>,
}

impl Work {
    /// Where to ask.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        (self.requests)().into_iter().map(|(_, path)| path).collect()
    }

    /// How long each answer takes.
    #[must_use]
    pub fn delays(&self, scale: f64) -> Vec<Duration> {
        let delay = |(ms, _): (f64, String)| Duration::from_secs_f64(ms / 1e3).mul_f64(scale);
        (self.requests)().into_iter().map(delay).collect()
    }

    /// The time of all of them, so many at a time, if nothing else costs anything.
    #[must_use]
    pub fn floor(&self, permits: usize, scale: f64) -> Duration {
        makespan(&self.delays(scale), permits)
    }

    /// What to think of a claim.
    #[must_use]
    pub fn verdict(&self, claim: &Claim) -> String {
        let floor = self.floor(claim.permits, 1.0);
        let claimed = match claim.says {
            Some(says) => format!("says {says} s, {}", table::verdict(says, floor)),
            None => "gives no time".to_owned(),
        };
        match claim.python {
            Some(python) => format!("{claimed}; CPython, quoted: {python} s"),
            None => claimed,
        }
    }
}

const fn claim(
    id: &'static str,
    of: &'static str,
    says: Option<f64>,
    [permits, ours]: [usize; 2],
    python: Option<f64>,
) -> Claim {
    Claim { id, of, says, permits, ours, python }
}

/// More than there are requests.
pub const ALL: usize = 100;

fn at_delay(seconds: impl IntoIterator<Item = u64>) -> Vec<(f64, String)> {
    seconds.into_iter().map(|s| (s as f64 * 1e3, format!("/delay/{s}"))).collect()
}

fn products() -> Vec<(f64, String)> {
    (0..1000).map(|i| (20.0, format!("/products/{i}"))).collect()
}

fn hundred_pages() -> Vec<(f64, String)> {
    (0..100).map(|_| (200.0, "/fixed/200".to_owned())).collect()
}

fn scraper() -> Vec<(f64, String)> {
    let five = || [(1, "/delay/1"), (2, "/delay/2"), (1, "/delay/1"), (0, "/json"), (0, "/html")];
    (0..20).flat_map(|_| five()).map(|(s, path)| (f64::from(s) * 1e3, path.to_owned())).collect()
}

fn hundred_gets() -> Vec<(f64, String)> {
    let delays = hundred(1.0).into_iter().zip(0..);
    delays.map(|(delay, i)| (delay.as_secs_f64() * 1e3, format!("/lat/{i}"))).collect()
}

/// In the order in which they are shown.
pub const WORK: [Work; 8] = [
    Work {
        name: "100 pages of 0.2 s",
        requests: hundred_pages,
        whole: false,
        claims: &[claim("F1", "1st: one at a time", Some(20.0), [1, 10], Some(20.4))],
    },
    Work {
        name: "the same, at full size",
        requests: hundred_pages,
        whole: true,
        claims: &[claim("F2", "1st: asyncio, 2 to 3 s", Some(2.0), [ALL, ALL], Some(0.238))],
    },
    Work {
        name: "1000 products of 20 ms, at full size",
        requests: products,
        whole: true,
        claims: &[claim("F3", "1st: 50 at a time", None, [50, 50], Some(0.473))],
    },
    Work {
        name: "3 pages of 1, 2, 1 s",
        requests: || at_delay([1, 2, 1]),
        whole: false,
        claims: &[claim("F5", "2nd: 10 threads", Some(2.11), [10, 10], Some(2.01))],
    },
    Work {
        name: "5 pages of 1, 1, 2, 1, 1 s",
        requests: || at_delay([1, 1, 2, 1, 1]),
        whole: false,
        claims: &[claim("F6", "2nd: 5 at a time", None, [5, 5], Some(2.01))],
    },
    Work {
        name: "100 pages of 1, 2, 1, 0, 0 s in turn",
        requests: scraper,
        whole: false,
        claims: &[
            claim("F7", "2nd: one at a time", Some(25.0), [1, 10], None),
            claim("F8", "2nd: no limit", Some(5.5), [ALL, ALL], Some(2.2)),
            claim("F9", "2nd: 10 at a time", Some(7.2), [10, 10], Some(9.07)),
            claim("F9", "2nd: with retries, threads", Some(8.0), [10, 10], Some(9.25)),
        ],
    },
    Work {
        name: "50 pages of 0, 1, 2 s in turn",
        requests: || at_delay((0..50).map(|i| i % 3)),
        whole: false,
        claims: &[
            claim("F10a", "5th: 10 at a time", Some(6.824), [10, 10], Some(6.02)),
            claim("F10a", "5th: one at a time", Some(75.0), [1, 10], None),
        ],
    },
    Work {
        name: "100 GETs of 0.5 to 1.5 s",
        requests: hundred_gets,
        whole: false,
        claims: &[
            claim("F10b", "5th: one at a time", Some(102.3), [1, 10], None),
            claim("F10c", "5th: 10 threads", Some(12.1), [10, 10], Some(10.68)),
            claim("F10d", "5th: asyncio", Some(6.4), [ALL, ALL], Some(1.59)),
            claim("F10e", "5th: 5 at a time", Some(12.8), [5, 5], Some(20.47)),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(id: &str) -> Vec<String> {
        let all = WORK.iter().flat_map(|work| work.claims.iter().map(move |c| (work, c)));
        all.filter(|(_, c)| c.id == id).map(|(work, c)| work.verdict(c)).collect()
    }

    #[test]
    fn the_impossible_claims_are_told_from_the_plausible_ones() {
        let all = WORK.iter().flat_map(|work| work.claims.iter().map(move |c| (work, c)));
        let below = all.filter(|(w, c)| w.verdict(c).contains("below")).map(|(_, c)| c.id);
        assert_eq!(below.collect::<Vec<_>>(), ["F7", "F9", "F9", "F10e"]);
        assert_eq!(verdicts("F7"), ["says 25 s, below the floor, 80.00 s"]);
        assert_eq!(verdicts("F1"), ["says 20 s, plausible: 1.00 × floor; CPython, quoted: 20.4 s"]);
        assert_eq!(verdicts("F3"), ["gives no time; CPython, quoted: 0.473 s"]);
    }

    #[test]
    fn the_paths_have_the_delays_that_they_name() {
        for work in &WORK {
            let (paths, delays) = (work.paths(), work.delays(1.0));
            assert_eq!(paths.len(), delays.len());
            for (path, delay) in paths.iter().zip(delays) {
                let mut parts = path.split('/').skip(1);
                let expected = match (parts.next().unwrap(), parts.next()) {
                    ("delay", Some(s)) => Duration::from_secs(s.parse().unwrap()),
                    ("fixed", Some(ms)) => Duration::from_millis(ms.parse().unwrap()),
                    ("lat", Some(i)) => crate::floor::latency(i.parse().unwrap()),
                    ("products", Some(_)) => Duration::from_millis(20),
                    ("json" | "html", None) => Duration::ZERO,
                    _ => panic!("{path}"),
                };
                assert!(delay.abs_diff(expected) < Duration::from_micros(1), "{path}: {delay:?}");
            }
        }
    }
}
