//! the front that all tasks have, and a counted pointer to it.
//!
//! Queues, wakers and handles know a task by its front. What depends on the future's type is behind
//! the vtable: six functions that the compiler makes for each type of future that is spawned.
//!
//! ```text
//!  TaskRef ─► ┌──────────┐
//!             │ state    │ flags and references      every thread
//!             │ vtable   │ six functions             constant
//!             │ id       │ a number                  constant
//!             │ joiner   │ who waits for the output  the handle leaves, the runner takes
//!             ├──────────┤
//!             │ executor │ where wakes go            constant
//!             │ future or output                     RUNNING's owner, then the handle
//!             └──────────┘
//! ```

use super::schedule::Runnable;
use super::state::State;
use crate::wake::slot::WakerSlot;
use std::ptr::NonNull;
use std::task::{Context, Poll};

/// What all tasks have, whatever their future.
pub struct Header {
    pub state: State,
    pub vtable: &'static Vtable,
    pub id: u64,
    pub joiner: WakerSlot,
}

/// What depends on the types of a task. Each function is given the front of a task that is alive;
/// what else it needs is said in `cell.rs`.
pub struct Vtable {
    /// Polls the future. Ready: it is gone, and the output in its place.
    pub poll: unsafe fn(NonNull<Header>, &mut Context<'_>) -> Poll<()>,
    /// Drops the future. The output is then a `JoinError`.
    pub cancel: unsafe fn(NonNull<Header>),
    /// Moves the output to where the pointer leads.
    pub take_output: unsafe fn(NonNull<Header>, *mut ()),
    /// Drops the output.
    pub drop_output: unsafe fn(NonNull<Header>),
    /// Hands a queue entry to the executor.
    pub schedule: unsafe fn(NonNull<Header>, Runnable),
    /// Frees the task.
    pub free: unsafe fn(NonNull<Header>),
}

/// A counted pointer to a task: it owns one reference.
pub struct TaskRef(NonNull<Header>);

// SAFETY: the front is made for all threads: the word is atomic, the slot has a lock, the rest is
// constant. Who touches future and output says the word, and `new` asks for a Send future.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    /// Takes over a reference.
    ///
    /// # Safety
    /// There is one that nobody else owns: of a new task, or from `into_raw`.
    pub unsafe fn from_raw(header: NonNull<Header>) -> Self {
        Self(header)
    }

    /// The pointer, and with it the reference.
    pub fn into_raw(self) -> NonNull<Header> {
        std::mem::ManuallyDrop::new(self).0
    }

    /// The pointer; the reference stays.
    pub fn as_raw(&self) -> NonNull<Header> {
        self.0
    }

    pub fn header(&self) -> &Header {
        // SAFETY: we own a reference, so the task is alive.
        unsafe { self.0.as_ref() }
    }

    pub fn state(&self) -> &State {
        &self.header().state
    }

    /// Wakes the task.
    pub fn wake(&self) {
        if self.state().wake() {
            self.schedule();
        }
    }

    /// Aborts the task.
    pub fn abort(&self) {
        if self.state().cancel() {
            self.schedule();
        }
    }

    /// Pushes an entry, whose right the caller has just won. We keep a reference until the push is
    /// over: once the entry can be seen, another thread may run the task and end it.
    pub fn schedule(&self) {
        let entry = Runnable::new(self.clone());
        // SAFETY: the task is alive.
        unsafe { (self.header().vtable.schedule)(self.0, entry) }
    }
}

impl Clone for TaskRef {
    fn clone(&self) -> Self {
        self.state().retain();
        Self(self.0)
    }
}

impl Drop for TaskRef {
    fn drop(&mut self) {
        if self.state().release() {
            // SAFETY: that was the last reference; nobody can reach the task any more.
            unsafe { (self.header().vtable.free)(self.0) }
        }
    }
}
