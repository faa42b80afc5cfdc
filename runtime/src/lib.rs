//! the map: modules in reading order, layer by layer.
//!
//! Mainspring is an async runtime that can be read from end to end. This file is its table of
//! contents; `sync.rs`, `io.rs`, `net.rs`, `signal.rs`, `process.rs` and `fs.rs` are pages of it.
//! A file may use only what stands before it here, so reading from top to bottom never refers
//! forward. Five machines (the one-thread executor, the work-stealing pool, the drivers, the
//! blocking pool, the primitives) do not know each other; `runtime` bolts them together; the only
//! call upwards in the whole program is a wake.
//!
//! ```text
//!  select  join  group                      several futures in one task, or a task for each
//!  time  io  net  signal  process  fs       what programs use; the handle leads to the drivers
//!  runtime                                  bolts the machines together
//!  local │ pool │ drive │ blocking │ sync   machines, no edges between them
//!  task                                     one unit of work
//!  wake                                     ways to hold a waker
//!  base                                     std or loom, lists, clock, chance, trace
//! ```
//!
//! **The weekend's path**, for a first reading: `base/{list, stack}`, `wake` without `says`, `task`
//! without `budget`, `counts`, `credit`, `error`, `ids`, `join`, `local_key`, `look`, `message`,
//! `record`, `registry` and `yield_now`, `local` without `driven`, `drive` without `ready`,
//! `readiness`, `still`, `turn` and `wheels`, `pool/{ring, idle, shared, worker, find, tick}`,
//! `blocking`, `sync/event`, `io/async_fd`. The rest is more of the same, or looked up when met.
//!
//! Names are tokio's where tokio has the concept and asyncio's where only asyncio has it.
//!
//! What a program does can be seen: run it with `MAINSPRING_TRACE=run.json` in its environment, and
//! load the file in <https://ui.perfetto.dev> ([`runtime::Recorder`]).
//!
//! ```
//! use mainspring::time::{Duration, sleep};
//!
//! # fn main() -> std::io::Result<()> {
//! let runtime = mainspring::runtime::Runtime::new()?;
//! runtime.block_on(async {
//!     let task = mainspring::spawn(async {
//!         sleep(Duration::from_millis(1)).await;
//!         "from a task"
//!     });
//!     assert_eq!(task.await.unwrap(), "from a task");
//! });
//! # Ok(())
//! # }
//! ```

#![warn(missing_docs)]

pub use mainspring_macros::{main, test};
pub use task::spawn;

pub(crate) mod base {
    /// std or loom, one switch: atomics, UnsafeCell, Mutex, thread.
    pub(crate) mod prim;
    /// CachePadded: a value on cache lines of its own, written once.
    pub(crate) mod pad;
    /// intrusive doubly linked list of pinned nodes: wheel slots, wait lists, task registry.
    pub(crate) mod list;
    /// intrusive push / take-all stack: an inbox whose head also says that the owner sleeps.
    pub(crate) mod stack;
    /// seedable xorshift, so schedules replay.
    pub(crate) mod rng;
    /// now(), real or virtual; the only place that reads the clock.
    pub(crate) mod clock;
    /// the event enum, and a macro that is one branch when off.
    pub(crate) mod trace;
    /// what a poll waits for, in a leaf's own words; written only while a dump is on.
    pub(crate) mod note;
}

pub(crate) mod wake {
    /// trait Park, and putting a thread to sleep without missing the alarm.
    pub(crate) mod park;
    /// the poll budget: a thread-local `Cell<u8>` that leaf futures spend.
    pub(crate) mod coop;
    /// what a leaf says when it answers `Pending`: nothing, unless a dump is on.
    pub(crate) mod says;
    /// whether a thread that has nothing to do waits a moment before it sleeps.
    pub(crate) mod linger;
    /// the smallest executor: poll, park, repeat.
    pub(crate) mod block_on;
    /// one waker, set by one side and taken by the other, with its race table.
    pub(crate) mod slot;
    /// collect wakers under a lock, wake them after it.
    pub(crate) mod batch;
    /// many wakers in line: FIFO, cancel-safe, no allocation.
    pub(crate) mod wait_list;
}

