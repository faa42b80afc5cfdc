//! where an event goes: to the recording of the runtime that it is about.
//!
//! The sink of the process (`base/trace.rs`). An event about a task names the task's scheduler. On
//! a thread of that runtime the thread's own context leads to the recording, without a lock that
//! others use; elsewhere, where a task is woken from outside, the list of all recordings does. An
//! event about no task belongs to the runtime that the thread is inside of. What no recording wants
//! (a runtime that is not traced, a `LocalSet`) ends here.

#![forbid(unsafe_code)]

use super::context::with_current;
use super::inner::Inner;
use super::recorder::Tracing;
use crate::base::trace::{Event, On, install};

/// Has events made, and sent here.
pub(super) fn open() -> On {
    install(route)
}

fn route(event: Event) {
    let of = event.of();
    let taken = with_current(|inner: Option<&Inner>| {
        let Some((inner, tracing)) = inner.and_then(|inner| Some((inner, inner.trace.as_ref()?)))
        else {
            return false;
        };
        let ours = of.is_none_or(|of| of == tracing.recording.of);
        if ours {
            tracing.recording.note(event, || inner.scheduler.index_here());
        }
        ours
    });
    if !taken && let Some(recording) = of.filter(|of| *of != 0).and_then(Tracing::find) {
        recording.note(event, || None);
    }
}
