//! the wheels of one runtime: one for each worker, one for everybody else.
//!
//! Read before: `drive/timers.rs`, `drive/turn.rs`.
//!
//! ```text
//!   all     0     1         n - 1     n
//!        ┌─────┬─────┬─ ... ┬─────┬─────────┐
//!        │     │     │      │     │ outside │
//!        └─────┴─────┴─ ... ┴─────┴─────────┘
//!   armed by its worker only        threads that only sleep in `block_on`, and plain threads
//!   slept    by its worker          by the guest, while there is one;
//!   for                             else by whoever has the reactor's turn
//! ```
//!
//! A worker arms in its own wheel and sleeps for it. The last wheel, the outside one, has no owner
//! most of the time: it is *covered* by whoever has the turn, who sleeps no longer than its next
//! deadline and fires what is due. A thread that makes that deadline earlier stores it, then nudges
//! the turn's slot; why that reaches whoever has to know is told in `drive/turn.rs`. While nobody
//! has the turn, somebody is awake and looks; if that one is stuck, the watching worker relieves
//! it.
//!
//! The outside wheel can have an owner for a while: a thread that runs tasks while it is in
//! `block_on`, the guest. It sleeps for the wheel, and never has the turn. What it leaves behind is
//! covered again: the flag is cleared under the wheel's lock, and if anything is armed then, the
//! holder is nudged. Whoever arms before that, under the same lock, is seen by the guest; whoever
//! arms after it nudges the holder.
//!
//! With one worker and no outside wheel (`current_thread`), every thread arms in the worker's.
//!
//! The wheels of a runtime go back to the process-wide list only when the last driver and the last
//! handle are gone: a worker that was stuck at the end, and sleeps once more after it, must not
//! sleep for another runtime's timers. They have long been closed then.
//!
//! A clock that stands still is for one driver: two would have to agree on when nothing moves. So
//! wheels of several drivers and a paused clock do not go together.

#![forbid(unsafe_code)]

use super::timers::Timers;
use crate::base::clock::Clock;
use crate::wake::batch::Panic;
use std::fmt;
use std::sync::Arc;

/// See the head of the file.
pub(crate) struct Wheels {
    all: Box<[&'static Timers]>,
    workers: usize,
}

impl Wheels {
    /// Wheels for `workers` workers, and an `outside` one if threads that are no worker shall not
    /// arm in a worker's.
    pub(crate) fn new(workers: usize, outside: bool, clock: &Clock) -> Arc<Wheels> {
        debug_assert!(!clock.is_paused() || workers + usize::from(outside) == 1, "one driver only");
        let all = (0..workers + usize::from(outside)).map(|_| Timers::acquire(clock)).collect();
        Arc::new(Wheels { all, workers })
    }

    /// A worker's wheel; `workers` is the outside one.
    #[inline]
    pub(crate) fn of(&self, index: usize) -> &'static Timers {
        self.all[index]
    }

    /// The wheel of all threads that are no worker.
    #[inline]
    pub(crate) fn outside(&self) -> Option<&'static Timers> {
        self.all.get(self.workers).copied()
    }

    /// Is `index` the outside wheel's?
    pub(crate) fn is_outside(&self, index: usize) -> bool {
        index == self.workers
    }

    /// All wheels but `index`.
    pub(crate) fn others(&self, index: usize) -> impl Iterator<Item = &'static Timers> + '_ {
        let others = self.all.iter().enumerate().filter(move |(at, _)| *at != index);
        others.map(|(_, timers)| *timers)
    }

    /// The end of one wheel's part in the runtime: wakes everyone, and arms no more.
    pub(crate) fn release(&self, index: usize, report: &mut dyn FnMut(Panic)) {
        self.all[index].close(report);
    }
}

impl Drop for Wheels {
    fn drop(&mut self) {
        for timers in &self.all {
            // Nothing is armed any more, unless the runtime never came to be.
            timers.release(&mut |panic| std::mem::forget(panic));
        }
    }
}

impl fmt::Debug for Wheels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wheels").field("workers", &self.workers).field("all", &self.all).finish()
    }
}
