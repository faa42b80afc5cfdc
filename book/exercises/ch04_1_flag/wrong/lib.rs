//! WRONG: a table of its own for clones, so that a clone is no equal of the waker it comes from.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, |_| ());
static CLONED: RawWakerVTable = RawWakerVTable::new(clone, wake, |_| (), |_| ());

/// A waker that sets `flag`. It allocates nothing and counts nothing.
pub fn waker(flag: &'static AtomicBool) -> Waker {
    // SAFETY: the functions take the pointer for a flag, which lives for ever; AtomicBool is Sync.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::from_ref(flag).cast(), &VTABLE)) }
}

fn clone(flag: *const ()) -> RawWaker {
    RawWaker::new(flag, &CLONED)
}

fn wake(flag: *const ()) {
    // SAFETY: it came from a `&'static AtomicBool`.
    unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Release);
}
