//! A task in the background: it starts when its creator first waits.
//!
//! ```text
//! cargo run --release --example background -- --current-thread                  5 s
//! cargo run --release --example background -- --current-thread --scale 0.1
//! ```
//!
//! What you will see: the main task speaks first, the background task second, and the program ends
//! when both are done. On `multi_thread` another thread may start the task at once, so the first
//! two lines come in either order.
//!
//! From the second document, which prints those two lines the other way round: its asyncio does
//! what `current_thread` does here.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};

pub fn main() -> ExitCode {
    primer::run("A task in the background: it starts when its creator first waits", program)
}

pub async fn program(out: Out) -> Ended {
    let theirs = out.clone();
    let background = mainspring::spawn(async move {
        theirs.line("background task started");
        theirs.rest(5.0).await;
        theirs.line("background task done");
    });
    out.line("main task running");
    out.rest(2.0).await;
    out.line("main task done");
    // Without this line the runtime would end here, and the task with it.
    background.await?;
    Ok(())
}
