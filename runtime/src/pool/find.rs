//! where a worker's next task comes from: its own places, the injector, the others' rings.
//!
//! The figure is in `pool/worker.rs`. Who has nothing takes what is in the injector, not one task:
//! each look takes its line away from whoever pushes. What is in a ring can still be stolen.

use super::worker::{NEXT_IN_A_ROW, Worker};
use crate::base::prim::{AtomicPtr, Ordering};
use crate::base::trace::trace;
use crate::task::header::{Header, TaskRef};
use std::ptr::{self, NonNull};

/// Polls between two looks at an injector that has more than the ring, as after an overflow.
const BEHIND: u32 = 7;
/// Polls that a linger with success counts as, or timers and sockets would wait for 61 of them.
const LINGER_COUNTS: u32 = 8;
/// Looks at the injector for one at the others' rings, while it lingers.
const STEAL_EVERY: u32 = 8;
/// Entries taken from the injector at once: all, if they fill no more than half a ring; or a part.
const ALL: usize = 128;
const PART: usize = 32;

impl Worker {
    /// The next task of its own; now and then one from outside comes first.
    #[inline]
    pub(super) fn find(&self) -> Option<TaskRef> {
        let left = self.until_injector.get();
        if left == 0 {
            self.until_injector.set(self.intervals.injector);
            if let Some(task) = self.look_in() {
                return Some(task);
            }
        } else {
            self.until_injector.set(left - 1);
        }
        self.take_next().or_else(|| self.pop())
    }

    /// One from outside; more when it has nothing else to do.
    #[cold]
    fn look_in(&self) -> Option<TaskRef> {
        let (injector, ring) = (&self.shared().injector, &self.remote().ring);
        if ring.is_empty() {
            let task = self.take_injected()?;
            if self.has_plenty() {
                self.share();
            }
            return Some(task);
        }
        let task = injector.pop().map(TaskRef::from_header)?;
        if injector.len() > ring.len() {
            self.until_injector.set(self.intervals.injector.min(BEHIND));
        }
        Some(task)
    }

    /// The oldest in the ring.
    #[inline]
    pub(super) fn pop(&self) -> Option<TaskRef> {
        self.next_left.set(NEXT_IN_A_ROW);
        let ring = &self.remote().ring;
        // SAFETY(INV-92): this thread owns the ring.
        let task = unsafe { ring.pop() }.map(TaskRef::from_header);
        if ring.is_empty() {
            self.until_injector.set(0); // Beside one that yields for ever it never has nothing.
            self.looks.set(0);
        }
        task
    }

    /// The task in the next slot; when it has had its turns, it goes to the back instead.
    #[inline]
    fn take_next(&self) -> Option<TaskRef> {
        let next = &self.remote().next;
        // Ordering: Relaxed, only this thread fills the slot; null stays null.
        if next.load(Ordering::Relaxed).is_null() {
            return None;
        }
        let task = empty(next)?;
        let left = self.next_left.get();
        if left == 0 {
            self.push(task);
            return None;
        }
        self.next_left.set(left - 1);
        Some(task)
    }

    /// How many are in its own places?
    pub(crate) fn own(&self) -> usize {
        // Ordering: Relaxed, this thread's own slot.
        let next = self.remote().next.load(Ordering::Relaxed);
        usize::from(!next.is_null()) + self.remote().ring.len()
    }

    /// What has come from outside, or a part of it; the first is returned to run.
    pub(super) fn take_injected(&self) -> Option<TaskRef> {
        let (injector, mut first) = (&self.shared().injector, None);
        injector.pop_batch(if injector.len() <= ALL { ALL } else { PART }, |task| {
            let task = TaskRef::from_header(task);
            match first {
                None => first = Some(task),
                Some(_) => self.push_quietly(task),
            }
        });
        self.outside.set(first.is_some());
        first
    }

    /// Looks again for up to 60 µs, if that is worth it; every 8th time also at the rings. One
    /// worker at a time: it counts as a searcher, so whoever pushes meanwhile wakes nobody.
    pub(super) fn linger(&self) -> Option<TaskRef> {
        if !self.shared().idle.is_one_searching() || self.clock.is_paused() {
            return None;
        }
        let (task, waited) = self.linger.wait(|look| match self.take_injected() {
            None if look % STEAL_EVERY == STEAL_EVERY - 1 => self.steal(),
            task => task,
        })?;
        self.linger.came_alone(self.remote().ring.is_empty());
        self.skip(LINGER_COUNTS, waited);
        Some(task)
    }

    /// Half of somebody's ring; the oldest is returned to run.
    pub(super) fn steal(&self) -> Option<TaskRef> {
        let remotes = self.shared().remotes.len();
        let first = self.rng.below(remotes as u32) as usize;
        (first..remotes).chain(0..first).find_map(|victim| self.steal_from(victim, u32::MAX))
    }

    /// Half of this ring, at most `most`.
    pub(super) fn steal_from(&self, from: usize, most: u32) -> Option<TaskRef> {
        if from == self.index {
            return None;
        }
        let victim = &self.shared().remotes[from].ring;
        // SAFETY(INV-92): this thread owns the ring that the entries go to.
        let task =
            unsafe { victim.steal_into(&self.remote().ring, most) }.map(TaskRef::from_header);
        task.inspect(|task| trace!(Steal { from, task: task.id().0.get() }))
    }

    /// Takes what waits behind a stuck worker: half its ring, its next slot. Is there anything?
    pub(super) fn take_over(&self, stuck: usize) -> bool {
        let next = empty(&self.shared().remotes[stuck].next);
        let taken = self.steal_from(stuck, u32::MAX).into_iter().chain(next);
        taken.for_each(|task| self.push_quietly(task));
        self.own() > 0 || !self.shared().injector.is_empty()
    }
}

/// Takes the task out of a next slot: the owner's own, or a stuck worker's.
#[inline]
pub(super) fn empty(next: &AtomicPtr<Header>) -> Option<TaskRef> {
    // Ordering: Acquire, pairs with the Release in `push_next`, for the watcher; AcqRel, because
    // the owner's next fill comes after it in the slot's order.
    let task = next.swap(ptr::null_mut(), Ordering::AcqRel);
    NonNull::new(task).map(TaskRef::from_header)
}
