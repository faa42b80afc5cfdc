//! Tasks: spawn, join, yield, ping-pong, and the memory of one that waits.
//!
//! Every workload measures inside a task (`in_task`), except the one that spawns from outside and
//! the two that say "from the root". The stopwatch runs around what the comment calls timed, once a
//! batch; what was done is checked.
//!
//! Nothing here relies on an order, or on one thread: who ends first and where is the runtime's
//! business. A batch has ended when all its tasks have done their work, though on many threads one
//! of them may still be on its way out.

use super::rt::{self, Runtime};
use crate::alloc;
use crate::meter::{Meter, Stopwatch, resident};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts tasks down; the last one to end wakes whoever waits for all of them.
///
/// One countdown per runtime (this module is compiled once for each), so that a task carries
/// nothing and a batch pays for one oneshot.
struct Countdown {
    left: AtomicU64,
    done: Mutex<Option<rt::oneshot::Sender<()>>>,
}

static COUNTDOWN: Countdown = Countdown { left: AtomicU64::new(0), done: Mutex::new(None) };

impl Countdown {
    fn start(&self, tasks: u64) -> rt::oneshot::Receiver<()> {
        let (sender, receiver) = rt::oneshot::channel();
        assert_eq!(self.left.swap(tasks, Ordering::SeqCst), 0, "the last batch is complete");
        *self.done.lock().unwrap() = Some(sender);
        receiver
    }
    #[inline]
    fn one_ended(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // The lock is free again before the batch wakes, which starts the next one with it.
            let done = self.done.lock().unwrap().take();
            done.expect("the batch has started").send(()).expect("the batch waits");
        }
    }
}

/// Spawn + join one task. Timed: `ops` times spawn a task that returns a number, and await its
/// handle before the next. Per task.
pub fn spawn_join_one(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(10_000, |ops| {
        rt.in_task(async move {
            let mut sum = 0;
            let clock = Stopwatch::start(flavor);
            for i in 0..ops {
                sum += rt::joined(rt::spawn(async move { i }).await);
            }
            let time = clock.elapsed();
            assert_eq!(sum, ops * (ops - 1) / 2, "each task ran once");
            time
        })
    });
}

/// Spawn 10 000 from a task. Timed: spawn them all, dropping each handle at once; each counts down
/// by one, the last one sends on a oneshot; await that. Per task.
pub fn spawn_many(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(10_000, |ops| {
        rt.in_task(async move {
            let all = COUNTDOWN.start(ops);
            let clock = Stopwatch::start(flavor);
            for _ in 0..ops {
                rt::detach(rt::spawn(async { COUNTDOWN.one_ended() }));
            }
            rt::got(all.await);
            clock.elapsed()
        })
    });
}

/// Spawn 10 000 from outside. Timed: on a thread that is not inside the runtime, spawn them all and
/// keep the handles; then `block_on` awaits these in order. Per task.
pub fn spawn_outside(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(10_000, |ops| {
        let mut handles = Vec::with_capacity(ops as usize);
        let clock = Stopwatch::start(flavor);
        for i in 0..ops {
            handles.push(rt.spawn(async move { i }));
        }
        let sum = rt.block_on(async {
            let mut sum = 0;
            for handle in handles.drain(..) {
                sum += rt::joined(handle.await);
            }
            sum
        });
        let time = clock.elapsed();
        assert_eq!(sum, ops * (ops - 1) / 2, "each task ran once");
        time
    });
}

/// Join of 10 000. Tasks that return a number each are spawned and have all done their work. Timed:
/// await their handles in order. Per task.
pub fn join_many(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(10_000, |ops| {
        rt.in_task(async move {
            let all = COUNTDOWN.start(ops);
            let mut handles = Vec::with_capacity(ops as usize);
            for i in 0..ops {
                handles.push(rt::spawn(async move {
                    COUNTDOWN.one_ended();
                    i
                }));
            }
            rt::got(all.await);
            let mut sum = 0;
            let clock = Stopwatch::start(flavor);
            for handle in handles {
                sum += rt::joined(handle.await);
            }
            let time = clock.elapsed();
            assert_eq!(sum, ops * (ops - 1) / 2, "each task ran once");
            time
        })
    });
}

/// Spawn + join one task, from the root. The same as the first, in the root future of `block_on`,
/// whose thread is no worker: each task goes over to one, and its end comes back. Per task.
pub fn root_join_one(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(1_000, |ops| {
        rt.block_on(async {
            let mut sum = 0;
            let clock = Stopwatch::start(flavor);
            for i in 0..ops {
                sum += rt::joined(rt::spawn(async move { i }).await);
            }
            let time = clock.elapsed();
            assert_eq!(sum, ops * (ops - 1) / 2, "each task ran once");
            time
        })
    });
}

