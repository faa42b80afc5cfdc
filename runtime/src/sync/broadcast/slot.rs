//! one place for a value: who may touch it, and what happens to a value that is in use.
//!
//! Read before: `base/prim.rs`. Next: `sync/broadcast/aside.rs`.
//!
//! Value n of a channel goes into slot n modulo their number. Each receiver that was there when it
//! was sent has a *share* in it: it will look at it once, or give the share up. The last share is
//! the value itself: who has it moves the value out.
//!
//! All others clone it, and a clone is foreign code: it may take its time, send, receive, drop
//! handles of this very channel. So it runs under no lock. The receiver *holds* the slot meanwhile,
//! which is a bit, and the one rule of this file is who waits for it:
//!
//! | who finds the slot held | what it does |
//! |---|---|
//! | a sender that needs the place | puts its value aside (`aside.rs`), and goes on |
//! | a receiver that is dropped | gives its share back in the word, and goes on |
//! | a receiver of the same value | waits: a value that is no `Sync` has one user at a time |
//!
//! ```text
//!   word:  │ shares │ HELD │ ASIDE │ WANTED │       and the number of the value that is meant
//!
//!    0 ──put──► n ──hold──► n, HELD ──let go──► n-1 ── … ──► 0
//!               │              │
//!    0 ◄──put───┘             put: ASIDE, HELD ──let go──► ASIDE ──put──► n
//!   (too slow: the old value goes)      the old value goes with the holder
//! ```
//!
//! * INV-110: the cell belongs to whoever has set HELD, until it clears it. While HELD is clear and
//!   there are no shares, it belongs to whoever has the lock of the senders. Otherwise nobody
//!   touches it.
//! * INV-111: HELD is set only on a word with a share. So a word without both changes under the
//!   lock of the senders only.
//! * The number changes under that lock, before the shares of its value are there and after those
//!   of the last are gone. Who has set HELD and then finds the number that it came for holds that
//!   value; who finds another came too late, lets go, and has changed nothing.
//! * Who lets go, and leaves no share or ASIDE behind, first takes what is in the cell: nobody will
//!   ask for it. So a value is dropped once, outside of every lock, by who was the last to need it.
//! * WANTED: a receiver waits until the slot is let go. Who clears HELD clears it too, and calls.

use crate::base::prim::{AtomicU64, Ordering, UnsafeCell};
use crate::sync::notify::Notify;
use std::hint::spin_loop;
use std::panic::RefUnwindSafe;

/// Somebody waits until HELD is cleared.
const WANTED: u64 = 1;
/// The value that is meant is not in the cell: it was put aside. No shares in this word.
const ASIDE: u64 = 2;
/// Somebody uses the cell.
const HELD: u64 = 4;
/// One share.
const SHARE: u64 = 8;

/// How often to look again at a slot that is held, before waiting: a clone is mostly short.
const SPINS: u32 = if cfg!(loom) { 0 } else { 100 };

pub(super) struct Slot<T> {
    word: AtomicU64,
    /// Which value is here, or was the last to be.
    number: AtomicU64,
    cell: UnsafeCell<Option<T>>,
}

// SAFETY(INV-110): the value has one user at a time, and what it did is seen by the next; so it
// moves between threads, and is not shared by them.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> RefUnwindSafe for Slot<T> {}

/// What a receiver finds.
#[must_use]
pub(super) enum Found<'a, T> {
    Value(Held<'a, T>),
    /// It was put aside; if it is not there either, it is gone.
    Aside,
    /// Another receiver uses it.
    Busy,
    /// Not yet, or no longer.
    Nothing,
}

/// What a share was that is given up.
#[must_use]
pub(super) enum GivenUp<'a, T> {
    /// One of several, or the value is gone already.
    Done,
    /// The last: the value goes with it. To be dropped after the lock.
    Last(Held<'a, T>),
    /// A share in a value that was put aside.
    Aside,
}

