//! WRONG: each poll leaves another waker, and a future that is dropped leaves all of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

/// Not yet, or for ever.
#[derive(Default)]
pub struct Event {
    inside: Mutex<(bool, Vec<Waker>)>,
}

/// Future returned by [`Event::wait`].
pub struct Wait<'a>(&'a Event);

impl Event {
    /// It happens, and everyone who waits is woken.
    pub fn set(&self) {
        let wakers = {
            let mut inside = self.inside.lock().unwrap();
            inside.0 = true;
            std::mem::take(&mut inside.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Waits until it has happened.
    pub fn wait(&self) -> Wait<'_> {
        Wait(self)
    }

    /// How many wakers are kept at the moment.
    pub fn kept(&self) -> usize {
        self.inside.lock().unwrap().1.len()
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut inside = self.0.inside.lock().unwrap();
        if inside.0 {
            return Poll::Ready(());
        }
        inside.1.push(cx.waker().clone());
        Poll::Pending
    }
}
