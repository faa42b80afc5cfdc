//! one worker: its queues, its counts, and when it wakes a sibling.
//!
//! A worker belongs to one thread of the pool, and runs tasks from these places:
//!
//! ```text
//!   woken last ──► next slot ──► runs next, three times in a row at most
//!                     │ displaced, or has had its turns
//!                     ▼
//!   spawned, ──────► ring of 256 ──► oldest first;   thieves take the older half
//!   yielded           │ full: the newer half
//!                     ▼
//!   from outside ──► injector ──► every 61st poll, 8th if it is long; whoever has nothing: a share
//! ```
//!
//! **When is a sibling woken for a task in the own ring?** Waking costs 5 µs here and 25 in all; a
//! short task is done before the sibling is up. So only when `wake_at` tasks wait: 10 µs divided by
//! the mean poll, from one reading of the clock every 61 polls; 1 for a worker that has just left
//! its park. What that misses, a poll that is long for once, is the watcher's (`pool/watch.rs`).
//!
//! **How long does a woken task wait?** In polls of its worker, at place `p` of the ring: each
//! place before it is one poll and at most three of the next slot, and every 8th may be the
//! injector's: `p × 4 × 8/7`, [`FAIRNESS`] for a full ring. In the injector, behind `q` others: at
//! most 61 polls of some worker for each. Timers and sockets wait 61.
//!
//! The fields are cells: a task that is polled may wake another, and so come back to its worker.
//!
//! * INV-92: a `Worker` is entered by one thread at a time, and only that thread uses it, hence the
//!   owner's side of its ring and its next slot.
//!
//! Read next: `pool/schedule.rs`, then `pool/tick.rs`, what a worker does all day.

use super::ring::Pushed;
use super::shared::{Remote, Scheduler, Shared};
use super::watch::{PERIOD, Watch};
use crate::base::clock::Clock;
use crate::base::prim::{AtomicPtr, Ordering};
use crate::base::rng::Rng;
use crate::base::stack::Chain;
use crate::base::trace::trace;
use crate::task::credit::Credit;
use crate::task::current;
use crate::task::header::{Header, TaskRef};
use crate::task::ids::Block;
use crate::task::schedule::Runnable;
use std::cell::Cell;
use std::fmt;
use std::ptr::{self, NonNull};
use std::time::{Duration, Instant};

/// Polls of the next slot in a row; then the task in it goes to the back of the ring.
const NEXT_IN_A_ROW: u32 = 3;
/// Polls between two looks at an injector that has more than the ring, as after an overflow.
const BEHIND: u32 = 7;
/// Entries taken from the injector at once, at most: half a ring.
const FROM_INJECTOR: usize = 128;
/// What waking a sibling is worth, in time spent on polls.
const WAKE_WORTH: Duration = Duration::from_micros(10);
/// The longest that a ring of short polls may grow before a sibling is woken: half of it.
const WAKE_AT_MOST: u64 = 128;

/// Most polls before a woken task's, unless an overflow moves it: 256 places × (1 + 3) × 8/7.
#[cfg(all(test, not(loom)))]
pub(crate) const FAIRNESS: u64 = 256 * (1 + NEXT_IN_A_ROW as u64) * 8 / 7 + 1;

/// How often a worker looks at what is not its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Intervals {
    /// Polls between two looks at timers and sockets.
    pub(crate) event: u32,
    /// Polls between two looks at the injector.
    pub(crate) injector: u32,
}

/// Where a worker is in its day; `pool/tick.rs` goes from one to the next.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) enum Phase {
    Working,
    /// Claimed for a task, and counted as a searcher.
    Searching,
    Announced,
    Asleep,
    /// The watcher's look at the others is half done: their timers have been fired.
    Relieved,
}

/// What belongs to one thread of the pool, or to the guest.
pub(crate) struct Worker {
    pub(super) credit: Credit<Shared>,
    pub(super) ids: Block,
    pub(super) index: usize,
    pub(super) clock: Clock,
    rng: Rng,
    pub(super) phase: Cell<Phase>,
    pub(super) watch: Watch,
    intervals: Intervals,
    pub(super) until_look: Cell<u32>,
    until_injector: Cell<u32>,
    next_left: Cell<u32>,
    /// Wake a sibling when the ring is that long.
    wake_at: Cell<usize>,
    /// The mean poll in nanoseconds, and when it was last measured.
    mean: Cell<u64>,
    measured: Cell<Instant>,
    /// When it last gave way to a sibling that it had woken.
    gave_way: Cell<Instant>,
}

