//! senders' holds on the channel: counted, weak, and what a reservation needs.
//!
//! Read before: `sync/mpsc/chan.rs`. Next: `sync/mpsc/permit.rs`.
//!
//! A [`Tx`] keeps the channel open; when the last one goes, the receiver is told. A [`Weak`] keeps
//! only the memory. The count of senders never leaves zero again: an upgrade is a compare-and-swap
//! that refuses zero.

use super::chan::{self, Chan, Rx};
use super::room::Room;
use crate::base::prim::{Arc, Ordering};

/// A sender's hold on the channel.
pub(super) struct Tx<T> {
    chan: Arc<Chan<T>>,
}

/// A hold that does not keep the channel open.
pub(super) struct Weak<T> {
    chan: Arc<Chan<T>>,
}

/// A channel for `capacity` values, or for any number, and its first two handles.
pub(super) fn channel<T>(capacity: Option<usize>) -> (Tx<T>, Rx<T>) {
    let (chan, rx) = chan::new(capacity);
    (Tx { chan }, rx)
}

impl<T> Tx<T> {
    /// The room of a bounded channel.
    #[inline]
    pub(super) fn room(&self) -> Room<'_> {
        self.chan.bounded_room()
    }

    /// Sends into room that has been reserved.
    ///
    /// # Safety
    /// INV-77: the caller has spent a permit of this channel.
    #[inline]
    pub(super) unsafe fn send_reserved(&self, value: T) {
        // SAFETY(INV-77): the caller's promise. Only an unbounded chain is ever closed, so nothing
        // comes back.
        let _ = unsafe { self.chan.push(value) };
    }

    /// Sends into an unbounded channel, unless it is closed.
    #[inline]
    pub(super) fn send_unbounded(&self, value: T) -> Result<(), T> {
        assert!(self.chan.room().is_none());
        // SAFETY(INV-77): an unbounded channel has no permits.
        unsafe { self.chan.push(value) }
    }

    /// Takes back the promise of `n` values.
    pub(super) fn give_back(&self, n: usize) {
        self.room().take_back(n);
        self.look_for_end();
    }

    /// After permits went back unused: was it those that a closed receiver waits for?
    pub(super) fn look_for_end(&self) {
        if self.is_closed() && self.room().is_all_back() {
            self.chan.rear.waker.wake();
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.chan.is_closed()
    }

    /// Waits until the receiver has closed.
    pub(super) async fn closed(&self) {
        // There are none and never will be: the answer is an error, when the receiver closes.
        let _ = self.chan.closed.acquire(1).await;
    }

    pub(super) fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.chan, &other.chan)
    }

    pub(super) fn downgrade(&self) -> Weak<T> {
        Weak::new(&self.chan)
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        self.chan.counts()
    }
}

impl<T> Clone for Tx<T> {
    fn clone(&self) -> Self {
        // Ordering: Relaxed, the count cannot reach zero while we are here.
        self.chan.rear.senders.fetch_add(1, Ordering::Relaxed);
        Self { chan: self.chan.clone() }
    }
}

impl<T> Drop for Tx<T> {
    fn drop(&mut self) {
        // Ordering: Release, pairs with the Acquire in `counts`: what we have sent comes before the
        // end, whoever is the last one out.
        if self.chan.rear.senders.fetch_sub(1, Ordering::Release) == 1 {
            self.chan.rear.waker.wake();
        }
    }
}

impl<T> Weak<T> {
    fn new(chan: &Arc<Chan<T>>) -> Self {
        // Ordering: Relaxed, a count for people.
        chan.rear.weak.fetch_add(1, Ordering::Relaxed);
        Self { chan: chan.clone() }
    }

    /// A sender, if there still is one.
    pub(super) fn upgrade(&self) -> Option<Tx<T>> {
        let mut now = self.chan.counts().0;
        while now != 0 {
            // Ordering: Relaxed, as in `clone`: a sender is there, so the end has not come.
            let more = self.chan.rear.senders.compare_exchange_weak(
                now,
                now + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match more {
                Ok(_) => return Some(Tx { chan: self.chan.clone() }),
                Err(other) => now = other,
            }
        }
        None
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        self.chan.counts()
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        Self::new(&self.chan)
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        // Ordering: Relaxed, as in `new`.
        self.chan.rear.weak.fetch_sub(1, Ordering::Relaxed);
    }
}
