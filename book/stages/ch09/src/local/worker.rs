//! the single-thread executor: a queue, a registry, a tick().
//!
//! ```text
//!   wake, spawn at home ───────────► queue ──► tick: run one task
//!                                      ▲
//!   wake elsewhere ──► inbox ──────────┘ when the queue is empty, or every 61 ticks
//!              └─ alarm
//! ```
//!
//! A tick takes `&self`: the task that it runs may spawn and wake others, and comes back to this
//! same worker. So no borrow of a cell may be alive while somebody else's code runs.
//!
//! **Tasks that are not `Send`.** The registry holds a reference to each task until it has ended,
//! and it ends here: polled by a tick, or dropped by one. Wakers on other threads can send an entry
//! home, and can free a task that has ended, but never reach a future.

use super::shared::Shared;
use crate::task::join::{AbortHandle, JoinHandle};
use crate::task::new::new_unchecked;
use crate::task::schedule::Runnable;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::Arc;

/// After so many tasks the worker looks around, even if there is always a next one.
const LOOK_EVERY: u32 = 61;

/// What one tick did, or wants its caller to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Tick {
    /// A task has had its turn.
    Ran,
    /// Look at what the driver has, without sleeping.
    Look,
    /// There is nothing to do: sleep.
    Idle,
}

/// What belongs to the thread that drives the executor.
pub struct Worker {
    pub shared: Arc<Shared>,
    queue: RefCell<VecDeque<Runnable>>,
    /// Every task that has not ended, by number: in the order in which they were spawned.
    tasks: RefCell<BTreeMap<u64, AbortHandle>>,
    until_look: Cell<u32>,
    closed: Cell<bool>,
}

impl Worker {
    pub fn new(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
            queue: RefCell::default(),
            tasks: RefCell::default(),
            until_look: Cell::new(LOOK_EVERY),
            closed: Cell::new(false),
        }
    }

    /// Makes a task of `future` and queues it.
    pub fn spawn<F: Future + 'static>(&self, future: F) -> JoinHandle<F::Output> {
        // SAFETY: the future is polled and dropped on this thread, see the head of the file; or
        // just below, when the executor has ended.
        let (entry, handle) = unsafe { new_unchecked(future, self.shared.clone()) };
        if self.closed.get() {
            drop(entry);
        } else {
            self.tasks.borrow_mut().insert(entry.id(), handle.abort_handle());
            self.push(entry);
        }
        handle
    }

    /// Queues an entry, at the back.
    pub fn push(&self, entry: Runnable) {
        self.queue.borrow_mut().push_back(entry);
    }

    fn pop(&self) -> Option<Runnable> {
        self.queue.borrow_mut().pop_front()
    }

    /// Puts what other threads have sent behind what is here.
    fn collect(&self) {
        self.queue.borrow_mut().append(&mut self.shared.take_all());
    }

    /// One step: runs the task that has waited longest, or finds that there is none.
    pub fn tick(&self) -> Tick {
        match self.until_look.get() {
            0 => {
                self.until_look.set(LOOK_EVERY);
                self.collect();
                return Tick::Look;
            }
            left => self.until_look.set(left - 1),
        }
        if let Some(entry) = self.pop() {
            self.run(entry);
            return Tick::Ran;
        }
        self.collect();
        match self.pop() {
            Some(entry) => self.run(entry),
            None => return Tick::Idle,
        }
        Tick::Ran
    }

    fn run(&self, entry: Runnable) {
        let id = entry.id();
        if entry.run() {
            let ended = self.tasks.borrow_mut().remove(&id);
            drop(ended);
        }
    }

    /// Ends every task: afterwards no future is left. `sleep` waits for another thread that is
    /// between winning the right to push an entry and pushing it.
    ///
    /// 1 no task is begun any more · 2 each that is left is aborted, which queues it · 3 the queue
    /// is run until all have ended.
    pub fn shut_down(&self, sleep: impl Fn()) {
        self.closed.set(true);
        let left: Vec<_> = self.tasks.borrow().values().cloned().collect();
        left.iter().for_each(AbortHandle::abort);
        loop {
            self.collect();
            while let Some(entry) = self.pop() {
                self.run(entry);
            }
            if self.tasks.borrow().is_empty() {
                return;
            }
            sleep();
        }
    }
}
