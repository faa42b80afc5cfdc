//! The tour: the documents' concurrent fetch, measured against its floor, in one command.
//!
//! ```text
//! cargo tour                     delays a tenth of the documents', about 19 s
//! cargo tour --full              the documents' delays, about 3 minutes
//! cargo tour --check 1.25        fail if a row of a second or more is 25 % above its floor
//! cargo tour --claims            every figure of the documents beside its floor, about 40 s
//! ```
//!
//! What you will see: the fifth document's 50 pages; then its comparison, 100 GETs of 0.5 to 1.5 s
//! made by one thread, by ten, and by the runtime with limits of 5 and 10 and without one, on each
//! of its two schedulers. Each row has its wall time, its floor, the most requests that the server
//! saw in flight, connections, CPU seconds and peak memory, and beside them what the document says
//! of it, with a verdict. Then a short queue, a short echo, and where to look next. The exit status
//! is 0 if every row went well, every peak equalled its limit and no time was below its floor.
//!
//! With `--claims` it shows something else: each time that the five documents give, the work that
//! it is about, its floor, what one thread, ten threads and the runtime need for it, and whether it
//! can be true. What takes minutes runs at the scale, a tenth; the table says what does not.
//!
//! The comparison always has both schedulers; `--threads` says how many threads `multi_thread` has
//! there, and `--current-thread` moves everything else of the tour to one thread.
//!
//! From the fifth document, which gives 12.8 s for a limit of 5: that can't be measured, because
//! 100 requests of 100 s together, five at a time, take 20.36 s if nothing else costs anything.
//! This program prints the floor beside each time and fails if a time is below it. The server and
//! each row run in a process of their own, or the CPU and memory of all would be one sum.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use examples::client::Client;
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::tour::{claimed, row::ROWS, run, table};
use examples::{address, flags, floor};
use mainspring::runtime::Runtime;

// The programs themselves, as they stand: the tour shows what they would show.
#[allow(dead_code)]
mod echo;
#[allow(dead_code)]
mod fetch;
#[allow(dead_code)]
mod queue;

/// The documents' concurrent fetch, measured against its floor.
#[derive(Debug, Parser)]
struct Options {
    /// Factor for the server's delays: 1 is the documents' size
    #[arg(long, default_value = "0.1", value_parser = flags::scale)]
    scale: f64,
    /// The documents' size; the same as --scale 1
    #[arg(long, conflicts_with = "scale")]
    full: bool,
    /// Fail if a row of a second or more takes more than this times its floor
    #[arg(long, value_name = "RATIO", value_parser = flags::ratio)]
    check: Option<f64>,
    /// Every figure of the documents beside its floor and what is measured here, instead
    #[arg(long, conflicts_with = "check")]
    claims: bool,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn main() -> ExitCode {
    if let Some(end) = be_the_server_if_asked().or_else(run::be_a_row_if_asked) {
        return end;
    }
    let mut options = Options::parse();
    if options.full {
        options.scale = 1.0;
    }
    let shown = match options.claims {
        true => claimed::run(options.scheduler, options.scale),
        false => tour(&options),
    };
    let found = match shown {
        Ok(found) => found,
        Err(error) => vec![error],
    };
    for what in &found {
        eprintln!("error: {what}");
    }
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The whole tour; returns what was wrong with the figures.
fn tour(options: &Options) -> Result<Vec<String>, String> {
    let start = Instant::now();
    let server = ServerProcess::start(options.scale)
        .map_err(|error| format!("cannot start the local server: {error}"))?;
    let runtime = options.scheduler.runtime()?;
    println!("A local server runs on {}, in a process of its own.", server.addr());
    if options.scale != 1.0 {
        println!("Its delays are {} of the documents'; --full takes them whole.", options.scale);
    }
    println!("The runtime is {}; the comparison has both schedulers.", options.scheduler);

    heading("1  The fifth document's fetch: 50 pages, 10 at a time, up to 3 attempts each");
    let mut found = pages(&runtime, server.addr(), options.scale)?;
    heading("2  Its comparison: 100 GETs of 0.5 to 1.5 s, 100 s in all, each row in a process");
    found.extend(comparison(&server, options)?);
    heading("3  A short queue: the third document's, ten times as fast");
    let short = queue::Options::short();
    runtime.block_on(async { queue::run(&short, short.out()).await })?;
    heading("4  A short echo: the third document's, with the text that breaks it");
    runtime.block_on(echo::check())?;
    heading("Where to look next");
    println!("{NEXT}");
    println!("\nThe tour took {:.1} s.", start.elapsed().as_secs_f64());
    Ok(found)
}

const NEXT: &str = "\
run      cargo run --release --example fetch     limits, retries and time-outs, with flags
         the others: examples/README.md
         cargo tour --claims                     every figure of the documents, and its floor
read     runtime/src/lib.rs                      the map of the runtime, in reading order
measure  cargo compare                           the same work on this runtime, tokio and smol";

fn heading(text: &str) {
    println!("\n{text}");
    println!("{}", "─".repeat(text.chars().count()));
}

/// 50 pages of 0, 1 and 2 s in turn: 6.0 s at the documents' size, which gives 6.824 s for it.
fn pages(runtime: &Runtime, server: SocketAddr, scale: f64) -> Result<Vec<String>, String> {
    let options = fetch::Options {
        url: None,
        requests: 50,
        limit: 10.try_into().map_err(|_| "ten is not zero")?,
        scale,
        ..fetch::Options::parse_from(["fetch"])
    };
    let urls = address::filled(&format!("http://{server}/delay/{{i%3}}"), options.requests)?;
    let summary = runtime.block_on(fetch::fetch(&options, Client::new(10), urls));
    summary.print();
    let delays: Vec<_> = (0..50).map(|i| Duration::from_secs(i % 3)).collect();
    let whole = floor::makespan(&delays, 10);
    let floor = whole.mul_f64(scale);
    let ratio = summary.wall.as_secs_f64() / floor.as_secs_f64();
    println!("floor        {:.3} s; this run took {ratio:.3} times that", floor.as_secs_f64());
    println!("document     says 6.824 s, {}", table::verdict(6.824, whole));

    let mut found = Vec::new();
    if summary.failed() > 0 {
        found.push(format!("{} of the 50 pages failed", summary.failed()));
    }
    if summary.wall < floor {
        found.push(format!("50 pages in {:?}, below their floor of {floor:?}", summary.wall));
    }
    Ok(found)
}

fn comparison(server: &ServerProcess, options: &Options) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    table::HEAD.iter().for_each(|line| println!("{line}"));
    let threads = options.scheduler.threads();
    let mut group = None;
    for (index, row) in ROWS.iter().enumerate() {
        if group.replace(row.group) != Some(row.group) {
            println!("{}", row.group.title(threads));
        }
        let figures = run::run(index, server.addr(), threads, options.scale)?;
        println!("{}", table::line(row, &figures, options.scale));
        found.extend(table::complaints(row, &figures, options.scale, options.check));
    }
    println!(
        "\nfloor: the same delays, started in this order, as many at a time, and nothing else.\n\
         The document's figures, and the floors they are held against, are at its own size."
    );
    Ok(found)
}
