//! a future, or the time is up.
//!
//! Nothing new is needed: a timeout is a race with a sleep, and the loser of a race is dropped.

use super::sleep::sleep;
use crate::race::{Either, race};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// The time was up first.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Waits for `future`, but at most `duration`; then drops it. The time runs from the first poll.
pub async fn timeout<F: Future>(duration: Duration, future: F) -> Result<F::Output, Elapsed> {
    // The future comes first: if it is ready when the time is up, it has won.
    match race(pin!(future), sleep(duration)).await {
        Either::Left(output) => Ok(output),
        Either::Right(()) => Err(Elapsed),
    }
}
