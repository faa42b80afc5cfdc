//! something that happens once, on any thread, and that one future waits for.
//!
//! The other end of every wake: one side leaves a waker, the other makes the thing happen and takes
//! the waker out. The flag and the slot are two things now, and the slot's rule orders them.

use crate::wake::slot::WakerSlot;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Not yet, or for ever.
#[derive(Default)]
pub struct Event {
    happened: AtomicBool,
    slot: WakerSlot,
}

/// Future returned by [`Event::wait`].
pub struct Wait<'a>(&'a Event);

impl Event {
    /// It happens; whoever waits is woken.
    pub fn set(&self) {
        // Make it happen, then take.
        self.happened.store(true, Ordering::Release);
        self.slot.wake();
    }

    /// Has it happened?
    pub fn is_set(&self) -> bool {
        self.happened.load(Ordering::Acquire)
    }

    /// Waits until it has happened. One future at a time may.
    pub fn wait(&self) -> Wait<'_> {
        Wait(self)
    }
}

impl Future for Wait<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.is_set() {
            return Poll::Ready(());
        }
        // Register, then look again: it may have happened since the first look.
        self.0.slot.register(cx.waker());
        if self.0.is_set() { Poll::Ready(()) } else { Poll::Pending }
    }
}
