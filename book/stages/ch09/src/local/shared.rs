//! what a waker on any thread can reach: the inbox, and the alarm.

use crate::task::schedule::Runnable;
use crate::wake::park::Unparker;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The part of an executor that all threads share. It outlives the executor, if a waker does.
pub struct Shared {
    inbox: Mutex<VecDeque<Runnable>>,
    unparker: Unparker,
}

impl Shared {
    pub fn new(unparker: Unparker) -> Self {
        Self { inbox: Mutex::default(), unparker }
    }

    /// Sends an entry from a thread that is not the executor's. First the entry, then the alarm:
    /// who is woken finds it, and who was about to sleep does not.
    pub fn submit(&self, entry: Runnable) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).push_back(entry);
        self.unparker.unpark();
    }

    /// All that has come, in its order.
    pub fn take_all(&self) -> VecDeque<Runnable> {
        std::mem::take(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
