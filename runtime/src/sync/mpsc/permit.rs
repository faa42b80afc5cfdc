//! room for a value, reserved before the value exists; and sending, which is both at once.
//!
//! Read before: `sync/mpsc/tx.rs`. Next: `sync/mpsc/unbounded.rs`.
//!
//! Waiting for room and making the value are two steps. A permit is the first without the second:
//! one of the channel's permits, spent by `send`, given back by `drop`. It makes a send safe in a
//! `select!`, because the branch that waits holds no value that could be lost.

use super::error::{SendError, TrySendError};
use super::sender::Sender;
use super::tx::Tx;
use crate::sync::semaphore::error::TryAcquireError;
use crate::wake::block_on::blocking;
use std::fmt;
use std::iter::FusedIterator;
use std::mem::forget;

/// Room for one value. Made by [`Sender::reserve`] and [`Sender::try_reserve`].
///
/// Dropped unused, it makes room for somebody else. While it lives, a receiver that has closed
/// still waits for its value.
#[must_use]
pub struct Permit<'a, T> {
    tx: &'a Tx<T>,
}

/// Room for several values, handed out one [`Permit`] at a time. Made by [`Sender::reserve_many`].
///
/// Dropped, it gives back what it has not handed out.
#[must_use]
pub struct PermitIterator<'a, T> {
    tx: &'a Tx<T>,
    left: usize,
}

/// Room for one value, together with the sender: a permit without a lifetime. Made by
/// [`Sender::reserve_owned`].
#[must_use]
pub struct OwnedPermit<T> {
    /// `None` once the permit is spent or given back.
    tx: Option<Tx<T>>,
}

/// Waits for room for `n` values.
#[inline]
async fn acquire<T>(tx: &Tx<T>, n: usize) -> Result<(), SendError<()>> {
    let room = tx.room();
    if n > room.capacity {
        return Err(SendError(()));
    }
    if room.acquire_now(n) { Ok(()) } else { acquire_later(tx, n).await }
}

/// A future that is given up may have been handed its permits already, and then gives them back: to
/// a receiver that has closed, that can be the end it waits for.
async fn acquire_later<T>(tx: &Tx<T>, n: usize) -> Result<(), SendError<()>> {
    struct GivenUp<'a, T>(&'a Tx<T>);
    impl<T> Drop for GivenUp<'_, T> {
        fn drop(&mut self) {
            self.0.look_for_end();
        }
    }
    let guard = GivenUp(tx);
    // A temporary of this line, so a dropped future drops it before the guard.
    tx.room().acquire(n).await.map_err(|_| SendError(()))?;
    forget(guard);
    Ok(())
}

fn try_acquire<T>(tx: &Tx<T>, n: usize) -> Result<(), TrySendError<()>> {
    let room = tx.room();
    if n > room.capacity {
        return Err(TrySendError::Full(()));
    }
    room.try_acquire(n).map_err(|error| {
        // Refused or not, room that was on its way may be back where a closed receiver looks.
        tx.look_for_end();
        match error {
            TryAcquireError::Closed => TrySendError::Closed(()),
            TryAcquireError::NoPermits => TrySendError::Full(()),
        }
    })
}

impl<T> Sender<T> {
    /// Sends a value, waiting until there is room for it.
    ///
    /// Senders that wait are served in the order of their coming. `Ok` does not say that the value
    /// will be seen: the receiver may be dropped with the value in the channel.
    ///
    /// # Errors
    /// Gives the value back when the receiver is gone or has closed.
    ///
    /// # Cancel safety
    /// A send that is given up has not sent, and the value is dropped with it. Where that is a
    /// loss, [`reserve`](Sender::reserve) first. The place in the line is lost in any case.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// mainspring::spawn(async move {
    ///     for i in 0..3 {
    ///         tx.send(i).await.unwrap();
    ///     }
    /// });
    /// while let Some(i) = rx.recv().await {
    ///     println!("got {i}");
    /// }
    /// # });
    /// ```
    pub async fn send(&self, value: T) -> Result<(), SendError<T>> {
        match acquire(&self.tx, 1).await {
            Ok(()) => {
                Permit { tx: &self.tx }.send(value);
                Ok(())
            }
            Err(_) => Err(SendError(value)),
        }
    }

