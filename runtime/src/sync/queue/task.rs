//! an item that says `task_done` for itself.
//!
//! Read before: `sync/queue/fifo.rs`. Whoever gets an item from a queue owes it a `task_done`; a
//! forgotten one, or one that a panic or a cancellation jumped over, lets `join` wait for ever. The
//! guards here pay the debt when they are dropped.

#![forbid(unsafe_code)]

use super::error::QueueShutDown;
use super::fifo::Queue;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// An item of a [`Queue`], and the promise to say that it is done: see [`Queue::get_task`].
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let queue = mainspring::sync::Queue::new(0);
/// queue.put("a letter").await.unwrap();
/// let task = queue.get_task().await.unwrap();
/// assert_eq!(*task, "a letter");
/// drop(task);
/// queue.join().await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "the item counts as done when this is dropped"]
pub struct QueueTask<'a, T> {
    // The order matters: the item is dropped, then it is done.
    item: T,
    done: TaskDone<'a, T>,
}

/// Says [`Queue::task_done`] when it is dropped. Made by [`QueueTask::into_parts`].
#[must_use = "the item counts as done when this is dropped"]
pub struct TaskDone<'a, T> {
    queue: &'a Queue<T>,
}

impl<T> Queue<T> {
    /// As [`get`](Self::get), with a guard that says [`task_done`](Self::task_done) when it is
    /// dropped, so that it cannot be forgotten, also if the work is cancelled or panics.
    ///
    /// # Errors
    /// [`QueueShutDown`] if the queue was shut down and is empty.
    ///
    /// # Cancel safety
    /// Safe, as [`get`](Self::get).
    pub async fn get_task(&self) -> Result<QueueTask<'_, T>, QueueShutDown> {
        let item = self.get().await?;
        Ok(QueueTask { item, done: TaskDone { queue: self } })
    }
}

impl<'a, T> QueueTask<'a, T> {
    /// The item, and apart from it the guard, for work that needs the item by value.
    pub fn into_parts(self) -> (T, TaskDone<'a, T>) {
        (self.item, self.done)
    }
}

impl<T> Deref for QueueTask<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T> DerefMut for QueueTask<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T> Drop for TaskDone<'_, T> {
    fn drop(&mut self) {
        // An error says that somebody has called `task_done` for us: nothing is left to say.
        let _ = self.queue.task_done();
    }
}

impl<T: fmt::Debug> fmt::Debug for QueueTask<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("QueueTask").field(&self.item).finish()
    }
}

impl<T> fmt::Debug for TaskDone<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskDone")
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;

#[cfg(all(test, loom))]
#[path = "model_tests.rs"]
mod model;
