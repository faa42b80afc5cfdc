//! the event enum, and a macro that is one branch when off.
//!
//! Every move of the runtime that a reader may want to see goes through [`trace!`]: who was
//! spawned, polled, woken, when a worker slept. With no sink installed that is one relaxed load and
//! one branch that is never taken; the event is not even built.

#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// One move of the runtime. Tasks are named by the number of their id; 0 is "no task".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// `by` made `task`.
    Spawn { task: u64, by: u64 },
    /// A poll of `task` begins.
    PollStart { task: u64 },
    /// It has ended; `ready` says whether the task has too.
    PollEnd { task: u64, ready: bool },
    /// `by` woke `task`, and it was not yet scheduled.
    Wake { task: u64, by: u64 },
    /// The worker goes to sleep.
    Park,
    /// It is awake again.
    Unpark,
}

/// What receives the events. Called on the thread that makes them: it must be quick.
pub(crate) type Sink = fn(Event);

// Not prim's atomics: a switch that is thrown once is no protocol, and loom has no const ones.
static ON: AtomicBool = AtomicBool::new(false);
static SINK: OnceLock<Sink> = OnceLock::new();

/// Is anybody listening?
#[inline(always)]
pub(crate) fn on() -> bool {
    // Ordering: Relaxed, a hint; `emit` reads the sink through the OnceLock's own Acquire.
    ON.load(Ordering::Relaxed)
}

/// Hands an event to the sink.
#[cold]
pub(crate) fn emit(event: Event) {
    if let Some(sink) = SINK.get() {
        sink(event);
    }
}

/// Installs the sink of this process, once.
#[cfg_attr(not(test), expect(dead_code, reason = "the recorder of traces will install it"))]
pub(crate) fn install(sink: Sink) -> bool {
    let first = SINK.set(sink).is_ok();
    // Ordering: Relaxed, see `on`.
    ON.store(true, Ordering::Relaxed);
    first
}

/// `trace!(Event)`: nothing but a branch while no sink is installed.
macro_rules! trace {
    ($($event:tt)*) => {
        if $crate::base::trace::on() {
            use $crate::base::trace::Event::*;
            $crate::base::trace::emit($($event)*);
        }
    };
}
pub(crate) use trace;
