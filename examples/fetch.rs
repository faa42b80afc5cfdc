//! A thousand GETs: a limit, retries, time-outs, and one pool of connections.
//!
//! ```text
//! cargo run --release --example fetch                      1000 products, 50 at a time, about 1 s
//! cargo run --release --example fetch -- --limit 5         the same, 5 at a time
//! cargo run --release --example fetch -- --fail-first 9    a tenth of the products never works
//! cargo run --release --example fetch -- --cache --distinct 100   equal products are fetched once
//! cargo run --release --example fetch -- --current-thread  the same on one thread
//! cargo run --release --example fetch -- --requests 50 --limit 10 \
//!     --url 'http://127.0.0.1:8000/delay/{i%3}'            the fifth document's, from `server`
//! cargo run --release --example fetch -- --requests 100 --limit 100 \
//!     --url http://127.0.0.1:8000/fixed/200                the first's 100 pages, from `server`
//! cargo run --release --example fetch -- --requests 1 --url https://HOST/ --ca root.pem   over TLS
//! ```
//!
//! What you will see: a bar (on a terminal), then how many requests succeeded, how many attempts
//! and retries that took, how long, how many connections were opened and how often one was used
//! again, the scheduler, and for the local server the most requests it saw in flight: exactly the
//! limit. The exit status is 0 if every request succeeded. On both schedulers the requests start in
//! the order of their numbers; which of two that end together is told first differs. With `--cache`
//! requests for the same address share one answer, whether it is there or still on its way: a
//! thousand requests for a hundred products are a hundred fetches (`examples/src/cache.rs`).
//! An `https://` address is fetched over TLS; `--ca` names an authority of your own.
//!
//! Without `--url` the program starts a local server in a process of its own, in which every tenth
//! product fails at first: it answers 503 or drops the connection, in turn.
//!
//! From the first document (1000 products, 50 at a time, three attempts, 10 s each) and the fifth,
//! whose 50 pages `crawl` has with statistics. Faults of theirs that this program cannot have: the
//! first sleeps while it holds its permit, which makes 7.4 s of 2.0 s when a tenth fails, tries a
//! 503 again at once, and sleeps after the last attempt; the fifth takes a page that came faster
//! than half a millisecond for a failure, because it marks failures by a time that is not above
//! zero.

use std::fmt::Display;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use examples::cache::Cache;
use examples::client::Client;
use examples::page::{Fetcher, Page};
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::show::Live;
use examples::{address, flags, plain, say, show, tell};
use hyper::Uri;
use mainspring::retry::Backoff;
use mainspring::sync::mpsc;
use mainspring::time::{Instant, timeout};

/// Many GETs with a limit, retries, time-outs, and one pool of connections.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// What to fetch; {i} is the number of the request, {i%3} that number modulo 3. Without it: the
    /// products of a local server that the program starts
    #[arg(long)]
    pub url: Option<String>,
    /// How many requests
    #[arg(long, default_value = "1000", value_parser = flags::count_or_none::<u64>)]
    pub requests: u64,
    /// How many different products the local server is asked for, in turn [default: all differ]
    #[arg(long, value_name = "N", conflicts_with = "url")]
    pub distinct: Option<NonZeroU64>,
    /// Fetch equal addresses once and keep up to N pages for it, 1000 if no N is given
    #[arg(
        long, value_name = "N", num_args = 0..=1, default_missing_value = "1000",
        value_parser = flags::count::<NonZeroUsize>
    )]
    pub cache: Option<NonZeroUsize>,
    /// How many of them at a time
    #[arg(long, default_value = "50", value_parser = flags::count::<NonZeroUsize>)]
    pub limit: NonZeroUsize,
    /// How many further attempts after the first
    #[arg(long, default_value_t = 2)]
    pub retries: u32,
    /// Seconds for one attempt, from connecting to the last byte
    #[arg(long, default_value = "10", value_parser = flags::patience)]
    pub timeout: Duration,
    /// Seconds for everything
    #[arg(long, default_value = "300", value_parser = flags::patience)]
    pub total_timeout: Duration,
    /// Seconds to wait after a first failure; doubled after each further one
    #[arg(long, default_value = "0.5", value_parser = flags::seconds)]
    pub backoff: Duration,
    /// Factor for the local server's delays and for the backoff
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    pub scale: f64,
    /// How often every tenth product of the local server fails before it works
    #[arg(long, default_value_t = 1)]
    pub fail_first: u64,
    #[command(flatten)]
    pub web: flags::Web,
    #[command(flatten)]
    pub scheduler: flags::Scheduler,
}

