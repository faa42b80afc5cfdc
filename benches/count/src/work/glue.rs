//! What the workloads call a thing, on one thread: as `benches/src/on/mainspring.rs`.

use crate::meter::OneThread;
pub use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex};
pub use mainspring::select;
pub use mainspring::sync::{
    Barrier, Mutex, Notify, Queue, RwLock, Semaphore, broadcast, mpsc, oneshot, watch,
};
use mainspring::task::{GroupError, TaskGroup};
pub use mainspring::task::{JoinHandle, JoinSet, gather, spawn, yield_now};
pub use mainspring::time::{Sleep, interval, sleep, timeout};
use std::fmt::Debug;
use std::future::Future;

#[derive(Debug)]
pub struct Runtime(mainspring::runtime::Runtime);

impl Runtime {
    pub fn new(_: OneThread) -> Self {
        Self(start(false))
    }

    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    pub fn in_task<F>(&self, work: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.block_on(async { joined(spawn(work).await) })
    }

    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.0.spawn(future)
    }
}

/// With virtual time: it jumps to the next deadline when nothing else is to be done.
#[derive(Debug)]
pub struct Still(mainspring::runtime::Runtime);

impl Still {
    pub fn new(_: OneThread) -> Self {
        Self(start(true))
    }

    pub fn in_task<F>(&self, work: F) -> F::Output
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.0.block_on(async { joined(spawn(work).await) })
    }
}

fn start(paused: bool) -> mainspring::runtime::Runtime {
    let mut builder = mainspring::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(paused).build().expect("the runtime starts")
}

pub fn joined<T, E: Debug>(result: Result<T, E>) -> T {
    result.expect("the task ends")
}

pub fn permit<T, E: Debug>(result: Result<T, E>) -> T {
    result.expect("the semaphore is open")
}

pub fn got<T, E: Debug>(result: Result<T, E>) -> T {
    result.expect("the sender sent")
}

pub fn received<T>(next: Option<T>) -> Option<T> {
    next
}

pub fn send_now<T: Debug>(sender: &mpsc::UnboundedSender<T>, value: T) {
    sender.send(value).expect("the receiver lives");
}

pub fn detach<T>(handle: JoinHandle<T>) {
    drop(handle);
}

pub fn abort<T>(handle: JoinHandle<T>) {
    handle.abort();
}

pub async fn group<T, E, F>(all: impl Iterator<Item = F> + Send) -> Result<(), GroupError<E>>
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

pub async fn put<T: Debug>(queue: &Queue<T>, item: T) {
    queue.put(item).await.expect("the queue is open");
}

pub async fn get<T>(queue: &Queue<T>) -> T {
    queue.get().await.expect("the queue is open")
}
