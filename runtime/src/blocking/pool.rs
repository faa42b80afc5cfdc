//! closure -> result: threads that grow under load and go home when idle.
//!
//! A closure that blocks must not block a worker; it gets a thread. Threads are started when they
//! are needed, up to a limit; a thread without work stays for a while and then ends. Beyond the
//! limit jobs wait in a queue, first in, first out.
//!
//! ```text
//!   submit ── lock: submit ──► (start a thread) ──► send ─────────────┐
//!                                                                     ▼  a channel
//!   thread ── lock: started ──► (start the next) ──► hook ──► receive ──► lock: begin ──► run
//!                                                                     ▲                    │
//!             Take: receive, under the lock already if it is there    │                    ▼
//!             Wait: receive, for a while ── late? go home             └── lock: finished ◄─┘
//! ```
//!
//! The numbers are decided in `tally.rs`, under one lock; jobs travel through a channel. A thread
//! that finds the next job in it takes the lock once for one's end and the other's beginning.
//!
//! Threads are started one at a time: while one is on its way, jobs queue; when it arrives and
//! finds more jobs than threads, it starts the next before it takes its own. Two thousand jobs that
//! are done at once so need a few threads and not five hundred (a thread costs 10 µs, such a job
//! 0.2), and jobs that wait for one another still get a thread each, started one by one.
//!
//! When the system has no more threads, jobs wait for those that are there, for ever if for one
//! another, as beyond the limit; the next job tries again. With no thread at all a join says why.
//!
//! A thread has a desk until it has left *and* whoever started it has put its handle there: so
//! every handle is joined, and when the last desk is cleared nothing of the pool is left.

#![forbid(unsafe_code)]

use super::tally::{Finished, Submit, Tally};
use crate::base::clock::Hold;
use crate::base::prim::channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use crate::base::prim::{Mutex, MutexGuard, thread};
use crate::task::header::Id;
use crate::task::schedule::Runnable;
use slab::Slab;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

/// What the pool of a runtime can be told.
#[derive(Clone)]
pub(crate) struct Config {
    /// How many threads at most.
    pub(crate) limit: usize,
    /// How long a thread without work stays.
    pub(crate) keep_alive: Duration,
    /// Bytes of stack of each thread; `None`: what the platform gives.
    pub(crate) stack_size: Option<usize>,
    /// Names each thread as it starts.
    pub(crate) name: Arc<dyn Fn() -> String + Send + Sync>,
    /// Called on each thread when it has started, and before it ends.
    pub(crate) on_start: Option<Hook>,
    pub(crate) on_stop: Option<Hook>,
}

/// Something to call on a thread.
pub(crate) type Hook = Arc<dyn Fn() + Send + Sync>;

/// A queued closure, and what the report of a shutdown would say of it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) entry: Runnable,
    pub(crate) running: Running,
    /// Let go when the closure's join has been told.
    pub(crate) held: Option<Hold>,
}

/// A closure that was still running when the time for a shutdown was up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    pub(crate) id: Id,
    pub(crate) spawned: &'static Location<'static>,
}

/// The threads and the queue of one runtime. Clones are the same pool.
#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

/// What a thread receives: a job, or that it goes home.
type Message = Option<Job>;

struct Shared {
    config: Config,
    state: Mutex<State>,
    /// Both ends live as long as the pool: neither sending nor receiving can fail.
    queue: (Sender<Message>, Receiver<Message>),
    /// One message, when the pool is closed and the last desk is cleared.
    all_left: (Sender<()>, Receiver<()>),
    /// Asked before each start.
    #[cfg(test)]
    may_start: Option<MayStart>,
}

#[cfg(test)]
type MayStart = Box<dyn Fn() -> io::Result<()> + Send + Sync>;

struct State {
    tally: Tally,
    desks: Slab<Desk>,
    /// Handles of threads that have left: the next that leaves joins them, or `wait`.
    left: Vec<thread::JoinHandle<()>>,
}

