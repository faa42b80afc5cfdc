//! many wakers in line: FIFO, cancel-safe, no allocation.
//!
//! Read before: `base/list.rs`, `wake/batch.rs`. Next: `sync/event.rs`, the smallest user.
//!
//! Every primitive that lets tasks wait keeps a [`Line`] under a lock of its own. The places in the
//! line, [`Waiter`]s, live inside the futures that wait, so standing in line allocates nothing.
//! Most primitives take the lock only when somebody waits, as a bit in a word of their own says.
//!
//! ```text
//!           join (lock)                 hand (lock)                   the future takes it
//!   OUT ──────────────────► WAITING ──────────────────► HANDED(what) ─────────────────────► OUT
//!    ▲                         │
//!    └── leave (lock) ─────────┘          what = One | Last: its own, to pass on if it is dropped
//!                                                All: everybody got it, nothing to pass on
//! ```
//!
//! A wake is a gift, not a hint: whoever frees something gives it to the first in line, by name,
//! and only then wakes it. Nobody who comes later can take it away, so the order of arrival is the
//! order of service. The price: a future that was handed something and is dropped must pass it on;
//! that is what [`Line::leave`] tells it.
//!
//! "Everybody who waits now" must not include those who come while the wakers run, and the wakers
//! run in batches outside the lock. So [`Line::call`] moves the whole line aside in one step, and
//! starts a new round; a waiter that leaves finds its list by its round.
//!
//! No foreign code runs under the lock: the waker is cloned before, woken or dropped after.
//!
//! * INV-14: a waiter's links, `round` and `want`, and a line, are touched under the line's lock
//!   only.
//! * INV-15: while a waiter is WAITING, its line owns the waker in its cell. `hand` and `leave`
//!   move it out, once, by a read. Only the waiter's own future writes the cell: under the lock,
//!   and never while it is HANDED. So the future may compare the cell's bits without the lock.
//! * INV-16: WAITING ends under the lock only, and `hand` stores HANDED as its last touch of the
//!   waiter: from then on the future may be gone.
//! * INV-17: a waiter is pinned, and its future calls `leave` before it goes if it is WAITING.
//!
//! What we left out: waiters of several kinds in one line (a reader and a writer differ in `want`),
//! and a lock-free line: the lock is held for a dozen instructions.

use super::batch::Batch;
use super::says;
use crate::base::list::{Links, List, Node};
use crate::base::note::{Kind, Wait};
use crate::base::prim::{AtomicU8, Mutex, MutexGuard, Ordering, UnsafeCell};
use std::cell::Cell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::resume_unwind;
use std::ptr::NonNull;
use std::task::Waker;

/// What a waiter was handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handed {
    /// Something of its own, because it was the first in line.
    One,
    /// Something of its own, because it was the last in line.
    Last,
    /// What everybody in line was told.
    All,
}

/// Where a waiter stands, seen by its own future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Standing {
    Out,
    Waiting,
    Handed(Handed),
}

const OUT: u8 = 0;
const WAITING: u8 = 1;
const ONE: u8 = 2;
const LAST: u8 = 3;
const ALL: u8 = 4;

/// A place in a line: part of the future that waits.
pub(crate) struct Waiter {
    links: Links<Waiter>,
    /// The line's while WAITING (INV-15). Never dropped in place.
    waker: UnsafeCell<ManuallyDrop<Option<Waker>>>,
    /// How much it waits for; the primitive says of what.
    want: Cell<usize>,
    /// The line's round when it joined: the current one, or it has been called.
    round: Cell<u32>,
    /// The line's name, for its own future to say.
    kind: Cell<Kind>,
    state: AtomicU8,
}

// SAFETY(INV-14): whoever meets a waiter through its line holds the line's lock; its future touches
// `state`, which is atomic, `kind`, which nobody else does, and the waker by the rule of INV-15.
unsafe impl Send for Waiter {}
// SAFETY(INV-14): as above; a shared reference to the future reaches nothing but `state`.
unsafe impl Sync for Waiter {}

// SAFETY(INV-14): the links are a field of the node, found without a reference to the rest of it.
unsafe impl Node for Waiter {
    // SAFETY(INV-17): `node` is alive, says the caller.
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY(INV-17): a field of a live node is not null.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

impl Waiter {
    pub(crate) fn new() -> Self {
        Self {
            links: Links::new(),
            waker: UnsafeCell::new(ManuallyDrop::new(None)),
            want: Cell::new(0),
            round: Cell::new(0),
            kind: Cell::new(Kind::Notify),
            state: AtomicU8::new(OUT),
        }
    }

