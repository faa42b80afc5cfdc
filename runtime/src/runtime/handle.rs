//! Handle: spawn, spawn_blocking, current(); where the machines are bolted together.
//!
//! The executor, the drivers and the blocking pool do not know each other. A handle is a count of
//! the [`Inner`] that has one of each, and it can make that the runtime of the thread it is on.

#![forbid(unsafe_code)]

use super::context::{Mode, Restore, count_current, is_driving, set_context, top};
use super::error::TryCurrentError;
use super::inner::Inner;
use super::recorded;
use super::recording::Recording;
use super::root::Root;
use super::scheduler::RuntimeFlavor;
use crate::base::clock::Hold;
use crate::base::trace::Event;
use crate::blocking::pool as blocking;
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use crate::task::new::job;
use crate::task::record::{Recorder, Role, Ticket};
use crate::wake::block_on::block_on;
use crate::wake::coop;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{Location, RefUnwindSafe, UnwindSafe};
use std::pin::pin;
use std::sync::Arc;

/// The thread is inside a runtime until this is dropped. Made by [`Handle::enter`].
#[derive(Debug)]
#[must_use = "the thread leaves the runtime as soon as the guard is dropped"]
pub struct EnterGuard<'a> {
    /// What was before, and a count of what is now: owned, for a guard that is leaked must keep the
    /// runtime's memory (INV-90).
    inside: Option<(Restore, Handle)>,
    change: u64,
    _borrow: std::marker::PhantomData<&'a Handle>,
}

impl Drop for EnterGuard<'_> {
    fn drop(&mut self) {
        let inside = self.inside.take();
        if top() != self.change {
            // Out of order: a guard above will go back to our runtime. It has to be there (INV-90).
            std::mem::forget(inside);
        }
    }
}

/// A reference to a runtime: spawns on it and enters it, from any thread.
///
/// It keeps the runtime's memory, not the runtime: when the [`Runtime`](super::Runtime) is dropped,
/// what is spawned through a handle ends at once as cancelled.
///
/// asyncio: the event loop object.
#[derive(Clone)]
pub struct Handle {
    pub(super) inner: Arc<Inner>,
}

impl Handle {
    /// The runtime that this thread is inside of.
    ///
    /// # Panics
    /// When there is none; see [`try_current`](Self::try_current).
    ///
    /// asyncio: `get_running_loop`.
    #[track_caller]
    #[must_use]
    pub fn current() -> Self {
        match Self::try_current() {
            Ok(handle) => handle,
            Err(error) => panic!("{error}"),
        }
    }

    /// The runtime that this thread is inside of.
    ///
    /// # Errors
    /// When there is none.
    pub fn try_current() -> Result<Self, TryCurrentError> {
        let inner = count_current().ok_or(TryCurrentError(()))?;
        Ok(Self { inner })
    }

