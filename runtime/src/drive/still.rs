//! when a clock that stands still may be moved: not while something may come from outside.
//!
//! Read before: `base/clock.rs`, `drive/reactor.rs`. A driver that would go to sleep has run all
//! that can run. Three things may yet make something happen before the next deadline, and real time
//! passes in each, so virtual time must not:
//!
//! | what | the clock is held | until |
//! |---|---|---|
//! | a blocking closure | from `spawn_blocking` on | its join has been told |
//! | an event that has come already | at this look | it is served |
//! | a task that waits for a socket | while its waker lies there | the socket is ready or gone |
//!
//! The last one goes by wakers: a socket that nobody waits for holds nothing. A future that leaves
//! its waker in a direction's slot and is dropped leaves the clock held, until that direction is
//! ready or waited for by another, or the socket is closed: the slot does not know that nobody
//! comes. So a program whose tasks wait for sockets and for timers at once stands still until the
//! peer does something, or `time::advance` is called; virtual time is for programs whose bytes go
//! through memory.
//!
//! A signal has no peer: waiting for one holds nothing, unless it is for the end of a child.

#![forbid(unsafe_code)]

use super::reactor::{Reactor, Registration};
use super::source::Source;
use crate::base::clock::Clock;
use crate::base::prim::Ordering;
use std::time::Instant;

/// Moves `clock`, which is the clock of `reactor`'s runtime, to what happens `next`, if a last look
/// finds all `quiet`. False if it may not be moved, or there is nothing to move it to.
pub(super) fn advance(
    clock: &Clock,
    reactor: &Reactor,
    next: Option<Instant>,
    quiet: impl FnOnce() -> bool,
) -> bool {
    let Some(next) = next else { return false };
    if !clock.may_advance() || reactor.is_awaited() {
        return false;
    }
    if quiet() {
        clock.advance_to(next);
        // Or that is beyond the end of its range: then there is nothing left but to sleep.
        return clock.now() >= next;
    }
    true
}

impl Reactor {
    /// Does anybody wait for any of its sources?
    pub(crate) fn is_awaited(&self) -> bool {
        let awaited = || self.table.lock().entries.iter().any(|(_, e)| e.source.is_awaited());
        self.has_sources() && awaited()
    }
}

impl Source {
    fn is_awaited(&self) -> bool {
        // Ordering: Relaxed, set before anybody waits, by the thread that asks; see `has_no_peer`.
        if self.no_peer.load(Ordering::Relaxed) {
            return false;
        }
        self.read.slot.is_set() || self.write.slot.is_set() || !self.line.lock().is_empty()
    }
}

impl Registration {
    /// Does whoever waits for this source wait for no peer? Said before he waits. A clock stands
    /// still in runtimes of one thread only; what another thread says counts at the next look.
    pub(crate) fn has_no_peer(&self, none: bool) {
        // Ordering: Relaxed, see `is_awaited`.
        self.source().no_peer.store(none, Ordering::Relaxed);
    }
}
