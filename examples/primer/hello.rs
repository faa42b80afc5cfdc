//! An async function: nothing runs until it is awaited.
//!
//! ```text
//! cargo run --release --example hello                  3 s
//! cargo run --release --example hello -- --scale 0.1
//! ```
//!
//! What you will see: "made, not started", then the two lines of `fetch` with two seconds in
//! between, what it returned, and the same for `greet` with one.
//!
//! From the second document (`fetch_data`) and the third (`greet`), whose lines for older versions
//! ask for an event loop after the run, when there is none; a runtime is a value here. A coroutine
//! that is made and never awaited is a warning at run time there, if at all. Here the compiler
//! warns: a future is `#[must_use]`, and `let _ = fetch()` does nothing.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};

pub fn main() -> ExitCode {
    primer::run("An async function: nothing runs until it is awaited", program)
}

pub async fn program(out: Out) -> Ended {
    let later = fetch(&out);
    out.line("made, not started");
    let text = later.await;
    out.line(text);

    let text = greet(&out, "Alice").await;
    out.line(text);
    Ok(())
}

async fn fetch(out: &Out) -> &'static str {
    out.line("asking for data");
    out.rest(2.0).await;
    out.line("data received");
    "Hello from async"
}

async fn greet(out: &Out, name: &str) -> String {
    out.line(format!("Hello, {name}!"));
    out.rest(1.0).await;
    out.line(format!("Goodbye, {name}!"));
    format!("Greeted {name}")
}