    /// Where do I stand? For the waiter's own future.
    #[inline]
    pub(crate) fn standing(&self) -> Standing {
        // Ordering: Acquire, pairs with the Release store in `hand`: what was done before the
        // hand-over is seen by the one who was handed it, and the line is done with this waiter.
        match self.state.load(Ordering::Acquire) {
            OUT => Standing::Out,
            WAITING => Standing::Waiting,
            ONE => Standing::Handed(Handed::One),
            LAST => Standing::Handed(Handed::Last),
            _ => Standing::Handed(Handed::All),
        }
    }

    /// The future has taken what it was handed: out of the line, as if new.
    #[inline]
    pub(crate) fn settle(&self) {
        // Ordering: Relaxed, no other thread looks at a waiter that is in no line.
        self.state.store(OUT, Ordering::Relaxed);
    }

    /// The same, but for good: from now on it stands as if told with all others.
    #[inline]
    pub(crate) fn finish(&self) {
        // Ordering: Relaxed, as in `settle`.
        self.state.store(ALL, Ordering::Relaxed);
    }

    /// The future was polled again while WAITING: the waker to call is now `waker`.
    ///
    /// No lock if it is the one that was left behind. `false` if the waiting is over: look again.
    #[must_use]
    pub(crate) fn rewaken<G>(&self, lock: &Mutex<G>, waker: &Waker) -> bool {
        says::waits(Wait::Named(self.kind.get(), 0));
        let same = self.waker.with(|cell| {
            // SAFETY(INV-15): nobody but us writes the cell. Its waker may just be moved out, by a
            // read; comparing the bits that stay behind touches nothing they point to.
            unsafe { &*cell }.as_ref().is_some_and(|left| left.will_wake(waker))
        });
        if same {
            return true;
        }
        let mut spare = Some(waker.clone());
        let guard = lock.lock();
        // Ordering: Relaxed, the lock orders it: WAITING ends under the lock only.
        let waiting = self.state.load(Ordering::Relaxed) == WAITING;
        if waiting {
            // SAFETY(INV-15): we are this waiter's future, hold the lock, and it is WAITING.
            self.waker.with_mut(|cell| unsafe { std::mem::swap(&mut **cell, &mut spare) });
        }
        drop(guard);
        waiting
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Waiter").field(&self.standing()).finish()
    }
}

/// Those who wait, in the order of their coming. Lives under a lock.
#[derive(Debug)]
pub(crate) struct Line {
    waiting: List<Waiter>,
    /// Called all together, and not yet handed it one by one.
    called: List<Waiter>,
    round: u32,
    kind: Kind,
}

/// How a waiter left.
#[derive(Debug)]
#[must_use = "what was handed over has to be passed on; a waker is dropped after the lock"]
pub(crate) enum Left {
    /// It was WAITING. Here is its waker.
    Waiting(Option<Waker>),
    /// Too late: it has been handed this.
    Handed(Handed),
}

impl Line {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self { waiting: List::new(), called: List::new(), round: 0, kind }
    }

    /// Does nobody wait? Those who have been called are not counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How much the first in line wants.
    pub(crate) fn first_want(&self) -> Option<usize> {
        // SAFETY(INV-17): it is in the line, hence alive.
        self.waiting.front().map(|first| unsafe { first.as_ref() }.want.get())
    }

    /// To the back of the line. Without a waker, nobody is woken when its turn comes.
    ///
    /// # Safety
    /// INV-17: `waiter` is pinned, OUT, and its future calls `leave` on this line before it goes.
    pub(crate) unsafe fn join(&mut self, waiter: &Waiter, waker: Option<Waker>, want: usize) {
        // SAFETY(INV-15): it is OUT, and the caller is its future: the cell is empty.
        waiter.waker.with_mut(|cell| unsafe { cell.write(ManuallyDrop::new(waker)) });
        waiter.want.set(want);
        waiter.round.set(self.round);
        waiter.kind.set(self.kind);
        says::waits(Wait::Named(self.kind, 0));
        // Ordering: Relaxed, others look under the lock only, and its own future wrote it.
        waiter.state.store(WAITING, Ordering::Relaxed);
        // SAFETY(INV-17): pinned until it leaves; it was OUT, so it is in no list.
        unsafe { self.waiting.push_back(NonNull::from(waiter)) };
    }

    /// Gives the first in line what it waited for. Whom to wake, after the lock.
    #[inline]
    pub(crate) fn hand_first(&mut self) -> Option<Option<Waker>> {
        let first = self.waiting.pop_front()?;
        // SAFETY(INV-16): it was in the line, so it is WAITING, and unlinked now.
        Some(unsafe { hand(first, ONE) })
    }

