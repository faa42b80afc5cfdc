//! hop: one closure on the blocking pool, and its end as an `io::Result`.
//!
//! ```text
//!  closure ── begun ──────────────────────► runs to its end: its own result, also after a drop
//!          └─ runtime ended before it began ─► an error that says so
//!          └─ no thread to be had ───────────► an error that says why
//! ```

#![forbid(unsafe_code)]

use crate::runtime::here;
use crate::task::error::JoinError;
use crate::task::join::JoinHandle;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs `work` on a thread that may block.
///
/// # Panics
/// Outside a runtime.
pub(crate) async fn hop<R: Send + 'static>(
    work: impl FnOnce() -> io::Result<R> + Send + 'static,
) -> io::Result<R> {
    here::spawn_blocking(work).await.map_err(lost)?
}

/// Waits for a closure that was started before.
pub(crate) fn poll_join<R>(join: &mut JoinHandle<R>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
    Pin::new(join).poll(cx).map_err(lost)
}

/// Why a closure has no result.
#[cold]
fn lost(error: JoinError) -> io::Error {
    if error.is_cancelled() && error.message().is_none() { ended() } else { error.into() }
}

/// The runtime ended before a thread could begin.
#[cold]
pub(crate) fn ended() -> io::Error {
    io::Error::other("the runtime has ended: this was not begun, because its threads are gone")
}
