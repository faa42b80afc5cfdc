//! the reports that are no rows of nanoseconds: a bad task, outside events, idleness, scale.
//!
//! ```text
//! cargo compare stuck     what others wait for while a task blocks, hogs, or floods   (7 minutes)
//! cargo compare events    processor time and latency of a wake from outside        (half a minute)
//! cargo compare late      how late timers are, p50, p99, p99.9                       (4 minutes)
//! cargo compare idle      switches, threads, descriptors, memory of a runtime at rest     (20 s)
//! cargo compare scale     to a million tasks and timers, to 10 000 connections        (5 minutes)
//! cargo compare copy      a gibibyte through a task, one way and both; buffers        (2 minutes)
//! cargo compare server    echo against a bare epoll loop, syscalls, memory, accepts   (5 minutes)
//! cargo compare syscalls  system calls per operation, counted by strace              (6 minutes)
//! cargo compare atomics   atomic instructions per operation, counted by valgrind     (5 minutes)
//! ```
//!
//! Each report is one file here, which says what it measures, and one or two in `cases/`, which do
//! it and are compiled once per runtime (`on`). A case runs in a process of its own: `compare case
//! REPORT PEER CASE`, by hand too. Processes end with their parent, or after four minutes.

pub mod atomics;
pub mod calls;
pub mod cells;
pub mod copy;
pub mod events;
pub mod far;
pub mod floor;
pub mod hot;
pub mod idle;
pub mod late;
pub mod machine_code;
pub mod on;
pub mod process;
pub mod scale;
pub mod series;
pub mod server;
pub mod stuck;
pub mod syscalls;
pub mod who;

use crate::compare::{about, child};
use clap::{Args, Subcommand, ValueEnum};
use series::Series;
use std::fmt::Write;
use std::time::Duration;
use who::Who;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Report {
    Stuck,
    Events,
    Late,
    Idle,
    Scale,
    Copy,
    Server,
    Syscalls,
    Atomics,
}

/// The part of the command line that belongs to the reports.
#[derive(Debug, Subcommand)]
pub enum Lab {
    /// One bad task: what the others wait for.
    Stuck(Options),
    /// An outside event: processor time and latency.
    Events(Options),
    /// How late timers are.
    Late(Options),
    /// A runtime at rest: context switches, threads, descriptors, memory.
    Idle(Options),
    /// A thousand to a million tasks and timers, ten thousand connections.
    Scale(Options),
    /// A gibibyte through a task; buffered readers and writers.
    Copy(Options),
    /// An echo server beside a bare epoll loop.
    Server(Options),
    /// System calls per operation.
    Syscalls(Options),
    /// Atomic instructions per operation.
    Atomics(Options),
    /// One case of a report on one peer (tokio-mt2, mainspring-ct), in this process.
    #[command(hide = true)]
    Case {
        report: Report,
        who: Who,
        case: String,
        #[arg(long)]
        quick: bool,
    },
}

#[derive(Clone, Debug, Args)]
pub struct Options {
    /// Only cases whose name holds this.
    #[arg(long, value_name = "SUBSTRING", default_value = "")]
    pub only: String,
    /// Fewer rounds of smaller cases.
    #[arg(long)]
    pub quick: bool,
    /// How many rounds: each is every case on every peer, in turns.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: Option<u16>,
}

impl Options {
    pub fn rounds(&self, full: usize, quick: usize) -> usize {
        let usual = if self.quick { quick } else { full };
        self.rounds.map_or(usual, usize::from)
    }
}

/// How much of a case to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    Full,
    Quick,
    /// For tests.
    Tiny,
}

/// The function at the same path on the runtime that is asked for; `None` is returned for the
/// floor, which is none.
macro_rules! on_peer {
    ($who:expr, $module:ident :: $function:ident) => {
        match $who.peer {
            $crate::labs::who::Peer::Mainspring => $crate::labs::on::mainspring::$module::$function,
            $crate::labs::who::Peer::Tokio => $crate::labs::on::tokio::$module::$function,
            $crate::labs::who::Peer::Smol => $crate::labs::on::smol::$module::$function,
            $crate::labs::who::Peer::Floor => return None,
        }
    };
}
pub(crate) use on_peer;

/// Does what the command line asked for.
pub fn run(lab: &Lab) -> Result<(), String> {
    let text = match lab {
        Lab::Stuck(options) => stuck::report(options),
        Lab::Events(options) => events::report(options),
        Lab::Late(options) => late::report(options),
        Lab::Idle(options) => idle::report(options),
        Lab::Scale(options) => scale::report(options),
        Lab::Copy(options) => copy::report(options),
        Lab::Server(options) => server::report(options),
        Lab::Syscalls(options) => calls::report(options)?,
        Lab::Atomics(options) => atomics::report(options)?,
        Lab::Case { report, who, case: name, quick } => {
            child::bounded_life(240);
            let size = if *quick { Size::Quick } else { Size::Full };
            series::print(&case(*report, *who, name, size)?)
        }
    };
    print!("{text}");
    Ok(())
}

/// One case on one peer, here and now.
pub fn case(report: Report, who: Who, name: &str, size: Size) -> Result<Series, String> {
    let of_report = match report {
        Report::Stuck => stuck::case,
        Report::Events => events::case,
        Report::Late => late::case,
        Report::Idle => idle::case,
        Report::Scale => scale::case,
        Report::Copy => copy::case,
        Report::Server => server::case,
        Report::Syscalls => calls::case,
        Report::Atomics => atomics::case,
    };
    of_report(who, name, size).ok_or(format!("there is no case {name:?} on {who}"))
}

/// Where and with what, and what the report says of itself.
fn head(rounds: usize, says: &str) -> String {
    let mut text = String::new();
    for (key, value) in about::about(&[], rounds, Duration::ZERO) {
        if ["command", "machine", "load", "rustc", "peers"].contains(&key) {
            writeln!(text, "{key:<10} {value}").expect("a string takes all");
        }
    }
    format!("{text}{:<10} {rounds}\n\n{}\n\n", "rounds", says.trim())
}
