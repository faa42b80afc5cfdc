//! the channel itself: storage, permits, the sleeping receiver; close and drop semantics.
//!
//! Read before: `sync/semaphore/permits.rs`, `sync/ring.rs`, `sync/chain.rs`. Next:
//! `sync/mpsc/tx.rs`.
//!
//! One [`Chan`] serves both kinds of channel. A bounded one has permits: who wants to send takes
//! one, waiting in line if need be, and the receiver gives it back after it has taken the value. Up
//! to 64 KiB the values are in a ring; above, the capacity is only a promise, and they are in a
//! chain. An unbounded channel is a chain without permits.
//!
//! ```text
//!            permit            claim, fill             load, store         permit back
//!   sender ─────────► room ───────────────────► value ─────────────► taken ─────────────►
//!            1 RMW              2 RMW                                          1 RMW
//!                        found AWAITED? wake
//! ```
//!
//! How it ends. The receiver is told "no more" when nothing is left, and
//!
//! | because | seen by |
//! |---|---|
//! | all senders are gone | their count; the last one out wakes the receiver |
//! | it has closed, bounded | all permits being back; who gives back the last unused one wakes it |
//! | it has closed, unbounded | the tail that it closed: it has taken all that was claimed before |
//!
//! In each case it looks at the storage once more *after* it has seen the reason: what was sent
//! before the reason came up is received before the end.
//!
//! What is sent into a channel that nobody receives from any more (a permit may outlive the
//! receiver) stays in it and is dropped with it. Values are dropped outside of any lock, one by
//! one, and one whose destructor panics does not keep the others.
//!
//! * INV-77: a permit is spent on one push, or given back, once. `Permit` and `OwnedPermit` are the
//!   proof; only this module pushes.
//! * INV-78: there is one [`Rx`] to a channel. Its `&mut` methods, and after it the channel's own
//!   `drop`, act as the receiver; its `&` methods only look.

use super::error::TryRecvError;
use super::room::{Front, Rear, Room, sides};
use crate::base::note::{Kind, Wait};
use crate::base::prim::{Arc, Ordering};
use crate::sync::chain::Chain;
use crate::sync::ring::{Head, Ring};
use crate::sync::semaphore::permits::Permits;
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::says;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind, resume_unwind};
use std::task::{Context, Poll, Waker, ready};

/// The most that is allocated for a bounded channel in advance.
const RING_BYTES: usize = 64 * 1024;

enum Store<T> {
    Ring(Ring<T>),
    Chain(Chain<T>),
}

/// What all handles of a channel point to.
pub(super) struct Chan<T> {
    pub(super) front: Front,
    pub(super) rear: Rear,
    store: Store<T>,
    /// `None`: unbounded.
    capacity: Option<usize>,
    /// Permits that will never come: who waits for one is told when the receiver closes.
    pub(super) closed: Permits,
}

/// The receiver's hold on the channel.
pub(super) struct Rx<T> {
    chan: Arc<Chan<T>>,
    head: Head,
}

/// A channel for `capacity` values, or for any number, with one sender counted. The capacity must
/// fit into [`Permits`].
pub(super) fn new<T>(capacity: Option<usize>) -> (Arc<Chan<T>>, Rx<T>) {
    let store = match capacity {
        Some(n) if Ring::<T>::bytes_for(n).is_some_and(|bytes| bytes <= RING_BYTES) => {
            Store::Ring(Ring::new(n))
        }
        _ => Store::Chain(Chain::new()),
    };
    let (front, rear) = sides(capacity.unwrap_or(0));
    let closed = Permits::new(Kind::Mpsc, 0);
    let chan = Arc::new(Chan { front, rear, store, capacity, closed });
    (chan.clone(), Rx { chan, head: Head::default() })
}

impl<T> Chan<T> {
    /// Puts a value in and wakes the receiver if it waits for this one. An unbounded channel that
    /// has been closed gives it back.
    ///
    /// # Safety
    /// INV-77: if the channel is bounded, the caller has spent a permit.
    #[inline]
    pub(super) unsafe fn push(&self, value: T) -> Result<(), T> {
        let awaited = match &self.store {
            // SAFETY(INV-77): what INV-72 asks for; there are as many permits as `capacity`, and no
            // fewer slots.
            Store::Ring(ring) => unsafe { ring.push(&self.front.tail, value) },
            Store::Chain(chain) => chain.push(value)?,
        };
        if awaited {
            self.rear.waker.wake();
        }
        Ok(())
    }

