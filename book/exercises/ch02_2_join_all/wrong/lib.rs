//! WRONG: one after the other. The outputs are right, and the futures never wait at the same time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Future returned by [`join_all`].
pub struct JoinAll<F: Future> {
    futures: std::vec::IntoIter<F>,
    now: Option<F>,
    outputs: Vec<F::Output>,
}

/// Waits for all of them at the same time. The outputs are in the order of the futures.
pub fn join_all<F: Future + Unpin>(futures: Vec<F>) -> JoinAll<F> {
    let mut futures = futures.into_iter();
    JoinAll { now: futures.next(), futures, outputs: Vec::new() }
}

impl<F: Future + Unpin> Unpin for JoinAll<F> {}

impl<F: Future + Unpin> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        while let Some(future) = &mut self.now {
            match Pin::new(future).poll(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(output) => {
                    self.outputs.push(output);
                    self.now = self.futures.next();
                }
            }
        }
        Poll::Ready(std::mem::take(&mut self.outputs))
    }
}
