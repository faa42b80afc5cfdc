//! what is counted: requests, latencies, how sources ended; as Prometheus text.
//!
//! Whoever is counted may be dropped at any await: a request whose client has gone, a source at the
//! limit. So what is running is a guard, and its `Drop` counts the end that nobody else counts.
//!
//! Latencies go into a histogram of the crate `hdrhistogram`, exact to a hundredth of the value.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use mainspring::runtime::RuntimeMetrics;
use mainspring::time::Instant;

use super::combine::Source;

/// Latencies are kept up to this; a longer one counts as this.
const LONGEST: Duration = Duration::from_secs(3600);

/// All counters of one service, behind one lock.
#[derive(Debug)]
pub struct Numbers(Mutex<Counts>);

#[derive(Debug)]
struct Counts {
    /// By path and status.
    answered: BTreeMap<(String, u16), u64>,
    /// Dropped before there was an answer.
    left: u64,
    in_flight: usize,
    connections: usize,
    /// By source: how it ended.
    sources: BTreeMap<&'static str, Ends>,
    /// Of `/search`, in microseconds.
    latencies: Histogram<u64>,
    total: Duration,
}

/// How a source's answers have ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ends {
    pub answered: u64,
    pub failed: u64,
    /// Dropped before it answered.
    pub dropped: u64,
}

