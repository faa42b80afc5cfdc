//! Runtime: block_on (root on the caller's thread), enter, shutdown_timeout.
//!
//! A runtime is a [`Handle`], which anybody may clone, and what only its owner has: the seat of the
//! one worker (`runtime/seat.rs`) or the threads of many (`runtime/threads.rs`).
//!
//! The end of a runtime, step by step; `local/worker.rs` and `pool/shutdown.rs` do 1 to 3:
//! 1 close spawn · 2 drop every future · 3 drain the queues · 4 end the timers and the reactor ·
//! 5 cancel the queued closures and wait for the running ones.

#![forbid(unsafe_code)]

use super::context::{Mode, is_driving};
use super::handle::{EnterGuard, Handle, assert_may_block};
use super::root::Root;
use super::seat::Seat;
use super::stall::{self, Watcher};
use super::threads::Threads;
use crate::base::clock;
use crate::blocking::pool::Running;
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use crate::task::record::name_of;
use crate::wake::batch::Report;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::mem::size_of;
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

/// An executor with its timers, sockets and blocking threads.
///
/// Made by a [`Builder`](super::Builder). Dropping it drops every task, and waits for the blocking
/// closures that are running; [`shutdown_timeout`](Self::shutdown_timeout) and
/// [`shutdown_background`](Self::shutdown_background) do not wait so long. Dropped by one of its
/// own blocking closures, or in place inside of one of its tasks, it waits for none of them.
///
/// # Panics
/// Dropping it inside async code panics, after everything has been ended without waiting.
///
/// asyncio: `asyncio.Runner`.
///
/// ```
/// let runtime = mainspring::runtime::Builder::new_current_thread().build()?;
/// assert_eq!(runtime.block_on(async { 1 + 1 }), 2);
/// # Ok::<_, std::io::Error>(())
/// ```
pub struct Runtime {
    handle: Handle,
    executor: Executor,
    report: Report,
    ended: bool,
    /// Looks for stalls, while it is asked to.
    watcher: Option<Watcher>,
}

/// Who runs the tasks.
pub(super) enum Executor {
    /// The thread in `block_on`.
    Seat(Seat),
    /// Threads of their own.
    Threads(Threads),
}

/// From this size on the root future is boxed: a stack is not endless.
const LARGE: usize = if cfg!(debug_assertions) { 2 * 1024 } else { 16 * 1024 };

impl Runtime {
    pub(super) fn from_parts(handle: Handle, executor: Executor, report: Report) -> Self {
        Self { handle, executor, report, ended: false, watcher: None }
    }

    /// The same, watched until its end if there is anything to look for.
    #[cfg_attr(loom, allow(dead_code))]
    pub(super) fn watched(mut self, config: stall::Config) -> io::Result<Self> {
        if config.is_on() {
            self.watcher = Some(stall::start(config, self.handle.clone())?);
        }
        Ok(self)
    }

