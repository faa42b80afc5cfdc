//! what the primer's programs share: a line with its time, and two ways to run.
//!
//! A program of the primer is one `async fn program(out: Out)`. Its file runs it in real time, on
//! the scheduler that the flags ask for; `tests/primer.rs` runs the same function on
//! `current_thread` in virtual time, where its lines come at the same second in every run.

#![forbid(unsafe_code)]

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{CommandFactory, FromArgMatches, Parser};
use mainspring::runtime::Builder;
use mainspring::time::{Instant, sleep};

use crate::{flags, show};

#[derive(Debug, Parser)]
struct Options {
    /// Factor for every wait: 0.1 is ten times as fast
    #[arg(long, default_value = "1", value_parser = flags::scale)]
    scale: f64,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

/// Where the lines of a program go, and how long its seconds are.
#[derive(Clone, Debug)]
pub struct Out {
    start: Instant,
    scale: f64,
    /// Lines that are kept instead of printed.
    kept: Option<Arc<Mutex<String>>>,
}

impl Out {
    fn new(scale: f64, kept: Option<Arc<Mutex<String>>>) -> Out {
        Out { start: Instant::now(), scale, kept }
    }

    /// Lines on standard output. Time counts from here.
    #[must_use]
    pub fn printing(scale: f64) -> Out {
        Out::new(scale, None)
    }

    /// One line, behind the second of the document at which it is written.
    pub fn line(&self, text: impl fmt::Display) {
        // The time is read under the lock: no line is earlier than the one above.
        match &self.kept {
            Some(kept) => {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                let _ = writeln!(kept, "[{:6.2}] {text}", self.seconds());
            }
            None => {
                let mut out = std::io::stdout().lock();
                show::lost(writeln!(out, "[{:6.2}] {text}", self.seconds()));
            }
        }
    }

    fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64() / self.scale
    }

    /// So many of the document's seconds, as long as `--scale` makes them.
    #[must_use]
    pub fn time(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.scale)
    }

    /// Waits for so many of the document's seconds.
    pub async fn rest(&self, seconds: f64) {
        sleep(self.time(seconds)).await;
    }
}

/// What a program ends with.
pub type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// The whole program: flags, runtime, lines on standard output, exit status. `what` it shows is
/// for `--help`.
pub fn run(what: &'static str, program: impl AsyncFnOnce(Out) -> Ended) -> ExitCode {
    run_on(what, |_| {}, program)
}

/// The same on a runtime with a knob of the program's own.
pub fn run_on(
    what: &'static str,
    knobs: impl FnOnce(&mut Builder),
    program: impl AsyncFnOnce(Out) -> Ended,
) -> ExitCode {
    // The long text would be that of the flags that are flattened into ours.
    let matches = Options::command().about(what).long_about(None).get_matches();
    let options = Options::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    options.scheduler.run_with(knobs, async {
        program(Out::printing(options.scale)).await.map_err(|error| error.to_string())
    })
}

/// The lines of a program in virtual time, on `current_thread`.
///
/// # Panics
/// When the program fails.
#[must_use]
pub fn record(knobs: impl FnOnce(&mut Builder), program: impl AsyncFnOnce(Out) -> Ended) -> String {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().start_paused(true);
    knobs(&mut builder);
    let runtime = builder.build().expect("a runtime can be made");
    runtime.block_on(async {
        let kept: Arc<Mutex<String>> = Arc::default();
        program(Out::new(1.0, Some(kept.clone()))).await.expect("the program succeeds");
        kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    })
}
