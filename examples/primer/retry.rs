//! Another try: what is worth one, how long to wait before it, and when to give up.
//!
//! ```text
//! cargo run --release --example retry                  6 s
//! cargo run --release --example retry -- --scale 0.1
//! ```
//!
//! What you will see: a call that works at once; one that fails twice, with waits of one second and
//! two; one that always fails, which is given up after the third attempt, without a wait behind it;
//! and one whose error no other attempt would mend.
//!
//! From the fourth document (`with_retry`); the second has the same as a decorator. The fourth
//! makes no attempt at all and returns `None` if `max_attempts` is 0, which cannot be written here:
//! the number of attempts is a `NonZeroU32`. The second tries whatever fails again, a slip in the
//! code too, and waits once more behind the last attempt; here a function says which errors are
//! worth another, and the last one comes back at once.

use std::fmt;
use std::num::NonZeroU32;
use std::process::ExitCode;

use examples::primer::{self, Ended, Out};
use mainspring::retry::{Backoff, retry_if};

/// What can go wrong.
#[derive(Clone, Copy, Debug)]
enum Failure {
    /// It may work the next time.
    Connection(&'static str),
    /// It never will.
    Value(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Connection(what) => write!(f, "connection {what}"),
            Failure::Value(what) => write!(f, "value {what}"),
        }
    }
}

fn main() -> ExitCode {
    primer::run("Another try: what is worth one, and when to give up", program)
}

pub async fn program(out: Out) -> Ended {
    use Failure::{Connection, Value};
    show(&out, &[]).await;
    show(&out, &[Connection("a"), Connection("b")]).await;
    show(&out, &[Connection("a"), Connection("b"), Connection("c")]).await;
    show(&out, &[Value("not retried")]).await;
    Ok(())
}

/// An operation that fails in these ways, one after the other, and then works.
async fn show(out: &Out, failures: &[Failure]) {
    let three = NonZeroU32::new(3).expect("it is three");
    // Waits of one second and two, to the letter: `jitter` would make them any time up to that.
    let backoff = Backoff::exponential(out.time(1.0), three).jitter(false);
    let mut attempt = 0;
    let worth_another = |failure: &Failure| matches!(failure, Failure::Connection(_));
    let end = retry_if(&backoff, worth_another, || {
        attempt += 1;
        out.line(format!("attempt {attempt}"));
        let end = failures.get(attempt - 1).copied().map_or(Ok(attempt), Err);
        std::future::ready(end)
    })
    .await;
    match end {
        Ok(attempts) => out.line(format!("ok after {attempts}")),
        Err(error) => out.line(error),
    }
}
