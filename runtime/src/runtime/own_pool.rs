//! blocking::Pool: threads of one's own, for closures that block or compute.
//!
//! The same machine as behind `spawn_blocking`, made and ended by the program: a limit of its own,
//! so that slow calls of one kind do not take the threads of another, and a number of threads that
//! suits work for the processor.
//!
//! A job is counted from `run` until its closure is gone, run or cancelled; `shutdown` waits for
//! the count to be zero.

#![forbid(unsafe_code)]

use super::context::with_current;
use super::error::NO_RUNTIME;
use super::handle::Handle;
use crate::blocking::pool as blocking;
use crate::sync::notify::Notify;
use crate::task::join::JoinHandle;
use std::fmt;
use std::panic::Location;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Threads of a pool that go home sooner than this would be started all the time.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// How many threads a [`Pool`] has, and what they are called.
///
/// ```
/// use mainspring::blocking::BlockingConfig;
///
/// let config = BlockingConfig::threads(15).name("async_worker");
/// assert_eq!(config, BlockingConfig::threads(15).name("async_worker"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockingConfig {
    threads: usize,
    name: Arc<str>,
    keep_alive: Duration,
    stack_size: Option<usize>,
}

impl BlockingConfig {
    /// At most so many threads; they are started when there is work for them.
    ///
    /// # Panics
    /// When `threads` is 0.
    #[track_caller]
    #[must_use]
    pub fn threads(threads: usize) -> BlockingConfig {
        assert!(threads > 0, "a blocking pool of 0 threads could run no closure; use 1 or more");
        let name = "mainspring-pool".into();
        BlockingConfig { threads, name, keep_alive: KEEP_ALIVE, stack_size: None }
    }

    /// A thread for each core: for work that computes and does not wait.
    #[must_use]
    pub fn cores() -> BlockingConfig {
        Self::threads(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// What the threads are called: this name, a dash and a number. Default `mainspring-pool`.
    #[must_use]
    pub fn name(mut self, name: &str) -> BlockingConfig {
        self.name = name.into();
        self
    }

    /// How long a thread without work stays. Default 10 s.
    #[must_use]
    pub fn keep_alive(mut self, time: Duration) -> BlockingConfig {
        self.keep_alive = time;
        self
    }

    /// The stack of each thread, in bytes. Default: what the platform gives, 2 MiB from std.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> BlockingConfig {
        self.stack_size = Some(bytes);
        self
    }
}

/// A pool of threads for closures that block or compute.
///
/// [`spawn_blocking`](crate::task::spawn_blocking) has a pool that suits calls which wait: up to
/// 512 threads. Work for the processor is best given to as many threads as there are cores
/// ([`BlockingConfig::cores`]): more would only take turns. That is what asyncio needs a
/// `ProcessPoolExecutor` for, because Python's threads share one lock. Threads are enough here, and
/// nothing is copied on the way.
///
/// The pool is independent of runtimes: any number of them can use it, and none of them ends it.
/// Dropping it lets what is running run on, cancels what has not begun, and waits for nothing;
/// [`shutdown`](Self::shutdown) waits.
///
/// asyncio: `ThreadPoolExecutor` with `loop.run_in_executor`, and `ProcessPoolExecutor`.
///
/// ```
/// use mainspring::blocking::{BlockingConfig, Pool};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let pool = Pool::new(BlockingConfig::cores());
/// let halves = [0..500_000_u64, 500_000..1_000_000];
/// let sums = halves.map(|half| pool.run(move || half.sum::<u64>()));
/// let mut total = 0;
/// for sum in sums {
///     total += sum.await.unwrap();
/// }
/// assert_eq!(total, 499_999_500_000);
/// pool.shutdown().await;
/// # });
/// # std::io::Result::Ok(())
/// ```
pub struct Pool {
    threads: blocking::Pool,
    open: Arc<Open>,
    limit: usize,
}

/// Jobs that have not ended.
struct Open {
    jobs: AtomicUsize,
    none: Notify,
}

/// One of them: goes with its closure.
struct Job(Arc<Open>);

impl Pool {
    /// Makes a pool. No thread is started before there is work.
    #[must_use]
    pub fn new(config: BlockingConfig) -> Pool {
        let (limit, name, started) = (config.threads, config.name, AtomicUsize::new(0));
        let threads = blocking::Pool::new(blocking::Config {
            limit,
            keep_alive: config.keep_alive,
            stack_size: config.stack_size,
            // Ordering: Relaxed, a number that is used once and orders nothing.
            name: Arc::new(move || format!("{name}-{}", started.fetch_add(1, Ordering::Relaxed))),
            on_start: None,
            on_stop: None,
        });
        let open = Arc::new(Open { jobs: AtomicUsize::new(0), none: Notify::new() });
        Pool { threads, open, limit }
    }

    /// Runs a closure on one of the pool's threads, when there is one; first come, first served.
    ///
    /// A closure that has started cannot be stopped; one that has not can be aborted. It runs
    /// inside the runtime that called: `Handle::current` and `spawn` work in it. If it panics, the
    /// handle says so and the thread goes on. When the system has no thread for the pool at all,
    /// the handle gives an error that says why.
    ///
    /// # Panics
    /// When there is no runtime on this thread.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the closure goes on.
    ///
    /// asyncio: `loop.run_in_executor(pool, f)`.
    #[track_caller]
    pub fn run<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let Some(handle) = with_current(|inner| inner.is_some().then(Handle::current)) else {
            panic!("{NO_RUNTIME}");
        };
        let job = Job::new(&self.open);
        // Fields go in order: cancelled, what the closure holds is gone before it is counted so.
        let counted = (closure, job);
        let closure = move || {
            let (closure, _job) = counted;
            closure()
        };
        handle.job_on(&self.threads, None, closure, Location::caller())
    }

    /// How many threads it has at most.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.limit
    }

    /// How many closures have been given to it and have not ended.
    #[must_use]
    pub fn pending(&self) -> usize {
        // Ordering: Acquire, pairs with the Release in `Job::drop`.
        self.open.jobs.load(Ordering::Acquire)
    }

    /// Waits until all closures have run, those in the queue too, and ends the pool.
    ///
    /// Nothing else of the runtime stands still meanwhile; in asyncio the end of a `with
    /// ThreadPoolExecutor()` blocks the whole loop.
    ///
    /// # Cancel safety
    /// The pool is dropped: what has not begun is cancelled.
    pub async fn shutdown(self) {
        loop {
            let mut none = pin!(self.open.none.notified());
            // In line before the look: whoever ends the last job from now on tells us.
            none.as_mut().enable();
            if self.pending() == 0 {
                return;
            }
            none.await;
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.threads.close();
    }
}

impl Job {
    fn new(open: &Arc<Open>) -> Job {
        // Ordering: Relaxed, whoever waits for the end of this job has seen it begin.
        open.jobs.fetch_add(1, Ordering::Relaxed);
        Job(open.clone())
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // Ordering: Release, pairs with the Acquire in `pending`; the closure comes before.
        if self.0.jobs.fetch_sub(1, Ordering::Release) == 1 {
            self.0.none.notify_waiters();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pool = f.debug_struct("Pool");
        pool.field("threads", &self.limit).field("pending", &self.pending()).finish()
    }
}
