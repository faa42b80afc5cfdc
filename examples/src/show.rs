//! a live line on a terminal, plain lines elsewhere.
//!
//! All of it goes to standard error, so that a table on standard output stays clean. Where standard
//! error is no terminal, there is a line at the start and, if that takes a while, after each
//! quarter.
//!
//! `println!` panics when nobody reads, as in `program | head -1`, and with it dies the task that
//! had something to say. [`say!`](crate::say) and [`tell!`](crate::tell) do not: a reader who has
//! gone misses lines, and the work goes on. Any other failure, such as a full disk, is told once
//! and fails the program at its end.

#![forbid(unsafe_code)]

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Plain lines do not follow each other faster than this.
const APART: Duration = Duration::from_secs(1);

/// A line on standard output, as `println!` writes it.
#[macro_export]
macro_rules! say {
    () => { $crate::show::say(format_args!("")) };
    ($($what:tt)*) => { $crate::show::say(format_args!($($what)*)) };
}

/// A line on standard error, as `eprintln!` writes it.
#[macro_export]
macro_rules! tell {
    ($($what:tt)*) => { $crate::show::tell(format_args!($($what)*)) };
}

/// Lines were lost that somebody may have wanted.
static LOST: AtomicBool = AtomicBool::new(false);

/// What [`say!`](crate::say) does.
pub fn say(what: fmt::Arguments<'_>) {
    lost(writeln!(io::stdout(), "{what}"));
}

/// What [`tell!`](crate::tell) does. There is nobody to be told that it failed.
pub fn tell(what: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{what}");
}

/// Keeps in mind that `written` failed, unless the reader has gone, and tells the first time.
pub fn lost(written: io::Result<()>) {
    let Err(error) = written else { return };
    // Ordering: it guards nothing.
    if error.kind() != io::ErrorKind::BrokenPipe && !LOST.swap(true, Relaxed) {
        tell(format_args!("error: cannot write to standard output: {error}"));
    }
}

/// How a program ends that would end with `code`: not well if lines were lost.
#[must_use]
pub fn end(code: ExitCode) -> ExitCode {
    lost(io::stdout().flush());
    // Ordering: as in `lost`.
    if LOST.load(Relaxed) { ExitCode::FAILURE } else { code }
}

/// Whether standard error is a terminal that can write a line again.
fn redraws() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Takes away the live line of a program that ends in the midst of it. On a terminal there may also
/// be a `^C`.
pub fn clear() {
    if redraws() {
        let _ = write!(io::stderr(), "\r\x1b[K");
    } else if std::io::stderr().is_terminal() {
        let _ = writeln!(io::stderr());
    }
}

/// How far one piece of work has come.
#[derive(Debug)]
pub struct Live {
    what: String,
    total: u64,
    done: u64,
    started: Instant,
    told: Instant,
    /// The next quarter that is worth a plain line.
    quarter: u64,
    bar: Option<ProgressBar>,
}

impl Live {
    /// Begins to show `what`, of which there are `total` steps.
    pub fn new(what: &str, total: u64) -> Live {
        let bar = redraws().then(|| {
            // All of it has room in 80 columns.
            let bar = if what.chars().count() <= 42 { "[{bar:20}] " } else { "" };
            let line = format!("{{msg}}  {bar}{{pos}}/{{len}}  {{elapsed}}");
            let style = ProgressStyle::with_template(&line)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ");
            ProgressBar::new(total).with_style(style).with_message(what.to_owned())
        });
        if bar.is_none() {
            crate::tell!("{what}: {total} to do");
        }
        let started = Instant::now();
        Live { what: what.to_owned(), total, done: 0, started, told: started, quarter: 1, bar }
    }

    /// `done` steps are done.
    pub fn set(&mut self, done: u64) {
        self.done = done;
        self.tick();
    }

    /// One more step is done.
    pub fn step(&mut self) {
        self.set(self.done + 1);
    }

    /// Nothing new; time has passed.
    pub fn tick(&mut self) {
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            bar.tick();
        } else if self.quarter_done() && self.told.elapsed() >= APART {
            self.quarter = self.done * 4 / self.total.max(1) + 1;
            self.told = Instant::now();
            let (what, done, total) = (&self.what, self.done, self.total);
            let seconds = self.started.elapsed().as_secs_f64();
            crate::tell!("{what}: {done} of {total} after {seconds:.1} s");
        }
    }

    fn quarter_done(&self) -> bool {
        self.done < self.total && self.done * 4 >= self.total * self.quarter
    }
}

impl Drop for Live {
    /// The live line goes away; what is printed next takes its place.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
