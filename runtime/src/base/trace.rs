//! the event enum, and a macro that is one branch when off.
//!
//! Every move of the runtime that a reader may want to see goes through [`trace!`]: who was
//! spawned, polled, woken, when a worker slept. While nothing is recorded that is one relaxed load
//! and one branch that is never taken; the event is not even built.
//!
//! An event says what was seen where it happened and knows nothing of who records: `of` is the
//! address of the task's scheduler, by which the facade finds the runtime it belongs to
//! (`runtime/routes.rs`). An event without one belongs to the runtime of its thread.

#![forbid(unsafe_code)]

use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One move of the runtime. Tasks are named by the number of their id; 0 is "no task".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// `task` was made.
    Spawn { task: u64, of: usize, spawned: &'static Location<'static> },
    /// A poll of `task` begins.
    PollStart { task: u64, of: usize },
    /// It has ended; `ready` says whether the task has too.
    PollEnd { task: u64, ready: bool },
    /// `task` was woken, and it was neither scheduled nor in its poll: then it is queued again when
    /// the poll is over. By whom: whatever this thread is polling.
    Wake { task: u64, of: usize },
    /// The worker goes to sleep.
    Park,
    /// It is awake again.
    Unpark,
    /// The worker took `task`, and perhaps more, from the ring of the worker `from`.
    Steal { from: usize, task: u64 },
    /// The timer fires that was due at the end of so many milliseconds of its wheel.
    Timer { due: u64 },
    /// An event of the kernel for the source at `index`, as the bits of its readiness.
    Ready { index: usize, bits: u8 },
    /// The poll has used up its budget.
    Exhausted,
    /// A blocking closure was queued; `task` is its number.
    Closure { task: u64, spawned: &'static Location<'static> },
    /// A `block_on` begins; `task` is the number of its future.
    Root { task: u64, called: &'static Location<'static> },
}

impl Event {
    /// The scheduler whose task it is about; `None`: whatever runtime the thread is inside of.
    pub(crate) fn of(&self) -> Option<usize> {
        match *self {
            Self::Spawn { of, .. } | Self::Wake { of, .. } => Some(of),
            Self::PollStart { of, .. } => Some(of),
            _ => None,
        }
    }
}

/// What receives the events. Called on the thread that makes them, perhaps under a lock of the
/// runtime's: it must be quick and call no code of the user's.
pub(crate) type Sink = fn(Event);

// Not prim's atomics: a switch that is thrown once is no protocol, and loom has no const ones.
/// How many recordings are going on.
static ON: AtomicUsize = AtomicUsize::new(0);
static SINK: OnceLock<Sink> = OnceLock::new();

/// Is anybody listening?
#[inline(always)]
pub(crate) fn on() -> bool {
    // Ordering: Relaxed, a hint; `emit` reads the sink through the OnceLock's own Acquire.
    ON.load(Ordering::Relaxed) != 0
}

/// Hands an event to the sink. It is built here and not where it happens, to keep that small.
#[cold]
#[inline(never)]
pub(crate) fn emit(event: impl FnOnce() -> Event) {
    if let Some(sink) = SINK.get() {
        sink(event());
    }
}

/// Events are made while it lives.
#[derive(Debug)]
pub(crate) struct On(());

/// Has events made. The sink of this process is the first that is given.
pub(crate) fn install(sink: Sink) -> On {
    SINK.get_or_init(|| sink);
    // Ordering: Relaxed, see `on`.
    ON.fetch_add(1, Ordering::Relaxed);
    On(())
}

impl Drop for On {
    fn drop(&mut self) {
        // Ordering: Relaxed, see `on`.
        ON.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `trace!(Event)`: nothing but a branch while nothing is recorded.
macro_rules! trace {
    ($($event:tt)*) => {
        if $crate::base::trace::on() {
            use $crate::base::trace::Event::*;
            $crate::base::trace::emit(move || $($event)*);
        }
    };
}
pub(crate) use trace;
