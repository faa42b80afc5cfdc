//! Time limits: for one future, and for a block that can move its own deadline.
//!
//! ```text
//! cargo run --release --example limits                  7 s
//! cargo run --release --example limits -- --scale 0.1
//! ```
//!
//! What you will see: a five-second operation given up after two. A block of three one-second
//! steps with two seconds: it ends in the second step. The same block again, which asks for more
//! time at its first step, and gets through.
//!
//! From the third document (`wait_for`) and the fifth (`asyncio.timeout`). In asyncio the operation
//! is thrown an exception and may take its time to clean up, or refuse; here it is dropped at once.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::time::{DeadlineScope, Instant, deadline_scope, timeout};

pub fn main() -> ExitCode {
    primer::run("Time limits: for one future, and for a block that can move its deadline", program)
}

pub async fn program(out: Out) -> Ended {
    match timeout(out.time(2.0), out.rest(5.0)).await {
        Ok(()) => out.line("Done"),
        Err(elapsed) => out.line(format!("Operation timed out: {elapsed}")),
    }
    for more in [false, true] {
        let block = async |scope: &DeadlineScope| {
            for step in 1..=3 {
                out.rest(1.0).await;
                out.line(format!("step {step}"));
                if more && step == 1 {
                    scope.reschedule(Some(Instant::now() + out.time(10.0)));
                }
            }
        };
        match deadline_scope(out.time(1.5), block).await {
            Ok(()) => out.line("the block is through"),
            Err(elapsed) => out.line(format!("the block was cut: {elapsed}")),
        }
    }
    Ok(())
}
