//! Which tasks are alive, what they are called, and what they wait for.
//!
//! ```text
//! cargo run --release --example monitor
//! ```
//!
//! What you will see: three named workers, each waiting for its timer, with the place that spawned
//! it; then none. The task that asks is the root of `block_on`, and is not among them.
//!
//! From the second document (`all_tasks`, `current_task`). Its coroutines are only known by name;
//! here each line also says what the task waits for.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::runtime::{Builder, dump};
use mainspring::task;

pub fn main() -> ExitCode {
    let what = "Which tasks are alive, what they are called, what they wait for";
    primer::run_on(what, knobs, program)
}

/// Without records a dump has no names and no waits.
pub fn knobs(builder: &mut Builder) {
    builder.dump(true);
}

pub async fn program(out: Out) -> Ended {
    let mut workers = Vec::new();
    for number in 0..3 {
        let (name, theirs) = (format!("w{number}"), out.clone());
        workers.push(task::Builder::new().name(&name).spawn(async move {
            theirs.rest(0.2).await;
            task::current().and_then(|task| task.name().map(str::to_owned))
        })?);
    }
    out.rest(0.1).await;
    let mut seen: Vec<_> = dump().into_iter().filter(|task| !task.is_block_on()).collect();
    seen.sort_by_key(|task| task.name().map(str::to_owned));
    for task in &seen {
        let site = task.spawned_at();
        let file = site.file().rsplit(['/', '\\']).next().unwrap_or_default();
        out.line(format!(
            "{} of {file}, waits for {} timer",
            task.name().unwrap_or("?"),
            task.waits_for().len()
        ));
    }
    for worker in workers {
        out.line(format!("{:?} has ended", worker.await?.as_deref().unwrap_or("?")));
    }
    out.line(format!("{} left", dump().iter().filter(|task| !task.is_block_on()).count()));
    Ok(())
}
