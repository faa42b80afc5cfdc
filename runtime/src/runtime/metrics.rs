//! RuntimeMetrics: what a runtime is doing, in numbers.
//!
//! Read before: `runtime/meter.rs`, `task/counts.rs`. The numbers are there anyway, in places that
//! belong to one worker each; here they are added up when somebody asks.

#![forbid(unsafe_code)]

use super::handle::Handle;
use super::meter::Meter;
use super::runtime::Runtime;
use std::time::Duration;

/// What a runtime is doing, in numbers.
///
/// Each is read by itself, while the workers go on: two of them may belong to different moments.
/// It keeps no runtime alive; after the end it tells how things stood then.
///
/// asyncio: `len(asyncio.all_tasks())` is the only one it has.
///
/// # Examples
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// let metrics = rt.metrics();
/// assert_eq!(metrics.num_workers(), 1);
/// let task = rt.spawn(async {});
/// assert_eq!(metrics.num_alive_tasks(), 1);
/// rt.block_on(task)?;
/// assert_eq!(metrics.num_alive_tasks(), 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RuntimeMetrics {
    handle: Handle,
}

impl RuntimeMetrics {
    /// How many threads run tasks: 1 on `current_thread`. The thread of `block_on_helps` is not
    /// counted.
    pub fn num_workers(&self) -> usize {
        self.handle.inner.meters.len()
    }

    /// How many tasks were spawned and have not ended. Blocking closures are none.
    ///
    /// A task has ended when its future is dropped, which is before its join is told.
    pub fn num_alive_tasks(&self) -> usize {
        self.handle.inner.scheduler.alive()
    }

    /// How many tasks wait in the queue that all threads share: those that a thread which is no
    /// worker has spawned or woken, and what a full queue of a worker gave away.
    ///
    /// On `current_thread` what other threads send is not counted one by one: 1 means that there is
    /// something, which the worker takes over as a whole.
    pub fn global_queue_depth(&self) -> usize {
        self.handle.inner.scheduler.queued_outside()
    }

    /// How long a worker has worked: the time between its sleeps, by the machine's clock. The
    /// stretch that it is in counts when it ends. It never becomes less.
    ///
    /// # Panics
    /// When there is no such worker: they have the numbers below
    /// [`num_workers`](Self::num_workers).
    #[track_caller]
    pub fn worker_total_busy_duration(&self, worker: usize) -> Duration {
        self.meter(worker).busy()
    }

    /// How often a worker has gone to sleep.
    ///
    /// The one of them that keeps watch over a busy one wakes up every 10 ms, and goes to sleep
    /// again.
    ///
    /// # Panics
    /// As [`worker_total_busy_duration`](Self::worker_total_busy_duration).
    #[track_caller]
    pub fn worker_park_count(&self, worker: usize) -> u64 {
        self.meter(worker).sleeps_and_turns().0
    }

    /// How often a worker has gone to sleep, and how often it has woken up, together: odd while it
    /// sleeps. The same odd number twice means that it has not woken up in between.
    ///
    /// # Panics
    /// As [`worker_total_busy_duration`](Self::worker_total_busy_duration).
    #[track_caller]
    pub fn worker_park_unpark_count(&self, worker: usize) -> u64 {
        self.meter(worker).sleeps_and_turns().1
    }

    #[track_caller]
    fn meter(&self, worker: usize) -> &Meter {
        let meters = &self.handle.inner.meters;
        match meters.get(worker) {
            Some(meter) => meter,
            None => panic!(
                "there is no worker {worker}: this runtime has {}, numbered from 0; ask \
                 num_workers() first",
                meters.len()
            ),
        }
    }
}

impl Handle {
    /// What the runtime is doing, in numbers.
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        RuntimeMetrics { handle: self.clone() }
    }
}

impl Runtime {
    /// What the runtime is doing, in numbers.
    #[must_use]
    pub fn metrics(&self) -> RuntimeMetrics {
        self.handle().metrics()
    }
}
