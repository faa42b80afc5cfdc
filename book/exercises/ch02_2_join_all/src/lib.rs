//! All futures of a vector, in one future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Future returned by [`join_all`].
pub struct JoinAll<F: Future> {
    // What has to be kept for each of them?
    _futures: Vec<F>,
}

/// Waits for all of them at the same time. The outputs are in the order of the futures.
pub fn join_all<F: Future + Unpin>(futures: Vec<F>) -> JoinAll<F> {
    JoinAll { _futures: futures }
}

impl<F: Future + Unpin> Unpin for JoinAll<F> {}

impl<F: Future + Unpin> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        todo!("poll each that is not ready yet")
    }
}
