//! block_on_helps: the thread in block_on runs tasks of its own ring between polls of its root.
//!
//! A task that is spawned and awaited straight in `block_on` costs two thread switches when a
//! worker has to run it. The guest runs it itself. It is a worker with less: it takes tasks from
//! its own ring only, never from the injector or another ring, it never holds the reactor, and it
//! has no next slot. Siblings may take from its ring, and the watcher watches it, because its root
//! may block its thread.
//!
//! ```text
//!   loop   root was woken ──► poll it, before anything else
//!          else a task of the own ring ──► poll it
//!          else announce the sleep, park, rise
//!   leave  1 ring to the injector, in one batch   2 somebody is woken for it   3 asleep, for idle
//! ```
//!
//! While it is away, the guest counts as asleep; nobody can claim it.
//!
//! Off unless asked for: the root future cannot move, so a task that blocks this thread stops the
//! root, which on a thread of its own it would not.

use super::worker::{Worker, cancel_all};
use crate::base::prim::{AtomicBool, Ordering};
use crate::base::stack::Chain;
use crate::task::current;
use crate::wake::coop;
use crate::wake::park::{Park, Unparker};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Wakes the root future.
struct Root {
    woken: AtomicBool,
    unparker: Unparker,
}

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Ordering: AcqRel, Release pairs with the Acquire in `host`: what was done before the wake
        // is seen by the poll. Only the first of several wakes nudges.
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.unparker.unpark();
        }
    }
}

impl Worker {
    /// Drives `root` to its end on this thread, and tasks of its own ring meanwhile.
    pub(crate) fn host<F: Future>(&self, mut root: Pin<&mut F>, park: &dyn Park) -> F::Output {
        let state = Arc::new(Root { woken: AtomicBool::new(true), unparker: park.unparker() });
        let waker = Waker::from(state.clone());
        let mut cx = Context::from_waker(&waker);
        let _entered = current::enter(self.credit.keep().as_ptr(), self);
        let _stay = self.arrive();
        loop {
            // Ordering: Acquire, pairs with the Release in `wake_by_ref`; Release, a wake from now
            // on comes after.
            if state.woken.swap(false, Ordering::AcqRel) {
                self.remote().progress.poll_root();
                let _budget = coop::budget();
                if let Poll::Ready(output) = root.as_mut().poll(&mut cx) {
                    return output;
                }
            } else if self.until_look.get() == 0 {
                self.measure();
                park.park(Some(Duration::ZERO));
            } else if let Some(task) = self.pop() {
                self.until_look.set(self.until_look.get() - 1);
                self.poll(task);
            } else {
                // Nobody else fills this ring, and a wake of the root is a token: no second look.
                let _never = self.shared().idle.park(self.index, false);
                park.park(None);
                self.rise();
            }
        }
    }

    fn arrive(&self) -> Stay<'_> {
        self.rise();
        Stay(self)
    }

    fn rise(&self) {
        let shared = self.shared();
        // Nobody claims the guest: it rises by itself.
        let _self = shared.idle.rise(self.index, true);
        self.refresh();
        shared.nudge_and_give_way(shared.idle.call_watcher());
    }
}

/// The guest's stay; also a panic of its root ends it.
struct Stay<'a>(&'a Worker);

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        let (worker, shared) = (self.0, self.0.shared());
        worker.hand_on();
        // 3 asleep
        let _never = shared.idle.park(worker.index, false);
    }
}

impl Worker {
    /// Gives all that is in the ring to the workers: before the guest goes, or blocks its thread.
    pub(crate) fn hand_on(&self) {
        let shared = self.shared();
        // 1 the ring
        let (mut left, mut n) = (Chain::EMPTY, 0);
        while let Some(task) = self.pop() {
            // SAFETY(INV-4): popped, so it is ours to put elsewhere.
            unsafe { left.push_back(task.as_header()) };
            n += 1;
        }
        if n > 0 {
            // SAFETY(INV-4): the entries are handed over.
            match unsafe { shared.injector.push_batch(left, n) } {
                // 2 somebody is woken
                Ok(()) => shared.nudge(shared.idle.look_outside()),
                Err(refused) => cancel_all(refused),
            }
        }
    }
}
