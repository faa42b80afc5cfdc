//! Debug mode: who holds the thread for too long.
//!
//! ```text
//! cargo run --release --example debug
//! ```
//!
//! What you will see: a task named "greedy" computes for 0.3 s without waiting. It is reported
//! while it is still at it, with its name and the line that spawned it. On `multi_thread` another
//! thread goes on meanwhile; on `current_thread` nothing else runs.
//!
//! From the third document (`asyncio.run(main(), debug=True)`), which warns of a step over 0.1 s
//! after the step. It also warns of coroutines that were never awaited: that is the compiler's
//! work here (`unused_must_use`).

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use examples::primer::{self, Ended, Out};
use mainspring::runtime::Stall;
use mainspring::sync::mpsc;
use mainspring::task;

pub fn main() -> ExitCode {
    let (told, reports) = mpsc::unbounded_channel();
    let hook = move |stall: Stall| drop(told.send(stall.to_string()));
    let knobs = |builder: &mut mainspring::runtime::Builder| {
        builder.debug(true).on_stall(hook);
    };
    let what = "Debug mode: who holds the thread for too long";
    primer::run_on(what, knobs, async |out| program(out, reports).await)
}

async fn program(out: Out, mut reports: mpsc::UnboundedReceiver<String>) -> Ended {
    let out = Arc::new(out);
    let theirs = out.clone();
    let greedy = task::Builder::new().name("greedy").spawn(async move {
        compute(Duration::from_millis(300));
        theirs.line("greedy has computed");
    })?;
    greedy.await?;
    match reports.recv().await {
        Some(report) => report.lines().for_each(|line| out.line(line)),
        None => return Err("nothing was reported".into()),
    }
    Ok(())
}

/// Work that never waits.
fn compute(time: Duration) {
    let end = Instant::now() + time;
    let mut sum = 0_u64;
    while Instant::now() < end {
        sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
    }
}
