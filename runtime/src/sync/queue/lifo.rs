//! LifoQueue: a queue that hands out what came last.
//!
//! Read before: `sync/queue/fifo.rs`. The same with a stack on the shelf. Next:
//! `sync/queue/heap.rs`.

#![forbid(unsafe_code)]

use super::core::{AsItCame, Core};
use super::face::queue;

/// A queue whose items come out in the reverse order: the one that was put last is got first.
///
/// All else is as in [`Queue`](super::fifo::Queue): those who wait to put or to get are served in
/// the order in which they came, and `task_done`, `join` and `shutdown` mean the same.
///
/// asyncio: `LifoQueue`.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let plates = mainspring::sync::LifoQueue::new(0);
/// for plate in ["bottom", "middle", "top"] {
///     plates.put(plate).await.unwrap();
/// }
/// assert_eq!(plates.get().await, Ok("top"));
/// assert_eq!(plates.get().await, Ok("middle"));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct LifoQueue<T> {
    pub(super) core: Core<AsItCame, Vec<T>>,
}

queue!(LifoQueue, "LifoQueue", [], "the item that came last");
