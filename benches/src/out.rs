//! what is printed on standard output, for a reader who may go: `cargo compare | head`.
//!
//! `print!` panics when nobody reads any more, and a run of half an hour would be lost before its
//! page is written. Here the reader misses lines, and the work goes on. Any other failure, such as
//! a full disk, is said on standard error.

use std::fmt;
use std::io::{self, ErrorKind, Write};

/// What `print!` does.
pub fn print(what: impl fmt::Display) {
    let mut out = io::stdout().lock();
    match write!(out, "{what}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("compare: cannot write to standard output: {error}");
        }
        _ => {}
    }
}

/// What `println!` does.
pub fn line(what: impl fmt::Display) {
    print(format_args!("{what}\n"));
}
