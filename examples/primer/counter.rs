//! A thousand tasks count to a thousand: with an atomic, with a wait in the middle, with a lock.
//!
//! ```text
//! cargo run --release --example counter -- --current-thread          at once
//! ```
//!
//! What you will see: 1000 for the atomic addition; 1 for the tasks that read, wait and write
//! what they read plus one, because all read before any writes (on `multi_thread`: some number
//! below 1000); 1000 again for those that hold a mutex over the wait.
//!
//! From the second document, which says that `counter += 1` in many coroutines is a race. On one
//! loop it is none; a wait between reading and writing is. Here the real data race does not
//! compile, and the lost update needs to be written out, as below.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use examples::primer::{self, Ended, Out};
use mainspring::sync::Mutex;
use mainspring::task::{gather_all, yield_now};

const TASKS: u32 = 1000;

pub fn main() -> ExitCode {
    primer::run("A thousand tasks count to a thousand, in three ways", program)
}

pub async fn program(out: Out) -> Ended {
    let added = Arc::new(AtomicU32::new(0));
    all(|| add(added.clone())).await;
    out.line(format!("one step: {}", added.load(Ordering::Relaxed)));

    let torn = Arc::new(AtomicU32::new(0));
    all(|| read_wait_write(torn.clone())).await;
    out.line(format!("a wait between reading and writing: {}", torn.load(Ordering::Relaxed)));

    let locked = Arc::new(Mutex::new(0));
    all(|| locked_wait(locked.clone())).await;
    out.line(format!("under a lock: {}", locked.lock().await));
    Ok(())
}

async fn all<F: Future<Output = ()> + Send + 'static>(mut task: impl FnMut() -> F) {
    gather_all((0..TASKS).map(|_| task())).await;
}

async fn add(counter: Arc<AtomicU32>) {
    counter.fetch_add(1, Ordering::Relaxed);
}

async fn read_wait_write(counter: Arc<AtomicU32>) {
    let before = counter.load(Ordering::Relaxed);
    yield_now().await;
    counter.store(before + 1, Ordering::Relaxed);
}

async fn locked_wait(counter: Arc<Mutex<u32>>) {
    let mut counter = counter.lock().await;
    let before = *counter;
    yield_now().await;
    *counter = before + 1;
}
