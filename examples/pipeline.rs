//! A pipeline: one producer, a bounded queue, five consumers, and addresses that do not work.
//!
//! ```text
//! cargo run --release --example pipeline                   300 pages, 2 s
//! cargo run --release --example pipeline -- --bad 5        and five addresses that refuse
//! cargo run --release --example pipeline -- --room 2       back-pressure at its plainest
//! cargo run --release --example pipeline -- --scale 0.1    ten times as fast
//! ```
//!
//! What you will see: how many results there are, 300 and one more for each bad address, with what
//! became of those; how full the queue was at most, which is all the room it has, because the
//! producer is faster than the consumers and waits for them; and the wall time beside its floor.
//! The exit status is not 0 if an address did not work. The consumers take in order; which of two
//! pages is there first differs.
//!
//! From the fourth document. Its consumers do not catch: one bad address ends one of them, `gather`
//! raises at once, and the other four and the producer are left behind; 0.3 s later they still run,
//! with 35 of 300 results. Five bad addresses end all five: the producer waits for room in a queue
//! of 100 that nobody reads, for ever. And it counts out a pill for each consumer. Here a failure
//! is a result like any other, a `TaskGroup` owns all six, so none is left behind whatever happens,
//! and the end of the work is `shutdown`, said once. Each of its consumers also has a session of
//! its own; here they share one pool, which has as many connections.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::TcpStream;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use examples::client::Client;
use examples::page::{Failure, within};
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::show::Live;
use examples::{address, flags, floor, plain, say};
use hyper::Uri;
use mainspring::sync::{Queue, mpsc};
use mainspring::task::{GroupError, TaskGroup};
use mainspring::time::Instant;

/// A producer, a bounded queue, consumers, and addresses that do not work.
#[derive(Debug, Parser)]
pub struct Options {
    /// How many pages
    #[arg(long, default_value = "300", value_parser = flags::count_or_none::<u64>)]
    pages: u64,
    /// How many addresses before them refuse the connection
    #[arg(long, default_value = "0", value_parser = flags::count_or_none::<u64>)]
    bad: u64,
    /// How many consumers
    #[arg(long, default_value = "5", value_parser = flags::count::<NonZeroUsize>)]
    consumers: NonZeroUsize,
    /// How many addresses the queue has room for
    #[arg(long, default_value = "100", value_parser = flags::count::<NonZeroUsize>)]
    room: NonZeroUsize,
    /// Seconds for one request, from connecting to the last byte
    #[arg(long, default_value = "10", value_parser = flags::patience)]
    timeout: Duration,
    /// What to fetch instead of the local server's pages; {i} is the number of the page
    #[arg(long, conflicts_with = "bad")]
    url: Option<String>,
    /// Factor for the local server's delays
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
    let client = options.web.client(options.consumers.get());
    if let Some(template) = &options.url {
        let urls = address::filled(template, options.pages)?;
        return report(options, &pipeline(options, client, urls).await?);
    }
    let server = ServerProcess::start(options.scale)
        .map_err(|error| format!("cannot start the local server: {error}"))?;
    // Nobody listens at the client's end of a connection, and nobody can while it is open.
    let held = TcpStream::connect(server.addr())
        .map_err(|error| format!("cannot connect to the local server: {error}"))?;
    let refusing = held.local_addr().map_err(|error| error.to_string())?;
    let done = pipeline(options, client, addresses(server.addr(), refusing, options)?).await?;
    let end = report(options, &done);
    let delays: Vec<_> = (0..options.pages).map(|i| delay(i).mul_f64(options.scale)).collect();
    let floor = floor::makespan(&delays, options.consumers.get());
    let (wall, floor) = (done.wall.as_secs_f64(), floor.as_secs_f64());
    match floor > 0.0 {
        true => say!("floor    {floor:.3} s; this run took {:.3} times that", wall / floor),
        false => say!("floor    none: no page has a delay"),
    }
    let stats = plain::get_json(server.addr(), "/stats").map_err(|error| error.to_string())?;
    say!("server   at most {} requests in flight", stats["peak_in_flight"]);
    end
}

