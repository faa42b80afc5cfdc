//! Queues with another order: the most urgent first, or the latest first.
//!
//! ```text
//! cargo run --release --example urgent                  4 s
//! cargo run --release --example urgent -- --scale 0.1
//! ```
//!
//! What you will see: six jobs put at once into a `PriorityQueue`, taken by urgency, and among
//! equals by the order in which they came; then the same into a `LifoQueue`, the latest first.
//!
//! From the second document (`asyncio.PriorityQueue` and `LifoQueue`, named beside `Queue`).

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::sync::{LifoQueue, PriorityQueue};

/// What is compared first comes first: the urgency, then the number. The smallest is taken first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Job {
    urgency: u8,
    number: u32,
    name: &'static str,
}

const JOBS: [(u8, &str); 6] =
    [(3, "tidy up"), (1, "alarm"), (2, "reply"), (1, "fire"), (3, "sweep"), (2, "call back")];

pub fn main() -> ExitCode {
    primer::run("Queues with another order: the most urgent first, or the latest", program)
}

pub async fn program(out: Out) -> Ended {
    let jobs = (0..).zip(JOBS).map(|(number, (urgency, name))| Job { urgency, number, name });
    let urgent = PriorityQueue::new(0);
    let latest = LifoQueue::new(0);
    for job in jobs {
        urgent.try_put(job)?;
        latest.try_put(job)?;
    }
    urgent.shutdown(false);
    while let Ok(job) = urgent.get().await {
        out.line(format!("urgency {}: {}", job.urgency, job.name));
        out.rest(0.5).await;
    }
    latest.shutdown(false);
    while let Ok(job) = latest.get().await {
        out.line(format!("number {}: {}", job.number, job.name));
    }
    Ok(())
}
