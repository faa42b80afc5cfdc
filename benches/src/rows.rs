//! the table: every row with its workload on each runtime, and what it must reach.

use crate::meter::Meter;
use crate::on::{self, Flavor};

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    Mainspring,
    /// Mainspring with `block_on_helps`, in the rows that measure in the root future.
    Helping,
    /// Mainspring with its dump on, in a few rows.
    Recording,
    Tokio,
    Smol,
    /// flume's channels, on tokio.
    Flume,
    /// The same operation without a runtime.
    Floor,
    /// tokio once more: what it differs from itself is the noise.
    TokioAgain,
}

impl Peer {
    /// All, in the order of a round; the next round goes backwards. tokio stands at both ends, so
    /// that what drifts within a round shows in the noise.
    pub const ALL: [Self; 8] = [
        Self::Tokio,
        Self::Mainspring,
        Self::Helping,
        Self::Recording,
        Self::Smol,
        Self::Flume,
        Self::Floor,
        Self::TokioAgain,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mainspring => "mainspring",
            Self::Helping => "mainspring-helping",
            Self::Recording => "mainspring-dump",
            Self::Tokio => "tokio",
            Self::Smol => "smol",
            Self::Flume => "flume",
            Self::Floor => "floor",
            Self::TokioAgain => "tokio-again",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }
}

/// What a row measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Wall time per operation.
    Time,
    /// Processor time of the process per operation.
    Cpu,
    /// Bytes.
    Bytes,
}

/// A row reaches its goal when all of its parts hold.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// At most so many times tokio.
    Tokio(f64),
    /// At most so many times smol.
    Smol(f64),
    /// At most so many times the floor.
    Floor(f64),
    /// At most so many bytes.
    Bytes(f64),
    /// Not slower than tokio, as the noise allows.
    EqualTokio,
    /// Not slower than any peer, as the noise allows.
    EqualFastest,
}

pub type Workload = fn(&mut Meter);

#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Runs in a process of its own and measures itself.
    Here {
        mainspring: Workload,
        tokio: Workload,
        /// None where smol has no such type.
        smol: Option<Workload>,
        more: &'static [(Peer, Workload)],
    },
    /// The server of `crate::echo`, with so many connections.
    Echo { connections: usize },
}

/// Which criterion suite a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    Task,
    Sync,
    Time,
    Blocking,
    Echo,
}

#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub suite: Suite,
    pub unit: Unit,
    /// The same for each flavor, against the peers on that flavor.
    pub goals: &'static [Goal],
    /// Is it a row of the design's table? Only those count in the geometric mean.
    pub in_design: bool,
    pub flavors: &'static [Flavor],
    pub work: Work,
}

impl Row {
    /// The workload of one peer, if the row has it and it runs here.
    pub fn workload(&self, peer: Peer) -> Option<Workload> {
        let Work::Here { mainspring, tokio, smol, more } = self.work else { return None };
        match peer {
            Peer::Mainspring => Some(mainspring),
            Peer::Tokio | Peer::TokioAgain => Some(tokio),
            Peer::Smol => smol,
            _ => more.iter().find(|(of, _)| *of == peer).map(|(_, workload)| *workload),
        }
    }

    pub fn has(&self, peer: Peer) -> bool {
        match self.work {
            Work::Here { .. } => self.workload(peer).is_some(),
            Work::Echo { connections } => match peer {
                Peer::Flume | Peer::Helping => false,
                Peer::Recording => connections == 50,
                _ => true,
            },
        }
    }
}

/// The workload at the same path on each of the three, and more of them.
macro_rules! here {
    ($module:ident :: $workload:ident $(, $peer:ident = $other:path)*) => {
        Work::Here {
            mainspring: on::mainspring::$module::$workload,
            tokio: on::tokio::$module::$workload,
            smol: Some(on::smol::$module::$workload),
            more: &[$((Peer::$peer, $other)),*],
        }
    };
}

