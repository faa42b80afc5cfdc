//! one deadline and its waiter: arm, move, drop; the poller's side of a timer.
//!
//! Read before: `drive/timers.rs`, the firing side, with the states and the invariants. Read
//! next: `time/sleep.rs`, the future around an [`Entry`].
//!
//! An entry belongs to one future, which polls it through `Pin<&mut _>`; so arming, moving and
//! dropping never meet each other. They meet the firing side:
//!
//! | the poller | fire was first | the poller was first |
//! |---|---|---|
//! | polls, same waker | FIRED: asks the clock, or that waker is about to be woken | is woken |
//! | polls, another waker | sees FIRED under the lock: asks the clock | the new one is woken |
//! | moves it later | woken for nothing: polls, arms again | the wheel files it again |
//! | moves it earlier | sees FIRED under the lock: the poll after the wake decides | filed anew |
//! | drops it | FIRED: takes no lock; or sees it under the lock, and leaves | unlinked |
//!
//! The end of a runtime fires all, so it is "fire" in this table too; the wheel outlives it.
//!
//! What an operation costs: arm, one clone of the waker and one lock pair; poll again, one load;
//! move later, one load and one store; drop, one lock pair, or one load when it has fired. No clock
//! reading but after FIRED: whoever has just made a deadline that lies ahead need not ask again.

use crate::base::prim::{MutexGuard, Ordering};
use crate::drive::timers::{ARMED, FIRED, IDLE, Locked, Node, Timers};
use std::fmt;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, RawWakerVTable, Waker};
use std::time::Instant;

/// Why a timer could not be armed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unarmed {
    /// No runtime on this thread.
    NoRuntime,
    /// This thread's runtime has ended.
    Ended,
}

/// One deadline and whoever waits for it. Lives in the future that waits.
pub(crate) struct Entry {
    node: Node,
    deadline: Instant,
    /// The wheel it was armed in last.
    timers: Option<&'static Timers>,
    /// Which waker the wheel has.
    left: Identity,
}

/// Tells wakers apart without owning one: `Waker::will_wake`, when the other one is in the wheel
/// and may be looked at under its lock only.
#[derive(PartialEq)]
struct Identity(*const (), *const RawWakerVTable);

impl Identity {
    fn of(waker: &Waker) -> Self {
        Self(waker.data(), waker.vtable())
    }
}

// SAFETY(INV-41): what is not atomic in it belongs to one thread at a time: to the holder of the
// wheel's lock, or to the poller, who has it exclusively. `left` is compared, never followed.
unsafe impl Send for Entry {}
// SAFETY(INV-41): as above; through a shared reference only the deadline can be read.
unsafe impl Sync for Entry {}

