//! the first of two futures; the other is dropped.
//!
//! Dropping a future is how it is cancelled: nobody polls it any more, and what it held is freed by
//! its destructor. There is no other way, and none is needed.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Future returned by [`race`].
pub struct Race<A, B> {
    /// `None` when the race is over.
    both: Option<(A, B)>,
}

/// Who was first.
#[derive(Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    Left(A),
    Right(B),
}

/// Waits for `a` or `b`, whichever is ready first; if both are, for `a`. The other is dropped.
///
/// Of a future that is behind a `pin!` only the pin is dropped; the future itself ends where its
/// variable does.
pub fn race<A, B>(a: A, b: B) -> Race<A, B>
where
    A: Future + Unpin,
    B: Future + Unpin,
{
    Race { both: Some((a, b)) }
}

impl<A: Future + Unpin, B: Future + Unpin> Future for Race<A, B> {
    type Output = Either<A::Output, B::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((a, b)) = &mut self.both else { panic!("a race was polled after it was ready") };
        let first = match Pin::new(a).poll(cx) {
            Poll::Ready(output) => Some(Either::Left(output)),
            Poll::Pending => match Pin::new(b).poll(cx) {
                Poll::Ready(output) => Some(Either::Right(output)),
                Poll::Pending => None,
            },
        };
        match first {
            Some(first) => {
                self.both = None;
                Poll::Ready(first)
            }
            None => Poll::Pending,
        }
    }
}
