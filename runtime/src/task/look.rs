//! what a task's state word says to people: the dump, and `{:?}`.

#![forbid(unsafe_code)]

use super::current;
use super::header::{Id, TaskRef};
use super::state::{CANCELLED, COMPLETE, ONE, RUNNING, SCHEDULED, State};
use crate::base::prim::Ordering;
use std::fmt;
use std::panic::Location;

/// What a task is doing. A picture: it may be out of date when it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskState {
    /// It stands in a queue: it was spawned, woken, or gave way.
    Queued,
    /// A thread is inside its poll.
    Running,
    /// Nobody has woken it.
    Waiting,
    /// It was aborted, and its future is dropped at its next turn.
    Ending,
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Ending => "ending",
        })
    }
}

/// What the cell of a task tells a dump.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) id: Id,
    pub(crate) spawned: &'static Location<'static>,
    pub(crate) state: TaskState,
}

impl TaskRef {
    /// Looks at a task of which somebody owns a reference meanwhile. None: it has ended.
    pub(crate) fn seen(self) -> Option<Seen> {
        let state = self.state().look()?;
        Some(Seen { id: self.id(), spawned: self.spawned(), state })
    }
}

/// The task that this thread is polling.
pub(crate) fn here() -> Option<Seen> {
    current::task()?.seen()
}

impl State {
    fn look(&self) -> Option<TaskState> {
        // Ordering: Relaxed, a picture for people: nothing is concluded from it.
        let word = self.0.load(Ordering::Relaxed);
        let says = |flag| word & flag != 0;
        if says(COMPLETE) {
            return None;
        }
        Some(match (says(RUNNING), says(CANCELLED), says(SCHEDULED)) {
            (true, ..) => TaskState::Running,
            (_, true, _) => TaskState::Ending,
            (_, _, true) => TaskState::Queued,
            _ => TaskState::Waiting,
        })
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 8] = [
            "scheduled",
            "running",
            "complete",
            "join interest",
            "join waker",
            "cancelled",
            "registered",
            "message",
        ];
        // Ordering: Relaxed, as in `look`.
        let word = self.0.load(Ordering::Relaxed);
        write!(f, "State({} refs", word / ONE)?;
        for (bit, name) in NAMES.iter().enumerate() {
            if word & (1 << bit) != 0 {
                write!(f, ", {name}")?;
            }
        }
        f.write_str(")")
    }
}
