//! Stage 3, block_on: one future, and a thread that sleeps until somebody wakes it.
//!
//! The files in reading order; a file uses only what stands before it.

#![forbid(unsafe_code)]
#![allow(missing_debug_implementations)]

pub use join::{Join, join};
pub use race::{Either, Race, race};
pub use sync::event::Event;
pub use wake::block_on::block_on;

/// both of two futures, in one.
pub mod join;
/// the first of two futures; the other is dropped.
pub mod race;

pub mod wake {
    /// putting a thread to sleep without missing the alarm.
    pub mod park;
    /// the smallest executor: poll, park, repeat.
    pub mod block_on;
}

pub mod sync {
    /// something that happens once, on any thread, and that one future waits for.
    pub mod event;
}
