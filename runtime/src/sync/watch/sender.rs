//! Sender: changes the value.
//!
//! Read before: `sync/watch/shared.rs`, which does the work; `sync/watch/receiver.rs`.

#![forbid(unsafe_code)]

use super::error::SendError;
use super::receiver::{self, Receiver};
use super::shared::{Ref, Shared};
use crate::base::prim::Arc;
use std::fmt;
use std::mem;

/// Makes a watch with a first value, and its two ends.
///
/// One value that changes. Receivers see the latest and wait for the next; who is slow misses
/// values, never the last one. For a stream of which every value counts, use
/// [`broadcast`](crate::sync::broadcast).
///
/// The first value counts as seen: the receiver waits for the next one.
///
/// asyncio has no counterpart.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let (tx, mut rx) = mainspring::sync::watch::channel("starting");
/// let reader = mainspring::spawn(async move {
///     while rx.changed().await.is_ok() {}
///     *rx.borrow()
/// });
/// tx.send("running").unwrap();
/// tx.send("stopped").unwrap();
/// drop(tx);
/// assert_eq!(reader.await.unwrap(), "stopped");
/// # });
/// ```
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    let shared = Arc::new(Shared::new(init));
    (Sender { shared: shared.clone() }, Receiver::first(shared))
}

/// The end of a watch that changes the value. Made by [`channel`](super::channel) and
/// [`Sender::new`], cloned at will.
///
/// When the last one is dropped, receivers see the last value and then the end.
pub struct Sender<T> {
    pub(super) shared: Arc<Shared<T>>,
}

impl<T> Sender<T> {
    /// A watch without a receiver; [`subscribe`](Self::subscribe) makes one.
    ///
    /// ```
    /// let tx = mainspring::sync::watch::Sender::new(1);
    /// assert!(tx.is_closed());
    /// assert_eq!(*tx.subscribe().borrow(), 1);
    /// ```
    pub fn new(init: T) -> Self {
        channel(init).0
    }

    /// Replaces the value, drops the old one, and wakes every receiver that waits.
    ///
    /// # Errors
    /// [`SendError`] with the value if there is no receiver. The old value stays then;
    /// [`send_replace`](Self::send_replace) replaces it all the same.
    ///
    /// ```
    /// use mainspring::sync::watch;
    ///
    /// let (tx, rx) = watch::channel("before");
    /// tx.send("after").unwrap();
    /// assert_eq!(*rx.borrow(), "after");
    /// drop(rx);
    /// assert_eq!(tx.send("unseen").unwrap_err().0, "unseen");
    /// ```
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            return Err(SendError(value));
        }
        drop(self.send_replace(value));
        Ok(())
    }

    /// Changes the value in place, and wakes every receiver that waits; with or without receivers.
    ///
    /// `modify` runs while the value is locked: it must not send to or borrow from this watch, or
    /// its thread waits for itself.
    ///
    /// # Panics
    /// When `modify` does. The value is then as `modify` has left it, and no receiver is told.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::watch::channel(vec![1]);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*rx.borrow(), [1, 2]);
    /// ```
    pub fn send_modify<F>(&self, modify: F)
    where
        F: FnOnce(&mut T),
    {
        self.send_if_modified(|value| {
            modify(value);
            true
        });
    }

    /// Changes the value in place, perhaps: `modify` says whether receivers shall be told. So does
    /// the result.
    ///
    /// `modify` runs while the value is locked, as in [`send_modify`](Self::send_modify). A change
    /// that it does not admit is seen by whoever looks, but wakes nobody.
    ///
    /// # Panics
    /// When `modify` does, as in [`send_modify`](Self::send_modify).
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::watch::channel(1);
    /// let at_least = |low: i32| tx.send_if_modified(|n| std::mem::replace(n, low.max(*n)) < low);
    /// assert!(!at_least(1));
    /// assert!(!rx.has_changed().unwrap());
    /// assert!(at_least(2));
    /// assert!(rx.has_changed().unwrap());
    /// ```
    pub fn send_if_modified<F>(&self, modify: F) -> bool
    where
        F: FnOnce(&mut T) -> bool,
    {
        self.shared.modify(modify)
    }

    /// Replaces the value, with or without receivers, wakes those that wait, and returns the old
    /// value.
    ///
    /// ```
    /// let tx = mainspring::sync::watch::Sender::new(1);
    /// assert_eq!(tx.send_replace(2), 1);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|old| mem::swap(old, &mut value));
        value
    }

    /// A look at the value. It is locked for as long as the [`Ref`] exists: see there.
    pub fn borrow(&self) -> Ref<'_, T> {
        self.shared.look_on()
    }

    /// Is there no receiver? A `false` may be out of date when it arrives, and
    /// [`subscribe`](Self::subscribe) makes it `false` again.
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
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
    /// let (tx, rx) = mainspring::sync::watch::channel(0);
    /// mainspring::spawn(async move { drop(rx) });
    /// tx.closed().await;
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    pub async fn closed(&self) {
        self.shared.nobody_looks().await;
    }

    /// Another receiver. The value of now counts as seen: it waits for the next one.
    ///
    /// ```
    /// let (tx, _rx) = mainspring::sync::watch::channel(1);
    /// let other = tx.subscribe();
    /// assert!(!other.has_changed().unwrap());
    /// tx.send(2).unwrap();
    /// assert!(other.has_changed().unwrap());
    /// ```
    pub fn subscribe(&self) -> receiver::Receiver<T> {
        Receiver::another(&self.shared, self.shared.state().0)
    }

    /// How many receivers there are.
    pub fn receiver_count(&self) -> usize {
        self.shared.receivers()
    }

    /// How many senders there are, this one included.
    pub fn sender_count(&self) -> usize {
        self.shared.senders()
    }

    /// Does the other sender belong to the same watch?
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        Self { shared: self.shared.clone() }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.remove_sender();
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("watch::Sender")
            .field("senders", &self.sender_count())
            .field("receivers", &self.receiver_count())
            .finish()
    }
}
