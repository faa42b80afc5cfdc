//! the ring of slots: sent by one at a time, seen by all; ends, and who is told of them.
//!
//! Read before: `sync/until.rs`, `sync/broadcast/slot.rs`, `sync/broadcast/aside.rs`. Next:
//! `sync/broadcast/receiver.rs`.
//!
//! Values are numbered as they are sent. A receiver is a number too: that of its next value.
//!
//! ```text
//!   slots        │ 8 │ 9 │ 6 │ 7 │       room for 4, 10 sent
//!                          ▲
//!        next = 6: the oldest; 7, 8, 9 follow; next = 10: nothing yet; next = 3: lost 3, 4 and 5
//!
//!   send      lock: sent + 1, put the value in the slot of its number, unlock; call all listeners
//!   receive   hold the slot, clone, let go: two RMW, no lock
//!             not there: `sent` says whether it comes or is gone
//! ```
//!
//! Senders lock each other out for some twenty instructions, and with them whoever changes the
//! number of receivers, so each value knows who has a share in it. No foreign code runs under that
//! lock: no clone, no destructor, no waker. What a call of this channel may wait for is therefore
//! this, and nothing else:
//!
//! | call | waits for |
//! |---|---|
//! | `send`, `subscribe`, `resubscribe`, `len`, drops | the lock |
//! | `recv` | a value; and another receiver's clone of that value |
//! | `try_recv` | another receiver's clone of the value, with its thread asleep |
//!
//! So a clone or a destructor of a value may do anything with the channel but one: a clone that
//! waits for the very value that it is a clone of waits for itself.
//!
//! The end. The last sender to go calls all listeners; a receiver that finds nothing and no sender
//! looks once more, because a value may have come between the two. The last receiver to go gives up
//! its shares, and then tells the senders: nothing of it is left in the ring.

