//! the first of two futures to be ready; the other is dropped.

#![forbid(unsafe_code)]

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// Which of the two was ready, with what it gave.
#[derive(Debug)]
pub enum First<A, B> {
    Left(A),
    Right(B),
}

/// Polls both in the caller's own task, `left` first each time, until one is ready.
///
/// # Cancel safety
/// Dropping it drops both; what that loses is for each of them to say.
pub async fn race<A: Future, B: Future>(left: A, right: B) -> First<A::Output, B::Output> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|cx| {
        if let Poll::Ready(value) = left.as_mut().poll(cx) {
            return Poll::Ready(First::Left(value));
        }
        right.as_mut().poll(cx).map(First::Right)
    })
    .await
}
