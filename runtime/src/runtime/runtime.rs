//! Runtime: block_on (root on the caller's thread), enter, shutdown_timeout.
//!
//! `block_on` takes the worker out of its seat, drives it until the root future is ready, and puts
//! it back. A second thread that calls `block_on` meanwhile polls its own root with a parker, and
//! drives when the seat becomes free.
//!
//! ```text
//! loop { match worker.tick() {
//!     Ran   => again
//!     Root  => poll the root future; ready: leave
//!     Look  => park for no time: sockets and timers get their turn under load too
//!     Sleep => park until an event, a deadline or a nudge; then take what was sent meanwhile } }
//! ```
//!
//! The end of a runtime, step by step; `local/worker.rs` does 1 to 4, this file the rest:
//! 1 close spawn · 2 drop every future · 3 drain the queues · 4 let the driver go ·
//! 5 end the timers and the reactor · 6 cancel the queued closures and wait for the running ones.

#![forbid(unsafe_code)]

use super::handle::{EnterGuard, Handle, assert_may_block, is_driving};
use crate::base::prim::{Mutex, Ordering};
use crate::blocking::pool::Running;
use crate::drive::driver::Driver;
use crate::local::shared::Report;
use crate::local::worker::{Tick, Worker};
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use crate::wake::coop;
use crate::wake::park::{Park, Parker, Unparker};
use std::fmt;
use std::future::Future;
use std::mem::size_of;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// An executor with its timers, sockets and blocking threads.
///
/// Made by a [`Builder`](super::Builder). Dropping it drops every task, and waits for the blocking
/// closures that are running; [`shutdown_timeout`](Self::shutdown_timeout) and
/// [`shutdown_background`](Self::shutdown_background) do not wait so long. Dropped by one of its
/// own blocking closures, it waits for none of them.
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
    seat: Seat,
    ended: bool,
}

/// Where the worker is when nobody drives it, and who waits for it.
pub(super) struct Seat {
    worker: Mutex<Option<Box<Worker>>>,
    waiting: Mutex<Vec<Unparker>>,
    report: Report,
}

impl Seat {
    pub(super) fn new(worker: Worker, report: Report) -> Self {
        let worker = Mutex::new(Some(Box::new(worker)));
        Self { worker, waiting: Mutex::new(Vec::new()), report }
    }

    /// Has this thread nudged when the seat becomes free. Once is enough, however often it looks.
    fn wait_in_line(&self, unparker: &Unparker) {
        let mut waiting = self.waiting.lock();
        if !waiting.iter().any(|other| Arc::ptr_eq(other, unparker)) {
            waiting.push(unparker.clone());
        }
    }

    fn take(&self) -> Option<Taken<'_>> {
        let worker = self.worker.lock().take();
        worker.map(|worker| Taken { seat: self, worker: Some(worker) })
    }
}

/// The worker, until it is put back: also when the root future panics.
struct Taken<'a> {
    seat: &'a Seat,
    worker: Option<Box<Worker>>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.seat.worker.lock() = self.worker.take();
        // All, not one: the one might have finished by itself meanwhile.
        let waiting = std::mem::take(&mut *self.seat.waiting.lock());
        for unparker in waiting {
            unparker.unpark();
        }
    }
}

/// From this size on the root future is boxed: a stack is not endless.
const LARGE: usize = if cfg!(debug_assertions) { 2 * 1024 } else { 16 * 1024 };

impl Runtime {
    pub(super) fn from_parts(handle: Handle, seat: Seat) -> Self {
        Self { handle, seat, ended: false }
    }

