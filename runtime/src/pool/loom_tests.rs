//! Models of a whole worker: a task from outside, and the end of the runtime, in every order.
//!
//! The model's own thread is the worker. A lost wake-up shows as a deadlock.

use super::*;
use crate::base::clock::Clock;
use crate::base::prim::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering, thread};
use crate::pool::worker::Intervals;
use crate::task::credit::Keep;
use crate::task::ids::Ids;
use crate::wake::park::{Park, Parker, Unpark};
use std::future::poll_fn;
use std::task::{Poll, Waker};

fn shared(unparkers: Vec<crate::wake::park::Unparker>) -> Scheduler {
    let ids = Ids::new(Box::leak(Box::new(AtomicU64::new(1))));
    let report = std::sync::Arc::new(|_| panic!("nothing panics here"));
    Keep::new(Shared::new(ids, report, unparkers.into_boxed_slice(), false))
}

fn worker_of(scheduler: &Scheduler, index: usize) -> Worker {
    let intervals = Intervals { event: 61, injector: 61 };
    Worker::new(scheduler, index, intervals, Clock::paused())
}

/// Nobody sleeps who would have to be nudged.
struct Nobody;

impl Unpark for Nobody {
    fn unpark(&self) {}
}

/// Counts its drops.
struct Payload(Arc<AtomicUsize>);

impl Drop for Payload {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

/// Runs the worker until the end of its runtime.
fn run(scheduler: &Scheduler, parker: &Parker) {
    let worker = worker_of(scheduler, 0);
    worker.run(parker, || false);
    worker.shut_down();
}

#[test]
fn loom_pool_a_task_from_outside_finds_a_worker_that_goes_to_sleep() {
    model(|| {
        let parker = Parker::new();
        let scheduler = shared(vec![parker.unparker()]);
        let outside = {
            let scheduler = scheduler.clone();
            thread::spawn(move || {
                let end = scheduler.clone();
                // The end comes when the task runs, and not otherwise.
                drop(spawn(&scheduler, async move { end.close() }, Location::caller()));
            })
        };
        run(&scheduler, &parker);
        outside.join().unwrap();
    });
}

/// INV-150: a dump has the only task in its hands when the worker finds its ring empty.
#[test]
fn loom_pool_a_dump_meets_a_worker_that_goes_to_sleep() {
    model(|| {
        let parker = Parker::new();
        let scheduler = shared(vec![parker.unparker()]);
        let worker = worker_of(&scheduler, 0);
        {
            let (end, _entered) = (scheduler.clone(), current::enter(scheduler.as_ptr(), &worker));
            drop(spawn(&scheduler, async move { end.close() }, Location::caller()));
        }
        let dump = {
            let scheduler = scheduler.clone();
            thread::spawn(move || scheduler.each_queued(|_| ()))
        };
        worker.run(&parker, || false);
        worker.shut_down();
        dump.join().unwrap();
    });
}

/// INV-92: entered by this thread, and by none else.
#[test]
fn loom_pool_a_spawn_meets_the_end() {
    model(|| {
        let parker = Parker::new();
        let scheduler = shared(vec![parker.unparker()]);
        let drops = Arc::new(AtomicUsize::new(0));
        let outside = {
            let (scheduler, payload) = (scheduler.clone(), Payload(drops.clone()));
            thread::spawn(move || {
                let future = async move { drop(payload) };
                drop(spawn(&scheduler, future, Location::caller()));
            })
        };
        let end = {
            let scheduler = scheduler.clone();
            thread::spawn(move || scheduler.close())
        };
        run(&scheduler, &parker);
        outside.join().unwrap();
        end.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// A waker fires on a foreign thread while the runtime ends and its memory is freed: the cell's
/// count keeps the block (INV-20), and the future is gone before the worker is.
#[test]
fn loom_pool_a_foreign_wake_in_flight_meets_the_end() {
    model(|| {
        let scheduler = shared(vec![std::sync::Arc::new(Nobody)]);
        let drops = Arc::new(AtomicUsize::new(0));
        let slot: Arc<Mutex<Option<Waker>>> = Arc::new(Mutex::new(None));
        let worker = worker_of(&scheduler, 0);
        {
            let _entered = current::enter(scheduler.as_ptr(), &worker);
            let (payload, slot) = (Payload(drops.clone()), slot.clone());
            let future = async move {
                let _payload = payload;
                poll_fn(|cx| {
                    *slot.lock() = Some(cx.waker().clone());
                    Poll::<()>::Pending
                })
                .await
            };
            drop(spawn(&scheduler, future, Location::caller()));
            let _ran = worker.tick();
        }
        let waker = slot.lock().take().expect("it was polled");
        let foreign = thread::spawn(move || waker.wake());
        scheduler.close();
        worker.shut_down();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(worker);
        drop(scheduler);
        foreign.join().unwrap();
    });
}

/// The watcher empties a worker's next slot and ring while the worker fills and empties them: each
/// task is run once, by one of the two.
///
/// The watcher begins when the slot has been filled once, as far as it sees without any order. A
/// swap of an empty slot that has never been filled is left out: loom may put the owner's first
/// plain store between the two halves of that swap, which no machine does.
#[test]
fn loom_pool_the_watcher_takes_the_next_slot() {
    model(|| {
        let nobody: crate::wake::park::Unparker = std::sync::Arc::new(Nobody);
        let scheduler = shared(vec![nobody.clone(), nobody]);
        let polls = Arc::new(AtomicUsize::new(0));
        let stuck = worker_of(&scheduler, 0);
        let _entered = current::enter(scheduler.as_ptr(), &stuck);
        let task = || {
            let polls = polls.clone();
            let future = async move { drop(polls.fetch_add(1, Ordering::Relaxed)) };
            let count = stuck.credit.take().cast();
            let at = Location::caller();
            // SAFETY(INV-20): the count is handed over; the future is Send.
            unsafe { new::<_, Shared>(future, count, stuck.ids.next(), 0, at) }.0.into_task()
        };
        let filled = Arc::new(AtomicUsize::new(0));
        let watcher = {
            let (scheduler, filled) = (scheduler.clone(), filled.clone());
            thread::spawn(move || {
                let watcher = worker_of(&scheduler, 1);
                let _entered = current::enter(scheduler.as_ptr(), &watcher);
                if filled.load(Ordering::Relaxed) == 1 {
                    watcher.take_over(0);
                }
                while let Some(task) = watcher.find() {
                    let _ran = watcher.poll(task);
                }
            })
        };
        stuck.push_next(task());
        filled.store(1, Ordering::Relaxed);
        // Displaces the first, if it is still there.
        stuck.push_next(task());
        while let Some(task) = stuck.find() {
            let _ran = stuck.poll(task);
        }
        watcher.join().unwrap();
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    });
}
