//! All futures of a vector, in one future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Future returned by [`join_all`].
pub struct JoinAll<F: Future> {
    sides: Vec<Side<F>>,
}

enum Side<F: Future> {
    Waiting(F),
    Ready(F::Output),
    Taken,
}

/// Waits for all of them at the same time. The outputs are in the order of the futures.
pub fn join_all<F: Future + Unpin>(futures: Vec<F>) -> JoinAll<F> {
    JoinAll { sides: futures.into_iter().map(Side::Waiting).collect() }
}

impl<F: Future + Unpin> Unpin for JoinAll<F> {}

impl<F: Future + Unpin> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        let mut all = true;
        for side in &mut self.sides {
            if let Side::Waiting(future) = side {
                match Pin::new(future).poll(cx) {
                    Poll::Ready(output) => *side = Side::Ready(output),
                    Poll::Pending => all = false,
                }
            }
        }
        if !all {
            return Poll::Pending;
        }
        let outputs =
            self.sides.iter_mut().map(|side| match std::mem::replace(side, Side::Taken) {
                Side::Ready(output) => output,
                _ => panic!("polled after it was ready"),
            });
        Poll::Ready(outputs.collect())
    }
}
