//! an item that says `task_done` for itself.
//!
//! Read before: `sync/queue/core.rs` and `face.rs`. Whoever gets an item from a queue owes it a
//! `task_done`; a forgotten one, or one that a panic or a cancellation jumped over, lets `join`
//! wait for ever. The guards here pay the debt when they are dropped.

#![forbid(unsafe_code)]

use super::error::QueueShutDown;
use super::fifo::Queue;
use super::lifo::LifoQueue;
use super::priority::PriorityQueue;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A queue of this crate, as a guard sees it.
pub trait CountsTasks {
    /// One item is done.
    #[doc(hidden)]
    fn one_done(&self);
}

/// An item of a queue, and the promise to say that it is done: see [`Queue::get_task`].
///
/// `Q` is the queue: a [`Queue`], unless said otherwise.
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
pub struct QueueTask<'a, T, Q: CountsTasks = Queue<T>> {
    // The order matters: the item is dropped, then it is done.
    item: T,
    done: TaskDone<'a, T, Q>,
}

/// Says [`Queue::task_done`] when it is dropped. Made by [`QueueTask::into_parts`].
#[must_use = "the item counts as done when this is dropped"]
pub struct TaskDone<'a, T, Q: CountsTasks = Queue<T>> {
    queue: &'a Q,
    _item: PhantomData<fn(T)>,
}

macro_rules! tasks {
    ($($Queue:ident: [$($bound:tt)*]),*) => {$(
        impl<T: $($bound)*> $Queue<T> {
            /// As [`get`](Self::get), with a guard that says [`task_done`](Self::task_done) when it
            /// is dropped, so that it cannot be forgotten, also if the work is cancelled or panics.
            ///
            /// # Errors
            /// [`QueueShutDown`] if the queue was shut down and is empty.
            ///
            /// # Cancel safety
            /// Safe, as [`get`](Self::get).
            pub async fn get_task(&self) -> Result<QueueTask<'_, T, Self>, QueueShutDown> {
                let item = self.get().await?;
                Ok(QueueTask { item, done: TaskDone { queue: self, _item: PhantomData } })
            }
        }

        impl<T: $($bound)*> CountsTasks for $Queue<T> {
            fn one_done(&self) {
                // An error says that somebody has called `task_done` for us: nothing is left to
                // say.
                let _ = self.task_done();
            }
        }
    )*};
}

tasks!(Queue: [], LifoQueue: [], PriorityQueue: [Ord]);

impl<'a, T, Q: CountsTasks> QueueTask<'a, T, Q> {
    /// The item, and apart from it the guard, for work that needs the item by value.
    pub fn into_parts(self) -> (T, TaskDone<'a, T, Q>) {
        (self.item, self.done)
    }
}

impl<T, Q: CountsTasks> Deref for QueueTask<'_, T, Q> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.item
    }
}

impl<T, Q: CountsTasks> DerefMut for QueueTask<'_, T, Q> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.item
    }
}

impl<T, Q: CountsTasks> Drop for TaskDone<'_, T, Q> {
    fn drop(&mut self) {
        self.queue.one_done();
    }
}

impl<T: fmt::Debug, Q: CountsTasks> fmt::Debug for QueueTask<'_, T, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("QueueTask").field(&self.item).finish()
    }
}

impl<T, Q: CountsTasks> fmt::Debug for TaskDone<'_, T, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskDone")
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "order_tests.rs"]
mod orders;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;

#[cfg(all(test, not(loom)))]
#[path = "waits_random_tests.rs"]
mod waits;

#[cfg(all(test, loom))]
#[path = "model_tests.rs"]
mod model;
