//! every task of the pool, shown to a dump: of the registries, and of the queues.
//!
//! A registry has a lock, under which its tasks stay. A ring has none: whoever reads an entry of
//! another's ring may find the task run and freed meanwhile. So a dump does what a thief does. It
//! takes the entries out, looks at them while they are its own, and puts them where every worker
//! takes from, as a ring that is full does:
//!
//! ```text
//!   injector ─┐                          1 take: nobody else can run or free them
//!   ring, next slot of each worker ─┴──► 2 look
//!                                        3 injector, in one batch; somebody is woken for them
//! ```
//!
//! Nothing stops meanwhile, and nothing is lost: each entry is in a queue before and after, and a
//! worker that found its ring empty looks into the injector before it sleeps, or is woken in 3. The
//! price is the order: what stood in the rings now stands in the injector. A runtime that keeps
//! records has no need of this: they name the tasks in the queues too.
//!
//! * INV-150: the ring that a dump steals into belongs to the dump alone.

use super::find::empty;
use super::ring::Ring;
use super::shared::Shared;
use super::worker::cancel_all;
use crate::base::prim::{Ordering, thread};
use crate::base::stack::Chain;
use crate::task::header::{Header, Id, TaskRef};
use std::panic::Location;

/// Entries of one ring at most: its owner may go on filling it.
const AT_MOST: usize = 512;
/// Attempts at one ring: each takes half of it, or meets another thief.
const TRIES: usize = 1_000;

/// Entries that were taken out.
struct Taken {
    chain: Chain<Header>,
    count: usize,
}

impl Taken {
    fn push(&mut self, task: TaskRef, see: &mut impl FnMut(TaskRef)) {
        see(task);
        // SAFETY(INV-4): taken out of a queue, so it is ours to link.
        unsafe { self.chain.push_back(task.as_header()) };
        self.count += 1;
    }
}

impl Shared {
    /// Shows each task that has been pending to `see`, which is called under a lock.
    pub(crate) fn each_registered(&self, mut see: impl FnMut(TaskRef)) {
        self.remotes.iter().for_each(|remote| remote.registry.each(&mut see));
    }

    /// What each worker polls, or polled a moment ago.
    pub(crate) fn polled(&self) -> impl Iterator<Item = (Id, &'static Location<'static>)> + '_ {
        // The guest's counter moves with its root, which is no task.
        (0..self.workers()).filter_map(|worker| self.last_polled(worker))
    }

    /// Shows each task in a queue to `see`; then all of them are in the injector.
    pub(crate) fn each_queued(&self, mut see: impl FnMut(TaskRef)) {
        if self.is_ending() {
            return;
        }
        let mut taken = Taken { chain: Chain::EMPTY, count: 0 };
        self.injector.pop_batch(usize::MAX, |node| {
            taken.push(TaskRef::from_header(node), &mut see);
        });
        let own = Ring::new();
        for remote in &self.remotes {
            let until = taken.count + AT_MOST;
            for _ in 0..TRIES {
                if remote.ring.is_empty() || taken.count >= until {
                    break;
                }
                // SAFETY(INV-150): made above, and no other thread knows it.
                let Some(first) = (unsafe { remote.ring.steal_into(&own, u32::MAX) }) else {
                    thread::yield_now();
                    continue;
                };
                taken.push(TaskRef::from_header(first), &mut see);
                // SAFETY(INV-150): as above.
                while let Some(node) = unsafe { own.pop() } {
                    taken.push(TaskRef::from_header(node), &mut see);
                }
            }
            // Ordering: Relaxed, a hint: what is filled from now on may be missed.
            if !remote.next.load(Ordering::Relaxed).is_null()
                && let Some(task) = empty(&remote.next)
            {
                taken.push(task, &mut see);
            }
        }
        if taken.count == 0 {
            return;
        }
        // SAFETY(INV-64): the entries are handed over, and were counted.
        match unsafe { self.injector.push_batch(taken.chain, taken.count) } {
            Ok(()) => self.nudge(self.idle.look_outside()),
            // The end has come meanwhile: nobody will poll them.
            Err(refused) => cancel_all(refused),
        }
    }
}
