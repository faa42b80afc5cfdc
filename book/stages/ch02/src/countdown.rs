//! the smallest future that has to wait: pending a few times, then ready.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Pending `left` times. Its output is how often it was polled in all.
pub struct Countdown {
    left: u32,
    polls: u32,
}

/// A countdown from `from`.
pub fn countdown(from: u32) -> Countdown {
    Countdown { left: from, polls: 0 }
}

impl Future for Countdown {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        self.polls += 1;
        if self.left == 0 {
            return Poll::Ready(self.polls);
        }
        self.left -= 1;
        // Whoever answers Pending sees to it that somebody is told when to ask again. Here it is
        // worth asking at once.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
