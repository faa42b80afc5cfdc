//! a counter and a line: an uncontended acquire or release is one RMW.
//!
//! Read before: `wake/wait_list.rs`. [`Permits`] is what `Semaphore`, `Mutex` and the bounded
//! channel stand on: each adds its guards. Next: `sync/semaphore/acquire.rs`.
//!
//! ```text
//!   word:  │ permits (61 bits) │ – │ CLOSED │ WAITERS │
//!
//!   acquire(n)   WAITERS clear, permits >= n:  one CAS takes n                        no lock
//!                else: lock, set WAITERS, join the line, Pending
//!   release(n)   WAITERS clear:                one CAS adds n                         no lock
//!                else: lock, hand n to the first in line, and so on; what is left over is added
//! ```
//!
//! * WAITERS changes under the lock only. When the lock is free, it says that the line is not
//!   empty.
//! * While it is set, nobody takes or adds permits without the lock: a new acquirer joins the line
//!   even if there are permits. So nobody overtakes, and a big request at the head gathers what is
//!   released, in the word, until it is enough: it is not starved by small ones behind it.
//! * A hand-over touches the word only if it empties the line or leaves something over.
//! * A closed semaphore has no waiters: `close` calls them all, and nobody joins after it.

#![forbid(unsafe_code)]

