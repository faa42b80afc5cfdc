//! one value, one word of state, two waker slots.
//!
//! Read before: `wake/slot.rs`, the same dance without a value. Next: `sync/oneshot/channel.rs`.
//!
//! The two halves of a oneshot share one allocation, 32 bytes for a value of eight. Each bit of its
//! state word is set by one side only, and says what the other must now do:
//!
//! | bit | set by | it says |
//! |---|---|---|
//! | VALUE | sender | the value is in its place; it is the receiver's |
//! | ENDED | sender | nothing more will come; if you were waiting, I have your waker |
//! | TX_WAITS | sender | my waker is where the value would be; close, and it is yours |
//! | TX_GONE | sender | I do not touch the allocation again |
//! | CLOSED | receiver | I want nothing; a value that comes now stays yours |
//! | RX_WAITS | receiver | my waker is in its slot; end, and it is yours |
//! | RX_GONE | receiver | I do not touch the allocation again |
//!
//! ```text
//!   receiver first                            sender first
//!     poll: write waker, RX_WAITS               send: write value, VALUE ENDED TX_GONE
//!     send: write value, VALUE ENDED            poll: read value, free
//!           take waker, TX_GONE, wake
//!     poll: read value, free
//! ```
//!
//! So an exchange costs one read-modify-write when the sender is first, three when the receiver
//! waits, and the count of two halves costs none: who finds the other one gone frees the
//! allocation.
//!
//! ENDED and CLOSED meet in every order, and the first one decides. The sender ends by
//! compare-and-swap, so it never ends with a value what is closed; the receiver closes by
//! `fetch_or` and reads in the answer what the sender had done before.
//!
//! * INV-67: `place` holds the value if VALUE, and the value is the receiver's. It holds the
//!   sender's waker if TX_WAITS was set before CLOSED; who sets CLOSED first and sees TX_WAITS
//!   takes it out, or the sender does, by clearing TX_WAITS before CLOSED. In all other states it
//!   is the sender's to write.
//! * INV-68: the receiver's slot is written by the receiver only, and only while RX_WAITS is clear.
//!   A waker in it is the sender's once ENDED was set over RX_WAITS and before CLOSED, and the
//!   receiver's otherwise.
//! * INV-69: a half is used by one thread at a time, by its owner.
//! * INV-70: the allocation lives until both GONE bits are set; whose bit comes second frees it,
//!   and a half does not touch it after its own.
//!
//! The sender's waker is in a box of its own, made when a sender first waits in `closed`: few do,
//! and it keeps the place as small as a pointer.

use crate::base::prim::{AtomicU8, Ordering, UnsafeCell};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

const VALUE: u8 = 1;
const ENDED: u8 = 1 << 1;
const TX_WAITS: u8 = 1 << 2;
const TX_GONE: u8 = 1 << 3;
const CLOSED: u8 = 1 << 4;
const RX_WAITS: u8 = 1 << 5;
const RX_GONE: u8 = 1 << 6;

struct Shared<T> {
    state: AtomicU8,
    /// INV-68.
    rx_waker: UnsafeCell<MaybeUninit<Waker>>,
    /// INV-67.
    place: UnsafeCell<Place<T>>,
}

/// The value, or before there is one the waker of a sender that waits for the end of interest.
union Place<T> {
    nothing: (),
    value: ManuallyDrop<T>,
    tx_waker: ManuallyDrop<Box<Waker>>,
}

/// The sender's half.
pub(super) struct TxHalf<T> {
    shared: NonNull<Shared<T>>,
    _value: PhantomData<Box<T>>,
}

/// The receiver's half.
pub(super) struct RxHalf<T> {
    shared: NonNull<Shared<T>>,
    _value: PhantomData<Box<T>>,
}

// SAFETY(INV-67, INV-68): a half hands a value, and wakers, to the thread of the other; INV-69: it
// gives nobody a reference to the value, so `T: Send` is enough for a shared half too.
unsafe impl<T: Send> Send for TxHalf<T> {}
// SAFETY(INV-69): what a shared half can do is to read the state.
unsafe impl<T: Send> Sync for TxHalf<T> {}
// SAFETY(INV-67, INV-68): as for the sender's half.
unsafe impl<T: Send> Send for RxHalf<T> {}
// SAFETY(INV-69): as for the sender's half.
unsafe impl<T: Send> Sync for RxHalf<T> {}

