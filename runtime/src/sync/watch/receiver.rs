//! Receiver: sees the value, and waits for the next one.
//!
//! Read before: `sync/watch/shared.rs`, which does the work. Next: `sync/watch/sender.rs`.

#![forbid(unsafe_code)]

use super::error::RecvError;
use super::shared::{Ref, Shared, Version};
use crate::base::prim::Arc;
use crate::wake::coop;
use std::fmt;
use std::future::poll_fn;

/// The end of a watch that sees the value. Made by [`channel`](super::channel) and
/// [`Sender::subscribe`](super::Sender::subscribe), cloned at will.
///
/// A clone has seen what the receiver has seen that it was cloned from.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
    seen: Version,
}

impl<T> Receiver<T> {
    /// The first of a watch: it is counted already.
    pub(super) fn first(shared: Arc<Shared<T>>) -> Self {
        let seen = shared.state().0;
        Self { shared, seen }
    }

    pub(super) fn another(shared: &Arc<Shared<T>>, seen: Version) -> Self {
        shared.add_receiver();
        Self { shared: shared.clone(), seen }
    }

    /// A look at the latest value. It still counts as unseen if it did before.
    ///
    /// The value is locked for as long as the [`Ref`] exists: see there.
    ///
    /// ```
    /// let (tx, rx) = mainspring::sync::watch::channel(1);
    /// assert_eq!(*rx.borrow(), 1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// assert!(rx.has_changed().unwrap());
    /// ```
    pub fn borrow(&self) -> Ref<'_, T> {
        self.shared.look(self.seen).0
    }

    /// A look at the latest value, which counts as seen from now on.
    ///
    /// In a loop with [`changed`](Self::changed) it spares a round: a value that comes between the
    /// two is seen here and not announced again.
    ///
    /// The value is locked for as long as the [`Ref`] exists: see there.
    pub fn borrow_and_update(&mut self) -> Ref<'_, T> {
        let (value, version) = self.shared.look(self.seen);
        self.seen = version;
        value
    }

    /// Is there a value that this receiver has not seen? It stays unseen.
    ///
    /// # Errors
    /// [`RecvError`] if all senders are gone, even if the last value is unseen.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::watch::channel(1);
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// tx.send(2).unwrap();
    /// assert_eq!(rx.has_changed(), Ok(true));
    /// rx.mark_unchanged();
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// drop(tx);
    /// assert!(rx.has_changed().is_err());
    /// ```
    pub fn has_changed(&self) -> Result<bool, RecvError> {
        match self.shared.state() {
            (_, true) => Err(RecvError(())),
            (version, false) => Ok(version != self.seen),
        }
    }

    /// Are all senders gone? The last value may be unseen.
    pub fn is_closed(&self) -> bool {
        self.shared.state().1
    }

    /// Makes the value count as unseen: [`changed`](Self::changed) goes on at once.
    ///
    /// ```
    /// let (_tx, mut rx) = mainspring::sync::watch::channel(1);
    /// rx.mark_changed();
    /// assert!(rx.has_changed().unwrap());
    /// ```
    pub fn mark_changed(&mut self) {
        self.seen = self.seen.before();
    }

    /// Makes the latest value count as seen.
    pub fn mark_unchanged(&mut self) {
        self.seen = self.shared.state().0;
    }

    /// Waits until there is a value that this receiver has not seen, which then counts as seen.
    ///
    /// # Errors
    /// [`RecvError`] if all senders are gone and the last value is seen.
    ///
    /// # Cancel safety
    /// Nothing is lost: a `changed` that is given up has marked nothing as seen.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::watch::channel("before");
    /// mainspring::spawn(async move { tx.send("after") });
    /// rx.changed().await.unwrap();
    /// assert_eq!(*rx.borrow(), "after");
    /// assert!(rx.changed().await.is_err());
    /// # });
    /// ```
    pub async fn changed(&mut self) -> Result<(), RecvError> {
        self.shared.changed(&mut self.seen).await
    }

    /// Waits until `f` says yes to a value; it is asked for the value of now, seen or not, and then
    /// for every change. The values that it was asked for count as seen.
    ///
    /// A value that was replaced before it could be asked for is skipped. `f` runs while the value
    /// is locked: it must not send to this watch, or its thread waits for itself. So is the value
    /// that is returned, as long as the [`Ref`] exists: see there.
    ///
    /// # Errors
    /// [`RecvError`] if all senders are gone and `f` does not want the last value.
    ///
    /// # Panics
    /// When `f` does. The value then counts as seen.
    ///
    /// # Cancel safety
    /// Values that `f` has said no to count as seen; no other is lost.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build().unwrap();
    /// # rt.block_on(async {
    /// let (tx, mut rx) = mainspring::sync::watch::channel(1);
    /// mainspring::spawn(async move {
    ///     for n in 2..10 {
    ///         tx.send(n).unwrap();
    ///         mainspring::task::yield_now().await;
    ///     }
    /// });
    /// assert!(*rx.wait_for(|n| *n > 4).await.unwrap() > 4);
    /// assert!(rx.wait_for(|n| *n > 100).await.is_err());
    /// # });
    /// ```
    pub async fn wait_for(
        &mut self,
        mut f: impl FnMut(&T) -> bool,
    ) -> Result<Ref<'_, T>, RecvError> {
        let Self { shared, seen } = self;
        poll_fn(coop::ready).await;
        let mut ended = false;
        loop {
            if let Some(wanted) = ask(shared, seen, ended, &mut f) {
                coop::spend();
                return Ok(wanted);
            }
            if ended {
                return Err(RecvError(()));
            }
            ended = shared.changed(seen).await.is_err();
        }
    }

    /// Does the other receiver belong to the same watch?
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

/// The latest value, if `f` wants it; after the end only if it is unseen.
fn ask<'a, T>(
    shared: &'a Shared<T>,
    seen: &mut Version,
    ended: bool,
    f: &mut impl FnMut(&T) -> bool,
) -> Option<Ref<'a, T>> {
    let (value, version) = shared.look(*seen);
    *seen = version;
    ((!ended || value.has_changed()) && f(&value)).then_some(value)
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Self::another(&self.shared, self.seen)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.remove_receiver();
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, closed) = self.shared.state();
        f.debug_struct("watch::Receiver")
            .field("has_changed", &(version != self.seen))
            .field("closed", &closed)
            .finish()
    }
}
