//! the smallest executor: poll, park, repeat.
//!
//! One future, one thread, no queue. It is all that `sync` needs to be used from a plain thread,
//! and what `Handle::block_on` and the `blocking_*` methods are made of.
//!
//! ```text
//! loop { poll the future ── Ready ──► done
//!          │ Pending
//!          ▼
//!        park: sleeps until the waker's nudge; a nudge during the poll is a token, not a loss.
//!              First it waits a few microseconds, if its last sleep was that short }
//! ```

#![forbid(unsafe_code)]

use super::coop;
use super::linger::{Linger, ROOT};
use super::park::Parker;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll};

/// Runs `future` on this thread, which sleeps while it waits.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let parker = Parker::new();
    let waker = parker.waker();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    // Nobody refills a budget here: a leaf that found it used up would never go on.
    let _unlimited = coop::unlimited();
    let linger = Linger::new(ROOT);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        linger.sleep(&parker);
    }
}

/// [`block_on`] for the `blocking_*` methods.
///
/// # Panics
/// Inside a task or a root future of ours: the thread that would sleep is the one that has to run
/// whoever is waited for.
#[track_caller]
pub(crate) fn blocking<F: Future>(future: F) -> F::Output {
    assert_may_block();
    block_on(future)
}

/// # Panics
/// As [`blocking`].
#[inline]
#[track_caller]
pub(crate) fn assert_may_block() {
    assert!(
        !coop::in_poll(),
        "a blocking_* call inside async code would stop the runtime that drives this thread; \
         use the async method and .await, or move the call into spawn_blocking"
    );
}

#[cfg(test)]
#[path = "block_on_tests.rs"]
mod tests;