use super::error::TryAcquireError;
use crate::base::note::Kind;
use crate::base::prim::{AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::wake::wait_list::{Line, call_all, in_batches};
use std::fmt;
use std::task::Waker;

/// Somebody is in line.
pub(super) const WAITERS: usize = 1;
pub(super) const CLOSED: usize = 2;
pub(super) const SHIFT: u32 = 3;

/// A number of permits, and the line of those who wait for some.
pub(crate) struct Permits {
    pub(super) word: AtomicUsize,
    pub(super) line: Mutex<Line>,
}

impl Permits {
    /// The most that fit.
    pub(crate) const MAX: usize = usize::MAX >> SHIFT;

    /// `permits` must not be more than [`Permits::MAX`]: the caller checks, and names itself.
    #[cfg(not(loom))]
    pub(crate) const fn new(kind: Kind, permits: usize) -> Self {
        Self { word: AtomicUsize::new(permits << SHIFT), line: Mutex::new(Line::new(kind)) }
    }

    #[cfg(loom)]
    pub(crate) fn new(kind: Kind, permits: usize) -> Self {
        Self { word: AtomicUsize::new(permits << SHIFT), line: Mutex::new(Line::new(kind)) }
    }

    /// None, and closed from the start.
    #[cfg(not(loom))]
    pub(crate) const fn closed() -> Self {
        Self { word: AtomicUsize::new(CLOSED), line: Mutex::new(Line::new(Kind::OnceCell)) }
    }

    /// What tells it apart in a dump.
    pub(crate) fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// How many a newcomer could take now: none while others wait.
    pub(crate) fn available(&self) -> usize {
        // Ordering: Acquire, pairs with the Release of `release`: who sees a permit come back also
        // sees what was done under it.
        let word = self.word.load(Ordering::Acquire);
        if word & WAITERS != 0 { 0 } else { word >> SHIFT }
    }

    /// Is anybody in line?
    pub(crate) fn has_waiters(&self) -> bool {
        // Ordering: Relaxed, a hint, or the caller knows by another word that somebody has joined.
        self.word.load(Ordering::Relaxed) & WAITERS != 0
    }

    pub(crate) fn is_closed(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `close`.
        self.word.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Takes `n` permits if they are there and nobody waits.
    #[inline]
    pub(crate) fn try_acquire(&self, n: usize) -> Result<(), TryAcquireError> {
        // Ordering: Relaxed, a first guess; the exchange checks it.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & CLOSED != 0 {
                return Err(TryAcquireError::Closed);
            }
            // Nothing at all is always there.
            if word >> SHIFT < n || word & WAITERS != 0 && n > 0 {
                return Err(TryAcquireError::NoPermits);
            }
            let less = word - (n << SHIFT);
            // Ordering: Acquire, pairs with the Release of `release`: we see what was done under
            // the permits we take. Relaxed on failure: another guess.
            match self.exchange(word, less, Ordering::Acquire) {
                Ok(()) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// Takes as many as there are, up to `n`, and says how many: none while others wait.
    pub(crate) fn take_up_to(&self, n: usize) -> usize {
        // Ordering: Relaxed, a first guess; the exchange checks it.
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            let some = if word & WAITERS == 0 { n.min(word >> SHIFT) } else { 0 };
            if some == 0 {
                return 0;
            }
            // Ordering: Acquire, as in `try_acquire`.
            match self.exchange(word, word - (some << SHIFT), Ordering::Acquire) {
                Ok(()) => return some,
                Err(now) => word = now,
            }
        }
    }

    /// Gives `n` permits back, or new ones; the first in line get them.
    #[inline]
    #[track_caller]
    pub(crate) fn release(&self, n: usize) {
        loop {
            // Ordering: Relaxed, a first guess; the exchange checks it.
            let mut word = self.word.load(Ordering::Relaxed);
            while word & WAITERS == 0 {
                // Ordering: Release, pairs with the Acquire of `try_acquire`.
                match self.exchange(word, more(word, n), Ordering::Release) {
                    Ok(()) => return,
                    Err(now) => word = now,
                }
            }
            if self.hand_over(n) {
                return;
            }
        }
    }

    /// Gives as many permits as `count` says under the lock, so that nobody who has the lock finds
    /// them neither here nor where they come from.
    pub(crate) fn add_with(&self, count: impl FnOnce() -> usize) {
        let line = self.line.lock();
        let n = count();
        if line.is_empty() {
            // Ordering: Release, as in `release`. WAITERS is clear and stays so under the lock.
            self.word.fetch_add(n << SHIFT, Ordering::Release);
        } else {
            self.serve_all(line, n);
        }
    }

    /// No more permits for anybody: those in line are told, and whoever comes later.
    pub(crate) fn close(&self) {
        let line = self.line.lock();
        // Ordering: Release for the Acquire in `is_closed`; Acquire: no permit moves unseen now.
        self.word.fetch_or(CLOSED, Ordering::AcqRel);
        // Ordering: as above; the line is empty in a moment, and nobody joins it any more.
        self.word.fetch_and(!WAITERS, Ordering::AcqRel);
        call_all(&self.line, line, |line| line);
    }

    #[inline]
    pub(super) fn exchange(&self, old: usize, new: usize, order: Ordering) -> Result<(), usize> {
        // Ordering: the caller's; Relaxed on failure, because the caller only guesses again.
        self.word.compare_exchange_weak(old, new, order, Ordering::Relaxed).map(drop)
    }

    /// Gives `n` permits to those in line. `false` if they have left meanwhile: `n` is still to
    /// give.
    #[inline(never)]
    #[track_caller]
    fn hand_over(&self, n: usize) -> bool {
        let mut line = self.line.lock();
        if line.is_empty() {
            return false;
        }
        if n != 1 {
            self.serve_all(line, n);
            return true;
        }
        // The usual case, without a batch. The head wanted more than there was: one more serves the
        // head and nobody else.
        let mut waker = None;
        self.serve(&mut line, 1, |one| {
            waker = one;
            false
        });
        drop(line);
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Gives `n` permits, and those in the word, to those in line. If there may be none, `n` is
    /// zero.
    #[track_caller]
    pub(super) fn serve_all<'a>(&'a self, line: MutexGuard<'a, Line>, mut n: usize) {
        // Ordering: Relaxed, as in `serve`.
        if n > Self::MAX - (self.word.load(Ordering::Relaxed) >> SHIFT) {
            drop(line);
            overflow(n);
        }
        in_batches(&self.line, line, |line, batch| {
            self.serve(line, std::mem::take(&mut n), |waker| {
                waker.into_iter().for_each(|waker| batch.push(waker));
                !batch.is_full()
            });
        });
    }

    /// Hands permits, the word's and `n` more, to the first in line and so on: while they last, and
    /// as long as `woken` says that it can take another waker. If nobody may wait, `n` is zero.
    fn serve(&self, line: &mut Line, n: usize, mut woken: impl FnMut(Option<Waker>) -> bool) {
        // Ordering: Relaxed, WAITERS is set: the word changes under the lock only. Who set it has
        // acquired what the word held then.
        let word = self.word.load(Ordering::Relaxed);
        if word & WAITERS == 0 {
            return;
        }
        let mut free = (word >> SHIFT) + n;
        while let Some(want) = line.first_want()
            && want <= free
        {
            free -= want;
            if let Some(waker) = line.hand_first()
                && !woken(waker)
            {
                break;
            }
        }
        let now = free << SHIFT | if line.is_empty() { 0 } else { WAITERS };
        if now != word {
            // Ordering: Release, pairs with the Acquire of `try_acquire`: what is left over here
            // was released by us, or by one who held the lock before us.
            self.word.fetch_add(now.wrapping_sub(word), Ordering::Release);
        }
    }
}

/// `word` with `n` more permits.
#[inline]
#[track_caller]
fn more(word: usize, n: usize) -> usize {
    // The permits are the word's top bits, so they overflow with it.
    match word.checked_add(n << SHIFT) {
        Some(sum) if n <= Permits::MAX => sum,
        _ => overflow(n),
    }
}

#[cold]
#[track_caller]
fn overflow(n: usize) -> ! {
    panic!(
        "a semaphore cannot hold {n} permits more: its limit is Semaphore::MAX_PERMITS ({}); \
         add only permits that were forgotten before",
        Permits::MAX
    );
}

impl fmt::Debug for Permits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permits")
            .field("available", &self.available())
            .field("closed", &self.is_closed())
            .finish()
    }
}
