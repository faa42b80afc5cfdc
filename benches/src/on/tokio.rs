//! tokio, feature `full`, both drivers on, as most programs have it.

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
    crate::on::tokio_shaped!(tokio);

    pub use ::tokio::io::{AsyncReadExt, AsyncWriteExt};
    pub use ::tokio::sync::{Barrier, Notify, RwLock, broadcast, watch};

    /// tokio has no queue for several at both ends: a channel whose receivers take turns at a lock.
    #[derive(Debug)]
    pub struct Queue<T>(mpsc::Sender<T>, Mutex<mpsc::Receiver<T>>);

    impl<T> Queue<T> {
        pub fn new(capacity: usize) -> Self {
            let (sender, receiver) = mpsc::channel(capacity);
            Self(sender, Mutex::new(receiver))
        }
    }
    #[inline]
    pub async fn put<T: Debug>(queue: &Queue<T>, item: T) {
        queue.0.send(item).await.expect("the receiver lives");
    }
    #[inline]
    pub async fn get<T>(queue: &Queue<T>) -> T {
        queue.1.lock().await.recv().await.expect("the sender lives")
    }

    /// Runs them all to their end, and stops at the first error.
    pub async fn group<T, E, F>(all: impl Iterator<Item = F>) -> Result<(), E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let mut set: JoinSet<_> = all.collect();
        while let Some(ended) = set.join_next().await {
            if let Err(error) = joined(ended) {
                set.shutdown().await;
                return Err(error);
            }
        }
        Ok(())
    }
    /// Runs them all, for their results in order.
    pub async fn gather<T, E, F>(all: impl Iterator<Item = F>) -> Result<Vec<T>, E>
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let handles: Vec<_> = all.map(spawn).collect();
        let mut results = Vec::with_capacity(handles.len());
        for handle in handles {
            results.push(joined(handle.await)?);
        }
        Ok(results)
    }
}
