//! Blocking calls on a pool of threads of one's own.
//!
//! ```text
//! cargo run --release --example threads                    three calls of 1, 2 and 1 s: 2 s
//! cargo run --release --example threads -- --pool 1        one thread: 4 s
//! cargo run --release --example threads -- --scale 0.1
//! ```
//!
//! What you will see: three requests begin; then their answers by std's blocking sockets, each with
//! the thread that made it, in the order of the addresses, and the time; then the longest gap
//! between two beats of a task that beats a hundred times a second. The calls block threads of the
//! pool and not the loop, and neither does the end of the pool.
//!
//! From the second document (`ThreadPoolExecutor`, `thread_name_prefix`). It says that the default
//! pool has 5 threads (it has four more than there are cores), the end of its `with` blocks the
//! loop until the threads have ended, and its second pool is global and never shut down. Here the
//! pool is a value, and its `shutdown` is awaited.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::{flags, plain, say, tell};
use mainspring::blocking::{BlockingConfig, Pool};
use mainspring::sync::CancellationToken;
use mainspring::task::gather;
use mainspring::time::sleep;

/// An answer takes its delay; this is for a server that is gone.
const PATIENCE: Duration = Duration::from_secs(60);

/// Blocking calls on a pool of threads of one's own.
#[derive(Debug, Parser)]
pub struct Options {
    /// How many threads the pool has at most
    #[arg(long, default_value = "15", value_parser = flags::count::<NonZeroUsize>)]
    pool: NonZeroUsize,
    /// Factor for the server's delays
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn main() -> ExitCode {
    if let Some(end) = be_the_server_if_asked() {
        return end;
    }
    let options = Options::parse();
    match ServerProcess::start(options.scale) {
        Ok(server) => options.scheduler.run(run(&options, server.addr())),
        Err(error) => {
            tell!("error: cannot start the local server: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options, addr: SocketAddr) -> Result<(), String> {
    let stop = CancellationToken::new();
    let heart = mainspring::spawn(longest_gap(stop.clone()));
    let start = Instant::now();
    let pool = Pool::new(BlockingConfig::threads(options.pool.get()).name("async_worker"));
    let calls = [1, 2, 1].map(|delay| pool.run(move || call(addr, delay)));
    for answer in gather(calls).await.map_err(|error| error.to_string())? {
        say!("{}", answer?);
    }
    pool.shutdown().await;
    let seconds = start.elapsed().as_secs_f64() / options.scale;
    say!("total: {seconds:.2} s");
    stop.cancel();
    let gap = heart.await.map_err(|error| error.to_string())?;
    say!("longest gap of the heartbeat: {} ms", gap.as_millis());
    Ok(())
}

/// Blocks its thread until the answer is there.
fn call(addr: SocketAddr, delay: u32) -> Result<String, String> {
    let path = format!("/delay/{delay}");
    say!("asking for {path}");
    let (_status, body) =
        plain::get(addr, &path, PATIENCE).map_err(|error| format!("{path}: {error}"))?;
    let thread = std::thread::current();
    Ok(format!("{path}: {} bytes, by {}", body.len(), thread.name().unwrap_or("a thread")))
}

async fn longest_gap(stop: CancellationToken) -> Duration {
    let (mut longest, mut last) = (Duration::ZERO, Instant::now());
    while !stop.is_cancelled() {
        sleep(Duration::from_millis(10)).await;
        longest = longest.max(last.elapsed());
        last = Instant::now();
    }
    longest
}
