//! A hundred pages into a database: a limit, tries, a rate, a circuit breaker, and nothing lost.
//!
//! ```text
//! cargo run --release --example scraper                       the second document's, 9 s
//! cargo run --release --example scraper -- --scale 0.1        the same, ten times as fast
//! cargo run --release --example scraper -- --distinct --database pages.db
//!         every address another one, so 100 rows; ctrl-c stops it, the same command goes on
//! cargo run --release --example scraper -- --urls list.txt --database pages.db
//!         pages of your own, one http:// or https:// address a line
//! cargo run --release --example scraper -- --database postgres://me@localhost/pages
//!         the same in PostgreSQL; start it as often and on as many machines as you like
//! ```
//!
//! What you will see: a bar (on a terminal), then how many pages were fetched and stored, how many
//! rows that makes, retries, failures with their reasons, the wall time against its floor, and the
//! most requests in flight. The document's 100 addresses are four different ones, so 100 pages are
//! stored and the table has 4 rows; `--distinct` makes 100 rows of them.
//!
//! Where it goes: without `--database`, a new SQLite file in the folder for temporary files, whose
//! name is printed; it stays there. `:memory:` keeps it in memory. A page whose address is in the
//! database is not fetched again, unless `--again` is given: so a second run goes on where a first
//! one was stopped. The embedded server stands in for `http://httpbin.org`, and pages have that
//! name in the database, because its port is another one in each run.
//!
//! The exit status is 0 if every page is in the database, 130 if ctrl-c came before, and 1 if
//! something failed.
//!
//! From the second document. Its faults, and why this program cannot have them:
//!
//! * Each save is a task that nobody awaits, and the program ends first: 0 of 100 pages are stored,
//!   silently. Here the saves are children of a `TaskGroup`, which ends when they have.
//! * Given time, its plain INSERT stores 4 rows, and 96 errors go nowhere. Here it is an UPSERT,
//!   and an error ends the program with its reason.
//! * It opens a connection a page. Here one task writes, as many pages in a transaction as there
//!   are.
//! * It tries whatever fails again, sleeps after the last try, and takes a 500 for a page. Here an
//!   attempt has a time-out, and only what may mend itself is tried again.
//! * Its 7.2 s for ten at a time are below the floor of 9.0 s: it has not measured that.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use examples::process::{ServerProcess, be_the_server_if_asked};
use examples::scraper::board::{Board, Stop, Summary};
use examples::scraper::fetch::Web;
use examples::scraper::plan::{self, Plan};
use examples::scraper::run::scrape;
use examples::scraper::store::{self, Knobs, Store};
use examples::{flags, floor, interrupt, plain, say, show, tell};
use hyper::Uri;
use mainspring::sync::CancellationToken;

/// What a shell says of a program that ctrl-c has ended.
const INTERRUPTED: u8 = 130;

