//! JoinError: why a task has no output.

use std::any::Any;
use std::fmt;

/// Why a task has no output.
pub enum JoinError {
    /// It was aborted, or its executor has ended.
    Cancelled,
    /// It panicked, with this.
    Panicked(Box<dyn Any + Send>),
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("Cancelled"),
            JoinError::Panicked(thrown) => match thrown.downcast_ref::<&str>() {
                Some(text) => write!(f, "Panicked({text:?})"),
                None => f.write_str("Panicked"),
            },
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JoinError::Cancelled => "the task was cancelled",
            JoinError::Panicked(_) => "the task panicked",
        })
    }
}

impl std::error::Error for JoinError {}
