//! Locks, permits, and a barrier.

use super::rt::{self, Runtime};
use crate::alloc;
use crate::meter::{Meter, Stopwatch};
use std::sync::Arc;

/// How many tasks stand at one lock in the contended rows.
const TASKS: u64 = 10;

/// Mutex, uncontended. Timed: one task locks, adds one and unlocks, `ops` times. Per lock.
pub fn mutex_uncontended(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(20_000, |ops| {
        rt.in_task(async move {
            let mutex = rt::Mutex::new(0);
            let clock = Stopwatch::start(flavor);
            for _ in 0..ops {
                *mutex.lock().await += 1;
            }
            let time = clock.elapsed();
            assert_eq!(*mutex.lock().await, ops, "each lock was held once");
            time
        })
    });
}

/// Mutex, 10 tasks. Timed: spawn 10 tasks, each of which 500 times locks, adds one, yields with the
/// lock held, and unlocks; join them. Whoever does not hold the lock waits for it. Per lock.
pub fn mutex_contended(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(TASKS * 500, |ops| {
        rt.in_task(async move {
            let mutex = Arc::new(rt::Mutex::new(0));
            let mut handles = Vec::with_capacity(TASKS as usize);
            let clock = Stopwatch::start(flavor);
            for _ in 0..TASKS {
                let mutex = mutex.clone();
                handles.push(rt::spawn(async move {
                    for _ in 0..ops / TASKS {
                        let mut guard = mutex.lock().await;
                        *guard += 1;
                        rt::yield_now().await;
                    }
                }));
            }
            for handle in handles {
                rt::joined(handle.await);
            }
            let time = clock.elapsed();
            assert_eq!(*mutex.lock().await, ops, "each lock was held once");
            time
        })
    });
}

/// Semaphore(3), 10 tasks. Timed: spawn 10 tasks, each of which 500 times takes one of three
/// permits, yields with it, and gives it back; join them. Per permit.
pub fn semaphore_contended(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(TASKS * 500, |ops| {
        rt.in_task(async move {
            let semaphore = Arc::new(rt::Semaphore::new(3));
            let mut handles = Vec::with_capacity(TASKS as usize);
            let clock = Stopwatch::start(flavor);
            for _ in 0..TASKS {
                let semaphore = semaphore.clone();
                handles.push(rt::spawn(async move {
                    let mut taken = 0;
                    for _ in 0..ops / TASKS {
                        let _permit = rt::permit(semaphore.acquire().await);
                        taken += 1;
                        rt::yield_now().await;
                    }
                    taken
                }));
            }
            let mut taken = 0;
            for handle in handles {
                taken += rt::joined(handle.await);
            }
            let time = clock.elapsed();
            assert_eq!(taken, ops, "each permit was taken");
            time
        })
    });
}

/// RwLock, read-mostly, 10 tasks: one lock in ten is to write. Per lock.
pub fn rwlock_read_mostly(meter: &mut Meter) {
    rwlock(meter, 10);
}

/// RwLock, mixed, 10 tasks: every other lock is to write. Per lock.
pub fn rwlock_mixed(meter: &mut Meter) {
    rwlock(meter, 2);
}

/// Timed: spawn 10 tasks, each of which 500 times locks, yields with the lock held, and unlocks,
/// one time in `write_every` to write and add one; join them.
fn rwlock(meter: &mut Meter, write_every: u64) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(TASKS * 500, |ops| {
        rt.in_task(async move {
            let lock = Arc::new(rt::RwLock::new(0));
            let mut handles = Vec::with_capacity(TASKS as usize);
            let clock = Stopwatch::start(flavor);
            for task in 0..TASKS {
                let lock = lock.clone();
                handles.push(rt::spawn(async move {
                    let mut seen = 0;
                    for turn in task..task + ops / TASKS {
                        if turn % write_every == 0 {
                            let mut guard = lock.write().await;
                            *guard += 1;
                            rt::yield_now().await;
                        } else {
                            let guard = lock.read().await;
                            assert!(*guard >= seen, "writes are seen in their order");
                            seen = *guard;
                            rt::yield_now().await;
                        }
                    }
                }));
            }
            for handle in handles {
                rt::joined(handle.await);
            }
            let time = clock.elapsed();
            assert_eq!(*lock.read().await, ops / write_every, "each write was alone");
            time
        })
    });
}

/// RwLock, uncontended. Timed: one task locks to read, `ops` times. Per lock.
pub fn rwlock_uncontended(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(20_000, |ops| {
        rt.in_task(async move {
            let lock = rt::RwLock::new(1);
            let mut sum = 0;
            let clock = Stopwatch::start(flavor);
            for _ in 0..ops {
                sum += *lock.read().await;
            }
            let time = clock.elapsed();
            assert_eq!(sum, ops, "each lock read it");
            time
        })
    });
}

/// Barrier, 10 tasks. Timed: spawn 10 tasks, which meet at a barrier 500 times each; join them. Per
/// wait.
pub fn barrier(meter: &mut Meter) {
    let flavor = meter.flavor();
    let rt = Runtime::new(flavor);
    meter.batches(TASKS * 500, |ops| {
        rt.in_task(async move {
            let barrier = Arc::new(rt::Barrier::new(TASKS as usize));
            let mut handles = Vec::with_capacity(TASKS as usize);
            let clock = Stopwatch::start(flavor);
            for _ in 0..TASKS {
                let barrier = barrier.clone();
                handles.push(rt::spawn(async move {
                    let mut led = 0;
                    for _ in 0..ops / TASKS {
                        led += u64::from(barrier.wait().await.is_leader());
                    }
                    led
                }));
            }
            let mut led = 0;
            for handle in handles {
                led += rt::joined(handle.await);
            }
            let time = clock.elapsed();
            assert_eq!(led, ops / TASKS, "each meeting had one leader");
            time
        })
    });
}

/// An idle oneshot. The blocks that are allocated and not freed over 1 000 of them, each with the
/// allocator's header word, plus the size of both ends.
pub fn oneshot_bytes(meter: &mut Meter) {
    const ONESHOTS: usize = 1_000;
    let mut ends = Vec::with_capacity(ONESHOTS);
    let before = alloc::live();
    for _ in 0..ONESHOTS {
        ends.push(rt::oneshot::channel::<u64>());
    }
    let bytes = alloc::live() - before;
    let (sender, receiver) = &ends[0];
    let handles = size_of_val(sender) + size_of_val(receiver);
    meter.value(bytes as f64 / ONESHOTS as f64 + handles as f64);
}