/// Spawn 10 000 from the root. The same as from a task, in the root future of `block_on`. Per task.
pub fn root_spawn_many(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(10_000, |ops| {
        rt.block_on(async {
            let all = COUNTDOWN.start(ops);
            let clock = Stopwatch::start(flavor);
            for _ in 0..ops {
                rt::detach(rt::spawn(async { COUNTDOWN.one_ended() }));
            }
            rt::got(all.await);
            clock.elapsed()
        })
    });
}

/// Yield, 200 tasks. Timed: spawn 200 tasks that yield 1 000 times each, and await the countdown of
/// their ends. Per yield.
pub fn yield_many(meter: &mut Meter) {
    const TASKS: u64 = 200;
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(TASKS * 1_000, |ops| {
        rt.in_task(async move {
            let all = COUNTDOWN.start(TASKS);
            let clock = Stopwatch::start(flavor);
            for _ in 0..TASKS {
                rt::detach(rt::spawn(async move {
                    for _ in 0..ops / TASKS {
                        rt::yield_now().await;
                    }
                    COUNTDOWN.one_ended();
                }));
            }
            rt::got(all.await);
            clock.elapsed()
        })
    });
}

/// Ping-pong over two oneshots. Timed: spawn 1 000 tasks; each makes two oneshots, spawns a
/// partner, sends on the first and awaits the second, on which the partner answers; await the
/// countdown. Per pair of tasks, so: two spawns, two channels, two messages.
pub fn ping_pong(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(1_000, |ops| {
        rt.in_task(async move {
            let all = COUNTDOWN.start(ops);
            let clock = Stopwatch::start(flavor);
            for i in 0..ops {
                rt::detach(rt::spawn(async move {
                    let (ping, pinged) = rt::oneshot::channel();
                    let (pong, ponged) = rt::oneshot::channel();
                    rt::detach(rt::spawn(async move {
                        let ball: u64 = rt::got(pinged.await);
                        pong.send(ball + 1).expect("the first of the pair waits");
                    }));
                    ping.send(i).expect("the partner waits");
                    assert_eq!(rt::got(ponged.await), i + 1);
                    COUNTDOWN.one_ended();
                }));
            }
            rt::got(all.await);
            clock.elapsed()
        })
    });
}

/// Chained spawn. Timed: a task spawns the next and ends, 1 000 deep; await the last. Per task.
pub fn chained_spawn(meter: &mut Meter) {
    fn link(left: u64) {
        if left == 0 {
            COUNTDOWN.one_ended();
        } else {
            rt::detach(rt::spawn(async move { link(left - 1) }));
        }
    }
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(1_000, |ops| {
        rt.in_task(async move {
            let last = COUNTDOWN.start(1);
            let clock = Stopwatch::start(flavor);
            link(ops);
            rt::got(last.await);
            clock.elapsed()
        })
    });
}

/// Memory of an idle task and its handle. By how much the resident memory of the process grows over
/// 100 000 tasks and the vector of their handles. The tasks are of a future without captures, each
/// is polled once and waits for ever. The spawner yields after every 32, so that no queue grows.
/// Per task.
pub fn idle_resident(meter: &mut Meter) {
    idle(meter, 100_000, || resident() as i64, 0);
}

/// The same by the allocator. The blocks that are allocated and not freed over 10 000 tasks, each
/// with the allocator's header word, plus the size of a handle. This does not see what is lost
/// between blocks when they are aligned. Per task.
pub fn idle_blocks(meter: &mut Meter) {
    idle(meter, 10_000, alloc::live, size_of::<rt::JoinHandle<()>>());
}

fn idle(meter: &mut Meter, tasks: u64, used: fn() -> i64, handle: usize) {
    static POLLED: AtomicU64 = AtomicU64::new(0);
    let rt = Runtime::new(meter.flavor());
    let tasks = meter.size(tasks);
    let (bytes, handles) = rt.in_task(async move {
        POLLED.store(0, Ordering::SeqCst);
        let mut handles = Vec::with_capacity(tasks as usize);
        rt::joined(rt::spawn(async {}).await);
        let before = used();
        for i in 0..tasks {
            handles.push(rt::spawn(async {
                POLLED.fetch_add(1, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }));
            if i % 32 == 0 {
                rt::yield_now().await;
            }
        }
        while POLLED.load(Ordering::SeqCst) < tasks {
            rt::yield_now().await;
        }
        (used() - before, handles)
    });
    meter.value(bytes as f64 / tasks as f64 + handle as f64);
    handles.into_iter().for_each(rt::abort);
}
