//! asyncio's Queue: join / task_done.
//!
//! Read before: `sync/queue/core.rs` and `face.rs`. First in, first out: the pile is a deque.
//! Next: `sync/queue/lifo.rs`.

#![forbid(unsafe_code)]

use super::core::{AsItCame, Core};
use super::face::queue;
use std::collections::VecDeque;

/// A queue between any number of tasks that put and tasks that get.
///
/// With a `maxsize` above zero, [`put`](Self::put) waits while the queue is full;
/// [`get`](Self::get) waits while it is empty. Both sides are served in the order in which they
/// came. Every item counts as unfinished until somebody says [`task_done`](Self::task_done) for it,
/// and [`join`](Self::join) waits until none is.
///
/// Share it by reference or in an `Arc`.
///
/// asyncio: `Queue`. A difference: somebody who waits is never overtaken, so
/// [`try_get`](Self::try_get) may find nothing although [`len`](Self::len) is above zero: the items
/// there are promised to getters that have not run yet.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Queue;
/// use std::sync::Arc;
///
/// let queue = Arc::new(Queue::new(10));
/// for _ in 0..3 {
///     let queue = queue.clone();
///     mainspring::spawn(async move {
///         while let Ok(task) = queue.get_task().await {
///             println!("working on {}", *task);
///         }
///     });
/// }
/// for item in 0..20 {
///     queue.put(item).await.unwrap();
/// }
/// queue.join().await;
/// queue.shutdown(false);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Queue<T> {
    pub(super) core: Core<AsItCame, VecDeque<T>>,
}

queue!(Queue, "Queue", [], "the item that came first");
