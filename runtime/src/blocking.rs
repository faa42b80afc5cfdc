//! closure -> result: threads that grow under load and go home when idle.
//!
//! A closure that blocks must not block a worker; it gets a thread. Threads are started when they
//! are needed, up to a limit; a thread without work stays for a while and then ends. Beyond the
//! limit jobs wait in a queue, first in, first out.
//!
//! Threads are started one at a time: while one is on its way, jobs queue; when it arrives and
//! finds more jobs than threads, it starts the next before it takes its own. Two thousand jobs that
//! are done at once so need a few threads and not five hundred (a thread costs 10 µs, such a job
//! 0.2), and jobs that wait for one another still get a thread each, one thread's start after the
//! other.
//!
//! Every job must find a thread: one that waits, or a new one, or one that will look at the queue
//! when its present job is done. So "is anybody free?" and "then this job is yours" are one step,
//! under one lock. Only the numbers are decided there; the jobs themselves travel through a
//! channel.
//!
//! ```text
//!   submit:   idle > 0          idle -= 1               the job is claimed by a waiting thread
//!             threads < limit,  threads += 1, starting  start one, which first takes a job
//!             none starting
//!             otherwise         unclaimed += 1          some thread takes it later
//!   started:  unclaimed > 0,    unclaimed -= 1, threads += 1: start the next, which takes that job
//!             threads < limit
//!             otherwise         not starting any more
//!   finished: unclaimed > 0     unclaimed -= 1, take a job
//!             otherwise         idle += 1, wait
//!   waited long enough: idle > 0 ⇒ idle -= 1, threads -= 1, end.   idle = 0 ⇒ somebody has just
//!             claimed this thread: its job is on the way, wait for it
//! ```
//!
//! Unclaimed jobs have either a thread on its way, which will see them, or the limit is reached.
//!
//! The number of threads that will receive equals the number of jobs that were sent, always: that
//! is why a receive after a claim may wait without a limit.

#![forbid(unsafe_code)]

use crate::base::prim::{Mutex, thread};
use crate::task::header::Id;
use crate::task::schedule::Runnable;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::collections::HashMap;
use std::fmt;
use std::panic::Location;
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

/// A queued closure, and where it came from, for the report of a shutdown.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) entry: Runnable,
    pub(crate) id: Id,
    pub(crate) spawned: &'static Location<'static>,
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

struct Shared {
    config: Config,
    state: Mutex<State>,
    jobs: Receiver<Job>,
    /// Disconnected when every thread has ended; each holds the sender's other half.
    ended: Receiver<()>,
}

struct State {
    idle: usize,
    threads: usize,
    unclaimed: usize,
    /// A thread has been started and has not looked at the queue yet.
    starting: bool,
    /// `None`: closed.
    queue: Option<Sender<Job>>,
    alive: Option<Sender<()>>,
    records: HashMap<u64, Record>,
    next_record: u64,
}

#[derive(Default)]
struct Record {
    /// Written by the thread itself, before its first job.
    thread: Option<thread::ThreadId>,
    handle: Option<thread::JoinHandle<()>>,
    running: Option<Running>,
}

impl Pool {
    pub(crate) fn new(config: Config) -> Self {
        let (queue, jobs) = unbounded();
        let (alive, ended) = unbounded();
        let state = State {
            idle: 0,
            threads: 0,
            unclaimed: 0,
            starting: false,
            queue: Some(queue),
            alive: Some(alive),
            records: HashMap::new(),
            next_record: 0,
        };
        Self { shared: Arc::new(Shared { config, state: Mutex::new(state), jobs, ended }) }
    }

    /// Gives `job` to a thread. After the end of the runtime, or when no thread can be had at all,
    /// the job's join says that it was cancelled.
    pub(crate) fn submit(&self, job: Job) {
        let mut state = self.shared.state.lock();
        let (Some(queue), Some(alive)) = (state.queue.clone(), state.alive.clone()) else {
            drop(state);
            return job.entry.cancel();
        };
        if state.idle > 0 {
            state.idle -= 1;
        } else if !state.starting && state.threads < self.shared.config.limit {
            let record = state.new_thread();
            drop(state);
            if !self.shared.start(record, alive) {
                return job.entry.cancel();
            }
        } else {
            state.unclaimed += 1;
        }
        // The receiver lives in `shared`, so this cannot fail.
        if let Err(refused) = queue.send(job) {
            refused.into_inner().entry.cancel();
        }
    }

    /// Refuses jobs from now on, and cancels those that have not started. A thread that was claimed
    /// for one finds the channel at its end and goes home.
    pub(crate) fn close(&self) {
        let mut state = self.shared.state.lock();
        let ends = (state.queue.take(), state.alive.take());
        drop(state);
        drop(ends);
        while let Ok(job) = self.shared.jobs.try_recv() {
            job.entry.cancel();
        }
    }

