//! Handle: spawn, spawn_blocking, current(); where the machines are bolted together.
//!
//! The executor, the drivers and the blocking pool do not know each other. [`Inner`] holds one of
//! each, and is all that `time`, `io` and `net` see of a runtime. A thread is inside a runtime
//! while a guard says so: a word in a thread-local points to the `Inner`.
//!
//! * INV-90: while the thread's context points to an `Inner`, somebody below on its stack, or a
//!   leaked guard, owns a count of it.

use super::recorded;
use super::scheduler::{RuntimeFlavor, Scheduler};
use crate::base::clock::{Clock, Hold};
use crate::base::prim::plain_local;
use crate::blocking::pool as blocking;
use crate::drive::driver::Driver;
use crate::drive::reactor::Reactor;
use crate::drive::timers::Timers;
use crate::drive::wheels::Wheels;
use crate::task::ids::Ids;
use crate::task::join::JoinHandle;
use crate::task::new::job;
use crate::task::record::{self, Recorder, Role, Ticket};
use crate::wake::batch::Report;
use crate::wake::block_on::block_on;
use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::ptr;
use std::sync::Arc;

/// One runtime's machines.
pub(crate) struct Inner {
    pub(super) scheduler: Scheduler,
    pub(super) ids: Ids,
    pub(super) clock: Clock,
    pub(super) wheels: Arc<Wheels>,
    pub(super) reactor: Arc<Reactor>,
    pub(super) blocking: blocking::Pool,
    /// Keeps records of its tasks, if it was asked to.
    pub(super) recorder: Option<Recorder>,
}

impl Inner {
    /// The runtime's clock.
    #[inline]
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The wheel for a timer that is armed on this thread, and whether this thread is its owner.
    /// After the end of the runtime it is closed.
    #[inline]
    pub(crate) fn timers(&self) -> (&'static Timers, bool) {
        self.scheduler.timers(&self.wheels)
    }

    /// Where sockets are registered.
    #[inline]
    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        &self.reactor
    }

    /// What a thread sleeps in that owns wheel `index`.
    pub(super) fn driver(&self, index: usize, report: Report) -> Driver {
        let (reactor, wheels) = (self.reactor.clone(), self.wheels.clone());
        Driver::new(reactor, wheels, index, self.clock.clone(), report)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No runtime drives this thread: it may block.
    Free,
    /// `block_on` runs on this thread, or a worker does: it must not block.
    Driving,
}

struct Context {
    inner: Cell<*const Inner>,
    mode: Cell<Mode>,
}

plain_local! {
    static CONTEXT: Context = Context {
        inner: Cell::new(ptr::null()),
        mode: Cell::new(Mode::Free),
    };
}

/// Hands the thread's current runtime to `f`.
#[inline]
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Inner>) -> R) -> R {
    let inner = CONTEXT.with(|context| context.inner.get());
    // SAFETY(INV-90): the context's pointer is null or owned for at least this call.
    f(unsafe { inner.as_ref() })
}

/// Does a runtime drive this thread, so that it must not block?
pub(super) fn is_driving() -> bool {
    CONTEXT.with(|context| context.mode.get() == Mode::Driving)
}

/// Puts the thread's context back when dropped.
#[derive(Debug)]
pub(super) struct Restore {
    inner: *const Inner,
    mode: Mode,
}

fn set_context(inner: *const Inner, mode: Option<Mode>) -> Restore {
    CONTEXT.with(|context| {
        let before = Restore { inner: context.inner.replace(inner), mode: context.mode.get() };
        context.mode.set(mode.unwrap_or(before.mode));
        before
    })
}

impl Drop for Restore {
    fn drop(&mut self) {
        CONTEXT.with(|context| {
            context.inner.set(self.inner);
            context.mode.set(self.mode);
        });
    }
}

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Mode::Free { "Free" } else { "Driving" })
    }
}

