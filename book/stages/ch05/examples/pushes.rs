//! A task that is woken during its poll, and once more after it; and who pushes its entry: data for
//! a figure of chapter 5.
//!
//! cargo run -q -p stage-ch05 --example pushes

use stage_acceptance::figure::Steps;
use stage_ch05::JoinHandle;
use stage_ch05::task::new::new;
use stage_ch05::task::schedule::{Runnable, Schedule};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;

/// An executor that does nothing by itself, and takes down who pushes.
#[derive(Clone, Default)]
struct Queue {
    steps: Steps,
    entries: Arc<Mutex<VecDeque<Runnable>>>,
}

impl Schedule for Queue {
    fn schedule(&self, entry: Runnable) {
        let thread = thread::current();
        let who = if thread.name() == Some("waker") { "waker" } else { "runner" };
        self.steps.send(who, "queue", "pushes the entry");
        self.entries.lock().unwrap().push_back(entry);
    }
}

impl Queue {
    fn run_one(&self) {
        self.steps.ask("runner", "queue", "takes the entry");
        let entry = self.entries.lock().unwrap().pop_front().expect("somebody is queued");
        entry.run();
    }
}

/// The two flags that this is about.
fn flags(handle: &Mutex<Option<JoinHandle<()>>>) -> String {
    let word = format!("{:?}", handle.lock().unwrap());
    let there: Vec<_> =
        ["RUNNING", "SCHEDULED"].into_iter().filter(|flag| word.contains(flag)).collect();
    if there.is_empty() { "neither flag".to_string() } else { there.join(" ") }
}

/// A wake on a thread of its own.
fn wake(steps: &Steps, waker: Waker, handle: &Mutex<Option<JoinHandle<()>>>) {
    let named = thread::Builder::new().name("waker".to_string());
    steps.send("waker", "task", "wake");
    thread::scope(|scope| {
        named.spawn_scoped(scope, || waker.wake()).unwrap();
    });
    steps.note("task", flags(handle));
}

fn main() {
    let queue = Queue::default();
    let steps = queue.steps.clone();
    let handle = Arc::new(Mutex::new(None));
    let (own, seen) = (steps.clone(), handle.clone());
    let mut polls = 0;
    let future = poll_fn(move |cx| {
        polls += 1;
        own.call("runner", "task", format!("poll: {}", flags(&seen)));
        if polls == 1 {
            wake(&own, cx.waker().clone(), &seen);
        }
        own.answer("task", "runner", "pending");
        Poll::Pending
    });
    let (entry, joins) = new(future, queue.clone());
    *handle.lock().unwrap() = Some(joins);
    let waker = entry.waker();
    queue.entries.lock().unwrap().push_back(entry);
    queue.run_one();
    queue.run_one();
    steps.note("task", flags(&handle));
    wake(&steps, waker, &handle);
    steps.print(&["queue", "runner", "task", "waker"]);
}