impl Worker {
    pub(crate) fn new(
        scheduler: &Scheduler,
        index: usize,
        intervals: Intervals,
        clock: Clock,
    ) -> Self {
        Self {
            credit: Credit::new(scheduler.clone()),
            ids: Block::new(scheduler.ids),
            index,
            rng: Rng::free(),
            phase: Cell::new(Phase::Working),
            watch: Watch::new(scheduler.remotes.len()),
            intervals,
            until_look: Cell::new(intervals.event),
            until_injector: Cell::new(intervals.injector),
            next_left: Cell::new(NEXT_IN_A_ROW),
            wake_at: Cell::new(1),
            mean: Cell::new(WAKE_WORTH.as_nanos() as u64),
            measured: Cell::new(clock.now()),
            gave_way: Cell::new(clock.now()),
            clock,
        }
    }

    /// Its number, which is also that of its wheel.
    #[inline]
    pub(crate) fn index(&self) -> usize {
        self.index
    }

    /// Which registry holds the tasks that are spawned here: at most MAX_WORKERS.
    pub(super) fn registry(&self) -> u8 {
        self.index as u8
    }

    /// The guest has the number after the last worker's.
    pub(super) fn is_guest(&self) -> bool {
        self.index == self.shared().workers()
    }

    #[inline]
    pub(super) fn shared(&self) -> &Shared {
        self.credit.keep()
    }

    #[inline]
    pub(super) fn remote(&self) -> &Remote {
        &self.shared().remotes[self.index]
    }

    /// A new stretch of work, of which nothing is known.
    pub(super) fn refresh(&self) {
        self.wake_at.set(1);
        self.mean.set(WAKE_WORTH.as_nanos() as u64);
        self.measured.set(self.clock.now());
        self.until_look.set(self.intervals.event);
    }

    /// After so many polls: updates the mean poll, and from it when a sibling is woken.
    pub(super) fn measure(&self) {
        let polls = self.intervals.event;
        self.until_look.set(polls);
        let now = self.clock.now();
        let took = now.saturating_duration_since(self.measured.replace(now)).as_nanos() as u64;
        let mean = (7 * self.mean.get() + 3 * (took / u64::from(polls))) / 10;
        self.mean.set(mean);
        let worth = WAKE_WORTH.as_nanos() as u64;
        self.wake_at.set((worth / mean.max(1)).clamp(1, WAKE_AT_MOST) as usize);
    }

    /// Does the ring hold as many tasks as a sibling is woken for?
    pub(super) fn has_plenty(&self) -> bool {
        self.remote().ring.len() >= self.wake_at.get()
    }

    /// Queues an entry behind what is here.
    #[inline]
    pub(super) fn push(&self, task: TaskRef) {
        // SAFETY(INV-92): this thread owns the ring. INV-4: the entry is handed over.
        match unsafe { self.remote().ring.push(task.as_header()) } {
            Pushed::Len(len) if len < self.wake_at.get() => {}
            Pushed::Len(_) => self.share(),
            Pushed::Overflow(chain, n) => self.overflow(chain, n),
        }
    }

    /// Wakes a sibling, if one sleeps. Where polls may be long it gives way to it, but seldom:
    /// whoever else wants the core goes first then too.
    fn share(&self) {
        let Some(sibling) = self.shared().idle.look_own() else { return };
        let now = self.clock.now();
        if self.wake_at.get() > 1 || now.saturating_duration_since(self.gave_way.get()) < PERIOD {
            return self.shared().nudge(Some(sibling));
        }
        self.gave_way.set(now);
        self.shared().nudge_and_give_way(Some(sibling));
    }

    /// As `push`, without waking anybody: whoever has searched asks for all at once.
    pub(super) fn push_quietly(&self, task: TaskRef) {
        // SAFETY(INV-92): as in `push`.
        if let Pushed::Overflow(chain, n) = unsafe { self.remote().ring.push(task.as_header()) } {
            self.overflow(chain, n);
        }
    }

    /// Queues an entry before all others. The guest, whose root may block it, has no such place.
    #[inline]
    pub(super) fn push_next(&self, task: TaskRef) {
        if self.is_guest() {
            return self.push(task);
        }
        let next = &self.remote().next;
        let new = task.as_header().as_ptr();
        // Ordering: Relaxed, only this thread fills the slot.
        if next.load(Ordering::Relaxed).is_null() {
            // Ordering: Release, pairs with the Acquire of the watcher's swap in `take_over`.
            return next.store(new, Ordering::Release);
        }
        // Ordering: AcqRel, Release as above; a swap, because the watcher may empty the slot.
        if let Some(before) = NonNull::new(next.swap(new, Ordering::AcqRel)) {
            self.push(TaskRef::from_header(before));
        }
    }