impl Numbers {
    /// Everything is zero. The sources are named, so that each is listed before it has ended once.
    pub fn of(sources: &[&'static str]) -> Numbers {
        let most = LONGEST.as_micros() as u64;
        Numbers(Mutex::new(Counts {
            answered: BTreeMap::new(),
            left: 0,
            in_flight: 0,
            connections: 0,
            sources: sources.iter().map(|name| (*name, Ends::default())).collect(),
            latencies: Histogram::new_with_bounds(1, most, 2).expect("1 < most, two digits"),
            total: Duration::ZERO,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests that have no answer yet.
    pub fn in_flight(&self) -> usize {
        self.lock().in_flight
    }

    /// Requests that have been answered.
    pub fn answered(&self) -> u64 {
        self.lock().answered.values().sum()
    }

    /// A request begins. It ends when it is answered, or else when the guard is dropped.
    pub fn request(self: &Arc<Self>) -> Asked {
        self.lock().in_flight += 1;
        Asked { numbers: self.clone(), start: Instant::now(), answered: false }
    }

    /// A connection that is open until the guard is dropped.
    pub fn connection(self: &Arc<Self>) -> Connected {
        self.lock().connections += 1;
        Connected(self.clone())
    }

    /// The same source, with its end counted: also that it is dropped, and even before its start.
    pub fn watch(self: &Arc<Self>, Source { name, answer }: Source) -> Source {
        let mut watched = Watched { numbers: self.clone(), name, ended: false };
        Source::new(name, async move {
            let answer = answer.await;
            watched.ended = true;
            let mut counts = watched.numbers.lock();
            let ends = counts.sources.entry(name).or_default();
            match answer.is_ok() {
                true => ends.answered += 1,
                false => ends.failed += 1,
            }
            drop(counts);
            answer
        })
    }

    /// How the answers of a source have ended.
    pub fn source(&self, name: &str) -> Ends {
        self.lock().sources.get(name).copied().unwrap_or_default()
    }

    /// Everything in Prometheus's text format, the runtime's own metrics after it.
    pub fn prometheus(&self, runtime: &RuntimeMetrics) -> String {
        let mut page = Page::default();
        self.lock().show(&mut page);
        show_runtime(runtime, &mut page);
        page.0
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Asked {
    numbers: Arc<Numbers>,
    start: Instant,
    answered: bool,
}

impl Asked {
    /// The answer is there. Latencies are those of `/search`.
    pub fn answered(mut self, path: &str, status: u16) {
        self.answered = true;
        let took = self.start.elapsed();
        let mut counts = self.numbers.lock();
        *counts.answered.entry((path.to_owned(), status)).or_default() += 1;
        if path == "/search" {
            counts.latencies.saturating_record(took.as_micros() as u64);
            counts.total += took;
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut counts = self.numbers.lock();
        counts.in_flight -= 1;
        counts.left += u64::from(!self.answered);
    }
}

/// A connection that is open.
#[derive(Debug)]
pub struct Connected(Arc<Numbers>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.lock().connections -= 1;
    }
}

struct Watched {
    numbers: Arc<Numbers>,
    name: &'static str,
    ended: bool,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut counts = self.numbers.lock();
        let ends = counts.sources.entry(self.name).or_default();
        // A panic drops it too, and that is a failure.
        match std::thread::panicking() {
            true => ends.failed += 1,
            false => ends.dropped += 1,
        }
    }
}

/// Prometheus's text format: what a number is, once, and then its values.
#[derive(Default)]
struct Page(String);

impl Page {
    fn about(&mut self, name: &str, kind: &str, help: &str) -> &mut Page {
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        self
    }

    /// One value; `labels` with their braces, or nothing.
    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.about(name, kind, help).value(name, "", value);
    }
}

impl Counts {
    fn show(&self, page: &mut Page) {
        let name = "search_requests_total";
        page.about(name, "counter", "Requests answered, by path and status.");
        for ((path, status), count) in &self.answered {
            page.value(name, &format!("{{path=\"{path}\",status=\"{status}\"}}"), count);
        }
        let help = "Requests dropped before an answer: the client had gone.";
        page.one("search_requests_dropped_total", "counter", help, self.left);
        let help = "Requests without an answer yet, this one too.";
        page.one("search_requests_in_flight", "gauge", help, self.in_flight);
        page.one("search_connections", "gauge", "Open connections.", self.connections);

        let name = "search_seconds";
        page.about(name, "summary", "Time from a request for /search to its answer.");
        for quantile in [0.5, 0.99] {
            let value = self.latencies.value_at_quantile(quantile) as f64 / 1e6;
            page.value(name, &format!("{{quantile=\"{quantile}\"}}"), value);
        }
        page.value("search_seconds_sum", "", self.total.as_secs_f64());
        page.value("search_seconds_count", "", self.latencies.len());

        let name = "search_sources_total";
        page.about(name, "counter", "Answers of the sources, by how they ended.");
        for (source, ends) in &self.sources {
            let all =
                [("answered", ends.answered), ("failed", ends.failed), ("dropped", ends.dropped)];
            for (end, count) in all {
                page.value(name, &format!("{{source=\"{source}\",end=\"{end}\"}}"), count);
            }
        }
    }
}

fn show_runtime(runtime: &RuntimeMetrics, page: &mut Page) {
    let workers = 0..runtime.num_workers();
    let help = "Threads that run tasks.";
    page.one("mainspring_workers", "gauge", help, runtime.num_workers());
    let help = "Tasks that have not ended.";
    page.one("mainspring_tasks", "gauge", help, runtime.num_alive_tasks());
    let help = "Tasks in the queue that all threads share.";
    page.one("mainspring_queue_depth", "gauge", help, runtime.global_queue_depth());
    let name = "mainspring_busy_seconds_total";
    page.about(name, "counter", "Time between the sleeps of a worker.");
    for worker in workers.clone() {
        let busy = runtime.worker_total_busy_duration(worker).as_secs_f64();
        page.value(name, &format!("{{worker=\"{worker}\"}}"), busy);
    }
    let name = "mainspring_sleeps_total";
    page.about(name, "counter", "How often a worker has gone to sleep.");
    for worker in workers {
        let sleeps = runtime.worker_park_count(worker);
        page.value(name, &format!("{{worker=\"{worker}\"}}"), sleeps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Scheduler;

    #[test]
    fn every_end_of_a_source_is_counted_once() {
        Scheduler::CURRENT_THREAD.runtime().unwrap().block_on(async {
            let numbers = Arc::new(Numbers::of(&["db"]));
            let watch = |answer| numbers.watch(Source { name: "db", answer }).answer;
            assert_eq!(watch(Box::pin(async { Ok(Vec::new()) })).await, Ok(Vec::new()));
            assert!(watch(Box::pin(async { Err("no".to_owned()) })).await.is_err());
            let bug = watch(Box::pin(async { panic!("a bug that the test has planted") }));
            assert!(mainspring::spawn(bug).await.unwrap_err().is_panic());
            drop(watch(Box::pin(std::future::pending())));
            let Ends { answered, failed, dropped } = numbers.source("db");
            assert_eq!((answered, failed, dropped), (1, 2, 1));
        });
    }

    #[test]
    fn a_request_that_is_dropped_is_no_answer() {
        let numbers = Arc::new(Numbers::of(&["db"]));
        numbers.request().answered("/search", 200);
        let left = numbers.request();
        assert_eq!((numbers.in_flight(), numbers.answered()), (1, 1));
        drop(left);
        assert_eq!((numbers.in_flight(), numbers.answered()), (0, 1));
    }
}
