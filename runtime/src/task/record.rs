//! what is known of a task beside its cell: name, polls, times, waits; while a dump is on.
//!
//! There is no room in a cell for what only a debugger reads. A runtime that keeps records puts
//! each future in a box with a [`Ticket`], which notes when a poll begins and ends; the records of
//! all runtimes stand in one table by their task's number. A runtime that keeps none spawns the
//! future as it is, so its tasks know nothing of this file.
//!
//! ```text
//!  spawn ── Recorder::open ──► Recorded { boxed future, Ticket } ──► the cell, as any future
//!    └ list(id), or the first poll does                     │ begin ─ poll ─ end
//!                                                           ▼
//!  dump, name_of, watcher ───► TABLE: id ─► Record { name, polls, times, waits }
//!                                                           ▲
//!  the future ends, is aborted, is dropped ── Ticket::drop ─┘ taken off the table
//! ```
//!
//! Who spawns and who polls race for putting the record on the table, and the end may come before
//! the first of them: `ended` is said under the lock of the record's place, so a record of a task
//! that has ended is not put there again. Locks are taken in this order: place, table, waits.

#![forbid(unsafe_code)]

use super::current;
use super::header::Id;
use crate::base::clock;
use crate::base::note::{self, BLANK, Numbered, Waits};
use crate::wake::coop;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
// Counters that one thread writes and others look at, and locks: no protocol for a model.
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What has a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Task,
    /// The future of a `block_on`.
    Root,
    /// A blocking closure.
    Closure,
}

/// What is known of one task. Written by whoever polls it, read by anybody: `polls` before
/// `running`, and that before `waits`; `set` says why.
#[derive(Debug)]
pub(crate) struct Record {
    /// 0: not known yet.
    id: AtomicU64,
    runtime: u64,
    pub(crate) role: Role,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) spawned: &'static Location<'static>,
    polls: AtomicU64,
    /// In nanoseconds, of polls that have ended.
    time: AtomicU64,
    /// When the poll began that is running, in nanoseconds since `ORIGIN`; 0: none is.
    since: AtomicU64,
    /// The number of the last poll that was reported as slow.
    told: AtomicU64,
    place: Mutex<Place>,
    waits: Mutex<Waits>,
    /// Of a `block_on`: the task in whose poll it was called, or 0, and what that poll had found
    /// to wait for by then.
    pub(crate) inside: (u64, Waits),
}

/// Where a record is, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Nowhere,
    Table,
    Ended,
}

type Shard = Numbered<u64, Arc<Record>>;

static TABLE: LazyLock<[Mutex<Shard>; 16]> = LazyLock::new(Default::default);
/// Numbers for runtimes, and what their times count from.
static RUNTIMES: AtomicU64 = AtomicU64::new(0);
static ORIGIN: LazyLock<Instant> = LazyLock::new(clock::now);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics under these locks but an allocation that fails.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shard(id: u64) -> MutexGuard<'static, Shard> {
    lock(&TABLE[id as usize % TABLE.len()])
}

/// Nanoseconds since `ORIGIN`, never 0.
fn now() -> u64 {
    let since = clock::now().saturating_duration_since(*ORIGIN);
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// A counter: one thread writes at a time, others look.
fn get(counter: &AtomicU64) -> u64 {
    // Ordering: Acquire, pairs with the Release in `set`: who looks sees what was written before.
    counter.load(Ordering::Acquire)
}

fn set(counter: &AtomicU64, value: u64) {
    // Ordering: Release, pairs with the Acquire in `get`. A poll begins with `since`, then `polls`,
    // and ends with its waits, then `since`: who reads `polls`, `since`, waits, in this order, and
    // finds a poll begun and none running, finds what that poll waits for.
    counter.store(value, Ordering::Release);
}

/// The records of one runtime.
#[derive(Debug)]
pub(crate) struct Recorder {
    runtime: u64,
    _on: note::On,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        LazyLock::force(&ORIGIN);
        // Ordering: Relaxed, only the numbers' being different matters.
        Self { runtime: RUNTIMES.fetch_add(1, Ordering::Relaxed), _on: note::On::new() }
    }

    /// A record for something that is about to be spawned.
    pub(crate) fn open(
        &self,
        role: Role,
        name: Option<&str>,
        spawned: &'static Location<'static>,
    ) -> Ticket {
        let zero = || AtomicU64::new(0);
        Ticket(Arc::new(Record {
            id: zero(),
            runtime: self.runtime,
            role,
            name: name.map(Arc::from),
            spawned,
            polls: zero(),
            time: zero(),
            since: zero(),
            told: zero(),
            place: Mutex::new(Place::Nowhere),
            waits: Mutex::new(BLANK),
            inside: match role {
                Role::Root => coop::page(|page| (page.task(), page.waits())),
                _ => (0, BLANK),
            },
        }))
    }

    /// Every record of this runtime, in the order of the tasks' numbers.
    pub(crate) fn all(&self) -> Vec<Arc<Record>> {
        let mut all = Vec::new();
        self.each(|record| all.push(record.clone()));
        all.sort_by_key(|record| get(&record.id));
        all
    }

    /// Shows every record to `see`, which is called under a lock of the table.
    pub(crate) fn each(&self, mut see: impl FnMut(&Arc<Record>)) {
        for shard in TABLE.iter() {
            let shard = lock(shard);
            shard.values().filter(|record| record.runtime == self.runtime).for_each(&mut see);
        }
    }
}

