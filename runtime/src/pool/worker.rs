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
//!   from outside ──► injector ──► every 61st poll, 8th if it is long; whoever has nothing: more
//! ```
//!
//! **When is a sibling woken for a task in the own ring?** When as much waits as takes 10 µs by the
//! mean poll (`pool/pace.rs`): a wake costs 25; and when a park that is over has brought more than
//! one. What that misses, a poll that is long for once, is the watcher's (`pool/watch.rs`).
//!
//! **How long does a woken task wait?** In polls of its worker, at place `p` of the ring: each
//! place before it is one poll and at most three of the next slot, and every 8th may be the
//! injector's: `p × 4 × 8/7`, 1 171 for a full ring. In the injector, behind `q` others: at most 61
//! polls of some worker for each. Timers and sockets wait 61, or seven lingers.
//!
//! The fields are cells: a task that is polled may wake another, and so come back to its worker.
//!
//! * INV-92: a `Worker` is entered by one thread at a time, and only that thread uses it, hence the
//!   owner's side of its ring and its next slot.
//! * INV-250: `remote` is in the block of the scheduler that the credit keeps, and never moves.
//!
//! Read next: `pool/find.rs`, then `pool/tick.rs`, what it does all day.

use super::pace::Pace;
use super::ring::Pushed;
use super::shared::{Remote, Scheduler, Shared};
use super::watch::{PERIOD, Watch};
use crate::base::clock::Clock;
use crate::base::prim::Ordering;
use crate::base::rng::Rng;
use crate::base::stack::Chain;
use crate::task::credit::Credit;
use crate::task::current;
use crate::task::header::{Header, TaskRef};
use crate::task::ids::Block;
use crate::task::schedule::Runnable;
use crate::wake::linger::{Linger, WORKER};
use std::cell::Cell;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

/// Polls of the next slot in a row; then the task in it goes to the back of the ring.
pub(super) const NEXT_IN_A_ROW: u32 = 3;

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
    remote: Own,
    pub(super) clock: Clock,
    pub(super) rng: Rng,
    pub(super) phase: Cell<Phase>,
    pub(super) watch: Watch,
    pub(super) linger: Linger,
    pub(super) intervals: Intervals,
    pub(super) until_look: Cell<u32>,
    pub(super) until_injector: Cell<u32>,
    pub(super) next_left: Cell<u32>,
    pub(super) looks: Cell<u32>,
    /// Has this search found what had come from outside?
    pub(super) outside: Cell<bool>,
    pub(super) pace: Pace,
    /// When it last gave way to a sibling that it had woken.
    gave_way: Cell<Instant>,
}

struct Own(NonNull<Remote>);

// SAFETY(INV-250): it is there for as long as the worker, and any thread may use a Remote.
unsafe impl Send for Own {}

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
            remote: Own(NonNull::from(&scheduler.remotes[index])),
            rng: Rng::free(),
            phase: Cell::new(Phase::Working),
            watch: Watch::new(scheduler.remotes.len()),
            linger: Linger::new(WORKER),
            intervals,
            until_look: Cell::new(intervals.event),
            until_injector: Cell::new(intervals.injector),
            next_left: Cell::new(NEXT_IN_A_ROW),
            looks: Cell::new(0),
            outside: Cell::new(false),
            pace: Pace::new(clock.now()),
            gave_way: Cell::new(clock.now()),
            clock,
        }
    }

    /// Its number, which is also that of its wheel.
    #[inline]
    pub(crate) fn index(&self) -> usize {
        self.index
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
        // SAFETY(INV-250): the credit keeps the scheduler's block.
        unsafe { self.remote.0.as_ref() }
    }

    /// A new stretch of work, of which nothing is known; how long the last was.
    pub(super) fn refresh(&self) -> Duration {
        self.until_look.set(self.intervals.event);
        self.pace.restart(self.clock.now())
    }

    /// Its next look at timers and sockets is `polls` earlier; `time` was no work.
    pub(super) fn skip(&self, polls: u32, time: Duration) {
        let left = self.until_look.get();
        self.until_look.set(left.saturating_sub(polls));
        self.pace.skip(left.min(polls), time);
    }

    /// After so many polls: how long are they?
    pub(super) fn measure(&self) {
        self.until_look.set(self.intervals.event);
        self.pace.measure(self.clock.now(), self.intervals.event);
    }

    /// Does the ring hold as many tasks as a sibling is woken for?
    pub(super) fn has_plenty(&self) -> bool {
        self.pace.is_plenty(self.remote().ring.len())
    }

    /// Queues an entry behind what is here.
    #[inline]
    pub(super) fn push(&self, task: TaskRef) {
        // SAFETY(INV-92): this thread owns the ring. INV-4: the entry is handed over.
        match unsafe { self.remote().ring.push(task.as_header()) } {
            Pushed::Len(len) if self.pace.is_plenty(len) => self.share(),
            Pushed::Len(_) => {}
            Pushed::Overflow(chain, n) => self.overflow(chain, n),
        }
    }

    /// Wakes a sibling, if one sleeps. Where polls may be long it gives way to it, but seldom:
    /// whoever else wants the core goes first then too.
    pub(super) fn share(&self) {
        let Some(sibling) = self.shared().idle.look_own() else { return };
        let now = self.clock.now();
        if !self.pace.is_slow() || now.saturating_duration_since(self.gave_way.get()) < PERIOD {
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
}

/// Which worker of `scheduler` this thread is, if it is one.
#[inline]
pub(crate) fn index_here(scheduler: &Scheduler) -> Option<usize> {
    let worker = current::worker_of::<_, Worker>(scheduler.as_ptr());
    // SAFETY(INV-25): the pointer is used at once.
    worker.map(|worker| unsafe { worker.as_ref() }.index)
}

/// Ends tasks that nobody will run any more.
pub(super) fn cancel_all(mut chain: Chain<Header>) {
    while let Some(task) = chain.pop_front() {
        // SAFETY(INV-22): the queue held the entry.
        unsafe { Runnable::from_task(TaskRef::from_header(task)) }.cancel();
    }
}
