//! The end of a runtime: every future is dropped exactly once before `drop` returns, whoever holds
//! a waker; and nothing of the runtime is left.

use mainspring::runtime::{Handle, Runtime};
use mainspring::task::{JoinHandle, yield_now};
use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use tests::{Counted, Drops, Gate, Kind, turns_until};

/// Waits for ever, and holds something.
async fn holding<T: Send + 'static>(value: T) {
    let _value = value;
    pending::<()>().await;
}

/// Lets the tasks have a turn; on a pool, some of them.
fn turn(runtime: &Runtime) {
    runtime.block_on(async {
        yield_now().await;
        yield_now().await;
    });
}

fn a_future_is_dropped_once_in_whatever_state_its_task_is(kind: Kind) {
    let drops = Drops::new();
    let runtime = kind.runtime();
    let gate = Gate::new();
    let mut handles: Vec<JoinHandle<()>> = Vec::new();
    // Idle, holding nothing, with and without a handle.
    handles.push(runtime.spawn(holding(drops.counted())));
    drop(runtime.spawn(holding(drops.counted())));
    // Idle, its waker held by others.
    for _ in 0..3 {
        let (counted, gate) = (drops.counted(), gate.clone());
        handles.push(runtime.spawn(async move {
            let _counted = counted;
            gate.await;
            pending::<()>().await;
        }));
    }
    turns_until(&runtime, || gate.wakers().len() == 3);
    // Woken; on one thread, not run since.
    gate.open();
    // Aborted; on one thread, not run since.
    let aborted = runtime.spawn(holding(drops.counted()));
    aborted.abort();
    // Ended, with its output still in the task.
    let counted = drops.counted();
    let ended = runtime.spawn(async move { counted });
    turns_until(&runtime, || aborted.is_finished() && ended.is_finished());
    // Queued; on one thread, never polled.
    handles.push(runtime.spawn(holding(drops.counted())));
    drop(runtime.spawn(holding(drops.counted())));

    let before = drops.count();
    drop(runtime);
    assert_eq!((before, drops.count()), (1, 8), "the aborted one before, the output not yet");
    assert!(handles.iter().all(JoinHandle::is_finished));
    drop((handles, aborted));
    assert_eq!(drops.count(), 8);
    drop(ended);
    assert_eq!(drops.count(), 9);
    gate.open();
    drop(gate);
    assert_eq!(drops.count(), 9);
}

fn what_waits_for_a_task_of_an_ended_runtime_hears_that_it_was_cancelled(kind: Kind) {
    let (first, second) = (kind.runtime(), kind.runtime());
    let idle = first.spawn(pending::<()>());
    turn(&first);
    let queued = first.spawn(pending::<()>());
    let closure = first.handle().clone();
    drop(first);
    second.block_on(async {
        assert!(idle.await.unwrap_err().is_cancelled());
        assert!(queued.await.unwrap_err().is_cancelled());
        assert!(closure.spawn(async { 1 }).await.unwrap_err().is_cancelled());
        assert!(closure.spawn_blocking(|| 1).await.unwrap_err().is_cancelled());
    });
}

fn a_task_that_is_spawned_after_the_end_is_dropped_at_once(kind: Kind) {
    let (drops, runtime) = (Drops::new(), kind.runtime());
    let handle = runtime.handle().clone();
    drop(runtime);
    let task = handle.spawn(holding(drops.counted()));
    assert_eq!(drops.count(), 1);
    assert!(task.is_finished());
}

/// Spawns `more` of itself when it is dropped.
struct Spawner {
    more: usize,
    handle: Handle,
    counted: Option<Counted>,
    drops: Drops,
}

impl Drop for Spawner {
    fn drop(&mut self) {
        if self.more > 0 {
            let next = Spawner {
                more: self.more - 1,
                handle: self.handle.clone(),
                counted: Some(self.drops.counted()),
                drops: self.drops.clone(),
            };
            self.handle.spawn(holding(next));
        }
        drop(self.counted.take());
    }
}

