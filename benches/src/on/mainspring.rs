//! Mainspring.

#[path = "../workload/blocking.rs"]
pub mod blocking;
#[path = "../workload/channel.rs"]
pub mod channel;
#[path = "../workload/echo.rs"]
pub mod echo;
#[path = "../workload/group.rs"]
pub mod group;
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
#[path = "../workload/wake.rs"]
pub mod wake;

pub mod rt {
    crate::on::tokio_shaped!(mainspring);

    pub use ::mainspring::io::{AsyncReadExt, AsyncWriteExt};
    pub use ::mainspring::sync::{Barrier, Notify, Queue, RwLock, broadcast, watch};
    use ::mainspring::task::TaskGroup;
    pub use ::mainspring::task::gather;

    /// Runs them all to their end, in one scope.
    pub async fn group<T, E, F>(
        all: impl Iterator<Item = F> + Send,
    ) -> Result<(), ::mainspring::task::GroupError<E>>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        TaskGroup::scope(async |group| {
            all.for_each(|one| drop(group.spawn(one)));
            Ok(())
        })
        .await
    }

    #[inline]
    pub async fn put<T: Debug>(queue: &Queue<T>, item: T) {
        queue.put(item).await.expect("the queue is open");
    }
    #[inline]
    pub async fn get<T>(queue: &Queue<T>) -> T {
        queue.get().await.expect("the queue is open")
    }
}
