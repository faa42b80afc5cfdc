//! errors of a broadcast: nobody listens, nobody speaks, or too slow.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;

/// There is no receiver; here is the value that nobody would get.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub struct SendError<T>(pub T);

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl<T: fmt::Debug> Error for SendError<T> {}

/// Why there was no value to receive.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum RecvError {
    /// There is none, and there will be none: all senders are gone.
    Closed,
    /// The receiver was too slow: so many values were replaced by later ones before it saw them.
    /// It goes on with the oldest that is still there.
    Lagged(u64),
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("channel closed"),
            Self::Lagged(lost) => write!(f, "channel lagged by {lost}"),
        }
    }
}

impl Error for RecvError {}

/// Why there was no value to receive without waiting.
#[derive(Debug, PartialEq, Eq, Clone)]
pub enum TryRecvError {
    /// There is none right now; there may be one later.
    Empty,
    /// There is none, and there will be none: all senders are gone.
    Closed,
    /// The receiver was too slow: so many values were replaced by later ones before it saw them.
    /// It goes on with the oldest that is still there.
    Lagged(u64),
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("channel empty"),
            Self::Closed => f.write_str("channel closed"),
            Self::Lagged(lost) => write!(f, "channel lagged by {lost}"),
        }
    }
}

impl Error for TryRecvError {}