fn destructors_that_spawn_come_to_an_end(kind: Kind) {
    let (drops, runtime) = (Drops::new(), kind.runtime());
    for polled in [true, false] {
        let spawner = Spawner {
            more: 10,
            handle: runtime.handle().clone(),
            counted: Some(drops.counted()),
            drops: drops.clone(),
        };
        runtime.spawn(holding(spawner));
        if polled {
            turn(&runtime);
        }
    }
    drop(runtime);
    assert_eq!(drops.count(), 22);
}

fn destructors_may_wake_abort_and_wait_for_other_tasks(kind: Kind) {
    struct Meddler {
        others: Arc<Mutex<Vec<JoinHandle<()>>>>,
        gate: Gate,
        _counted: Counted,
    }
    impl Drop for Meddler {
        fn drop(&mut self) {
            self.gate.open();
            let others = std::mem::take(&mut *self.others.lock().unwrap());
            others.iter().for_each(JoinHandle::abort);
            drop(others);
        }
    }
    let (drops, runtime, gate) = (Drops::new(), kind.runtime(), Gate::new());
    let others = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..10 {
        let meddler =
            Meddler { others: others.clone(), gate: gate.clone(), _counted: drops.counted() };
        let theirs = gate.clone();
        let task = runtime.spawn(async move {
            let _meddler = meddler;
            theirs.await;
            pending::<()>().await;
        });
        others.lock().unwrap().push(task);
    }
    turns_until(&runtime, || gate.wakers().len() == 10);
    drop(runtime);
    assert_eq!(drops.count(), 10);
}

fn tasks_that_hold_each_other_s_handles_are_dropped(kind: Kind) {
    let (drops, runtime) = (Drops::new(), kind.runtime());
    let (send, receive) = mpsc::channel::<JoinHandle<()>>();
    let receive = Arc::new(Mutex::new(receive));
    for _ in 0..2 {
        let (counted, receive) = (drops.counted(), receive.clone());
        let task = runtime.spawn(async move {
            let _counted = counted;
            let other = receive.lock().unwrap().recv().expect("the other's handle");
            let _ = other.await;
        });
        send.send(task).unwrap();
    }
    turn(&runtime);
    drop(runtime);
    assert_eq!(drops.count(), 2);
}

fn a_task_may_hold_its_own_handle_and_its_own_waker(kind: Kind) {
    struct Own {
        waker: Arc<Mutex<Option<Waker>>>,
        _counted: Counted,
    }
    impl Future for Own {
        type Output = ();
        fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
            *self.waker.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        }
    }
    let (drops, runtime) = (Drops::new(), kind.runtime());
    runtime.spawn(Own { waker: Arc::default(), _counted: drops.counted() });
    let slot = Arc::new(Mutex::new(None::<JoinHandle<()>>));
    let (own, counted) = (slot.clone(), drops.counted());
    let mut filled_in = slot.lock().unwrap();
    let task = runtime.spawn(async move {
        let _counted = counted;
        let own = own.lock().unwrap().take().expect("filled in before the first poll");
        let _ = own.await;
    });
    *filled_in = Some(task);
    drop(filled_in);
    turns_until(&runtime, || slot.lock().unwrap().is_none());
    drop(runtime);
    assert_eq!(drops.count(), 2);
}

fn wakers_may_be_used_after_the_end(kind: Kind) {
    let (drops, runtime, gate) = (Drops::new(), kind.runtime(), Gate::new());
    for _ in 0..4 {
        let (counted, gate) = (drops.counted(), gate.clone());
        runtime.spawn(async move {
            let _counted = counted;
            gate.await;
        });
    }
    turns_until(&runtime, || gate.wakers().len() == 4);
    let wakers = gate.wakers();
    drop(runtime);
    assert_eq!((wakers.len(), drops.count()), (4, 4));
    wakers[0].wake_by_ref();
    assert!(wakers[0].will_wake(&wakers[0].clone()));
    assert!(!wakers[0].will_wake(&wakers[1]));
    let other = thread::spawn(move || {
        for waker in wakers {
            let clone = waker.clone();
            waker.wake_by_ref();
            waker.wake();
            clone.wake();
        }
    });
    other.join().unwrap();
    gate.open();
}

