//! What goes wrong on a TCP connection, and what a program sees of it.
//!
//! Where std would fail, we fail with the same kind: the tests do the same to a socket of std's and
//! compare. What changes or counts a whole process runs in a process of its own.

#![cfg(unix)]

#[path = "faults/half_close.rs"]
mod half_close;
#[allow(dead_code, reason = "the tests of net use the rest")]
#[path = "net/help.rs"]
mod help;
#[cfg(target_os = "linux")]
#[path = "faults/interrupts.rs"]
mod interrupts;
#[path = "faults/moved.rs"]
mod moved;
#[cfg(target_os = "linux")]
#[path = "faults/no_answer.rs"]
mod no_answer;
#[path = "faults/resets.rs"]
mod resets;
#[path = "faults/reused.rs"]
mod reused;
#[path = "faults/slow_reader.rs"]
mod slow_reader;
#[cfg(target_os = "linux")]
#[path = "faults/storm.rs"]
mod storm;
#[path = "faults/tools.rs"]
mod tools;
