//! As many tasks as asked for, all waiting at once; as many sleeps; and both in one run.

use super::rt::{self, Runtime};
use crate::alloc::counted;
use crate::labs::floor::Order;
use crate::labs::scale::Sums;
use crate::labs::who::Threads;
use crate::meter::{cpu_time, resident};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

/// Where tasks wait for a wake each.
#[derive(Debug)]
struct Gate {
    open: AtomicBool,
    wakers: Mutex<Vec<Waker>>,
    waiting: AtomicUsize,
}

impl Gate {
    fn new(tasks: usize) -> Arc<Self> {
        let wakers = Mutex::new(Vec::with_capacity(tasks));
        Arc::new(Self { open: AtomicBool::new(false), wakers, waiting: AtomicUsize::new(0) })
    }
    fn pass(self: Arc<Self>) -> impl Future<Output = ()> + Send + 'static {
        poll_fn(move |cx| {
            if self.open.load(Ordering::Acquire) {
                return Poll::Ready(());
            }
            let mut wakers = self.wakers.lock().unwrap();
            wakers.push(cx.waker().clone());
            self.waiting.store(wakers.len(), Ordering::Release);
            Poll::Pending
        })
    }
    async fn all_wait(&self, tasks: usize) {
        while self.waiting.load(Ordering::Acquire) < tasks {
            rt::yield_now().await;
        }
    }
    fn open(&self, order: Order) -> (Vec<Waker>, Duration) {
        let mut wakers = std::mem::take(&mut *self.wakers.lock().unwrap());
        order.of(&mut wakers);
        self.open.store(true, Ordering::Release);
        let start = Instant::now();
        wakers.drain(..).for_each(Waker::wake);
        (wakers, start.elapsed())
    }
}

/// So many tasks are spawned from a task, wait, are woken in that order, end, and are joined; the
/// spawner yields after every 32, so that tasks begin to wait while others are spawned.
pub fn tasks(threads: Threads, count: usize, order: Order) -> Sums {
    let rt = Runtime::new(threads);
    let mut sums = Sums::of(rt.run(one_task_bytes()));
    for _ in 0..repeats(count) {
        sums.add(rt.run(async move {
            let gate = Gate::new(count);
            let mut handles = Vec::with_capacity(count);
            let (memory, start) = (resident(), Instant::now());
            for i in 0..count {
                handles.push(rt::spawn(gate.clone().pass()));
                if i % 32 == 0 {
                    rt::yield_now().await;
                }
            }
            gate.all_wait(count).await;
            let (spawn, memory) = (start.elapsed(), resident().saturating_sub(memory));
            let (empty, wake) = gate.open(order);
            let start = Instant::now();
            for handle in handles.drain(..) {
                rt::joined(handle.await);
            }
            let join = start.elapsed();
            drop((empty, handles));
            (spawn, wake, join, memory)
        }));
    }
    sums
}

/// A size's batches, so that about as many operations are timed at each size.
fn repeats(count: usize) -> usize {
    (1_000_000 / count).clamp(2, 200)
}

/// What one spawn asks the allocator for.
async fn one_task_bytes() -> f64 {
    let gate = Gate::new(1);
    let passing = gate.clone().pass();
    let (handle, allocated) = counted(|| rt::spawn(passing));
    gate.all_wait(1).await;
    gate.open(Order::Made);
    rt::joined(handle.await);
    allocated.bytes as f64
}

/// So many sleeps, each in a box, armed by a first poll and dropped in that order; no task.
/// `spawn` is the time to arm, `join` the time to drop.
pub fn timers(threads: Threads, count: usize, order: Order) -> Sums {
    let rt = Runtime::new(threads);
    let mut sums = Sums::of(size_of::<rt::Sleep>() as f64);
    for _ in 0..repeats(count) {
        sums.add(rt.run(async move {
            let mut sleeps = Vec::with_capacity(count);
            let (memory, start) = (resident(), Instant::now());
            for i in 0..count as u64 {
                let mut sleep = Box::pin(rt::sleep(Duration::from_millis(60_000 + i % 50_000)));
                poll_fn(|cx| {
                    assert!(sleep.as_mut().poll(cx).is_pending(), "it is a minute away");
                    Poll::Ready(())
                })
                .await;
                sleeps.push(sleep);
            }
            let (arm, memory) = (start.elapsed(), resident().saturating_sub(memory));
            order.of::<Pin<Box<rt::Sleep>>>(&mut sleeps);
            let start = Instant::now();
            sleeps.drain(..).for_each(drop);
            (arm, Duration::ZERO, start.elapsed(), memory)
        }));
    }
    sums
}

/// Processor time, in nanoseconds each, of so many tasks that each sleep once: from the first spawn
/// until the last join. All are spawned before the first is due.
pub fn sleeping(threads: Threads, count: usize) -> f64 {
    let rt = Runtime::new(threads);
    rt.run(async move {
        let start = cpu_time();
        let first = Duration::from_micros(100_000 + 2 * count as u64);
        let (begin, mut handles) = (Instant::now(), Vec::with_capacity(count));
        for i in 0..count as u64 {
            // Counted from the same moment, so that the millionth is not due later than the first.
            let due = first + Duration::from_micros(i * 7_919 % 200_000);
            let sleep = rt::sleep(due.saturating_sub(begin.elapsed()));
            handles.push(rt::spawn(sleep));
        }
        for handle in handles {
            rt::joined(handle.await);
        }
        assert!(begin.elapsed() >= first, "they slept");
        (cpu_time() - start).as_nanos() as f64 / count as f64
    })
}

/// So many waiting tasks and so many sleeping ones at the same time. Seconds from the first spawn
/// until all tasks were joined, and bytes of resident memory per pair when all were there.
pub fn both(threads: Threads, count: usize) -> (f64, f64) {
    let rt = Runtime::new(threads);
    rt.run(async move {
        let gate = Gate::new(count);
        let (memory, start) = (resident(), Instant::now());
        let mut handles = Vec::with_capacity(2 * count);
        let due = Duration::from_micros(500_000 + 4 * count as u64);
        for i in 0..count {
            handles.push(rt::spawn(gate.clone().pass()));
            let sleep = rt::sleep(due.saturating_sub(start.elapsed()));
            handles.push(rt::spawn(sleep));
            if i % 32 == 0 {
                rt::yield_now().await;
            }
        }
        gate.all_wait(count).await;
        let memory = resident().saturating_sub(memory) as f64 / count as f64;
        gate.open(Order::Shuffled);
        for handle in handles {
            rt::joined(handle.await);
        }
        assert!(start.elapsed() >= due, "they slept");
        (start.elapsed().as_secs_f64(), memory)
    })
}
