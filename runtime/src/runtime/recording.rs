//! what was recorded of one runtime: for each thread a buffer of its own, and a limit for all.
//!
//! An event costs a reading of the runtime's clock, a lock that hardly anybody else wants, and a
//! push. The lanes stand in shards, and a thread's own address says in which, so threads seldom
//! meet; what they share is the budget, of which a lane takes up to 256 events at a time.
//!
//! ```text
//!  note(event) ─► shard of this thread ─► its lane ─► budget left? push { time, turn, event }
//!                                                └──► none: count it as dropped
//! ```
//!
//! **Memory is bounded.** What begins when nothing is left of the budget is dropped and counted.
//! The end of a poll or of a sleep whose beginning was taken is always taken too, so no slice of
//! the timeline is left open for want of room.
//!
//! **Time** is the runtime's own, in nanoseconds since its clock was made. While that clock stands
//! still, times do not tell what came first: then events are also numbered, all of them in turn.

#![forbid(unsafe_code)]

use crate::base::clock::Clock;
use crate::base::note::Numbered;
use crate::base::trace::Event;
use crate::wake::coop;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

/// Events that a lane takes of the budget at once, at most: a 64th of what is left.
const PORTION: usize = 256;
/// More shards than most machines have cores.
const SHARDS: usize = 64;

/// How many events may still be recorded; the runtimes of one recorder share it.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
    limit: AtomicUsize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { left: AtomicUsize::new(limit), limit: AtomicUsize::new(limit) }
    }

    /// Starts anew with so many.
    pub(super) fn set(&self, limit: usize) {
        // Ordering: Relaxed, as in `take`.
        self.left.store(limit, Ordering::Relaxed);
        // Ordering: Relaxed, for the eye only.
        self.limit.store(limit, Ordering::Relaxed);
    }

    pub(super) fn limit(&self) -> usize {
        // Ordering: Relaxed, for the eye only.
        self.limit.load(Ordering::Relaxed)
    }

    pub(super) fn is_used_up(&self) -> bool {
        // Ordering: Relaxed, as in `take`.
        self.left.load(Ordering::Relaxed) == 0
    }

    fn take(&self) -> usize {
        let portion = |left: usize| (left / 64).clamp(1, PORTION).min(left);
        let rest = |left: usize| Some(left - portion(left));
        // Ordering: Relaxed, a number that stands for nothing else.
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest).map_or(0, portion)
    }
}

/// An event, when it was, and in which turn if the clock stood still.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    pub(super) at: u64,
    pub(super) turn: u64,
    pub(super) event: Event,
}

/// What one thread did.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    thread: ThreadId,
    /// The thread's name.
    pub(super) name: String,
    /// Which worker it was when it was first heard of.
    pub(super) worker: Option<usize>,
    pub(super) noted: Vec<Noted>,
    dropped: usize,
    left: usize,
    /// Polls and closures that were taken and have not ended, the innermost last.
    open: Vec<u64>,
    parked: bool,
}

impl Lane {
    fn new(worker: Option<usize>) -> Self {
        let thread = thread::current();
        Self {
            thread: thread.id(),
            name: thread.name().unwrap_or("thread").to_owned(),
            worker,
            noted: Vec::new(),
            dropped: 0,
            left: 0,
            open: Vec::new(),
            parked: false,
        }
    }

    /// Is it taken, whatever is left? `None`: it is none of ours.
    fn is_end(&mut self, event: &Event) -> Option<bool> {
        match *event {
            Event::PollEnd { task, .. } if self.open.last() == Some(&task) => {
                self.open.pop();
                self.parked = false;
                Some(true)
            }
            Event::Unpark if self.parked => {
                self.parked = false;
                Some(true)
            }
            Event::PollEnd { .. } | Event::Unpark => None,
            _ => Some(false),
        }
    }

    fn push(&mut self, noted: Noted, budget: &Budget) {
        let Some(is_end) = self.is_end(&noted.event) else { return };
        if !is_end {
            if self.left == 0 {
                self.left = budget.take();
            }
            if self.left == 0 {
                self.dropped += 1;
                return;
            }
            self.left -= 1;
        }
        match noted.event {
            Event::PollStart { task, .. } => self.open.push(task),
            Event::Park => self.parked = true,
            _ => {}
        }
        self.noted.push(noted);
    }
}

