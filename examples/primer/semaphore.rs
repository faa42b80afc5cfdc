//! A semaphore: ten workers, three at a time.
//!
//! ```text
//! cargo run --release --example semaphore                  8 s
//! cargo run --release --example semaphore -- --scale 0.1
//! ```
//!
//! What you will see: waves of three, two seconds each, and one worker in the last. In each wave
//! three release before the next three acquire: who is handed a permit is queued, and does not run
//! inside the release. On `multi_thread` the workers of a wave speak in any order.
//!
//! From the third document; the second limits five requests to five at a time, which limits
//! nothing. A permit is a guard: it comes back on every way out, and cannot come back twice.

use std::process::ExitCode;
use std::sync::Arc;

use examples::primer::{self, Ended, Out};
use mainspring::sync::Semaphore;
use mainspring::task::gather;

pub fn main() -> ExitCode {
    primer::run("A semaphore: ten workers, three at a time", program)
}

pub async fn program(out: Out) -> Ended {
    let semaphore = Arc::new(Semaphore::new(3));
    gather((0..10).map(|number| worker(out.clone(), semaphore.clone(), number))).await?;
    Ok(())
}

async fn worker(
    out: Out,
    semaphore: Arc<Semaphore>,
    number: u32,
) -> Result<(), mainspring::sync::AcquireError> {
    let _permit = semaphore.acquire().await?;
    out.line(format!("Worker {number} acquired"));
    out.rest(2.0).await;
    out.line(format!("Worker {number} released"));
    Ok(())
}
