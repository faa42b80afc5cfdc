//! every live task, so shutdown can drop them and a dump can name them.
//!
//! One registry per worker; its lock is normally taken by that worker only. A task enters at its
//! first `Pending`: before that it is in a queue, where shutdown finds it, so a task that ends in
//! its first poll never takes the lock. The registry owns one reference of each task it holds.
//!
//! * INV-26: a linked task is unlinked exactly once: by its runner at the end, or by shutdown,
//!   which marks it, so that the runner knows.

use super::header::{Header, TaskRef};
use crate::base::list::{Links, List, Node};
use crate::base::prim::Mutex;

/// The registry of a task that stands for something else (a root future): no dump shows it.
pub(crate) const NOBODY: u8 = u8::MAX;

/// The tasks of one worker that have been pending.
#[derive(Debug)]
pub(crate) struct Registry {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    tasks: List<Header>,
    closed: bool,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Self { inner: Mutex::new(Inner { tasks: List::new(), closed: false }) }
    }

    /// Links a task, whose runner hands a reference over. False: the runtime is ending, cancel it.
    pub(super) fn insert(&self, task: TaskRef) -> bool {
        let mut inner = self.inner.lock();
        if inner.closed {
            return false;
        }
        // SAFETY(INV-2): only its runner links a task, once; the registry's reference keeps it.
        unsafe { inner.tasks.push_back(task.as_header()) };
        true
    }

    /// Unlinks a task that has ended. True: the registry's reference is now the caller's. False:
    /// shutdown was here before.
    pub(super) fn remove(&self, task: TaskRef) -> bool {
        let mut inner = self.inner.lock();
        // SAFETY(INV-26): the caller's reference keeps the task; its links are read under the lock.
        let linked = !unsafe { Links::is_gone(Header::links(task.as_header())) };
        if linked {
            // SAFETY(INV-26): linked, hence in this list.
            unsafe { inner.tasks.remove(task.as_header()) };
        }
        linked
    }

    /// Shows every task to `see`, which must neither end nor wake one: it is called under the lock.
    pub(crate) fn each(&self, mut see: impl FnMut(TaskRef)) {
        let mut inner = self.inner.lock();
        let first = inner.tasks.front();
        while let Some(task) = inner.tasks.pop_front() {
            // SAFETY(INV-2): just unlinked from this very list, and the registry's reference keeps
            // it.
            unsafe { inner.tasks.push_back(task) };
            see(TaskRef::from_header(task));
            if inner.tasks.front() == first {
                return;
            }
        }
    }

    /// Refuses tasks from now on, and takes one out, with the registry's reference. One at a time:
    /// its destructor runs outside the lock and may spawn, wake or abort.
    pub(super) fn close_and_pop(&self) -> Option<TaskRef> {
        let mut inner = self.inner.lock();
        inner.closed = true;
        let task = inner.tasks.pop_front()?;
        // SAFETY(INV-26): the reference that was the registry's keeps the task; we are under the
        // lock.
        unsafe { Links::mark_gone(Header::links(task)) };
        Some(TaskRef::from_header(task))
    }
}