    /// # Safety
    /// INV-78: the caller is the receiver, and this its head. A bounded channel gets a permit back
    /// for each value.
    #[inline]
    unsafe fn pop(&self, head: &mut Head) -> Option<T> {
        match &self.store {
            // SAFETY(INV-78): what INV-73 asks for.
            Store::Ring(ring) => unsafe { ring.pop(head) },
            // SAFETY(INV-78): what INV-76 asks for.
            Store::Chain(chain) => unsafe { chain.pop() },
        }
    }

    /// Gives permits back that were for values that have been taken.
    #[inline]
    fn give_back(&self, n: usize) {
        if let Some(room) = self.room() {
            room.give_back(n);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match (self.room(), &self.store) {
            (Some(room), _) => room.is_closed(),
            (None, Store::Chain(chain)) => chain.is_closed(),
            (None, Store::Ring(_)) => false,
        }
    }

    /// The room of a bounded channel.
    #[inline]
    pub(super) fn room(&self) -> Option<Room<'_>> {
        self.capacity.map(|capacity| Room { front: &self.front, rear: &self.rear, capacity })
    }

    /// The same, for handles that only a bounded channel has.
    #[inline]
    pub(super) fn bounded_room(&self) -> Room<'_> {
        match self.room() {
            Some(room) => room,
            None => unreachable!("an unbounded channel has no room to ask for"),
        }
    }

    /// How many senders, and how many weak ones, there are.
    pub(super) fn counts(&self) -> (usize, usize) {
        // Ordering: Acquire, pairs with the Release of a sender's drop: who sees that it is gone
        // also sees what it has sent. Relaxed for the weak ones, which send nothing.
        (self.rear.senders.load(Ordering::Acquire), self.rear.weak.load(Ordering::Relaxed))
    }

    /// # Safety
    /// INV-78: the caller is the receiver, looking.
    unsafe fn claimed(&self, head: Head) -> usize {
        match &self.store {
            Store::Ring(_) => Ring::<T>::claimed(&self.front.tail, head),
            // SAFETY(INV-78): what INV-76 asks for.
            Store::Chain(chain) => unsafe { chain.claimed() },
        }
    }

    /// Drops all values that are there. A destructor that panics does not keep the others.
    ///
    /// # Safety
    /// INV-78: the caller is the receiver.
    unsafe fn drain(&self, head: &mut Head) {
        let mut outcome = Ok(());
        // SAFETY(INV-78): the caller is the receiver.
        while let Some(value) = unsafe { self.pop(head) } {
            self.give_back(1);
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(value)));
            outcome = outcome.and(dropped);
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }
}

// A panic while a value moves leaves the channel as it was before or after: user code never runs in
// between.
impl<T> UnwindSafe for Chan<T> {}
impl<T> RefUnwindSafe for Chan<T> {}

impl<T> Drop for Chan<T> {
    fn drop(&mut self) {
        let mut head = *self.rear.end.lock();
        // SAFETY(INV-78): the last handle is gone, the receiver among them; it left its head.
        unsafe { self.drain(&mut head) };
    }
}

impl<T> Rx<T> {
    /// The next value, if it is there; its room is free again.
    #[inline]
    fn take(&mut self) -> Option<T> {
        // SAFETY(INV-78): `&mut` to the one receiver.
        let value = unsafe { self.chan.pop(&mut self.head) };
        if value.is_some() {
            self.chan.give_back(1);
        }
        value
    }

