//! A load client for an echo server: many connections at once, and how long each answer takes.
//!
//! ```text
//! cargo run --release --example load                     50 connections, 100 000 requests
//! cargo run --release --example load -- --addr 127.0.0.1:8888           the server of `echo`
//! cargo run --release --example load -- --seconds 10 --rate 20000       at a fixed rate
//! cargo run --release --example load -- --connections 1000 --size 4096
//! ```
//!
//! What you will see: a live line, then requests a second, the latencies that half, 99 % and 99.9 %
//! of the requests keep below, and errors by kind. Without `--addr` the server is one of its own,
//! in another process on one thread, so that client and server do not share a scheduler. Ctrl-c
//! ends the run early, and what there is by then is shown. Any error makes the exit status 1.
//!
//! The echo server is the third document's (see `echo`); it was never under load there. What such
//! programs often do wrong: they measure from the moment of sending. When the server stalls, they
//! do not send, and the stall counts once instead of for everybody who would have come. With
//! `--rate` each request has a time at which it is due, and its latency counts from there.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clap::Parser;
use examples::process::{Follow, end_with_parent};
use examples::say;
use examples::show::Live;
use examples::{flags, interrupt};
use hdrhistogram::Histogram;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpStream, start_server};
use mainspring::task::JoinSet;
use mainspring::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

/// A connection that cannot be made so many times in a row is given up.
const TRIES: usize = 5;
/// The wait between two such tries.
const BETWEEN: Duration = Duration::from_millis(100);

/// A load client for an echo server: many connections, and how long each answer takes.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// The server; without this, one of its own in another process
    #[arg(long, value_name = "ADDRESS:PORT")]
    addr: Option<SocketAddr>,
    /// Connections at the same time; each waits for its answer before it sends again
    #[arg(long, value_name = "N", default_value = "50", value_parser = flags::count::<usize>)]
    connections: usize,
    /// Requests of all connections together [default: 100000]
    #[arg(long, value_name = "N", value_parser = requests, conflicts_with = "seconds")]
    requests: Option<u64>,
    /// Send for so many seconds instead
    #[arg(long, value_name = "SECONDS", value_parser = flags::patience)]
    seconds: Option<Duration>,
    /// Bytes of a request, and so of its answer
    #[arg(long, value_name = "BYTES", default_value = "64", value_parser = size)]
    size: usize,
    /// Requests a second of all connections together [default: as fast as answers come]
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Seconds that an answer may take
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = flags::patience)]
    timeout: Duration,
    /// Be the server: how this program starts itself
    #[arg(long, hide = true)]
    serve: bool,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn requests(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n @ 1..=1_000_000_000_000) => Ok(n),
        _ => Err("give a whole number of requests, 1 or more".to_owned()),
    }
}

fn size(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n @ 1..=16_777_216) => Ok(n),
        _ => Err("give 1 to 16777216 bytes".to_owned()),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(n) if (0.001..=1e9).contains(&n) => Ok(n),
        _ => Err("give requests a second above 0, such as 0.5 or 20000".to_owned()),
    }
}

pub fn main() -> ExitCode {
    let options = Options::parse();
    if options.serve {
        return options.scheduler.run(serve());
    }
    options.scheduler.run(run(&options))
}

/// The server in the other process: it goes when its parent does.
async fn serve() -> Result<(), String> {
    end_with_parent();
    let server = start_server("127.0.0.1:0", async |mut stream: TcpStream, _| {
        let (mut from, mut to) = stream.split();
        mainspring::io::copy(&mut from, &mut to).await.map(drop)
    });
    let server = server.await.map_err(|error| error.to_string())?;
    // Ctrl-c in a terminal reaches this process too, and the client's last answers must still come.
    // The first one that is heard takes the signal over for good.
    let _taken_over = interrupt::ctrl_c().await;
    say!("{}", server.local_addr());
    server.serve_forever().await.map_err(|error| error.to_string())
}

