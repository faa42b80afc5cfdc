//! trait Park: what an executor sleeps in.
//!
//! The parker of the chapters before is gone: the bed is epoll now, see `drive/bell.rs`.

use std::sync::Arc;
use std::time::Duration;

/// What an executor sleeps in.
pub trait Park {
    /// Sleeps until there may be something to do: an alarm, or whatever else wakes this sleeper, or
    /// the end of `limit`. `Some(ZERO)` looks and does not sleep.
    fn park(&self, limit: Option<Duration>);

    /// What another thread needs to end the sleep.
    fn unparker(&self) -> Unparker;
}

/// Ends a sleep from another thread, or keeps the next one from starting.
pub trait Unpark: Send + Sync {
    fn unpark(&self);
}

/// A way to nudge one sleeper.
pub type Unparker = Arc<dyn Unpark>;
