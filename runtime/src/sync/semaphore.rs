//! Semaphore: counted permits, with guards that give them back.
#![forbid(unsafe_code)]

pub(crate) use super::permits::{Acquire, Permits};
pub use super::permits::{AcquireError, TryAcquireError};
