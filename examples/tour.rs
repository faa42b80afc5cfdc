//! The tour: the main programs, one after the other, in one command.
//!
//! ```text
//! cargo tour                     delays a tenth of the documents', about 23 s
//! cargo tour --full              the documents' delays, about 3.5 minutes
//! cargo tour --check 1.25        fail if a row of a second or more is 25 % above its floor
//! cargo tour --claims            every figure of the documents beside its floor, about 40 s
//! ```
//!
//! What you will see, at seven stops: the fifth document's comparison, 100 GETs of 0.5 to 1.5 s
//! made by one thread, by ten, and by the runtime with limits of 5 and 10 and without one, on each
//! of its two schedulers; its fetch of 50 pages; a fetch of which a tenth of the connections is
//! dropped and one page hangs; a scraper into SQLite that is stopped half-way and started again; a
//! search that answers with all, with a part, and with 504; a queue; an echo. Each stop says what
//! is running, shows how far it is, prints what came of it, checks that, and names the files to
//! read. Then comes what to do next. On a terminal there is a short rest after each stop.
//!
//! A row of the comparison has its wall time, its floor, the most requests that the server saw in
//! flight, connections, CPU seconds and peak memory, and beside them what the document says of it,
//! with a verdict. The exit status is 0 if every stop went as promised: nothing lost, every peak
//! equal to its limit, no time below its floor. A stop that goes wrong is named at the end, and the
//! others are shown all the same. Ctrl-c ends the tour at once; its processes and files go with it.
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

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use examples::client::Client;
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::say;
use examples::tell;
use examples::tour::leave::{self, Scratch};
use examples::tour::stop::{STOPS, Walk, failures, wrapped};
use examples::tour::{answers, claimed, resumed, row::ROWS, run, table, trouble};
use examples::{address, flags, floor, plain};
use mainspring::runtime::Runtime;

// The programs themselves, as they stand: the tour shows what they would show.
#[allow(dead_code)]
mod echo;
#[allow(dead_code)]
mod fetch;
#[allow(dead_code)]
mod queue;

/// On a terminal, after each stop: time to read.
const REST: Duration = Duration::from_millis(1200);

/// The main programs, one after the other: what each does, and what it does when things go wrong.
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
    let scratch = Scratch::default();
    if let Err(error) = leave::when_told(scratch.clone()) {
        tell!("tour: ctrl-c may leave a file behind: {error}");
    }
    match options.claims {
        true => {
            let shown = claimed::run(options.scheduler, options.scale);
            failures(&shown.unwrap_or_else(|error| vec![error]))
        }
        false => {
            let end = tour(&options, &scratch).unwrap_or_else(|error| failures(&[error]));
            // If a stop panicked, it is still there.
            let _ = scratch.remove();
            end
        }
    }
}

/// The whole tour. An error is one without which there is no stop at all.
fn tour(options: &Options, scratch: &Scratch) -> Result<ExitCode, String> {
    let rest = if std::io::stdout().is_terminal() { REST } else { Duration::ZERO };
    let (scale, mut walk) = (options.scale, Walk::begin().with_rests(rest));
    say!("{}\n", welcome(scale, walk.resting()));
    let server = ServerProcess::start(scale)
        .map_err(|error| format!("cannot start the local server: {error}"))?;
    let runtime = options.scheduler.runtime()?;
    say!("A local server runs on {}, in a process of its own.", server.addr());
    if scale != 1.0 {
        say!("Its delays are {scale} of the documents'; --full takes them whole.");
    }
    say!("The runtime is {}; the comparison has both schedulers.", options.scheduler);

    walk.visit(|| comparison(&server, options));
    walk.visit(|| pages(&runtime, server.addr(), scale));
    walk.visit(|| in_trouble(&runtime, server.addr(), scale));
    walk.visit(|| stopped_half_way(&runtime, server.addr(), scale, scratch));
    walk.visit(|| searches(&runtime, scale));
    walk.visit(|| {
        let short = queue::Options::short();
        runtime.block_on(async { queue::run(&short, short.out()).await }).map(|()| Vec::new())
    });
    walk.visit(|| runtime.block_on(echo::check()).map(|()| Vec::new()));
    say!("{}", leave::next());
    Ok(walk.end())
}

