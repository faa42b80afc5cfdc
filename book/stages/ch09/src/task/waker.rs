//! four functions that turn a task into a std Waker.
//!
//! The waker of chapter 4, with a task where the signal was. Each one owns one reference:
//!
//! ```text
//!  function      references   what it does
//!  clone         + 1
//!  wake          - 1          wake         the waker is used up
//!  wake_by_ref                wake         the waker is kept
//!  drop          - 1
//! ```

use super::header::TaskRef;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker of this task; it takes over the reference.
pub fn waker(task: TaskRef) -> Waker {
    // SAFETY: the functions take the pointer back as what it is, and keep the count.
    unsafe { Waker::from_raw(raw(task)) }
}

fn raw(task: TaskRef) -> RawWaker {
    RawWaker::new(task.into_raw().as_ptr().cast_const().cast(), &VTABLE)
}

/// # Safety
/// `data` is a waker's, and the caller may use the waker's reference.
unsafe fn task(data: *const ()) -> TaskRef {
    // SAFETY: it came from `raw`, so it is not null and owns a reference.
    unsafe { TaskRef::from_raw(NonNull::new_unchecked(data.cast_mut().cast())) }
}

/// # Safety
/// Called by std, as all four: the waker keeps its reference.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: borrowed from the waker, and not dropped here.
    let task = ManuallyDrop::new(unsafe { task(data) });
    raw(TaskRef::clone(&task))
}

/// # Safety
/// The waker's reference is handed over.
unsafe fn wake(data: *const ()) {
    // SAFETY: it is ours now, and given back when the wake is over.
    unsafe { task(data) }.wake();
}

/// # Safety
/// The waker keeps its reference.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: borrowed from the waker, and not dropped here.
    ManuallyDrop::new(unsafe { task(data) }).wake();
}

/// # Safety
/// The waker's reference is handed over.
unsafe fn drop(data: *const ()) {
    // SAFETY: it is ours now, and given back here.
    std::mem::drop(unsafe { task(data) });
}
