//! Builder: what a runtime tells of itself: dump, slow_poll, debug, on_stall, trace.

#![forbid(unsafe_code)]
// There is no whole runtime under loom.
#![cfg_attr(loom, allow(dead_code))]

use super::builder::Builder;
use super::recorder::{Recorder, Tracing};
use super::routes;
use super::scheduler::{RuntimeFlavor, Scheduler};
use super::stall::Stall;
use crate::base::clock::Clock;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The limit of a poll in debug mode: asyncio's.
const SLOW: Duration = Duration::from_millis(100);

impl Builder {
    /// Keeps a record of each task for [`dump`](super::dump()): its name, how often and how long it
    /// was polled, what it waits for. Default `false`.
    ///
    /// Kept, records cost three allocations and a table entry a task, two readings of the clock a
    /// poll, and a table entry each time a [`Mutex`](crate::sync::Mutex) is locked. Not kept, they
    /// cost a branch a spawn, and a branch each time a leaf future has to wait.
    ///
    /// asyncio keeps its tasks' names and stacks always.
    pub fn dump(&mut self, dump: bool) -> &mut Self {
        self.dump = dump;
        self
    }

    /// Reports each poll that is longer than `limit`, once, while it is still going on: with the
    /// task's name and its place of spawning, so that a task that never returns is found too. Also
    /// turns [`dump`](Self::dump) on. Default: nobody looks.
    ///
    /// A thread looks at the records four times per `limit`, so a report comes when between one and
    /// one and a quarter of it have passed. Blocking closures may take as long as they like.
    ///
    /// asyncio: `loop.slow_callback_duration`, which tells after the end.
    ///
    /// ```
    /// use mainspring::runtime::{Builder, Stall};
    /// use std::sync::mpsc;
    /// use std::time::Duration;
    ///
    /// let (tell, told) = mpsc::channel();
    /// let rt = Builder::new_current_thread()
    ///     .slow_poll(Duration::from_millis(10))
    ///     .on_stall(move |stall| tell.send(stall.to_string()).unwrap())
    ///     .build()?;
    /// rt.block_on(async {
    ///     // No .await in here: it blocks the thread until the report has come.
    ///     let report = told.recv().unwrap();
    ///     assert!(report.contains("(block_on): running"));
    /// });
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn slow_poll(&mut self, limit: Duration) -> &mut Self {
        self.stall.slow_poll = Some(limit);
        self
    }

    /// Debug mode: [`dump`](Self::dump), [`slow_poll`](Self::slow_poll) of 100 ms unless another
    /// limit is set, and a report when a `block_on` waits for what cannot come: nothing has run for
    /// a second, no timer is armed, nobody waits for a socket or a signal, and no blocking closure
    /// is left. The report names all tasks that are left and what they wait for, once for each
    /// `block_on`, which goes on waiting: a thread outside the runtime may still wake it. The same
    /// for a `block_on` inside of a task (in [`block_in_place`](crate::task::block_in_place)) that
    /// waits for what this very task has, whatever else runs. Default `false`.
    ///
    /// asyncio: `asyncio.run(..., debug=True)`.
    ///
    /// ```
    /// # let rt =
    /// mainspring::runtime::Builder::new_current_thread().debug(true).build()?;
    /// # rt.block_on(async {});
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn debug(&mut self, debug: bool) -> &mut Self {
        self.debug = debug;
        self
    }

    /// Called with what [`slow_poll`](Self::slow_poll) and [`debug`](Self::debug) find, on the
    /// thread that watches, which finds nothing else meanwhile. Default: it is printed to the
    /// standard error. What the hook throws is lost.
    ///
    /// asyncio logs it.
    pub fn on_stall(&mut self, hook: impl Fn(Stall) + Send + Sync + 'static) -> &mut Self {
        self.stall.hook = Some(Arc::new(hook));
        self
    }

    /// Records what the runtime does, as a timeline: see [`Recorder`]. Also turns
    /// [`dump`](Self::dump) on, for the names. Default: whatever `MAINSPRING_TRACE` says; with a
    /// recorder given here it says nothing.
    ///
    /// On, an event costs a reading of the clock and a push to a buffer of its thread, and each
    /// task what `dump` costs. Off, an event is one branch that is never taken.
    ///
    /// ```
    /// use mainspring::runtime::{Builder, Recorder};
    ///
    /// let path = std::env::temp_dir().join(format!("trace-{}.json", std::process::id()));
    /// let rt = Builder::new_multi_thread()
    ///     .worker_threads(2)
    ///     .trace(Recorder::to_file(&path))
    ///     .build()?;
    /// rt.block_on(async {
    ///     let task = mainspring::task::Builder::new().name("greeter").spawn(async { "hello" })?;
    ///     assert_eq!(task.await.unwrap(), "hello");
    ///     Ok::<_, std::io::Error>(())
    /// })?;
    /// drop(rt);
    /// // Load it in https://ui.perfetto.dev, or in chrome://tracing.
    /// let timeline = std::fs::read_to_string(&path)?;
    /// assert!(timeline.contains("spawn task 1 (greeter)"));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<_, std::io::Error>(())
    /// ```
    pub fn trace(&mut self, recorder: Recorder) -> &mut Self {
        self.trace = Some(recorder);
        self
    }

    fn recorder(&self) -> Option<Recorder> {
        self.trace.clone().or_else(Recorder::from_outside)
    }

    /// Opens the file of the timeline, if there is to be one.
    pub(super) fn open_trace(&self) -> io::Result<()> {
        self.recorder().map_or(Ok(()), |recorder| recorder.open())
    }

    /// From here on events are recorded, if they are to be.
    pub(super) fn begin_trace(&self, scheduler: &Scheduler, clock: &Clock) -> Option<Tracing> {
        let flavor = match self.flavor {
            RuntimeFlavor::CurrentThread => "current_thread",
            RuntimeFlavor::MultiThread => "multi_thread",
        };
        let (of, clock) = (scheduler.address(), clock.clone());
        Tracing::begin(self.recorder()?, of, flavor, clock, routes::open)
    }

    /// Are records kept?
    pub(super) fn records(&self) -> bool {
        let watched = self.dump || self.debug || self.stall.slow_poll.is_some();
        watched || self.recorder().is_some()
    }

    /// What the watcher looks for.
    pub(super) fn stalls(&self) -> super::stall::Config {
        let mut config = self.stall.clone();
        config.hang = self.debug;
        if self.debug {
            config.slow_poll.get_or_insert(SLOW);
        }
        config
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavor", &self.flavor)
            .field("worker_threads", &self.workers)
            .field("intervals", &self.intervals)
            .field("block_on_helps", &self.block_on_helps)
            .field("start_paused", &self.start_paused)
            .field("blocking", &self.blocking)
            .finish_non_exhaustive()
    }
}
