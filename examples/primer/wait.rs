//! `wait`: until all, the first, or the first failed one of a set of tasks has ended.
//!
//! ```text
//! cargo run --release --example wait                  6 s
//! cargo run --release --example wait -- --scale 0.1
//! ```
//!
//! What you will see: A, B and C done after three seconds, in the order of spawning. Then the
//! first of three after one second, with two still running; a time limit that leaves the slowest
//! pending, and runs on; and at last that one.
//!
//! From the third document, whose loop calls its variable like the function it has yet to call, and
//! fails with `UnboundLocalError`; a name cannot be used before it has a value here. Its results
//! come as a set, in any order; here they come in the order of spawning.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::task::{JoinSet, WaitFor, wait};

pub fn main() -> ExitCode {
    primer::run("wait: until all, the first, or the first failed one has ended", program)
}

pub async fn program(out: Out) -> Ended {
    let mut tasks = three(&out);
    for result in wait(&mut tasks, WaitFor::All, None).await {
        out.line(result?);
    }

    let mut tasks = three(&out);
    for result in wait(&mut tasks, WaitFor::FirstCompleted, None).await {
        out.line(format!("first: {}, {} pending", result?, tasks.len()));
    }
    for result in wait(&mut tasks, WaitFor::All, Some(out.time(1.5))).await {
        out.line(format!("in time: {}, {} pending", result?, tasks.len()));
    }
    for result in wait(&mut tasks, WaitFor::All, None).await {
        out.line(format!("at last: {}, {} pending", result?, tasks.len()));
    }
    Ok(())
}

fn three(out: &Out) -> JoinSet<String> {
    let mut tasks = JoinSet::new();
    for (name, seconds) in [("A", 1.0), ("B", 2.0), ("C", 3.0)] {
        let out = out.clone();
        tasks.spawn(async move {
            out.rest(seconds).await;
            format!("{name} done")
        });
    }
    tasks
}
