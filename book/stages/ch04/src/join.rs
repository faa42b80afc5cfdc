//! both of two futures, in one.
//!
//! The two take turns inside one `poll`: they wait at the same time, and neither needs a thread.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Future returned by [`join`].
pub struct Join<A: Future, B: Future> {
    a: Side<A>,
    b: Side<B>,
}

/// One of the two: a future that is ready may not be polled again, and its output has to be kept
/// until the other one is ready too.
enum Side<F: Future> {
    Waiting(F),
    Ready(F::Output),
    Taken,
}

/// Waits for `a` and `b`. A future that cannot be moved is pinned first: `join(pin!(a), pin!(b))`.
pub fn join<A, B>(a: A, b: B) -> Join<A, B>
where
    A: Future + Unpin,
    B: Future + Unpin,
{
    Join { a: Side::Waiting(a), b: Side::Waiting(b) }
}

// The outputs are only stored, never polled: nothing in here minds being moved.
impl<A: Future + Unpin, B: Future + Unpin> Unpin for Join<A, B> {}

impl<A: Future + Unpin, B: Future + Unpin> Future for Join<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Both, also when the first is pending: it might be the second that can go on.
        let a = self.a.is_ready(cx);
        let b = self.b.is_ready(cx);
        match a && b {
            true => Poll::Ready((self.a.take(), self.b.take())),
            false => Poll::Pending,
        }
    }
}

impl<F: Future + Unpin> Side<F> {
    /// Polls it, unless it is ready already.
    fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        if let Side::Waiting(future) = self
            && let Poll::Ready(output) = Pin::new(future).poll(cx)
        {
            // This also drops the future: what it held is free again, before the join is ready.
            *self = Side::Ready(output);
        }
        matches!(self, Side::Ready(_))
    }

    fn take(&mut self) -> F::Output {
        match std::mem::replace(self, Side::Taken) {
            Side::Ready(output) => output,
            _ => panic!("a join was polled after it was ready"),
        }
    }
}
