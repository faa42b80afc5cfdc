//! A future that may not be there.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Future returned by [`maybe`].
pub struct Maybe<F> {
    future: Option<F>,
}

/// Ready with `None` if there is no future, and else with `Some` of its output.
pub fn maybe<F: Future + Unpin>(future: Option<F>) -> Maybe<F> {
    Maybe { future }
}

impl<F: Future + Unpin> Future for Maybe<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        match &mut self.future {
            None => Poll::Ready(None),
            Some(future) => Pin::new(future).poll(cx).map(Some),
        }
    }
}
