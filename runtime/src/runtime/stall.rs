//! what the watcher reports: a poll that is too long, and a runtime that nothing can wake.
//!
//! While [`Builder::slow_poll`](super::Builder::slow_poll) or debug mode is on, a thread of its own
//! looks through the runtime's records a few times per limit. It is not one of the workers: they
//! may all be stuck, and on `current_thread` there is only one. (`pool/watch.rs` has another aim:
//! it takes over what waits behind a stuck worker, and reports nothing.)
//!
//! ```text
//!  every quarter of the limit ─┬─► each record: in a poll that is longer?  report once
//!                              └─► all records: as at the last look, and no way to be woken?
//!                                    for 1 s, in many looks ──► report once, go on watching
//! ```
//!
//! **Nothing can wake it** means: no future is in a poll, no timer is armed, no blocking closure is
//! left, no socket has a waker, and no future with a record said in its last poll that it waits for
//! a signal, or for more than is noted. What cannot be known is whether a thread that is no part of
//! the runtime holds a waker and will use it: tasks that wait for each other hold each other's
//! wakers too, so counting them would find almost no deadlock. Hence the second of quiet, and a
//! report that says so. The quiet is counted in looks, not only in time: a process that was stopped
//! and goes on has not been quiet.

#![forbid(unsafe_code)]

use super::handle::Handle;
use super::inner::Inner;
use super::picture::TaskDump;
use crate::base::clock;
use crate::base::note::{Kind, Wait};
use crate::base::prim::thread;
use crate::task::record::{Record, Role};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long nothing must have run.
const QUIET: Duration = Duration::from_secs(1);
/// Looks within that time: so many must have found the same.
const LOOKS: u32 = 8;
/// More looks than there will be.
const REPORTED: u32 = u32::MAX / 2;
/// The shortest and the longest time between two looks.
const PERIODS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(100));

/// Something that keeps a runtime from going on. Its `Display` is what is printed when there is no
/// hook.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stall {
    /// A poll is longer than [`Builder::slow_poll`](super::Builder::slow_poll) allows, and has not
    /// ended: the task blocks its thread.
    #[non_exhaustive]
    SlowPoll {
        /// The task, or the future of a `block_on`.
        task: TaskDump,
        /// How long it has been in that poll.
        after: Duration,
    },
    /// A `block_on` waits, nothing has run for a while, and nothing in the runtime can wake it.
    #[non_exhaustive]
    Hang {
        /// How long nothing has run.
        quiet: Duration,
        /// All that is left, the future of `block_on` too.
        tasks: Vec<TaskDump>,
    },
    /// A task called `block_on` in a poll, and that waits for what only the task itself, or one
    /// that waits for it, could give it.
    #[non_exhaustive]
    Deadlock {
        /// How long none of them has moved.
        quiet: Duration,
        /// Who waits for whom, in a ring; see [`TaskDump::deadlock`].
        tasks: Vec<TaskDump>,
    },
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlowPoll { task, after } => write!(
                f,
                "mainspring: a poll has taken {after:?} so far and blocks its thread; move what \
                 blocks into spawn_blocking, or give way with yield_now\n  {task}"
            ),
            Self::Hang { quiet, tasks } => {
                write!(
                    f,
                    "mainspring: block_on waits, nothing has run for {quiet:?}, and nothing in \
                     this runtime can wake it: no timer is armed, nobody waits for a socket, no \
                     blocking closure is left. Only a thread outside could. It goes on waiting; \
                     these are left:"
                )?;
                tasks.iter().try_for_each(|task| write!(f, "\n  {task}"))
            }
            Self::Deadlock { quiet, tasks } => {
                write!(
                    f,
                    "mainspring: a block_on inside of a task has waited {quiet:?} for what that \
                     task keeps from it: a lock that is held across the block_on, or that was \
                     handed to a future which nobody polls meanwhile. Use .await there, and drop \
                     or poll a future that is in line for a lock. In the ring are:"
                )?;
                tasks.iter().try_for_each(|task| write!(f, "\n  {task}"))
            }
        }
    }
}

/// Who hears of it.
pub(super) type Hook = Arc<dyn Fn(Stall) + Send + Sync>;

/// What to look for.
#[derive(Clone, Default)]
pub(super) struct Config {
    pub(super) slow_poll: Option<Duration>,
    pub(super) hang: bool,
    pub(super) hook: Option<Hook>,
}

impl Config {
    /// Is there anything to look for?
    pub(super) fn is_on(&self) -> bool {
        self.slow_poll.is_some() || self.hang
    }

    fn period(&self) -> Duration {
        let quarter = self.slow_poll.map_or(PERIODS.1, |limit| limit / 4);
        quarter.clamp(PERIODS.0, PERIODS.1)
    }

    fn tell(&self, stall: Stall) {
        let told = catch_unwind(AssertUnwindSafe(|| match &self.hook {
            Some(hook) => hook(stall),
            // Nowhere to say that it could not be said.
            None => drop(writeln!(io::stderr(), "{stall}")),
        }));
        if let Err(thrown) = told {
            // What was thrown may throw once more when it is dropped.
            std::mem::forget(thrown);
        }
    }
}

/// The watching thread; it ends when this is dropped, and is not waited for.
pub(super) struct Watcher {
    _stop: Sender<()>,
}

