//! Receiver: every value from its beginning on, or how many it lost.
//!
//! Read before: `sync/broadcast/shared.rs`, which does the work. Next: `sync/broadcast/sender.rs`.

#![forbid(unsafe_code)]

use super::error::{RecvError, TryRecvError};
use super::shared::Shared;
use crate::base::prim::Arc;
use crate::wake::block_on::blocking;
use std::fmt;

/// The end of a broadcast that receives. Made by [`channel`](super::channel),
/// [`Sender::subscribe`](super::Sender::subscribe) and [`resubscribe`](Self::resubscribe).
///
/// It receives what is sent from its making on. A value is cloned for each receiver but the last,
/// which gets the value itself. The clone runs outside of every lock: it may use this channel as it
/// likes, only not wait for the value that it is a clone of. Other receivers of the same value wait
/// for it; senders do not.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    /// The number of the next value.
    next: u64,
}

impl<T> Receiver<T> {
    pub(super) fn join(shared: &Arc<Shared<T>>) -> Self {
        Self { next: shared.join(), shared: shared.clone() }
    }

    /// How many values were sent that this receiver has not received: those included that it has
    /// lost, so it may be more than the capacity.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::broadcast::channel(16);
    /// tx.send(10).unwrap();
    /// tx.send(20).unwrap();
    /// assert_eq!(rx.len(), 2);
    /// rx.try_recv().unwrap();
    /// assert_eq!(rx.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        (self.shared.sent() - self.next) as usize
    }

    /// Has this receiver received, or lost, all that was sent?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Are all senders gone? There may be values left to receive.
    pub fn is_closed(&self) -> bool {
        self.shared.senders() == 0
    }

    /// Does the other receiver belong to the same channel?
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// How many senders there are.
    pub fn sender_strong_count(&self) -> usize {
        self.shared.senders()
    }

    /// How many weak senders there are.
    pub fn sender_weak_count(&self) -> usize {
        self.shared.weak()
    }

    /// Another receiver, for what is sent from now on: not for what this one has yet to receive.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::broadcast::channel(16);
    /// tx.send(1).unwrap();
    /// let mut fresh = rx.resubscribe();
    /// tx.send(2).unwrap();
    /// assert_eq!(fresh.try_recv(), Ok(2));
    /// ```
    pub fn resubscribe(&self) -> Self {
        Self::join(&self.shared)
    }
}

impl<T: Clone> Receiver<T> {
    /// Receives the next value, waiting until there is one.
    ///
    /// # Errors
    /// [`RecvError::Closed`] when all senders are gone and everything is received.
    /// [`RecvError::Lagged`] when values were replaced before this receiver has seen them: it says
    /// how many, once, and the next call goes on with the oldest that is still there.
    ///
    /// # Cancel safety
    /// A `recv` that is given up has received nothing.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// use mainspring::sync::broadcast::{self, error::RecvError};
    ///
    /// let (tx, mut rx) = broadcast::channel(2);
    /// for n in 1..4 {
    ///     tx.send(n).unwrap();
    /// }
    /// drop(tx);
    /// assert_eq!(rx.recv().await, Err(RecvError::Lagged(1)));
    /// assert_eq!(rx.recv().await, Ok(2));
    /// assert_eq!(rx.recv().await, Ok(3));
    /// assert_eq!(rx.recv().await, Err(RecvError::Closed));
    /// # });
    /// ```
    pub async fn recv(&mut self) -> Result<T, RecvError> {
        self.shared.receive(&mut self.next).await
    }

    /// Takes the next value if it is there, without waiting for one.
    ///
    /// If another receiver is just cloning this value, the thread sleeps until it has done so.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when there is none yet; the others as in [`recv`](Self::recv).
    ///
    /// ```
    /// use mainspring::sync::broadcast::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = broadcast::channel(1);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send(1).unwrap();
    /// tx.send(2).unwrap();
    /// drop(tx);
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Lagged(1)));
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.shared.try_receive(&mut self.next)
    }

    /// Receives the next value with this thread asleep until there is one: for code that is not
    /// async.
    ///
    /// # Errors
    /// As [`recv`](Self::recv).
    ///
    /// # Panics
    /// Inside async code, whose thread it would stop: use [`recv`](Self::recv) there.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::broadcast::channel(1);
    /// let thread = std::thread::spawn(move || tx.send("from a thread"));
    /// assert_eq!(rx.blocking_recv(), Ok("from a thread"));
    /// # thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        blocking(self.recv())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.leave(self.next);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("broadcast::Receiver")
            .field("len", &self.len())
            .field("closed", &self.is_closed())
            .finish()
    }
}
