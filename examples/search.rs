//! A search service: a database and an API asked at once, three seconds at most.
//!
//! ```text
//! cargo run --release --example search                     on port 8000, until ctrl-c
//! curl 'http://127.0.0.1:8000/search?keyword=AI'           in another terminal; or a browser
//! cargo run --release --example search -- --check          it asks itself, 8 s, and ends
//! cargo run --release --example search -- --api-fail       200, but "partial_failure": true
//! cargo run --release --example search -- --db-delay 4     504 after 3 s
//! cargo run --release --example search -- --current-thread     the service on one thread
//! ```
//!
//! What you will see: the address, a line for each source that fails, and after ctrl-c how many
//! requests were running, how many of them could end (they have `--grace` seconds; a second ctrl-c
//! ends them at once), and how many were answered in all. `--check` prints each answer of the
//! service once, with its time: 200 in 0.8 s, fifty at once in the same time, 422, partial results,
//! 502, 504, the tasks behind a running search, and a stop that lets it end. Its exit status is 0
//! if all of them came as they should.
//!
//! From the fifth document, on FastAPI there and on axum and hyper here: same JSON, same order of
//! keys, same bodies for 404, 405, 422 and 504. `/metrics` and `/tasks` are ours. Faults of the
//! original that this program cannot have: its API turns every error into a dictionary, and
//! `partial_failure` then says false; here a source ends with a `Result`, and who counts results
//! has the errors in hand. It opens a session for each request; here all share one pool. The
//! document shows another title than httpbin's page has. Its 504 cannot come with its own numbers,
//! 0.8 and 2.0 s under a limit of 3.0 s: try `--db-delay 4`.

use std::future::Future;
use std::process::ExitCode;

use clap::Parser;
use examples::say;
use examples::search::check::check;
use examples::search::serve::Hurry;
use examples::search::service::{Config, Service};
use examples::{flags, interrupt};
use mainspring::runtime::Builder;

/// A search service: a database and an API asked at once, three seconds at most.
#[derive(Debug, Parser)]
struct Options {
    /// Port to listen on; 0 lets the system choose
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Start the service in each of its states, ask it, and end
    #[arg(long, conflicts_with_all = [
        "port", "db_delay", "db_fail", "api_url", "api_delay", "api_fail", "api_timeout",
        "api_connections", "timeout", "connections", "head_timeout", "grace", "ca", "longest",
    ])]
    check: bool,
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn main() -> ExitCode {
    let options = Options::parse();
    // `/tasks` shows names and waits only if the runtime keeps records.
    let records = |builder: &mut Builder| _ = builder.dump(true);
    options.scheduler.run_with(records, async {
        match options.check {
            true => check(options.config.scale).await,
            false => serve(&options).await,
        }
    })
}

async fn serve(options: &Options) -> Result<(), String> {
    let service = Service::bind(options.port, &options.config).await?;
    let (addr, numbers) = (service.addr(), service.numbers().clone());
    let ctrl_c = interrupt::ctrl_c().await;
    say!("listening on http://{addr}, seconds × {}; ctrl-c stops", options.config.scale);
    say!("  curl 'http://{addr}/search?keyword=AI'");
    say!("  the API is {}; also /metrics and /tasks", service.api());
    let stopped = service.serve(twice(ctrl_c)).await;
    say!("stopped; {stopped}; {} were answered", numbers.answered());
    Ok(())
}

/// Waits for ctrl-c. The future that comes of it waits for the next one, and does so already: no
/// signal is lost between the two.
async fn twice(ctrl_c: impl Future) -> Hurry<impl Future> {
    ctrl_c.await;
    let again = interrupt::ctrl_c().await;
    say!("\nstopping: nothing new, what runs may end; ctrl-c again ends it at once");
    Hurry(again)
}