fn wakes_in_flight_do_no_harm_to_a_runtime_that_ends(kind: Kind) {
    for round in 0..if kind.is_pool() { 40 } else { 200 } {
        let (drops, runtime, gate) = (Drops::new(), kind.runtime(), Gate::new());
        for _ in 0..3 {
            let (counted, mut gate) = (drops.counted(), gate.clone());
            runtime.spawn(async move {
                let _counted = counted;
                std::future::poll_fn(|cx| {
                    let _ = Pin::new(&mut gate).poll(cx);
                    Poll::<()>::Pending
                })
                .await;
            });
        }
        turns_until(&runtime, || gate.wakers().len() == 3);
        let stop = Arc::new(AtomicBool::new(false));
        let wakes = gate.wakers().into_iter().map(|waker| {
            let stop = stop.clone();
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    waker.wake_by_ref();
                    let clone = waker.clone();
                    clone.wake();
                }
            })
        });
        let wakes: Vec<_> = wakes.collect();
        if round % 2 == 0 {
            turn(&runtime);
        }
        drop(runtime);
        assert_eq!(drops.count(), 3);
        stop.store(true, Ordering::Relaxed);
        wakes.into_iter().for_each(|wake| wake.join().unwrap());
    }
}

fn spawns_in_flight_are_dropped_too(kind: Kind) {
    for _ in 0..if kind.is_pool() { 40 } else { 100 } {
        let (drops, runtime) = (Drops::new(), kind.runtime());
        let spawners = [runtime.handle().clone(), runtime.handle().clone()].map(|handle| {
            let drops = drops.clone();
            thread::spawn(move || {
                for _ in 0..20 {
                    handle.spawn(holding(drops.counted()));
                }
            })
        });
        turn(&runtime);
        drop(runtime);
        spawners.into_iter().for_each(|spawner| spawner.join().unwrap());
        assert_eq!(drops.count(), 40);
    }
}

fn a_runtime_may_be_dropped_on_another_thread(kind: Kind) {
    let (drops, runtime) = (Drops::new(), kind.runtime());
    runtime.spawn(holding(drops.counted()));
    turn(&runtime);
    thread::spawn(move || drop(runtime)).join().unwrap();
    assert_eq!(drops.count(), 1);
}

fn runtimes_follow_and_interleave(kind: Kind) {
    let (first, second) = (kind.runtime(), kind.runtime());
    for round in 0..10 {
        let task = first.spawn(async move { round });
        let joined = second.spawn(async move { task.await.unwrap() + 1 });
        turn(&first);
        assert_eq!(second.block_on(joined).unwrap(), round + 1);
    }
    drop(first);
    assert_eq!(second.block_on(async { mainspring::spawn(async { 1 }).await }).unwrap(), 1);
    assert_eq!(kind.runtime().block_on(async { 2 }), 2);
}

tests::each_scheduler! {
    a_future_is_dropped_once_in_whatever_state_its_task_is,
    what_waits_for_a_task_of_an_ended_runtime_hears_that_it_was_cancelled,
    a_task_that_is_spawned_after_the_end_is_dropped_at_once,
    destructors_that_spawn_come_to_an_end,
    destructors_may_wake_abort_and_wait_for_other_tasks,
    tasks_that_hold_each_other_s_handles_are_dropped,
    a_task_may_hold_its_own_handle_and_its_own_waker,
    wakers_may_be_used_after_the_end,
    wakes_in_flight_do_no_harm_to_a_runtime_that_ends,
    spawns_in_flight_are_dropped_too,
    a_runtime_may_be_dropped_on_another_thread,
    runtimes_follow_and_interleave,
}
