//! what a poll waits for, in a leaf's own words; written only while a dump is on.
//!
//! A task knows its future and not what is inside. The leaf that answers `Pending` knows: a timer
//! with this deadline, a `Mutex` at that address. While some runtime of the process keeps records
//! (`task/record.rs`), it leaves a line on the thread's [`Page`], and whoever made the poll picks
//! the page up afterwards. While none does, [`on`] is false, and that is all it costs.
//!
//! ```text
//!  record: begin ── turn to an empty page, with the task's number on it
//!            │ poll ─► leaf: Pending ─► page.add(Wait)
//!            │ poll ─► leaf: Pending ─► page.add(Wait)      select!, join!, timeout: several
//!            ▼
//!          end ── take the page, and turn back to the one before
//! ```
//!
//! The page is plain data in the thread-local of `wake/coop.rs`. Beside it there is a table of
//! which task holds which mutex, by the address of its permit: what names the other end of a wait.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What can be waited for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Mutex,
    RwLock,
    Semaphore,
    Notify,
    Event,
    Condvar,
    Barrier,
    OnceCell,
    Oneshot,
    Mpsc,
    Watch,
    Broadcast,
    Queue,
    Token,
    Socket,
    Duplex,
    Signal,
    File,
}

impl Kind {
    /// The name of the type, as its user wrote it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mutex => "Mutex",
            Self::RwLock => "RwLock",
            Self::Semaphore => "Semaphore",
            Self::Notify => "Notify",
            Self::Event => "Event",
            Self::Condvar => "Condvar",
            Self::Barrier => "Barrier",
            Self::OnceCell => "OnceCell",
            Self::Oneshot => "oneshot",
            Self::Mpsc => "mpsc",
            Self::Watch => "watch",
            Self::Broadcast => "broadcast",
            Self::Queue => "Queue",
            Self::Token => "CancellationToken",
            Self::Socket => "socket",
            Self::Duplex => "duplex",
            Self::Signal => "signal",
            Self::File => "file",
        }
    }
}

/// One thing that a poll waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// A timer, until its deadline.
    Timer(Instant),
    /// A primitive. The address tells two of a kind apart; 0 where nobody said it.
    Named(Kind, usize),
    /// The end of the task of that number.
    Join(u64),
    /// More than there are lines for, or something that is not known.
    More,
}

/// Lines of a page. The last one says no more than that there are more.
pub(crate) const LINES: usize = 5;
/// All lines of a page, the written ones first.
pub(crate) type Waits = [Option<Wait>; LINES];
/// An empty page.
pub(crate) const BLANK: Waits = [None; LINES];

/// What a thread notes during one poll.
#[derive(Debug)]
pub(crate) struct Page {
    /// The number of the task whose poll it is; 0: of none that has a record.
    task: Cell<u64>,
    waits: Cell<Waits>,
}

impl Page {
    pub(crate) const fn new() -> Self {
        Self { task: Cell::new(0), waits: Cell::new(BLANK) }
    }

    /// The number on the page.
    pub(crate) fn task(&self) -> u64 {
        self.task.get()
    }

    /// What is written on it.
    pub(crate) fn waits(&self) -> Waits {
        self.waits.get()
    }

    /// One line more.
    pub(crate) fn add(&self, wait: Wait) {
        let mut waits = self.waits.get();
        let free = waits.iter().position(Option::is_none).unwrap_or(LINES - 1);
        waits[free] = Some(if free == LINES - 1 { Wait::More } else { wait });
        self.waits.set(waits);
    }

    /// Says where the primitive is that the last line names.
    pub(crate) fn locate(&self, at: usize) {
        self.amend(|_, place| *place = at);
    }

    /// Says what the primitive is a part of that the last line names.
    pub(crate) fn rename(&self, kind: Kind) {
        self.amend(|named, _| *named = kind);
    }

    fn amend(&self, amend: impl FnOnce(&mut Kind, &mut usize)) {
        let mut waits = self.waits.get();
        if let Some(Wait::Named(kind, place)) = waits.iter_mut().rev().flatten().next() {
            amend(kind, place);
        }
        self.waits.set(waits);
    }

    /// Turns to a page; what was on the one before.
    pub(crate) fn turn(&self, task: u64, waits: Waits) -> (u64, Waits) {
        (self.task.replace(task), self.waits.replace(waits))
    }
}

/// How many runtimes of the process keep records. Not prim's: a switch is no protocol.
static ON: AtomicUsize = AtomicUsize::new(0);

/// Does anybody want notes?
#[inline(always)]
pub(crate) fn on() -> bool {
    // Ordering: Relaxed, a hint: what a note says reaches others through the record's lock.
    ON.load(Ordering::Relaxed) != 0
}

/// Keeps notes on while it lives.
#[derive(Debug)]
pub(crate) struct On(());

impl On {
    pub(crate) fn new() -> Self {
        // Ordering: Relaxed, as in `on`.
        ON.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

impl Drop for On {
    fn drop(&mut self) {
        // Ordering: Relaxed, as in `on`.
        if ON.fetch_sub(1, Ordering::Relaxed) == 1 {
            // What was locked when the last one went would look locked to the next.
            HOLDERS.iter().for_each(|shard| shard_of(shard).clear());
        }
    }
}

/// Hashes a number by a multiplication: the keys of our tables are ids and addresses, which nobody
/// chooses to do harm.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}

/// A table by numbers.
pub(crate) type Numbered<K, V> = HashMap<K, V, BuildHasherDefault<Spread>>;
type Shard = Mutex<Numbered<usize, u64>>;

/// Which task has the permit at that address. In shards: it is written at every lock and unlock.
static HOLDERS: LazyLock<[Shard; 16]> = LazyLock::new(Default::default);

fn shard_of(shard: &Shard) -> MutexGuard<'_, Numbered<usize, u64>> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shard(at: usize) -> MutexGuard<'static, Numbered<usize, u64>> {
    shard_of(&HOLDERS[at / 64 % HOLDERS.len()])
}

/// The task of that number has the permit at `at`; 0: nobody that has a record.
#[cold]
pub(crate) fn hold(at: usize, task: u64) {
    match task {
        0 => shard(at).remove(&at),
        _ => shard(at).insert(at, task),
    };
}

/// Who has the permit at `at`, as far as is known.
pub(crate) fn holder(at: usize) -> Option<u64> {
    shard(at).get(&at).copied()
}

#[cfg(all(test, not(loom)))]
#[path = "note_tests.rs"]
mod tests;
