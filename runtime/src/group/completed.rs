//! as_completed: outputs one by one, in the order in which they are there.

#![forbid(unsafe_code)]

use super::join_set::JoinSet;
use crate::task::error::JoinError;
use std::fmt;
use std::future::Future;
use std::panic::Location;

/// Starts futures as tasks, whose outputs come as they end.
///
/// The tasks start at once. A [`JoinSet`] does the same and takes more tasks meanwhile.
///
/// # Panics
/// When there is no runtime on this thread.
///
/// asyncio: `as_completed`; but dropping this ends what still runs.
///
/// # Examples
/// ```
/// use mainspring::task::as_completed;
/// use mainspring::time::{Duration, sleep};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let mut outputs = as_completed([3, 1, 2].map(async |seconds| {
///         sleep(Duration::from_secs(seconds)).await;
///         seconds
///     }));
///     let mut order = vec![];
///     while let Some(output) = outputs.next().await {
///         order.push(output.unwrap());
///     }
///     assert_eq!(order, [1, 2, 3]);
/// });
/// # Ok(())
/// # }
/// ```
#[track_caller]
#[must_use = "dropping it ends the tasks"]
pub fn as_completed<I, T>(futures: I) -> AsCompleted<T>
where
    I: IntoIterator<Item: Future<Output = T> + Send + 'static>,
    T: Send + 'static,
{
    let mut set = JoinSet::new();
    set.spawn_all(futures, Location::caller());
    AsCompleted { set }
}

/// What [`as_completed`] returns.
///
/// Dropping it tells the tasks that still run to end; each ends after the poll it is in.
pub struct AsCompleted<T> {
    set: JoinSet<T>,
}

impl<T: 'static> AsCompleted<T> {
    /// Waits for the task that ends next, and returns its output; `None` after the last.
    ///
    /// # Errors
    /// Inside: a [`JoinError`] when the task panicked.
    ///
    /// # Cancel safety
    /// Safe: no output is lost.
    pub async fn next(&mut self) -> Option<Result<T, JoinError>> {
        self.set.join_next().await
    }

    /// How many outputs are to come.
    #[must_use]
    pub fn len(&self) -> usize {
        self.set.len()
    }

    /// Have all outputs come?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.is_empty()
    }
}

impl<T> fmt::Debug for AsCompleted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("len", &self.set.len()).finish()
    }
}
