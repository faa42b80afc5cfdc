//! A waker that sets a flag.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake, |_| ());

/// A waker that sets `flag`. It allocates nothing and counts nothing.
pub fn waker(flag: &'static AtomicBool) -> Waker {
    // SAFETY: the functions take the pointer for a flag, which lives for ever; AtomicBool is Sync.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::from_ref(flag).cast(), &VTABLE)) }
}

fn clone(flag: *const ()) -> RawWaker {
    RawWaker::new(flag, &VTABLE)
}

fn wake(flag: *const ()) {
    // SAFETY: it came from a `&'static AtomicBool`.
    // Ordering: Release, for whoever reads the flag with Acquire.
    unsafe { &*flag.cast::<AtomicBool>() }.store(true, Ordering::Release);
}
