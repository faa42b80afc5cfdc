//! one allocation: header, then future or output in the same bytes, then cold data.
//!
//! ```text
//!  Cell<F, S>   header 64 B │ slot: the future, then the output │ join waker 16 B
//! ```
//!
//! Future and output are never there at the same time, so they share the slot; the state word says
//! which it is. A cell is freed after its output was taken or dropped: nothing is left to drop.
//!
//! Alignment is 16 at most: more would leave malloc's fast path and round every task up. A future
//! that wants more, or that is large, is boxed first (see `new.rs`).
//!
//! * INV-27: the slot holds the future until `poll` was ready or `cancel` was called, each by the
//!   owner of `RUNNING`; from then on the output, until it is taken or dropped, once.

use super::current;
use super::error::JoinError;
use super::header::{Header, TaskRef, Vtable};
use super::message;
use super::schedule::Schedule;
use crate::base::prim::UnsafeCell;
use crate::wake::batch::Panic;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit, needs_drop, offset_of};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll, Waker};

#[repr(C)]
pub(super) struct Cell<F: Work, S> {
    pub(super) header: Header,
    pub(super) slot: UnsafeCell<Slot<F>>,
    pub(super) join_waker: UnsafeCell<MaybeUninit<Waker>>,
    pub(super) scheduler: PhantomData<S>,
}

pub(super) union Slot<F: Work> {
    pub(super) work: ManuallyDrop<F>,
    output: ManuallyDrop<Result<F::Output, JoinError>>,
}

/// What a cell can do until it is done: a future, or a closure that runs once.
pub(super) trait Work {
    type Output;

    /// One step, in place. A closure is ready after the first.
    ///
    /// # Safety
    /// INV-27: the slot holds the work, which is pinned there.
    unsafe fn step(this: *mut Self, cx: &mut Context<'_>) -> Poll<Self::Output>;
}

impl<F: Future> Work for F {
    type Output = F::Output;

    #[inline]
    unsafe fn step(this: *mut Self, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY(INV-27): the slot holds the future, and it stays there until it is dropped.
        unsafe { Pin::new_unchecked(&mut *this) }.poll(cx)
    }
}

type Output<F> = Result<<F as Work>::Output, JoinError>;

impl<F: Work, S: Schedule> Cell<F, S> {
    pub(super) const VTABLE: &'static Vtable = &Vtable {
        poll: Self::poll,
        cancel: Self::cancel,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        schedule: S::schedule,
        reschedule: S::reschedule,
        link: Self::link,
        unlink: Self::unlink,
        is_home: S::is_home,
        report: S::report,
        free: Self::free,
        join_waker: offset_of!(Self, join_waker),
    };

    /// Hands the slot to `f`: loom sees the whole of `f` as one write to it.
    ///
    /// # Safety
    /// INV-24: the task is alive, and its cell is of this type (its vtable is).
    #[inline]
    unsafe fn slot<R>(task: TaskRef, f: impl FnOnce(*mut Slot<F>) -> R) -> R {
        // SAFETY(INV-24): as promised. No reference to the slot is made.
        unsafe { task.as_header().cast::<Self>().as_ref() }.slot.with_mut(f)
    }

    /// # Safety
    /// INV-21: the caller owns `RUNNING`. INV-27: the slot holds the future.
    unsafe fn poll(task: TaskRef, cx: &mut Context<'_>) -> Poll<()> {
        let poll = |slot: *mut Slot<F>| {
            // SAFETY(INV-27): the slot holds the future.
            let step = || unsafe { F::step((&raw mut (*slot).work).cast(), cx) };
            let output = match catch_unwind(AssertUnwindSafe(step)) {
                Ok(Poll::Pending) => return Poll::Pending,
                Ok(Poll::Ready(output)) => Ok(output),
                Err(panic) => Err(JoinError::panicked(task.id(), panic)),
            };
            // SAFETY(INV-27): it has ended; nobody polls it again.
            unsafe { Self::finish(task, slot, output) };
            Poll::Ready(())
        };
        // SAFETY(INV-24): the runner owns a reference.
        unsafe { Self::slot(task, poll) }
    }

    /// # Safety
    /// As for `poll`.
    unsafe fn cancel(task: TaskRef, why: Option<Box<str>>) {
        let _polling = current::polling(task);
        let error = Err(JoinError::cancelled(task.id(), why));
        // SAFETY(INV-27): nobody polls it again.
        unsafe { Self::slot(task, |slot| Self::finish(task, slot, error)) };
    }

