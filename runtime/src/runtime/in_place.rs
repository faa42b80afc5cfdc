//! block_in_place: code that blocks, where it stands.

#![forbid(unsafe_code)]

use super::context::{Mode, Restore, mode, set_mode};
use super::post::{Absent, leave};
use crate::wake::coop;
use std::panic::Location;

/// What is undone when the closure has ended, in this order.
struct Blocking {
    _absent: Option<Absent>,
    _mode: Restore,
    _unlimited: coop::Guard,
}

impl Blocking {
    fn new(post: Option<*const ()>, from: &'static Location<'static>) -> Self {
        let (unlimited, mode) = (coop::unlimited(), set_mode(Mode::Free));
        let absent = post.and_then(|post| leave(post, from));
        Self { _absent: absent, _mode: mode, _unlimited: unlimited }
    }
}

/// Runs a closure that may block, on this very thread, and lets the runtime go on without it.
///
/// On a worker's thread of `multi_thread`, another thread takes over the worker first: its queue,
/// its timers, the sockets. So tasks that the closure waits for run, also with one worker. Inside,
/// [`Handle::block_on`](crate::runtime::Handle::block_on) may be used. The task itself waits: what
/// runs beside the call in the same task, in `join!` or `select!`, stands still.
///
/// Other threads come from the same pool as those of
/// [`spawn_blocking`](crate::task::spawn_blocking), and count against
/// [`max_blocking_threads`](crate::runtime::Builder::max_blocking_threads). When none can be had,
/// the closure runs all the same, and nobody mans the worker meanwhile; when it is the system that
/// refuses, [`Builder::unhandled`](crate::runtime::Builder::unhandled) hears of it. tokio panics.
///
/// A call costs a switch of threads, about as much as `spawn_blocking`; but the closure may borrow.
/// On a thread that has nothing to give away it is called and nothing else: outside of a runtime,
/// in a blocking closure, in the future of `block_on` on `multi_thread`, inside of itself.
///
/// Once it has begun, the closure cannot be stopped; the end of the runtime waits for it, if it
/// waits at all. A runtime that is dropped in here does not wait.
///
/// # Panics
/// In a `current_thread` runtime and in a [`LocalSet`](crate::task::LocalSet): other tasks need
/// this very thread. And when the closure panics.
///
/// asyncio has no counterpart; `asyncio.to_thread` is `spawn_blocking`.
///
/// ```
/// use mainspring::task::block_in_place;
///
/// #[mainspring::main]
/// async fn main() {
///     let task = mainspring::spawn(async {
///         let (send, receive) = std::sync::mpsc::channel();
///         mainspring::spawn(async move { send.send(7) });
///         // Blocks this thread, and not the task that sends.
///         block_in_place(|| receive.recv().unwrap())
///     });
///     assert_eq!(task.await.unwrap(), 7);
/// }
/// ```
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    let post = match mode() {
        Mode::Free | Mode::Root => None,
        Mode::Worker(post) => Some(post),
        Mode::Shared => panic!(
            "block_in_place in a current_thread runtime or a LocalSet: the other tasks need this \
             very thread; use spawn_blocking and .await, or a multi_thread runtime"
        ),
    };
    let _blocking = Blocking::new(post, Location::caller());
    f()
}
