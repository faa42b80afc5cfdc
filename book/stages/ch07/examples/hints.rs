//! A sleep from its first poll to its end, beside one that is over earlier: data for a figure of
//! chapter 7.
//!
//! cargo run -q -p stage-ch07 --example hints

use stage_acceptance::figure::{Ear, Steps};
use stage_ch07::time::{now, sleep};
use stage_ch07::{Runtime, join};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Context;
use std::time::{Duration, Instant};

fn since(start: Instant) -> u128 {
    (now() - start).as_millis()
}

/// Waits for 100 ms. Takes down each poll, and what becomes of the waker.
async fn watched(steps: &Steps, start: Instant) {
    let mut sleeping = pin!(sleep(Duration::from_millis(100)));
    let mut last: Option<Ear> = None;
    poll_fn(|cx| {
        steps.call("executor", "sleep", format!("poll: is it 100 ms? It is {}", since(start)));
        let woken = steps.clone();
        let ear = Ear::new(cx.waker(), move || {
            woken.send(
                "timers",
                "executor",
                format!("{} ms: its timer wakes the task", since(start)),
            );
        });
        let answer = sleeping.as_mut().poll(&mut Context::from_waker(&ear.waker()));
        let gone = last.take().is_some_and(|last| !last.is_kept());
        match (gone, ear.is_kept()) {
            (false, true) => steps.send("sleep", "timers", "arm for 100 ms"),
            (true, true) => steps.send("sleep", "timers", "disarm, and arm anew"),
            (_, false) => {}
        }
        last = Some(ear);
        let word = if answer.is_ready() { "ready" } else { "pending" };
        steps.answer("sleep", "executor", word);
        answer
    })
    .await;
}

/// Another reason to poll the same task.
async fn other(steps: &Steps, start: Instant) {
    let mut sleeping = pin!(sleep(Duration::from_millis(40)));
    let mut last: Option<Ear> = None;
    poll_fn(|cx| {
        let woken = steps.clone();
        let ear = last.insert(Ear::new(cx.waker(), move || {
            woken.send("timers", "executor", format!("{} ms: another wakes it", since(start)));
        }));
        sleeping.as_mut().poll(&mut Context::from_waker(&ear.waker()))
    })
    .await;
}

fn main() {
    let steps = Steps::default();
    // The clock stands still, so the times are exact.
    Runtime::start_paused().block_on(async {
        let start = now();
        join(pin!(watched(&steps, start)), pin!(other(&steps, start))).await;
    });
    steps.print(&["executor", "sleep", "timers"]);
}
