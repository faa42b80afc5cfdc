//! wait: until one, all or a failed one of a set has ended, or a time is over.

#![forbid(unsafe_code)]

use super::children::Outcome;
use super::join_set::JoinSet;
use crate::task::error::JoinError;
use crate::time::sleep::sleep;
use crate::wake::coop;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

/// What [`wait`] waits for.
///
/// asyncio: `FIRST_COMPLETED`, `FIRST_EXCEPTION`, `ALL_COMPLETED`.
pub enum WaitFor<T> {
    /// Until a task has ended.
    FirstCompleted,
    /// Until a task has failed, or all have ended. The function says which outputs are errors: for
    /// those that are a [`Result`], `Result::is_err`. A panic or an abort always is one.
    FirstError(fn(&T) -> bool),
    /// Until all tasks have ended.
    All,
}

/// Waits until tasks of a set have ended, and takes those out; the others stay in and run on.
///
/// What has ended is returned in the order in which it was spawned. With a `limit`, what has ended
/// by then is returned, perhaps nothing: that the time was over is no error. With an empty set it
/// returns at once, with nothing (asyncio raises `ValueError`).
///
/// # Errors
/// Each task's own, in its place: a [`JoinError`] for one that panicked or was aborted.
///
/// # Panics
/// With a `limit`, when there is no runtime on this thread.
///
/// # Cancel safety
/// Safe: dropped half-way, the tasks that have ended are still in the set, for
/// [`join_next`](JoinSet::join_next) or another `wait`.
///
/// asyncio: `wait`, whose `pending` is what is left in the set.
///
/// # Examples
/// ```
/// use mainspring::task::{JoinSet, WaitFor, wait};
/// use mainspring::time::{Duration, sleep};
///
/// # fn main() -> std::io::Result<()> {
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let mut set = JoinSet::new();
///     for seconds in [1, 2, 3] {
///         set.spawn(async move {
///             sleep(Duration::from_secs(seconds)).await;
///             seconds
///         });
///     }
///     let limit = Some(Duration::from_millis(2_500));
///     let done = wait(&mut set, WaitFor::All, limit).await;
///     assert_eq!(done.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [1, 2]);
///     assert_eq!(set.len(), 1, "the third runs on");
/// });
/// # Ok(())
/// # }
/// ```
pub async fn wait<T: 'static>(
    set: &mut JoinSet<T>,
    until: WaitFor<T>,
    limit: Option<Duration>,
) -> Vec<Result<T, JoinError>> {
    let mut delay = pin!(limit.map(sleep));
    let mut looked_at = 0;
    poll_fn(|cx| {
        let had_budget = coop::left() > 0;
        if until.poll_met(set, &mut looked_at, cx).is_ready() {
            return Poll::Ready(());
        }
        // The set may have used up the budget in this very poll: the time counts all the same.
        let _free = (had_budget && coop::left() == 0).then(coop::unlimited);
        match delay.as_mut().as_pin_mut() {
            Some(delay) => delay.poll(cx),
            None => Poll::Pending,
        }
    })
    .await;
    // What has ended comes along, however little is left of the budget.
    set.take_in_ended();
    let mut ended = Vec::from(std::mem::take(set.early()));
    ended.sort_unstable_by_key(|ended| ended.order);
    ended.into_iter().map(|ended| ended.output).collect()
}

impl<T: 'static> WaitFor<T> {
    /// Takes in what has ended, and looks at those from `looked_at` on.
    fn poll_met(
        &self,
        set: &mut JoinSet<T>,
        looked_at: &mut usize,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            while let Some(ended) = set.early().get(*looked_at) {
                *looked_at += 1;
                if self.is_error(ended) {
                    return Poll::Ready(());
                }
            }
            match set.poll_child(cx) {
                Poll::Ready(Some(ended)) => set.early().push_back(ended),
                Poll::Ready(None) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        match self {
            Self::FirstCompleted if !set.early().is_empty() => Poll::Ready(()),
            _ => Poll::Pending,
        }
    }

    fn is_error(&self, ended: &Outcome<T>) -> bool {
        match (self, &ended.output) {
            (Self::FirstError(is_error), Ok(output)) => is_error(output),
            (Self::FirstError(_), Err(_)) => true,
            _ => false,
        }
    }
}

impl<T> fmt::Debug for WaitFor<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstCompleted => "FirstCompleted",
            Self::FirstError(_) => "FirstError",
            Self::All => "All",
        })
    }
}

impl<T> Clone for WaitFor<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for WaitFor<T> {}
