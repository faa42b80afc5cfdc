//! Two ways to wait for a thread that needs 100 ms: to ask again and again, and to sleep.
//!
//! cargo run -q -p stage-ch03 --bin spin_or_sleep
//! cargo run -q -p stage-ch03 --bin spin_or_sleep cpu      also the CPU time (Linux)

use stage_ch03::{Event, block_on};
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

const NEEDS: Duration = Duration::from_millis(100);

/// Done when another thread is. Counts how often it was asked.
async fn work(polls: &Cell<u64>) {
    let event = Arc::new(Event::default());
    let there = event.clone();
    thread::spawn(move || {
        // The work: something that takes its time elsewhere.
        thread::park_timeout(NEEDS);
        there.set();
    });
    let mut done = event.wait();
    poll_fn(|cx| {
        polls.set(polls.get() + 1);
        Future::poll(Pin::new(&mut done), cx)
    })
    .await;
}

/// Asks without a rest.
fn spin_on<F: Future>(future: F) -> F::Output {
    let mut cx = Context::from_waker(Waker::noop());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// Milliseconds that this thread has been on a processor.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn main() {
    let shows_cpu = std::env::args().nth(1).is_some_and(|word| word == "cpu");
    let report = |name: &str, wait: &dyn Fn(&Cell<u64>)| {
        let polls = Cell::new(0);
        let before = cpu();
        wait(&polls);
        let used =
            if shows_cpu { format!(", {:.3} ms of CPU", cpu() - before) } else { String::new() };
        let many =
            if polls.get() > 1_000 { "more than 1000".into() } else { polls.get().to_string() };
        println!("{name}  {many} polls{used}");
    };
    report("spins: ", &|polls| spin_on(work(polls)));
    report("sleeps:", &|polls| block_on(work(polls)));
}