use super::aside::{Aside, Loan};
use super::error::{RecvError, TryRecvError};
use super::slot::{Found, GivenUp, Slot};
use crate::base::note::Kind;
use crate::base::prim::{AtomicU64, AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::sync::notify::Notify;
use crate::sync::until::until;
use crate::wake::block_on::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What all handles of a channel point to.
pub(super) struct Shared<T> {
    /// A power of two of them.
    slots: Box<[Slot<T>]>,
    /// How many values were sent: the number of the next. Changes under the lock.
    sent: AtomicU64,
    tail: Mutex<Tail<T>>,
    /// At zero it stays there.
    senders: AtomicUsize,
    weak: AtomicUsize,
    /// Calls receivers: a value, the end, or a slot that was let go.
    news: Notify,
    /// Calls senders: no receivers.
    unheard: Notify,
}

/// What senders and newcomers need in one piece.
struct Tail<T> {
    receivers: usize,
    aside: Aside<T>,
}

/// Why there is no value.
enum Miss {
    Busy,
    Not(TryRecvError),
}

impl<T> Shared<T> {
    /// One sender is counted, and no receiver.
    pub(super) fn new(slots: usize) -> Self {
        assert!(slots.is_power_of_two());
        // Each slot was last used one round before the first value.
        let before = |index: usize| (index as u64).wrapping_sub(slots as u64);
        Self {
            slots: (0..slots).map(|index| Slot::new(before(index))).collect(),
            sent: AtomicU64::new(0),
            tail: Mutex::new(Tail { receivers: 0, aside: Aside::new() }),
            senders: AtomicUsize::new(1),
            weak: AtomicUsize::new(0),
            news: Notify::of(Kind::Broadcast),
            unheard: Notify::of(Kind::Broadcast),
        }
    }

    #[inline]
    fn slot(&self, number: u64) -> &Slot<T> {
        &self.slots[number as usize & (self.slots.len() - 1)]
    }

    fn size(&self) -> u64 {
        self.slots.len() as u64
    }

    /// Sends to everybody who receives now, and says to how many; to nobody, and it comes back.
    pub(super) fn send(&self, value: T) -> Result<usize, T> {
        let mut tail = self.tail.lock();
        let receivers = tail.receivers;
        if receivers == 0 {
            drop(tail);
            return Err(value);
        }
        // Ordering: Relaxed, it changes under the lock.
        let number = self.sent.load(Ordering::Relaxed);
        // Ordering: Relaxed; `put` releases it to those who find that their value is gone.
        self.sent.store(number + 1, Ordering::Relaxed);
        let before = number.wrapping_sub(self.size());
        let slot = self.slot(number);
        // SAFETY(INV-110): we have the lock.
        let old = match unsafe { slot.put(number, value, receivers) } {
            Ok(Some(old)) => Some(old),
            Ok(None) => tail.aside.remove(before),
            Err(value) => {
                let old = tail.aside.remove(before);
                tail.aside.put(number, value, receivers);
                slot.set_number(number);
                old
            }
        };
        drop(tail);
        self.news.notify_waiters();
        drop(old);
        Ok(receivers)
    }

    /// Another receiver, and the number of its first value.
    pub(super) fn join(&self) -> u64 {
        let mut tail = self.tail.lock();
        tail.receivers += 1;
        self.sent()
    }

    /// A receiver goes that would have received `next`. Its shares go with it.
    pub(super) fn leave(&self, next: u64) {
        let mut tail = self.tail.lock();
        tail.receivers -= 1;
        let last = tail.receivers == 0;
        let end = self.sent();
        drop(tail);
        let mut outcome = Ok(());
        for number in next.max(self.oldest(end))..end {
            let given_up = catch_unwind(AssertUnwindSafe(|| self.give_up(number)));
            outcome = outcome.and(given_up);
        }
        if last {
            self.unheard.notify_waiters();
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }

    /// Gives one share up. The value is dropped here if it was the last.
    fn give_up(&self, number: u64) {
        let mut tail = self.tail.lock();
        let (slot, aside) = match self.slot(number).give_up(number, &self.news) {
            GivenUp::Done => (None, None),
            GivenUp::Last(held) => (Some(held), None),
            GivenUp::Aside => (None, tail.aside.give_up(number)),
        };
        drop(tail);
        drop((slot, aside));
    }

    /// The number of the oldest value that can be there when `sent` were sent.
    fn oldest(&self, sent: u64) -> u64 {
        sent.saturating_sub(self.size())
    }

    pub(super) fn sent(&self) -> u64 {
        // Ordering: Relaxed, a count; who needs more has a lock, or has acquired what came with it.
        self.sent.load(Ordering::Relaxed)
    }

    /// Waits until there are no receivers.
    pub(super) async fn nobody_listens(&self) {
        until(&self.unheard, || (self.receivers() == 0).then_some(())).await;
    }

    pub(super) fn receivers(&self) -> usize {
        self.tail.lock().receivers
    }

    /// How many values are there that somebody still wants.
    pub(super) fn len(&self) -> usize {
        let tail = self.tail.lock();
        let end = self.sent();
        let (mut low, mut high) = (self.oldest(end), end);
        // Who wants a value wants all that came later, or was not there yet: so those that nobody
        // wants come first.
        while low < high {
            let middle = low + (high - low) / 2;
            if self.is_wanted(&tail, middle) { high = middle } else { low = middle + 1 }
        }
        (end - low) as usize
    }

    pub(super) fn is_empty(&self) -> bool {
        let tail = self.tail.lock();
        let end = self.sent();
        end == 0 || !self.is_wanted(&tail, end - 1)
    }

    fn is_wanted(&self, tail: &MutexGuard<'_, Tail<T>>, number: u64) -> bool {
        self.slot(number).is_wanted().unwrap_or_else(|| tail.aside.contains(number))
    }

    pub(super) fn senders(&self) -> usize {
        // Ordering: Acquire, pairs with the Release in `remove_sender`: who finds that all have
        // gone also finds what they have sent.
        self.senders.load(Ordering::Acquire)
    }

    pub(super) fn weak(&self) -> usize {
        // Ordering: Relaxed, a count for people.
        self.weak.load(Ordering::Relaxed)
    }

    /// One more sender, unless there is none.
    pub(super) fn add_sender(&self) -> bool {
        let mut now = self.senders();
        while now != 0 {
            // Ordering: Relaxed, a sender is there: the end has not come.
            let more = self.senders.compare_exchange_weak(
                now,
                now + 1,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match more {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    pub(super) fn remove_sender(&self) {
        // Ordering: Release, pairs with the Acquire in `senders`.
        if self.senders.fetch_sub(1, Ordering::Release) == 1 {
            self.news.notify_waiters();
        }
    }

    pub(super) fn add_weak(&self) {
        // Ordering: Relaxed, a count for people.
        self.weak.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_weak(&self) {
        // Ordering: Relaxed, as above.
        self.weak.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T: Clone> Shared<T> {
    /// Receives value `next`, waiting for it.
    pub(super) async fn receive(&self, next: &mut u64) -> Result<T, RecvError> {
        until(&self.news, || match self.look(next) {
            Ok(value) => Some(Ok(value)),
            Err(Miss::Busy | Miss::Not(TryRecvError::Empty)) => None,
            Err(Miss::Not(TryRecvError::Closed)) => Some(Err(RecvError::Closed)),
            Err(Miss::Not(TryRecvError::Lagged(lost))) => Some(Err(RecvError::Lagged(lost))),
        })
        .await
    }

    /// Receives value `next` if it is there.
    #[inline]
    pub(super) fn try_receive(&self, next: &mut u64) -> Result<T, TryRecvError> {
        match self.look(next) {
            Ok(value) => Ok(value),
            Err(Miss::Not(why)) => Err(why),
            Err(Miss::Busy) => block_on(until(&self.news, || match self.look(next) {
                Ok(value) => Some(Ok(value)),
                Err(Miss::Busy) => None,
                Err(Miss::Not(why)) => Some(Err(why)),
            })),
        }
    }

    /// Takes value `next`, and goes on to the following one; or says why not. Who is told that it
    /// is in use, or not there yet, is called when that changes.
    #[inline]
    fn look(&self, next: &mut u64) -> Result<T, Miss> {
        match self.look_once(next) {
            Err(Miss::Not(TryRecvError::Empty)) if self.senders() == 0 => {
                match self.look_once(next) {
                    Err(Miss::Not(TryRecvError::Empty)) => Err(Miss::Not(TryRecvError::Closed)),
                    other => other,
                }
            }
            other => other,
        }
    }

    #[inline]
    fn look_once(&self, next: &mut u64) -> Result<T, Miss> {
        let slot = self.slot(*next);
        loop {
            match slot.find(*next, &self.news) {
                Found::Value(held) => {
                    *next += 1;
                    return Ok(held.get());
                }
                Found::Busy if slot.want() => return Err(Miss::Busy),
                Found::Busy => {}
                Found::Aside => return self.look_aside(next),
                Found::Nothing => return Err(self.miss(next)),
            }
        }
    }

    #[cold]
    fn look_aside(&self, next: &mut u64) -> Result<T, Miss> {
        let lent = self.tail.lock().aside.lend(*next);
        match lent {
            Loan::Own(value) => {
                *next += 1;
                Ok(value)
            }
            Loan::Lent(value) => {
                let borrower = Borrower { shared: self, number: *next, value: Some(value) };
                *next += 1;
                Ok(borrower.value.clone().expect("it was lent"))
            }
            Loan::Busy => Err(Miss::Busy),
            Loan::Gone => Err(self.miss(next)),
        }
    }

    /// Value `next` is not there: is it lost, or not sent yet?
    fn miss(&self, next: &mut u64) -> Miss {
        let oldest = self.oldest(self.sent());
        if oldest <= *next {
            return Miss::Not(TryRecvError::Empty);
        }
        let lost = oldest - std::mem::replace(next, oldest);
        Miss::Not(TryRecvError::Lagged(lost))
    }
}

/// Has a value that was put aside, and brings it back.
struct Borrower<'a, T> {
    shared: &'a Shared<T>,
    number: u64,
    value: Option<T>,
}

impl<T> Drop for Borrower<'_, T> {
    fn drop(&mut self) {
        let Some(value) = self.value.take() else { return };
        let (rest, wanted) = self.shared.tail.lock().aside.give_back(self.number, value);
        if wanted {
            self.shared.news.notify_waiters();
        }
        drop(rest);
    }
}

#[cfg(all(test, not(loom)))]
#[path = "shared_tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "reentrant_tests.rs"]
mod reentrant;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;

#[cfg(all(test, loom))]
#[path = "model_tests.rs"]
mod model;
