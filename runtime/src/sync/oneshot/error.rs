//! errors of a oneshot: the value never came, or not yet.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fmt;

/// The sender was dropped without sending, or the receiver had closed before it could.
///
/// What awaiting a [`Receiver`](super::Receiver) returns when there will be no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecvError(pub(super) ());

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("channel closed")
    }
}

impl Error for RecvError {}

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) returned no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TryRecvError {
    /// The value was not sent yet; it may still come.
    Empty,
    /// There will be no value: the sender is gone, or it has been received, or the receiver closed.
    Closed,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "channel empty",
            Self::Closed => "channel closed",
        })
    }
}

impl Error for TryRecvError {}
