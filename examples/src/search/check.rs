//! a service asks itself: each of its answers once, with what comes back and when.
//!
//! One service for each state of its sources. What comes back is compared byte by byte; of the
//! times only what no machine can change: nothing is faster than the slowest source, and fifty
//! searches at once do not take half as long as one after the other. The document's limits hold
//! where they are what is shown; elsewhere they are wide, so that at a small scale a busy machine
//! does not make an answer late.

#![forbid(unsafe_code)]

use std::time::Duration;

use hyper::Uri;
use mainspring::task::gather;
use mainspring::time::{Instant, sleep, timeout};

use super::service::{Config, Running, Service};
use crate::client::Client;
use crate::say;

/// How many searches come at once.
const MANY: usize = 50;
/// What must happen soon has so long.
const PATIENCE: Duration = Duration::from_secs(10);
/// What the document's command asks for.
const SEARCH: &str = "/search?keyword=AI";

/// Asks everything once. Delays are multiplied by `scale`.
///
/// # Errors
/// The first answer that is not as it should be.
///
/// # Cancel safety
/// The services that it has started live on as tasks.
pub async fn check(scale: f64) -> Result<(), String> {
    let document = Config { scale, ..Config::default() };
    let wide = Duration::from_secs(600);
    let mut config = document.clone();
    (config.api_timeout, config.timeout) = (wide, wide);
    (config.head_timeout, config.grace) = (wide, wide);
    say!("    time  status");
    healthy(&config).await?;

    let api_fails = Config { api_fail: true, ..config.clone() };
    let body = found(&["DB_AI_1", "DB_AI_2"], true);
    one("the API fails", &api_fails, config.db_delay, (200, &body)).await?;

    let db_fails = Config { db_fail: true, ..config.clone() };
    let body = found(&["Sample Slide Show"], true);
    one("the database fails", &db_fails, config.db_delay, (200, &body)).await?;

    let both_fail = Config { api_fail: true, ..db_fails };
    let body = r#"{"detail":"All sources failed"}"#;
    one("both fail", &both_fail, config.db_delay, (502, body)).await?;

    let db_hangs = Config { db_delay: Duration::from_secs(3600), ..document };
    let body = r#"{"detail":"Search timeout"}"#;
    one("the database hangs", &db_hangs, db_hangs.timeout, (504, body)).await
}

/// The document's answer.
pub(crate) fn found(results: &[&str], partial: bool) -> String {
    let (n, results) = (results.len(), serde_json::json!(results));
    format!(r#"{{"keyword":"AI","total":{n},"results":{results},"partial_failure":{partial}}}"#)
}

/// Who asks a service.
#[derive(Clone)]
struct Asker {
    at: String,
    client: Client,
    /// No search ends before this.
    floor: Duration,
}

impl Asker {
    fn of(service: &Running, floor: Duration) -> Asker {
        Asker { at: format!("http://{}", service.addr), client: Client::new(MANY), floor }
    }

    async fn get(&self, path: &str) -> Result<(u16, String), String> {
        let url: Uri = format!("{}{path}", self.at).parse().map_err(|error| format!("{error}"))?;
        let answer = self.client.get(&url).await.map_err(|error| format!("{path}: {error}"))?;
        Ok((answer.status.as_u16(), String::from_utf8_lossy(&answer.body).into_owned()))
    }

    /// Asks for a path, prints what comes, and compares it.
    async fn ask(&self, path: &str, (status, body): (u16, &str)) -> Result<(), String> {
        let start = Instant::now();
        let answer = self.get(path).await?;
        let took = start.elapsed();
        say!("{:6.2} s  {}  {path}\n               {}", took.as_secs_f64(), answer.0, answer.1);
        if answer != (status, body.to_owned()) {
            return Err(format!("{path}: it should have been {status} {body}"));
        }
        match path == SEARCH && took < self.floor {
            true => Err(format!("{path}: an answer after {took:?} cannot be")),
            false => Ok(()),
        }
    }
}

/// One search in one state of the sources.
async fn one(
    what: &str,
    config: &Config,
    floor: Duration,
    answer: (u16, &str),
) -> Result<(), String> {
    say!("\n{what}:");
    let service = Service::bind(0, config).await?.start();
    Asker::of(&service, floor.mul_f64(config.scale)).ask(SEARCH, answer).await?;
    if answer.0 == 504 {
        // It is dropped at its next turn, which another thread may give it.
        soon(|| service.numbers.source("db").dropped == 1).await?;
        say!("               the database's query was dropped");
    }
    service.stop().await.map(drop)
}

/// Waits until something is true that must become so.
pub(crate) async fn soon(so: impl Fn() -> bool) -> Result<(), String> {
    let is_so = async {
        while !so() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, is_so).await.map_err(|_| format!("not done after {PATIENCE:?}"))
}

async fn healthy(config: &Config) -> Result<(), String> {
    say!("both sources are well:");
    let service = Service::bind(0, config).await?.start();
    let asker = Asker::of(&service, config.db_delay.mul_f64(config.scale));
    let all = found(&["DB_AI_1", "DB_AI_2", "Sample Slide Show"], false);
    asker.ask(SEARCH, (200, &all)).await?;

    let start = Instant::now();
    let asks = (0..MANY).map(|_| {
        let asker = asker.clone();
        async move { asker.get(SEARCH).await }
    });
    let answers = gather(asks).await?;
    let took = start.elapsed();
    let good = answers.iter().filter(|answer| **answer == (200, all.clone())).count();
    say!("{:6.2} s  200  {good} of {MANY} searches at once", took.as_secs_f64());
    if good < MANY || took > asker.floor * (MANY as u32 / 2) {
        return Err(format!("{MANY} searches at once: {good} good ones in {took:?}"));
    }

    let at = r#"{"type":"missing","loc":["query","keyword"],"msg":"Field required","input":null}"#;
    asker.ask("/search", (422, &format!(r#"{{"detail":[{at}]}}"#))).await?;
    asker.ask("/nowhere", (404, r#"{"detail":"Not Found"}"#)).await?;
    let (_, metrics) = asker.get("/metrics").await?;
    say!("\n/metrics, some of it:");
    let some = |line: &&str| line.starts_with("search_seconds") || line.contains("source=");
    metrics.lines().filter(some).for_each(|line| say!("  {line}"));
    service.stop().await?;
    look_and_stop(config, &all).await
}

/// The dump while a search runs, and then the end, with that search still running.
async fn look_and_stop(config: &Config, all: &str) -> Result<(), String> {
    // A second at any scale, so that it still runs when the service is told to stop.
    let db_delay = config.db_delay.max(Duration::from_secs(1).div_f64(config.scale));
    let service = Service::bind(0, &Config { db_delay, ..config.clone() }).await?.start();
    let asker = Asker::of(&service, Duration::ZERO);
    let last = asker.clone();
    let last = mainspring::spawn(async move { last.get(SEARCH).await });
    soon(|| service.numbers.source("api").answered == 1).await?;
    let (_, tasks) = asker.get("/tasks").await?;
    say!("\n/tasks: the client of a search, its database, and who asks for /tasks:");
    let of_search = |line: &&str| line.contains("(client ") || line.contains("combine.rs");
    tasks.lines().filter(of_search).for_each(|line| say!("  {line}"));
    let stopped = service.stop().await?;
    say!("\nstopped; {stopped}");
    let last = last.await.map_err(|error| error.to_string())??;
    match (stopped.running, stopped.cut_off, last == (200, all.to_owned())) {
        (1, 0, true) => Ok(()),
        _ => Err(format!("the running search should have ended well: {stopped}; {last:?}")),
    }
}