fn delay(i: u64) -> Duration {
    Duration::from_millis(10 + 20 * (i % 3))
}

/// The bad ones first: in the original each ends a consumer before the others have begun.
pub fn addresses(
    server: impl Display,
    refusing: impl Display,
    options: &Options,
) -> Result<Vec<Uri>, String> {
    let bad = (0..options.bad).map(|i| format!("http://{refusing}/bad/{i}"));
    let good = (0..options.pages)
        .map(|i| format!("http://{server}/fixed/{}?page={i}", delay(i).as_millis()));
    bad.chain(good).map(|text| address::read(&text)).collect()
}

/// What came of one address: how long its page is, or why there is none.
pub type Outcome = Result<usize, Failure>;

#[derive(Debug)]
pub struct Done {
    asked: usize,
    pub results: Vec<(Uri, Outcome)>,
    /// How full the queue was at most.
    pub fullest: usize,
    pub wall: Duration,
}

pub async fn pipeline(options: &Options, client: Client, urls: Vec<Uri>) -> Result<Done, String> {
    let asked = urls.len();
    let queue = Arc::new(Queue::new(options.room.get()));
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut live = Live::new("pipeline", asked as u64);
    let start = Instant::now();
    let scope = TaskGroup::scope(async |group: TaskGroup<Infallible>| {
        for _ in 0..options.consumers.get() {
            group.spawn(consumer(queue.clone(), client.clone(), options.timeout, tell.clone()));
        }
        drop(tell);
        let producer = group.spawn(producer(queue.clone(), urls));
        let mut results = Vec::with_capacity(asked);
        while let Some(result) = told.recv().await {
            results.push(result);
            live.step();
        }
        Ok((results, producer.await.unwrap_or_default()))
    });
    let (results, fullest) = scope.await.map_err(|e: GroupError<_>| e.to_string())?;
    Ok(Done { asked, results, fullest, wall: start.elapsed() })
}

/// Puts all of them, then says that there will be no more. Returns how full the queue was at most.
async fn producer(queue: Arc<Queue<Uri>>, urls: Vec<Uri>) -> Result<usize, Infallible> {
    let mut fullest = 0;
    for url in urls {
        if queue.put(url).await.is_err() {
            break;
        }
        fullest = fullest.max(queue.len());
    }
    // What is in it is still taken.
    queue.shutdown(false);
    Ok(fullest)
}

/// Takes until there will be no more. An address that does not work is a result, and no reason to
/// stop.
async fn consumer(
    queue: Arc<Queue<Uri>>,
    client: Client,
    limit: Duration,
    tell: mpsc::UnboundedSender<(Uri, Outcome)>,
) -> Result<(), Infallible> {
    while let Ok(url) = queue.get_task().await {
        let outcome = match within(limit, client.get(&url)).await {
            Ok(answer) if answer.good() => Ok(answer.body.len()),
            Ok(answer) => Err(Failure::Status(answer.status)),
            Err(failure) => Err(failure),
        };
        let _ = tell.send((url.clone(), outcome));
    }
    Ok(())
}

fn report(options: &Options, done: &Done) -> Result<(), String> {
    let good = done.results.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    let bytes: usize = done.results.iter().filter_map(|(_, o)| o.as_ref().ok()).sum();
    say!("results  {} of {}: {good} pages, {bytes} bytes", done.results.len(), done.asked);
    for (url, failure) in done.results.iter().filter_map(|(u, o)| Some((u, o.as_ref().err()?))) {
        say!("failed   {url}: {failure}");
    }
    say!("queue    at most {} of {} places taken", done.fullest, options.room);
    say!("wall     {:.3} s", done.wall.as_secs_f64());
    match done.asked - good {
        0 => Ok(()),
        1 => Err("an address did not work".into()),
        n => Err(format!("{n} addresses did not work")),
    }
}
