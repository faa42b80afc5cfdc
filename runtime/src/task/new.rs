//! table of references and rules; new() -> (Runnable, JoinHandle); jobs for blocking threads.
//!
//! A task is a future in a cell of its own, with a state word, and these references to it:
//!
//! | reference | held by | gives the right to |
//! |---|---|---|
//! | queue entry, [`Runnable`] | a queue, an inbox, or who popped it | `start`, hence the future |
//! | registry | the worker's registry, from the first `Pending` to the end | – |
//! | handle | the `JoinHandle` | the output |
//! | waker | anybody, any number | make a queue entry, if there is none |
//! | abort handle | anybody, any number | the same, and CANCELLED |
//!
//! The rules that every file of this directory keeps:
//!
//! 1. Publish, then do not touch: once an entry is in a queue that another thread can reach,
//!    whoever pushed it has a reference of its own or does not look at the task again.
//! 2. `RUNNING` is the lock on the future; nobody waits for it.
//! 3. The word is changed by read-modify-writes only, also at home.
//! 4. User code (polls, destructors, wakers) runs with no lock held, and its panics are caught.
//!
//! Who drops a future? The worker that polls it, when it is ready, panics or is aborted; otherwise
//! the thread that ends the runtime, or has the `LocalSet`; after that end, whoever spawns it.

use super::cell::{Cell, Work, allocate};
use super::header::{Header, Id, Tag, TaskRef};
use super::join::JoinHandle;
use super::registry::Registry;
use super::schedule::{Runnable, Schedule};
use crate::wake::batch::Panic;
use crate::wake::coop;
use std::future::Future;
use std::mem::size_of;
use std::panic::Location;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// From this size on a future gets a box of its own: `spawn` moves it, and a stack is not endless.
const LARGE: usize = if cfg!(debug_assertions) { 2 * 1024 } else { 16 * 1024 };

/// Makes a task of `future`, number `id`, that registry `home` of its scheduler will hold.
///
/// # Safety
/// INV-20: `scheduler` is what `S` expects, and the caller hands one count of it over. The caller
/// also makes sure that the future is only polled and dropped where that is allowed: it is `Send`,
/// or it never leaves this thread.
pub(crate) unsafe fn new<F, S>(
    future: F,
    scheduler: *const (),
    id: Id,
    home: u8,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + 'static,
    F::Output: 'static,
    S: Schedule,
{
    if size_of::<F>() > LARGE || align_of::<F>() > 16 {
        let boxed: Pin<Box<F>> = Box::pin(future);
        make::<_, S>(boxed, scheduler, Tag::new(id, home), spawned)
    } else {
        make::<F, S>(future, scheduler, Tag::new(id, home), spawned)
    }
}

fn make<F: Work, S: Schedule>(
    work: F,
    scheduler: *const (),
    tag: Tag,
    spawned: &'static Location<'static>,
) -> (Runnable, JoinHandle<F::Output>) {
    let header = Header::new(Cell::<F, S>::VTABLE, scheduler, tag, spawned);
    let task = allocate::<F, S>(header, work);
    // SAFETY(INV-24): the two references that a new task has.
    (unsafe { Runnable::from_task(task) }, JoinHandle::new(task))
}

/// A closure that runs once, as the work of a cell.
struct Job<C>(Option<C>);

impl<C: FnOnce() -> T, T> Future for Job<C> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<T> {
        // SAFETY(INV-27): a closure is not pinned: it is moved out before it runs.
        let closure = unsafe { self.get_unchecked_mut() }.0.take();
        // A closure may block: it is no poll that somebody waits for, and has no budget.
        let _unlimited = coop::unlimited();
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
    make::<_, NoScheduler>(Job(Some(closure)), std::ptr::null(), Tag::new(id, 0), spawned)
}

/// Bytes of the cell of such a future.
#[cfg(all(test, not(loom)))]
pub(crate) fn cell_size<F: Future, S: Schedule>(_: &F) -> usize {
    size_of::<Cell<F, S>>()
}

#[cfg(all(test, loom))]
#[path = "loom_tests.rs"]
mod loom_tests;