    /// Drops the future and puts the output in its place. A destructor's panic becomes the output.
    ///
    /// # Safety
    /// INV-21, INV-27: the slot holds the future, and the caller owns it.
    unsafe fn finish(task: TaskRef, slot: *mut Slot<F>, mut output: Output<F>) {
        if needs_drop::<F>() {
            // SAFETY(INV-27): dropped once, here; what follows overwrites it.
            let dropped = contain(|| unsafe { ManuallyDrop::drop(&mut (*slot).work) });
            if let Err(panic) = dropped {
                let failed = Err(JoinError::panicked(task.id(), panic));
                let before = std::mem::replace(&mut output, failed);
                contain(|| drop(before)).unwrap_or_else(|panic| task.report(panic));
            }
        }
        // SAFETY(INV-20): the caller's reference keeps the cell, and the cell its scheduler.
        unsafe { S::ended(task) };
        // SAFETY(INV-27): the slot is empty now; the caller owns it.
        unsafe { (&raw mut (*slot).output).write(ManuallyDrop::new(output)) };
    }

    /// # Safety
    /// INV-27: the slot holds the output and the caller alone may take it; `to` points to room for
    /// a `Result<F::Output, JoinError>`.
    unsafe fn take_output(task: TaskRef, to: *mut ()) {
        let take = |slot: *mut Slot<F>| {
            // SAFETY(INV-27): moved out once; nobody drops it afterwards.
            let output = unsafe { ptr::read(&raw const (*slot).output) };
            // SAFETY(INV-27): the caller has made room.
            unsafe { to.cast::<Output<F>>().write(ManuallyDrop::into_inner(output)) };
        };
        // SAFETY(INV-24): the handle owns a reference.
        unsafe { Self::slot(task, take) };
    }

    /// Drops an output that nobody took. A panic, its own or the task's, comes back.
    ///
    /// # Safety
    /// INV-27: the slot holds the output and the caller alone may drop it.
    unsafe fn drop_output(task: TaskRef) -> Result<(), Panic> {
        // SAFETY(INV-27): moved out once, here.
        let take = |slot: *mut Slot<F>| unsafe { ptr::read(&raw const (*slot).output) };
        // SAFETY(INV-24): the caller owns a reference.
        match ManuallyDrop::into_inner(unsafe { Self::slot(task, take) }) {
            Err(error) if error.is_panic() => Err(Box::new(error)),
            output => contain(|| drop(output)),
        }
    }

    /// # Safety
    /// INV-24: the caller owns a reference, and hands it over if the answer is true.
    unsafe fn link(task: TaskRef) -> bool {
        // SAFETY(INV-20): the task keeps its scheduler, and that its registry.
        unsafe { S::registry(task) }.is_some_and(|all| unsafe { all.as_ref() }.insert(task))
    }

    /// # Safety
    /// INV-24: the caller owns a reference.
    unsafe fn unlink(task: TaskRef) -> bool {
        // SAFETY(INV-20): as above.
        unsafe { S::registry(task) }.is_some_and(|all| unsafe { all.as_ref() }.remove(task))
    }

    /// # Safety
    /// INV-23: the last reference is gone.
    unsafe fn free(task: TaskRef) {
        let scheduler = task.header().scheduler;
        message::forget(task);
        // Nothing is left in the slot, but loom is to see the end of the cell as a write.
        // SAFETY(INV-23): nobody else reaches the cell.
        unsafe { Self::slot(task, |_| ()) };
        // SAFETY(INV-23): it was allocated as a box of this type. The slot and the waker's slot are
        // empty (INV-27, INV-28).
        drop(unsafe { Box::from_raw(task.as_header().cast::<Self>().as_ptr()) });
        // SAFETY(INV-20): the cell's count, given back once, last.
        unsafe { S::cell_freed(scheduler) };
    }
}

fn contain(f: impl FnOnce()) -> Result<(), Panic> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Allocates a cell.
pub(super) fn allocate<F: Work, S: Schedule>(header: Header, work: F) -> TaskRef {
    let cell = Box::new(Cell::<F, S> {
        header,
        slot: UnsafeCell::new(Slot { work: ManuallyDrop::new(work) }),
        join_waker: UnsafeCell::new(MaybeUninit::uninit()),
        scheduler: PhantomData,
    });
    TaskRef::from_header(NonNull::from(Box::leak(cell)).cast())
}
