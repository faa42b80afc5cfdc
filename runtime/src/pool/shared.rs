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
//! Read next: `pool/schedule.rs`, where a wake lands.

#![forbid(unsafe_code)]

use super::idle::Idle;
use super::inject::Injector;
use super::progress::Progress;
use super::ring::Ring;
use crate::base::pad::CachePadded;
use crate::base::prim::AtomicPtr;
#[cfg(not(loom))]
use crate::base::prim::thread;
use crate::task::counts::Counts;
use crate::task::credit::Keep;
use crate::task::header::Header;
use crate::task::ids::Ids;
use crate::task::registry::Registry;
use crate::wake::batch::Report;
use crate::wake::park::Unparker;
use std::fmt;
use std::ptr;

/// What a waker on any thread, and any worker, can reach.
pub(crate) struct Shared {
    pub(super) idle: Idle,
    pub(super) injector: CachePadded<Injector<Header>>,
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
            injector: CachePadded(Injector::new()),
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
