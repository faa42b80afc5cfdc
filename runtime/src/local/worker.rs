//! the single-thread executor: a queue, an inbox, a tick().
//!
//! Strictly first in, first out, as asyncio's loop is: what was spawned or woken first runs first.
//! The root future of `block_on` stands in the same queue.
//!
//! ```text
//!   wake, spawn at home ───────────────► queue ──► tick: run one task
//!                                          ▲
//!   wake, spawn elsewhere ──► inbox ───────┘ when the queue is empty, or every 61 ticks
//!          └─ the owner sleeps: nudge it
//! ```
//!
//! [`Shared`] is what any thread may reach through a waker; [`Worker`] is what only its thread may.
//! A tick takes `&self`: the task it polls may wake another, and that wake comes back to this same
//! worker through the thread-local. So the fields are cells, and no borrow is alive in user code.
//!
//! Ending, in the order that the code repeats: 1 close spawn · 2 drop every future of the registry
//! · 3 drain the queues · 4 let the driver go. (5, the blocking threads, is the facade's.)
//!
//! * INV-29: a `Worker` is used by one thread at a time: whoever took it out of its place.

use super::shared::{Scheduler, Shared};
use crate::base::stack::Chain;
use crate::base::trace::trace;
use crate::task::credit::Credit;
use crate::task::current;
use crate::task::header::{Header, TaskRef};
use crate::task::ids::Block;
use crate::task::new::new;
use crate::task::registry::NOBODY;
use crate::task::run::shut_down_one;
use crate::task::schedule::Runnable;
use crate::wake::park::Park;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// What one step of the loop did, or wants the loop to do.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(crate) enum Tick {
    /// A task has had its turn.
    Ran,
    /// It is the root future's turn.
    Root,
    /// Time to look at timers and sockets, without sleeping.
    Look,
    /// Nothing to do, and the inbox says that we sleep: park.
    Sleep,
}

/// What belongs to the thread that drives the executor.
pub(crate) struct Worker {
    pub(super) credit: Credit<Shared>,
    queue: Cell<Chain<Header>>,
    pub(super) ids: Block,
    /// Ticks until the next look at the inbox and the drivers.
    until_look: Cell<u32>,
    look_every: u32,
    /// The root's stand-in in the queue has had its turn.
    root_turn: Cell<bool>,
    root_waker: Waker,
}

/// Stands in the queue for the root future, which lives on the stack of `block_on`: its turn is the
/// root's turn, its waker the root's waker.
struct RootTurn(Scheduler);

impl Future for RootTurn {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        if let Some(worker) = current::worker_of::<_, Worker>(self.0.as_ptr()) {
            // SAFETY(INV-25): the pointer is used at once.
            unsafe { worker.as_ref() }.root_turn.set(true);
        }
        Poll::Pending
    }
}

impl Worker {
    /// `look_every`: how many tasks run between two looks at the inbox and the drivers.
    pub(crate) fn new(scheduler: &Scheduler, look_every: u32) -> Self {
        let credit = Credit::new(scheduler.clone());
        let ids = Block::new(scheduler.ids);
        let root = RootTurn(scheduler.clone());
        // SAFETY(INV-20): the count is handed over. RootTurn may be dropped anywhere.
        let (entry, _) = unsafe {
            new::<_, Shared>(root, credit.take().cast(), ids.next(), NOBODY, Location::caller())
        };
        let root_waker = entry.waker();
        // Its first turn is nobody's: from here on it waits for the root's wakes.
        entry.run();
        Self {
            credit,
            queue: Cell::new(Chain::EMPTY),
            ids,
            until_look: Cell::new(look_every),
            look_every,
            root_turn: Cell::new(false),
            root_waker,
        }
    }

    /// The waker of whatever future is the root.
    pub(crate) fn root_waker(&self) -> &Waker {
        &self.root_waker
    }

