//! Handle: spawn, spawn_blocking, current(); where the machines are bolted together.
//!
//! The executor, the drivers and the blocking pool do not know each other. [`Inner`] holds one of
//! each, and is all that `time`, `io` and `net` see of a runtime. A thread is inside a runtime
//! while a guard says so: a word in a thread-local points to the `Inner`.
//!
//! * INV-90: while the thread's context points to an `Inner`, somebody below on its stack, or a
//!   leaked guard, owns a count of it.

pub(crate) use super::error::NO_RUNTIME;
use super::error::TryCurrentError;
use super::meter::Meter;
use super::scheduler::{RuntimeFlavor, Scheduler};
use crate::base::clock::{Clock, Hold, Owner};
use crate::base::pad::CachePadded;
use crate::base::prim::plain_local;
use crate::blocking::pool as blocking;
use crate::drive::driver::Driver;
use crate::drive::reactor::Reactor;
use crate::drive::timers::Timers;
use crate::drive::wheels::Wheels;
use crate::task::ids::Ids;
use crate::task::join::JoinHandle;
use crate::task::new::job;
use crate::wake::batch::Report;
use crate::wake::block_on::block_on;
use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::panic::Location;
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
    /// Hears of panics that nobody can be given.
    pub(super) report: Report,
    /// One for each worker.
    pub(super) meters: Arc<[CachePadded<Meter>]>,
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

    /// Can the clock be stopped? Only where one thread knows that nothing is left to do.
    pub(crate) fn can_pause(&self) -> bool {
        self.scheduler.flavor() == RuntimeFlavor::CurrentThread
    }

    /// Fires what is due by now in this thread's wheel.
    pub(crate) fn fire(&self) {
        self.timers().0.fire(self.clock.now(), &mut |panic| (self.report)(panic));
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

impl Owner for Inner {
    fn clock(&self) -> &Clock {
        &self.clock
    }

    fn look_again(&self) {
        self.scheduler.nudge();
    }
}

/// What drives this thread, and so whether it may block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// No runtime does: it may block.
    Free,
    /// A `block_on` that has the thread for itself: it must not block, except in place.
    Root,
    /// A `block_on` of `current_thread`, or a `LocalSet`: other tasks need this very thread.
    Shared,
    /// A worker of `multi_thread`, at this post of `runtime/post.rs`: others may man it meanwhile.
    Worker(*const ()),
}

struct Context {
    inner: Cell<*const Inner>,
    mode: Cell<Mode>,
    /// The innermost `LocalSet`; `runtime/local_set.rs` says who owns it.
    local: Cell<*const ()>,
    /// Whose change is in force, and how many there have been: what makes each of them another.
    top: Cell<u64>,
    changes: Cell<u64>,
}

plain_local! {
    static CONTEXT: Context = Context {
        inner: Cell::new(ptr::null()),
        mode: Cell::new(Mode::Free),
        local: Cell::new(ptr::null()),
        top: Cell::new(0),
        changes: Cell::new(0),
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
    mode() != Mode::Free
}

pub(super) fn mode() -> Mode {
    CONTEXT.with(|context| context.mode.get())
}

/// The thread is driven, or is not, as `mode` says until the guard is dropped.
pub(super) fn set_mode(mode: Mode) -> Restore {
    set_context(CONTEXT.with(|context| context.inner.get()), Some(mode))
}

/// The innermost `LocalSet` of this thread, or null.
pub(super) fn local_set() -> *const () {
    CONTEXT.with(|context| context.local.get())
}

/// Puts another in its place.
pub(super) fn replace_local_set(set: *const ()) -> *const () {
    CONTEXT.with(|context| context.local.replace(set))
}

/// Puts the thread's context back when dropped.
#[derive(Debug)]
pub(super) struct Restore {
    inner: *const Inner,
    mode: Mode,
    top: u64,
}

fn set_context(inner: *const Inner, mode: Option<Mode>) -> Restore {
    CONTEXT.with(|context| {
        context.changes.set(context.changes.get() + 1);
        let top = context.top.replace(context.changes.get());
        let before = Restore { inner: context.inner.replace(inner), mode: context.mode.get(), top };
        context.mode.set(mode.unwrap_or(before.mode));
        before
    })
}

fn top() -> u64 {
    CONTEXT.with(|context| context.top.get())
}

impl Drop for Restore {
    fn drop(&mut self) {
        CONTEXT.with(|context| {
            context.inner.set(self.inner);
            context.mode.set(self.mode);
            context.top.set(self.top);
        });
    }
}

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
        self.spawn_blocking_at(closure, Location::caller())
    }

    pub(super) fn spawn_blocking_at<F, R>(
        &self,
        closure: F,
        spawned: &'static Location<'static>,
    ) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        let id = self.inner.ids.one();
        let inner = self.inner.clone();
        let (entry, join) = job(
            move || {
                let inner = inner;
                let _context = set_context(Arc::as_ptr(&inner), Some(Mode::Free));
                closure()
            },
            id,
            spawned,
        );
        let running = blocking::Running { id, spawned };
        // Also a clock that is not stopped before the closure runs.
        let held = self.inner.can_pause().then(|| Hold::new(self.inner.clone()));
        self.inner.blocking.submit(blocking::Job { entry, running, held });
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
        block_on(future)
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
        self.scheduler.spawn(future, spawned)
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