/// A server of its own, in a process that ends when the first is dropped.
fn start_one() -> Result<(Follow, SocketAddr), String> {
    let args = ["--serve", "--current-thread"].map(str::to_owned);
    let (child, out) = Follow::start(&args).map_err(|error| format!("no server: {error}"))?;
    let mut line = String::new();
    let read = BufReader::new(out).read_line(&mut line);
    let addr = line.trim().parse();
    let addr = addr.map_err(|_| format!("the server did not say its port: {line:?}, {read:?}"))?;
    Ok((child, addr))
}

async fn run(options: &Options) -> Result<(), String> {
    let (_server, addr) = match options.addr {
        Some(addr) => (None, addr),
        // Blocks until it says its port; nothing else runs yet.
        None => start_one().map(|(child, addr)| (Some(child), addr))?,
    };
    say!(
        "{} connections to {addr}, {} bytes there and back{}",
        options.connections,
        options.size,
        options.rate.map(|n| format!(", {n} requests a second")).unwrap_or_default()
    );
    let plan = Arc::new(Plan::new(options, addr));
    let mut workers = JoinSet::new();
    for _ in 0..options.connections {
        workers.spawn(work(plan.clone()));
    }
    show(&plan, async {
        while let Some(ended) = workers.join_next().await {
            ended.map_err(|error| format!("a connection's task failed: {error}"))?;
        }
        Ok(())
    })
    .await?;
    let (took, all) = (plan.start.elapsed(), plan.tally());
    report(&all, took);
    let (failed, answered) = (all.failed(), all.latencies.len());
    match failed {
        0 if answered == 0 => Err("no request was answered".to_owned()),
        0 => Ok(()),
        n => Err(format!("{n} requests failed")),
    }
}

/// Keeps the live line going until the workers have ended.
async fn show(plan: &Plan, ended: impl Future<Output = Result<(), String>>) -> Result<(), String> {
    let (what, total) = match plan.until {
        Some(until) => ("tenths of a second", tenths(until - plan.start)),
        None => ("requests", plan.requests),
    };
    let mut live = Live::new(what, total);
    let mut ticks = interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let (mut ended, mut ctrl_c) = (std::pin::pin!(ended), std::pin::pin!(interrupted(plan)));
    loop {
        mainspring::select! {
            ended = ended.as_mut() => return ended,
            () = ctrl_c.as_mut() => {}
            _ = ticks.tick() => live.set(match plan.until {
                Some(_) => tenths(plan.start.elapsed()).min(total),
                // Ordering: a figure for people.
                None => plan.done.load(Relaxed),
            }),
        }
    }
}

/// Ends the run on ctrl-c, as if there were no requests left. Never ready.
async fn interrupted(plan: &Plan) {
    if mainspring::signal::ctrl_c().await.is_ok() {
        // Ordering: workers look before each request, and one more makes no difference.
        plan.stop.store(true, Relaxed);
    }
    std::future::pending().await
}

fn tenths(time: Duration) -> u64 {
    (time.as_secs_f64() * 10.0) as u64
}

fn report(all: &Tally, took: Duration) {
    let (answered, seconds) = (all.latencies.len(), took.as_secs_f64());
    say!("{answered} requests in {seconds:.2} s: {:.0} a second", answered as f64 / seconds);
    let at = |part| all.latencies.value_at_quantile(part) as f64 / 1e6;
    say!(
        "latency: p50 {:.3} ms, p99 {:.3} ms, p99.9 {:.3} ms, most {:.3} ms",
        at(0.5),
        at(0.99),
        at(0.999),
        all.latencies.max() as f64 / 1e6
    );
    say!("errors: {}", all.failed());
    for (kind, count) in &all.errors {
        say!("  {count} × {kind}");
    }
}

/// What is to be done, and how far it is.
#[derive(Debug)]
struct Plan {
    addr: SocketAddr,
    size: usize,
    timeout: Duration,
    rate: Option<f64>,
    requests: u64,
    start: Instant,
    until: Option<Instant>,
    /// The number of the next request.
    next: AtomicU64,
    done: AtomicU64,
    stop: AtomicBool,
    /// One for all: a histogram takes some 100 KiB.
    tally: Mutex<Tally>,
}

