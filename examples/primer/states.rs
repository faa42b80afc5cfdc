//! What can be asked of a task: has it ended, and how.
//!
//! ```text
//! cargo run --release --example states
//! ```
//!
//! What you will see: four tasks that have not ended, one of which is told to end; then one that
//! has returned, one that has failed, one that has panicked, and one that was aborted with a
//! message.
//!
//! From the third document, which asks an unfinished task for its exception and gets
//! `InvalidStateError`. A handle here can be asked whether its task has ended, and be awaited:
//! there is nothing to ask too early.

use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::task::JoinHandle;

pub fn main() -> ExitCode {
    primer::run("What can be asked of a task: has it ended, and how", program)
}

#[derive(Clone, Copy)]
enum Mode {
    Return,
    Fail,
    Panic,
    Wait,
}

pub async fn program(out: Out) -> Ended {
    let modes = [Mode::Return, Mode::Fail, Mode::Panic, Mode::Wait];
    let tasks = modes.map(|mode| mainspring::spawn(work(out.clone(), mode)));
    out.line(format!("ended: {:?}", tasks.each_ref().map(JoinHandle::is_finished)));
    let [returns, fails, panics, waits] = tasks;
    waits.abort_with("stop please");
    out.line(format!("aborting, ended: {}", waits.is_finished()));

    out.line(said("returned", returns.await));
    out.line(said("failed", fails.await));
    out.line(said("panicked", panics.await));
    out.line(said("aborted", waits.await));
    Ok(())
}

type Outcome = Result<Result<&'static str, String>, mainspring::task::JoinError>;

fn said(how: &str, outcome: Outcome) -> String {
    match outcome {
        Ok(Ok(value)) => format!("{how}: {value:?}"),
        Ok(Err(error)) => format!("{how}: an error of its own, {error:?}"),
        Err(error) if error.is_cancelled() => {
            format!("{how}: cancelled, {:?}", error.message().unwrap_or_default())
        }
        Err(error) => {
            let payload = error.into_panic();
            format!("{how}: {:?}", payload.downcast_ref::<&str>().unwrap_or(&"?"))
        }
    }
}

async fn work(out: Out, mode: Mode) -> Result<&'static str, String> {
    out.rest(0.1).await;
    match mode {
        Mode::Return => Ok("ok"),
        Mode::Fail => Err("boom".to_owned()),
        // Without the hook's line on standard error; the handle has the message all the same.
        Mode::Panic => std::panic::resume_unwind(Box::new("out of luck")),
        Mode::Wait => {
            out.rest(60.0).await;
            Ok("waited")
        }
    }
}
