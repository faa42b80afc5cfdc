//! WRONG: a future that keeps the waker of its first poll, and no later one.
//!
//! cargo run -q -p stage-ch04 --bin wrong_first_waker

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// Like `Event`, but `waker` is filled once.
#[derive(Default)]
struct WrongEvent {
    happened: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl WrongEvent {
    fn set(&self) {
        self.happened.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl Future for &WrongEvent {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.happened.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        // "It has a waker already." But whose?
        self.waker.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
        Poll::Pending
    }
}

/// A task that counts its wakes.
#[derive(Default)]
struct Task(AtomicUsize);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn main() {
    let (first, second) = (Arc::new(Task::default()), Arc::new(Task::default()));
    let poll = |name: &str, task: &Arc<Task>, future: &mut &WrongEvent| {
        let waker = Waker::from(task.clone());
        let answer = Pin::new(future).poll(&mut Context::from_waker(&waker));
        println!("the {name} task polls: {answer:?}");
    };
    let event = WrongEvent::default();
    let mut future = &event;
    poll("first", &first, &mut future);
    println!("the first task hands the future to the second");
    poll("second", &second, &mut future);
    event.set();
    println!("it happens");
    for (name, task) in [("first", first), ("second", second)] {
        println!("the {name} task was woken {} times", task.0.load(Ordering::SeqCst));
    }
    println!("the second waits for ever: what it waits for has happened, and nobody says so");
}