/// What is known of one thread.
#[derive(Default)]
struct Desk {
    /// Written by the thread itself, before its first job.
    thread: Option<thread::ThreadId>,
    running: Option<Running>,
    /// Written by whoever started it, which may be later than anything the thread does.
    handle: Option<thread::JoinHandle<()>>,
    has_left: bool,
}

impl Pool {
    pub(crate) fn new(config: Config) -> Self {
        let tally = Tally::new(config.limit);
        let state = Mutex::new(State { tally, desks: Slab::new(), left: Vec::new() });
        let shared = Shared {
            config,
            state,
            queue: unbounded(),
            all_left: unbounded(),
            #[cfg(test)]
            may_start: None,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Gives `job` to a thread. After the end of the runtime its join says that it was cancelled;
    /// when no thread can be had at all, it also says why.
    pub(crate) fn submit(&self, job: Job) {
        let mut state = self.shared.state.lock();
        match state.tally.submit() {
            Submit::Send => drop(state),
            Submit::Start => {
                let desk = state.desks.insert(Desk::default());
                drop(state);
                if let Err(why) = self.shared.start(desk) {
                    return job.entry.refuse(&why);
                }
            }
            Submit::Refuse => {
                drop(state);
                return job.entry.cancel();
            }
        }
        self.shared.send(Some(job));
    }

    /// Refuses jobs from now on, cancels those that have not started, and sends the threads home
    /// that have nothing to do. A thread that was to take a job cancels it and goes too.
    pub(crate) fn close(&self) {
        let (idle, unclaimed) = self.shared.state.lock().tally.close();
        (0..idle).for_each(|_| self.shared.send(None));
        (0..unclaimed).filter_map(|_| self.shared.receive()).for_each(|job| job.entry.cancel());
    }

    /// Is this one of the pool's threads? It cannot wait for the pool: that would be for itself.
    pub(crate) fn is_own_thread(&self) -> bool {
        let current = Some(thread::current().id());
        self.shared.state.lock().desks.iter().any(|(_, desk)| desk.thread == current)
    }

    /// Waits until every thread has ended, at most `limit`, and says what is still running then.
    /// `close` comes before, and this once.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Vec<Running> {
        let shared = &self.shared;
        let empty = shared.state.lock().desks.is_empty();
        let limit = limit.unwrap_or(Duration::MAX);
        let all_left = empty || shared.all_left.1.recv_timeout(limit).is_ok();
        let mut state = shared.state.lock();
        if !all_left {
            return state.desks.iter().filter_map(|(_, desk)| desk.running).collect();
        }
        let left = mem::take(&mut state.left);
        drop(state);
        left.into_iter().for_each(|thread| drop(thread.join()));
        Vec::new()
    }
}

impl Shared {
    fn send(&self, message: Message) {
        let _ = self.queue.0.send(message);
    }

    fn receive(&self) -> Message {
        self.queue.1.recv().ok().flatten()
    }

    /// Starts the thread that was counted. An error: nobody is there to take its job.
    fn start(self: &Arc<Self>, desk: usize) -> io::Result<()> {
        let handle = self.spawn(desk);
        let mut state = self.state.lock();
        let why = match handle {
            Ok(handle) => {
                state.desks[desk].handle = Some(handle);
                self.clear(state, desk);
                return Ok(());
            }
            Err(why) => why,
        };
        let failed = state.tally.failed();
        state.desks[desk].has_left = true;
        self.clear(state, desk);
        let Some(others) = failed else { return Ok(()) };
        self.give_up(others, &why);
        Err(why)
    }

    fn spawn(self: &Arc<Self>, desk: usize) -> io::Result<thread::JoinHandle<()>> {
        #[cfg(test)]
        self.may_start.as_ref().map_or(Ok(()), |may_start| may_start())?;
        let shared = self.clone();
        let spawn = || {
            let mut builder = thread::Builder::new().name((self.config.name)());
            if let Some(bytes) = self.config.stack_size {
                builder = builder.stack_size(bytes);
            }
            builder.spawn(move || shared.work(desk))
        };
        // The name is the user's to make, and std panics about one that holds a zero byte.
        catch_unwind(AssertUnwindSafe(spawn))
            .unwrap_or_else(|_| Err(io::Error::other("naming the thread panicked")))
    }

