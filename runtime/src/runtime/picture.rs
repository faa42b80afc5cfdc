//! what a dump says of one task, and how it reads.

#![forbid(unsafe_code)]

use crate::base::note::{Kind, Wait};
use crate::task::header::Id;
use crate::task::look::{Seen, TaskState};
use crate::task::record::{Record, Role};
use std::fmt;
use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One thing that a task waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitsFor {
    /// A timer: it fires at `deadline`, `left` after the dump, by the runtime's clock.
    Timer {
        /// When it fires.
        deadline: Instant,
        /// How long that was after the dump; zero if it is late.
        left: Duration,
    },
    /// A socket, or another descriptor.
    Socket,
    /// The end of a task or a blocking closure.
    Join(Id),
    /// Something else, that is not known: more things than are noted, or what the tasks of a
    /// [`LocalSet`](crate::task::LocalSet) wait for, of the future that drives it.
    More,
    /// A primitive of [`sync`](crate::sync).
    Primitive {
        /// The name of its type: `"Mutex"`, `"mpsc"`, `"Barrier"` and so on.
        name: &'static str,
        /// Where it is, for what stands on a semaphore: tells two of a kind apart.
        address: Option<usize>,
        /// Of a `Mutex`: the task that locked it and has not unlocked it, wherever the guard is
        /// now; or that was handed it and has not run since. `None` when it is nobody that has a
        /// record.
        held_by: Option<Id>,
    },
}

/// A task with its name, as texts call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) id: Id,
    pub(super) name: Option<Arc<str>>,
    pub(super) role: Role,
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.role {
            Role::Task => "task",
            Role::Root => "root",
            Role::Closure => "blocking closure",
        };
        write!(f, "{what} {}", self.id)?;
        self.name.as_ref().map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}

/// What a dump says of one task. Made by [`dump`](super::dump()) and
/// [`Handle::dump`](super::Handle::dump).
///
/// Its `Display` is one line.
#[derive(Debug, Clone)]
pub struct TaskDump {
    pub(super) peer: Peer,
    spawned: &'static Location<'static>,
    pub(super) state: TaskState,
    pub(super) known: Option<Known>,
    pub(super) knot: Knot,
    /// Of a `block_on`: the task in whose poll it was called.
    pub(super) inside: Option<Id>,
}

/// The ring that a task is in, if it is in one, and where: each waits for the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Knot {
    pub(super) peers: Arc<[Peer]>,
    pub(super) place: usize,
}

impl Knot {
    /// From this task on, around.
    fn iter(&self) -> impl Iterator<Item = &Peer> {
        let (before, from) = self.peers.split_at(self.place);
        from.iter().chain(before)
    }
}

/// What only a record knows.
#[derive(Debug, Clone)]
pub(super) struct Known {
    polls: u64,
    time: Duration,
    pub(super) raw: Vec<Wait>,
    /// What the poll around a `block_on` had found.
    pub(super) outer: Vec<Wait>,
    pub(super) waits: Vec<WaitsFor>,
    /// Who is at the other end of each wait.
    pub(super) others: Vec<Option<Peer>>,
}

impl TaskDump {
    pub(super) fn of(seen: Seen) -> Self {
        let peer = Peer { id: seen.id, name: None, role: Role::Task };
        Self {
            peer,
            spawned: seen.spawned,
            state: seen.state,
            known: None,
            knot: Knot::default(),
            inside: None,
        }
    }

    /// `seen`: its state by its cell. Who has none is running or waiting.
    pub(super) fn recorded(record: &Record, seen: Option<TaskState>, now: Instant) -> Option<Self> {
        // In this order: see `Record`.
        let (polls, running) = (record.polls(), record.running().is_some());
        let state = match (running, seen) {
            (true, _) => TaskState::Running,
            (_, Some(TaskState::Running)) | (_, None) if polls == 0 => TaskState::Queued,
            (_, None) => TaskState::Waiting,
            (_, Some(state)) => state,
        };
        let raw: Vec<_> = record.waits().into_iter().flatten().collect();
        let outer = record.inside.1.into_iter().flatten().collect();
        let waits = if state == TaskState::Running { &[][..] } else { &raw[..] };
        let known = Known {
            polls,
            time: record.time(),
            waits: waits.iter().map(|wait| waits_for(*wait, now)).collect(),
            others: vec![None; waits.len()],
            raw,
            outer,
        };
        Some(Self {
            peer: Peer { id: id(record.id())?, name: record.name.clone(), role: record.role },
            spawned: record.spawned,
            state,
            known: Some(known),
            knot: Knot::default(),
            inside: id(record.inside.0),
        })
    }

    /// The task's number.
    #[must_use]
    pub fn id(&self) -> Id {
        self.peer.id
    }

