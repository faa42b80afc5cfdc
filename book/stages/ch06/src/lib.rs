//! Stage 6, an executor: a queue, an inbox, and one thread that runs what is in them.
//!
//! The files in reading order; a file uses only what stands before it.

#![deny(clippy::undocumented_unsafe_blocks)]
#![allow(missing_debug_implementations)]

pub use join::{Join, join};
pub use race::{Either, Race, race};
pub use runtime::context::spawn;
pub use runtime::runtime::Runtime;
pub use sync::event::Event;
pub use task::error::JoinError;
pub use task::join::{AbortHandle, JoinHandle};
pub use task::yield_now::yield_now;
pub use wake::block_on::block_on;

/// both of two futures, in one.
pub mod join;
/// the first of two futures; the other is dropped.
pub mod race;

pub mod wake {
    /// trait Park, and putting a thread to sleep without missing the alarm.
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
    /// to the back of the queue, once.
    pub mod yield_now;
}

mod local {
    /// what a waker on any thread can reach: the inbox, and the alarm.
    pub mod shared;
    /// the single-thread executor: a queue, a registry, a tick().
    pub mod worker;
}

mod runtime {
    /// which runtime is this thread inside; where a spawn and a wake land.
    pub mod context;
    /// a worker and what it sleeps in; block_on, and an end that returns.
    pub mod runtime;
}