/// Only an example's own `main` uses it; the tour has its own.
#[allow(dead_code)]
fn main() -> ExitCode {
    if let Some(end) = be_the_server_if_asked() {
        return end;
    }
    match run(&Options::parse()) {
        Ok(summary) if summary.failed() == 0 => show::end(ExitCode::SUCCESS),
        Ok(summary) => {
            tell!("error: {} of {} requests failed", summary.failed(), summary.asked);
            ExitCode::FAILURE
        }
        Err(error) => {
            tell!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(dead_code)]
fn run(options: &Options) -> Result<Summary, String> {
    let (server, urls) = match &options.url {
        Some(template) => (None, address::filled(template, options.requests)?),
        None => {
            let server = ServerProcess::start(options.scale)
                .map_err(|error| format!("cannot start the local server: {error}"))?;
            let urls = products(server.addr(), options)?;
            (Some(server), urls)
        }
    };
    let client = options.web.client(options.limit.get());
    let summary = options.scheduler.runtime()?.block_on(fetch(options, client, urls));
    summary.print();
    say!("ran on       {}", options.scheduler);
    if let Some(server) = server {
        let stats = plain::get_json(server.addr(), "/stats").map_err(|error| error.to_string())?;
        say!("server       at most {} requests in flight", stats["peak_in_flight"]);
    }
    Ok(summary)
}

/// The first document's URLs; every tenth one fails at first, in one of two ways.
pub fn products(server: impl Display, options: &Options) -> Result<Vec<Uri>, String> {
    let k = options.fail_first;
    let path = |i: u64| match (k, i % 20) {
        (1.., 0) => format!("/flaky/product{i}/{k}/503"),
        (1.., 10) => format!("/drop/product{i}/{k}"),
        _ => format!("/products/{i}"),
    };
    let distinct = options.distinct.map_or(u64::MAX, NonZeroU64::get);
    let url = |i| address::read(&format!("http://{server}{}", path(i % distinct)));
    (0..options.requests).map(url).collect()
}

/// Fetches all of them, a task each; every attempt holds a permit, no wait does. A task is spawned
/// when there is a permit for its first attempt, so they start in this order on any scheduler.
pub async fn fetch(options: &Options, client: Client, urls: Vec<Uri>) -> Summary {
    let attempts = NonZeroU32::MIN.saturating_add(options.retries);
    let backoff = Backoff::exponential(options.backoff.mul_f64(options.scale), attempts)
        .cap(Duration::from_secs(30).mul_f64(options.scale));
    let fetcher = Fetcher::over(client, options.limit.get(), options.timeout, backoff);
    let cache = options.cache.map(|room| Cache::new(room.get()));
    let mut live = Live::new("fetch", urls.len() as u64);
    let mut summary = Summary { asked: urls.len(), ..Summary::default() };
    let (tell, mut told) = mpsc::unbounded_channel();
    let start = Instant::now();
    let mut tasks = Vec::new();
    let all = async {
        for url in urls {
            let permit = fetcher.permit().await;
            let (fetcher, cache, tell) = (fetcher.clone(), cache.clone(), tell.clone());
            tasks.push(mainspring::spawn(async move {
                let key = url.clone();
                let fetch = async move { fetcher.page(&key, permit).await };
                let end = match cache {
                    None => fetch.await.map_err(|error| error.to_string()),
                    // If another task fetches it, this one's permit is free at once.
                    Some(cache) => {
                        cache.get(url.clone(), || fetch).await.map_err(|error| error.to_string())
                    }
                };
                let _ = tell.send((url, end));
            }));
            while let Ok((url, end)) = told.try_recv() {
                summary.add(&url, end);
                live.step();
            }
        }
        drop(tell);
        while let Some((url, end)) = told.recv().await {
            summary.add(&url, end);
            live.step();
        }
    };
    if timeout(options.total_timeout, all).await.is_err() {
        tasks.iter().for_each(|task| task.abort());
        summary.out_of_time = Some(options.total_timeout);
    }
    summary.wall = start.elapsed();
    let client = fetcher.client();
    summary.shared = cache.map(|cache| cache.shared());
    (summary.attempts, summary.retries) = fetcher.attempts();
    (summary.opened, summary.reused) = (client.opened(), client.reused());
    summary
}

/// What came of all requests together.
#[derive(Debug, Default)]
pub struct Summary {
    pub asked: usize,
    pub good: usize,
    pub attempts: u64,
    pub retries: u64,
    shared: Option<u64>,
    bytes: usize,
    latency: Duration,
    pub wall: Duration,
    opened: u64,
    reused: u64,
    pub first_failure: Option<String>,
    out_of_time: Option<Duration>,
}

impl Summary {
    fn add(&mut self, url: &Uri, end: Result<Page, String>) {
        match end {
            Ok(page) => {
                self.good += 1;
                self.bytes += page.body.len();
                self.latency += page.latency;
            }
            Err(error) => {
                self.first_failure.get_or_insert_with(|| format!("{url} {error}"));
            }
        }
    }

    /// Requests without a page: given up, or not ended in time.
    pub fn failed(&self) -> usize {
        self.asked - self.good
    }

    pub fn print(&self) {
        let wall = self.wall.as_secs_f64();
        let mean = self.latency.as_secs_f64() / self.good as f64;
        say!(
            "requests     {} of {} succeeded, {} bytes, in {wall:.3} s ({:.0} a second)",
            self.good,
            self.asked,
            self.bytes,
            self.good as f64 / wall,
        );
        match self.good {
            0 => say!("latency      none: no attempt succeeded"),
            _ => say!("latency      {mean:.3} s on average, of the attempt that succeeded"),
        }
        say!("attempts     {}, of which {} were retries", self.attempts, self.retries);
        if let Some(shared) = self.shared {
            say!("cache        {shared} requests were answered by another one's fetch");
        }
        say!("connections  {} opened, used again {} times", self.opened, self.reused);
        if let Some(text) = &self.first_failure {
            say!("first lost   {text}");
        }
        if let Some(limit) = self.out_of_time {
            say!("out of time  the rest was stopped after {limit:?} (--total-timeout)");
        }
    }
}
