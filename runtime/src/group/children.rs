//! handles of children in slots, and which of them have ended: what all groups are made of.
//!
//! A child is its task's cell, which `spawn` allocates, a slot of 16 bytes here and four bytes in a
//! chunk of `done.rs`. Slots and chunks grow by doubling and by 32, and are used again.

#![forbid(unsafe_code)]

use super::done::{Bell, Done, Ear};
use crate::runtime::context::with_current;
use crate::runtime::error::NO_RUNTIME;
use crate::task::error::JoinError;
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use crate::wake::coop;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// No free slot.
const NONE: u64 = u64::MAX;

/// Tasks that were spawned and whose outputs nobody has taken yet.
pub(super) struct Children<T> {
    done: Done,
    slots: Vec<Slot<T>>,
    /// The first free slot, which knows the next.
    free: u64,
    len: usize,
    /// How many were ever put in.
    started: u64,
}

struct Slot<T> {
    /// `None`: the slot is free.
    handle: Option<JoinHandle<T>>,
    /// The how-manieth child it is; in a free slot, the next free one.
    order: u64,
}

/// A child that has ended.
pub(super) struct Ended<T> {
    handle: JoinHandle<T>,
    order: u64,
}

/// What became of a child.
pub(super) struct Outcome<T> {
    /// The how-manieth child it was, from zero.
    pub(super) order: u64,
    pub(super) id: Id,
    pub(super) output: Result<T, JoinError>,
}

impl<T> Children<T> {
    pub(super) fn new() -> (Self, Ear) {
        let (done, ear) = Done::new();
        (Self { done, slots: Vec::new(), free: NONE, len: 0, started: 0 }, ear)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.slots.reserve(more);
    }

    pub(super) fn bell(&self) -> Bell {
        self.done.bell()
    }

    /// Puts a child in. If it has ended already, wake what this returns, with no lock held: it says
    /// so to the owner, which is somebody's waker.
    #[must_use]
    pub(super) fn insert(&mut self, handle: JoinHandle<T>) -> Option<Waker> {
        let at = match self.free {
            NONE => self.slots.len(),
            free => free as usize,
        };
        // The pointer's lowest bits and the list's links leave room for so many.
        let number = u32::try_from(at).ok().filter(|number| *number < u32::MAX);
        let number = number.expect("a set holds fewer than 2^32 - 1 tasks: join some first");
        let waker = self.done.waker(number);
        let waits = handle.wait(&waker);
        let slot = Slot { handle: Some(handle), order: self.started };
        match self.slots.get_mut(at) {
            None => self.slots.push(slot),
            Some(free) => self.free = std::mem::replace(free, slot).order,
        }
        self.len += 1;
        self.started += 1;
        (!waits).then(|| Waker::clone(&waker))
    }

    /// Takes out the child that ended first.
    pub(super) fn pop(&mut self) -> Option<Ended<T>> {
        loop {
            let at = self.done.pop()? as usize;
            let Some(handle) = self.slots[at].handle.take() else { continue };
            let order = std::mem::replace(&mut self.slots[at].order, self.free);
            self.free = at as u64;
            self.len -= 1;
            return Some(Ended { handle, order });
        }
    }

    /// Tells all to end.
    pub(super) fn abort_all(&self) {
        self.slots.iter().filter_map(|slot| slot.handle.as_ref()).for_each(JoinHandle::abort);
    }
}

impl<T> Ended<T> {
    /// Takes the output. Not under a lock: if nobody wants it, it is dropped.
    pub(super) fn outcome(mut self) -> Outcome<T> {
        let id = self.handle.id();
        // It is there: the budget is the caller's business.
        let _unlimited = coop::unlimited();
        let mut cx = Context::from_waker(Waker::noop());
        match Pin::new(&mut self.handle).poll(&mut cx) {
            Poll::Ready(output) => Outcome { order: self.order, id, output },
            Poll::Pending => unreachable!("a child's join waker is woken when it has ended"),
        }
    }
}

/// Spawns on the current runtime, for a caller who was somewhere else.
///
/// # Panics
/// When there is no runtime on this thread.
#[track_caller]
pub(super) fn spawn_for<F>(future: F, caller: &'static Location<'static>) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    match with_current(|inner| inner.map(|inner| inner.spawn_at(future, caller))) {
        Some(handle) => handle,
        None => panic!("{NO_RUNTIME}"),
    }
}

impl<T> fmt::Debug for Children<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Children").field("len", &self.len).finish()
    }
}
