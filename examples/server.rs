//! A local stand-in for httpbin, for every program that needs a peer.
//!
//! ```text
//! cargo run --release --example server                    listens on port 8000 until ctrl-c
//! cargo run --release --example server -- --current-thread     the same on one thread
//! curl http://127.0.0.1:8000/delay/1
//! curl http://127.0.0.1:8000/stats
//! ```
//!
//! What you will see: the address, and after ctrl-c what it has counted: requests, connections, and
//! the most requests that were in flight at once. What it counts is exact on any number of threads:
//! all counters are behind one lock.
//!
//! The documents fetch from httpbin.org (all five do), which measures the network as much as the
//! program. This server answers after exactly the delay it was asked for, breaks where it is told
//! to (`/flaky`, `/drop`, `/hang`), and counts. The other programs start it for themselves; run it
//! alone to look at it with another client. All its paths are listed in `src/server.rs`.
//!
//! A fault it cannot have: counting a request as in flight after its answer was read. It counts
//! down before it writes, so a limit of 10 shows as 10 and never as 11.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;
use examples::say;
use examples::server::Server;
use examples::{flags, interrupt};

/// A local HTTP server that answers late, wrongly or never, as asked.
#[derive(Debug, Parser)]
struct Options {
    /// Port to listen on; 0 lets the system choose
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Factor for all delays: 0.1 is ten times as fast
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(run(&options))
}

async fn run(options: &Options) -> Result<(), String> {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let server = Server::bind(addr, options.scale)
        .await
        .map_err(|error| flags::cannot_listen(addr, &error))?;
    let addr = server.local_addr().map_err(|error| error.to_string())?;
    let ctrl_c = interrupt::ctrl_c().await;
    say!("listening on http://{addr}, delays × {}; ctrl-c stops", options.scale);
    let counted = server.serve(ctrl_c).await;
    say!("\nstopped; counted {counted}");
    Ok(())
}
