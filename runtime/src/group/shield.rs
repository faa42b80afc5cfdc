//! shield: who waits may be cancelled, the task is not.

#![forbid(unsafe_code)]

use crate::task::error::JoinError;
use crate::task::join::JoinHandle;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for a task that is to go on when nobody waits for it any more.
///
/// Dropping the future, by a time-out or because the task that awaits it ends, leaves the task
/// alone. A [`JoinHandle`] does that by itself; `shield` says that it is meant so, and cannot
/// abort. To wait again after a time-out, wait for `&mut shielded`.
///
/// asyncio: `shield`. There, cancelling who awaits a task cancels the task, unless it is shielded.
///
/// # Cancel safety
/// Safe: the output stays in the task until it is taken. When the future itself is dropped, the
/// task is detached and its output is dropped when it ends.
///
/// # Examples
/// ```
/// use mainspring::task::shield;
/// use mainspring::time::{Duration, sleep, timeout};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let mut save = shield(mainspring::spawn(async {
///         sleep(Duration::from_secs(2)).await;
///         "saved"
///     }));
///     assert!(timeout(Duration::from_secs(1), &mut save).await.is_err());
///     assert_eq!(save.await.unwrap(), "saved");
/// });
/// # Ok(())
/// # }
/// ```
pub fn shield<T>(handle: JoinHandle<T>) -> Shield<T> {
    Shield { handle }
}

/// Future returned by [`shield`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Shield<T> {
    handle: JoinHandle<T>,
}

impl<T> Shield<T> {
    /// The handle, which can abort the task.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    pub fn into_inner(self) -> JoinHandle<T> {
        self.handle
    }
}

impl<T> Future for Shield<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.handle).poll(cx)
    }
}
