//! dump(): every live task, what it is doing, and what it waits for.
//!
//! A dump is put together from two sides and stops nothing:
//!
//! | | always | with records ([`Builder::dump`](super::Builder::dump)) |
//! |---|---|---|
//! | tasks that have been pending | the registries | the same |
//! | tasks that nobody has polled yet | the queues | the table of records |
//! | in its first poll | what each worker says it polls | the table |
//! | id, place of spawning, state | yes | yes |
//! | name, polls, time, waits | – | the record |
//! | futures of `block_on`, closures | – | the table |
//!
//! Each part is exact for its own moment, and the moments differ: a task that moves meanwhile is
//! seen where it is met first, and one that ends may still be listed. A task that lives from before
//! the call until after it is not missed, with two exceptions, both without records: a task that no
//! thread has polled yet, or that is in its first poll, on a `current_thread` runtime and seen from
//! another thread; and one that a worker has just taken out of a queue, to poll it or to put it in
//! its own.
//!
//! Read before: `base/note.rs`, `task/record.rs`. Who waits for whom is `runtime/knot.rs`.

#![forbid(unsafe_code)]

use super::handle::Handle;
use super::knot;
use super::picture::{TaskDump, id};
use crate::task::look::{self, Seen, TaskState};
use std::collections::BTreeMap;

/// Every live task of the current runtime; see [`Handle::dump`].
///
/// # Panics
/// When there is no runtime on this thread.
///
/// asyncio: `all_tasks`.
///
/// ```
/// use mainspring::runtime::{self, Builder};
/// use mainspring::task;
///
/// # let rt = Builder::new_current_thread().dump(true).build()?;
/// rt.block_on(async {
///     let waits = task::Builder::new().name("waits").spawn(std::future::pending::<()>())?;
///     task::yield_now().await;
///     for task in runtime::dump() {
///         println!("{task}");
///     }
///     # assert!(runtime::dump().iter().any(|task| task.name() == Some("waits")));
///     # waits.abort();
///     # Ok::<_, std::io::Error>(())
/// })?;
/// # Ok::<_, std::io::Error>(())
/// ```
#[track_caller]
#[must_use]
pub fn dump() -> Vec<TaskDump> {
    Handle::current().dump()
}

impl Handle {
    /// Every live task of the runtime, in the order of their numbers: id, place of spawning, state.
    /// With [`Builder::dump`](super::Builder::dump), debug mode or a trace, also its name, how
    /// often and how long it has been polled, and what it waits for; and then the futures of
    /// `block_on` and the blocking closures are listed too. Tasks of a
    /// [`LocalSet`](crate::task::LocalSet) are not.
    ///
    /// It may be called from any thread at any time, and stops nothing: each task is as it was when
    /// the dump came past it, so one that has just ended may be listed, and the states of two tasks
    /// may belong to two moments. Without records, a `current_thread` runtime shows tasks that
    /// have never been polled to its own thread only, and a `multi_thread` runtime moves what
    /// stands in its workers' queues to the common one.
    ///
    /// It takes time in proportion to the number of tasks. Meant for people, not for control flow.
    ///
    /// asyncio: `all_tasks(loop)`.
    #[must_use]
    pub fn dump(&self) -> Vec<TaskDump> {
        let inner = &self.inner;
        let now = inner.clock().now();
        let mut seen = BTreeMap::new();
        let mut see = |found: Option<Seen>| {
            if let Some(found) = found {
                seen.entry(found.id).or_insert(found);
            }
        };
        if inner.scheduler.is_here() {
            see(look::here());
        }
        inner.scheduler.each_registered(|task| see(task.seen()));
        if inner.recorder.is_none() {
            inner.scheduler.each_queued(|task| see(task.seen()));
            for (id, spawned) in inner.scheduler.polled() {
                see(Some(Seen { id, spawned, state: TaskState::Running }));
            }
        }
        let mut tasks: BTreeMap<_, _> =
            seen.into_values().map(|seen| (seen.id, TaskDump::of(seen))).collect();
        for record in inner.recorder.iter().flat_map(|recorder| recorder.all()) {
            let state = id(record.id()).and_then(|id| tasks.get(&id)).map(TaskDump::state);
            if let Some(task) = TaskDump::recorded(&record, state, now) {
                tasks.insert(task.id(), task);
            }
        }
        let mut tasks: Vec<_> = tasks.into_values().collect();
        knot::find(&mut tasks);
        tasks
    }
}
