//! what a leaf says when it answers `Pending`: nothing, unless a dump is on.

#![forbid(unsafe_code)]

use super::coop::page;
use crate::base::note::{Kind, Wait, on};
use std::task::Poll;

/// The leaf waits for this.
#[inline]
pub(crate) fn waits(wait: Wait) {
    if on() {
        page(|page| page.add(wait));
    }
}

/// The same, for what a leaf answers, if it is `Pending`.
#[inline]
pub(crate) fn pending<T>(polled: Poll<T>, wait: Wait) -> Poll<T> {
    if polled.is_pending() {
        waits(wait);
    }
    polled
}

/// A leaf inside answered this. If it was `Pending`, what it said it waits for is part of a `kind`.
#[inline]
pub(crate) fn inside<T>(polled: Poll<T>, kind: Kind) -> Poll<T> {
    if polled.is_pending() && on() {
        page(|page| page.rename(kind));
    }
    polled
}

/// The same, of whatever there is at the address `at`.
#[inline]
pub(crate) fn located<T>(polled: Poll<T>, at: usize) -> Poll<T> {
    if polled.is_pending() && on() {
        page(|page| page.locate(at));
    }
    polled
}
