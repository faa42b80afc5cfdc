//! one waker, left by one side and taken by the other.
//!
//! The rule for its users: **make it happen, then take; register, then look again.** Of the two
//! middle steps one comes second, and sees what the other did. So no wake is lost.
//!
//! Only the last waker counts. A future may be polled in one place today and in another tomorrow,
//! and it must wake whoever polled it last.

use std::sync::{Mutex, PoisonError};
use std::task::Waker;

/// Room for one waker.
#[derive(Default)]
pub struct WakerSlot {
    waker: Mutex<Option<Waker>>,
}

impl WakerSlot {
    /// Leaves `waker` here. Then look again at what you wait for.
    pub fn register(&self, waker: &Waker) {
        // A waker's functions are somebody else's code: none is called under the lock.
        let here = self.swap(None);
        let keep = match here {
            // The same task as before: a clone and a drop saved.
            Some(here) if here.will_wake(waker) => here,
            _ => waker.clone(),
        };
        self.swap(Some(keep));
    }

    /// Takes the waker, if there is one.
    pub fn take(&self) -> Option<Waker> {
        self.swap(None)
    }

    /// Takes the waker and wakes it.
    pub fn wake(&self) {
        if let Some(waker) = self.take() {
            waker.wake();
        }
    }

    fn swap(&self, new: Option<Waker>) -> Option<Waker> {
        let mut waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *waker, new)
    }
}