/// Many pages into a database.
#[derive(Debug, Parser)]
struct Options {
    /// How many pages
    #[arg(long, default_value = "100", value_parser = flags::count_or_none::<u64>)]
    pages: u64,
    /// A path of the server, taken in turn with the others; {i} is the number of the page. Without
    /// any, the document's: /delay/1 /delay/2 /delay/1 /json /html
    #[arg(long = "path", value_name = "PATH")]
    paths: Vec<String>,
    /// Make every address another one: adds ?page=N to the paths
    #[arg(long)]
    distinct: bool,
    /// The server, such as http://127.0.0.1:8000. Without it, a local one that the program starts
    #[arg(long, value_name = "URL")]
    base: Option<String>,
    /// Addresses from a file instead, one http:// or https:// address a line
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pages", "paths", "distinct", "base"])]
    urls: Option<std::path::PathBuf>,
    /// A file for SQLite, :memory:, or postgres://USER[:PASSWORD]@HOST[:PORT]/NAME [default: a new
    /// file in the folder for temporary files]
    #[arg(long)]
    database: Option<String>,
    /// Fetch pages again that are in the database
    #[arg(long)]
    again: bool,
    /// How many requests at a time
    #[arg(long, default_value = "10", value_parser = flags::count::<NonZeroUsize>)]
    limit: NonZeroUsize,
    /// How many tries a page gets
    #[arg(long, default_value = "3")]
    tries: NonZeroU32,
    /// Seconds to wait after a first failure, at most; doubled after each further one
    #[arg(long, default_value = "1", value_parser = flags::seconds)]
    backoff: Duration,
    /// Seconds for one request, from connecting to the last byte
    #[arg(long, default_value = "10", value_parser = flags::patience)]
    timeout: Duration,
    /// How many requests may start in a second, after a burst of a hundred
    #[arg(long, default_value = "100", value_parser = rate)]
    rate: f64,
    /// How many failures within twice the time-out make all requests pause [default: twice the
    /// limit]
    #[arg(long, value_name = "N")]
    breaker: Option<NonZeroU32>,
    /// Seconds to wait while another program writes to the SQLite file
    #[arg(long, default_value = "5", value_parser = flags::seconds)]
    busy_timeout: Duration,
    /// Fail if the run takes more than RATIO times its floor
    #[arg(long, value_name = "RATIO", value_parser = flags::ratio)]
    check: Option<f64>,
    /// A limit for the SQLite file, in pages of 4 KiB: a full disk, for tests
    #[arg(long, hide = true)]
    max_db_pages: Option<u32>,
    /// Factor for the local server's delays and for all waits; the rate grows by it
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    web: flags::Web,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.001..=100_000.0).contains(&rate) => Ok(rate),
        _ => Err("give requests a second above 0, from 0.001 to 100000".to_owned()),
    }
}

impl Options {
    fn plan(&self) -> Plan {
        let plan = Plan::new(self.limit.get());
        Plan {
            tries: self.tries,
            base: self.backoff,
            timeout: self.timeout,
            rate: self.rate,
            failures: self.breaker.map_or(plan.failures, NonZeroU32::get),
            ..plan
        }
        .scaled(self.scale)
    }

    fn addresses(&self) -> Result<Vec<Uri>, String> {
        if let Some(file) = &self.urls {
            let name = file.display().to_string();
            let text = std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read the addresses in {name}: {error}"))?;
            return plan::listed(&name, &text);
        }
        let mut paths = self.paths.clone();
        if paths.is_empty() {
            paths.extend(plan::PATHS.map(String::from));
        }
        if self.distinct {
            for path in &mut paths {
                path.push_str(if path.contains('?') { "&page={i}" } else { "?page={i}" });
            }
        }
        plan::pages(self.base.as_deref().unwrap_or(plan::STOOD_IN_FOR), &paths, self.pages)
    }

    fn database(&self) -> String {
        self.database.clone().unwrap_or_else(|| {
            let name = format!("mainspring-scraper-{}.db", std::process::id());
            std::env::temp_dir().join(name).display().to_string()
        })
    }
}

