//! Receiver of a channel with a capacity, and how to make both ends.
//!
//! Read before: `sync/mpsc/chan.rs`, `sync/mpsc/sender.rs`. Next: `sync/mpsc/permit.rs`.

#![forbid(unsafe_code)]

use super::chan::Rx;
use super::error::TryRecvError;
use super::sender::Sender;
use super::tx;
use crate::sync::semaphore::permits::Permits;
use crate::wake::block_on::blocking;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

/// Makes a channel with room for `buffer` values, and its first two ends.
///
/// Many senders, one receiver. A sender waits while there is no room, so a slow receiver slows its
/// senders down and the memory stays bounded. Values arrive in the order in which each sender has
/// sent them, and senders that wait are served in the order of their coming.
///
/// Room for up to 64 KiB is allocated at once; above, as it is used.
///
/// asyncio's counterpart is `Queue(maxsize)` with one reader; `sync::Queue` has `task_done` and
/// `join` too.
///
/// # Panics
/// When `buffer` is zero, which could never send: use 1. When it is more than a semaphore can count
/// (an eighth of `usize::MAX`): use [`unbounded_channel`](super::unbounded_channel).
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let (tx, mut rx) = mainspring::sync::mpsc::channel(100);
/// for name in ["a", "b"] {
///     let tx = tx.clone();
///     mainspring::spawn(async move { tx.send(name).await });
/// }
/// drop(tx);
/// let mut seen = 0;
/// while rx.recv().await.is_some() {
///     seen += 1;
/// }
/// assert_eq!(seen, 2);
/// # });
/// ```
#[track_caller]
pub fn channel<T>(buffer: usize) -> (Sender<T>, Receiver<T>) {
    assert!(buffer > 0, "a channel of capacity 0 could never send: mpsc::channel needs at least 1");
    assert!(
        buffer <= Permits::MAX,
        "a channel can count {} values at most: use mpsc::unbounded_channel",
        Permits::MAX
    );
    let (tx, rx) = tx::channel(Some(buffer));
    (Sender { tx }, Receiver { rx })
}

/// The end of a bounded channel that receives. Made by [`channel`].
///
/// Dropping it closes the channel and drops the values that are in it.
pub struct Receiver<T> {
    rx: Rx<T>,
}

impl<T> Receiver<T> {
    /// Receives the next value, waiting until there is one. `None`: there will be none.
    ///
    /// That is when all senders are gone, or [`close`](Receiver::close) was called, and everything
    /// has been received that was sent or [reserved](Sender::reserve) before.
    ///
    /// # Cancel safety
    /// A `recv` that is given up has received nothing.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// mainspring::spawn(async move { tx.send("hello").await });
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
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(10);
    /// (0..3).for_each(|i| tx.try_send(i).unwrap());
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
    /// let (tx, mut rx) = mpsc::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.try_send(1).unwrap();
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
    /// Inside async code, whose thread it would stop: use [`recv`](Receiver::recv) there.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// let thread = std::thread::spawn(move || tx.blocking_send("from a thread"));
    /// assert_eq!(rx.blocking_recv(), Some("from a thread"));
    /// # thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Option<T> {
        blocking(self.recv())
    }

    /// [`recv_many`](Receiver::recv_many) with this thread asleep: for code that is not async.
    ///
    /// # Panics
    /// As [`blocking_recv`](Receiver::blocking_recv).
    #[track_caller]
    pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
        blocking(self.recv_many(buffer, limit))
    }

    /// Refuses sends from now on; those that have room already may still send.
    ///
    /// Senders that wait are told. Keep receiving until `None` to get the rest.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(2);
    /// let permit = tx.reserve().await.unwrap();
    /// rx.close();
    /// assert!(tx.send(1).await.is_err());
    /// permit.send(2);
    /// assert_eq!(rx.recv().await, Some(2));
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

    /// For how many values there is room right now: not taken, and not reserved.
    ///
    /// Zero while senders wait for room.
    pub fn capacity(&self) -> usize {
        self.rx.room().available()
    }

    /// For how many values there is room in all: the number given to [`channel`].
    pub fn max_capacity(&self) -> usize {
        self.rx.room().capacity
    }

    /// What [`recv`](Receiver::recv) polls, for futures written by hand.
    ///
    /// `Pending` means that the current task is woken when there is a value, or the end. Only the
    /// task of the last call is.
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        self.rx.poll_recv(cx)
    }

    /// What [`recv_many`](Receiver::recv_many) polls, for futures written by hand.
    ///
    /// `Pending` as for [`poll_recv`](Receiver::poll_recv).
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

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("mpsc::Receiver")
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish()
    }
}
