//! the rows of the gate, and how many operations of each are enough.

use crate::meter::Meter;
use crate::work::{channel, group, own, queue, share, still, sync, task, time};

/// A row is counted in batches of `ops` and of twice as many.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub name: &'static str,
    pub ops: u64,
    pub work: fn(&mut Meter),
}

const fn row(name: &'static str, ops: u64, work: fn(&mut Meter)) -> Row {
    Row { name, ops, work }
}

/// Names are those of `cargo compare` where the workload is.
pub const ROWS: &[Row] = &[
    row("spawn + join one task", 1_000, task::spawn_join_one),
    row("spawn from a task", 1_000, task::spawn_many),
    row("spawn from outside", 1_000, task::spawn_outside),
    row("yield, 200 tasks", 4_000, task::yield_many),
    row("ping-pong over two oneshots", 500, task::ping_pong),
    row("chained spawn", 1_000, task::chained_spawn),
    row("wake by another task", 1_000, share::notify_one),
    row("oneshot, a ball and back", 1_000, own::oneshots),
    row("mpsc, capacity 1", 1_000, channel::capacity_1),
    row("mpsc, capacity 100", 2_000, channel::capacity_100),
    row("mpsc, unbounded", 2_000, channel::unbounded),
    row("queue of 100, 5 to 5", 2_000, queue::five_to_five),
    row("watch, 1 receiver", 1_000, share::watch_1),
    row("broadcast, 4 receivers", 2_560, share::broadcast),
    row("mutex, uncontended", 2_000, sync::mutex_uncontended),
    row("mutex, 10 tasks", 1_000, sync::mutex_contended),
    row("semaphore(3), 10 tasks", 1_000, sync::semaphore_contended),
    row("rwlock, 10 tasks, 1 in 10 writes", 1_000, sync::rwlock_read_mostly),
    row("barrier, 10 tasks", 1_000, sync::barrier),
    row("timeout that never fires", 1_000, time::timeout_unfired),
    row("timers armed and dropped, in virtual time", 2_000, still::time::armed_and_dropped),
    row("sleep, in virtual time", 3_000, own::sleep_fired),
    row("sleeping tasks, in virtual time", 1_000, own::sleepers),
    row("select! of two channels", 6_000, group::select_two),
    row("JoinSet", 1_000, group::join_set),
    row("TaskGroup", 1_000, group::task_group),
    row("gather", 1_000, group::gather),
    row("echo in memory", 500, own::echo_in_memory),
    #[cfg(unix)]
    row("echo over a pair of sockets", 300, own::echo_over_sockets),
];

pub fn named(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}
