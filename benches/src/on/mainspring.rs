//! Mainspring.

#[path = "../workload/blocking.rs"]
pub mod blocking;
#[path = "../workload/channel.rs"]
pub mod channel;
#[path = "../workload/echo.rs"]
pub mod echo;
#[path = "../workload/queue.rs"]
pub mod queue;
#[path = "../workload/share.rs"]
pub mod share;
#[path = "../workload/sync.rs"]
pub mod sync;
#[path = "../workload/task.rs"]
pub mod task;
#[path = "../workload/time.rs"]
pub mod time;

pub mod rt {
    crate::on::tokio_shaped!(mainspring);

    pub use ::mainspring::io::{AsyncReadExt, AsyncWriteExt};
    pub use ::mainspring::sync::{Barrier, Notify, Queue, RwLock, broadcast, watch};

    #[inline]
    pub async fn put<T: Debug>(queue: &Queue<T>, item: T) {
        queue.put(item).await.expect("the queue is open");
    }
    #[inline]
    pub async fn get<T>(queue: &Queue<T>) -> T {
        queue.get().await.expect("the queue is open")
    }
}
