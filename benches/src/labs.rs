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
pub mod sheet;
pub mod stuck;
pub mod syscalls;
pub mod who;

use crate::compare::progress::Progress;
use crate::compare::{about, child, interrupt};
use crate::out;
use clap::{Args, Subcommand, ValueEnum};
use series::Series;
use sheet::Sheet;
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

impl Report {
    /// In the order of the page.
    pub const ALL: [Self; 9] = [
        Self::Stuck,
        Self::Late,
        Self::Events,
        Self::Server,
        Self::Scale,
        Self::Copy,
        Self::Idle,
        Self::Syscalls,
        Self::Atomics,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Stuck => "stuck",
            Self::Events => "events",
            Self::Late => "late",
            Self::Idle => "idle",
            Self::Scale => "scale",
            Self::Copy => "copy",
            Self::Server => "server",
            Self::Syscalls => "syscalls",
            Self::Atomics => "atomics",
        }
    }

    /// About how long it takes: so much at the start or the end, and so much a round.
    pub fn takes(self, options: &Options) -> Duration {
        let (once, a_round, full, quick) = match self {
            Self::Stuck => (0, 80, 5, 3),
            Self::Events => (0, 12, 3, 1),
            Self::Late => (0, 80, 5, 2),
            Self::Idle => (25, 0, 1, 1),
            Self::Scale => (30, 670, 1, 1),
            Self::Copy => (0, 24, 5, 2),
            // All that is counted by strace, or a third of it.
            Self::Server if options.rounds(5, 2) > 1 => (560, 210, 5, 2),
            Self::Server => (210, 210, 5, 2),
            Self::Syscalls => (0, 300, 3, 1),
            Self::Atomics => (180, 0, 1, 1),
        };
        let seconds = once + a_round * options.rounds(full, quick) as u64;
        // Fewer and smaller cases.
        Duration::from_secs(if options.quick { seconds / 3 } else { seconds })
    }

    /// Measures, and says what came out.
    pub fn sheet(self, options: &Options, progress: &Progress) -> Sheet {
        progress.part(self.takes(options));
        let of_report = match self {
            Self::Stuck => stuck::report,
            Self::Events => events::report,
            Self::Late => late::report,
            Self::Idle => idle::report,
            Self::Scale => scale::report,
            Self::Copy => copy::report,
            Self::Server => server::report,
            Self::Syscalls => calls::report,
            Self::Atomics => atomics::report,
        };
        let command = format!("cargo compare {}{}", self.name(), options.words());
        Sheet { name: self.name().to_owned(), command, ..of_report(options, progress) }
    }
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

#[derive(Clone, Debug, Default, Args)]
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

    /// As on the command line, each after a blank.
    fn words(&self) -> String {
        let mut words = if self.quick { " --quick".to_owned() } else { String::new() };
        if let Some(rounds) = self.rounds {
            words += &format!(" --rounds {rounds}");
        }
        if !self.only.is_empty() {
            words += &format!(" --only {:?}", self.only);
        }
        words
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
    let (report, options) = match lab {
        Lab::Stuck(options) => (Report::Stuck, options),
        Lab::Events(options) => (Report::Events, options),
        Lab::Late(options) => (Report::Late, options),
        Lab::Idle(options) => (Report::Idle, options),
        Lab::Scale(options) => (Report::Scale, options),
        Lab::Copy(options) => (Report::Copy, options),
        Lab::Server(options) => (Report::Server, options),
        Lab::Syscalls(options) => (Report::Syscalls, options),
        Lab::Atomics(options) => (Report::Atomics, options),
        Lab::Case { report, who, case: name, quick } => {
            child::bounded_life(240);
            let size = if *quick { Size::Quick } else { Size::Full };
            print!("{}", series::print(&case(*report, *who, name, size)?));
            return Ok(());
        }
    };
    interrupt::listen().map_err(|error| error.to_string())?;
    let progress = Progress::new(report.takes(options));
    let sheet = report.sheet(options, &progress);
    progress.end();
    if interrupt::asked() {
        interrupt::end_all();
    } else if let Some(missing) = sheet.notes.first().filter(|_| sheet.grids.is_empty()) {
        return Err(missing.clone());
    }
    for (key, value) in about::about(&[], sheet.rounds, Duration::ZERO) {
        if ["command", "machine", "load", "rustc", "peers"].contains(&key.as_str()) {
            out::line(format_args!("{key:<10} {value}"));
        }
    }
    out::print(sheet.text());
    match interrupt::asked() {
        true => Err("interrupted: this is not all, and nothing else was written".to_owned()),
        false => Ok(()),
    }
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
