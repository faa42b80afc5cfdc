//! four functions that turn a header into a std Waker.
//!
//! A waker is a pointer to the task and a pointer to four functions. All tasks share one table, so
//! two wakers of one task compare equal (`will_wake`), whatever the future's type. The table is a
//! `static`: a `const` may exist twice, and then `will_wake` would fail now and then.
//!
//! ```text
//!  function      references                                       when it schedules
//!  clone         + 1                                              –
//!  wake          its own: at home it becomes the queue entry's,   if the task was idle
//!                elsewhere it is kept until the push is done
//!  wake_by_ref   + 1 for the entry                                if the task was idle
//!  drop          - 1                                              –
//! ```
//!
//! Elsewhere means: on a thread that is no worker of the task's scheduler. There, once the entry is
//! pushed, the task may run, end and be freed, and with it the last count of the scheduler, while
//! the pusher is still inside it. So it keeps a reference until it is out again.

use super::header::{Header, TaskRef};
use crate::base::trace::trace;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::task::{RawWaker, RawWakerVTable, Waker};

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);

/// A waker that owns one reference, which the caller hands over.
pub(super) fn waker(task: TaskRef) -> Waker {
    // SAFETY(INV-24): the table's functions take the pointer back as a task with a reference.
    unsafe { Waker::from_raw(raw(task)) }
}

fn raw(task: TaskRef) -> RawWaker {
    RawWaker::new(task.as_header().as_ptr().cast(), &VTABLE)
}

/// A waker for one poll: it borrows the runner's reference and does not touch the count.
pub(super) struct Borrowed(ManuallyDrop<Waker>);

impl Borrowed {
    #[inline]
    pub(super) fn new(task: TaskRef) -> Self {
        Self(ManuallyDrop::new(waker(task)))
    }
}

impl Deref for Borrowed {
    type Target = Waker;

    #[inline]
    fn deref(&self) -> &Waker {
        &self.0
    }
}

/// Is `waker` one of this task's?
pub(super) fn is_of(waker: &Waker, task: TaskRef) -> bool {
    waker.vtable() == &VTABLE && waker.data() == task.as_header().as_ptr().cast()
}

/// # Safety
/// INV-24: the pointer is a waker's, so it owns a reference.
#[inline]
unsafe fn task(data: *const ()) -> TaskRef {
    // SAFETY(INV-24): a waker's pointer is never null.
    TaskRef::from_header(unsafe { NonNull::new_unchecked(data.cast::<Header>().cast_mut()) })
}

/// # Safety
/// INV-24: as for `task`; called by the standard library.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY(INV-24): the waker being cloned owns a reference.
    let task = unsafe { task(data) };
    task.state().retain();
    raw(task)
}

/// # Safety
/// INV-24: as for `task`; called by the standard library.
unsafe fn wake(data: *const ()) {
    // SAFETY(INV-24): the waker's reference is ours now.
    let task = unsafe { task(data) };
    // SAFETY(INV-20): the reference keeps the scheduler's block alive.
    if !unsafe { (task.vtable().is_home)(task) } {
        wake_task(task);
        return task.release(1);
    }
    if task.state().wake_by_value() {
        trace!(Wake { task: task.id().0.get(), of: task.scheduler().addr() });
        // SAFETY(INV-22): this wake set SCHEDULED; our reference is the entry's.
        unsafe { (task.vtable().schedule)(task) }
    } else {
        task.release(1);
    }
}

/// # Safety
/// INV-24: as for `task`; called by the standard library.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY(INV-24): the waker owns a reference and keeps it.
    wake_task(unsafe { task(data) });
}

/// # Safety
/// INV-24: as for `task`; called by the standard library.
unsafe fn drop(data: *const ()) {
    // SAFETY(INV-24): the waker's reference is ours now.
    unsafe { task(data) }.release(1);
}

/// Wakes a task of which the caller owns, and keeps, a reference.
pub(super) fn wake_task(task: TaskRef) {
    if task.state().wake_by_ref() {
        trace!(Wake { task: task.id().0.get(), of: task.scheduler().addr() });
        // SAFETY(INV-22): this wake set SCHEDULED and added the entry's reference.
        unsafe { (task.vtable().schedule)(task) }
    }
}
