//! what is printed on standard output, for a reader who may go: `cargo compare | head`.
//!
//! `print!` panics when nobody reads any more, and a run of half an hour would be lost before its
//! page is written. Here the reader misses lines, and the work goes on. Any other failure, such as
//! a full disk, is told once and fails the program at its end.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Lines were lost that somebody may have wanted.
static LOST: AtomicBool = AtomicBool::new(false);

/// What `print!` does.
pub fn print(what: impl fmt::Display) {
    let mut out = io::stdout().lock();
    let Err(error) = write!(out, "{what}").and_then(|()| out.flush()) else { return };
    // Ordering: it guards nothing.
    if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Relaxed) {
        eprintln!("compare: cannot write to standard output: {error}");
    }
}

/// What `println!` does.
pub fn line(what: impl fmt::Display) {
    print(format_args!("{what}\n"));
}

/// How a program ends that would end with `code`: not well if lines were lost.
#[must_use]
pub fn end(code: ExitCode) -> ExitCode {
    // Ordering: as in `print`.
    if LOST.load(Relaxed) { ExitCode::FAILURE } else { code }
}
