//! The crawler: 50 pages, 10 at a time, three tries each, and what became of them in figures.
//!
//! ```text
//! cargo run --release --example crawl                      50 pages of 0, 1 and 2 s, 6 s
//! cargo run --release --example crawl -- --scale 0.1       the same, ten times as fast
//! cargo run --release --example crawl -- --fail-first 1    every tenth page fails once
//! cargo run --release --example crawl -- --fail-first 9    every tenth page never works
//! cargo run --release --example crawl -- --pages 9 --url 'http://127.0.0.1:8000/delay/{i%3}'
//! ```
//!
//! What you will see: how many pages succeeded; the reasons of those that did not, each with how
//! often and where first; mean, median and longest latency of the attempts that brought a page; and
//! the wall time beside its floor, which is the time that the same delays need in the same order
//! with as many permits: 6.0 s. One page at a time they take 49 s. The exit status is 0 if every
//! page was read. Both schedulers start the pages in the same order.
//!
//! From the fifth document. Faults of its crawler that this one cannot have: its results are not
//! there where Python has task groups (`UnboundLocalError`); it marks a failure by a time of -1 and
//! counts what took more than 0 after rounding, so a page that comes within half a millisecond has
//! failed (44 to 49 of 50 in four runs), where here the outcome is a `Result` and a time is only a
//! time; and the reason that it gives for a time-out is an empty text.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use examples::client::Client;
use examples::page::{Failure, Fetcher, Page};
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::show::Live;
use examples::{address, flags, floor, plain, say};
use hyper::Uri;
use mainspring::retry::{Backoff, RetryError};
use mainspring::task::{JoinError, JoinSet};
use mainspring::time::Instant;

