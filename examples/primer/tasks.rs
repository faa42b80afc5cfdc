//! Tasks run while their creator does something else; each is awaited for its result.
//!
//! ```text
//! cargo run --release --example tasks                  9 s
//! cargo run --release --example tasks -- --scale 0.1
//! ```
//!
//! What you will see: two fetches start together and take one second, not two. Then the third
//! document's advice in one go: gather what is independent, start a task early and wait late, and
//! give up after a time limit.
//!
//! From the third document (`create_task`, "best practices").

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::task::gather_all;
use mainspring::time::timeout;

pub fn main() -> ExitCode {
    primer::run("Tasks run while their creator does something else", program)
}

pub async fn program(out: Out) -> Ended {
    let first = mainspring::spawn(fetch(out.clone(), 1));
    let second = mainspring::spawn(fetch(out.clone(), 2));
    out.line(format!("{} {}", first.await?, second.await?));

    let numbers = gather_all([1, 2, 3].map(|number| after(out.clone(), 1.0, number))).await;
    let numbers: Result<Vec<_>, _> = numbers.into_iter().collect();
    out.line(format!("{:?}", numbers?));

    let slow = mainspring::spawn(after(out.clone(), 2.0, "slow"));
    out.line("doing other things");
    out.line(slow.await?);

    match timeout(out.time(5.0), after(out.clone(), 6.0, "never")).await {
        Ok(text) => out.line(text),
        Err(elapsed) => out.line(format!("given up: {elapsed}")),
    }
    Ok(())
}

async fn fetch(out: Out, id: u32) -> String {
    out.line(format!("Fetching data {id}"));
    out.rest(1.0).await;
    format!("Data {id}")
}

async fn after<T>(out: Out, seconds: f64, value: T) -> T {
    out.rest(seconds).await;
    value
}
