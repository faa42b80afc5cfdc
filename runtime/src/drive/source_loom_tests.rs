//! models of a source: an event beside a clear, a poll, a waiter in line, and the end.

use super::*;
use crate::base::prim::{Arc, AtomicBool, AtomicUsize, thread};
use crate::drive::readiness::Readiness;
use crate::wake::block_on::block_on;
use std::future::{Future, poll_fn};
use std::task::{Wake, Waker};

/// A socket: bytes that the "kernel" puts there, and the source that says so.
struct Socket {
    source: Source,
    bytes: AtomicBool,
}

impl Socket {
    fn new(ready: Ready) -> Arc<Self> {
        Arc::new(Self { source: Source::new(ready), bytes: AtomicBool::new(false) })
    }

    /// Bytes come, and the reactor hands the event out.
    fn event(&self) {
        // Ordering: Relaxed: that who sees the event sees the bytes is for the word to prove.
        self.bytes.store(true, Ordering::Relaxed);
        self.source.set(Ready::READABLE);
        self.wake();
    }

    fn wake(&self) {
        let mut batch = Batch::new();
        assert!(self.source.collect(Ready::READABLE, &mut batch));
        batch.wake_all().unwrap();
    }

    /// The loop of `io/async_fd.rs`: read, clear on `WouldBlock`, wait. `true` once there are
    /// bytes.
    fn poll_read(&self, cx: &mut Context<'_>) -> Poll<bool> {
        loop {
            match self.source.poll_ready(cx, Direction::Read) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Err(_)) => return Poll::Ready(false),
                Poll::Ready(Ok(_)) if self.bytes.load(Ordering::Relaxed) => {
                    return Poll::Ready(true);
                }
                Poll::Ready(Ok(seen)) => self.source.clear(seen, Direction::Read.wanted()),
            }
        }
    }
}

/// A deadlock is a lost event: the task sleeps although bytes are there.
#[test]
fn loom_a_stale_clear_does_not_lose_an_event() {
    loom::model(|| {
        // Ready since an event long ago; in truth there is nothing to read.
        let socket = Socket::new(Ready::READABLE);
        let reactor = {
            let socket = socket.clone();
            thread::spawn(move || socket.event())
        };
        assert!(block_on(poll_fn(|cx| socket.poll_read(cx))));
        reactor.join().unwrap();
    });
}

#[test]
fn loom_an_event_beside_a_poll_wakes_it() {
    loom::model(|| {
        let socket = Socket::new(Ready::EMPTY);
        let reactor = {
            let socket = socket.clone();
            thread::spawn(move || socket.event())
        };
        assert!(block_on(poll_fn(|cx| socket.poll_read(cx))));
        reactor.join().unwrap();
    });
}

#[test]
fn loom_an_event_beside_a_waiter_in_line_calls_it() {
    loom::model(|| {
        let socket = Socket::new(Ready::EMPTY);
        let reactor = {
            let socket = socket.clone();
            thread::spawn(move || socket.event())
        };
        let seen = block_on(Readiness::new(&socket.source, Interest::READABLE)).unwrap();
        assert!(seen.ready().is_readable() && socket.bytes.load(Ordering::Relaxed));
        reactor.join().unwrap();
    });
}

/// INV-49: a waiter may leave the line while an event calls it.
#[test]
fn loom_a_waiter_may_leave_beside_an_event() {
    loom::model(|| {
        let socket = Socket::new(Ready::EMPTY);
        let reactor = {
            let socket = socket.clone();
            thread::spawn(move || socket.event())
        };
        {
            let mut readiness = std::pin::pin!(Readiness::new(&socket.source, Interest::READABLE));
            let mut cx = Context::from_waker(Waker::noop());
            let _ = readiness.as_mut().poll(&mut cx);
        }
        reactor.join().unwrap();
    });
}

/// INV-48: two threads that poll the same direction do not meet in the slot. Whoever came last is
/// woken by the event; one that was turned away was woken at once.
#[test]
fn loom_two_threads_may_poll_one_direction() {
    loom::model(|| {
        let socket = Socket::new(Ready::EMPTY);
        let woken = std::sync::Arc::new(Count(AtomicUsize::new(0)));
        let reader = {
            let (socket, waker) = (socket.clone(), Waker::from(woken.clone()));
            thread::spawn(move || {
                let poll = socket.poll_read(&mut Context::from_waker(&waker));
                assert!(poll.is_pending());
            })
        };
        let other = std::sync::Arc::new(Count(AtomicUsize::new(0)));
        let waker = Waker::from(other.clone());
        assert!(socket.poll_read(&mut Context::from_waker(&waker)).is_pending());
        reader.join().unwrap();
        socket.event();
        assert!(woken.get() + other.get() >= 1);
    });
}

/// A waker that counts.
struct Count(AtomicUsize);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Count {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn loom_the_end_wakes_who_waits() {
    loom::model(|| {
        let socket = Socket::new(Ready::EMPTY);
        let reactor = {
            let socket = socket.clone();
            thread::spawn(move || {
                socket.source.end();
                socket.wake();
            })
        };
        assert!(!block_on(poll_fn(|cx| socket.poll_read(cx))));
        reactor.join().unwrap();
    });
}
