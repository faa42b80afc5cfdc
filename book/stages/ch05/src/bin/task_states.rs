//! One task and its word, step by step; the executor is a queue, and we turn the crank.
//!
//! cargo run -q -p stage-ch05 --bin task_states

use stage_ch05::Event;
use stage_ch05::task::new::new;
use stage_ch05::task::schedule::{Runnable, Schedule};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

/// An executor that does nothing by itself.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<VecDeque<Runnable>>>);

impl Schedule for Queue {
    fn schedule(&self, entry: Runnable) {
        self.0.lock().unwrap().push_back(entry);
    }
}

impl Queue {
    fn run_one(&self) {
        let entry = self.0.lock().unwrap().pop_front().expect("somebody is queued");
        entry.run();
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn main() {
    let queue = Queue::default();
    let event = Arc::new(Event::default());
    let show = |what: &str, word: &dyn std::fmt::Debug| {
        println!("{what:<28} queue: {}  {word:?}", queue.len());
    };

    let waited_for = event.clone();
    let waiting = async move {
        waited_for.wait().await;
        "done"
    };
    let (entry, handle) = new(waiting, queue.clone());
    let waker = entry.waker();
    show("new, and a waker", &handle);
    queue.schedule(entry);
    show("queued", &handle);
    queue.run_one();
    show("polled: pending", &handle);
    waker.wake_by_ref();
    show("woken", &handle);
    waker.wake_by_ref();
    waker.wake_by_ref();
    show("woken twice more", &handle);
    queue.run_one();
    show("polled: pending", &handle);
    event.set();
    show("the event wakes it", &handle);
    queue.run_one();
    show("polled: ready", &handle);
    waker.wake();
    show("a late wake", &handle);
    let output = stage_ch05::block_on(handle);
    println!("joined: {output:?}");

    let (entry, handle) = new(std::future::pending::<()>(), queue.clone());
    queue.schedule(entry);
    queue.run_one();
    show("another, polled: pending", &handle);
    handle.abort();
    show("aborted", &handle);
    queue.run_one();
    show("run", &handle);
    println!("joined: {:?}", stage_ch05::block_on(handle));

    let failing = async { resume_unwind(Box::new("oh")) };
    let (entry, handle) = new::<_, _>(failing, queue.clone());
    entry.run();
    let output: Result<(), _> = stage_ch05::block_on(handle);
    println!("a third panics, joined: {output:?}");
}