/// See the head of the file.
#[derive(Debug)]
pub(super) struct Recording {
    /// The address of the runtime's scheduler.
    pub(super) of: usize,
    /// Which one of its recorder it is, from 1, and how the timeline calls it.
    number: usize,
    name: String,
    clock: Clock,
    budget: Arc<Budget>,
    turns: AtomicU64,
    shards: [Mutex<Vec<Lane>>; SHARDS],
    names: Mutex<Numbered<u64, Arc<str>>>,
    /// Dropped events of threads that have no lane.
    unheard: AtomicUsize,
    /// The runtime has ended, and when.
    has_ended: AtomicBool,
    ended: OnceLock<u64>,
}

/// All of a recording at one time.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) number: usize,
    pub(super) name: String,
    pub(super) lanes: Vec<Lane>,
    pub(super) names: Numbered<u64, Arc<str>>,
    pub(super) dropped: usize,
    pub(super) end: u64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic leaves half done is a list without an entry, or a file that is written anew.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recording {
    pub(super) fn new(
        of: usize,
        number: usize,
        flavor: &str,
        clock: Clock,
        budget: Arc<Budget>,
    ) -> Self {
        Self {
            of,
            number,
            name: format!("runtime {number} ({flavor})"),
            clock,
            budget,
            turns: AtomicU64::new(0),
            shards: std::array::from_fn(|_| Mutex::default()),
            names: Mutex::default(),
            unheard: AtomicUsize::new(0),
            has_ended: AtomicBool::new(false),
            ended: OnceLock::new(),
        }
    }

    fn now(&self) -> u64 {
        let since = self.clock.now().saturating_duration_since(self.clock.origin());
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Records an event of this thread. `worker` says which worker the thread is.
    pub(super) fn note(&self, event: Event, worker: impl FnOnce() -> Option<usize>) {
        // Ordering: Relaxed, what is missed or taken at the end is as good as earlier or later.
        if self.has_ended.load(Ordering::Relaxed) {
            return;
        }
        let at = self.now();
        let turn = match self.clock.is_paused() {
            // Ordering: Relaxed, the numbers' order is each thread's and that of its hand-overs.
            true => self.turns.fetch_add(1, Ordering::Relaxed),
            false => 0,
        };
        let spread = (coop::thread_mark() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut lanes = lock(&self.shards[(spread >> 32) as usize % SHARDS]);
        let thread = thread::current().id();
        let known = lanes.iter().position(|lane| lane.thread == thread);
        if known.is_none() && self.budget.is_used_up() {
            // Nor is there room for the names of more and more threads.
            // Ordering: Relaxed, for the eye only.
            self.unheard.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let place = known.unwrap_or_else(|| {
            lanes.push(Lane::new(worker()));
            lanes.len() - 1
        });
        lanes[place].push(Noted { at, turn, event }, &self.budget);
    }

    /// The name of a task, if it was given one.
    pub(super) fn name_task(&self, task: u64, name: &str) {
        if !self.budget.is_used_up() {
            lock(&self.names).insert(task, name.into());
        }
    }

    /// From here on nothing is taken.
    pub(super) fn end(&self) {
        let _first = self.ended.set(self.now());
        // Ordering: Relaxed, as in `note`.
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// A copy of all that was taken until now.
    pub(super) fn snapshot(&self) -> Snapshot {
        let end = self.ended.get().copied().unwrap_or_else(|| self.now());
        let lanes: Vec<_> = self.shards.iter().flat_map(|shard| lock(shard).clone()).collect();
        // Ordering: Relaxed, for the eye only.
        let unheard = self.unheard.load(Ordering::Relaxed);
        let dropped = unheard + lanes.iter().map(|lane| lane.dropped).sum::<usize>();
        let (name, names) = (self.name.clone(), lock(&self.names).clone());
        Snapshot { number: self.number, name, lanes, names, dropped, end }
    }

    /// A poll of a root or a run of a closure on this thread, from now until it is dropped. `ready`
    /// says whether it is the last.
    pub(super) fn slice(self: &Arc<Self>, task: u64, ready: bool) -> Slice {
        self.note(Event::PollStart { task, of: self.of }, || None);
        Slice { recording: self.clone(), task, ready }
    }
}

/// See [`Recording::slice`].
#[derive(Debug)]
pub(super) struct Slice {
    recording: Arc<Recording>,
    task: u64,
    /// It was the last one of its future.
    pub(super) ready: bool,
}

impl Drop for Slice {
    fn drop(&mut self) {
        let (task, ready) = (self.task, self.ready || thread::panicking());
        self.recording.note(Event::PollEnd { task, ready }, || None);
    }
}

#[cfg(all(test, not(loom)))]
#[path = "recording_tests.rs"]
mod tests;
