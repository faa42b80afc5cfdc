//! Stage 4, the waker: a pointer and four functions, written by hand.
//!
//! The files in reading order; a file uses only what stands before it.

#![deny(clippy::undocumented_unsafe_blocks)]
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
    /// four functions that turn a parker's signal into a std Waker.
    pub mod waker;
    /// the smallest executor: poll, park, repeat.
    pub mod block_on;
    /// one waker, left by one side and taken by the other.
    pub mod slot;
}

pub mod sync {
    /// something that happens once, on any thread, and that one future waits for.
    pub mod event;
}
