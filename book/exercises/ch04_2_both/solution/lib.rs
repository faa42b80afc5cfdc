//! A waker that wakes two.

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

type Pair = (Waker, Waker);

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that wakes `a` and `b` when it is woken. It owns both.
pub fn both(a: Waker, b: Waker) -> Waker {
    let pair = Arc::into_raw(Arc::new((a, b)));
    // SAFETY: the functions take the pointer for an Arc's and keep the count; a Waker is Send and
    // Sync.
    unsafe { Waker::from_raw(RawWaker::new(pair.cast(), &VTABLE)) }
}

/// # Safety
/// A waker's pointer; the waker keeps its count.
unsafe fn clone(pair: *const ()) -> RawWaker {
    // SAFETY: the waker has a count.
    unsafe { Arc::increment_strong_count(pair.cast::<Pair>()) };
    RawWaker::new(pair, &VTABLE)
}

/// # Safety
/// A waker's pointer; the count is handed over.
unsafe fn wake(pair: *const ()) {
    // SAFETY: the count is ours now.
    let pair = unsafe { Arc::from_raw(pair.cast::<Pair>()) };
    match Arc::try_unwrap(pair) {
        // The last one: the two may be used up.
        Ok((a, b)) => [a, b].into_iter().for_each(Waker::wake),
        Err(pair) => [&pair.0, &pair.1].into_iter().for_each(Waker::wake_by_ref),
    }
}

/// # Safety
/// A waker's pointer; the waker keeps its count.
unsafe fn wake_by_ref(pair: *const ()) {
    // SAFETY: the waker has a count during the call.
    let pair = unsafe { &*pair.cast::<Pair>() };
    pair.0.wake_by_ref();
    pair.1.wake_by_ref();
}

/// # Safety
/// A waker's pointer; the count is handed over.
unsafe fn drop(pair: *const ()) {
    // SAFETY: the count is ours now.
    std::mem::drop(unsafe { Arc::from_raw(pair.cast::<Pair>()) });
}