impl Entry {
    /// An entry that is in no wheel yet. `ahead`: the caller has just read the clock, and the
    /// deadline is later; the first poll need not ask again.
    pub(crate) fn new(deadline: Instant, ahead: bool) -> Self {
        let node = Node::new(if ahead { IDLE } else { FIRED });
        let left = Identity(std::ptr::null(), std::ptr::null());
        Self { node, deadline, timers: None, left }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Ready with the time once the deadline is over. `now` reads the clock; `here` is the wheel of
    /// this thread, and whether the thread is the one that sleeps for it.
    #[inline]
    pub(crate) fn poll_elapsed(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        now: impl FnOnce() -> Instant,
        here: impl FnOnce() -> Option<(&'static Timers, bool)>,
    ) -> Poll<Result<Instant, Unarmed>> {
        // SAFETY(INV-40): nothing is moved out of it.
        let me = unsafe { self.get_unchecked_mut() };
        // Ordering: Acquire, pairs with FIRED's Release in `fire_into`: the waker is ours again.
        let state = me.node.state.load(Ordering::Acquire);
        // In the wheel, with the right waker: whoever fires it wakes us. No clock, no lock.
        if state == ARMED && (me.left == Identity::of(cx.waker()) || me.leave(cx.waker())) {
            return Poll::Pending;
        }
        // FIRED, and perhaps for a deadline that was moved since: the clock decides.
        if let Some(time) = (state != IDLE).then(now).filter(|time| me.deadline <= *time) {
            return Poll::Ready(Ok(time));
        }
        let Some((timers, owner)) = here() else { return Poll::Ready(Err(Unarmed::NoRuntime)) };
        match me.arm(cx.waker(), timers, owner) {
            Ok(()) => Poll::Pending,
            Err(unarmed) => Poll::Ready(Err(unarmed)),
        }
    }

    /// Files the entry, which is in no wheel, in `timers`.
    fn arm(&mut self, waker: &Waker, timers: &'static Timers, mine: bool) -> Result<(), Unarmed> {
        // Before the lock: a waker's clone is foreign code. The clone is what later wakers are
        // compared with, because the clone is what stays alive meanwhile.
        let waker = waker.clone();
        let left = Identity::of(&waker);
        let mut locked = timers.locked.lock();
        if locked.closed {
            drop(locked);
            return Err(Unarmed::Ended);
        }
        // SAFETY(INV-41): not ARMED, and we are the poller.
        self.node.waker.with_mut(|slot| unsafe { *slot = Some(waker) });
        let first = timers.file(&mut locked, &self.node, self.deadline);
        // Ordering: Relaxed, published by the lock; until the unlock only we look at it.
        self.node.state.store(ARMED, Ordering::Relaxed);
        // The owner reads `next` before it sleeps; if it sleeps, or read an older one, tell it.
        let nudge = if first && !mine { locked.nudge.clone() } else { None };
        drop(locked);
        (self.timers, self.left) = (Some(timers), left);
        if let Some(sleeper) = nudge {
            sleeper.unpark();
        }
        Ok(())
    }

    /// Leaves another waker in the wheel; not if the entry has fired.
    fn leave(&mut self, waker: &Waker) -> bool {
        let waker = waker.clone();
        let left = Identity::of(&waker);
        let Some(locked) = self.lock_if_armed() else { return false };
        // SAFETY(INV-41): ARMED, and we hold the lock.
        let old = self.node.waker.with_mut(|slot| unsafe { (*slot).replace(waker) });
        drop(locked);
        self.left = left;
        drop(old);
        true
    }

    /// Sets another deadline. The next poll tells if it is over. `here` as in `poll_elapsed`.
    pub(crate) fn reset(
        self: Pin<&mut Self>,
        deadline: Instant,
        here: impl FnOnce() -> Option<(&'static Timers, bool)>,
    ) {
        // SAFETY(INV-40): nothing is moved out of it.
        let me = unsafe { self.get_unchecked_mut() };
        let later = deadline >= me.deadline;
        me.deadline = deadline;
        let state = &me.node.state;
        // Ordering: Acquire, pairs with the Release of FIRED in `fire_into`.
        match (state.load(Ordering::Acquire), me.timers) {
            (ARMED, Some(timers)) if later => {
                let when = timers.millis_until(deadline);
                // Ordering: Relaxed. Where the wheel still reads the old one, it fires: a hint.
                me.node.when.store(when, Ordering::Relaxed);
            }
            (ARMED, Some(timers)) => me.bring_forward(timers, here),
            // Ordering: Relaxed, the entry is ours. Whoever made it early meant another deadline.
            _ => state.store(FIRED, Ordering::Relaxed),
        }
    }

    /// Files it anew, nearer: the wheel would find it too late where it is.
    fn bring_forward(
        &mut self,
        timers: &'static Timers,
        here: impl FnOnce() -> Option<(&'static Timers, bool)>,
    ) {
        // If it has fired, the poll that follows the wake looks at the new deadline.
        let Some(mut locked) = self.lock_if_armed() else { return };
        // SAFETY(INV-40): ARMED, so it is in this wheel, whose lock we hold.
        unsafe { locked.wheel.remove(NonNull::from(&self.node)) };
        let first = timers.file(&mut locked, &self.node, self.deadline);
        // As in `arm`. Whose thread this is, is asked only if it matters.
        let nudge = if first { locked.nudge.clone() } else { None };
        drop(locked);
        let mine = || here().is_some_and(|(here, owner)| owner && std::ptr::eq(here, timers));
        match nudge {
            Some(sleeper) if !mine() => sleeper.unpark(),
            _ => {}
        }
    }

    /// Takes the entry out of its wheel.
    fn cancel(&mut self) {
        let Some((mut locked, timers)) = self.lock_if_armed().zip(self.timers) else { return };
        // SAFETY(INV-40): ARMED, so it is in this wheel, whose lock we hold.
        let emptied = unsafe { locked.wheel.remove(NonNull::from(&self.node)) };
        // Ordering: Relaxed, written under the lock, which we hold, or by ourselves.
        let when = self.node.when.load(Ordering::Relaxed);
        // Ordering: Relaxed, as above. Nobody shall wake up for a timer that is not there.
        if emptied || when == timers.next.load(Ordering::Relaxed) {
            timers.publish(&locked);
        }
        // SAFETY(INV-41): ARMED, and we hold the lock.
        let waker = self.node.waker.with_mut(|slot| unsafe { (*slot).take() });
        // Ordering: Relaxed, the entry is ours now.
        self.node.state.store(IDLE, Ordering::Relaxed);
        drop(locked);
        drop(waker);
    }

    /// The lock of the wheel that the entry is in, if it still is in it.
    fn lock_if_armed(&self) -> Option<MutexGuard<'static, Locked>> {
        let locked = self.timers?.locked.lock();
        // Ordering: Relaxed, FIRED is stored under the lock, which we hold.
        (self.node.state.load(Ordering::Relaxed) == ARMED).then_some(locked)
    }
}

impl Drop for Entry {
    #[inline]
    fn drop(&mut self) {
        // Ordering: Acquire, pairs with the Release of FIRED in `fire_into`: the firing side has
        // let go of the entry (INV-42).
        if self.node.state.load(Ordering::Acquire) == ARMED {
            self.cancel();
        }
        // The fields are dropped now. The model checker cannot see that; this it can.
        #[cfg(loom)]
        // SAFETY(INV-42): not ARMED, so the entry is ours.
        self.node.waker.with_mut(|slot| assert!(unsafe { (*slot).is_none() }));
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
#[path = "entry_loom_tests.rs"]
mod loom_tests;

#[cfg(all(test, not(loom)))]
#[path = "entry_tests.rs"]
mod tests;