/// Tasks: spawn them, wait for them, end them.
pub mod task {
    /// how a task keeps its scheduler alive without a shared count per task.
    pub(crate) mod credit;
    /// one word: flags and references; every transition is a named enum.
    pub(crate) mod state;
    /// the type-erased front of a task: state, vtable type, queue link, scheduler pointer.
    pub(crate) mod header;
    /// numbers for tasks, drawn in blocks: no line that all threads share is written per task.
    pub(crate) mod ids;
    /// how many tasks there are: counted by whoever begins and ends them, summed by whoever asks.
    pub(crate) mod counts;
    /// which executor is this thread inside, and which task is it polling.
    pub(crate) mod current;
    /// four functions that turn a header into a std Waker.
    pub(crate) mod waker;
    /// what a task's state word says to people: the dump, and `{:?}`.
    pub(crate) mod look;
    /// every live task, so shutdown can drop them and a dump can name them.
    pub(crate) mod registry;
    /// what is known of a task beside its cell: name, polls, times, waits; while a dump is on.
    pub(crate) mod record;
    /// JoinError: why a task has no output.
    pub(crate) mod error;
    /// what was said when a task was aborted: a table beside the tasks, and a bit in each.
    pub(crate) mod message;
    /// JoinHandle and AbortHandle: wait for a task, end a task.
    pub(crate) mod join;
    /// trait Schedule: what a task asks of its executor; Runnable: the right to run it once.
    pub(crate) mod schedule;
    /// one allocation: header, then future or output in the same bytes, then cold data.
    pub(crate) mod cell;
    /// poll once; then idle, again, complete or cancelled; panics stop here.
    pub(crate) mod run;
    /// table of references and rules; new() -> (Runnable, JoinHandle); jobs for blocking threads.
    pub(crate) mod new;
    /// yield_now: to the back of the queue, once.
    pub(crate) mod yield_now;
    /// values that belong to a task: LocalKey, and the future that carries them.
    pub(crate) mod local_key;
    /// what one poll may spend, from outside: futures without a budget, and code that spends it.
    pub(crate) mod budget;

    /// The budget of a poll: futures that do without, and code that spends it.
    pub mod coop {
        pub use super::budget::{
            Coop, RestoreOnPending, Unconstrained, consume_budget, cooperative,
            has_budget_remaining, poll_proceed, unconstrained,
        };
    }

    /// Futures that have a name because somebody has to write their type.
    pub mod futures {
        pub use super::local_key::TaskLocalFuture;
    }

    pub use crate::group::child::{GroupTask, NoValue};
    pub use crate::group::completed::{AsCompleted, as_completed};
    pub use crate::group::error::{Failure, GroupError, Panicked};
    pub use crate::group::gather::{gather, gather_all};
    pub use crate::group::join_set::JoinSet;
    pub use crate::group::shield::{Shield, shield};
    pub use crate::group::task_group::TaskGroup;
    pub use crate::group::wait::{WaitFor, wait};
    pub use crate::runtime::here::{
        id, spawn, spawn_blocking, spawn_blocking as to_thread, try_id,
    };
    pub use crate::runtime::in_place::block_in_place;
    pub use crate::runtime::local_set::{LocalEnterGuard, LocalSet, spawn_local};
    pub use crate::runtime::named::{Builder, Current, current};
    pub use budget::{Unconstrained, consume_budget, unconstrained};
    pub use error::JoinError;
    pub use header::Id;
    pub use join::{AbortHandle, JoinHandle};
    pub use local_key::{AccessError, LocalKey};
    pub use yield_now::yield_now;
}

pub(crate) mod local {
    /// what a waker on any thread can reach: the inbox, the registry, the nudge.
    pub(crate) mod shared;
    /// the single-thread executor: a queue, an inbox, a tick().
    pub(crate) mod worker;
    /// where a spawn and a wake land: the own queue at home, the inbox elsewhere.
    pub(crate) mod spawn;
    /// the same executor without a thread of its own: whoever polls it drives it.
    pub(crate) mod driven;
}