    /// Sends a value if there is room right now.
    ///
    /// # Errors
    /// [`TrySendError::Full`] without room, or when others wait for it; [`TrySendError::Closed`]
    /// when the receiver is gone or has closed. Both give the value back.
    ///
    /// ```
    /// use mainspring::sync::mpsc::{self, error::TrySendError};
    ///
    /// let (tx, rx) = mpsc::channel(1);
    /// tx.try_send(1).unwrap();
    /// assert_eq!(tx.try_send(2), Err(TrySendError::Full(2)));
    /// drop(rx);
    /// assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
    /// ```
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        match try_acquire(&self.tx, 1) {
            Ok(()) => {
                Permit { tx: &self.tx }.send(message);
                Ok(())
            }
            Err(TrySendError::Full(())) => Err(TrySendError::Full(message)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(message)),
        }
    }

    /// Sends a value with this thread asleep until there is room: for code that is not async.
    ///
    /// # Errors
    /// As [`send`](Sender::send).
    ///
    /// # Panics
    /// Inside async code, whose thread it would stop: use `send` there.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// let thread = std::thread::spawn(move || (0..3).try_for_each(|i| tx.blocking_send(i)));
    /// assert_eq!(std::iter::from_fn(|| rx.blocking_recv()).sum::<i32>(), 3);
    /// thread.join().unwrap().unwrap();
    /// ```
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        blocking(self.send(value))
    }

    /// Waits for room for one value, and keeps it.
    ///
    /// # Errors
    /// When the receiver is gone or has closed.
    ///
    /// # Cancel safety
    /// Nothing is lost but the place in the line.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// let permit = tx.reserve().await.unwrap();
    /// assert!(tx.try_send(1).is_err());
    /// permit.send(2);
    /// assert_eq!(rx.recv().await, Some(2));
    /// # });
    /// ```
    pub async fn reserve(&self) -> Result<Permit<'_, T>, SendError<()>> {
        acquire(&self.tx, 1).await?;
        Ok(Permit { tx: &self.tx })
    }

    /// Waits for room for `n` values at once, and keeps it.
    ///
    /// It waits for all of them together: while it is the first in line, nobody behind it gets
    /// room.
    ///
    /// # Errors
    /// When the receiver is gone or has closed, or `n` is more than the channel's capacity.
    ///
    /// # Cancel safety
    /// Nothing is lost but the place in the line.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(2);
    /// for permit in tx.reserve_many(2).await.unwrap() {
    ///     permit.send("both or none");
    /// }
    /// assert_eq!(rx.len(), 2);
    /// # });
    /// ```
    pub async fn reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, SendError<()>> {
        acquire(&self.tx, n).await?;
        Ok(PermitIterator { tx: &self.tx, left: n })
    }

    /// Waits for room for one value, and keeps it together with this sender.
    ///
    /// Clone the sender first if it is needed meanwhile; [`OwnedPermit::send`] gives it back.
    ///
    /// # Errors
    /// When the receiver is gone or has closed.
    ///
    /// # Cancel safety
    /// The sender is dropped with the future.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// let permit = tx.reserve_owned().await.unwrap();
    /// mainspring::spawn(async move { permit.send("from a task") });
    /// assert_eq!(rx.recv().await, Some("from a task"));
    /// # });
    /// ```
    pub async fn reserve_owned(self) -> Result<OwnedPermit<T>, SendError<()>> {
        acquire(&self.tx, 1).await?;
        Ok(OwnedPermit { tx: Some(self.tx) })
    }

    /// Takes room for one value if there is some right now.
    ///
    /// # Errors
    /// As [`try_send`](Sender::try_send).
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::mpsc::channel(1);
    /// let permit = tx.try_reserve().unwrap();
    /// assert!(tx.try_reserve().is_err());
    /// permit.send(());
    /// ```
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        try_acquire(&self.tx, 1)?;
        Ok(Permit { tx: &self.tx })
    }

    /// Takes room for `n` values if there is enough right now, else none.
    ///
    /// # Errors
    /// As [`try_send`](Sender::try_send); more than the channel's capacity is always too much.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::mpsc::channel::<u8>(2);
    /// assert!(tx.try_reserve_many(3).is_err());
    /// assert_eq!(tx.try_reserve_many(2).unwrap().len(), 2);
    /// ```
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        try_acquire(&self.tx, n)?;
        Ok(PermitIterator { tx: &self.tx, left: n })
    }

    /// Takes room for one value if there is some right now, together with this sender.
    ///
    /// # Errors
    /// As [`try_send`](Sender::try_send), with the sender in place of the value.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::mpsc::channel(1);
    /// let permit = tx.try_reserve_owned().unwrap();
    /// let tx = permit.send(1);
    /// assert!(tx.try_reserve_owned().is_err());
    /// ```
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        match try_acquire(&self.tx, 1) {
            Ok(()) => Ok(OwnedPermit { tx: Some(self.tx) }),
            Err(TrySendError::Full(())) => Err(TrySendError::Full(self)),
            Err(TrySendError::Closed(())) => Err(TrySendError::Closed(self)),
        }
    }
}

impl<T> Permit<'_, T> {
    /// Sends a value into the room that is kept. Never waits, never fails.
    #[inline]
    pub fn send(self, value: T) {
        let tx = self.tx;
        forget(self);
        // SAFETY(INV-77): the permit is spent, and forgotten, so it is not given back.
        unsafe { tx.send_reserved(value) };
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.tx.give_back(1);
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(Permit { tx: self.tx })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> Drop for PermitIterator<'_, T> {
    fn drop(&mut self) {
        if self.left > 0 {
            self.tx.give_back(self.left);
        }
    }
}

impl<T> OwnedPermit<T> {
    /// Sends a value into the room that is kept, and gives the sender back.
    pub fn send(mut self, value: T) -> Sender<T> {
        let tx = self.take();
        // SAFETY(INV-77): the permit is spent, and taken out, so it is not given back.
        unsafe { tx.send_reserved(value) };
        Sender { tx }
    }

    /// Makes room for somebody else, and gives the sender back.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::mpsc::channel::<u8>(1);
    /// let tx = tx.try_reserve_owned().unwrap().release();
    /// assert_eq!(tx.capacity(), 1);
    /// ```
    pub fn release(mut self) -> Sender<T> {
        let tx = self.take();
        tx.give_back(1);
        Sender { tx }
    }

    fn take(&mut self) -> Tx<T> {
        self.tx.take().unwrap_or_else(|| unreachable!("a permit that is held holds its sender"))
    }

    /// Is the other permit for the same channel?
    pub fn same_channel(&self, other: &Self) -> bool {
        self.tx.as_ref().zip(other.tx.as_ref()).is_some_and(|(a, b)| a.same_channel(b))
    }

    /// Does the sender belong to the same channel?
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.tx.as_ref().is_some_and(|tx| tx.same_channel(&sender.tx))
    }
}

impl<T> Drop for OwnedPermit<T> {
    fn drop(&mut self) {
        if let Some(tx) = self.tx.take() {
            tx.give_back(1);
        }
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator").field("left", &self.left).finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").finish_non_exhaustive()
    }
}