impl<T> Slot<T> {
    /// Empty; `number` is that of no value.
    pub(super) fn new(number: u64) -> Self {
        Self {
            word: AtomicU64::new(0),
            number: AtomicU64::new(number),
            cell: UnsafeCell::new(None),
        }
    }

    /// Looks for value `number`, by one who has a share in it if it is there. `news` is for whoever
    /// waits until it is let go.
    #[inline]
    pub(super) fn find<'a>(&'a self, number: u64, news: &'a Notify) -> Found<'a, T> {
        let mut spins = 0;
        loop {
            // Ordering: Acquire, pairs with the Release in `put` and `set_number`: who sees a later
            // number also knows that more was sent; who sees this one, what became of the slot
            // before it.
            if self.number.load(Ordering::Acquire) != number {
                return Found::Nothing;
            }
            // Ordering: Acquire, pairs with the Release of the exchange in `put`, as above.
            let word = self.word.load(Ordering::Acquire);
            if word & ASIDE != 0 {
                return Found::Aside;
            }
            if word & HELD != 0 {
                if spins == SPINS {
                    return Found::Busy;
                }
                spins += 1;
                spin_loop();
                continue;
            }
            if word < SHARE {
                return Found::Nothing;
            }
            // Ordering: Acquire, pairs with the Release in `put` for the value and its number, and
            // in `let_go` for what the last user did to it.
            if self.exchange(word, word | HELD, Ordering::Acquire).is_ok() {
                let mut held = Held { slot: self, news, share: 0, last: false };
                // Ordering: Relaxed, the exchange has acquired the number of what we hold, or one
                // that came after it.
                if self.number.load(Ordering::Relaxed) == number {
                    held.share = SHARE;
                    held.last = word < 2 * SHARE;
                    return Found::Value(held);
                }
            }
        }
    }

