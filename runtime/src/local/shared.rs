//! what a waker on any thread can reach: the inbox, the registry, the nudge.
//!
//! Read next: `local/worker.rs`, what only the owner reaches.

use crate::base::prim::Mutex;
use crate::base::stack::{Inbox, Push};
use crate::task::counts::Counts;
use crate::task::credit::Keep;
use crate::task::header::Header;
use crate::task::ids::Ids;
use crate::task::registry::Registry;
use crate::task::schedule::Runnable;
use crate::wake::batch::Report;
use crate::wake::park::Unparker;
use std::fmt;

/// What a waker on any thread can reach.
pub(crate) struct Shared {
    pub(crate) inbox: Inbox<Header>,
    pub(crate) registry: Registry,
    /// How to end the sleep of the thread that owns the worker at present.
    pub(super) unparker: Mutex<Option<Unparker>>,
    pub(super) ids: Ids,
    pub(super) report: Report,
    pub(crate) tasks: Counts,
}

/// The scheduler as tasks and handles know it.
pub(crate) type Scheduler = Keep<Shared>;

impl Shared {
    pub(crate) fn new(ids: Ids, report: Report) -> Self {
        Self {
            inbox: Inbox::new(),
            registry: Registry::new(),
            unparker: Mutex::new(None),
            ids,
            report,
            tasks: Counts::new(1),
        }
    }

    /// Ends the sleep of whoever owns the worker, or keeps the next one short.
    pub(crate) fn nudge(&self) {
        let unparker = self.unparker.lock().clone();
        if let Some(unparker) = unparker {
            unparker.unpark();
        }
    }

    /// Sends an entry from a thread that is not the owner; gives it back after the end.
    pub(super) fn submit(&self, entry: Runnable) -> Result<(), Runnable> {
        let task = entry.into_task();
        // SAFETY(INV-4): the entry is handed over; its task lives until the entry is run.
        match unsafe { self.inbox.push(task.as_header()) } {
            Push::Pushed => {}
            Push::OwnerAsleep => self.nudge(),
            // SAFETY(INV-22): refused, so the entry is still ours.
            Push::Closed => return Err(unsafe { Runnable::from_task(task) }),
        }
        Ok(())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("local::Shared").finish_non_exhaustive()
    }
}