/// A crawler with a limit, tries, time limits, and statistics.
#[derive(Debug, Parser)]
pub struct Options {
    /// What to read; {i} is the number of the page, {i%3} that number modulo 3. Without it: pages
    /// of 0, 1 and 2 s of a local server that the program starts
    #[arg(long)]
    url: Option<String>,
    /// How many pages
    #[arg(long, default_value = "50", value_parser = flags::count_or_none::<u64>)]
    pages: u64,
    /// How many of them at a time
    #[arg(long, default_value = "10", value_parser = flags::count::<NonZeroUsize>)]
    limit: NonZeroUsize,
    /// How many tries a page gets, the first one included
    #[arg(long, default_value = "3")]
    tries: NonZeroU32,
    /// Seconds for one try, from connecting to the last byte
    #[arg(long, default_value = "10", value_parser = flags::patience)]
    timeout: Duration,
    /// The longest wait after a first failure, in seconds; doubled after each further one
    #[arg(long, default_value = "0.5", value_parser = flags::seconds)]
    backoff: Duration,
    /// How often every tenth page of the local server fails before it works
    #[arg(long, default_value_t = 0)]
    fail_first: u64,
    /// Factor for the local server's delays and for the backoff
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    web: flags::Web,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn main() -> ExitCode {
    if let Some(end) = be_the_server_if_asked() {
        return end;
    }
    let options = Options::parse();
    options.scheduler.run(run(&options))
}

async fn run(options: &Options) -> Result<(), String> {
    let client = options.web.client(options.limit.get());
    let Some(template) = &options.url else {
        let server = ServerProcess::start(options.scale)
            .map_err(|error| format!("cannot start the local server: {error}"))?;
        let (urls, delays) = delayed(server.addr(), options)?;
        let report = crawl(options, client, urls).await.map_err(|error| error.to_string())?;
        say!("{report}");
        beside_the_floor(&delays, options, report.wall);
        let stats = plain::get_json(server.addr(), "/stats").map_err(|error| error.to_string())?;
        say!("server   at most {} requests in flight", stats["peak_in_flight"]);
        return report.verdict();
    };
    let urls = address::filled(template, options.pages)?;
    let report = crawl(options, client, urls).await.map_err(|error| error.to_string())?;
    say!("{report}");
    report.verdict()
}

/// The document's pages and their delays. A page that fails at first answers 503, or drops the
/// connection, and comes at once when it works.
fn delayed(server: SocketAddr, options: &Options) -> Result<(Vec<Uri>, Vec<Duration>), String> {
    let k = options.fail_first;
    let page = |i: u64| {
        let (path, delay) = match (k, i % 20) {
            (1.., 0) => (format!("/flaky/page{i}/{k}/503"), 0),
            (1.., 10) => (format!("/drop/page{i}/{k}"), 0),
            _ => (format!("/delay/{}", i % 3), i % 3),
        };
        let url = address::read(&format!("http://{server}{path}"))?;
        Ok((url, Duration::from_secs(delay).mul_f64(options.scale)))
    };
    (0..options.pages).map(page).collect()
}

fn beside_the_floor(delays: &[Duration], options: &Options, wall: Duration) {
    let floor = floor::makespan(delays, options.limit.get()).as_secs_f64();
    let one_by_one: Duration = delays.iter().sum();
    let (ratio, one_by_one) = (wall.as_secs_f64() / floor, one_by_one.as_secs_f64());
    let times = if floor > 0.0 { format!("{ratio:.3} times that") } else { "no delays".into() };
    say!("floor    {floor:.3} s; this run took {times}. One at a time: {one_by_one:.1} s");
}

type Outcome = Result<Page, RetryError<Failure>>;

/// Reads them all, a task each. A task is spawned when there is a permit for its first try, so they
/// start in this order on any scheduler.
pub async fn crawl(options: &Options, client: Client, urls: Vec<Uri>) -> Result<Report, JoinError> {
    let backoff = Backoff::exponential(options.backoff.mul_f64(options.scale), options.tries);
    let fetcher = Fetcher::over(client, options.limit.get(), options.timeout, backoff);
    let mut live = Live::new("crawl", urls.len() as u64);
    let mut report = Report { asked: urls.len(), ..Report::default() };
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for url in urls {
        let permit = fetcher.permit().await;
        let fetcher = fetcher.clone();
        tasks.spawn(async move {
            let outcome = fetcher.page(&url, permit).await;
            (url, outcome)
        });
        while let Some(ended) = tasks.try_join_next() {
            report.add(ended?);
            live.step();
        }
    }
    while let Some(ended) = tasks.join_next().await {
        report.add(ended?);
        live.step();
    }
    report.wall = start.elapsed();
    (report.tries, report.again) = fetcher.attempts();
    report.latencies.sort_unstable();
    Ok(report)
}

/// What became of the pages.
#[derive(Debug, Default)]
pub struct Report {
    asked: usize,
    bytes: usize,
    /// Of the pages that were read, the shortest first.
    latencies: Vec<Duration>,
    /// How often, and the page that had it first.
    reasons: BTreeMap<String, (usize, Uri)>,
    tries: u64,
    again: u64,
    wall: Duration,
}

impl Report {
    fn add(&mut self, (url, outcome): (Uri, Outcome)) {
        match outcome {
            Ok(page) => {
                self.bytes += page.body.len();
                self.latencies.push(page.latency);
            }
            Err(error) => self.reasons.entry(error.to_string()).or_insert((0, url)).0 += 1,
        }
    }

    fn verdict(&self) -> Result<(), String> {
        match self.asked - self.latencies.len() {
            0 => Ok(()),
            lost => Err(format!("{lost} of {} pages could not be read", self.asked)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pages    {} of {}, {} bytes", self.latencies.len(), self.asked, self.bytes)?;
        for (reason, (times, url)) in &self.reasons {
            writeln!(f, "failed   {times} × {reason}; first {url}")?;
        }
        if let [.., longest] = self.latencies[..] {
            let mean = self.latencies.iter().sum::<Duration>() / self.latencies.len() as u32;
            let [mean, median, longest] =
                [mean, middle(&self.latencies), longest].map(|time| time.as_secs_f64());
            writeln!(f, "latency  mean {mean:.3} s, median {median:.3} s, longest {longest:.3} s")?;
        }
        writeln!(f, "tries    {}, of which {} were not the first", self.tries, self.again)?;
        write!(f, "wall     {:.3} s", self.wall.as_secs_f64())
    }
}

/// The one in the middle of a sorted list; of two, the mean.
fn middle(sorted: &[Duration]) -> Duration {
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[half],
        _ => (sorted[half - 1] + sorted[half]) / 2,
    }
}
