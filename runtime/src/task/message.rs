//! what was said when a task was aborted: a table beside the tasks, and a bit in each.
//!
//! Few tasks are aborted with a message, so a cell has no room for one. The bit `MESSAGE` of its
//! state says that the table has an entry; nobody who does not find it looks there.
//!
//! ```text
//!   abort_with   lock; not COMPLETE: set MESSAGE and CANCELLED; no entry yet: insert one
//!   join         cancelled, and MESSAGE: lock, take the text
//!   free         MESSAGE: lock, remove the entry
//! ```
//!
//! The bit is set under the lock: who sees it and takes the lock finds the entry. A bit that is set
//! after the end of the task would have no reader, and is not set; one set before is seen by the
//! join and by whoever frees the cell, because it is in the word that tells them so.

#![forbid(unsafe_code)]

use super::header::{Id, TaskRef};
use super::state::{CANCELLED, MESSAGE, State};
use crate::base::prim::{Mutex, Ordering};
use std::collections::BTreeMap;

type Table = Mutex<BTreeMap<Id, Option<Box<str>>>>;

/// Of all runtimes of the process, as the ids are. A message that was taken leaves `None` behind:
/// a later one is not the first.
#[cfg(not(loom))]
static MESSAGES: Table = Mutex::new(BTreeMap::new());
#[cfg(loom)]
loom::lazy_static! {
    static ref MESSAGES: Table = Mutex::new(BTreeMap::new());
}

/// Aborts a task and leaves a message with it, unless it has ended, or there is one. True: the
/// caller pushes an entry.
pub(super) fn leave(task: TaskRef, message: Box<str>) -> bool {
    let mut messages = MESSAGES.lock();
    let push = task.state().cancel_with_message();
    if task.state().has_message() {
        messages.entry(task.id()).or_insert(Some(message));
    }
    push
}

/// Takes the message of a task that was cancelled.
pub(super) fn of(task: TaskRef) -> Option<Box<str>> {
    task.state().has_message().then(|| MESSAGES.lock().get_mut(&task.id())?.take()).flatten()
}

/// The cell is about to be freed.
#[inline]
pub(super) fn forget(task: TaskRef) {
    if task.state().has_message() {
        remove(task.id());
    }
}

#[cold]
fn remove(id: Id) {
    let message = MESSAGES.lock().remove(&id);
    drop(message);
}

impl State {
    /// 4, beside those in `state.rs`: abort, and a message is left. Under the lock of the messages.
    fn cancel_with_message(&self) -> bool {
        self.update(|word| Self::schedule(word, CANCELLED | MESSAGE))
    }

    /// Was a message left before the end?
    #[inline]
    fn has_message(&self) -> bool {
        // Ordering: Relaxed, whoever asks has seen the end of the task in this word, or has the
        // lock.
        self.0.load(Ordering::Relaxed) & MESSAGE != 0
    }
}

/// How many messages there are.
#[cfg(any(test, loom))]
pub(super) fn count() -> usize {
    MESSAGES.lock().len()
}

#[cfg(all(test, not(loom)))]
#[path = "message_tests.rs"]
mod tests;
