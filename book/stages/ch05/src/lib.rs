//! Stage 5, the task: a future in a box of its own, with one word that says what may happen to it.
//!
//! The files in reading order; a file uses only what stands before it.

#![deny(clippy::undocumented_unsafe_blocks)]
#![allow(missing_debug_implementations)]

pub use join::{Join, join};
pub use race::{Either, Race, race};
pub use sync::event::Event;
pub use task::error::JoinError;
pub use task::join::{AbortHandle, JoinHandle};
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

pub mod task {
    /// one word: flags and references; every transition is a named enum.
    mod state;
    /// JoinError: why a task has no output.
    pub mod error;
    /// the front that all tasks have, and a counted pointer to it.
    mod header;
    /// four functions that turn a task into a std Waker.
    mod waker;
    /// trait Schedule: what a task asks of its executor; Runnable: the right to run it once.
    pub mod schedule;
    /// one allocation: the front, the executor's address, then the future or its output.
    mod cell;
    /// poll once; then idle, again, complete or cancelled; panics stop here.
    mod run;
    /// wait for a task, end a task.
    pub mod join;
    /// from a future to a queue entry and a handle.
    pub mod new;
}