/// Starts to watch the runtime of `handle`.
///
/// # Errors
/// When the thread cannot be started.
pub(super) fn start(config: Config, handle: Handle) -> io::Result<Watcher> {
    let (stop, stopped) = unbounded();
    let watch = move || watch(&config, &handle.inner, &handle, &stopped);
    thread::Builder::new().name("mainspring-watch".to_owned()).spawn(watch)?;
    Ok(Watcher { _stop: stop })
}

fn watch(config: &Config, inner: &Inner, handle: &Handle, stopped: &Receiver<()>) {
    let (mut quiet, mut still, period) = (Quiet::new(), Still::default(), config.period());
    while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
        let mut look = Look::default();
        let mut slow = Vec::new();
        if let Some(recorder) = &inner.recorder {
            recorder.each(|record| {
                look.add(record);
                let limit = config.slow_poll.filter(|_| record.role != Role::Closure);
                if let Some(after) = limit.and_then(|limit| record.is_slow(limit)) {
                    slow.push((record.clone(), after));
                }
            });
        }
        for (record, after) in slow {
            if let Some(task) = TaskDump::recorded(&record, None, inner.clock().now()) {
                config.tell(Stall::SlowPoll { task, after });
            }
        }
        let armed = || {
            let mut wheels = inner.wheels.others(usize::MAX);
            inner.reactor.is_awaited() || wheels.any(|wheel| wheel.next_deadline().is_some())
        };
        if config.hang
            && let Some(quiet) = quiet.look(&look, armed)
        {
            config.tell(Stall::Hang { quiet, tasks: handle.dump() });
        }
        if config.hang
            && let Some((root, quiet)) = still.look(&look.blocked)
            && let Some(tasks) = ring_of(root, handle.dump())
        {
            config.tell(Stall::Deadlock { quiet, tasks });
        }
    }
}

/// All records at one look.
#[derive(Default)]
struct Look {
    /// The same when nothing was polled, spawned or ended.
    sum: u64,
    /// The number of the youngest `block_on`; 0: there is none.
    root: u64,
    /// Something runs, or can be woken from outside.
    alive: bool,
    /// Each `block_on` in the poll of a task that waits, and how often it was polled.
    blocked: Vec<(u64, u64)>,
}

impl Look {
    fn add(&mut self, record: &Record) {
        // Spread, or one that has ended and one that was polled would cancel out.
        let mixed =
            (record.id() ^ record.polls().rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.sum = self.sum.wrapping_add(mixed ^ mixed >> 29);
        if record.role == Role::Root {
            self.root = self.root.max(record.id());
            if record.inside.0 != 0 && record.running().is_none() {
                self.blocked.push((record.id(), record.polls()));
            }
        }
        // More: it may be a socket.
        let outside =
            |wait| matches!(wait, Wait::Named(Kind::Socket | Kind::Signal, _) | Wait::More);
        self.alive |= record.role == Role::Closure
            || record.running().is_some()
            || record.waits().into_iter().flatten().any(outside);
    }
}

/// The tasks of the ring that this `block_on` is in, if it is in one.
fn ring_of(root: u64, tasks: Vec<TaskDump>) -> Option<Vec<TaskDump>> {
    let known = tasks.iter().find(|task| task.id().0.get() == root)?;
    let ring: Vec<_> = known.deadlock().collect();
    let in_ring = |task: &TaskDump| ring.contains(&task.id());
    (!ring.is_empty()).then(|| tasks.into_iter().filter(in_ring).collect())
}

/// Since when each `block_on` in a task stands still.
#[derive(Default)]
struct Still(HashMap<(u64, u64), (Instant, u32)>);

impl Still {
    /// One that has stood still for too long, once.
    fn look(&mut self, blocked: &[(u64, u64)]) -> Option<(u64, Duration)> {
        self.0.retain(|known, _| blocked.contains(known));
        let mut found = None;
        for one in blocked {
            let (since, looks) = self.0.entry(*one).or_insert_with(|| (clock::now(), 0));
            *looks = looks.saturating_add(1);
            let quiet = clock::now().saturating_duration_since(*since);
            // The number of looks says whether it was reported: it is, at most once.
            if found.is_none() && *looks > LOOKS && *looks < REPORTED && quiet >= QUIET {
                *looks = REPORTED;
                found = Some((one.0, quiet));
            }
        }
        found
    }
}

/// For how long all looks have been the same.
struct Quiet {
    sum: u64,
    since: Instant,
    looks: u32,
    /// The youngest `block_on` at the last report. Whoever was woken after it, from outside, would
    /// be reported again and again.
    told: u64,
}

impl Quiet {
    fn new() -> Self {
        Self { sum: 0, since: clock::now(), looks: 0, told: 0 }
    }

    /// How long it has been quiet, once, when that is too long.
    fn look(&mut self, look: &Look, armed: impl FnOnce() -> bool) -> Option<Duration> {
        if look.sum != self.sum || look.alive || look.root <= self.told || armed() {
            *self = Self { sum: look.sum, told: self.told, ..Self::new() };
            return None;
        }
        self.looks += 1;
        let quiet = clock::now().saturating_duration_since(self.since);
        if self.looks < LOOKS || quiet < QUIET {
            return None;
        }
        self.told = look.root;
        Some(quiet)
    }
}