    /// This thread is the worker until the guard is dropped.
    pub(crate) fn enter(&self, park: &dyn Park) -> Entered<'_> {
        *self.credit.keep().unparker.lock() = Some(park.unparker());
        // What was spawned before comes before the root.
        self.collect();
        let current = current::enter(self.credit.keep().as_ptr(), self);
        Entered { _current: current, worker: self }
    }

    #[inline]
    pub(crate) fn push(&self, task: TaskRef) {
        let mut queue = self.queue.get();
        // SAFETY(INV-4): the entry is handed over; its task lives until the entry is run.
        unsafe { queue.push_back(task.as_header()) };
        self.queue.set(queue);
    }

    #[inline]
    pub(crate) fn pop(&self) -> Option<Runnable> {
        let mut queue = self.queue.get();
        let task = queue.pop_front()?;
        self.queue.set(queue);
        // SAFETY(INV-22): the queue held the entry.
        Some(unsafe { Runnable::from_task(TaskRef::from_header(task)) })
    }

    /// One step: run the task that has waited longest, or find that there is none.
    pub(crate) fn tick(&self) -> Tick {
        let left = self.until_look.get();
        if left == 0 {
            self.until_look.set(self.look_every);
            self.collect();
            return Tick::Look;
        }
        self.until_look.set(left - 1);
        let entry = match self.pop() {
            Some(entry) => entry,
            None => {
                self.collect();
                match self.pop() {
                    Some(entry) => entry,
                    // The announcement is also the last look: it fails if something has come.
                    None if self.credit.keep().inbox.try_sleep() => return self.sleep(),
                    None => return Tick::Ran,
                }
            }
        };
        entry.run();
        match self.root_turn.replace(false) {
            true => Tick::Root,
            false => Tick::Ran,
        }
    }

    fn sleep(&self) -> Tick {
        trace!(Park);
        self.until_look.set(self.look_every);
        Tick::Sleep
    }

    /// After the park: the sleep is over, whatever has come is queued behind what the drivers woke.
    pub(crate) fn awake(&self) {
        trace!(Unpark);
        self.append(self.credit.keep().inbox.take_all());
    }

    /// Puts what other threads have sent behind what is here, in its own order.
    #[inline]
    pub(crate) fn collect(&self) {
        if !self.credit.keep().inbox.is_quiet() {
            self.append(self.credit.keep().inbox.take_all());
        }
    }

    fn append(&self, chain: Chain<Header>) {
        let mut queue = self.queue.get();
        queue.append(chain);
        self.queue.set(queue);
    }

    /// Ends the executor: afterwards no future of it exists, and none is accepted.
    pub(crate) fn shut_down(&self) {
        let shared = self.credit.keep();
        let current = current::enter(shared.as_ptr(), self);
        // 1 close spawn: a closed inbox gives an entry back, and whoever pushed it ends the task
        self.append(shared.inbox.close());
        // 2 drop every future of the registry; a destructor may spawn, wake or abort
        while shut_down_one(&shared.registry) {}
        // 3 drain the queues: what has never been polled, and entries of tasks that step 2 ended
        while let Some(entry) = self.pop() {
            entry.cancel();
        }
        // 4 let the driver go
        let unparker = shared.unparker.lock().take();
        drop(unparker);
        drop(current);
    }
}

/// Hands `scheduler`'s worker to `f`, if this thread is it.
#[inline]
pub(crate) fn here<R>(scheduler: &Scheduler, f: impl FnOnce(&Worker) -> R) -> Option<R> {
    // SAFETY(INV-25): the pointer is used at once.
    current::worker_of(scheduler.as_ptr()).map(|worker| f(unsafe { worker.as_ref() }))
}

/// See [`Worker::enter`].
#[derive(Debug)]
pub(crate) struct Entered<'a> {
    _current: current::Entered,
    worker: &'a Worker,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // A park that was left by a panic may have left its announcement behind.
        self.worker.collect();
        let unparker = self.worker.credit.keep().unparker.lock().take();
        drop(unparker);
    }
}

// SAFETY(INV-29): a worker moves between threads only while nobody is inside it, through the lock
// of the place where it is kept.
unsafe impl Send for Worker {}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}
