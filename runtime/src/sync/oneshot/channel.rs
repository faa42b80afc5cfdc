//! Sender and Receiver of one value, over two halves of one allocation.
//!
//! Read before: `sync/oneshot/shared.rs`, which does the work. This file is the public face: who
//! may call what, and what it costs the caller to give up.

#![forbid(unsafe_code)]

use super::error::{RecvError, TryRecvError};
use super::shared::{RxHalf, TxHalf, halves};
use crate::base::note::{Kind, Wait};
use crate::wake::block_on::blocking;
use crate::wake::coop;
use crate::wake::says;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Makes a channel for one value, and its two ends.
///
/// The sender hands over at once and never waits; the receiver is a future. Either end may be
/// dropped at any time, and the other one is told. One allocation, as long as both ends live.
///
/// asyncio's counterpart is a bare `loop.create_future()` with `set_result` on one side and `await`
/// on the other.
///
/// ```
/// use mainspring::sync::oneshot;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let (tx, rx) = oneshot::channel();
/// mainspring::spawn(async move { tx.send(6 * 7) });
/// assert_eq!(rx.await, Ok(42));
/// # });
/// ```
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (tx, rx) = halves();
    (Sender { half: tx }, Receiver { half: Some(rx) })
}

/// The end that sends one value. Made by [`channel`].
///
/// Dropping it without [`send`](Sender::send) makes the receiver return an error.
pub struct Sender<T> {
    half: TxHalf<T>,
}

/// The end that receives one value: a future. Made by [`channel`].
///
/// It gives the value, or [`RecvError`] when the sender was dropped without sending. It is `Unpin`,
/// so `&mut receiver` is a future too.
///
/// # Cancel safety
/// Awaiting `&mut receiver` loses nothing when it is given up: the value stays in the channel.
/// Dropping the receiver itself drops the value with it, and tells the sender.
///
/// # Panics
/// When it is polled again after it has given its result.
///
/// ```
/// use mainspring::sync::oneshot;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
/// # rt.block_on(async {
/// let (tx, rx) = oneshot::channel::<u32>();
/// drop(tx);
/// assert!(rx.await.is_err());
/// # });
/// ```
pub struct Receiver<T> {
    /// `None` once the result has been given.
    half: Option<RxHalf<T>>,
}

impl<T> Sender<T> {
    /// Hands `value` to the receiver, at once.
    ///
    /// `Ok` does not say that the value will be seen: the receiver may be dropped with the value in
    /// it.
    ///
    /// # Errors
    /// Gives the value back when the receiver was dropped, or has closed.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// let (tx, rx) = oneshot::channel();
    /// drop(rx);
    /// assert_eq!(tx.send("nobody wants me"), Err("nobody wants me"));
    /// ```
    pub fn send(self, value: T) -> Result<(), T> {
        self.half.send(value)
    }

    /// Waits until the receiver is dropped or has closed: the answer is no longer wanted.
    ///
    /// # Cancel safety
    /// Nothing is lost; call it again.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (mut tx, rx) = oneshot::channel::<()>();
    /// mainspring::spawn(async move { drop(rx) });
    /// tx.closed().await;
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    pub async fn closed(&mut self) {
        poll_fn(|cx| self.poll_closed(cx)).await;
    }

    /// Is the answer no longer wanted? A `false` may be out of date when it arrives.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// let (tx, rx) = oneshot::channel::<()>();
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.half.is_closed()
    }

    /// What [`closed`](Sender::closed) polls, for futures written by hand.
    ///
    /// `Pending` means that the current task is woken when the receiver closes. Only the task of
    /// the last call is.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    /// use std::future::poll_fn;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (mut tx, mut rx) = oneshot::channel::<()>();
    /// rx.close();
    /// poll_fn(|cx| tx.poll_closed(cx)).await;
    /// # });
    /// ```
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        ready!(coop::ready(cx));
        ready!(says::pending(self.half.poll_closed(cx), WAIT));
        coop::spend();
        Poll::Ready(())
    }
}

/// What a dump says of whoever waits for the other end.
const WAIT: Wait = Wait::Named(Kind::Oneshot, 0);

impl<T> Receiver<T> {
    /// Refuses a value from now on, and tells the sender.
    ///
    /// A value that was sent before stays, and can still be received: nothing that the sender was
    /// told is accepted gets lost.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// rx.close();
    /// assert_eq!(tx.send(1), Err(1));
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// tx.send(2).unwrap();
    /// rx.close();
    /// assert_eq!(rx.try_recv(), Ok(2));
    /// ```
    pub fn close(&mut self) {
        if let Some(half) = &mut self.half {
            half.close();
        }
    }

    /// Has the result been given, so that another poll would panic?
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_terminated());
    /// rx.try_recv().unwrap();
    /// assert!(rx.is_terminated());
    /// ```
    pub fn is_terminated(&self) -> bool {
        self.half.is_none()
    }

    /// Is there no value to receive right now?
    ///
    /// True before the value was sent, after it was received, and when none will come.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// let (tx, rx) = oneshot::channel();
    /// assert!(rx.is_empty());
    /// tx.send(1).unwrap();
    /// assert!(!rx.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        !self.half.as_ref().is_some_and(RxHalf::has_value)
    }

    /// Takes the value if it is there, without waiting.
    ///
    /// # Errors
    /// [`TryRecvError::Empty`] when it was not sent yet; [`TryRecvError::Closed`] when it has been
    /// received, or will never come.
    ///
    /// ```
    /// use mainspring::sync::oneshot::{self, error::TryRecvError};
    ///
    /// let (tx, mut rx) = oneshot::channel();
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    /// tx.send("here").unwrap();
    /// assert_eq!(rx.try_recv(), Ok("here"));
    /// assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    /// ```
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        match self.half.take_if(|half| half.is_over()) {
            Some(half) => half.finish().ok_or(TryRecvError::Closed),
            None if self.half.is_some() => Err(TryRecvError::Empty),
            None => Err(TryRecvError::Closed),
        }
    }

    /// Waits for the value with this thread asleep: for code that is not async.
    ///
    /// # Errors
    /// As awaiting the receiver.
    ///
    /// # Panics
    /// When the result has been given before. Inside async code, whose thread it would stop: await
    /// the receiver there.
    ///
    /// ```
    /// use mainspring::sync::oneshot;
    ///
    /// let (tx, rx) = oneshot::channel();
    /// let thread = std::thread::spawn(move || rx.blocking_recv());
    /// tx.send("to a plain thread").unwrap();
    /// assert_eq!(thread.join().unwrap(), Ok("to a plain thread"));
    /// ```
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        if self.is_terminated() {
            given();
        }
        blocking(self)
    }
}

#[cold]
#[track_caller]
fn given() -> ! {
    panic!(
        "a oneshot::Receiver was polled after it had given its result; \
         ask is_terminated() first, or drop it"
    );
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let half = &mut self.get_mut().half;
        ready!(coop::ready(cx));
        match half {
            Some(half) => ready!(says::pending(half.poll_over(cx), WAIT)),
            None => given(),
        }
        coop::spend();
        let value = half.take().and_then(RxHalf::finish);
        Poll::Ready(value.ok_or(RecvError(())))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("oneshot::Sender").field("closed", &self.is_closed()).finish()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let terminated = self.is_terminated();
        f.debug_struct("oneshot::Receiver")
            .field("empty", &self.is_empty())
            .field("terminated", &terminated)
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;
