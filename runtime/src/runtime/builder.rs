//! every knob, its default, and the reason for the default.

#![forbid(unsafe_code)]

use super::handle::{Handle, Inner};
use super::report::{Hook, Unhandled, report};
use super::runtime::{Runtime, Seat};
use crate::base::clock::Clock;
#[cfg(not(loom))]
use crate::base::prim::{AtomicBool, AtomicU64};
use crate::blocking::pool as blocking;
use crate::drive::reactor::Reactor;
use crate::drive::timers::Timers;
use crate::local::shared::Shared;
use crate::local::worker::Worker;
use crate::task::credit::Keep;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Tasks between two looks at timers, sockets and the inbox: tokio's number. A look costs about as
/// much as five small tasks when there are sockets, and almost nothing when there are none.
const EVENT_INTERVAL: u32 = 61;
/// Blocking threads at most: tokio's number. They are for waiting, so more than there are cores.
const MAX_BLOCKING: usize = 512;
/// How long an idle blocking thread stays: tokio's number. Starting one costs some 10 µs.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Task ids, of all runtimes of the process. They start at 1.
#[cfg(not(loom))]
static IDS: AtomicU64 = AtomicU64::new(1);

/// Configures a [`Runtime`].
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
    event_interval: u32,
    start_paused: bool,
    unhandled: Option<Hook>,
    blocking: blocking::Config,
}

impl Builder {
    /// A runtime whose tasks all run on the thread that calls
    /// [`block_on`](Runtime::block_on), first in, first out.
    #[must_use]
    pub fn new_current_thread() -> Self {
        Self {
            event_interval: EVENT_INTERVAL,
            start_paused: false,
            unhandled: None,
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

    /// The name of the runtime's threads. Default `mainspring-blocking`.
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        let name = name.into();
        self.thread_name_fn(move || name.clone())
    }

    /// Names each thread as it starts.
    pub fn thread_name_fn(
        &mut self,
        name: impl Fn() -> String + Send + Sync + 'static,
    ) -> &mut Self {
        self.blocking.name = Arc::new(name);
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

    /// How many tasks run between two looks at timers, sockets and what other threads have sent,
    /// when there is always a task to run. Default 61.
    ///
    /// # Panics
    /// When `ticks` is 0: there would be no turn for tasks.
    #[track_caller]
    pub fn event_interval(&mut self, ticks: u32) -> &mut Self {
        assert!(ticks > 0, "event_interval(0): no task would ever get a turn; use 1 or more");
        self.event_interval = ticks;
        self
    }

    /// The clock stands still, and jumps to the next deadline when there is nothing else to do: a
    /// test of an hour takes a millisecond. Blocking closures keep it from jumping while they run.
    ///
    /// asyncio has no counterpart; trio's is `MockClock` with `autojump`.
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.start_paused = paused;
        self
    }

    /// Called with what went wrong where nobody waits for the news: a waker that panics, the
    /// destructor of an output that nobody wanted. Called on the thread where it happened.
    ///
    /// asyncio: `loop.set_exception_handler`.
    pub fn unhandled(&mut self, hook: impl Fn(Unhandled) + Send + Sync + 'static) -> &mut Self {
        self.unhandled = Some(Arc::new(hook));
        self
    }

    /// Makes the runtime. No thread is started before the first blocking closure.
    ///
    /// # Errors
    /// When the system refuses the descriptors that sockets need.
    #[cfg(not(loom))]
    pub fn build(&mut self) -> io::Result<Runtime> {
        let clock = if self.start_paused { Clock::paused() } else { Clock::real() };
        let reactor = Reactor::new()?;
        let report = report(self.unhandled.clone());
        let scheduler = Keep::new(Shared::new(&IDS, report.clone()));
        let worker = Worker::new(&scheduler, self.event_interval);
        let inner = Inner {
            scheduler,
            timers: Timers::acquire(&clock),
            ended: AtomicBool::new(false),
            clock,
            reactor,
            blocking: blocking::Pool::new(self.blocking.clone()),
        };
        let handle = Handle { inner: Arc::new(inner) };
        Ok(Runtime::from_parts(handle, Seat::new(worker, report)))
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
    /// A runtime with the defaults of [`Builder::new_current_thread`].
    ///
    /// # Errors
    /// When the system refuses a descriptor for sockets.
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread().build()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("flavor", &"current_thread")
            .field("event_interval", &self.event_interval)
            .field("start_paused", &self.start_paused)
            .field("blocking", &self.blocking)
            .finish_non_exhaustive()
    }
}
