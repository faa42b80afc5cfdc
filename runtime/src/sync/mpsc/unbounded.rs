//! UnboundedSender and UnboundedReceiver.
//!
//! Read before: `sync/mpsc/bounded.rs`, which has the same receiver. A sender here never waits, so
//! there is nothing to reserve, and nothing that slows a sender down.

#![forbid(unsafe_code)]

use super::chan::Rx;
use super::error::{SendError, TryRecvError};
use super::tx::{self, Tx, Weak};
use crate::wake::block_on::blocking;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Makes a channel that takes any number of values, and its first two ends.
///
/// Many senders, one receiver. A send never waits, so a receiver that is slower than its senders
/// fills the memory of the machine: where they can be slowed down, use [`channel`](super::channel).
///
/// asyncio's counterpart is `Queue()` with one reader.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let (tx, mut rx) = mainspring::sync::mpsc::unbounded_channel();
/// (0..1000).for_each(|i| tx.send(i).unwrap());
/// drop(tx);
/// let mut sum = 0;
/// while let Some(i) = rx.recv().await {
///     sum += i;
/// }
/// assert_eq!(sum, 499_500);
/// # });
/// ```
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let (tx, rx) = tx::channel(None);
    (UnboundedSender { tx }, UnboundedReceiver { rx })
}

/// The end of an unbounded channel that sends. Made by [`unbounded_channel`], cloned at will.
///
/// When the last one is dropped, the receiver gets what is left, and then `None`.
pub struct UnboundedSender<T> {
    tx: Tx<T>,
}

/// A sender that does not keep the channel open. Made by [`UnboundedSender::downgrade`].
pub struct WeakUnboundedSender<T> {
    tx: Weak<T>,
}

/// The end of an unbounded channel that receives. Made by [`unbounded_channel`].
///
/// Dropping it closes the channel and drops the values that are in it.
pub struct UnboundedReceiver<T> {
    rx: Rx<T>,
}

impl<T> UnboundedSender<T> {
    /// Sends a value, at once.
    ///
    /// `Ok` does not say that the value will be seen: the receiver may be dropped with the value in
    /// the channel.
    ///
    /// # Errors
    /// Gives the value back when the receiver is gone or has closed.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::mpsc::unbounded_channel();
    /// tx.send(1).unwrap();
    /// drop(rx);
    /// assert_eq!(tx.send(2).unwrap_err().0, 2);
    /// ```
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.tx.send_unbounded(message).map_err(SendError)
    }

    /// Waits until the receiver is gone or has closed: nothing that is sent will be seen.
    ///
    /// # Cancel safety
    /// Nothing is lost; call it again.
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

    /// A sender that does not keep the channel open.
    #[must_use = "a weak sender does not keep the channel open, and this one does not end"]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        WeakUnboundedSender { tx: self.tx.downgrade() }
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

impl<T> WeakUnboundedSender<T> {
    /// A sender, unless all senders are gone: then the channel has ended for good.
    pub fn upgrade(&self) -> Option<UnboundedSender<T>> {
        self.tx.upgrade().map(|tx| UnboundedSender { tx })
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

impl<T> UnboundedReceiver<T> {
    /// Receives the next value, waiting until there is one. `None`: there will be none.
    ///
    /// That is when all senders are gone, or [`close`](UnboundedReceiver::close) was called, and
    /// everything has been received that was sent before.
    ///
    /// # Cancel safety
    /// A `recv` that is given up has received nothing.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::unbounded_channel();
    /// mainspring::spawn(async move { tx.send("hello") });
    /// assert_eq!(rx.recv().await, Some("hello"));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    pub async fn recv(&mut self) -> Option<T> {
        poll_fn(|cx| self.rx.poll_recv(cx)).await
    }

    /// Receives what is there, up to `limit` values, into `buffer`, waiting until there is one.
    ///
    /// Returns how many. Zero: `limit` is zero, or there will be none.
    ///
    /// # Cancel safety
    /// A `recv_many` that is given up has received nothing.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::unbounded_channel();
    /// (0..3).for_each(|i| tx.send(i).unwrap());
    /// let mut values = Vec::new();
    /// assert_eq!(rx.recv_many(&mut values, 2).await, 2);
    /// assert_eq!(rx.recv_many(&mut values, 2).await, 1);
    /// assert_eq!(values, [0, 1, 2]);
    /// # });
    /// ```
    pub async fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        poll_fn(|cx| self.rx.poll_recv_many(cx, buffer, limit)).await
    }

    /// Takes the next value if it is there, without waiting.
    ///
    /// A send that has ended is seen, in every order of threads. For that it may let this thread
    /// sleep for the few instructions in which another thread is putting a value in.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when there is none yet; [`TryRecvError::Disconnected`] when there
    /// will be none.
    ///
    /// ```
    /// use mainspring::sync::mpsc::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = mpsc::unbounded_channel();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Ok(1));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Disconnected));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.rx.try_recv()
    }

    /// Receives the next value with this thread asleep until there is one: for code that is not
    /// async.
    ///
    /// # Panics
    /// Inside async code, whose thread it would stop: use [`recv`](UnboundedReceiver::recv) there.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::mpsc::unbounded_channel();
    /// let thread = std::thread::spawn(move || tx.send("from a thread"));
    /// assert_eq!(rx.blocking_recv(), Some("from a thread"));
    /// # thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        blocking(self.recv())
    }

    /// [`recv_many`](UnboundedReceiver::recv_many) with this thread asleep: for code that is not
    /// async.
    ///
    /// # Panics
    /// As [`blocking_recv`](UnboundedReceiver::blocking_recv).
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        blocking(self.recv_many(buffer, limit))
    }

    /// Refuses sends from now on. Keep receiving until `None` to get what was sent before.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::unbounded_channel();
    /// tx.send(1).unwrap();
    /// rx.close();
    /// assert!(tx.send(2).is_err());
    /// assert_eq!(rx.recv().await, Some(1));
    /// assert_eq!(rx.recv().await, None);
    /// # });
    /// ```
    pub fn close(&mut self) {
        self.rx.close();
    }

    /// Has it been closed, or are all senders gone? There may be values left to receive.
    pub fn is_closed(&self) -> bool {
        self.rx.is_closed()
    }

    /// Is there no value to receive right now?
    pub fn is_empty(&self) -> bool {
        self.rx.is_empty()
    }

    /// How many values are in the channel, those included that are just being put in.
    pub fn len(&self) -> usize {
        self.rx.claimed()
    }

    /// What [`recv`](UnboundedReceiver::recv) polls, for futures written by hand.
    ///
    /// `Pending` means that the current task is woken when there is a value, or the end. Only the
    /// task of the last call is.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// What [`recv_many`](UnboundedReceiver::recv_many) polls, for futures written by hand.
    ///
    /// `Pending` as for [`poll_recv`](UnboundedReceiver::poll_recv).
    pub fn poll_recv_many(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> Poll<usize> {
        self.rx.poll_recv_many(cx, buffer, limit)
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.rx.counts().0
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.rx.counts().1
    }
}

impl<T> Clone for UnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { tx: self.tx.clone() }
    }
}

impl<T> Clone for WeakUnboundedSender<T> {
    fn clone(&self) -> Self {
        Self { tx: self.tx.clone() }
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").field("closed", &self.is_closed()).finish()
    }
}

impl<T> fmt::Debug for WeakUnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakUnboundedSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for UnboundedReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedReceiver")
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "random_ends_tests.rs"]
mod random;
