//! the value, its version, and how those who wait for the next one are told.
//!
//! Read before: `sync/notify.rs`, `sync/until.rs`. Next: `sync/watch/sender.rs`.
//!
//! A watch is no queue. There is one value; who looks sees the latest, and who was away for ten
//! changes learns that there was one. So it needs a number that changes with the value, and each
//! receiver keeps the number that it has seen.
//!
//! ```text
//!   value:  under a lock for many readers
//!   word:   │ version │ CLOSED │
//!
//!   send      write lock, change the value, version + 1, unlock; then call all listeners
//!   borrow    read lock; the version read under it is the value's own
//!   changed   the version is another than mine: ready                          one load
//!             else CLOSED: the end; else listen, look again, wait
//! ```
//!
//! * The version moves under the write lock only: who holds the lock sees a value with its number.
//! * A version that differs comes before CLOSED: the last value is seen before the end.
//! * No waker is called, cloned or dropped under the value's lock. Other foreign code runs under it
//!   by design, and says so in its docs: what a [`Ref`] is used for, and the closures of
//!   `send_modify`, `send_if_modified` and `wait_for`.
//! * A value that is replaced is dropped by the sender, or returned, after the lock.
//!
//! What we left out: tokio spreads its listeners over eight `Notify`s, so that many receivers on
//! many threads take turns at eight locks; a sender then takes eight for each value. Here it is
//! one, and none while nobody waits.

#![forbid(unsafe_code)]

use super::error::RecvError;
use crate::base::note::Kind;
use crate::base::prim::{AtomicUsize, Ordering, RwLock, RwLockReadGuard};
use crate::sync::notify::Notify;
use crate::sync::until::until;
use std::fmt;
use std::ops::Deref;

/// All senders are gone.
const CLOSED: usize = 1;
/// One version.
const STEP: usize = 2;

/// The number of a value. It may wrap: only "another one" counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version(usize);

impl Version {
    /// The one before: a value that was seen, unseen.
    pub(super) fn before(self) -> Self {
        Self(self.0.wrapping_sub(STEP))
    }
}

/// What all handles of a watch point to.
pub(super) struct Shared<T> {
    value: RwLock<T>,
    word: AtomicUsize,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    /// Calls receivers: another version, or CLOSED.
    changes: Notify,
    /// Calls senders: no receivers.
    unseen: Notify,
}

/// A look at the value, borrowed. Made by [`Sender::borrow`](super::Sender::borrow), and by
/// [`borrow`](super::Receiver::borrow), [`borrow_and_update`](super::Receiver::borrow_and_update)
/// and [`wait_for`](super::Receiver::wait_for) of a receiver.
///
/// As long as it exists, senders that want to change the value block their thread. So keep it
/// short, do not send while you have one (the thread would wait for itself), and take no second one
/// before you have dropped the first (a sender may stand between them). It cannot be sent to
/// another thread, so a task that keeps one over an `.await` cannot be spawned.
#[must_use = "it locks the value for as long as it exists"]
pub struct Ref<'a, T> {
    value: RwLockReadGuard<'a, T>,
    has_changed: bool,
}

impl<T> Shared<T> {
    /// One sender and one receiver are counted.
    pub(super) fn new(value: T) -> Self {
        Self {
            value: RwLock::new(value),
            word: AtomicUsize::new(0),
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(1),
            changes: Notify::of(Kind::Watch),
            unseen: Notify::of(Kind::Watch),
        }
    }

    /// The latest version, and whether it is the last.
    pub(super) fn state(&self) -> (Version, bool) {
        // Ordering: Acquire, pairs with the Release in `modify` and in `remove_sender`: who hears
        // of a change or of the end also sees what was done before it.
        let word = self.word.load(Ordering::Acquire);
        (Version(word & !CLOSED), word & CLOSED != 0)
    }

    /// A look at the value by one who has `seen` that version; and the version of the value.
    pub(super) fn look(&self, seen: Version) -> (Ref<'_, T>, Version) {
        let value = self.value.read();
        let version = self.state().0;
        (Ref { value, has_changed: version != seen }, version)
    }

    /// A look by a sender, who knows what has changed.
    pub(super) fn look_on(&self) -> Ref<'_, T> {
        Ref { value: self.value.read(), has_changed: false }
    }

    /// Lets `change` have the value; if it says that it is another now, calls those who wait.
    ///
    /// If `change` panics, it counts as no change.
    pub(super) fn modify(&self, change: impl FnOnce(&mut T) -> bool) -> bool {
        let mut value = self.value.write();
        let changed = change(&mut value);
        if changed {
            // Ordering: Release, pairs with the Acquire in `state`. Under the lock, so that the
            // number is the value's.
            self.word.fetch_add(STEP, Ordering::Release);
        }
        drop(value);
        if changed {
            self.changes.notify_waiters();
        }
        changed
    }

    /// Another version than `seen`, which then counts as seen; or the end. One load.
    fn news(&self, seen: &mut Version) -> Option<Result<(), RecvError>> {
        let (version, closed) = self.state();
        if version != *seen {
            *seen = version;
            return Some(Ok(()));
        }
        closed.then_some(Err(RecvError(())))
    }

    /// Waits for [`news`](Self::news).
    pub(super) async fn changed(&self, seen: &mut Version) -> Result<(), RecvError> {
        until(&self.changes, || self.news(seen)).await
    }

    /// Waits until there are no receivers.
    pub(super) async fn nobody_looks(&self) {
        until(&self.unseen, || (self.receivers() == 0).then_some(())).await;
    }

    pub(super) fn senders(&self) -> usize {
        // Ordering: Relaxed, a count for people.
        self.senders.load(Ordering::Relaxed)
    }

    pub(super) fn receivers(&self) -> usize {
        // Ordering: Acquire, pairs with the Release in `remove_receiver`: who finds that all have
        // gone sees what they have done before.
        self.receivers.load(Ordering::Acquire)
    }

    pub(super) fn add_sender(&self) {
        // Ordering: Relaxed, another sender is there: the end has not come.
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn add_receiver(&self) {
        // Ordering: Relaxed, the new receiver's handle is what orders it.
        self.receivers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_sender(&self) {
        // Ordering: AcqRel, pairs with itself: the values of those who have gone before us come
        // before the end that we announce.
        if self.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Ordering: Release, pairs with the Acquire in `state`.
            self.word.fetch_or(CLOSED, Ordering::Release);
            self.changes.notify_waiters();
        }
    }

    pub(super) fn remove_receiver(&self) {
        // Ordering: Release, pairs with the Acquire in `receivers`.
        if self.receivers.fetch_sub(1, Ordering::Release) == 1 {
            self.unseen.notify_waiters();
        }
    }
}

impl<T> Ref<'_, T> {
    /// Had the receiver not seen this version of the value before? From a sender: `false`.
    ///
    /// ```
    /// let (tx, mut rx) = mainspring::sync::watch::channel("before");
    /// tx.send("after").unwrap();
    /// assert!(rx.borrow_and_update().has_changed());
    /// assert!(!rx.borrow_and_update().has_changed());
    /// ```
    pub fn has_changed(&self) -> bool {
        self.has_changed
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("watch::Ref")
            .field("value", &**self)
            .field("has_changed", &self.has_changed)
            .finish()
    }
}

#[cfg(all(test, not(loom)))]
#[path = "shared_tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;

#[cfg(all(test, loom))]
#[path = "model_tests.rs"]
mod model;
