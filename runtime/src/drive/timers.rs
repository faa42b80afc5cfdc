//! deadline -> Waker: one worker's timers, the next deadline, firing.
//!
//! Read before: `drive/wheel.rs`. Read next: `drive/entry.rs`, the side of whoever waits.
//!
//! Each worker has one [`Timers`]: a wheel behind a lock that normally only its owner takes. What
//! is filed in it lives in the futures that wait, so arming allocates nothing, and dropping the
//! future takes it out, on whatever thread. One word of state says who may touch it:
//!
//! ```text
//!            arm: lock, link                    fire: lock, unlink, take the waker
//!   IDLE ───────────────────────► ARMED ──────────────────────────────────────► FIRED
//!     ▲                            │ ▲                         store(FIRED): last touch │
//!     │       drop: lock, unlink   │ └──────────────────────────────────────────────────┘
//!     └────────────────────────────┘    poll: is the deadline over? Ready. Else arm again
//! ```
//!
//! FIRED is a hint, "ask the clock": only the clock makes a sleep ready. So nothing is early, a
//! deadline is moved without a CAS, and a timer that fires for an old one is polled for nothing.
//!
//! * Deadlines are rounded up to the wheel's milliseconds and the time is rounded down.
//! * Wakers are collected under the lock, 32 at a time, and woken after it: earlier deadlines
//!   first, equal ones in the order in which they were armed.
//! * `next` is read without the lock: by the owner before it sleeps. A thread that is not the
//!   owner and makes it earlier nudges the owner afterwards, whose next look then sees it.
//! * Any thread may fire what is due: one that looks for all, or one that relieves an owner which
//!   is stuck. Each timer is taken out under the lock, so it is woken once.
//!
//! Rules that the unsafe code here and in `drive/entry.rs` rests on:
//!
//! * INV-40: an ARMED node is pinned and linked in the wheel its entry points to, and is unlinked
//!   under that wheel's lock before it is freed.
//! * INV-41: links, place and waker of a node are touched by the holder of its wheel's lock while
//!   it is ARMED, and by its poller while it is not.
//! * INV-42: `store(FIRED, Release)` is the last touch of the firing side. Who has seen it with
//!   Acquire has the node to itself.
//! * INV-43: a wheel is never freed: one whose runtime has ended goes back to a process-wide
//!   list. A late drop that read ARMED locks live memory, sees FIRED and leaves.
//!
//! Left out: a lock-free list for drops on other threads. It saves a lock pair (4 ns, 22 when it is
//! contended), but a node is then not freed until its owner has looked, or has to be allocated.

use crate::base::clock::Clock;
use crate::base::list::{self, Links};
use crate::base::prim::{AtomicBool, AtomicU8, AtomicU64, Mutex, Ordering, UnsafeCell};
use crate::base::trace::trace;
use crate::drive::wheel::{Timed, Wheel};
use crate::wake::batch::{Batch, Panic};
use crate::wake::park::Unparker;
use std::cell::Cell;
use std::fmt;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

/// `next` of a wheel without a timer.
const NONE: u64 = u64::MAX;
/// How far an unrepresentable deadline is ahead, where one must be named: 30 years.
pub(crate) const FAR: Duration = Duration::from_secs(86_400 * 365 * 30);

/// Wheels that belong to nobody at the moment.
#[cfg(not(loom))]
static FREE: Mutex<Vec<&'static Timers>> = Mutex::new(Vec::new());
#[cfg(loom)]
loom::lazy_static! {
    static ref FREE: Mutex<Vec<&'static Timers>> = Mutex::new(Vec::new());
}

/// One worker's timers. See the head of the file.
pub(crate) struct Timers {
    pub(super) locked: Mutex<Locked>,
    /// The next deadline in milliseconds, or `NONE`. Written under the lock. Never too late.
    pub(super) next: AtomicU64,
    /// No runtime that uses this wheel has an older clock.
    base: Instant,
    /// The present clock's origin, in nanoseconds after `base`: millisecond 0 of the wheel.
    origin: AtomicU64,
    /// Has this wheel a thread that sleeps for it and for no other? Written under the lock.
    owned: AtomicBool,
}

pub(super) struct Locked {
    pub(super) wheel: Wheel<Node>,
    /// The runtime has ended: nothing more is armed.
    pub(super) closed: bool,
    /// Who sleeps for these timers: the owner; while there is none, whoever covers for it.
    pub(super) nudge: Option<Unparker>,
}

