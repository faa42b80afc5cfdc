//! something that happens once, on any thread, and that one future waits for.
//!
//! The other end of every wake: one side leaves a waker, the other makes the thing happen and wakes
//! it. Here a lock orders the two, so neither can slip between the look and the waker of the other.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

/// Not yet, or for ever.
#[derive(Default)]
pub struct Event {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    happened: bool,
    waker: Option<Waker>,
}

/// Future returned by [`Event::wait`].
pub struct Wait<'a>(&'a Event);

impl Event {
    /// It happens. Whoever waits is woken, after the lock: a waker is somebody else's code.
    pub fn set(&self) {
        let waker = {
            let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
            inside.happened = true;
            inside.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Waits until it has happened. One future at a time may.
    pub fn wait(&self) -> Wait<'_> {
        Wait(self)
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mine = cx.waker().clone();
        let mut inside = self.0.inside.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.happened {
            return Poll::Ready(());
        }
        // The last one counts: the future may have been polled elsewhere before.
        let before = inside.waker.replace(mine);
        drop(inside);
        drop(before);
        Poll::Pending
    }
}