/// Two halves of one allocation.
pub(super) fn halves<T>() -> (TxHalf<T>, RxHalf<T>) {
    let shared = Box::new(Shared {
        state: AtomicU8::new(0),
        rx_waker: UnsafeCell::new(MaybeUninit::uninit()),
        place: UnsafeCell::new(Place { nothing: () }),
    });
    // SAFETY(INV-70): a box is never null; from here on the GONE bits say who frees it.
    let shared = unsafe { NonNull::new_unchecked(Box::into_raw(shared)) };
    (TxHalf { shared, _value: PhantomData }, RxHalf { shared, _value: PhantomData })
}

impl<T> Shared<T> {
    /// # Safety
    /// INV-67: the value is the caller's, who takes it once.
    unsafe fn take_value(&self) -> T {
        // SAFETY(INV-67): the caller says that there is a value.
        self.place
            .with(|place| unsafe { ManuallyDrop::into_inner(std::ptr::read(&(*place).value)) })
    }

    /// # Safety
    /// INV-67: the sender's waker is the caller's, who takes it once.
    unsafe fn take_tx_waker(&self) -> Box<Waker> {
        // SAFETY(INV-67): the caller says that there is a waker.
        self.place
            .with(|place| unsafe { ManuallyDrop::into_inner(std::ptr::read(&(*place).tx_waker)) })
    }

    /// # Safety
    /// INV-68: the receiver's waker is the caller's, who takes it once.
    unsafe fn take_rx_waker(&self) -> Waker {
        // SAFETY(INV-68): the caller says that there is a waker.
        self.rx_waker.with(|slot| unsafe { (*slot).assume_init_read() })
    }
}

/// The last touch of one half: sets its GONE bit, and frees the allocation if the other's is set.
///
/// # Safety
/// INV-70: `shared` is alive, and the half that calls does not touch it again.
unsafe fn leave<T>(shared: NonNull<Shared<T>>, mine: u8, other: u8) {
    // SAFETY(INV-70): alive until both bits are set, and ours is not.
    let state = unsafe { &shared.as_ref().state };
    // Ordering: Acquire, pairs with the Release of the other half's last touch, so that the free
    // comes after all it did; with Release, so that it comes after all we did. The load spares the
    // write when the other half is gone: then nobody is left to see it.
    if state.load(Ordering::Acquire) & other != 0
        || state.fetch_or(mine, Ordering::AcqRel) & other != 0
    {
        // SAFETY(INV-70): both halves are gone.
        unsafe { free(shared) };
    }
}

/// # Safety
/// INV-70: both halves are gone. INV-67, INV-68: the value and the wakers have been taken.
unsafe fn free<T>(shared: NonNull<Shared<T>>) {
    // SAFETY(INV-70): made by `Box::new`, freed once. A union and a `MaybeUninit` drop nothing.
    let shared = unsafe { Box::from_raw(shared.as_ptr()) };
    // Tells loom that the free is a write, which all the other half did must come before.
    shared.place.with_mut(drop);
    shared.rx_waker.with_mut(drop);
}

impl<T> TxHalf<T> {
    fn shared(&self) -> &Shared<T> {
        // SAFETY(INV-70): our GONE bit is not set while there is a `TxHalf`.
        unsafe { self.shared.as_ref() }
    }

    /// Hands the value over, or gives it back if the receiver does not want it.
    pub(super) fn send(self, value: T) -> Result<(), T> {
        // Dropped last: the destructor of a waker may panic.
        let _waker = self.reclaim();
        if self.is_closed() {
            return Err(value);
        }
        // SAFETY(INV-67): no waker of ours in the place, no value yet: ours to write.
        self.shared().place.with_mut(|place| unsafe { (*place).value = ManuallyDrop::new(value) });
        let before = self.end(VALUE);
        if before & CLOSED != 0 {
            // SAFETY(INV-67): `end` did not set VALUE, so what we wrote is still ours.
            return Err(unsafe { self.shared().take_value() });
        }
        self.go(before);
        Ok(())
    }