/// The name of a task, if it has one and its runtime keeps records.
pub(crate) fn name_of(id: Id) -> Option<Arc<str>> {
    if !note::on() {
        return None;
    }
    shard(id.0.get()).get(&id.0.get()).and_then(|record| record.name.clone())
}

impl Record {
    pub(crate) fn id(&self) -> u64 {
        get(&self.id)
    }

    pub(crate) fn polls(&self) -> u64 {
        get(&self.polls)
    }

    /// How long the poll that is running has been, if one is.
    pub(crate) fn running(&self) -> Option<Duration> {
        match get(&self.since) {
            0 => None,
            since => Some(Duration::from_nanos(now().saturating_sub(since))),
        }
    }

    /// Time in polls, the running one too.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_nanos(get(&self.time)) + self.running().unwrap_or_default()
    }

    /// What the last poll waited for.
    pub(crate) fn waits(&self) -> Waits {
        *lock(&self.waits)
    }

    /// The running poll is longer than `limit`, and nobody was told: how long. The caller tells.
    pub(crate) fn is_slow(&self, limit: Duration) -> Option<Duration> {
        let polls = self.polls();
        let long = self.running().filter(|long| *long > limit && get(&self.told) != polls)?;
        set(&self.told, polls);
        Some(long)
    }

    /// Puts it on the table, once, unless its task has ended.
    fn list(self: &Arc<Self>, id: Id) {
        let id = id.0.get();
        let mut place = lock(&self.place);
        if *place == Place::Nowhere {
            *place = Place::Table;
            set(&self.id, id);
            shard(id).insert(id, self.clone());
        }
    }
}

/// A task's hold on its record: while it is there, so is the record.
#[derive(Debug)]
pub(crate) struct Ticket(Arc<Record>);

impl Ticket {
    /// The number is known: the record may go on the table.
    pub(crate) fn list(&self, id: Id) {
        self.0.list(id);
    }

    /// The same record, for whoever will know the number.
    pub(crate) fn record(&self) -> Entry {
        Entry(self.0.clone())
    }

    /// A poll begins on this thread.
    pub(crate) fn begin(&self) -> Turn<'_> {
        let record = &self.0;
        if record.id() == 0
            && let Some(id) = current::id()
        {
            record.list(id);
        }
        set(&record.since, now());
        set(&record.polls, record.polls() + 1);
        Turn { record, before: coop::page(|page| page.turn(record.id(), BLANK)), pending: false }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut place = lock(&self.0.place);
        if std::mem::replace(&mut *place, Place::Ended) == Place::Table {
            // Only the ticket's own count is left, or a dump's.
            drop(shard(self.0.id()).remove(&self.0.id()));
        }
    }
}

/// A record that still has to be given its number.
#[derive(Debug)]
pub(crate) struct Entry(Arc<Record>);

impl Entry {
    pub(crate) fn list(&self, id: Id) {
        self.0.list(id);
    }
}

/// One poll: ends when it is dropped, also by a panic.
pub(crate) struct Turn<'a> {
    record: &'a Record,
    before: (u64, Waits),
    pending: bool,
}

impl Turn<'_> {
    /// The poll was `Pending`: what is on the page is what it waits for.
    fn pending(mut self) {
        self.pending = true;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let record = self.record;
        let took = now().saturating_sub(get(&record.since));
        set(&record.time, get(&record.time).saturating_add(took));
        let (_, waits) = coop::page(|page| page.turn(self.before.0, self.before.1));
        if self.pending {
            *lock(&record.waits) = waits;
        }
        set(&record.since, 0);
    }
}

/// A future with a record.
#[derive(Debug)]
pub(crate) struct Recorded<F> {
    // Dropped first: a destructor that takes long is still on the table.
    future: F,
    ticket: Ticket,
}

impl<F: Future + Unpin> Recorded<F> {
    pub(crate) fn new(future: F, ticket: Ticket) -> Self {
        Self { future, ticket }
    }
}

/// One poll of `future`, noted.
pub(crate) fn poll<F: Future>(
    ticket: &Ticket,
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let turn = ticket.begin();
    let polled = future.poll(cx);
    if polled.is_pending() {
        turn.pending();
    }
    polled
}

impl<F: Future + Unpin> Future for Recorded<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.get_mut();
        poll(&this.ticket, Pin::new(&mut this.future), cx)
    }
}

#[cfg(all(test, not(loom)))]
#[path = "record_tests.rs"]
mod tests;