    /// The same for the last in line.
    pub(crate) fn hand_last(&mut self) -> Option<Option<Waker>> {
        let last = self.waiting.back()?;
        // SAFETY(INV-14): it is the last of this list, and ours is the lock.
        unsafe { self.waiting.remove(last) };
        // SAFETY(INV-16): as in `hand_first`.
        Some(unsafe { hand(last, LAST) })
    }

    /// Calls everybody who waits now; [`call_all`] hands it to them. Who joins from now on waits
    /// for the next call.
    fn call(&mut self) {
        self.round = self.round.wrapping_add(1);
        if self.called.is_empty() {
            self.called = self.waiting.take();
            return;
        }
        // Another call is still being handed round: these stand behind those.
        while let Some(waiter) = self.waiting.pop_front() {
            // SAFETY(INV-14): just unlinked, and alive, because it has not left.
            unsafe { self.called.push_back(waiter) };
        }
    }

    fn hand_called(&mut self) -> Option<Option<Waker>> {
        let next = self.called.pop_front()?;
        // SAFETY(INV-16): as in `hand_first`.
        Some(unsafe { hand(next, ALL) })
    }

    /// The waiter's future goes, or waits no longer. Out of the line, wherever in it.
    ///
    /// # Safety
    /// The caller is the waiter's future, and this is the line it joined.
    pub(crate) unsafe fn leave(&mut self, waiter: &Waiter) -> Left {
        match waiter.standing() {
            Standing::Out => return Left::Waiting(None),
            Standing::Handed(what) => return Left::Handed(what),
            Standing::Waiting => {}
        }
        let list =
            if waiter.round.get() == self.round { &mut self.waiting } else { &mut self.called };
        // SAFETY(INV-14): it is WAITING, so it is in a list of this line, and its round says which.
        unsafe { list.remove(NonNull::from(waiter)) };
        waiter.settle();
        // SAFETY(INV-15): it was WAITING: the line owned the waker, and gives it back.
        Left::Waiting(waiter.waker.with(|cell| unsafe { cell.cast::<Option<Waker>>().read() }))
    }
}

/// Ends the waiting of an unlinked waiter.
///
/// # Safety
/// INV-16: it is WAITING, in no list any more, and the lock of its line is held.
#[inline]
unsafe fn hand(waiter: NonNull<Waiter>, what: u8) -> Option<Waker> {
    // SAFETY(INV-17): WAITING, hence alive, until the store below.
    let waiter = unsafe { waiter.as_ref() };
    // SAFETY(INV-15): it is WAITING: the waker is the line's to move out, and a read leaves the
    // cell as it is for the future that may be comparing its bits.
    let waker = waiter.waker.with(|cell| unsafe { cell.cast::<Option<Waker>>().read() });
    // Ordering: Release, pairs with the Acquire load in `standing`: all that came before the
    // hand-over, and the end of our own use of the waiter.
    waiter.state.store(what, Ordering::Release);
    waker
}

/// Hands [`Handed::All`] to everybody who waits now, however many, and to nobody who comes later.
pub(crate) fn call_all<'a, G>(
    lock: &'a Mutex<G>,
    mut guard: MutexGuard<'a, G>,
    line: fn(&mut G) -> &mut Line,
) {
    line(&mut guard).call();
    in_batches(lock, guard, |guarded, batch| {
        while !batch.is_full()
            && let Some(waker) = line(guarded).hand_called()
        {
            waker.into_iter().for_each(|waker| batch.push(waker));
        }
    });
}

/// Lets `fill` hand things out under the lock, and wakes outside it: again and again, until it has
/// left room in its batch. A waker that panics does not stop the others; the panic comes last.
pub(crate) fn in_batches<'a, G>(
    lock: &'a Mutex<G>,
    mut guard: MutexGuard<'a, G>,
    mut fill: impl FnMut(&mut G, &mut Batch),
) {
    let mut outcome = Ok(());
    loop {
        let mut batch = Batch::new();
        fill(&mut guard, &mut batch);
        let more = batch.is_full();
        drop(guard);
        outcome = outcome.and(batch.wake_all());
        if !more {
            break;
        }
        guard = lock.lock();
    }
    if let Err(panic) = outcome {
        resume_unwind(panic);
    }
}

#[cfg(test)]
#[path = "poller_tests.rs"]
pub(crate) mod poller;

#[cfg(all(test, not(loom)))]
#[path = "wait_list_tests.rs"]
mod tests;
