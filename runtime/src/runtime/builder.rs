//! every knob, its default, and the reason for the default.

#![forbid(unsafe_code)]
// There is no whole runtime under loom.
#![cfg_attr(loom, allow(unused_imports, dead_code))]

use super::desk;
use super::handle::Handle;
use super::inner::Inner;
use super::meter::Meter;
use super::recorder::Recorder;
use super::report::{Hook, Unhandled, report};
use super::runtime::{Executor, Runtime};
use super::scheduler::{RuntimeFlavor, Scheduler, ids};
use super::seat::Seat;
use super::stall;
use super::threads;
use crate::base::clock::Clock;
use crate::base::pad::CachePadded;
use crate::blocking::pool as blocking;
use crate::drive::driver::Driver;
use crate::drive::reactor::Reactor;
use crate::drive::wheels::Wheels;
use crate::local::shared::Shared as LocalShared;
use crate::local::worker::Worker as LocalWorker;
use crate::pool::idle::MAX_WORKERS;
use crate::pool::shared::Shared as PoolShared;
use crate::pool::worker::Intervals;
use crate::task::credit::Keep;
use crate::task::record;
use crate::wake::batch::Report;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Tasks between two looks at timers, sockets and the inbox: tokio's number. A look costs about as
/// much as five small tasks when there are sockets, and almost nothing when there are none.
const EVENT_INTERVAL: u32 = 61;
/// Tasks between two looks at what has come from outside: as often as at the events.
const INJECTOR_INTERVAL: u32 = 61;
/// Blocking threads at most: tokio's number. They are for waiting, so more than there are cores.
const MAX_BLOCKING: usize = 512;
/// How long an idle blocking thread stays: tokio's number. Starting one costs some 10 µs.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Configures a [`Runtime`].
///
/// `MAINSPRING_TRACE=run.json` in the environment records a timeline: [`trace`](Self::trace).
///
/// asyncio: the arguments of `asyncio.Runner`.
///
/// ```
/// use mainspring::runtime::Builder;
///
/// let runtime = Builder::new_current_thread()
///     .thread_name("my-blocking-thread")
///     .max_blocking_threads(4)
///     .build()?;
/// # runtime.block_on(async {});
/// # Ok::<_, std::io::Error>(())
/// ```
pub struct Builder {
    pub(super) flavor: RuntimeFlavor,
    pub(super) workers: Option<usize>,
    pub(super) intervals: Intervals,
    pub(super) start_paused: bool,
    pub(super) block_on_helps: bool,
    pub(super) dump: bool,
    pub(super) debug: bool,
    pub(super) trace: Option<Recorder>,
    pub(super) stall: stall::Config,
    unhandled: Option<Hook>,
    name: Option<Name>,
    on_park: Option<desk::Hook>,
    on_unpark: Option<desk::Hook>,
    pub(super) blocking: blocking::Config,
}

type Name = Arc<dyn Fn() -> String + Send + Sync>;

impl Builder {
    /// A runtime whose tasks all run on the thread that calls
    /// [`block_on`](Runtime::block_on), first in, first out.
    #[must_use]
    pub fn new_current_thread() -> Self {
        Self::new(RuntimeFlavor::CurrentThread)
    }

    /// A runtime whose tasks run on threads of its own, as many as there are cores unless
    /// [`worker_threads`](Self::worker_threads) says otherwise. A thread without work takes some
    /// from another.
    #[must_use]
    pub fn new_multi_thread() -> Self {
        Self::new(RuntimeFlavor::MultiThread)
    }

    fn new(flavor: RuntimeFlavor) -> Self {
        Self {
            flavor,
            workers: None,
            intervals: Intervals { event: EVENT_INTERVAL, injector: INJECTOR_INTERVAL },
            start_paused: false,
            block_on_helps: false,
            dump: false,
            debug: false,
            trace: None,
            stall: stall::Config::default(),
            unhandled: None,
            name: None,
            on_park: None,
            on_unpark: None,
            blocking: blocking::Config {
                limit: MAX_BLOCKING,
                keep_alive: KEEP_ALIVE,
                stack_size: None,
                name: Arc::new(|| "mainspring-blocking".to_owned()),
                on_start: None,
                on_stop: None,
            },
        }
    }

    /// Accepted, as tokio has it: sockets and timers are always there, and cost nothing until used.
    pub fn enable_all(&mut self) -> &mut Self {
        self
    }

    /// Accepted; see [`enable_all`](Self::enable_all).
    pub fn enable_io(&mut self) -> &mut Self {
        self
    }

    /// Accepted; see [`enable_all`](Self::enable_all).
    pub fn enable_time(&mut self) -> &mut Self {
        self
    }

