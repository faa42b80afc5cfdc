//! futures and counters that the tests are made of.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

/// Counts something; clones count together.
#[derive(Clone, Default)]
pub struct Count(Arc<AtomicUsize>);

impl Count {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    pub fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Counts one when it is dropped.
    pub fn on_drop(&self) -> OnDrop {
        OnDrop(self.clone())
    }
}

/// See [`Count::on_drop`].
pub struct OnDrop(Count);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// A waker that counts how often it is woken.
impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.add();
    }
}

/// A log that clones write together.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn push(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Counts the polls of a future.
pub struct Counted<F> {
    future: Pin<Box<F>>,
    polls: Count,
}

impl<F: Future> Counted<F> {
    pub fn new(future: F, polls: &Count) -> Self {
        Self { future: Box::pin(future), polls: polls.clone() }
    }
}

impl<F: Future> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.polls.add();
        self.future.as_mut().poll(cx)
    }
}

/// Pending `left` times; each time it wakes its waker before it says so.
pub struct Turns {
    left: u32,
}

/// Gives others a turn `count` times.
pub fn turns(count: u32) -> Turns {
    Turns { left: count }
}

impl Future for Turns {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Something that is opened once, from any thread, and that one future waits for.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<(bool, Option<Waker>)>>);

impl Gate {
    pub fn open(&self) {
        let mut inside = self.0.lock().unwrap();
        inside.0 = true;
        let waker = inside.1.take();
        drop(inside);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Does a future wait?
    pub fn is_waited_for(&self) -> bool {
        self.0.lock().unwrap().1.is_some()
    }
}

/// A gate is the future that waits for it.
impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut inside = self.0.lock().unwrap();
        if inside.0 {
            return Poll::Ready(());
        }
        let before = inside.1.replace(cx.waker().clone());
        drop(inside);
        drop(before);
        Poll::Pending
    }
}

/// Pending once; a thread that it starts then wakes it. `early`: the thread has done so before the
/// poll is over.
pub struct FromThread {
    gate: Gate,
    early: bool,
    started: bool,
}

pub fn from_thread(early: bool) -> FromThread {
    FromThread { gate: Gate::default(), early, started: false }
}

impl Future for FromThread {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.started {
            return Pin::new(&mut self.gate).poll(cx);
        }
        self.started = true;
        let pending = Pin::new(&mut self.gate).poll(cx);
        let gate = self.gate.clone();
        let thread = thread::spawn(move || gate.open());
        if self.early {
            thread.join().unwrap();
        }
        pending
    }
}