    /// Puts this thread inside the runtime until the guard is dropped: `spawn`, timers and sockets
    /// then find it. It runs nothing by itself.
    ///
    /// Drop guards in the reverse order of their making: else the thread stays inside the wrong
    /// runtime, whose memory is then never freed.
    pub fn enter(&self) -> EnterGuard<'_> {
        let restore = set_context(Arc::as_ptr(&self.inner), None);
        EnterGuard {
            inside: Some((restore, self.clone())),
            change: top(),
            _borrow: std::marker::PhantomData,
        }
    }

    /// This runtime drives the thread until the guard is dropped; `self` outlives the guard.
    pub(super) fn drive(&self, mode: Mode) -> Restore {
        set_context(Arc::as_ptr(&self.inner), Some(mode))
    }

    /// Starts a task: it is queued, and first polled after whatever is queued already.
    ///
    /// The future is dropped by the worker that polls it; if the runtime ends before, by the thread
    /// that ends it. After the end of the runtime the task is dropped at once, and its handle says
    /// that it was cancelled.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    ///
    /// asyncio: `loop.create_task`.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.inner.spawn_at(future, Location::caller())
    }

    /// Runs a closure that may block, on a thread of its own.
    ///
    /// At most [`max_blocking_threads`](super::Builder::max_blocking_threads) run at once; more
    /// wait their turn. A closure that has started cannot be stopped; one that has not can be
    /// aborted.
    ///
    /// When the system refuses another thread, the closure waits for one of those that are there;
    /// when there is none at all, its handle gives an error that is
    /// [cancelled](crate::task::JoinError::is_cancelled) and says why. tokio panics here, asyncio
    /// raises `RuntimeError`. Closures that wait for one another hang for ever when there are not
    /// enough threads for all of them, by the limit or by the system.
    ///
    /// # Cancel safety
    /// Awaiting the handle loses nothing when it is dropped; the task goes on.
    ///
    /// asyncio: `to_thread`, `loop.run_in_executor`.
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, closure: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.spawn_job(None, closure, Location::caller())
    }

    pub(super) fn spawn_job<F, R>(
        &self,
        name: Option<&str>,
        closure: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.job_on(&self.inner.blocking, name, closure, spawned)
    }

    /// The same on the threads of `pool`.
    pub(super) fn job_on<F, R>(
        &self,
        pool: &blocking::Pool,
        name: Option<&str>,
        closure: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let id = self.inner.ids.one();
        let recorder = self.inner.recorder.as_ref();
        let ticket = recorder.map(|all| recorded::ticket(all, Role::Closure, name, spawned, id));
        let recording = self.inner.closure_traced(id, name, spawned);
        let inner = self.inner.clone();
        let (entry, join) = job(
            move || {
                let (inner, ticket) = (inner, ticket);
                let _turn = ticket.as_ref().map(Ticket::begin);
                let _slice = recording.map(|recording| recording.slice(id.0.get(), true));
                let _context = set_context(Arc::as_ptr(&inner), Some(Mode::Free));
                closure()
            },
            id,
            spawned,
        );
        let running = blocking::Running { id, spawned };
        // Also a clock that is not stopped before the closure runs.
        let held = self.inner.can_pause().then(|| Hold::new(self.inner.clone()));
        pool.submit(blocking::Job { entry, running, held });
        join
    }

    /// Runs `future` on this thread and sleeps while it waits. It does not drive the runtime: on a
    /// `current_thread` runtime somebody else must be in
    /// [`Runtime::block_on`](super::Runtime::block_on) for its tasks, timers and sockets to move.
    ///
    /// # Panics
    /// When a runtime already drives this thread.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        assert_may_block();
        let _context = self.drive(Mode::Root);
        let root = self.inner.root(Location::caller());
        let mut future = pin!(future);
        block_on(poll_fn(|cx| {
            let _budget = coop::budget();
            root.poll(future.as_mut(), cx)
        }))
    }

    /// Which executor the runtime has.
    #[must_use]
    pub fn runtime_flavor(&self) -> RuntimeFlavor {
        self.inner.scheduler.flavor()
    }
}

impl Inner {
    pub(crate) fn spawn_at<F>(
        &self,
        future: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.spawn_named(None, future, spawned)
    }

    #[inline]
    pub(super) fn spawn_named<F>(
        &self,
        name: Option<&str>,
        future: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match &self.recorder {
            None => self.scheduler.spawn(future, spawned),
            Some(recorder) => self.spawn_recorded(recorder, name, future, spawned),
        }
    }

    #[cold]
    #[inline(never)]
    fn spawn_recorded<F>(
        &self,
        recorder: &Recorder,
        name: Option<&str>,
        future: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let task = recorded::spawn(recorder, &self.scheduler, name, future, spawned);
        self.name_traced(task.id(), name);
        task
    }

    /// What is kept of a `block_on`'s future, if anything is. A root has a number for this only.
    pub(super) fn root(&self, called: &'static Location<'static>) -> Root {
        let Some(recorder) = &self.recorder else { return Root::default() };
        let (id, name) = (self.ids.one(), Some("block_on"));
        let ticket = recorded::ticket(recorder, Role::Root, name, called, id);
        Root::new(ticket, self.recording(), id.0.get(), called)
    }

    /// What is recorded of the runtime, if it is traced.
    fn recording(&self) -> Option<&Arc<Recording>> {
        self.trace.as_ref().map(|tracing| &tracing.recording)
    }

    fn name_traced(&self, task: Id, name: Option<&str>) {
        if let Some((recording, name)) = self.recording().zip(name) {
            recording.name_task(task.0.get(), name);
        }
    }

    /// A blocking closure is queued. Who runs it calls `slice` on what comes back.
    fn closure_traced(
        &self,
        id: Id,
        name: Option<&str>,
        spawned: &'static Location<'static>,
    ) -> Option<Arc<Recording>> {
        let recording = self.recording()?;
        self.name_traced(id, name);
        let queued = Event::Closure { task: id.0.get(), spawned };
        recording.note(queued, || self.scheduler.index_here());
        Some(recording.clone())
    }
}

/// # Panics
/// When a runtime drives this thread.
#[track_caller]
pub(super) fn assert_may_block() {
    assert!(
        !is_driving(),
        "block_on within block_on: this thread already drives a runtime, and blocking it would \
         stop its tasks; use .await, or move the blocking call into spawn_blocking"
    );
}

// A panic leaves it as it was: what it leads to is changed by whole steps.
impl UnwindSafe for Handle {}
impl RefUnwindSafe for Handle {}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("flavor", &self.runtime_flavor()).finish_non_exhaustive()
    }
}