    /// Is this one of the pool's threads? It cannot wait for the pool: that would be for itself.
    pub(crate) fn is_own_thread(&self) -> bool {
        let current = Some(thread::current().id());
        self.shared.state.lock().records.values().any(|record| record.thread == current)
    }

    /// Waits until every thread has ended, at most `limit`, and says what is still running then.
    /// `close` comes before.
    pub(crate) fn wait(&self, limit: Option<Duration>) -> Vec<Running> {
        let all_ended = match limit {
            None => self.shared.ended.recv().is_err(),
            Some(limit) => {
                self.shared.ended.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
            }
        };
        let mut state = self.shared.state.lock();
        if !all_ended {
            return state.records.values().filter_map(|record| record.running).collect();
        }
        let handles: Vec<_> = state.records.drain().filter_map(|(_, r)| r.handle).collect();
        drop(state);
        for handle in handles {
            // A thread's panic was caught around each job; what is left is the user's hook.
            let _ = handle.join();
        }
        Vec::new()
    }
}

impl State {
    /// Counts a thread that is about to be started.
    fn new_thread(&mut self) -> u64 {
        self.threads += 1;
        self.starting = true;
        let record = self.next_record;
        self.next_record += 1;
        self.records.insert(record, Record::default());
        record
    }
}

impl Shared {
    /// Starts the thread that was counted. False: there is no thread for the job, and never will
    /// be.
    fn start(self: &Arc<Self>, record: u64, alive: Sender<()>) -> bool {
        let shared = self.clone();
        let config = &self.config;
        let mut builder = thread::Builder::new().name((config.name)());
        if let Some(bytes) = config.stack_size {
            builder = builder.stack_size(bytes);
        }
        let started = builder.spawn(move || {
            shared.work(record, &alive);
            drop(alive);
        });
        let mut state = self.state.lock();
        match started {
            Ok(handle) => {
                if let Some(record) = state.records.get_mut(&record) {
                    record.handle = Some(handle);
                }
                true
            }
            // The system has no thread for us. If there are others, one of them takes the job.
            Err(_) => {
                state.records.remove(&record);
                state.threads -= 1;
                state.starting = false;
                if state.threads > 0 {
                    state.unclaimed += 1;
                    return true;
                }
                // Jobs that counted on this thread are in the queue, or on their way to it.
                let stranded = std::mem::take(&mut state.unclaimed);
                drop(state);
                self.jobs.iter().take(stranded).for_each(|job| job.entry.cancel());
                false
            }
        }
    }

    /// A thread has started. Jobs that came meanwhile and have no thread get one: one, which does
    /// the same in its turn. So the pool grows only as long as jobs come faster than they are done.
    fn started(self: &Arc<Self>, record: u64, alive: &Sender<()>) {
        let mut state = self.state.lock();
        if let Some(record) = state.records.get_mut(&record) {
            record.thread = Some(thread::current().id());
        }
        state.starting = false;
        let open = state.queue.is_some();
        if open && state.unclaimed > 0 && state.threads < self.config.limit {
            state.unclaimed -= 1;
            let record = state.new_thread();
            drop(state);
            // If there is none to be had, the job waits for another: for us, at the latest.
            self.start(record, alive.clone());
        }
    }

    /// What a thread does: one job after the other, until there has been none for a while.
    fn work(self: &Arc<Self>, record: u64, alive: &Sender<()>) {
        self.started(record, alive);
        if let Some(hook) = &self.config.on_start {
            hook();
        }
        let mut next = self.jobs.recv().ok();
        while let Some(job) = next {
            let running = Running { id: job.id, spawned: job.spawned };
            if self.begin(record, running) {
                job.entry.run();
            } else {
                job.entry.cancel();
            }
            next = self.next_job(record);
        }
        if let Some(hook) = &self.config.on_stop {
            hook();
        }
    }

    /// False: the pool is closed, the job is not to be started.
    fn begin(&self, record: u64, running: Running) -> bool {
        let mut state = self.state.lock();
        if let Some(record) = state.records.get_mut(&record) {
            record.running = Some(running);
        }
        state.queue.is_some()
    }

    fn next_job(&self, record: u64) -> Option<Job> {
        let mut state = self.state.lock();
        if let Some(record) = state.records.get_mut(&record) {
            record.running = None;
        }
        if state.unclaimed > 0 {
            state.unclaimed -= 1;
            drop(state);
            return self.jobs.recv().ok();
        }
        state.idle += 1;
        drop(state);
        match self.jobs.recv_timeout(self.config.keep_alive) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => {
                let mut state = self.state.lock();
                if state.idle == 0 {
                    drop(state);
                    return self.jobs.recv().ok();
                }
                state.idle -= 1;
                state.threads -= 1;
                // Nobody joins a thread that goes home by itself.
                let gone = state.records.remove(&record);
                drop(state);
                drop(gone);
                None
            }
        }
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