    /// Asks to be called when the slot is let go. `false`: it is not held.
    pub(super) fn want(&self) -> bool {
        // Ordering: Relaxed, a first guess; the exchange checks it.
        let mut word = self.word.load(Ordering::Relaxed);
        while word & HELD != 0 {
            // Ordering: Relaxed, the call orders what follows it.
            match self.exchange(word, word | WANTED, Ordering::Relaxed) {
                Ok(()) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Puts value `number` in, for `shares` receivers, and gives back what was there and will not
    /// be seen. If the slot is held, the value comes back: the caller puts it aside, and then calls
    /// [`set_number`](Self::set_number).
    ///
    /// # Safety
    /// INV-110: the caller has the lock of the senders.
    #[inline]
    pub(super) unsafe fn put(&self, number: u64, value: T, shares: usize) -> Result<Option<T>, T> {
        // Ordering: Acquire, pairs with the Release in `let_go`: the cell comes from there.
        let mut word = self.word.load(Ordering::Acquire);
        // A word of zero is ours: INV-111.
        while word != 0 {
            let held = word & HELD != 0;
            let taken = if held { word & (HELD | WANTED) | ASIDE } else { 0 };
            // Ordering: AcqRel. Acquire as above; Release, pairs with the Acquire in `find`: who
            // sees that its value is gone also knows that more was sent.
            match self.exchange(word, taken, Ordering::AcqRel) {
                Ok(()) if held => return Err(value),
                Ok(()) => break,
                // Ordering: Acquire, as above: the failed exchange was relaxed.
                Err(_) => word = self.word.load(Ordering::Acquire),
            }
        }
        // SAFETY(INV-110): not held, no shares, and the caller has the lock.
        let old = self.cell.with_mut(|cell| unsafe { &mut *cell }.replace(value));
        self.set_number(number);
        // Ordering: Release, pairs with the Acquire in `find`: the value and its number.
        self.word.store(shares as u64 * SHARE, Ordering::Release);
        Ok(old)
    }

    /// Which value is meant from now on. Under the lock of the senders.
    pub(super) fn set_number(&self, number: u64) {
        // Ordering: Release, pairs with the Acquire in `find`.
        self.number.store(number, Ordering::Release);
    }

    /// Gives a share in value `number` up, by one who has it if the value is still here.
    ///
    /// Under the lock of the senders, so that it stays the value that it is.
    pub(super) fn give_up<'a>(&'a self, number: u64, news: &'a Notify) -> GivenUp<'a, T> {
        // Ordering: Relaxed, the lock orders it.
        if self.number.load(Ordering::Relaxed) != number {
            return GivenUp::Done;
        }
        loop {
            // Ordering: Relaxed, a guess; the exchange checks it, and ASIDE is under the lock.
            let word = self.word.load(Ordering::Relaxed);
            if word & ASIDE != 0 {
                return GivenUp::Aside;
            }
            if word & HELD != 0 || word >= 2 * SHARE {
                // Ordering: Relaxed, we have not touched the cell.
                if self.exchange(word, word - SHARE, Ordering::Relaxed).is_ok() {
                    return GivenUp::Done;
                }
            // Ordering: Acquire, as in `find`.
            } else if self.exchange(word, word | HELD, Ordering::Acquire).is_ok() {
                return GivenUp::Last(Held { slot: self, news, share: SHARE, last: true });
            }
        }
    }

    /// Does anybody still want what is here? `None`: what is meant was put aside. For one who has
    /// the lock of the senders.
    pub(super) fn is_wanted(&self) -> Option<bool> {
        // Ordering: Relaxed, a snapshot.
        let word = self.word.load(Ordering::Relaxed);
        (word & ASIDE == 0).then_some(word >= SHARE)
    }

    #[inline]
    fn exchange(&self, old: u64, new: u64, order: Ordering) -> Result<(), u64> {
        // Ordering: the caller's; Relaxed on failure, because the caller only guesses again.
        self.word.compare_exchange_weak(old, new, order, Ordering::Relaxed).map(drop)
    }
}

/// A slot that is held: by one receiver, until this is dropped, and its share with it.
pub(super) struct Held<'a, T> {
    slot: &'a Slot<T>,
    news: &'a Notify,
    /// [`SHARE`]; or zero, for one who came for another value.
    share: u64,
    /// No other share was left when it was taken: the value is ours.
    last: bool,
}

impl<T: Clone> Held<'_, T> {
    /// The value itself if ours is the last share, else a clone. Runs foreign code.
    #[inline]
    pub(super) fn get(self) -> T {
        let value = if self.last {
            // SAFETY(INV-110): we have set HELD.
            self.slot.cell.with_mut(|cell| unsafe { &mut *cell }.take())
        } else {
            // SAFETY(INV-110): as above; nobody changes it while we clone.
            self.slot.cell.with(|cell| unsafe { &*cell }.clone())
        };
        value.expect("where there is a share there is a value")
    }
}

impl<T> Held<'_, T> {
    /// Clears HELD, with our share. What nobody will ask for any more, and whether somebody waits.
    #[inline]
    fn let_go(&mut self) -> (Option<T>, bool) {
        let mut rest = None;
        // Ordering: Relaxed, a first guess; the exchange checks it.
        let mut word = self.slot.word.load(Ordering::Relaxed);
        loop {
            let left = if word & ASIDE != 0 { ASIDE } else { (word - self.share) & !(SHARE - 1) };
            // Shares only become fewer while we are here: a `put` leaves ASIDE.
            if left < SHARE && rest.is_none() {
                // SAFETY(INV-110): we have set HELD.
                rest = self.slot.cell.with_mut(|cell| unsafe { &mut *cell }.take());
            }
            // Ordering: Release, pairs with the Acquire in `find` and `put`: the cell is theirs.
            match self.slot.exchange(word, left, Ordering::Release) {
                Ok(()) => return (rest, word & WANTED != 0),
                Err(now) => word = now,
            }
        }
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let (rest, wanted) = self.let_go();
        if wanted {
            self.news.notify_waiters();
        }
        drop(rest);
    }
}