pub(crate) mod drive {
    /// six levels of 64 slots; no clock, no lock, no waker: a pure data structure.
    pub(crate) mod wheel;
    /// deadline -> Waker: one worker's timers, the next deadline, firing.
    pub(crate) mod timers;
    /// one deadline and its waiter: arm, move, drop; the poller's side of a timer.
    pub(crate) mod entry;
    /// what a source can be ready for, and what can be waited for.
    pub(crate) mod ready;
    /// one fd: a readiness word with a tick, two waker slots, and a line for the rest.
    pub(crate) mod source;
    /// a place in the line of a source: the future behind `readable()` and `accept`.
    pub(crate) mod readiness;
    /// whose turn it is: one thing that sleepers pass around, and who has it now.
    pub(crate) mod turn;
    /// fd readiness -> Waker: mio Poll, tokens with generations, the cross-thread nudge.
    pub(crate) mod reactor;
    /// the state word of one sleeper: who nudges it, and by what means.
    pub(crate) mod bell;
    /// the wheels of one runtime: one for each worker, one for everybody else.
    pub(crate) mod wheels;
    /// when a clock that stands still may be moved: not while something may come from outside.
    pub(crate) mod still;
    /// impl Park: sleep until event, deadline or nudge; then hand back wakers.
    pub(crate) mod driver;
}

pub(crate) mod pool {
    /// 256-slot ring: the owner pushes and pops, thieves take half.
    pub(crate) mod ring;
    /// where tasks from outside land: a locked queue whose length is read without the lock.
    pub(crate) mod inject;
    /// who sleeps, who searches, who keeps watch: one word, no lock.
    pub(crate) mod idle;
    /// how far a worker is: what it polls, and how many polls it has begun.
    pub(crate) mod progress;
    /// data only: Shared, what all threads reach; Remote, what one worker shows the others.
    pub(crate) mod shared;
    /// the watcher's notes: when it looks at the others, and what it saw the last time.
    pub(crate) mod watch;
    /// how long a worker's polls take, and how long its ring may grow before a sibling is woken.
    pub(crate) mod pace;
    /// one worker: its queues, its counts, and when it wakes a sibling.
    pub(crate) mod worker;
    /// where a worker's next task comes from: its own places, the injector, the others' rings.
    pub(crate) mod find;
    /// rings that are never empty are made equally long.
    pub(crate) mod even;
    /// where a wake lands: the next slot, the own ring, or the injector.
    pub(crate) mod schedule;
    /// every task of the pool, shown to a dump: of the registries, and of the queues.
    pub(crate) mod look;
    /// tick(): find, run, announce sleep, look again.
    pub(crate) mod tick;
    /// block_on_helps: the thread in block_on runs tasks of its own ring between polls of its root.
    pub(crate) mod guest;
    /// close, drop every task, drain, join; numbered steps that the code repeats.
    pub(crate) mod shutdown;
    /// a worker whose own thread is busy: offered, manned by another thread, taken back.
    pub(crate) mod loan;
}

/// Closures that block or compute, on threads.
pub mod blocking {
    /// the numbers of the blocking pool: who takes a job, who waits, who starts, who goes home.
    pub(crate) mod tally;
    /// closure -> result: threads that grow under load and go home when idle.
    pub(crate) mod pool;

    pub use crate::runtime::own_pool::{BlockingConfig, Pool};
}

// The primitives: `sync.rs` is a page of this map.
pub mod sync;

