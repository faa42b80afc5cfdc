//! tick(): find, run, announce sleep, look again.
//!
//! Designs that we rejected:
//!
//! * *Wake a sibling for every task that is queued* (what tokio does, unless one searches). 5 µs
//!   for the waker and 25 in all, for tasks that take a twentieth of that.
//! * *Never wake one for the own ring.* A poll that is long for once holds everything behind it.
//! * *A short watch*, of half a millisecond. An idle program's events cost up to seven times more.
//!
//! What we do: a sibling is woken for a backlog (`pool/worker.rs`), and a watcher takes over for
//! whoever is stuck (`pool/watch.rs`). A worker that is about to sleep and a task that is pushed
//! must not miss each other (`pool/idle.rs`): on both sides, *announce, then look again*.
//!
//! ```text
//!            ┌───────────────────────────────────────────────────────────────┐
//!            ▼                                                               │
//!  Working: next slot, ring; now and then injector and drivers first         │
//!     │ nothing of its own                                                   │
//!     ▼ 1 start_search                                               4 rise  │
//!  search: injector, then the others' rings ── found: 2 end_search ──────────┤
//!     │ nothing                                                              │
//!     ▼ 3 park                                                               │
//!  Announced: look at all queues once more ── something there ───────────────┤
//!     │ nothing                                                              │
//!     ▼                                                                      │
//!  Asleep: in `Park`, until an event, a deadline, a claim ───────────────────┤
//!     │ the watcher's period is over                                         │
//!     ▼                                                                      │
//!  Relieved: look at the others' poll counters ── something to take over ────┘
//! ```
//!
//! The numbers are the steps of `pool/idle.rs`. Each arrow is one call of [`Worker::tick`], so that
//! a simulation can put another worker between any two. The thread's loop is [`Worker::run`].

use super::idle::Rise;
use super::worker::{Phase, Worker};
use crate::base::trace::trace;
use crate::task::current;
use crate::task::header::TaskRef;
use crate::task::schedule::Runnable;
use crate::wake::park::Park;
use std::time::Duration;

/// What one step of the loop did, or wants the loop to do.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Tick {
    /// A task has had its turn, or something was decided.
    Ran,
    /// Time to look at timers and sockets, without sleeping.
    Look,
    /// Nothing to do: park.
    Sleep(Option<Duration>),
    /// The same, for one who keeps watch for another that will be back at once.
    StandBy(Duration),
    /// Do what stuck workers have not done: fire their timers.
    Relieve,
    /// The runtime ends.
    End,
    /// This thread is no longer the worker: `pool/loan.rs`.
    Left,
}

impl Worker {
    /// Drives the worker on this thread until the runtime ends, the worker is another thread's, or
    /// `recalled` says so; [`Tick::Ran`] then.
    pub(crate) fn run(&self, park: &dyn Park, recalled: impl Fn() -> bool) -> Tick {
        let _entered = current::enter(self.credit.keep().as_ptr(), self);
        while !recalled() {
            match self.tick() {
                Tick::Ran => {}
                Tick::Look => park.park(Some(Duration::ZERO)),
                Tick::Sleep(limit) => park.park(limit),
                Tick::StandBy(limit) => park.stand_by(limit),
                Tick::Relieve => park.relieve(),
                end => return end,
            }
        }
        Tick::Ran
    }

    /// One step.
    #[inline]
    pub(crate) fn tick(&self) -> Tick {
        match self.phase.get() {
            Phase::Working => self.work(),
            Phase::Searching => self.search(),
            Phase::Announced => self.look_again(),
            Phase::Asleep => self.awake(),
            Phase::Relieved => self.relieved(),
        }
    }

    #[inline]
    fn work(&self) -> Tick {
        let left = self.until_look.get();
        if left == 0 {
            return self.look();
        }
        self.until_look.set(left - 1);
        match self.find() {
            Some(task) => self.poll(task),
            None => {
                self.shared().idle.start_search();
                self.search()
            }
        }
    }

