//! values that found their slot in use: a table, empty nearly always.
//!
//! Read before: `sync/broadcast/slot.rs`. Next: `sync/broadcast/shared.rs`.
//!
//! A sender that comes round the ring to a slot that somebody holds puts its value here, under the
//! lock that it has anyway. The rules are those of the slot, in safe code: shares; one user at a
//! time, who has the value lent and brings it back; the last share is the value itself.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

/// By number. Lives under the lock of the senders.
pub(super) struct Aside<T>(BTreeMap<u64, Entry<T>>);

struct Entry<T> {
    /// `None`: lent.
    value: Option<T>,
    /// Never zero.
    shares: usize,
    /// Somebody waits until it is back.
    wanted: bool,
}

/// What a receiver finds. The value is for [`give_back`](Aside::give_back) after the lock, or the
/// receiver's own.
pub(super) enum Loan<T> {
    Own(T),
    Lent(T),
    Busy,
    Gone,
}

impl<T> Aside<T> {
    pub(super) fn new() -> Self {
        Self(BTreeMap::new())
    }

    pub(super) fn put(&mut self, number: u64, value: T, shares: usize) {
        self.0.insert(number, Entry { value: Some(value), shares, wanted: false });
    }

    /// A later value takes its place: here it is, to be dropped after the lock, unless it is lent.
    #[inline]
    pub(super) fn remove(&mut self, number: u64) -> Option<T> {
        self.0.remove(&number)?.value
    }

    pub(super) fn contains(&self, number: u64) -> bool {
        self.0.contains_key(&number)
    }

    /// Lends a value to one who has a share in it. If it is lent already, it is wanted now.
    pub(super) fn lend(&mut self, number: u64) -> Loan<T> {
        let Some(entry) = self.0.get_mut(&number) else { return Loan::Gone };
        let Some(value) = entry.value.take() else {
            entry.wanted = true;
            return Loan::Busy;
        };
        if entry.shares == 1 {
            self.0.remove(&number);
            return Loan::Own(value);
        }
        Loan::Lent(value)
    }

    /// The value comes back, and the share with it. What nobody wants any more, to be dropped after
    /// the lock; and whether somebody waits.
    pub(super) fn give_back(&mut self, number: u64, value: T) -> (Option<T>, bool) {
        let Some(entry) = self.0.get_mut(&number) else {
            // The sender that has removed it has called everybody.
            return (Some(value), false);
        };
        let wanted = std::mem::take(&mut entry.wanted);
        entry.value = Some(value);
        (self.give_up(number), wanted)
    }

    /// A share is given up. What nobody wants any more, to be dropped after the lock.
    pub(super) fn give_up(&mut self, number: u64) -> Option<T> {
        let entry = self.0.get_mut(&number)?;
        entry.shares -= 1;
        if entry.shares > 0 {
            return None;
        }
        self.remove(number)
    }
}
