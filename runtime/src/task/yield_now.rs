//! yield_now: to the back of the queue, once.
//!
//! The plain way is to wake one's own waker and answer `Pending`: the runner finds the task woken
//! during its poll and queues it again. That wake is a read-modify-write which tells the runner
//! what it could be told for nothing: a mark in the thread's context. The mark means "queue the
//! task that is being polled", so it may only be set if the waker at hand is that very task's.
//! Inside a combinator with wakers of its own it is not, and without a wake the combinator would
//! not poll us again.

#![forbid(unsafe_code)]

use super::{current, waker};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives every other ready task a turn, then goes on.
///
/// On `current_thread` the task goes behind everything that is queued at this moment.
///
/// # Cancel safety
/// Nothing is lost if the future is dropped.
///
/// asyncio: `await asyncio.sleep(0)`.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     let other = mainspring::spawn(async { println!("runs while the root yields") });
///     mainspring::task::yield_now().await;
///     assert!(other.is_finished());
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
pub async fn yield_now() {
    YieldNow { yielded: false }.await
}

struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        match current::task() {
            Some(task) if waker::is_of(cx.waker(), task) => current::set_yielded(),
            _ => cx.waker().wake_by_ref(),
        }
        Poll::Pending
    }
}
