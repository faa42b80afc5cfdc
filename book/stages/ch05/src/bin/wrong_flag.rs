//! WRONG: a task that clears its "scheduled" flag after the poll. A wake during the poll is lost.
//!
//! cargo run -q -p stage-ch05 --bin wrong_flag

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

type Queue = Arc<Mutex<VecDeque<Arc<WrongTask>>>>;

struct WrongTask {
    scheduled: AtomicBool,
    future: Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>,
    queue: Queue,
}

impl Wake for WrongTask {
    fn wake(self: Arc<Self>) {
        // Queued once, however often it is woken. So far so good.
        if !self.scheduled.swap(true, Ordering::SeqCst) {
            println!("  wake: queued");
            self.queue.clone().lock().unwrap().push_back(self);
        } else {
            println!("  wake: it is queued already");
        }
    }
}

impl WrongTask {
    fn run(self: &Arc<Self>) -> bool {
        let waker = Waker::from(self.clone());
        let answer = self.future.lock().unwrap().as_mut().poll(&mut Context::from_waker(&waker));
        // It is no longer queued, since it was popped. But to say so now wipes out what has been
        // said during the poll.
        self.scheduled.store(false, Ordering::SeqCst);
        answer.is_ready()
    }
}

/// Gives others a turn: wakes itself, and is pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn main() {
    let queue = Queue::default();
    let task = Arc::new(WrongTask {
        scheduled: AtomicBool::new(false),
        future: Mutex::new(Box::pin(Yield(false))),
        queue: queue.clone(),
    });
    println!("spawn");
    Waker::from(task).wake();
    let next = || queue.lock().unwrap().pop_front();
    while let Some(task) = next() {
        println!("run");
        match task.run() {
            true => return println!("ready"),
            false => println!("pending"),
        }
    }
    println!("the queue is empty, and the task is not ready: it was woken, and nobody knows");
}
