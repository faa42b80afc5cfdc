//! four functions that turn a parker's signal into a std Waker.
//!
//! A waker is a pointer and a table of functions; std calls them and knows nothing else. What the
//! pointer leads to is our business. Here it is an `Arc<Signal>`, and each waker owns one count:
//!
//! ```text
//!  function      counts    what it does
//!  clone         + 1
//!  wake          - 1       unpark       the waker is used up
//!  wake_by_ref             unpark       the waker is kept
//!  drop          - 1
//! ```
//!
//! The rules that std cannot check: any thread may call them at any time, also when whoever was to
//! be woken has long been gone; and each count is given back once.

use super::park::Signal;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// One table for all signals. `will_wake` compares pointer and table: a `static` has one address,
/// while a `const` may have several.
static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that nudges whoever sleeps by `signal`.
pub fn waker(signal: Arc<Signal>) -> Waker {
    let data = Arc::into_raw(signal).cast();
    // SAFETY: the four functions take the pointer for what it is, an Arc's, and keep the count.
    // Signal is Send and Sync, so any thread may call them.
    unsafe { Waker::from_raw(RawWaker::new(data, &VTABLE)) }
}

/// # Safety
/// `data` is a waker's: it came from `Arc::into_raw`, and the waker owns a count.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: the count of the waker that is cloned keeps the signal alive.
    unsafe { Arc::increment_strong_count(data.cast::<Signal>()) };
    RawWaker::new(data, &VTABLE)
}

/// # Safety
/// As for `clone`; the waker's count is handed over.
unsafe fn wake(data: *const ()) {
    // SAFETY: the count is ours now, and given back at the end of this function.
    let signal = unsafe { Arc::from_raw(data.cast::<Signal>()) };
    signal.unpark();
}

/// # Safety
/// As for `clone`; the waker keeps its count.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: the waker is there during the call, and its count with it.
    let signal = unsafe { &*data.cast::<Signal>() };
    signal.unpark();
}

/// # Safety
/// As for `clone`; the waker's count is handed over.
unsafe fn drop(data: *const ()) {
    // SAFETY: the count is ours now, and given back here.
    std::mem::drop(unsafe { Arc::from_raw(data.cast::<Signal>()) });
}