/// The workload of those two who have the type.
macro_rules! here_without_smol {
    ($module:ident :: $workload:ident) => {
        Work::Here {
            mainspring: on::mainspring::$module::$workload,
            tokio: on::tokio::$module::$workload,
            smol: None,
            more: &[],
        }
    };
}

const fn row(name: &'static str, suite: Suite, goals: &'static [Goal], work: Work) -> Row {
    let in_design = !goals.is_empty();
    Row { name, suite, unit: Unit::Time, goals, in_design, flavors: Flavor::ALL, work }
}

use Goal::{Bytes, EqualFastest, EqualTokio, Floor, Smol, Tokio};

/// All rows, in the order of the design's table. Those without a goal are not in it.
pub const ROWS: &[Row] = &[
    row(
        "spawn + join one task",
        Suite::Task,
        &[Tokio(0.4)],
        here!(
            task::spawn_join_one,
            Recording = on::recording::task::spawn_join_one,
            Floor = on::floor::boxed_call
        ),
    ),
    row(
        "spawn 10 000 from a task",
        Suite::Task,
        &[Tokio(0.5), Smol(1.0)],
        here!(task::spawn_many, Floor = on::floor::boxed_queue),
    ),
    row(
        "spawn 10 000 from outside",
        Suite::Task,
        &[Tokio(0.4), Smol(1.0)],
        here!(task::spawn_outside, Floor = on::floor::boxed_queue),
    ),
    Row {
        flavors: &[Flavor::MultiThread],
        ..row(
            "spawn + join one task, from the root",
            Suite::Task,
            &[],
            here!(task::root_join_one, Helping = on::helping::task::root_join_one),
        )
    },
    Row {
        flavors: &[Flavor::MultiThread],
        ..row(
            "spawn 10 000, from the root",
            Suite::Task,
            &[],
            here!(
                task::root_spawn_many,
                Helping = on::helping::task::root_spawn_many,
                Floor = on::floor::boxed_queue
            ),
        )
    },
    row(
        "yield, 200 tasks",
        Suite::Task,
        &[Tokio(0.5)],
        here!(
            task::yield_many,
            Recording = on::recording::task::yield_many,
            Floor = on::floor::rotate
        ),
    ),
    row("ping-pong over two oneshots", Suite::Task, &[Tokio(0.5)], here!(task::ping_pong)),
    row("chained spawn", Suite::Task, &[Tokio(0.4)], here!(task::chained_spawn)),
    row(
        "mpsc, capacity 1",
        Suite::Sync,
        &[Tokio(0.7)],
        here!(channel::capacity_1, Flume = on::flume::channel::capacity_1),
    ),
    row(
        "mpsc, capacity 100",
        Suite::Sync,
        &[Smol(1.0)],
        here!(
            channel::capacity_100,
            Recording = on::recording::channel::capacity_100,
            Flume = on::flume::channel::capacity_100,
            Floor = on::floor::locked_queue
        ),
    ),
    row(
        "mpsc, capacity 1000, 5 senders",
        Suite::Sync,
        &[Smol(1.0)],
        here!(
            channel::capacity_1000,
            Flume = on::flume::channel::capacity_1000,
            Floor = on::floor::locked_queue
        ),
    ),
    row(
        "mpsc, unbounded",
        Suite::Sync,
        &[Tokio(0.9)],
        here!(
            channel::unbounded,
            Flume = on::flume::channel::unbounded,
            Floor = on::floor::locked_queue
        ),
    ),
    row(
        "mutex, uncontended",
        Suite::Sync,
        &[Smol(1.1)],
        here!(sync::mutex_uncontended, Floor = on::floor::mutex),
    ),
    row("mutex, 10 tasks", Suite::Sync, &[Smol(1.0)], here!(sync::mutex_contended)),
    row("semaphore(3), 10 tasks", Suite::Sync, &[Smol(1.0)], here!(sync::semaphore_contended)),
    extra("rwlock, uncontended read", here!(sync::rwlock_uncontended)),
    extra("rwlock, 10 tasks, 1 in 10 writes", here!(sync::rwlock_read_mostly)),
    extra("rwlock, 10 tasks, 1 in 2 writes", here!(sync::rwlock_mixed)),
    extra("watch, 1 receiver", here_without_smol!(share::watch_1)),
    extra("watch, 1000 receivers", here_without_smol!(share::watch_1000)),
    extra("broadcast, 4 receivers", here_without_smol!(share::broadcast)),
    extra("notify, one", here_without_smol!(share::notify_one)),
    extra("notify, 1000 waiters", here_without_smol!(share::notify_1000)),
    extra(
        "queue of 100, 5 to 5",
        here!(queue::five_to_five, Flume = on::flume::queue::five_to_five),
    ),
    extra("barrier, 10 tasks", here!(sync::barrier)),
    Row {
        unit: Unit::Bytes,
        goals: &[Tokio(0.5)],
        flavors: &[Flavor::CurrentThread],
        ..extra(
            "memory of an idle mpsc, capacity 1",
            here!(channel::idle_bytes, Flume = on::flume::channel::idle_bytes),
        )
    },
    Row {
        unit: Unit::Bytes,
        goals: &[Tokio(0.5)],
        flavors: &[Flavor::CurrentThread],
        ..extra("memory of an idle oneshot", here!(sync::oneshot_bytes))
    },
    row(
        "timeout that never fires",
        Suite::Time,
        &[Tokio(0.25)],
        here!(time::timeout_unfired, Floor = on::floor::clock),
    ),
    row(
        "100 000 timers armed and dropped",
        Suite::Time,
        &[Tokio(0.4)],
        here!(time::armed_and_dropped),
    ),
    Row {
        unit: Unit::Cpu,
        ..row(
            "50 000 sleeping tasks, CPU each",
            Suite::Time,
            &[Tokio(0.5)],
            here!(time::sleeping_tasks),
        )
    },
    Row {
        suite: Suite::Task,
        ..extra("select! of two channels", here_without_smol!(group::select_two))
    },
    Row { suite: Suite::Task, ..extra("JoinSet of 10 000", here_without_smol!(group::join_set)) },
    Row {
        suite: Suite::Task,
        ..extra("TaskGroup of 10 000", here_without_smol!(group::task_group))
    },
    Row { suite: Suite::Task, ..extra("gather of 10 000", here_without_smol!(group::gather)) },
    Row {
        suite: Suite::Time,
        unit: Unit::Cpu,
        ..extra("1 000 intervals, CPU a tick", here_without_smol!(group::ticks))
    },
    row(
        "spawn_blocking, one at a time",
        Suite::Blocking,
        &[EqualTokio],
        here!(blocking::one_at_a_time, Floor = on::floor::thread_round_trip),
    ),
    row(
        "spawn_blocking, 2 000 at once",
        Suite::Blocking,
        &[Tokio(0.2)],
        here!(blocking::burst, Floor = on::floor::thread_batch),
    ),
    row(
        "spawn_blocking, 2 000 at once, warm",
        Suite::Blocking,
        &[],
        here!(blocking::burst_warm, Floor = on::floor::thread_batch),
    ),
    Row {
        unit: Unit::Bytes,
        ..row(
            "memory of an idle task + handle",
            Suite::Task,
            &[Bytes(112.0)],
            here!(task::idle_resident),
        )
    },
    Row {
        unit: Unit::Bytes,
        ..row("the same, by allocator blocks", Suite::Task, &[], here!(task::idle_blocks))
    },
    echo("echo, 1 connection", 1),
    echo("echo, 50 connections", 50),
    echo("echo, 1000 connections", 1000),
];

const fn echo(name: &'static str, connections: usize) -> Row {
    let work = Work::Echo { connections };
    Row { unit: Unit::Cpu, ..row(name, Suite::Echo, &[Floor(1.05), Tokio(1.0)], work) }
}

/// A primitive that the design's table does not have.
const fn extra(name: &'static str, work: Work) -> Row {
    Row { in_design: false, ..row(name, Suite::Sync, &[EqualFastest], work) }
}
