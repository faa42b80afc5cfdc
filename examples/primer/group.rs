//! A task group: no child outlives it, and the first failure ends the rest.
//!
//! ```text
//! cargo run --release --example group                  2 s
//! cargo run --release --example group -- --scale 0.1
//! ```
//!
//! What you will see: five children, done after one second, and their values. Then a group of three
//! in which two fail at the same time: the third is ended, and both failures come back as one tree,
//! which is then split into those that are worth another try and those that are not.
//!
//! From the second document, whose child takes no argument although it is given one, and the fifth
//! (`except*`).

use std::fmt;
use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::task::TaskGroup;

pub fn main() -> ExitCode {
    primer::run("A task group: no child outlives it, the first failure ends the rest", program)
}

#[derive(Debug)]
enum Fault {
    Refused,
    Late,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Refused => "connection refused",
            Fault::Late => "no answer in time",
        })
    }
}

impl std::error::Error for Fault {}

pub async fn program(out: Out) -> Ended {
    let values = TaskGroup::scope(async |group: TaskGroup<Fault>| {
        let children: Vec<_> =
            (0..5).map(|number| group.spawn(child(out.clone(), number))).collect();
        let mut values = Vec::new();
        for child in children {
            values.push(child.await.expect("a child that fails ends the scope"));
        }
        Ok(values)
    })
    .await?;
    out.line(format!("{values:?}"));

    let failed = TaskGroup::scope(async |group: TaskGroup<Fault>| {
        group.spawn(fails(out.clone(), Fault::Refused));
        group.spawn(fails(out.clone(), Fault::Late));
        group.spawn(patient(out.clone()));
        Ok(())
    })
    .await
    .expect_err("two children fail");
    for line in failed.to_string().lines() {
        out.line(line);
    }
    let worth =
        |failure: &mainspring::task::Failure<Fault>| matches!(failure.error(), Some(Fault::Late));
    let (again, never) = failed.split(worth);
    let count = |group: Option<mainspring::task::GroupError<Fault>>| group.map_or(0, |g| g.len());
    out.line(format!("worth another try: {}, not: {}", count(again), count(never)));
    Ok(())
}

async fn child(out: Out, number: u32) -> Result<String, Fault> {
    out.rest(1.0).await;
    out.line(format!("Data {number}"));
    Ok(format!("Data {number}"))
}

async fn fails(out: Out, fault: Fault) -> Result<(), Fault> {
    out.rest(0.5).await;
    Err(fault)
}

async fn patient(out: Out) -> Result<(), Fault> {
    let _ended = Ends(out.clone());
    out.rest(60.0).await;
    Ok(())
}

struct Ends(Out);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.line("the patient child is ended");
    }
}
