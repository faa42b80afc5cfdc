//! the smallest executor: poll, park, repeat.
//!
//! ```text
//! loop { poll the future ── Ready ──► done
//!          │ Pending
//!          ▼
//!        park: sleeps until the waker is woken; a wake during the poll is a token, not a loss }
//! ```

use super::park::Parker;
use super::waker::waker;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

/// Runs `future` on this thread, which sleeps while it waits.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let parker = Parker::new();
    let waker = waker(parker.signal());
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        parker.park(None);
    }
}