impl Timers {
    /// An empty wheel that counts from the origin of `clock`.
    pub(crate) fn acquire(clock: &Clock) -> &'static Timers {
        let origin = clock.origin();
        let mut free = FREE.lock();
        let fits = free.iter().position(|timers| timers.base <= origin);
        let reused = fits.map(|at| free.swap_remove(at));
        drop(free);
        let timers = reused.unwrap_or_else(|| Box::leak(Box::new(Timers::new(origin))));
        timers.open(origin);
        timers
    }

    fn new(base: Instant) -> Self {
        let locked = Locked { wheel: Wheel::new(), closed: true, nudge: None };
        let (next, origin) = (AtomicU64::new(NONE), AtomicU64::new(0));
        let owned = AtomicBool::new(false);
        Self { locked: Mutex::new(locked), next, base, origin, owned }
    }

    /// Gives the wheel to a runtime whose clock began at `origin`.
    fn open(&self, origin: Instant) {
        let mut locked = self.locked.lock();
        // In range: 2^64 ns are 584 years.
        let nanos = origin.duration_since(self.base).as_nanos() as u64;
        // Ordering: Relaxed, published by the lock; a straggler of an earlier runtime that reads
        // it computes a number that nobody looks at, because its entry is FIRED.
        self.origin.store(nanos, Ordering::Relaxed);
        // Ordering: Relaxed, see `is_owned`; an owner that was still there at the end is gone.
        self.owned.store(false, Ordering::Relaxed);
        locked.wheel.restart();
        locked.closed = false;
    }

    /// The end of its runtime: wakes everyone, and arms no more.
    pub(crate) fn close(&self, report: &mut dyn FnMut(Panic)) {
        let mut batch = Batch::new();
        let nudge = loop {
            let mut locked = self.locked.lock();
            locked.closed = true;
            if locked.fire_into(&mut batch, u64::MAX) {
                self.publish(&locked);
                break locked.nudge.take();
            }
            drop(locked);
            batch.wake_each(&mut *report);
        };
        drop(nudge);
        batch.wake_each(report);
    }

    /// Closes the wheel, and lets the next runtime have it. Whoever called `acquire` calls this
    /// once, and then no longer uses the wheel.
    pub(crate) fn release(&'static self, report: &mut dyn FnMut(Panic)) {
        self.close(report);
        FREE.lock().push(self);
    }

    /// From now on `owner` sleeps for this wheel, and is nudged when another thread arms a timer
    /// that is due before all others.
    pub(crate) fn own(&self, owner: Unparker) {
        let mut locked = self.locked.lock();
        // Ordering: Relaxed, see `is_owned`.
        self.owned.store(true, Ordering::Relaxed);
        let before = locked.nudge.replace(owner);
        drop(locked);
        drop(before);
    }

    /// The owner leaves, and `cover` is nudged in its place. True if anything is armed, which
    /// nobody sleeps for now. Does nothing if somebody else owns the wheel, or it is closed.
    pub(crate) fn disown(&self, owner: &Unparker, cover: Option<Unparker>) -> bool {
        let mut locked = self.locked.lock();
        let is_owner = locked.nudge.as_ref().is_some_and(|nudge| Arc::ptr_eq(nudge, owner));
        // Ordering: Relaxed, written under the lock, which we hold.
        let armed = is_owner && self.next.load(Ordering::Relaxed) != NONE;
        if is_owner {
            // Ordering: Relaxed, see `is_owned`.
            self.owned.store(false, Ordering::Relaxed);
            let before = std::mem::replace(&mut locked.nudge, cover);
            drop(locked);
            drop(before);
        }
        armed
    }

    /// Has `cover` nudged as long as there is no owner; unless somebody covers already.
    pub(crate) fn cover(&self, cover: Unparker) {
        let mut locked = self.locked.lock();
        if !locked.closed && locked.nudge.is_none() {
            locked.nudge = Some(cover);
        }
    }

    /// Does a thread of its own sleep for this wheel? If not, whoever covers it has to.
    pub(crate) fn is_owned(&self) -> bool {
        // Ordering: Relaxed. Who covers the wheel may read an old value. An old "no": it wakes up
        // for timers that the owner fires. An old "yes": it is nudged, by the owner who left timers
        // behind or by whoever armed one since, and sees after the nudge what was before it.
        self.owned.load(Ordering::Relaxed)
    }

    /// No timer fires before this, and sleeping longer makes one late. One load.
    #[inline]
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        // Ordering: Relaxed, the number is all there is to it. A sleeper that reads an old one is
        // nudged after the new one was stored, and reads again after the nudge.
        match self.next.load(Ordering::Relaxed) {
            NONE => None,
            next => {
                let origin = self.origin();
                origin.checked_add(Duration::from_millis(next)).or_else(|| origin.checked_add(FAR))
            }
        }
    }

    /// Wakes everyone whose deadline is at or before `now`: earlier deadlines first, equal ones
    /// in the order in which they were armed. Takes no lock when nothing is due.
    #[inline]
    pub(crate) fn fire(&self, now: Instant, report: &mut dyn FnMut(Panic)) {
        // Ordering: Relaxed, as in `next_deadline`.
        let next = self.next.load(Ordering::Relaxed);
        if next != NONE && next <= self.millis_over(now) {
            self.fire_due(self.millis_over(now), report);
        }
    }

    /// A batch at a time: what the wakers of one arm or drop, the next one sees. `now` stays, so a
    /// timer that is armed for a moment from now does not keep this from ending.
    #[cold]
    fn fire_due(&self, now: u64, report: &mut dyn FnMut(Panic)) {
        let mut batch = Batch::new();
        loop {
            let mut locked = self.locked.lock();
            let done = locked.fire_into(&mut batch, now);
            self.publish(&locked);
            drop(locked);
            batch.wake_each(&mut *report);
            if done {
                return;
            }
        }
    }

    /// Stores the wheel's next deadline; the lock is held.
    pub(super) fn publish(&self, locked: &Locked) {
        // Ordering: Relaxed, as in `next_deadline`.
        self.next.store(locked.wheel.next().unwrap_or(NONE), Ordering::Relaxed);
    }

    /// Files `node` for `deadline`; the lock is held. Returns whether it is the first due.
    pub(super) fn file(&self, locked: &mut Locked, node: &Node, deadline: Instant) -> bool {
        let when = self.millis_until(deadline);
        // Ordering: Relaxed, published by the lock.
        node.when.store(when, Ordering::Relaxed);
        // SAFETY(INV-40): the entry is pinned, in no wheel, and unlinks itself in time.
        unsafe { locked.wheel.insert(NonNull::from(node)) };
        // Ordering: Relaxed, written under the lock, which we hold.
        let first = when < self.next.load(Ordering::Relaxed);
        if first {
            // Ordering: Relaxed, as in `next_deadline`.
            self.next.store(when, Ordering::Relaxed);
        }
        first
    }

    /// The millisecond of a deadline, rounded up: a timer is never early.
    pub(super) fn millis_until(&self, deadline: Instant) -> u64 {
        let ahead = deadline.saturating_duration_since(self.origin());
        let millis = u64::from(ahead.subsec_nanos().div_ceil(1_000_000));
        ahead.as_secs().saturating_mul(1_000).saturating_add(millis).min(NONE - 1)
    }

    /// How many milliseconds are over, rounded down.
    fn millis_over(&self, now: Instant) -> u64 {
        let over = now.saturating_duration_since(self.origin());
        over.as_secs().saturating_mul(1_000).saturating_add(u64::from(over.subsec_millis()))
    }

    fn origin(&self) -> Instant {
        // Ordering: Relaxed, as in `open`: written before the wheel was handed to its runtime.
        self.base + Duration::from_nanos(self.origin.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Timers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timers").field("next", &self.next_deadline()).finish_non_exhaustive()
    }
}

