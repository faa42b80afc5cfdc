//! what a leaf says when it answers `Pending`: nothing, unless a dump is on.

#![forbid(unsafe_code)]

use super::coop::page;
use crate::base::note::{BLANK, Kind, Page, Wait, Waits, on};
use std::task::Poll;

/// The leaf waits for this.
#[inline(always)]
pub(crate) fn waits(wait: Wait) {
    if on() {
        write(|page| page.add(wait));
    }
}

/// The same, for what a leaf answers, if it is `Pending`.
#[inline(always)]
pub(crate) fn pending<T>(polled: Poll<T>, wait: Wait) -> Poll<T> {
    if on() && polled.is_pending() {
        write(|page| page.add(wait));
    }
    polled
}

/// A leaf inside answered this. If it was `Pending`, what it said it waits for is part of a `kind`.
#[inline(always)]
pub(crate) fn inside<T>(polled: Poll<T>, kind: Kind) -> Poll<T> {
    if on() && polled.is_pending() {
        write(|page| page.rename(kind));
    }
    polled
}

/// The same, of whatever there is at the address `at`.
#[inline(always)]
pub(crate) fn located<T>(polled: Poll<T>, at: usize) -> Poll<T> {
    if on() && polled.is_pending() {
        write(|page| page.locate(at));
    }
    polled
}

/// Out of the way: a page is many words, and the leaf is a hot path.
#[cold]
#[inline(never)]
fn write(line: impl FnOnce(&Page)) {
    page(line);
}

/// Runs something whose notes are not for whoever is polled now, who waits for more with that.
#[inline(always)]
pub(crate) fn aside<R>(run: impl FnOnce() -> R) -> R {
    if on() { on_a_page_of_its_own(run) } else { run() }
}

#[cold]
#[inline(never)]
fn on_a_page_of_its_own<R>(run: impl FnOnce() -> R) -> R {
    struct Back((u64, Waits));
    impl Drop for Back {
        fn drop(&mut self) {
            page(|page| {
                page.turn(self.0.0, self.0.1);
                page.add(Wait::More);
            });
        }
    }
    let _back = Back(page(|page| page.turn(0, BLANK)));
    run()
}