/// A runtime: make one, enter it, end it.
pub mod runtime {
    /// how long a worker works, and how often it sleeps: a Park around another.
    pub(crate) mod meter;
    /// which executor: the one place where the two are told apart.
    pub(crate) mod scheduler;
    /// error of a thread that is inside of no runtime.
    pub(crate) mod error;
    /// spawning with a record: what a runtime does that keeps records, and no other.
    pub(crate) mod recorded;
    /// what was recorded of one runtime: for each thread a buffer of its own, and a limit for all.
    pub(crate) mod recording;
    /// the lines of a timeline's file: slices, instants, arrows and names, as JSON.
    pub(crate) mod json;
    /// what was recorded, in order: moments with their ends, lanes and tasks with their numbers.
    pub(crate) mod moments;
    /// from what was recorded to a timeline: JSON as Perfetto and Chrome's tracing read it.
    pub(crate) mod timeline;
    /// Recorder: what a runtime did, as a timeline for people to look at.
    pub(crate) mod recorder;
    /// the future of a block_on, for those who watch: its record, and its place in the trace.
    pub(crate) mod root;
    /// one of each machine: what a runtime is, seen by those who use it.
    pub(crate) mod inner;
    /// which runtime a thread is inside of, and what drives the thread.
    pub(crate) mod context;
    /// where an event goes: to the recording of the runtime that it is about.
    pub(crate) mod routes;
    /// Handle: spawn, spawn_blocking, current(); where the machines are bolted together.
    pub(crate) mod handle;
    /// spawn, spawn_blocking, id: on whatever runtime this thread is inside of.
    pub(crate) mod here;
    /// blocking::Pool: threads of one's own, for closures that block or compute.
    pub(crate) mod own_pool;
    /// task::Builder: tasks with a name; task::current: which one is this.
    pub(crate) mod named;
    /// what a dump says of one task, and how it reads.
    pub(crate) mod picture;
    /// who waits for whom: holders of mutexes, joined tasks, and rings of them.
    pub(crate) mod knot;
    /// dump(): every live task, what it is doing, and what it waits for.
    pub(crate) mod dump;
    /// what the watcher reports: a poll that is too long, and a runtime that nothing can wake.
    pub(crate) mod stall;
    /// what nobody is there to be told: the hook of `Builder::unhandled`.
    pub(crate) mod report;
    /// the seat of `current_thread`: whoever sits in it drives the worker.
    pub(crate) mod seat;
    /// a worker of `multi_thread`, with what it sleeps in and the user's hooks around each sleep.
    pub(crate) mod desk;
    /// who mans a worker while code on its thread blocks: block_in_place, seen from inside.
    pub(crate) mod post;
    /// block_in_place: code that blocks, where it stands.
    pub(crate) mod in_place;
    /// the threads of `multi_thread`: all start or none does; how they live and end.
    pub(crate) mod threads;
    /// Runtime: block_on (root on the caller's thread), enter, shutdown_timeout.
    pub(crate) mod runtime;
    /// RuntimeMetrics: what a runtime is doing, in numbers.
    pub(crate) mod metrics;
    /// every knob, its default, and the reason for the default.
    pub(crate) mod builder;
    /// LocalSet: tasks that stay on the thread that made them.
    pub(crate) mod local_set;
    /// Builder: what a runtime tells of itself: dump, slow_poll, debug, on_stall, trace.
    pub(crate) mod inspect;

    pub use crate::task::look::TaskState;
    pub use builder::Builder;
    pub use dump::dump;
    pub use error::TryCurrentError;
    pub use handle::{EnterGuard, Handle};
    pub use metrics::RuntimeMetrics;
    pub use picture::{TaskDump, WaitsFor};
    pub use recorder::Recorder;
    pub use report::Unhandled;
    pub use runtime::{Runtime, ShutdownReport};
    pub use scheduler::RuntimeFlavor;
    pub use stall::Stall;
}

/// Waiting for a time, and giving up at one.
pub mod time {
    /// Instant: a reading of the runtime's clock.
    pub(crate) mod instant;
    /// Sleep, sleep, sleep_until.
    pub(crate) mod sleep;
    /// race a future against a deadline.
    pub(crate) mod timeout;
    /// deadline_scope: a block with a deadline that it can move.
    pub(crate) mod scope;
    /// ticks, and what to do with missed ones.
    pub(crate) mod interval;
    /// pause, resume, advance: a clock that stands still until it is moved.
    pub(crate) mod pause;

    /// Errors of timers.
    pub mod error {
        pub use super::timeout::Elapsed;
    }