impl Locked {
    /// Fires what is due at `now` until the batch is full. Returns whether that was all.
    fn fire_into(&mut self, batch: &mut Batch, now: u64) -> bool {
        while !batch.is_full() {
            let Some(node) = self.wheel.pop(now) else { return true };
            // SAFETY(INV-40): it was ARMED, hence alive; it stays so until FIRED is stored.
            let node = unsafe { node.as_ref() };
            // Ordering: Relaxed, for the eye only.
            trace!(Timer { due: node.when.load(Ordering::Relaxed) });
            // SAFETY(INV-41): ARMED, and we hold the lock.
            if let Some(waker) = node.waker.with_mut(|waker| unsafe { (*waker).take() }) {
                batch.push(waker);
            }
            // Ordering: Release, pairs with the Acquire loads in `poll_elapsed` and `drop`: what
            // we did to the entry is over when they see FIRED (INV-42). It may be gone now.
            node.state.store(FIRED, Ordering::Release);
        }
        false
    }
}

/// Not in a wheel; armed without asking the clock.
pub(super) const IDLE: u8 = 0;
/// In a wheel, with a waker.
pub(super) const ARMED: u8 = 1;
/// Not in a wheel; ask the clock.
pub(super) const FIRED: u8 = 2;

/// What both sides see of an entry.
pub(super) struct Node {
    links: Links<Node>,
    pub(super) waker: UnsafeCell<Option<Waker>>,
    /// The deadline as the wheel counts it. The poller may move it later without the lock.
    pub(super) when: AtomicU64,
    place: Cell<u16>,
    pub(super) state: AtomicU8,
}

impl Node {
    pub(super) fn new(state: u8) -> Self {
        Self {
            links: Links::new(),
            waker: UnsafeCell::new(None),
            when: AtomicU64::new(0),
            place: Cell::new(0),
            state: AtomicU8::new(state),
        }
    }
}

// SAFETY(INV-40): always the same fields of a linked, live entry, and no reference to all of it.
unsafe impl list::Node for Node {
    // SAFETY(INV-40): the caller's node is alive.
    unsafe fn links(node: NonNull<Self>) -> NonNull<Links<Self>> {
        // SAFETY(INV-40): `node` is alive, so its field is a valid place.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).links) }
    }
}

// SAFETY(INV-40): as above.
unsafe impl Timed for Node {
    // SAFETY(INV-40): the caller's node is alive.
    unsafe fn when(node: NonNull<Self>) -> u64 {
        // Ordering: Relaxed. A number moved later meanwhile fires too early, which is a hint
        // only.
        // SAFETY(INV-40): `node` is alive.
        unsafe { (*node.as_ptr()).when.load(Ordering::Relaxed) }
    }

    // SAFETY(INV-40): the caller's node is alive.
    unsafe fn place(node: NonNull<Self>) -> NonNull<Cell<u16>> {
        // SAFETY(INV-40): `node` is alive, so its field is a valid place.
        unsafe { NonNull::new_unchecked(&raw mut (*node.as_ptr()).place) }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "timers_tests.rs"]
pub(super) mod tests;