/// The thread is inside a runtime until this is dropped. Made by [`Handle::enter`].
#[derive(Debug)]
#[must_use = "the thread leaves the runtime as soon as the guard is dropped"]
pub struct EnterGuard<'a> {
    _restore: Restore,
    // Owned, not borrowed: a guard that is leaked must keep the runtime's memory (INV-90).
    _handle: Handle,
    _borrow: std::marker::PhantomData<&'a Handle>,
}

/// Why there is no current runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryCurrentError(());

impl TryCurrentError {
    /// Is there no runtime on this thread?
    #[must_use]
    pub fn is_missing_context(&self) -> bool {
        true
    }

    /// Was the thread's local storage destroyed already? Ours never is: it has no destructor.
    #[must_use]
    pub fn is_thread_local_destroyed(&self) -> bool {
        false
    }
}

impl fmt::Display for TryCurrentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NO_RUNTIME)
    }
}

impl std::error::Error for TryCurrentError {}

pub(crate) const NO_RUNTIME: &str = "no mainspring runtime on this thread; call this from inside \
     Runtime::block_on, a spawned task or #[mainspring::main], or enter one with Handle::enter";

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
        let inner = CONTEXT.with(|context| context.inner.get());
        if inner.is_null() {
            return Err(TryCurrentError(()));
        }
        // SAFETY(INV-90): the context's pointer comes from an Arc whose count is owned meanwhile.
        let inner = unsafe {
            Arc::increment_strong_count(inner);
            Arc::from_raw(inner)
        };
        Ok(Self { inner })
    }

    /// Puts this thread inside the runtime until the guard is dropped: `spawn`, timers and sockets
    /// then find it. It runs nothing by itself.
    ///
    /// Drop guards in the reverse order of their making; nothing checks it, but the thread is then
    /// inside the wrong runtime.
    pub fn enter(&self) -> EnterGuard<'_> {
        EnterGuard {
            _restore: set_context(Arc::as_ptr(&self.inner), None),
            _handle: self.clone(),
            _borrow: std::marker::PhantomData,
        }
    }

    /// The thread drives this runtime until the guard is dropped; `self` outlives the guard.
    pub(super) fn drive(&self) -> Restore {
        set_context(Arc::as_ptr(&self.inner), Some(Mode::Driving))
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
        let id = self.inner.ids.one();
        let recorder = self.inner.recorder.as_ref();
        let ticket = recorder.map(|all| recorded::ticket(all, Role::Closure, name, spawned, id));
        let hold = self.inner.clock.is_paused().then(|| self.inner.clock.hold());
        let inside = Inside { handle: self.clone(), hold };
        let (entry, join) = job(
            move || {
                let (inside, ticket) = (inside, ticket);
                let _turn = ticket.as_ref().map(Ticket::begin);
                let _context = set_context(Arc::as_ptr(&inside.handle.inner), Some(Mode::Free));
                closure()
            },
            id,
            spawned,
        );
        let running = blocking::Running { id, spawned };
        self.inner.blocking.submit(blocking::Job { entry, running });
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
        let _context = self.drive();
        let ticket = self.inner.root_ticket(Location::caller());
        let mut future = pin!(future);
        block_on(poll_fn(|cx| record::poll(ticket.as_ref(), future.as_mut(), cx)))
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
            Some(recorder) => recorded::spawn(recorder, &self.scheduler, name, future, spawned),
        }
    }

    /// The record of a `block_on`'s future, if any is kept. A root has a number for this only.
    pub(super) fn root_ticket(&self, called: &'static Location<'static>) -> Option<Ticket> {
        let (recorder, name) = (self.recorder.as_ref()?, Some("block_on"));
        Some(recorded::ticket(recorder, Role::Root, name, called, self.ids.one()))
    }
}

/// What a blocking closure keeps until it has returned or panicked, or was dropped without a call:
/// its runtime, and a paused clock where it is, because real time passes there.
struct Inside {
    handle: Handle,
    hold: Option<Hold>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        if self.hold.take().is_some() {
            // Whoever drives the clock has gone to sleep because of us.
            self.handle.inner.scheduler.nudge();
        }
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

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("flavor", &self.runtime_flavor()).finish_non_exhaustive()
    }
}
