//! WRONG: an executor that keeps its queue borrowed while a task runs.
//!
//! cargo run -q -p stage-ch06 --bin wrong_borrow

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Waker};

type Task = Pin<Box<dyn Future<Output = ()>>>;

thread_local! {
    static QUEUE: RefCell<VecDeque<Task>> = RefCell::default();
}

fn spawn(future: impl Future<Output = ()> + 'static) {
    QUEUE.with(|queue| queue.borrow_mut().push_back(Box::pin(future)));
}

fn run() {
    let mut cx = Context::from_waker(Waker::noop());
    QUEUE.with(|queue| {
        // What `borrow_mut` gives lives to the end of the `while let`, not of its first line: the
        // task is polled with the queue borrowed.
        while let Some(mut task) = queue.borrow_mut().pop_front() {
            println!("  a task is polled");
            let _ready = task.as_mut().poll(&mut cx);
        }
    });
}

fn main() {
    std::panic::set_hook(Box::new(|panic| println!("  panic: {panic}")));
    println!("two tasks that mind their own business:");
    spawn(async {});
    spawn(async {});
    run();
    println!("a task that spawns another:");
    spawn(async { spawn(async {}) });
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(()) => println!("  done"),
        Err(_) => println!("  the second was never queued, and the first has died of it"),
    }
}