    /// Runs `future` to its end on this thread, and with it everything that was spawned.
    ///
    /// Tasks run only while some thread is in here; they stay where they are in between. The root
    /// future takes its turn in the same queue as the tasks.
    ///
    /// # Panics
    /// When a runtime already drives this thread, and when the future panics.
    ///
    /// asyncio: `asyncio.run`, but leftover tasks stay until the runtime is dropped.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        assert_may_block();
        let _context = self.handle.drive();
        if size_of::<F>() > LARGE {
            self.root(Box::pin(future).as_mut())
        } else {
            self.root(pin!(future))
        }
    }

    fn root<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        if let Some(taken) = self.seat.take() {
            return self.drive(&taken, future);
        }
        let parker = Parker::new();
        let (waker, unparker) = (parker.waker(), parker.unparker());
        let mut cx = Context::from_waker(&waker);
        loop {
            // First in line, then another look: whoever leaves the seat either is seen leaving it
            // or sees us in line.
            self.seat.wait_in_line(&unparker);
            if let Some(taken) = self.seat.take() {
                return self.drive(&taken, future);
            }
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return output;
            }
            parker.park(None);
        }
    }

    fn drive<F: Future>(&self, taken: &Taken<'_>, mut future: Pin<&mut F>) -> F::Output {
        let inner = &self.handle.inner;
        let driver = Driver::new(
            inner.reactor.clone(),
            inner.timers,
            inner.clock.clone(),
            self.seat.report.clone(),
        );
        let Some(worker) = taken.worker.as_deref() else {
            unreachable!("a taken seat has its worker until it is dropped")
        };
        let _entered = worker.enter(&driver);
        let mut cx = Context::from_waker(worker.root_waker());
        worker.root_waker().wake_by_ref();
        loop {
            match worker.tick() {
                Tick::Ran => {}
                Tick::Root => {
                    let _budget = coop::budget();
                    if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                        return output;
                    }
                }
                Tick::Look => driver.park(Some(Duration::ZERO)),
                Tick::Sleep => {
                    driver.park(None);
                    worker.awake();
                }
            }
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

    /// Ends the runtime and waits for running blocking closures, at most `limit`. Says which of
    /// them were still running then; their threads end by themselves.
    ///
    /// tokio returns nothing here.
    pub fn shutdown_timeout(mut self, limit: Duration) -> ShutdownReport {
        let running = self.shut_down(Some(limit));
        ShutdownReport { running }
    }

    /// Ends the runtime without waiting for running blocking closures.
    pub fn shutdown_background(self) {
        let _report = self.shutdown_timeout(Duration::ZERO);
    }

    fn shut_down(&mut self, limit: Option<Duration>) -> Vec<Running> {
        self.ended = true;
        let inner = &self.handle.inner;
        // 1 close spawn, 2 drop every future, 3 drain the queues, 4 let the driver go
        let worker = self.seat.worker.lock().take();
        if let Some(worker) = worker {
            let _context = self.handle.enter();
            worker.shut_down();
        }
        // Ordering: Relaxed, see `Inner::timers`.
        inner.ended.store(true, Ordering::Relaxed);
        // 5 end the timers and the reactor: whoever still waits for one is told
        inner.timers.release(&mut |panic| (self.seat.report)(panic));
        inner.reactor.end(&|panic| (self.seat.report)(panic));
        // 6 cancel the queued closures, and wait for the running ones
        inner.blocking.close();
        let own = inner.blocking.is_own_thread();
        inner.blocking.wait(if own { Some(Duration::ZERO) } else { limit })
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if !is_driving() {
            self.shut_down(None);
            return;
        }
        self.shut_down(Some(Duration::ZERO));
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
    running: Vec<Running>,
}

impl ShutdownReport {
    /// Did everything end in time?
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.running.is_empty()
    }

    /// The id and the place of spawning of each blocking closure that was still running.
    pub fn still_running(&self) -> impl Iterator<Item = (Id, &'static Location<'static>)> + '_ {
        self.running.iter().map(|running| (running.id, running.spawned))
    }
}

impl fmt::Display for ShutdownReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("everything ended in time");
        }
        write!(f, "still running:")?;
        self.still_running()
            .try_for_each(|(id, at)| write!(f, "\n  blocking closure {id}, spawned at {at}"))
    }
}
