//! Stage 2, futures by hand: nothing sleeps here, and nobody is woken yet.
//!
//! The files in reading order; a file uses only what stands before it.

#![forbid(unsafe_code)]
#![allow(missing_debug_implementations)]

pub use countdown::{Countdown, countdown};
pub use join::{Join, join};
pub use race::{Either, Race, race};

/// the smallest future that has to wait: pending a few times, then ready.
pub mod countdown;
/// poll by hand: once, or again and again.
pub mod step;
/// both of two futures, in one.
pub mod join;
/// the first of two futures; the other is dropped.
pub mod race;