    /// How many threads run tasks, on `multi_thread`; on `current_thread` it says nothing. Default:
    /// as many as the process may use cores, at most 47.
    ///
    /// # Panics
    /// When `threads` is 0, which could run nothing, or more than 47: who sleeps and who does not
    /// is one word for all, and has no more room.
    #[track_caller]
    pub fn worker_threads(&mut self, threads: usize) -> &mut Self {
        assert!(threads > 0, "worker_threads(0): nobody would run the tasks; use 1 or more");
        assert!(
            threads <= MAX_WORKERS,
            "worker_threads({threads}): at most {MAX_WORKERS}; for more, use several runtimes"
        );
        self.workers = Some(threads);
        self
    }

    /// On `multi_thread`, has the thread in [`block_on`](Runtime::block_on) run the tasks that it
    /// spawns itself, between two polls of its own future, when no worker takes them before.
    /// Default `false`.
    ///
    /// A task that is spawned in `block_on` and awaited there then costs no switch of threads. The
    /// price: a task that blocks this thread also stops the future of `block_on`, which cannot
    /// move to another.
    pub fn block_on_helps(&mut self, helps: bool) -> &mut Self {
        self.block_on_helps = helps;
        self
    }

    /// How many blocking closures run at once; more wait their turn. Default 512.
    ///
    /// # Panics
    /// When `limit` is 0: no closure could ever run.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, limit: usize) -> &mut Self {
        assert!(limit > 0, "max_blocking_threads(0): no blocking closure could run; use 1 or more");
        self.blocking.limit = limit;
        self
    }

    /// The name of the runtime's threads. Default `mainspring-worker` for those that run tasks and
    /// `mainspring-blocking` for those that run closures.
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        self.thread_name_fn(move || name.clone())
    }

    /// Names each thread as it starts.
    pub fn thread_name_fn(
        &mut self,
        name: impl Fn() -> String + Send + Sync + 'static,
    ) -> &mut Self {
        self.name = Some(Arc::new(name));
        self
    }

    /// The stack of the runtime's threads, in bytes. Default: what the standard library gives.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.blocking.stack_size = Some(bytes);
        self
    }

    /// How long a blocking thread without work stays. Default 10 s.
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.blocking.keep_alive = duration;
        self
    }

    /// Called on each of the runtime's threads when it has started.
    pub fn on_thread_start(&mut self, hook: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.blocking.on_start = Some(Arc::new(hook));
        self
    }

    /// Called on each of the runtime's threads before it ends.
    pub fn on_thread_stop(&mut self, hook: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.blocking.on_stop = Some(Arc::new(hook));
        self
    }

    /// Called on a worker's thread of `multi_thread` before it sleeps.
    pub fn on_thread_park(&mut self, hook: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.on_park = Some(Arc::new(hook));
        self
    }

    /// Called on a worker's thread of `multi_thread` when it has slept.
    pub fn on_thread_unpark(&mut self, hook: impl Fn() + Send + Sync + 'static) -> &mut Self {
        self.on_unpark = Some(Arc::new(hook));
        self
    }

    /// How many tasks a worker of `multi_thread` runs between two looks at what has come from
    /// outside, when there is always a task of its own to run. Default 61, but at most 8 while more
    /// wait there than in its ring. On `current_thread` that is part of
    /// [`event_interval`](Self::event_interval).
    ///
    /// # Panics
    /// When `ticks` is 0: there would be no turn for the worker's own tasks.
    #[track_caller]
    pub fn global_queue_interval(&mut self, ticks: u32) -> &mut Self {
        assert!(ticks > 0, "global_queue_interval(0): own tasks would get no turn; use 1 or more");
        self.intervals.injector = ticks;
        self
    }

    /// How many tasks run between two looks at timers and sockets (on `current_thread` also at what
    /// other threads have sent), when there is always a task to run. Default 61.
    ///
    /// # Panics
    /// When `ticks` is 0: there would be no turn for tasks.
    #[track_caller]
    pub fn event_interval(&mut self, ticks: u32) -> &mut Self {
        assert!(ticks > 0, "event_interval(0): no task would ever get a turn; use 1 or more");
        self.intervals.event = ticks;
        self
    }

    /// The clock stands still, and jumps to the next deadline when there is nothing else to do: a
    /// test of an hour takes a millisecond. Blocking closures keep it from jumping while they run,
    /// and so does a task that waits for a socket: see [`time::pause`](crate::time::pause).
    ///
    /// asyncio has no counterpart; trio's is `MockClock` with `autojump`.
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.start_paused = paused;
        self
    }

    /// Called with what went wrong where nobody waits for the news: a task that panicked and whose
    /// handle was dropped, a waker that panics, the destructor of an output that nobody wanted.
    /// Called on the thread where it happened.
    ///
    /// asyncio: `loop.set_exception_handler`, "Task exception was never retrieved".
    pub fn unhandled(&mut self, hook: impl Fn(Unhandled) + Send + Sync + 'static) -> &mut Self {
        self.unhandled = Some(Arc::new(hook));
        self
    }

    /// Makes the runtime. On `multi_thread` its workers are running when this returns; a thread for
    /// blocking closures is not started before the first of them.
    ///
    /// # Errors
    /// When the system refuses the descriptors that sockets need, or one of the threads; then
    /// nothing is left of those that had started. When the clock is to stand still on
    /// `multi_thread`: no thread of many knows that the others have nothing to do.
    #[cfg(not(loom))]
    pub fn build(&mut self) -> io::Result<Runtime> {
        self.open_trace()?;
        let runtime = match self.flavor {
            RuntimeFlavor::CurrentThread => self.build_current_thread(),
            RuntimeFlavor::MultiThread if self.start_paused => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "start_paused needs new_current_thread: with several threads nobody can tell when \
                 nothing is left to do and the clock may jump",
            )),
            RuntimeFlavor::MultiThread => self.build_multi_thread(),
        };
        runtime.and_then(|runtime| runtime.watched(self.stalls()))
    }

    #[cfg(not(loom))]
    fn build_current_thread(&self) -> io::Result<Runtime> {
        let clock = if self.start_paused { Clock::paused() } else { Clock::real() };
        let (reactor, report) = (Reactor::new()?, report(self.unhandled.clone()));
        let ids = ids();
        let scheduler = Keep::new(LocalShared::new(ids, report.clone()));
        let worker = LocalWorker::new(&scheduler, self.intervals.event);
        let wheels = Wheels::new(1, false, &clock);
        let scheduler = Scheduler::Local(scheduler);
        let handle = self.handle(scheduler, clock, wheels, reactor, &report);
        Ok(Runtime::from_parts(handle, Executor::Seat(Seat::new(worker)), report))
    }

    #[cfg(not(loom))]
    fn build_multi_thread(&self) -> io::Result<Runtime> {
        let (clock, report) = (Clock::real(), report(self.unhandled.clone()));
        let reactor = Reactor::new()?;
        let config = self.threads(report.clone());
        let wheels = Wheels::new(config.workers, true, &clock);
        let driver = {
            let parts = (reactor.clone(), wheels.clone(), clock.clone(), report.clone());
            move |index| {
                let (reactor, wheels, clock, report) = parts.clone();
                Driver::new(reactor, wheels, index, clock, report)
            }
        };
        let mut started = threads::start(&config, driver)?;
        let unparkers = std::mem::take(&mut started.unparkers);
        let shared = PoolShared::new(ids(), report.clone(), unparkers, self.block_on_helps);
        let scheduler = Keep::new(shared);
        let pool = Scheduler::Pool(scheduler.clone());
        let handle = self.handle(pool, clock, wheels, reactor, &report);
        let threads = started.go(scheduler, &handle, self.block_on_helps);
        Ok(Runtime::from_parts(handle, Executor::Threads(threads), report))
    }

    #[cfg(not(loom))]
    fn handle(
        &self,
        scheduler: Scheduler,
        clock: Clock,
        wheels: Arc<Wheels>,
        reactor: Arc<Reactor>,
        report: &Report,
    ) -> Handle {
        let mut config = self.blocking.clone();
        for hook in [&mut config.on_start, &mut config.on_stop] {
            *hook = hook.take().map(|hook| threads::contained(hook, report.clone()));
        }
        if let Some(name) = &self.name {
            config.name = name.clone();
        }
        let meters = (0..scheduler.workers()).map(|_| CachePadded(Meter::default())).collect();
        Handle {
            inner: Arc::new(Inner {
                recorder: self.records().then(record::Recorder::new),
                trace: self.begin_trace(&scheduler, &clock),
                scheduler,
                ids: ids(),
                clock,
                wheels,
                reactor,
                blocking: blocking::Pool::new(config),
                report: report.clone(),
                meters,
            }),
        }
    }

    fn threads(&self, report: Report) -> threads::Config {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        threads::Config {
            workers: self.workers.unwrap_or_else(|| cores().min(MAX_WORKERS)),
            intervals: self.intervals,
            stack_size: self.blocking.stack_size,
            name: self.name.clone().unwrap_or_else(|| Arc::new(|| "mainspring-worker".to_owned())),
            on_start: self.blocking.on_start.clone(),
            on_stop: self.blocking.on_stop.clone(),
            on_park: self.on_park.clone(),
            on_unpark: self.on_unpark.clone(),
            report,
        }
    }

    /// A whole runtime is more than a model can explore: loom models are made of its parts.
    ///
    /// # Errors
    /// Always.
    #[cfg(loom)]
    pub fn build(&mut self) -> io::Result<Runtime> {
        Err(io::Error::other("there is no whole runtime under loom; model its parts"))
    }
}

impl Runtime {
    /// A runtime with the defaults of [`Builder::new_multi_thread`]: a thread for each core.
    ///
    /// # Errors
    /// As for [`Builder::build`].
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().build()
    }
}
