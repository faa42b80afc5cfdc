//! look, listen, look again, wait: the loop around a `Notify`.
//!
//! Read before: `sync/notify.rs`. Next: `sync/watch/shared.rs`.
//!
//! A type whose state is in words of its own, and whose waiters all want to hear of every change,
//! needs no line: it changes its words, then calls `notify_waiters`. The waiting side is always the
//! same, and stands here once.
//!
//! ```text
//!   look ── found ──► done                       what it costs when there is nothing to wait for
//!    │
//!   listen: counts every call from here on
//!    │
//!   look ── found ──► done                       it came up before we listened
//!    │
//!   wait for a call, begin again
//! ```
//!
//! A change that the second look does not see is called out after we began to listen: `notified`
//! acquires what came before the calls that it is too late for.

#![forbid(unsafe_code)]

use super::notify::Notify;
use crate::wake::coop;
use std::future::poll_fn;

/// Waits until `look` finds something; looks again whenever all listeners of `notify` are called.
pub(super) async fn until<R>(notify: &Notify, mut look: impl FnMut() -> Option<R>) -> R {
    poll_fn(coop::ready).await;
    loop {
        if let Some(found) = look() {
            coop::spend();
            return found;
        }
        let call = notify.notified();
        if let Some(found) = look() {
            coop::spend();
            return found;
        }
        call.await;
    }
}
