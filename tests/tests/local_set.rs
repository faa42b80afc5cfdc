//! LocalSet: futures that are not `Send`, on every scheduler; who drives them, who wakes them, and
//! who drops them.

#[path = "local_set/driving.rs"]
mod driving;
#[path = "local_set/ending.rs"]
mod ending;
#[path = "local_set/sets.rs"]
mod sets;
#[path = "local_set/threads.rs"]
mod threads;

use mainspring::task::{JoinHandle, LocalEnterGuard, LocalSet};
use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Counts polls, and is never ready; holds something that is not `Send`.
struct Counting(Rc<Cell<usize>>);

impl Future for Counting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        self.0.set(self.0.get() + 1);
        Poll::Pending
    }
}

tests::lacks! { Send => LocalSet, LocalEnterGuard, JoinHandle<Rc<()>> }
tests::lacks! { Sync => LocalSet, LocalEnterGuard }
tests::has! { Send, Sync, Unpin => JoinHandle<u8> }
tests::has! { Unpin => LocalSet }