    /// Takes a waker of ours out of the place, unless the receiver is taking it.
    fn reclaim(&self) -> Option<Box<Waker>> {
        let shared = self.shared();
        // Ordering: Relaxed, a bit of our own.
        let waits = shared.state.load(Ordering::Relaxed) & TX_WAITS != 0;
        // Ordering: Relaxed, it takes back what this side wrote; CLOSED in the answer says that
        // there is nothing to read.
        let ours = waits && shared.state.fetch_and(!TX_WAITS, Ordering::Relaxed) & CLOSED == 0;
        // SAFETY(INV-67): we cleared TX_WAITS before CLOSED.
        ours.then(|| unsafe { shared.take_tx_waker() })
    }

    /// Says that nothing more will come, with VALUE or with nothing. Returns the state before. A
    /// closed channel does not get VALUE: then nothing is changed.
    fn end(&self, what: u8) -> u8 {
        let state = &self.shared().state;
        // Ordering: Relaxed, a guess; the exchange checks it.
        let mut before = state.load(Ordering::Relaxed);
        while before & CLOSED == 0 || what == 0 {
            // The waker is ours to take after this step, so we stay for it; else this is the last.
            let gone = if has_rx_waker(before) { 0 } else { TX_GONE };
            // Ordering: Release, pairs with the Acquire loads of the receiver, which read the value
            // or free; Acquire, pairs with the Release that set RX_WAITS, or RX_GONE.
            let set = state.compare_exchange_weak(
                before,
                before | what | ENDED | gone,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            match set {
                Ok(_) => break,
                Err(now) => before = now,
            }
        }
        before
    }

    /// The rest of the way out, after `end` found the state `before`.
    fn go(self, before: u8) {
        let shared = ManuallyDrop::new(self).shared;
        if has_rx_waker(before) {
            // SAFETY(INV-68): ENDED was set over RX_WAITS and before CLOSED. INV-70: `end` did not
            // set TX_GONE.
            let waker = unsafe { shared.as_ref().take_rx_waker() };
            // SAFETY(INV-70): our last touch; the wake comes after it, as a receiver on another
            // thread then frees without a write.
            unsafe { leave(shared, TX_GONE, RX_GONE) };
            waker.wake();
        } else if before & RX_GONE != 0 {
            // SAFETY(INV-70): `end` set TX_GONE over RX_GONE.
            unsafe { free(shared) };
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `close`.
        self.shared().state.load(Ordering::Acquire) & CLOSED != 0
    }

    /// Ready when the receiver has closed.
    pub(super) fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let shared = self.shared();
        let waker = self.reclaim();
        if self.is_closed() {
            return Poll::Ready(());
        }
        let waker = match waker {
            Some(mut waker) => {
                (*waker).clone_from(cx.waker());
                waker
            }
            None => Box::new(cx.waker().clone()),
        };
        // SAFETY(INV-67): TX_WAITS is clear, no value yet: ours to write.
        shared.place.with_mut(|place| unsafe { (*place).tx_waker = ManuallyDrop::new(waker) });
        // Ordering: Release, pairs with the Acquire in `close`, which takes the waker. Acquire,
        // pairs with the Release there: the caller sees what came before the close.
        if shared.state.fetch_or(TX_WAITS, Ordering::AcqRel) & CLOSED != 0 {
            // SAFETY(INV-67): CLOSED was set before TX_WAITS: the receiver did not see it.
            drop(unsafe { shared.take_tx_waker() });
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// Is the receiver's waker in its slot, for the sender that ends over this state?
fn has_rx_waker(state: u8) -> bool {
    state & (CLOSED | RX_WAITS) == RX_WAITS
}

impl<T> Drop for TxHalf<T> {
    fn drop(&mut self) {
        // Dropped last, as in `send`.
        let _waker = self.reclaim();
        let before = self.end(0);
        // A second `TxHalf` that is not dropped again: `go` leaves for both.
        TxHalf { shared: self.shared, _value: PhantomData }.go(before);
    }
}

impl<T> RxHalf<T> {
    fn shared(&self) -> &Shared<T> {
        // SAFETY(INV-70): our GONE bit is not set while there is an `RxHalf`.
        unsafe { self.shared.as_ref() }
    }

    fn state(&self) -> u8 {
        // Ordering: Acquire, pairs with the Release in `end`: who sees VALUE may read the value.
        self.shared().state.load(Ordering::Acquire)
    }

    /// Has the exchange come to its end, with or without a value?
    pub(super) fn is_over(&self) -> bool {
        self.state() & (ENDED | CLOSED) != 0
    }

    pub(super) fn has_value(&self) -> bool {
        self.state() & VALUE != 0
    }

    /// Ready when the sender has ended, or we have closed.
    pub(super) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let before = self.state();
        if before & (ENDED | CLOSED) != 0 {
            return Poll::Ready(());
        }
        let shared = self.shared();
        let mut old = None;
        if before & RX_WAITS != 0 {
            if self.holds(cx.waker()) {
                return Poll::Pending;
            }
            // Ordering: Relaxed, it takes back what this side wrote, and what it reads decides.
            if shared.state.fetch_and(!RX_WAITS, Ordering::Relaxed) & ENDED != 0 {
                return Poll::Ready(());
            }
            // SAFETY(INV-68): the sender has not ended over RX_WAITS, and cannot any more.
            old = Some(unsafe { shared.take_rx_waker() });
        }
        let waker = cx.waker().clone();
        // SAFETY(INV-68): RX_WAITS is clear.
        shared.rx_waker.with_mut(|slot| unsafe { (*slot).write(waker) });
        // Ordering: Release, pairs with the Acquire in `end`, which takes the waker.
        if shared.state.fetch_or(RX_WAITS, Ordering::Release) & ENDED != 0 {
            // SAFETY(INV-68): ENDED came before RX_WAITS: the sender did not see it.
            drop(unsafe { shared.take_rx_waker() });
            return Poll::Ready(());
        }
        drop(old);
        Poll::Pending
    }

    /// Is this the waker that we left? Asked while RX_WAITS is set.
    fn holds(&self, waker: &Waker) -> bool {
        // SAFETY(INV-68): we wrote the slot and nobody else does. The sender may have moved the
        // waker out by now, to wake it: `will_wake` compares two addresses and follows neither.
        self.shared().rx_waker.with(|slot| unsafe { (*slot).assume_init_ref().will_wake(waker) })
    }

    /// No value from now on; one that is there stays.
    pub(super) fn close(&mut self) {
        let (_mine, theirs) = self.refuse();
        if let Some(waker) = theirs {
            waker.wake();
        }
    }

    /// Closes. Returns our waker, to drop, and the sender's, to wake: last, as either may panic.
    fn refuse(&mut self) -> (Option<Waker>, Option<Box<Waker>>) {
        let shared = self.shared();
        // Ordering: Release, pairs with the Acquire in `is_closed`; Acquire, pairs with the Release
        // that set TX_WAITS.
        let before = shared.state.fetch_or(CLOSED, Ordering::AcqRel);
        if before & (ENDED | CLOSED) != 0 {
            return (None, None);
        }
        let mine = (before & RX_WAITS != 0).then(|| {
            // Ordering: Relaxed, a bit of our own, which the sender ignores once we have closed.
            shared.state.fetch_and(!RX_WAITS, Ordering::Relaxed);
            // SAFETY(INV-68): CLOSED was set before ENDED.
            unsafe { shared.take_rx_waker() }
        });
        // SAFETY(INV-67): we set CLOSED over TX_WAITS.
        (mine, (before & TX_WAITS != 0).then(|| unsafe { shared.take_tx_waker() }))
    }

    /// Takes the value, if there is one, and leaves. Only when the exchange is over.
    pub(super) fn finish(self) -> Option<T> {
        let half = ManuallyDrop::new(self);
        debug_assert!(half.is_over());
        // SAFETY(INV-67): VALUE: it is ours, and this is the one place that takes it.
        let value = half.has_value().then(|| unsafe { half.shared().take_value() });
        // SAFETY(INV-70): our last touch, and `half` is not dropped.
        unsafe { leave(half.shared, RX_GONE, TX_GONE) };
        value
    }
}

impl<T> Drop for RxHalf<T> {
    fn drop(&mut self) {
        let (_mine, theirs) = if self.is_over() { (None, None) } else { self.refuse() };
        // A second `RxHalf` that is not dropped again: `finish` leaves for both. Panics come after.
        let _value = RxHalf { shared: self.shared, _value: PhantomData }.finish();
        if let Some(waker) = theirs {
            waker.wake();
        }
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
