//! Sender of a channel with a capacity, and its weak form; how it sends is in `permit.rs`.
//!
//! Read before: `sync/mpsc/tx.rs`. Next: `sync/mpsc/bounded.rs`.

#![forbid(unsafe_code)]

use super::tx::{Tx, Weak};
use std::fmt;

/// The end of a bounded channel that sends. Made by [`channel`](super::channel), cloned at will.
///
/// When the last one is dropped, the receiver gets what is left, and then `None`.
pub struct Sender<T> {
    pub(super) tx: Tx<T>,
}

/// A sender that does not keep the channel open. Made by [`Sender::downgrade`].
pub struct WeakSender<T> {
    tx: Weak<T>,
}

impl<T> Sender<T> {
    /// Waits until the receiver is gone or has closed: nothing that is sent will be seen.
    ///
    /// # Cancel safety
    /// Nothing is lost; call it again.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, rx) = mainspring::sync::mpsc::channel::<u8>(1);
    /// mainspring::spawn(async move { drop(rx) });
    /// tx.closed().await;
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    pub async fn closed(&self) {
        self.tx.closed().await;
    }

    /// Is the receiver gone, or has it closed? A `false` may be out of date when it arrives.
    pub fn is_closed(&self) -> bool {
        self.tx.is_closed()
    }

    /// Does the other sender belong to the same channel?
    pub fn same_channel(&self, other: &Self) -> bool {
        self.tx.same_channel(&other.tx)
    }

    /// For how many values there is room right now: not taken, and not reserved.
    ///
    /// Zero while others wait for room.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(2);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.capacity(), 1);
    /// rx.try_recv().unwrap();
    /// assert_eq!(tx.capacity(), tx.max_capacity());
    /// ```
    pub fn capacity(&self) -> usize {
        self.tx.room().available()
    }

    /// For how many values there is room in all: the number given to [`channel`](super::channel).
    pub fn max_capacity(&self) -> usize {
        self.tx.room().capacity
    }

    /// A sender that does not keep the channel open.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// let weak = tx.downgrade();
    /// weak.upgrade().unwrap().try_send(1).unwrap();
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak sender does not keep the channel open, and this one does not end"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { tx: self.tx.downgrade() }
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.tx.counts().0
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.tx.counts().1
    }
}

impl<T> WeakSender<T> {
    /// A sender, unless all senders are gone: then the channel has ended for good.
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.tx.upgrade().map(|tx| Sender { tx })
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.tx.counts().0
    }

    /// How many weak senders there are, this one included.
    pub fn weak_count(&self) -> usize {
        self.tx.counts().1
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Self { tx: self.tx.clone() }
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { tx: self.tx.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("mpsc::Sender")
            .field("capacity", &self.capacity())
            .field("closed", &self.is_closed())
            .finish()
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("mpsc::WeakSender").finish_non_exhaustive()
    }
}
