//! how far a worker is: what it polls, and how many polls it has begun.
//!
//! The watcher compares the counters of two looks, a report names the task. A poll writes three
//! words of a line that is its worker's own.
//!
//! * INV-91: `spawned` is null or was made from a `&'static Location`.

use crate::base::prim::{AtomicPtr, AtomicU64, Ordering};
use crate::task::header::Id;
use std::num::NonZeroU64;
use std::panic::Location;
use std::ptr;

/// Written by its worker alone, with plain stores.
pub(super) struct Progress {
    polls: AtomicU64,
    /// The task of the last poll, and where it was spawned.
    task: AtomicU64,
    spawned: AtomicPtr<Location<'static>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let spawned = AtomicPtr::new(ptr::null_mut());
        Self { polls: AtomicU64::new(0), task: AtomicU64::new(0), spawned }
    }

    /// The owner is about to poll a task.
    #[inline]
    pub(super) fn poll(&self, id: Id, spawned: &'static Location<'static>) {
        self.poll_root();
        // Ordering: Relaxed, as in `poll_root`.
        self.task.store(id.0.get(), Ordering::Relaxed);
        // Ordering: Relaxed, as above; what it points to is a constant of the program.
        self.spawned.store(ptr::from_ref(spawned).cast_mut(), Ordering::Relaxed);
    }

    /// The owner is about to poll something.
    #[inline]
    pub(super) fn poll_root(&self) {
        // Ordering: Relaxed, as in all of this type: numbers for a watcher and for a report,
        // neither of which concludes anything about other memory from them.
        self.polls.store(self.polls.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// The owner polls nothing.
    pub(super) fn rest(&self) {
        // Ordering: Relaxed, as in `poll_root`.
        self.task.store(0, Ordering::Relaxed);
    }

    /// How many polls have begun.
    pub(super) fn polls(&self) -> u64 {
        // Ordering: Relaxed, as in `poll_root`.
        self.polls.load(Ordering::Relaxed)
    }

    /// The task of the last poll since the owner slept, and where it was spawned. Read while the
    /// worker goes on polling, the two may belong to different tasks.
    pub(super) fn task(&self) -> Option<(Id, &'static Location<'static>)> {
        // Ordering: Relaxed, as in `poll_root`.
        let id = Id(NonZeroU64::new(self.task.load(Ordering::Relaxed))?);
        // Ordering: Relaxed, as in `poll_root`.
        let spawned = self.spawned.load(Ordering::Relaxed);
        // SAFETY(INV-91): null, or a reference that lives for ever.
        unsafe { spawned.as_ref() }.map(|spawned| (id, spawned))
    }
}