    /// Runs `future` to its end on this thread.
    ///
    /// On `current_thread` the tasks run here too, and only while some thread is in here; they stay
    /// where they are in between. The root future takes its turn in the same queue as they. On
    /// `multi_thread` they run on the runtime's own threads, and this one polls nothing but
    /// `future`, unless [`block_on_helps`](super::Builder::block_on_helps) says otherwise.
    ///
    /// # Panics
    /// When a runtime already drives this thread, and when the future panics.
    ///
    /// asyncio: `asyncio.run`, but leftover tasks stay until the runtime is dropped.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        assert_may_block();
        let _context = self.handle.drive(match &self.executor {
            Executor::Seat(_) => Mode::Shared,
            Executor::Threads(_) => Mode::Root,
        });
        let root = self.handle.inner.root(Location::caller());
        if size_of::<F>() > LARGE {
            self.root(&root, Box::pin(future).as_mut())
        } else {
            self.root(&root, pin!(future))
        }
    }

    fn root<F: Future>(&self, root: &Root, mut future: Pin<&mut F>) -> F::Output {
        let future = pin!(poll_fn(|cx| root.poll(future.as_mut(), cx)));
        let driver = |index| self.handle.inner.driver(index, self.report.clone());
        match &self.executor {
            Executor::Seat(seat) => seat.block_on(&self.handle.inner.meters, || driver(0), future),
            Executor::Threads(threads) => threads.block_on(&self.handle, driver, future),
        }
    }

    /// Starts a task; see [`Handle::spawn`].
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.inner.spawn_at(future, Location::caller())
    }

    /// Runs a closure that may block on a thread of its own; see [`Handle::spawn_blocking`].
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(closure)
    }

    /// A handle to this runtime.
    #[must_use]
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Puts this thread inside the runtime; see [`Handle::enter`].
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Ends the runtime and waits, at most `limit`, for the polls that are running and for the
    /// blocking closures. Says which of them were still running then; their threads end by
    /// themselves.
    ///
    /// tokio returns nothing here.
    pub fn shutdown_timeout(mut self, limit: Duration) -> ShutdownReport {
        self.shut_down(Some(limit))
    }

    /// Ends the runtime without waiting for running polls and blocking closures.
    pub fn shutdown_background(self) {
        let _report = self.shutdown_timeout(Duration::ZERO);
    }

    fn shut_down(&mut self, limit: Option<Duration>) -> ShutdownReport {
        self.ended = true;
        self.watcher = None;
        let start = clock::now();
        let inner = &self.handle.inner;
        let own_thread = match &self.executor {
            Executor::Seat(_) => false,
            Executor::Threads(threads) => threads.is_own_thread(),
        };
        let limit = if own_thread { Some(Duration::ZERO) } else { limit };
        // 1 close spawn, 2 drop every future, 3 drain the queues
        let context = self.handle.enter();
        let (tasks, wheel) = match &mut self.executor {
            Executor::Seat(seat) => {
                seat.shut_down();
                (Vec::new(), 0)
            }
            Executor::Threads(threads) => threads.shut_down(limit),
        };
        drop(context);
        // 4 end the timers (a pool's worker has closed its own wheel) and the reactor: whoever
        // still waits for one is told
        let report = &self.report;
        inner.wheels.release(wheel, &mut |panic| report(panic));
        inner.reactor.end(&|panic| report(panic));
        // 5 cancel the queued closures, and wait for the running ones
        inner.blocking.close();
        let limit = match limit {
            _ if inner.blocking.is_own_thread() => Some(Duration::ZERO),
            Some(limit) => Some(limit.saturating_sub(clock::now() - start)),
            None => None,
        };
        let closures = inner.blocking.wait(limit);
        let ids = tasks.iter().map(|(id, _)| *id).chain(closures.iter().map(|job| job.id));
        let names = ids.filter_map(|id| Some((id, name_of(id)?))).collect();
        if let Some(tracing) = &inner.trace {
            tracing.end();
        }
        ShutdownReport { tasks, closures, names }
    }
}

// A panic leaves it as it was: what it leads to is changed by whole steps.
impl UnwindSafe for Runtime {}
impl RefUnwindSafe for Runtime {}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let driving = is_driving();
        let _report = self.shut_down(driving.then_some(Duration::ZERO));
        if !driving {
            return;
        }
        assert!(
            std::thread::panicking(),
            "a runtime was dropped inside async code, where waiting for its blocking closures \
             would stop the runtime that drives this thread; drop it outside of block_on, or \
             end it with shutdown_background()"
        );
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("handle", &self.handle).finish_non_exhaustive()
    }
}

/// What was still running when the time for a shutdown was up.
#[derive(Debug)]
#[must_use]
pub struct ShutdownReport {
    tasks: Vec<(Id, &'static Location<'static>)>,
    closures: Vec<Running>,
    /// Of those that have one.
    names: Vec<(Id, Arc<str>)>,
}

impl ShutdownReport {
    /// Did everything end in time?
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.tasks.is_empty() && self.closures.is_empty()
    }

    /// The name of one of them, if it has one and the runtime kept records.
    #[must_use]
    pub fn name(&self, id: Id) -> Option<&str> {
        self.names.iter().find(|(of, _)| *of == id).map(|(_, name)| &**name)
    }

    /// The id and the place of spawning of each task that was still in its poll, and of each
    /// blocking closure that was still running. A thread that stands in for a worker that
    /// [blocks in place](crate::task::block_in_place) is such a closure, spawned there.
    pub fn still_running(&self) -> impl Iterator<Item = (Id, &'static Location<'static>)> + '_ {
        let closures = self.closures.iter().map(|running| (running.id, running.spawned));
        self.tasks.iter().copied().chain(closures)
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("everything ended in time");
        }
        write!(f, "still running:")?;
        let closures = self.closures.iter().map(|job| ("blocking closure", job.id, job.spawned));
        let tasks = self.tasks.iter().map(|(id, at)| ("task", *id, *at));
        for (what, id, at) in tasks.chain(closures) {
            write!(f, "\n  {what} {id}")?;
            if let Some((_, name)) = self.names.iter().find(|(named, _)| *named == id) {
                write!(f, " ({name})")?;
            }
            write!(f, ", spawned at {at}")?;
        }
        Ok(())
    }
}