    /// The ring was full: half of it goes where every worker takes from.
    #[cold]
    fn overflow(&self, chain: Chain<Header>, n: usize) {
        // SAFETY(INV-64): the entries are handed over.
        match unsafe { self.shared().injector.push_batch(chain, n) } {
            Ok(()) => self.shared().nudge(self.shared().idle.look_outside()),
            Err(refused) => cancel_all(refused),
        }
    }

    /// The next task of its own; now and then one from outside comes first.
    #[inline]
    pub(super) fn find(&self) -> Option<TaskRef> {
        let left = self.until_injector.get();
        if left == 0 {
            self.until_injector.set(self.intervals.injector);
            if let Some(task) = self.shared().injector.pop() {
                if self.shared().injector.len() > self.remote().ring.len() {
                    self.until_injector.set(self.intervals.injector.min(BEHIND));
                }
                return Some(TaskRef::from_header(task));
            }
        } else {
            self.until_injector.set(left - 1);
        }
        self.take_next().or_else(|| self.pop())
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

    /// Is there anything in its own places?
    pub(super) fn has_own(&self) -> bool {
        // Ordering: Relaxed, this thread's own slot.
        !self.remote().next.load(Ordering::Relaxed).is_null() || !self.remote().ring.is_empty()
    }

    /// This worker's share of what has come from outside; the first is returned to run.
    pub(super) fn take_injected(&self) -> Option<TaskRef> {
        let shared = self.shared();
        let share = shared.injector.len() / shared.workers() + 1;
        let mut first = None;
        shared.injector.pop_batch(share.min(FROM_INJECTOR), |task| {
            let task = TaskRef::from_header(task);
            match first {
                None => first = Some(task),
                Some(_) => self.push_quietly(task),
            }
        });
        first
    }

    /// Half of somebody's ring; the oldest is returned to run.
    pub(super) fn steal(&self) -> Option<TaskRef> {
        let remotes = self.shared().remotes.len();
        let first = self.rng.below(remotes as u32) as usize;
        (first..remotes).chain(0..first).find_map(|victim| self.steal_from(victim))
    }

    fn steal_from(&self, from: usize) -> Option<TaskRef> {
        if from == self.index {
            return None;
        }
        let victim = &self.shared().remotes[from].ring;
        // SAFETY(INV-92): this thread owns the ring that the entries go to.
        let task = unsafe { victim.steal_into(&self.remote().ring) }.map(TaskRef::from_header);
        task.inspect(|task| trace!(Steal { from, task: task.id().0.get() }))
    }

    /// Takes what waits behind a stuck worker: half its ring, and its next slot.
    pub(super) fn take_over(&self, stuck: usize) -> bool {
        let stolen = self.steal_from(stuck);
        let next = empty(&self.shared().remotes[stuck].next);
        let any = stolen.is_some() || next.is_some();
        stolen.into_iter().chain(next).for_each(|task| self.push_quietly(task));
        any
    }
}

/// Which worker of `scheduler` this thread is, if it is one.
#[inline]
pub(crate) fn index_here(scheduler: &Scheduler) -> Option<usize> {
    let worker = current::worker_of::<_, Worker>(scheduler.as_ptr());
    // SAFETY(INV-25): the pointer is used at once.
    worker.map(|worker| unsafe { worker.as_ref() }.index)
}

/// Takes the task out of a next slot: the owner's own, or a stuck worker's.
#[inline]
pub(super) fn empty(next: &AtomicPtr<Header>) -> Option<TaskRef> {
    // Ordering: Acquire, pairs with the Release in `push_next`, for the watcher; AcqRel, because
    // the owner's next fill comes after it in the slot's order.
    let task = next.swap(ptr::null_mut(), Ordering::AcqRel);
    NonNull::new(task).map(TaskRef::from_header)
}

/// Ends tasks that nobody will run any more.
pub(super) fn cancel_all(mut chain: Chain<Header>) {
    while let Some(task) = chain.pop_front() {
        // SAFETY(INV-22): the queue held the entry.
        unsafe { Runnable::from_task(TaskRef::from_header(task)) }.cancel();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("pool::Worker").field("index", &self.index).finish_non_exhaustive()
    }
}
