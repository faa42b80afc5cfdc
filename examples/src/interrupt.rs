//! ctrl-c, heard from the moment a program promises to hear it.
//!
//! "ctrl-c stops" on the screen is a promise to whoever reads it, and a client may be served, and
//! the signal sent, before the task that printed the line is polled on to its `ctrl_c().await`.
//! Until then the system itself ends the process, and nobody is told goodbye.

#![forbid(unsafe_code)]

use mainspring::signal;
use std::future::{Future, poll_fn};
use std::io;
use std::task::Poll;

/// Listens for ctrl-c from now on; what comes back waits for it.
///
/// `mainspring::signal::ctrl_c` listens from its first poll on, so this polls it once.
///
/// # Errors
/// Those of `mainspring::signal::ctrl_c`, as the output of what comes back.
///
/// # Cancel safety
/// A ctrl-c that comes after what came back was dropped is lost.
pub async fn ctrl_c() -> impl Future<Output = io::Result<()>> {
    let mut told = Box::pin(signal::ctrl_c());
    let early = poll_fn(|cx| Poll::Ready(told.as_mut().poll(cx))).await;
    async move {
        match early {
            Poll::Ready(told) => told,
            Poll::Pending => told.await,
        }
    }
}
