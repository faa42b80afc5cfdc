//! What only a pool of threads does: tasks that move, run at the same time and end anywhere.

#[path = "pool/ending.rs"]
mod ending;
#[path = "pool/moving.rs"]
mod moving;
#[path = "pool/order.rs"]
mod order;
#[path = "pool/stress.rs"]
mod stress;
#[path = "pool/threads.rs"]
mod threads;
#[path = "pool/waiting.rs"]
mod waiting;

use mainspring::runtime::{Builder, Runtime};
use mainspring::task::JoinHandle;
use std::sync::mpsc::{self, Sender};
use std::thread::{self, ThreadId};
use std::time::Duration;
use tests::Kind;

/// A task that blocks its worker until it is let go.
struct Busy {
    thread: ThreadId,
    go: Sender<()>,
    task: JoinHandle<()>,
}

impl Busy {
    /// Ends the task.
    fn let_go(self) -> JoinHandle<()> {
        self.go.send(()).expect("it waits for this");
        self.task
    }
}

/// Blocks every worker of `runtime`: as many tasks are in their polls at the same time.
fn occupy(runtime: &Runtime, kind: Kind) -> Vec<Busy> {
    let (begun, has_begun) = mpsc::channel();
    let mut tasks = Vec::new();
    for number in 0..kind.workers() {
        let (begun, (go, may_go)) = (begun.clone(), mpsc::channel());
        let task = runtime.spawn(async move {
            begun.send((number, thread::current().id())).expect("the test waits for it");
            may_go.recv().expect("the test lets it go");
        });
        tasks.push((go, task));
    }
    let mut threads = vec![None; kind.workers()];
    for _ in 0..kind.workers() {
        let limit = Duration::from_secs(60);
        let (number, thread) = has_begun.recv_timeout(limit).expect("all run at the same time");
        threads[number] = Some(thread);
    }
    let busy = |((go, task), thread): (_, Option<ThreadId>)| Busy {
        thread: thread.expect("each has begun"),
        go,
        task,
    };
    tasks.into_iter().zip(threads).map(busy).collect()
}

/// `builder()` with names that say which runtime a thread belongs to.
fn named(kind: Kind, name: &str) -> Builder {
    let mut builder = kind.builder();
    builder.thread_name(name);
    builder
}

/// The name of this thread.
fn here() -> String {
    thread::current().name().unwrap_or("").to_owned()
}