    /// Up to `limit` values, as many as are there.
    fn take_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        let before = buffer.len();
        // SAFETY(INV-78): `&mut` to the one receiver.
        buffer.extend((0..limit).map_while(|_| unsafe { self.chan.pop(&mut self.head) }));
        let taken = buffer.len() - before;
        if taken > 0 {
            self.chan.give_back(taken);
        }
        taken
    }

    /// Leaves a waker, and a note in the slot that we wait for. `false` if a value is there.
    fn wait(&mut self, waker: &Waker) -> bool {
        // SAFETY(INV-78): `&mut` to the one receiver; so INV-12 for the slot.
        unsafe { self.chan.rear.waker.register(waker) };
        match &self.chan.store {
            Store::Ring(ring) => ring.wait(self.head),
            // SAFETY(INV-78): as above; what INV-76 asks for.
            Store::Chain(chain) => unsafe { chain.wait() },
        }
    }

    /// Will nothing be sent from now on? Then what is there now is all there is.
    fn is_over(&self) -> bool {
        let closed_and_empty = || match self.chan.room() {
            Some(room) => room.is_all_back(),
            None => self.claimed() == 0,
        };
        self.chan.counts().0 == 0 || self.chan.is_closed() && closed_and_empty()
    }

    /// After nothing was found: ready to look once more, when that will be the answer.
    #[inline(never)]
    fn poll_last_look(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.wait(cx.waker()) && !self.is_over() {
            true => says::pending(Poll::Pending, Wait::Named(Kind::Mpsc, 0)),
            false => Poll::Ready(()),
        }
    }

    #[inline]
    pub(super) fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        ready!(coop::ready(cx));
        let mut value = self.take();
        if value.is_none() {
            ready!(self.poll_last_look(cx));
            value = self.take();
        }
        coop::spend();
        Poll::Ready(value)
    }

    pub(super) fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        ready!(coop::ready(cx));
        let mut taken = self.take_many(buffer, limit);
        if taken == 0 && limit > 0 {
            ready!(self.poll_last_look(cx));
            taken = self.take_many(buffer, limit);
        }
        coop::spend();
        Poll::Ready(taken)
    }

    pub(super) fn try_recv(&mut self) -> Result<T, TryRecvError> {
        if let Some(value) = self.take() {
            return Ok(value);
        }
        if self.is_over() {
            return self.take().ok_or(TryRecvError::Disconnected);
        }
        if self.claimed() == 0 {
            return Err(TryRecvError::Empty);
        }
        // A sender on another thread is between its claim and its fill. A later send may have ended
        // already, so "empty" would be a lie, and we sleep for those few instructions. A task that
        // has polled before loses its place to us, so it has to look again.
        self.chan.rear.waker.wake();
        block_on(poll_fn(|cx| match self.wait(cx.waker()) {
            true => Poll::Pending,
            false => Poll::Ready(()),
        }));
        self.take().ok_or(TryRecvError::Empty)
    }

    /// No more sends; what was promised room may still come.
    pub(super) fn close(&mut self) {
        if self.chan.is_closed() {
            return;
        }
        // Two lines of waiters: a waker that panics in the first must not keep the second.
        let told = catch_unwind(AssertUnwindSafe(|| match (self.chan.room(), &self.chan.store) {
            (Some(room), _) => room.close(),
            // SAFETY(INV-78): `&mut` to the one receiver.
            (None, Store::Chain(chain)) => unsafe { chain.close() },
            (None, Store::Ring(_)) => {}
        }));
        self.chan.closed.close();
        if let Err(panic) = told {
            resume_unwind(panic);
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.chan.is_closed() || self.chan.counts().0 == 0
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.chan.store {
            Store::Ring(ring) => !ring.has_next(self.head),
            // SAFETY(INV-78): `&` to the one receiver: it only looks.
            Store::Chain(chain) => unsafe { !chain.has_next() },
        }
    }

    /// How many values are there, or are just being put in.
    pub(super) fn claimed(&self) -> usize {
        // SAFETY(INV-78): `&` to the one receiver: it only looks.
        unsafe { self.chan.claimed(self.head) }
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        self.chan.counts()
    }

    /// The room of a bounded channel.
    pub(super) fn room(&self) -> Room<'_> {
        self.chan.bounded_room()
    }
}

impl<T> Drop for Rx<T> {
    fn drop(&mut self) {
        // A waker that panics must not keep what is in the values from those who wait for it.
        let closed = catch_unwind(AssertUnwindSafe(|| self.close()));
        // Nobody polls any more: the waker goes before the values, whose destructors may panic.
        let left = catch_unwind(AssertUnwindSafe(|| drop(self.chan.rear.waker.take())));
        // SAFETY(INV-78): `&mut` to the one receiver.
        let drained = catch_unwind(AssertUnwindSafe(|| unsafe { self.chan.drain(&mut self.head) }));
        *self.chan.rear.end.lock() = self.head;
        if let Err(panic) = closed.and(left).and(drained) {
            resume_unwind(panic);
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "chan_tests.rs"]
mod tests;
#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;
#[cfg(all(test, loom))]
#[path = "loom_tests.rs"]
mod models;
