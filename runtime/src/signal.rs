//! Signals of the system.

/// how many signals have come, and whether somebody will look: counts, and one byte under way.
#[cfg(unix)]
pub(crate) mod counts;
/// SignalKind: the number of a signal, and which of them can be listened to.
#[cfg(unix)]
pub(crate) mod kind;
/// what runs when a signal comes: it counts, writes a byte, and calls the handler from before.
#[cfg(unix)]
pub(crate) mod handler;
/// one reader of the pipe for each runtime that somebody listens in.
#[cfg(unix)]
pub(crate) mod hub;
/// Signal: told of a signal that came since it was told the last time.
#[cfg(unix)]
pub(crate) mod listener;
/// ctrl_c: somebody asks the program to end.
pub(crate) mod ctrl_c;

/// Any signal of Unix.
#[cfg(unix)]
pub mod unix {
    pub use super::kind::SignalKind;
    pub use super::listener::{Signal, signal};
}

pub use ctrl_c::ctrl_c;
