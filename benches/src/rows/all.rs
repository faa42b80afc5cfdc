//! the table: every row with its workload on each runtime, and what it must reach.

use super::{Goal, Peer, Row, Suite, Unit, Work};
use crate::on::{self, Flavor};
use Goal::{Bytes, EqualFastest, EqualTokio, Floor, Smol, Tokio};

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
        flavors: Flavor::POOLS,
        ..row(
            "spawn + join one task, from the root",
            Suite::Task,
            &[],
            here!(task::root_join_one, Helping = on::helping::task::root_join_one),
        )
    },
    Row {
        flavors: Flavor::POOLS,
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
    Row { suite: Suite::Task, ..extra("join of 10 000, all ended", here!(task::join_many)) },
    Row { suite: Suite::Task, ..extra("wake, task to task", here!(wake::task_to_task)) },
    Row {
        suite: Suite::Task,
        ..extra(
            "wake, thread to task and back",
            here!(wake::thread_to_task, Floor = on::floor::thread_round_trip),
        )
    },
    Row {
        suite: Suite::Task,
        unit: Unit::Spread,
        ..extra("fairness, turns of 100 tasks", here!(wake::spread_of_turns))
    },
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
        here!(time::armed_and_dropped, Floor = on::floor::clock_and_bytes),
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
        suite: Suite::Time,
        unit: Unit::Bytes,
        flavors: &[Flavor::CurrentThread],
        ..extra("memory of an armed timer", here!(time::armed_bytes))
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
