//! Async generators are streams: values that come one after another, with waits in between.
//!
//! ```text
//! cargo run --release --example generator                  8 s
//! cargo run --release --example generator -- --scale 0.1
//! ```
//!
//! What you will see: 0 to 4, half a second apart, from a generator; all five at once, collected;
//! 0 to 4 from a type that implements `Stream` by hand; and a generator that is left early: its
//! clean-up runs at the `break`.
//!
//! From the third document (`async for`, comprehensions, `__anext__`). There a generator that is
//! left early is closed some time later, by the loop; here a stream is closed when it is dropped.

use std::future::Future;
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::{Context, Poll, ready};

use examples::primer::{self, Ended, Out};
use mainspring::stream::{Stream, StreamExt, unfold};
use mainspring::time::{Sleep, sleep};

pub fn main() -> ExitCode {
    primer::run("Async generators are streams: values with waits in between", program)
}

pub async fn program(out: Out) -> Ended {
    let mut numbers = pin!(range(&out, 5));
    while let Some(number) = numbers.next().await {
        out.line(number);
    }
    let all: Vec<_> = range(&out, 5).collect().await;
    out.line(format!("{all:?}"));

    let mut iterator = Counter { out: out.clone(), current: 0, stop: 5, wait: None };
    while let Some(number) = iterator.next().await {
        out.line(number);
    }

    let closed = Closes(out.clone());
    let mut numbers = Box::pin(unfold(closed, async |closed| {
        closed.0.rest(0.1).await;
        Some((0, closed))
    }));
    out.line(format!("{:?}, and that is enough", numbers.next().await));
    drop(numbers);
    out.line("after the loop");
    Ok(())
}

/// The generator: `0..n`, with half a second before each.
fn range(out: &Out, n: u32) -> impl Stream<Item = u32> {
    unfold(0, move |at| async move {
        if at == n {
            return None;
        }
        out.rest(0.5).await;
        Some((at, at + 1))
    })
}

/// The same by hand: what `unfold` does, as a struct with a `poll_next`.
struct Counter {
    out: Out,
    current: u32,
    stop: u32,
    wait: Option<Pin<Box<Sleep>>>,
}

impl Stream for Counter {
    type Item = u32;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
        if self.current == self.stop {
            return Poll::Ready(None);
        }
        let half = self.out.time(0.5);
        let wait = self.wait.get_or_insert_with(|| Box::pin(sleep(half)));
        ready!(wait.as_mut().poll(cx));
        self.wait = None;
        self.current += 1;
        Poll::Ready(Some(self.current - 1))
    }
}

/// What a generator cleans up.
struct Closes(Out);

impl Drop for Closes {
    fn drop(&mut self) {
        self.0.line("the generator is closed");
    }
}
