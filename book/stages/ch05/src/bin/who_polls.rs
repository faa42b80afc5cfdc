//! What a wake does, and what it does not; the executor is a queue, and we turn the crank.
//!
//! cargo run -q -p stage-ch05 --bin who_polls

use stage_ch05::Event;
use stage_ch05::task::new::new;
use stage_ch05::task::schedule::{Runnable, Schedule};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Queue(Arc<Mutex<VecDeque<Runnable>>>);

impl Schedule for Queue {
    fn schedule(&self, entry: Runnable) {
        self.0.lock().unwrap().push_back(entry);
    }
}

impl Queue {
    fn pop(&self) -> Option<Runnable> {
        self.0.lock().unwrap().pop_front()
    }
}

fn main() {
    let queue = Queue::default();
    let event = Arc::new(Event::default());
    let there = event.clone();
    let (entry, handle) = new(
        async move {
            println!("  task: I wait");
            there.wait().await;
            println!("  task: I go on");
        },
        queue.clone(),
    );
    println!("main: it is made");
    queue.schedule(entry);
    println!("main: it is queued");
    drop(handle);
    println!("main: nobody has its handle");
    while let Some(entry) = queue.pop() {
        entry.run();
    }
    println!("main: the queue is empty, so I set the event");
    event.set();
    println!("main: it is set");
    while let Some(entry) = queue.pop() {
        entry.run();
    }
    println!("main: the end");
}