/// What this is, before anything takes time. The seconds are those of the floors, and some more.
fn welcome(scale: f64, rests: Duration) -> String {
    let seconds = 3.0 + 200.0 * scale + rests.as_secs_f64();
    wrapped(
        "",
        &format!(
            "Mainspring is an async runtime for Rust, built by hand. This is a tour of its \
             programs: {} stops, about {seconds:.0} s, no network needed. They come from five \
             documents on Python's asyncio, whose figures stand beside ours. Three of the stops \
             show failure, and that nothing is lost in it. Ctrl-c ends the tour at once.",
            STOPS.len(),
        ),
    )
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
    say!("floor        {:.3} s; this run took {ratio:.3} times that", floor.as_secs_f64());
    say!("document     says 6.824 s, {}", table::verdict(6.824, whole));

    let mut found = Vec::new();
    if summary.failed() > 0 {
        let first = summary.first_failure.as_deref().unwrap_or("no reason is known");
        found.push(format!("{} of the 50 pages failed; the first: {first}", summary.failed()));
    }
    if summary.failed() == 0 && summary.wall < floor {
        found.push(format!("50 pages in {:?}, below their floor of {floor:?}", summary.wall));
    }
    Ok(found)
}

fn comparison(server: &ServerProcess, options: &Options) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    table::HEAD.iter().for_each(|line| say!("{line}"));
    let threads = options.scheduler.threads();
    let mut group = None;
    for (index, row) in ROWS.iter().enumerate() {
        if group.replace(row.group) != Some(row.group) {
            say!("{}", row.group.title(threads));
        }
        let figures = run::run(index, server.addr(), threads, options.scale)?;
        say!("{}", table::line(row, &figures, options.scale));
        found.extend(table::complaints(row, &figures, options.scale, options.check));
    }
    say!();
    table::foot(&ROWS).iter().for_each(|line| say!("{line}"));
    Ok(found)
}

/// Dropped connections and a page that hangs: all other pages come.
fn in_trouble(runtime: &Runtime, server: SocketAddr, scale: f64) -> Result<Vec<String>, String> {
    let options = fetch::Options {
        url: None,
        requests: trouble::PAGES,
        limit: trouble::LIMIT.try_into().map_err(|_| "the limit is not zero")?,
        retries: trouble::RETRIES,
        timeout: trouble::PATIENCE,
        scale,
        ..fetch::Options::parse_from(["fetch"])
    };
    let stats = |path| plain::get_json(server, path).map_err(|e| format!("the server: {e}"));
    stats("/reset")?;
    let client = Client::new(trouble::LIMIT);
    let summary = runtime.block_on(fetch::fetch(&options, client, trouble::urls(server)?));
    let end = trouble::End {
        good: summary.good as u64,
        attempts: summary.attempts,
        retries: summary.retries,
        lost: summary.first_failure,
        seen: stats("/stats")?["total"].as_u64().unwrap_or(u64::MAX),
        wall: summary.wall,
    };
    say!("{}", end.text().trim_end());
    Ok(end.complaints())
}

/// The scraper twice, into one database.
fn stopped_half_way(
    runtime: &Runtime,
    server: SocketAddr,
    scale: f64,
    scratch: &Scratch,
) -> Result<Vec<String>, String> {
    let folder = scratch.make().map_err(|error| {
        format!("no folder for a database in {}: {error}", std::env::temp_dir().display())
    })?;
    let ended = runtime.block_on(resumed::both_runs(server, &folder.join("pages.db"), scale));
    let removed = scratch.remove();
    let end = ended?;
    say!("{}", end.text().trim_end());
    let mut found = end.complaints();
    found.extend(removed.err());
    Ok(found)
}

fn searches(runtime: &Runtime, scale: f64) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for case in answers::cases(scale) {
        found.extend(runtime.block_on(answers::ask(&case))?);
    }
    Ok(found)
}
