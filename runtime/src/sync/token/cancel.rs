//! CancellationToken: tell many tasks that they should end.
//!
//! Read before: `sync/token/tree.rs`, which knows who is cancelled with whom. A token is one more
//! hold on a node of that tree; to ask whether it is cancelled is one load, and to wait for it is
//! to wait for the node's [`Event`]. Next: `sync/token/guard.rs`.

#![forbid(unsafe_code)]

use super::tree::Node;
use crate::base::note::Kind;
use crate::sync::event::{Event, ToEvent, Wait};
use crate::wake::says;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Says to any number of tasks that they should end; cancelled once, and for good.
///
/// Clones are the same token. A [child](Self::child_token) is cancelled with its parent, and can be
/// cancelled without it. Dropping a token cancels nothing: for that there is
/// [`drop_guard`](Self::drop_guard).
///
/// The names and contracts are those of `tokio_util::sync::CancellationToken`. asyncio cancels
/// tasks, and has no counterpart.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::CancellationToken;
/// use mainspring::task::yield_now;
///
/// let token = CancellationToken::new();
/// let worker = mainspring::spawn({
///     let token = token.child_token();
///     async move {
///         let mut rounds = 0;
///         while !token.is_cancelled() {
///             rounds += 1;
///             yield_now().await;
///         }
///         rounds
///     }
/// });
/// yield_now().await;
/// token.cancel();
/// assert!(worker.await.unwrap() > 0);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct CancellationToken {
    node: Arc<Node>,
}

impl UnwindSafe for CancellationToken {}
impl RefUnwindSafe for CancellationToken {}

impl CancellationToken {
    /// A token without a parent, not cancelled.
    pub fn new() -> Self {
        Self { node: Node::root() }
    }

    /// A token that is cancelled when this one is, or earlier; at once, if this one is already.
    ///
    /// ```
    /// let parent = mainspring::sync::CancellationToken::new();
    /// let (first, second) = (parent.child_token(), parent.child_token());
    /// first.cancel();
    /// assert!(!parent.is_cancelled() && !second.is_cancelled());
    /// parent.cancel();
    /// assert!(second.is_cancelled() && parent.child_token().is_cancelled());
    /// ```
    pub fn child_token(&self) -> Self {
        Self { node: self.node.child() }
    }

    /// Cancels this token and all that descend from it, and wakes all who wait for one of them.
    ///
    /// When it returns, all of them are cancelled. A token that is cancelled stays so; to cancel it
    /// again does nothing.
    ///
    /// # Panics
    /// If a waker panics; all others are woken before.
    pub fn cancel(&self) {
        self.node.cancel();
    }

    /// Is it cancelled? If so, all that descend from it are.
    #[inline]
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    /// Waits until the token is cancelled; ready at once if it is.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let token = mainspring::sync::CancellationToken::new();
    /// let theirs = token.clone();
    /// mainspring::spawn(async move { theirs.cancel() });
    /// token.cancelled().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe: there is nothing to lose.
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        WaitForCancellationFuture { wait: Wait::new(self) }
    }

    /// The same with the token instead of a borrow of it.
    ///
    /// # Cancel safety
    /// Safe: there is nothing to lose but the token.
    pub fn cancelled_owned(self) -> WaitForCancellationFutureOwned {
        WaitForCancellationFutureOwned { wait: Wait::new(self) }
    }

    /// Runs a future until it is ready, and says `Some`; or drops it when the token is cancelled
    /// before, and says `None`.
    ///
    /// If the token is cancelled already, the future is not polled. Later on the future comes
    /// first: if it is ready in the poll that finds the token cancelled, its output counts.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let token = mainspring::sync::CancellationToken::new();
    /// assert_eq!(token.run_until_cancelled(async { 1 }).await, Some(1));
    /// let theirs = token.clone();
    /// mainspring::spawn(async move { theirs.cancel() });
    /// let for_ever = std::future::pending::<()>();
    /// assert_eq!(token.run_until_cancelled(for_ever).await, None);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// As the future that it runs, which is dropped with it.
    pub fn run_until_cancelled<F: Future>(
        &self,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> {
        RunUntil { future: Some(future), wait: Wait::new(self), begun: false }
    }

    /// The same with the token instead of a borrow of it.
    ///
    /// # Cancel safety
    /// As the future that it runs, which is dropped with it.
    pub fn run_until_cancelled_owned<F: Future>(
        self,
        future: F,
    ) -> impl Future<Output = Option<F::Output>> {
        RunUntil { future: Some(future), wait: Wait::new(self), begun: false }
    }
}

impl Clone for CancellationToken {
    fn clone(&self) -> Self {
        Self { node: self.node.clone() }
    }
}

impl Default for CancellationToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

impl ToEvent for CancellationToken {
    fn event(&self) -> &Event {
        self.node.event()
    }

    fn is_set(&self) -> bool {
        self.is_cancelled()
    }
}

impl ToEvent for &CancellationToken {
    fn event(&self) -> &Event {
        self.node.event()
    }

    fn is_set(&self) -> bool {
        self.is_cancelled()
    }
}

pin_project! {
    /// Waits until a token is cancelled: made by [`CancellationToken::cancelled`].
    ///
    /// Once ready it stays ready.
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitForCancellationFuture<'a> {
        #[pin]
        wait: Wait<&'a CancellationToken>,
    }
}

pin_project! {
    /// Waits until its token is cancelled: made by [`CancellationToken::cancelled_owned`].
    ///
    /// Once ready it stays ready.
    #[must_use = "futures do nothing unless polled"]
    pub struct WaitForCancellationFutureOwned {
        #[pin]
        wait: Wait<CancellationToken>,
    }
}

macro_rules! waiting {
    ($($future:ty: $name:literal),*) => {$(
        impl Future for $future {
            type Output = ();

            #[inline]
            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
                says::inside(self.project().wait.poll(cx), Kind::Token)
            }
        }

        impl fmt::Debug for $future {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name).finish()
            }
        }
    )*};
}

waiting!(
    WaitForCancellationFuture<'_>: "WaitForCancellationFuture",
    WaitForCancellationFutureOwned: "WaitForCancellationFutureOwned"
);

pin_project! {
    /// A future, and a token that may end it.
    struct RunUntil<F, E: ToEvent> {
        // `None`: it has ended, and was dropped in the poll that said so.
        #[pin]
        future: Option<F>,
        #[pin]
        wait: Wait<E>,
        begun: bool,
    }
}

impl<F: Future, E: ToEvent> Future for RunUntil<F, E> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let future = this.future.as_mut().as_pin_mut();
        let future = future.expect("a future that is ready must not be polled again");
        let mut output = None;
        if *this.begun || !this.wait.event.is_set() {
            *this.begun = true;
            match future.poll(cx) {
                Poll::Ready(ready) => output = Some(ready),
                // Looked at apart from the wait: the future may use up the budget in every poll.
                Poll::Pending if this.wait.event.is_set() => {}
                Poll::Pending => ready!(says::inside(this.wait.poll(cx), Kind::Token)),
            }
        }
        this.future.set(None);
        Poll::Ready(output)
    }
}

#[cfg(all(test, not(loom)))]
#[path = "tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "model_tests.rs"]
mod model;
