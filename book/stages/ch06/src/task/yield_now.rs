//! to the back of the queue, once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Lets every task that is queued have its turn first.
pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

/// Future returned by [`yield_now`].
pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        // Woken during its own poll: its runner queues it, at the back.
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