    #[cold]
    fn look(&self) -> Tick {
        self.measure();
        if self.has_plenty() {
            self.share(); // What is here is longer work than what was here when it came.
        }
        self.even_out();
        if self.shared().is_ending() { Tick::End } else { Tick::Look }
    }

    #[inline]
    pub(super) fn poll(&self, task: TaskRef) -> Tick {
        self.remote().progress.poll(task.id(), task.spawned());
        // SAFETY(INV-22): a queue held the entry.
        unsafe { Runnable::from_task(task) }.run();
        if current::is(self) { Tick::Ran } else { Tick::Left }
    }

    /// Looks for work elsewhere, as one of the searchers.
    #[cold]
    fn search(&self) -> Tick {
        let shared = self.shared();
        if shared.is_ending() {
            return Tick::End;
        }
        self.outside.set(false);
        // Its own first: a park may have brought something and a claim besides.
        let own = self.find().or_else(|| self.take_injected());
        let Some(task) = own.or_else(|| self.steal()).or_else(|| self.linger()) else {
            return self.announce(true);
        };
        self.phase.set(Phase::Working);
        // Whoever pushed from outside while this worker searched has woken nobody.
        let unknown = || self.outside.get() && !self.remote().ring.is_empty();
        let more = || !shared.injector.is_empty() || unknown() || self.has_plenty();
        shared.nudge(shared.idle.end_search(more));
        self.poll(task)
    }

    /// Says that it is about to sleep.
    fn announce(&self, searching: bool) -> Tick {
        if self.shared().idle.park(self.index, searching) {
            self.watch.begin(self.shared(), self.clock.now(), !searching);
        }
        self.phase.set(Phase::Announced);
        Tick::Ran
    }

    /// The second look, after the announcement.
    #[cold]
    fn look_again(&self) -> Tick {
        let shared = self.shared();
        if shared.is_ending() || shared.has_work() {
            return self.get_up(true);
        }
        trace!(Park);
        self.pace.hold(self.clock.now());
        self.remote().progress.rest();
        self.sleep()
    }

    fn sleep(&self) -> Tick {
        self.phase.set(Phase::Asleep);
        if !self.watch.is_watching() {
            return Tick::Sleep(None);
        }
        let (left, stand_by) = self.watch.left(self.clock.now());
        if stand_by { Tick::StandBy(left) } else { Tick::Sleep(Some(left)) }
    }

    /// The park is over, for whatever reason.
    #[cold]
    fn awake(&self) -> Tick {
        if self.own() > 0 || self.shared().is_ending() {
            return self.get_up(true);
        }
        if self.shared().idle.is_claimed(self.index) {
            return self.get_up(false);
        }
        if self.watch.is_watching() && self.watch.is_over(self.clock.now()) {
            self.phase.set(Phase::Relieved);
            return Tick::Relieve;
        }
        self.sleep()
    }

    /// The watcher's look at the others. Their timers have been fired.
    #[cold]
    fn relieved(&self) -> Tick {
        let now = self.clock.now();
        let caught = self.watch.look(self.shared(), self.index, now, |stuck| self.take_over(stuck));
        if caught || self.own() > 0 {
            return self.get_up(true);
        }
        self.sleep()
    }

    /// Leaves the sleep, announced or slept. `busy`: there is something to do.
    fn get_up(&self, busy: bool) -> Tick {
        let shared = self.shared();
        trace!(Unpark);
        let rise = shared.idle.rise(self.index, busy);
        self.phase.set(match rise {
            // Announce again: while my bit was off, nobody could have woken me.
            Rise::ToWatch => return self.announce(false),
            Rise::ToSearch => Phase::Searching,
            Rise::Self_ => Phase::Working,
        });
        self.watch.end();
        self.linger.slept(self.refresh(), rise == Rise::ToSearch);
        if rise == Rise::Self_ && self.own() > 1 {
            self.share(); // The first of what has come meanwhile may take long.
        }
        // My first poll may be the one that gets stuck.
        shared.nudge_and_give_way(shared.idle.call_watcher());
        Tick::Ran
    }
}
