//! data only: Shared, what all threads reach; Remote, what one worker shows the others.
//!
//! ```text
//!  Shared ─┬─ idle       who sleeps, searches, watches             one word, all write, seldom
//!          ├─ injector   tasks from outside                        behind its own lock
//!          ├─ remotes ─┬─ ring      the worker's queue             owner pushes, thieves take
//!          │           ├─ next      the task woken last            owner; the watcher, by swap
//!          │           ├─ progress  polls, and what it polls       owner writes, watcher reads
//!          │           └─ registry  tasks that have been pending   behind its own lock
//!          └─ unparkers  how to nudge a worker                     constant
//! ```
//!
//! With a spawn, a wake or a poll a worker writes to its own Remote and to the task, and reads
//! `idle`; to a line that all write, when it goes to sleep, wakes somebody, or its ring overflows.
//!
//! * INV-91: `Progress::spawned` is null or was made from a `&'static Location`.
//!
//! Read next: `pool/schedule.rs`, where a wake lands.

use super::idle::Idle;
use super::inject::Injector;
use super::ring::Ring;
use crate::base::pad::CachePadded;
#[cfg(not(loom))]
use crate::base::prim::thread;
use crate::base::prim::{AtomicPtr, AtomicU64, Ordering};
use crate::task::counts::Counts;
use crate::task::credit::Keep;
use crate::task::header::{Header, Id};
use crate::task::ids::Ids;
use crate::task::registry::Registry;
use crate::wake::batch::Report;
use crate::wake::park::Unparker;
use std::fmt;
use std::num::NonZeroU64;
use std::panic::Location;
use std::ptr;

/// What a waker on any thread, and any worker, can reach.
pub(crate) struct Shared {
    pub(super) idle: Idle,
    pub(super) injector: Injector<Header>,
    /// One for each worker, and one for the guest of `block_on_helps` if there can be one.
    pub(super) remotes: Box<[Remote]>,
    unparkers: Box<[Unparker]>,
    pub(super) ids: Ids,
    pub(super) report: Report,
    pub(crate) tasks: Counts,
}

/// The scheduler as tasks and handles know it.
pub(crate) type Scheduler = Keep<Shared>;

/// What one worker shows the others.
pub(super) struct Remote {
    pub(super) ring: Ring<Header>,
    /// The task that was woken last: it runs next. Filled by the owner alone, and emptied with a
    /// swap, by the owner or the watcher. Nobody is woken for it.
    pub(super) next: CachePadded<AtomicPtr<Header>>,
    pub(super) progress: CachePadded<Progress>,
    pub(super) registry: Registry,
}

/// How far a worker is. Written by it alone, with plain stores.
pub(super) struct Progress {
    polls: AtomicU64,
    /// The task of the last poll, and where it was spawned.
    task: AtomicU64,
    spawned: AtomicPtr<Location<'static>>,
}

impl Progress {
    fn new() -> Self {
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

impl Shared {
    /// One worker for each unparker.
    pub(crate) fn new(
        ids: Ids,
        report: Report,
        unparkers: Box<[Unparker]>,
        with_guest: bool,
    ) -> Self {
        let workers = unparkers.len();
        let remote = |_| Remote {
            ring: Ring::new(),
            next: CachePadded(AtomicPtr::new(ptr::null_mut())),
            progress: CachePadded(Progress::new()),
            registry: Registry::new(),
        };
        Self {
            idle: Idle::new(workers, with_guest),
            injector: Injector::new(),
            remotes: (0..workers + usize::from(with_guest)).map(remote).collect(),
            unparkers,
            ids,
            report,
            tasks: Counts::new(workers + usize::from(with_guest)),
        }
    }

    /// How many workers there are, the guest not counted.
    pub(crate) fn workers(&self) -> usize {
        self.unparkers.len()
    }

    /// Nudges a worker that was claimed, if one was.
    #[inline]
    pub(super) fn nudge(&self, claimed: Option<usize>) {
        if let Some(worker) = claimed {
            self.unparkers[worker].unpark();
        }
    }

    /// The same for one who must not wait behind this thread's next poll: gives way to it.
    ///
    /// Linux in a virtual machine may take a core at rest for one that the host has taken away, and
    /// queue the woken thread on the waker's core, where it waits 2 ms for the end of a long poll.
    pub(super) fn nudge_and_give_way(&self, claimed: Option<usize>) {
        self.nudge(claimed);
        // loom's yield would hide orders from the models.
        #[cfg(not(loom))]
        if claimed.is_some() {
            thread::yield_now();
        }
    }

    /// Does any queue that a worker may take from hold a task?
    pub(super) fn has_work(&self) -> bool {
        !self.injector.is_empty() || self.remotes.iter().any(|remote| !remote.ring.is_empty())
    }

    /// Has the end of the runtime begun? Its first step closes the injector.
    pub(super) fn is_ending(&self) -> bool {
        self.injector.is_closed()
    }

    /// Nudges every worker.
    pub(super) fn nudge_all(&self) {
        self.unparkers.iter().for_each(|unparker| unparker.unpark());
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("pool::Shared")
            .field("workers", &self.workers())
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
