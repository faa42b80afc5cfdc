//! poll by hand: once, or again and again.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Who is still not ready after so many polls never will be.
const MOST: u32 = 10_000;

/// Polls `future` once. The waker in the context does nothing: nobody listens.
pub fn step<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let mut cx = Context::from_waker(Waker::noop());
    Pin::new(future).poll(&mut cx)
}

/// Polls until `future` is ready, without a rest between two polls. Also says how many it took.
///
/// # Panics
/// When it is not ready after ten thousand.
pub fn poll_to_end<F: Future>(future: F) -> (F::Output, u32) {
    let mut future = pin!(future);
    for polls in 1..=MOST {
        if let Poll::Ready(output) = step(&mut future) {
            return (output, polls);
        }
    }
    panic!("not ready after {MOST} polls");
}
