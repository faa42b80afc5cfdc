//! a counter and a line: an uncontended acquire or release is one RMW.
//!
//! Read before: `wake/wait_list.rs`. [`Permits`] is what `Semaphore`, `Mutex`, `Queue` and the
//! bounded channel stand on: each adds its guards. Next: `sync/semaphore/guarded.rs`.
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
//! * INV-55: a future with a waiter inside is `!Unpin` (its links are), so once polled it stays put
//!   until its `drop`, which leaves the line.

pub(crate) use super::error::{AcquireError, TryAcquireError};
use crate::base::note::Kind;
use crate::base::prim::{AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::wake::block_on::{assert_may_block, block_on};
use crate::wake::coop;
use crate::wake::says;
use crate::wake::wait_list::{Handed, Left, Line, Standing, Waiter, call_all, in_batches};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// Somebody is in line.
const WAITERS: usize = 1;
const CLOSED: usize = 2;
const SHIFT: u32 = 3;

/// A number of permits, and the line of those who wait for some.
pub(crate) struct Permits {
    word: AtomicUsize,
    line: Mutex<Line>,
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

    /// Waits for `n` permits, behind all who came before. See [`Acquire`].
    #[inline]
    pub(crate) fn acquire(&self, n: usize) -> Acquire<'_> {
        Acquire { permits: self, n, waiter: Waiter::new() }
    }

    /// Waits for `n` permits and blocks the thread meanwhile. Without a wait it allocates nothing.
    #[track_caller]
    pub(crate) fn acquire_blocking(&self, n: usize) -> Result<(), AcquireError> {
        assert_may_block();
        match self.try_acquire(n) {
            Ok(()) => Ok(()),
            Err(_) => block_on(self.acquire(n)),
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
    fn exchange(&self, old: usize, new: usize, order: Ordering) -> Result<(), usize> {
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
    fn serve_all<'a>(&'a self, line: MutexGuard<'a, Line>, mut n: usize) {
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

/// Waits for permits, and is ready when it has them: they are the caller's to release.
///
/// FIFO among all who wait. Cancel-safe: dropped before it is ready, it leaves the line, and gives
/// back what it may have been handed already. Not fused: polled after it was ready, it waits again.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub(crate) struct Acquire<'a> {
    permits: &'a Permits,
    n: usize,
    waiter: Waiter,
}

impl Future for Acquire<'_> {
    type Output = Result<(), AcquireError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(coop::ready(cx));
        let this = self.into_ref().get_ref();
        if this.waiter.standing() == Standing::Out && this.permits.try_acquire(this.n).is_ok() {
            coop::spend();
            return Poll::Ready(Ok(()));
        }
        // SAFETY(INV-55): `self` was pinned.
        says::located(unsafe { this.poll_in_line(cx) }, this.permits.address())
    }
}

impl Acquire<'_> {
    /// # Safety
    /// INV-55: the future is pinned.
    #[inline(never)]
    unsafe fn poll_in_line(&self, cx: &mut Context<'_>) -> Poll<Result<(), AcquireError>> {
        loop {
            let outcome = match self.waiter.standing() {
                // SAFETY(INV-55): the caller's promise.
                Standing::Out => ready!(unsafe { self.line_up(cx.waker().clone()) }),
                Standing::Waiting => {
                    if self.waiter.rewaken(&self.permits.line, cx.waker()) {
                        return Poll::Pending;
                    }
                    continue;
                }
                Standing::Handed(Handed::All) => Err(AcquireError(())),
                Standing::Handed(_) => Ok(()),
            };
            self.waiter.settle();
            coop::spend();
            return Poll::Ready(outcome);
        }
    }

    /// Joins the line, unless there is nothing to wait for after all.
    ///
    /// # Safety
    /// INV-55: the future is pinned.
    unsafe fn line_up(&self, waker: Waker) -> Poll<Result<(), AcquireError>> {
        let Permits { word: shared, line } = self.permits;
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut line = line.lock();
        // Ordering: Relaxed, a first guess: an exchange checks it, or WAITERS guards it.
        let mut word = shared.load(Ordering::Relaxed);
        while word & WAITERS == 0 {
            if word & CLOSED != 0 {
                return Poll::Ready(Err(AcquireError(())));
            }
            let enough = word >> SHIFT >= self.n;
            let now = if enough { word - (self.n << SHIFT) } else { word | WAITERS };
            // Ordering: Acquire, pairs with the Release of `release`: for the permits that we take,
            // or that are there when the word comes under the lock.
            match self.permits.exchange(word, now, Ordering::Acquire) {
                Ok(()) if enough => return Poll::Ready(Ok(())),
                Ok(()) => break,
                Err(now) => word = now,
            }
        }
        // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
        unsafe { line.join(&self.waiter, Some(waker), self.n) };
        Poll::Pending
    }
}

impl Drop for Acquire<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.waiter.standing() != Standing::Out {
            self.give_up();
        }
    }
}

impl Acquire<'_> {
    #[cold]
    fn give_up(&mut self) {
        let permits = self.permits;
        let mut line = permits.line.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        match unsafe { line.leave(&self.waiter) } {
            Left::Waiting(waker) => {
                // We may have been the head that wanted much: who was behind us may want less.
                permits.serve_all(line, 0);
                drop(waker);
            }
            Left::Handed(Handed::All) => {}
            Left::Handed(_) => {
                drop(line);
                permits.release(self.n);
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "permits_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "permits_model_tests.rs"]
mod model;
