//! the same executor without a thread of its own: whoever polls it drives it.
//!
//! A worker of `local/worker.rs` is driven by a loop that parks. Here there is no loop and nothing
//! to park in: somebody else's poll runs some tasks and returns, and the sleep between two polls is
//! that somebody's own. Nothing else changes: the same queue, the same inbox, the same step.
//!
//! ```text
//!   a thread drives                          a poll drives
//!   loop { tick                              enroll its waker
//!          Look  => park(0)                  loop { tick
//!          Sleep => park }                          Look  => Pending, woken: others have a turn
//!                                                   Sleep => Pending }
//!   nudge: end the park                      nudge: wake whoever has enrolled
//! ```
//!
//! A poll enrolls before it announces the sleep, so a push that finds the announcement finds a
//! waker too. Several futures may drive at once, each from a place of its own, because each may be
//! dropped before the others; a nudge wakes them all, and one that leaves wakes the others, for
//! what it leaves undone.
//!
//! * INV-130: a future that is not `Send` is given only to a `Driven`, on the thread that made it,
//!   and is polled and dropped there: a `Driven` is neither `Send` nor `Sync`, and entries leave
//!   the inbox by its hand only.

#![forbid(unsafe_code)]

use super::shared::{Scheduler, Shared};
use super::worker::{Tick, Worker};
use crate::base::prim::Mutex;
use crate::task::credit::Keep;
use crate::task::current;
use crate::task::ids::Ids;
use crate::wake::batch::{Batch, Report};
use crate::wake::park::Unpark;
use slab::Slab;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::task::Waker;

/// The wakers of those who drive: a place for each.
struct Places(Mutex<Slab<Option<Waker>>>);

impl Places {
    /// The next nudge wakes `waker` too.
    fn enroll(&self, place: usize, waker: &Waker) {
        let is_same = |there: &Option<Waker>| there.as_ref().is_some_and(|w| w.will_wake(waker));
        if self.0.lock().get(place).is_some_and(is_same) {
            return;
        }
        // Clones and drops are the user's code: outside of the lock.
        let waker = Some(waker.clone());
        let before = self.0.lock().get_mut(place).and_then(|there| std::mem::replace(there, waker));
        drop(before);
    }

    /// Wakes all who have enrolled since the last time.
    fn wake(&self) {
        let (mut full, mut outcome) = (true, Ok(()));
        while full {
            let mut batch = Batch::new();
            for (_, waker) in self.0.lock().iter_mut() {
                if batch.is_full() {
                    break;
                }
                waker.take().into_iter().for_each(|waker| batch.push(waker));
            }
            full = batch.is_full();
            outcome = outcome.and(batch.wake_all());
        }
        // Also called by destructors, which must not throw while something else is thrown.
        if let Err(panic) = outcome
            && !std::thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

impl Unpark for Places {
    fn unpark(&self) {
        self.wake();
    }
}

/// An executor that polls drive.
pub(crate) struct Driven {
    worker: Worker,
    places: Arc<Places>,
    running: Cell<bool>,
    /// INV-130: it stays on its thread.
    _not_send: PhantomData<*const ()>,
}

impl Driven {
    /// `at_most`: how many tasks one poll runs.
    pub(crate) fn new(ids: Ids, report: Report, at_most: u32) -> Self {
        let scheduler = Keep::new(Shared::new(ids, report));
        let places = Arc::new(Places(Mutex::new(Slab::new())));
        *scheduler.unparker.lock() = Some(places.clone());
        let worker = Worker::new(&scheduler, at_most);
        Self { worker, places, running: Cell::new(false), _not_send: PhantomData }
    }

    pub(crate) fn scheduler(&self) -> &Scheduler {
        self.worker.credit.keep()
    }

    /// A place to drive it from; [`leave`](Self::leave) gives it back.
    pub(crate) fn join(&self) -> usize {
        self.places.0.lock().insert(None)
    }

    pub(crate) fn leave(&self, place: usize) {
        let waker = self.places.0.lock().remove(place);
        drop(waker);
        // It may have been woken for something, and not have come to it.
        self.places.wake();
    }

    /// Whoever drives from `place` is woken through `waker` from now on; before [`run`](Self::run).
    pub(crate) fn enroll(&self, place: usize, waker: &Waker) {
        self.places.enroll(place, waker);
    }

    /// Runs what can run, so many tasks at most. True: there may be more.
    ///
    /// Within itself it runs nothing: whoever wants a task's own executor driven has it driven.
    pub(crate) fn run(&self) -> bool {
        if self.running.replace(true) {
            return false;
        }
        let _running = Running(&self.running);
        let _current = current::enter(self.scheduler().as_ptr(), &self.worker);
        self.worker.awake();
        loop {
            match self.worker.tick() {
                Tick::Ran | Tick::Root => {}
                Tick::Look => return true,
                Tick::Sleep => return false,
            }
        }
    }

    /// Ends it: afterwards no future of it exists, and none is accepted.
    pub(crate) fn shut_down(&self) {
        self.worker.shut_down();
        let places = std::mem::take(&mut *self.places.0.lock());
        drop(places);
    }
}

/// A run, until it ends, also by a panic.
struct Running<'a>(&'a Cell<bool>);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl fmt::Debug for Driven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driven").finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
#[path = "driven_loom_tests.rs"]
mod models;
