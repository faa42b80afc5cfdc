//! table of references and rules; trait Schedule; new() -> (Runnable, JoinHandle).
//!
//! A task is a future in a cell of its own, with a state word, and these references to it:
//!
//! | reference | held by | gives the right to |
//! |---|---|---|
//! | queue entry, [`Runnable`] | a queue, an inbox, or the worker that popped it | `start`, hence the future |
//! | registry | the worker's registry, from the first `Pending` to the end | – |
//! | handle | the `JoinHandle` | the output |
//! | waker | anybody, any number | make a queue entry, if there is none |
//! | abort handle | anybody, any number | the same, and CANCELLED |
//!
//! The rules that every file of this directory keeps:
//!
//! 1. Publish, then do not touch: once an entry is in a queue that another thread can reach, whoever
//!    pushed it has a reference of its own or does not look at the task again.
//! 2. `RUNNING` is the lock on the future; nobody waits for it.
//! 3. The word is changed by read-modify-writes only, also at home.
//! 4. User code (polls, destructors, wakers) runs with no lock held, and its panics are caught.
//!
//! Who drops a future? The worker that polls it, when it is ready, panics or is aborted; otherwise the
//! thread that ends the runtime. A task spawned from outside after the end is dropped by its spawner.

use super::cell::{Cell, Work, allocate};
use super::header::{Header, Id, TaskRef};
use super::join::JoinHandle;
use super::registry::Registry;
use super::waker::waker;
use crate::wake::batch::Panic;
use std::fmt;
use std::future::Future;
use std::mem::{ManuallyDrop, size_of};
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll, Waker};

/// What a task knows of its executor. The type is never made into a value here: a cell stores a
/// pointer and one count of whatever the pointer points to (INV-20).
///
/// # Safety
/// Each method may rely on the task being alive, and on its scheduler pointer being the one that was
/// given to `new`.
pub(crate) trait Schedule: 'static {
    /// Takes an entry of a task that was woken.
    unsafe fn schedule(task: TaskRef);
    /// Takes an entry of a task that was woken during its own poll, and has had its turn.
    unsafe fn reschedule(task: TaskRef);
    /// The registry of the worker that the task belongs to.
    unsafe fn registry(task: TaskRef) -> Option<NonNull<Registry>>;
    /// Is this thread a worker of the task's scheduler?
    unsafe fn is_home(task: TaskRef) -> bool;
    /// Hears of a panic that no join can be given.
    unsafe fn report(task: TaskRef, panic: Panic);
    /// A cell is gone: takes its count back.
    unsafe fn cell_freed(scheduler: *const ());
}

/// A queue entry: the right to run a task once. It owns one reference.
#[must_use = "a queue entry that is forgotten is a task that never runs"]
pub(crate) struct Runnable(TaskRef);

// SAFETY(INV-22): an entry is a right that is handed on, not shared; `new` asks for Send futures.
unsafe impl Send for Runnable {}

impl Runnable {
    /// Takes over the reference of an entry.
    ///
    /// # Safety
    /// INV-22: the caller has the entry, that is, it was given to `schedule` or came from `into_task`.
    pub(crate) unsafe fn from_task(task: TaskRef) -> Self {
        Self(task)
    }

    /// Lets the entry of a woken task go without starting it: its runtime has ended, and whoever ends
    /// it drops the future, which the registry still knows or knew.
    pub(crate) fn abandon(self) {
        self.into_task().release(1);
    }

    /// A waker of the entry's task.
    pub(crate) fn waker(&self) -> Waker {
        self.0.state().retain();
        waker(self.0)
    }

    /// The entry as a pointer, for a queue.
    pub(crate) fn into_task(self) -> TaskRef {
        ManuallyDrop::new(self).0
    }
}

impl Drop for Runnable {
    fn drop(&mut self) {
        // Nobody lets an entry go by accident but a panic in a scheduler; the task then ends as if
        // it had been aborted.
        // SAFETY(INV-22): the entry is ours.
        unsafe { Self::from_task(self.0) }.cancel();
    }
}

impl fmt::Debug for Runnable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// From this size on a future gets a box of its own: `spawn` moves it, and a stack is not endless.
const LARGE: usize = if cfg!(debug_assertions) { 2 * 1024 } else { 16 * 1024 };

/// Makes a task of `future`.
///
/// # Safety
/// INV-20: `scheduler` is what `S` expects, and the caller hands one count of it over. The caller
/// also makes sure that the future is only polled and dropped where that is allowed: it is `Send`, or
/// it never leaves this thread.
pub(crate) unsafe fn new<F, S>(
    future: F,
    scheduler: *const (),
    id: Id,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    if size_of::<F>() > LARGE || align_of::<F>() > 16 {
        let boxed: Pin<Box<F>> = Box::pin(future);
        make::<_, S>(boxed, scheduler, id, spawned)
    } else {
        make::<F, S>(future, scheduler, id, spawned)
    }
}

fn make<F: Work, S: Schedule>(
    work: F,
    scheduler: *const (),
    id: Id,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>) {
    let header = Header::new(Cell::<F, S>::VTABLE, scheduler, id, spawned);
    let task = allocate::<F, S>(header, work);
    // INV-24: the two references that a new task has.
    (Runnable(task), JoinHandle::new(task))
}

/// A closure that runs once, as the work of a cell.
struct Job<C>(Option<C>);

impl<C: FnOnce() -> T, T> Future for Job<C> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        // SAFETY(INV-27): a closure is not pinned: it is moved out before it runs.
        let closure = unsafe { self.get_unchecked_mut() }.0.take();
        Poll::Ready(closure.expect("a job is polled once")())
    }
}

/// A blocking job has the front and the join half of a task and no poll half: it is never woken,
/// never registered, and belongs to no scheduler.
enum NoScheduler {}

impl Schedule for NoScheduler {
    unsafe fn schedule(_: TaskRef) {
        unreachable!("a job is queued from its birth, so nobody wakes it");
    }

    unsafe fn reschedule(_: TaskRef) {
        unreachable!("a job is ready after its first poll");
    }

    unsafe fn registry(_: TaskRef) -> Option<NonNull<Registry>> {
        None
    }

    unsafe fn is_home(_: TaskRef) -> bool {
        false
    }

    unsafe fn report(_: TaskRef, _: Panic) {
        // The panic hook of the process has printed it; a job has no scheduler to tell.
    }

    unsafe fn cell_freed(_: *const ()) {}
}

/// Makes a job of `closure`: run its entry on a thread that may block.
pub(crate) fn job<C, T>(
    closure: C,
    id: Id,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<T>)
where
    C: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    make::<_, NoScheduler>(Job(Some(closure)), std::ptr::null(), id, spawned)
}

/// Bytes of the cell of such a future.
#[cfg(all(test, not(loom)))]
pub(crate) fn cell_size<F: Future, S: Schedule>(_: &F) -> usize {
    size_of::<Cell<F, S>>()
}

#[cfg(all(test, loom))]
#[path = "loom_tests.rs"]
mod loom_tests;