    /// Its name, if [`task::Builder`](crate::task::Builder) gave it one and the runtime keeps
    /// records.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.peer.name.as_deref()
    }

    /// Where it was spawned; of a `block_on`, where that was called.
    #[must_use]
    pub fn spawned_at(&self) -> &'static Location<'static> {
        self.spawned
    }

    /// What it was doing.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.state
    }

    /// Is it the future of a `block_on`, and no task? Listed with records only.
    #[must_use]
    pub fn is_block_on(&self) -> bool {
        self.peer.role == Role::Root
    }

    /// Is it a blocking closure, and no task? Listed with records only.
    #[must_use]
    pub fn is_blocking(&self) -> bool {
        self.peer.role == Role::Closure
    }

    /// How many polls have begun. `None` without a record.
    #[must_use]
    pub fn polls(&self) -> Option<u64> {
        self.known.as_ref().map(|known| known.polls)
    }

    /// The time spent in its polls, the running one too; of a closure, in the closure. `None`
    /// without a record.
    #[must_use]
    pub fn time_in_poll(&self) -> Option<Duration> {
        self.known.as_ref().map(|known| known.time)
    }

    /// What its last poll found that it has to wait for: the first four, and then
    /// [`More`](WaitsFor::More). Empty while it runs, and without a record.
    ///
    /// Several mean that it waits for all of them (`join!`), or for any (`select!`, a timeout).
    /// What a future of another crate waits for is not known. A wait that the same poll began and
    /// gave up again may be listed too.
    #[must_use]
    pub fn waits_for(&self) -> &[WaitsFor] {
        self.known.as_ref().map_or(&[], |known| &known.waits)
    }

    /// Is the task part of a ring of tasks, each of which waits for a mutex that the next one
    /// holds, or for its end, and for nothing else, or blocks in a `block_on` that does? Then none
    /// of them will run again by itself, as far as their last polls have looked: a future that
    /// polls only a part of its children may wait for more. The ring, from this task on; empty if
    /// there is none.
    pub fn deadlock(&self) -> impl Iterator<Item = Id> + '_ {
        self.knot.iter().map(|peer| peer.id)
    }
}

pub(super) fn id(number: u64) -> Option<Id> {
    NonZeroU64::new(number).map(Id)
}

fn waits_for(wait: Wait, now: Instant) -> WaitsFor {
    match wait {
        Wait::Timer(deadline) => {
            WaitsFor::Timer { deadline, left: deadline.saturating_duration_since(now) }
        }
        Wait::Named(Kind::Socket, _) => WaitsFor::Socket,
        Wait::Named(kind, at) => {
            let address = (at != 0).then_some(at);
            WaitsFor::Primitive { name: kind.name(), address, held_by: None }
        }
        Wait::Join(number) => WaitsFor::Join(id(number).unwrap_or(Id(NonZeroU64::MIN))),
        Wait::More => WaitsFor::More,
    }
}

impl fmt::Display for TaskDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.peer, self.state)?;
        if let Some(known) = &self.known {
            for (n, (wait, other)) in known.waits.iter().zip(&known.others).enumerate() {
                f.write_str(if n == 0 { " for " } else { " and " })?;
                show(f, wait, other.as_ref())?;
            }
            let around = self.knot.iter().skip(1).chain(self.knot.iter().take(1));
            for (arrow, peer) in around.enumerate() {
                // The first arrow has just been told, but for a task that is in a block_on.
                match arrow {
                    0 if known.waits.is_empty() => write!(f, ", and blocks in {peer}")?,
                    0 => {}
                    _ => write!(f, ", which waits for {peer}")?,
                }
            }
            f.write_str(if self.knot.peers.is_empty() { "" } else { ": deadlock" })?;
            let plural = if known.polls == 1 { "" } else { "s" };
            write!(f, "; {} poll{plural}, {:?}", known.polls, known.time)?;
        }
        write!(f, "; spawned at {}", self.spawned)
    }
}

fn show(f: &mut fmt::Formatter<'_>, wait: &WaitsFor, other: Option<&Peer>) -> fmt::Result {
    match (wait, other) {
        (WaitsFor::Timer { left, .. }, _) => write!(f, "a timer in {left:?}"),
        (WaitsFor::Socket, _) => f.write_str("a socket"),
        (WaitsFor::More, _) => f.write_str("more"),
        (WaitsFor::Join(_), Some(peer)) => write!(f, "the end of {peer}"),
        (WaitsFor::Join(id), None) => write!(f, "the end of task {id}"),
        (WaitsFor::Primitive { name, address, .. }, other) => {
            let article = if name.starts_with(['E', 'R']) { "an" } else { "a" };
            write!(f, "{article} {name}")?;
            if let Some(address) = address {
                write!(f, " at {address:#x}")?;
            }
            other.map_or(Ok(()), |peer| write!(f, " held by {peer}"))
        }
    }
}
