//! Sender and WeakSender: a value for everybody who receives now.
//!
//! Read before: `sync/broadcast/shared.rs`, which does the work; `sync/broadcast/receiver.rs`.

#![forbid(unsafe_code)]

use super::error::SendError;
use super::receiver::{self, Receiver};
use super::shared::Shared;
use crate::base::prim::Arc;
use std::fmt;

/// Makes a channel with room for `capacity` values, and its first two ends.
///
/// Every receiver sees every value. A sender never waits: when the room is used up, the oldest
/// value makes place for the new one, and a receiver that had yet to see it learns how many it has
/// lost. A value is dropped when the last receiver has it, or when it makes place.
///
/// The room is allocated at once, and `capacity` is rounded up to a power of two.
///
/// asyncio has no counterpart: a `Queue` for each receiver, filled in a loop.
///
/// # Panics
/// When `capacity` is zero, which could not keep a value: use 1. When it is more than half of
/// `usize::MAX`.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let (tx, mut one) = mainspring::sync::broadcast::channel(16);
/// let mut two = tx.subscribe();
/// mainspring::spawn(async move {
///     tx.send("hello").unwrap();
/// });
/// assert_eq!(one.recv().await, Ok("hello"));
/// assert_eq!(two.recv().await, Ok("hello"));
/// # });
/// ```
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let tx = Sender::new(capacity);
    let rx = tx.subscribe();
    (tx, rx)
}

/// The end of a broadcast that sends. Made by [`channel`] and [`Sender::new`], cloned at will.
///
/// When the last one is dropped, each receiver gets what is left for it, and then the end.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// A sender that does not keep the channel open. Made by [`Sender::downgrade`].
pub struct WeakSender<T> {
    shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// A channel without a receiver; [`subscribe`](Self::subscribe) makes one.
    ///
    /// # Panics
    /// As [`channel`].
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        assert!(
            capacity > 0,
            "a broadcast of capacity 0 could not keep a value: broadcast::channel needs at least 1"
        );
        assert!(
            capacity <= usize::MAX >> 1,
            "a broadcast has room for {} values at most: ask for less, it is allocated at once",
            usize::MAX >> 1
        );
        Self { shared: Arc::new(Shared::new(capacity.next_power_of_two())) }
    }

    /// Sends to all receivers that exist now, and says how many they are. It never waits.
    ///
    /// That a receiver exists is no promise that it will see the value: it may be dropped, or lag.
    /// The value that makes place for this one is dropped here, after the receivers are woken.
    ///
    /// # Errors
    /// [`SendError`] with the value if there is no receiver. There may be one later.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::broadcast::channel(16);
    /// assert_eq!(tx.send(1), Ok(1));
    /// drop(rx);
    /// assert_eq!(tx.send(2).unwrap_err().0, 2);
    /// ```
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        self.shared.send(value).map_err(SendError)
    }

    /// Another receiver, for what is sent from now on.
    ///
    /// ```
    /// let (tx, _rx) = mainspring::sync::broadcast::channel(16);
    /// tx.send(1).unwrap();
    /// let mut late = tx.subscribe();
    /// tx.send(2).unwrap();
    /// assert_eq!(late.try_recv(), Ok(2));
    /// ```
    pub fn subscribe(&self) -> receiver::Receiver<T> {
        Receiver::join(&self.shared)
    }

    /// A sender that does not keep the channel open.
    ///
    /// ```
    /// let (tx, _rx) = mainspring::sync::broadcast::channel(16);
    /// let weak = tx.downgrade();
    /// weak.upgrade().unwrap().send(1).unwrap();
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    #[must_use = "a weak sender does not keep the channel open, and this one does not end"]
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender::another(&self.shared)
    }

    /// How many values are there that some receiver has yet to see.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::broadcast::channel(16);
    /// let idle = tx.subscribe();
    /// tx.send(1).unwrap();
    /// rx.try_recv().unwrap();
    /// assert_eq!(tx.len(), 1);
    /// drop(idle);
    /// assert!(tx.is_empty());
    /// ```
    pub fn len(&self) -> usize {
        self.shared.len()
    }

    /// Is there no value that some receiver has yet to see?
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty()
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// Does the other sender belong to the same channel?
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Waits until there is no receiver.
    ///
    /// There may be one again when this goes on, if another sender [subscribes](Self::subscribe).
    ///
    /// # Cancel safety
    /// Nothing is lost; call it again.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, rx) = mainspring::sync::broadcast::channel::<u8>(16);
    /// mainspring::spawn(async move { drop(rx) });
    /// tx.closed().await;
    /// assert_eq!(tx.receiver_count(), 0);
    /// # });
    /// ```
    pub async fn closed(&self) {
        self.shared.nobody_listens().await;
    }

    /// How many senders there are, this one included.
    pub fn strong_count(&self) -> usize {
        self.shared.senders()
    }

    /// How many weak senders there are.
    pub fn weak_count(&self) -> usize {
        self.shared.weak()
    }
}

impl<T> WeakSender<T> {
    fn another(shared: &Arc<Shared<T>>) -> Self {
        shared.add_weak();
        Self { shared: shared.clone() }
    }

    /// A sender, unless all senders are gone: then the channel has ended for good.
    #[must_use = "a sender that is not kept changes nothing"]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.shared.add_sender().then(|| Sender { shared: self.shared.clone() })
    }

    /// How many senders there are.
    pub fn strong_count(&self) -> usize {
        self.shared.senders()
    }

    /// How many weak senders there are, this one included.
    pub fn weak_count(&self) -> usize {
        self.shared.weak()
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        let open = self.shared.add_sender();
        debug_assert!(open, "we are a sender");
        Self { shared: self.shared.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.remove_sender();
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self::another(&self.shared)
    }
}

impl<T> Drop for WeakSender<T> {
    fn drop(&mut self) {
        self.shared.remove_weak();
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("broadcast::Sender")
            .field("senders", &self.strong_count())
            .field("receivers", &self.receiver_count())
            .finish()
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("broadcast::WeakSender").finish_non_exhaustive()
    }
}