    /// Takes `jobs` jobs out of the queue, or waits for them to get there, and tells their joins.
    fn give_up(&self, jobs: usize, why: &io::Error) {
        (0..jobs).filter_map(|_| self.receive()).for_each(|job| job.entry.refuse(why));
    }

    /// What a thread does: one job after the other, until there has been none for a while.
    fn work(self: &Arc<Self>, desk: usize) {
        self.arrive(desk);
        call(self.config.on_start.as_ref());
        let mut next = self.begin(desk, self.receive());
        while let Some(Job { entry, held, .. }) = next {
            entry.run();
            drop(held);
            next = self.next(desk);
        }
        call(self.config.on_stop.as_ref());
        self.leave(desk);
    }

    /// A thread has started. If there are jobs that have none, it starts one more.
    fn arrive(self: &Arc<Self>, desk: usize) {
        let mut state = self.state.lock();
        state.desks[desk].thread = Some(thread::current().id());
        if state.tally.started() {
            let next = state.desks.insert(Desk::default());
            drop(state);
            if let Err(why) = self.start(next) {
                self.give_up(1, &why);
            }
        }
    }

    /// A thread has received a job, outside of the lock. `None`: it goes home.
    fn begin(&self, desk: usize, message: Message) -> Option<Job> {
        let job = message?;
        let mut state = self.state.lock();
        if state.tally.begin() {
            state.desks[desk].running = Some(job.running);
            return Some(job);
        }
        drop(state);
        job.entry.cancel();
        None
    }

    /// A thread has finished a job. `None`: it goes home.
    fn next(&self, desk: usize) -> Option<Job> {
        let mut state = self.state.lock();
        state.desks[desk].running = None;
        match state.tally.finished() {
            Finished::GoHome => None,
            Finished::Take => {
                if let Ok(Some(job)) = self.queue.1.try_recv() {
                    state.desks[desk].running = Some(job.running);
                    return Some(job);
                }
                // It has been counted and is being sent.
                drop(state);
                self.begin(desk, self.receive())
            }
            Finished::Wait => {
                drop(state);
                match self.queue.1.recv_timeout(self.config.keep_alive) {
                    Ok(message) => self.begin(desk, message),
                    Err(RecvTimeoutError::Timeout) if !self.state.lock().tally.late() => {
                        self.begin(desk, self.receive())
                    }
                    Err(_) => None,
                }
            }
        }
    }

    /// The last that a thread does. It joins those that left before it, so that no more than one
    /// is ever unjoined for long.
    fn leave(&self, desk: usize) {
        let mut state = self.state.lock();
        let earlier = mem::take(&mut state.left);
        state.desks[desk].has_left = true;
        self.clear(state, desk);
        // They are past their hooks.
        earlier.into_iter().for_each(|thread| drop(thread.join()));
    }

    /// Clears a desk whose thread has left, if its handle is there.
    fn clear(&self, mut state: MutexGuard<'_, State>, desk: usize) {
        let done = &state.desks[desk];
        if !done.has_left || (done.handle.is_none() && done.thread.is_some()) {
            return;
        }
        let handle = state.desks.remove(desk).handle;
        state.left.extend(handle);
        let last = state.tally.closed && state.desks.is_empty();
        drop(state);
        if last {
            let _ = self.all_left.0.send(());
        }
    }
}

/// A hook that panics has told the panic hook of the process; the thread has a job to do.
fn call(hook: Option<&Hook>) {
    if let Some(hook) = hook {
        let _ = catch_unwind(AssertUnwindSafe(|| hook()));
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("blocking::Pool").finish_non_exhaustive()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("blocking::Config").field("limit", &self.limit).finish_non_exhaustive()
    }
}

#[cfg(all(test, loom))]
#[path = "pool_loom_tests.rs"]
mod models;

#[cfg(all(test, not(loom)))]
#[path = "pool_tests.rs"]
mod tests;
