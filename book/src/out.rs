//! what is printed on standard output, for a reader who may go: `cargo book numbers | head`.
//!
//! `println!` panics when nobody reads any more, in the midst of what is written to the tree. Here
//! the reader misses lines, and the work goes on. Any other failure, such as a full disk, is told
//! once and fails the command at its end.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Lines were lost that somebody may have wanted.
static LOST: AtomicBool = AtomicBool::new(false);

/// What `println!` does.
pub fn line(what: impl fmt::Display) {
    let Err(error) = writeln!(io::stdout(), "{what}") else { return };
    // Ordering: it guards nothing.
    if error.kind() != ErrorKind::BrokenPipe && !LOST.swap(true, Relaxed) {
        eprintln!("cannot write to standard output: {error}");
    }
}

/// Were lines lost?
pub fn is_lost() -> bool {
    // Ordering: as in `line`.
    LOST.load(Relaxed)
}