impl Plan {
    fn new(options: &Options, addr: SocketAddr) -> Plan {
        let start = Instant::now();
        Plan {
            addr,
            size: options.size,
            timeout: options.timeout,
            rate: options.rate,
            requests: match options.seconds {
                Some(_) => u64::MAX,
                None => options.requests.unwrap_or(100_000),
            },
            start,
            until: options.seconds.map(|seconds| start + seconds),
            next: AtomicU64::new(0),
            done: AtomicU64::new(0),
            stop: AtomicBool::new(false),
            tally: Mutex::new(Tally::new()),
        }
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next request is due; nothing if there is none.
    fn next(&self) -> Option<Instant> {
        // Ordering: each number is given out once, and that is all there is to it; `stop`: see
        // `interrupted`.
        let number = self.next.fetch_add(1, Relaxed);
        let due = match self.rate {
            Some(rate) => self.start + Duration::from_secs_f64(number as f64 / rate),
            None => Instant::now(),
        };
        let over = number >= self.requests || self.until.is_some_and(|until| due >= until);
        (!over && !self.stop.load(Relaxed)).then_some(due)
    }
}

/// What all connections have seen.
#[derive(Debug)]
struct Tally {
    /// In nanoseconds, to three figures.
    latencies: Histogram<u64>,
    errors: BTreeMap<String, u64>,
}

impl Tally {
    fn new() -> Tally {
        let latencies = Histogram::new(3).expect("three figures are allowed");
        Tally { latencies, errors: BTreeMap::new() }
    }

    fn answered(&mut self, after: Duration) {
        let nanos = u64::try_from(after.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.record(nanos).expect("it grows as needed");
    }

    fn failed(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// One connection: a request, its answer, the next.
async fn work(plan: Arc<Plan>) {
    let payload: Vec<u8> = (0..plan.size).map(|n| (n % 251) as u8).collect();
    let mut answer = vec![0; plan.size];
    let (mut stream, mut tries) = (None, 0);
    while let Some(due) = plan.next() {
        if plan.rate.is_some() {
            sleep_until(due).await;
        }
        let once = exchange(&plan, &mut stream, &payload, &mut answer);
        let end = timeout(plan.timeout, once).await.unwrap_or(Err(Failed::Late));
        // Ordering: a figure for people.
        plan.done.fetch_add(1, Relaxed);
        match end {
            Ok(()) => {
                plan.tally().answered(due.elapsed());
                tries = 0;
            }
            Err(failed) => {
                // Whatever comes on it now would be taken for the next answer.
                stream = None;
                *plan.tally().errors.entry(failed.to_string()).or_default() += 1;
                tries += usize::from(matches!(failed, Failed::Connect(_)));
                if tries == TRIES {
                    break;
                } else if tries > 0 {
                    sleep(BETWEEN).await;
                }
            }
        }
    }
}

async fn exchange(
    plan: &Plan,
    stream: &mut Option<TcpStream>,
    payload: &[u8],
    answer: &mut [u8],
) -> Result<(), Failed> {
    let stream = match stream {
        Some(stream) => stream,
        None => {
            let fresh = TcpStream::connect(plan.addr).await.map_err(Failed::Connect)?;
            fresh.set_nodelay(true).map_err(Failed::Connect)?;
            stream.insert(fresh)
        }
    };
    // Both at once: the server sends back before it has all, and neither may wait for the other.
    let (mut from, mut to) = stream.split();
    let both = mainspring::try_join!(to.write_all(payload), from.read_exact(answer));
    both.map_err(Failed::Exchange)?;
    if answer == payload { Ok(()) } else { Err(Failed::Wrong) }
}

/// Why there was no answer.
#[derive(Debug)]
enum Failed {
    Connect(io::Error),
    Exchange(io::Error),
    Late,
    Wrong,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Connect(error) => write!(f, "cannot connect: {error}"),
            Failed::Exchange(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                f.write_str("the server closed the connection")
            }
            Failed::Exchange(error) => write!(f, "the connection broke off: {error}"),
            Failed::Late => f.write_str("no answer in time (--timeout)"),
            Failed::Wrong => f.write_str("the answer is not what was sent"),
        }
    }
}