    pub use instant::Instant;
    pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
    pub use pause::{advance, pause, resume};
    pub use scope::{DeadlineScope, deadline_scope};
    pub use sleep::{Sleep, sleep, sleep_until};
    #[doc(no_inline)]
    pub use std::time::Duration;
    pub use timeout::{Timeout, timeout, timeout_at};
}

/// Limits of speed, and of failure.
pub mod rate {
    /// RateLimiter: so many per second, and a burst.
    pub(crate) mod limiter;
    /// CircuitBreaker: stop asking who does not answer.
    pub(crate) mod breaker;

    pub use breaker::{BreakerConfig, BreakerError, BreakerState, CircuitBreaker};
    pub use limiter::{RateLimited, RateLimiter};
}

/// Another attempt, after a wait.
pub mod retry {
    /// Backoff: how often to try, and how long to wait in between.
    pub(crate) mod backoff;
    /// retry: attempts until one succeeds, and waits without a permit in between.
    pub(crate) mod attempts;

    pub use attempts::{GaveUp, RetryError, retry, retry_if};
    pub use backoff::Backoff;
}

/// Streams of values, one after the other.
pub mod stream {
    /// unfold and iter: where streams come from.
    pub(crate) mod source;
    /// Map, Filter, Take: streams made of streams.
    pub(crate) mod adapt;
    /// StreamExt: next, map, filter, take, collect.
    pub(crate) mod ext;

    pub use adapt::{Filter, Map, Take};
    pub use ext::{Collect, Next, StreamExt};
    #[doc(no_inline)]
    pub use futures_core::Stream;
    pub use source::{Iter, Unfold, iter, unfold};
}

// Streams of bytes: `io.rs` is a page of this map.
pub mod io;

// Sockets: `net.rs` is a page of this map.
pub mod net;

// Signals: `signal.rs` is a page of this map.
pub mod signal;

// Processes, where there is Unix: `process.rs` is a page of this map.
#[cfg(unix)]
pub mod process;

// Files: `fs.rs` is a page of this map.
pub mod fs;

/// pin!: a value that stays where it is.
pub(crate) mod pin;
/// select!: the first of several futures, polled inside one task, no spawn.
#[doc(hidden)]
pub mod select;
/// join!, try_join!: all of several futures, polled inside one task, no spawn.
#[doc(hidden)]
pub mod join;

pub(crate) mod group {
    //! Structured concurrency: children that end before their parent. Public as `task::…`.

    /// who has ended: children put themselves on a list, and only the first on it wakes the owner.
    pub(crate) mod done;
    /// handles of children in slots, and which of them have ended: what all groups are made of.
    pub(crate) mod children;
    /// JoinSet: tasks in a set, joined in the order in which they end.
    pub(crate) mod join_set;
    /// JoinSet: the ways into it, spawn, spawn_blocking, spawn_local.
    pub(crate) mod spawning;
    /// wait: until one, all or a failed one of a set has ended, or a time is over.
    pub(crate) mod wait;
    /// gather, gather_all: many futures as tasks, their outputs in order.
    pub(crate) mod gather;
    /// as_completed: outputs one by one, in the order in which they are there.
    pub(crate) mod completed;
    /// shield: who waits may be cancelled, the task is not.
    pub(crate) mod shield;
    /// GroupError: all failures of a group, as a numbered tree.
    pub(crate) mod error;
    /// what a child of a TaskGroup runs in, and the handle of its value.
    pub(crate) mod child;
    /// who is in a group, and whether it still takes children in.
    pub(crate) mod roll;
    /// the future of a scope: polls the body, hears of its children, and ends when all have ended.
    pub(crate) mod scope;
    /// TaskGroup: no child outlives its scope, and the first failure ends the rest.
    pub(crate) mod task_group;
    /// what a failed accept means, and the rests of a server that has no room.
    pub(crate) mod want;
    /// the accept loop of a server: takes connections in, and rests when there is no room.
    pub(crate) mod accept;
    /// start_server: a task for each connection, all of them in a group of the server's.
    pub(crate) mod server;
}

// Other crates' traits: `compat.rs` is a page of this map.
pub mod compat;

/// what is lost when a future is dropped before it is ready.
pub mod cancel_safety;
