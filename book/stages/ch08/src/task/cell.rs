//! one allocation: the front, the executor's address, then the future or its output.
//!
//! Who may touch the slot:
//!
//! * whoever has set RUNNING, until COMPLETE;
//! * then the runner, if HANDLE was clear at that moment; otherwise the handle;
//! * whoever frees the task, as nobody else is left.

use super::error::JoinError;
use super::header::{Header, TaskRef, Vtable};
use super::schedule::{Runnable, Schedule};
use super::state::State;
use crate::wake::slot::WakerSlot;
use std::any::Any;
use std::cell::UnsafeCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

/// `repr(C)`: the front comes first, so a pointer to it is one to the cell.
#[repr(C)]
struct Cell<F: Future, S> {
    header: Header,
    scheduler: S,
    slot: UnsafeCell<Slot<F>>,
}

/// Future and output are never there at the same time.
enum Slot<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Empty,
}

/// Makes a task, with two references: the second pointer is for the handle.
pub(super) fn allocate<F: Future, S: Schedule>(future: F, scheduler: S) -> (TaskRef, TaskRef) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let header = Header {
        state: State::new(),
        vtable: Cell::<F, S>::VTABLE,
        id: NEXT.fetch_add(1, Ordering::Relaxed),
        joiner: WakerSlot::default(),
    };
    let slot = UnsafeCell::new(Slot::Future(future));
    let cell = Box::into_raw(Box::new(Cell { header, scheduler, slot }));
    // SAFETY: a box is not null, and a new task has two references.
    unsafe {
        let header = NonNull::new_unchecked(cell).cast();
        (TaskRef::from_raw(header), TaskRef::from_raw(header))
    }
}

impl<F: Future, S: Schedule> Cell<F, S> {
    const VTABLE: &'static Vtable = &Vtable {
        poll: Self::poll,
        cancel: Self::cancel,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        schedule: Self::schedule,
        free: Self::free,
    };

    /// # Safety
    /// The task is alive and its cell is of this type: its vtable is this one.
    unsafe fn of<'a>(header: NonNull<Header>) -> &'a Self {
        // SAFETY: as promised. The slot is an UnsafeCell: others may change it behind this.
        unsafe { header.cast::<Self>().as_ref() }
    }

    /// # Safety
    /// The caller has set RUNNING, and the slot holds the future.
    unsafe fn poll(header: NonNull<Header>, cx: &mut Context<'_>) -> Poll<()> {
        // SAFETY: by RUNNING the slot is ours alone.
        let slot = unsafe { &mut *Self::of(header).slot.get() };
        let poll = || match slot {
            // SAFETY: the future stays in its cell until it is dropped there.
            Slot::Future(future) => unsafe { Pin::new_unchecked(future) }.poll(cx),
            _ => unreachable!("a task that is run has a future"),
        };
        let output = match catch_unwind(AssertUnwindSafe(poll)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(panic) => Err(JoinError::Panicked(panic)),
        };
        finish(slot, output);
        Poll::Ready(())
    }

    /// # Safety
    /// As for `poll`.
    unsafe fn cancel(header: NonNull<Header>) {
        // SAFETY: as in `poll`.
        let slot = unsafe { &mut *Self::of(header).slot.get() };
        finish(slot, Err(JoinError::Cancelled));
    }

    /// # Safety
    /// COMPLETE was seen, and the caller is the handle. `to` has room for the output.
    unsafe fn take_output(header: NonNull<Header>, to: *mut ()) {
        // SAFETY: after COMPLETE the slot is the handle's.
        let slot = unsafe { &mut *Self::of(header).slot.get() };
        if let Slot::Output(output) = std::mem::replace(slot, Slot::Empty) {
            // SAFETY: as promised.
            unsafe { to.cast::<Option<Result<F::Output, JoinError>>>().write(Some(output)) };
        }
    }

    /// # Safety
    /// COMPLETE is set, and the output is the caller's: see the head of the file.
    unsafe fn drop_output(header: NonNull<Header>) {
        // SAFETY: as promised.
        let slot = unsafe { &mut *Self::of(header).slot.get() };
        // A destructor's panic has nobody left to go to.
        let _ = contain(|| *slot = Slot::Empty);
    }

    /// # Safety
    /// The caller keeps a reference until this returns.
    unsafe fn schedule(header: NonNull<Header>, entry: Runnable) {
        // SAFETY: as promised.
        unsafe { Self::of(header) }.scheduler.schedule(entry);
    }

    /// # Safety
    /// The last reference is gone.
    unsafe fn free(header: NonNull<Header>) {
        // SAFETY: it came from a box of this type.
        drop(unsafe { Box::from_raw(header.cast::<Self>().as_ptr()) });
    }
}

/// Drops the future, in its place, and puts the output there.
fn finish<F: Future>(slot: &mut Slot<F>, output: Result<F::Output, JoinError>) {
    *slot = match contain(|| *slot = Slot::Empty) {
        Ok(()) => Slot::Output(output),
        Err(panic) => {
            let _ = contain(|| drop(output));
            Slot::Output(Err(JoinError::Panicked(panic)))
        }
    };
}

/// Runs somebody else's code, whose panic stops here.
pub(super) fn contain(f: impl FnOnce()) -> Result<(), Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(f))
}
