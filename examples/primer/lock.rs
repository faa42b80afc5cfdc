//! A mutex: one after another, in the order in which they asked.
//!
//! ```text
//! cargo run --release --example lock                  3 s
//! cargo run --release --example lock -- --scale 0.1
//! ```
//!
//! What you will see: A, B and C take the lock in turn, a second each. On `multi_thread` the three
//! may ask in any order.
//!
//! From the third document. A lock that is released twice, or not at all, cannot be written: the
//! guard releases it, once, when it is dropped.

use std::process::ExitCode;
use std::sync::Arc;

use examples::primer::{self, Ended, Out};
use mainspring::sync::Mutex;
use mainspring::task::gather_all;

pub fn main() -> ExitCode {
    primer::run("A mutex: one after another, in the order in which they asked", program)
}

pub async fn program(out: Out) -> Ended {
    let lock = Arc::new(Mutex::new(()));
    let workers = ["A", "B", "C"].map(|name| worker(out.clone(), lock.clone(), name));
    for ended in gather_all(workers).await {
        ended?;
    }
    Ok(())
}

async fn worker(out: Out, lock: Arc<Mutex<()>>, name: &str) {
    let _guard = lock.lock().await;
    out.line(format!("{name} acquired lock"));
    out.rest(1.0).await;
    out.line(format!("{name} released lock"));
}