fn main() -> ExitCode {
    if let Some(end) = be_the_server_if_asked() {
        return end;
    }
    match run(&Options::parse()) {
        Ok(code) => show::end(code),
        Err(error) => {
            tell!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<ExitCode, String> {
    let urls = options.addresses()?;
    let database = options.database();
    let embedded = (options.base.is_none() && options.urls.is_none())
        .then(|| ServerProcess::start(options.scale))
        .transpose()
        .map_err(|error| format!("cannot start the local server: {error}"))?;
    let shown = store::shown(&database);
    say!("database     {shown}");
    let stand_in = embedded.as_ref().map(ServerProcess::addr);
    let summary = options.scheduler.runtime()?.block_on(program(
        options,
        &database,
        urls.clone(),
        stand_in,
    ))?;
    say!("{}", summary.text(&shown).trim_end());
    let ratio = wall(options, &summary, &urls, stand_in.is_some());
    say!("in flight    at most {}, limit {}", summary.counts.peak, options.limit);
    let stats = stand_in.and_then(|addr| plain::get_json(addr, "/stats").ok());
    if let Some(stats) = stats {
        say!("server       at most {} requests in flight", stats["peak_in_flight"]);
    }
    say!("ran on       {}", options.scheduler);
    match (options.check, ratio) {
        (Some(most), Some(ratio)) if ratio > most || ratio < 1.0 => {
            Err(format!("it took {ratio:.3} times its floor; 1 to {most} were asked for"))
        }
        (Some(_), None) => Err("nothing to check: the floor of such a run is not known".into()),
        _ => Ok(verdict(&summary)),
    }
}

async fn program(
    options: &Options,
    database: &str,
    urls: Vec<Uri>,
    stand_in: Option<SocketAddr>,
) -> Result<Summary, String> {
    let knobs = Knobs { busy: options.busy_timeout, most: options.max_db_pages };
    let store = Store::open(database, knobs).await.map_err(|error| error.to_string())?;
    let web = Web { client: options.web.client(options.limit.get()), stand_in };
    let (stop, board) = (CancellationToken::new(), Arc::new(Board::default()));
    let watch = mainspring::spawn(watch(interrupt::ctrl_c().await, stop.clone(), board.clone()));
    let summary = scrape(options.plan(), store, urls, options.again, web, stop, board).await;
    watch.abort();
    summary.map_err(|error| error.to_string())
}

/// Stops the run at a first ctrl-c, and the process at a second.
async fn watch(
    ctrl_c: impl Future<Output = io::Result<()>>,
    stop: CancellationToken,
    board: Arc<Board>,
) {
    if let Err(error) = ctrl_c.await {
        return tell!("scraper: ctrl-c will not stop it cleanly: {error}");
    }
    let again = interrupt::ctrl_c().await;
    tell!("scraper: stopping; what is fetched is stored (ctrl-c again: leave at once)");
    board.lock().stop.get_or_insert(Stop::Asked);
    stop.cancel();
    if again.await.is_ok() {
        std::process::exit(INTERRUPTED.into());
    }
}

/// Prints the time, and the floor if nothing but the delays took any: it is the floor of these
/// alone. Says how many times the floor it was.
fn wall(options: &Options, summary: &Summary, urls: &[Uri], embedded: bool) -> Option<f64> {
    let counts = &summary.counts;
    let wall = summary.wall.as_secs_f64();
    let undisturbed = embedded && counts.saved == counts.asked && counts.retries == 0;
    let delays = urls.iter().map(|url| plan::delay(url, options.scale)).collect::<Option<Vec<_>>>();
    match delays.map(|delays| floor::makespan(&delays, options.limit.get())) {
        Some(floor) if undisturbed && !floor.is_zero() => {
            let floor = floor.as_secs_f64();
            say!("wall         {wall:.3} s, floor {floor:.3} s, {:.3} times", wall / floor);
            Some(wall / floor)
        }
        _ => {
            say!("wall         {wall:.3} s");
            None
        }
    }
}

/// Says on standard error what went wrong, and ends with a status that says so too.
fn verdict(summary: &Summary) -> ExitCode {
    let counts = &summary.counts;
    if let Some(error) = &summary.store_error {
        let lost = counts.fetched - counts.saved;
        tell!("error: {error}; pages that were fetched and not stored: {lost}");
    }
    if let Some(Stop::Down(why)) = &counts.stop {
        tell!(
            "error: the server is down: so many requests failed that the circuit breaker opened, \
             and its probes failed too, the last one like this: {why}; run it again when the \
             server works"
        );
    }
    if counts.failed > 0 {
        match counts.failed {
            1 => tell!("error: a page failed, for the reason above"),
            n => tell!("error: {n} pages failed, for the reasons above"),
        }
    }
    match (&counts.stop, summary.good()) {
        (_, true) => ExitCode::SUCCESS,
        (Some(Stop::Asked), _) if counts.failed == 0 && summary.store_error.is_none() => {
            ExitCode::from(INTERRUPTED)
        }
        _ => ExitCode::FAILURE,
    }
}
