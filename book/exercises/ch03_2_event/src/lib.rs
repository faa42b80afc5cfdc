//! An event that any number of futures wait for.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Not yet, or for ever.
#[derive(Default)]
pub struct Event {}

/// Future returned by [`Event::wait`].
pub struct Wait<'a>(&'a Event);

impl Event {
    /// It happens, and everyone who waits is woken.
    pub fn set(&self) {
        todo!("remember it, and wake them all")
    }

    /// Waits until it has happened.
    pub fn wait(&self) -> Wait<'_> {
        Wait(self)
    }

    /// How many wakers are kept at the moment.
    pub fn kept(&self) -> usize {
        todo!("for the tests")
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        let _ = &self.0;
        todo!("look, and leave the waker")
    }
}
