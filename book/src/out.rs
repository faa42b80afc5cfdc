//! what is printed on standard output, for a reader who may go: `cargo book numbers | head`.
//!
//! `println!` panics when nobody reads any more, in the midst of what is written to the tree. Here
//! the reader misses lines, and the work goes on.

use std::fmt;
use std::io::{self, Write};

/// What `println!` does; a line that cannot be written is lost.
pub fn line(what: impl fmt::Display) {
    let _ = writeln!(io::stdout(), "{what}");
}
