//! An event: some wait until one says so.
//!
//! ```text
//! cargo run --release --example event                  2 s
//! cargo run --release --example event -- --scale 0.1
//! ```
//!
//! What you will see: A and B wait; after two seconds the event is set and both go on.
//!
//! From the third document.

use std::process::ExitCode;
use std::sync::Arc;

use examples::primer::{self, Ended, Out};
use mainspring::sync::Event;

pub fn main() -> ExitCode {
    primer::run("An event: some wait until one says so", program)
}

pub async fn program(out: Out) -> Ended {
    let event = Arc::new(Event::new());
    let a = mainspring::spawn(waiter(out.clone(), event.clone(), "A"));
    let b = mainspring::spawn(waiter(out.clone(), event.clone(), "B"));
    let setter = mainspring::spawn(async move {
        out.rest(2.0).await;
        out.line("Setting event");
        event.set();
    });
    for task in [a, b, setter] {
        task.await?;
    }
    Ok(())
}

async fn waiter(out: Out, event: Arc<Event>, name: &str) {
    out.line(format!("{name} waiting"));
    event.wait().await;
    out.line(format!("{name} got event"));
}
