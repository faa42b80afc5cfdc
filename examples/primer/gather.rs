//! `gather`: many futures at once, their results in the order in which they were given.
//!
//! ```text
//! cargo run --release --example gather                  3 s
//! cargo run --release --example gather -- --scale 0.1
//! ```
//!
//! What you will see: A, B and C start together; B is done after one second, A after two, C after
//! three; the results stand in the order A, B, C. Then two of four fail: the first error comes back
//! at once and ends the others.
//!
//! From the second and third documents. There a failure leaves the siblings running, unobserved;
//! here `gather` ends them and waits for that, so nothing outlives it. `gather_all` is
//! `return_exceptions=True`: every outcome, and nobody is ended.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::task::{gather, gather_all};

pub fn main() -> ExitCode {
    primer::run("gather: many futures at once, results in the order given", program)
}

pub async fn program(out: Out) -> Ended {
    let three = [("A", 2.0), ("B", 1.0), ("C", 3.0)];
    let results = gather(three.map(|(name, seconds)| work(out.clone(), name, seconds))).await?;
    out.line(format!("{results:?}"));

    let four = [("D", 0.1), ("E", 0.2), ("F", 0.3), ("G", 0.4)];
    let failing = |(name, seconds)| fail_on(out.clone(), ["E", "F"], name, seconds);
    let error = gather(four.map(failing)).await.expect_err("E fails");
    out.line(format!("gather: {error}"));

    let outcomes = gather_all(four.map(failing)).await;
    for outcome in outcomes {
        match outcome.expect("none panics, none is aborted") {
            Ok(name) => out.line(format!("gather_all: {name} is done")),
            Err(error) => out.line(format!("gather_all: {error}")),
        }
    }
    Ok(())
}

async fn work(out: Out, name: &str, seconds: f64) -> Result<String, String> {
    out.line(format!("{name} started"));
    out.rest(seconds).await;
    out.line(format!("{name} finished"));
    Ok(format!("{name} result"))
}

async fn fail_on(
    out: Out,
    these: [&str; 2],
    name: &'static str,
    seconds: f64,
) -> Result<&'static str, String> {
    out.rest(seconds).await;
    if these.contains(&name) {
        return Err(format!("{name} failed"));
    }
    Ok(name)
}
