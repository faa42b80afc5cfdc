//! An executor in ten lines: a channel of entries, and a thread that runs what comes.
//!
//! cargo run -q -p stage-ch05 --bin ten_lines

use stage_ch05::task::new::new;
use stage_ch05::task::schedule::{Runnable, Schedule};
use stage_ch05::{JoinHandle, block_on};
use std::sync::mpsc::{Sender, channel};
use std::thread;

#[derive(Clone)]
struct Executor(Sender<Runnable>);

impl Schedule for Executor {
    fn schedule(&self, entry: Runnable) {
        // Nobody receives any more: the entry is dropped, and the task cancelled.
        let _ = self.0.send(entry);
    }
}

impl Executor {
    fn start() -> Self {
        let (sender, entries) = channel::<Runnable>();
        thread::spawn(move || entries.into_iter().for_each(|entry| _ = entry.run()));
        Self(sender)
    }

    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let (entry, handle) = new(future, self.clone());
        self.schedule(entry);
        handle
    }
}

fn main() {
    let executor = Executor::start();
    let inner = executor.clone();
    let task = executor.spawn(async move {
        let squares: Vec<_> = (1..=5).map(|n| inner.spawn(async move { n * n })).collect();
        let mut sum = 0;
        for square in squares {
            sum += square.await.unwrap();
        }
        sum
    });
    println!("the sum of five squares: {:?}", block_on(task));
    let task = executor.spawn(async { std::panic::resume_unwind(Box::new("on purpose")) });
    let failed: Result<(), _> = block_on(task);
    println!("a task that panics:      {failed:?}");
    println!("the thread lives on:     {:?}", block_on(executor.spawn(async { "hello" })));
}
