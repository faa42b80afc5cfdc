//! A set and other threads: they wake, abort and await its tasks, and never touch a future.

use mainspring::sync::{mpsc, oneshot};
use mainspring::task::{LocalSet, spawn_blocking, spawn_local, yield_now};
use std::cell::Cell;
use std::future::pending;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc as std_mpsc};
use std::thread;
use tests::{Dice, Kind, eventually, runtime, within};

/// Asserts that it is dropped on the thread that made it.
struct AtHome(thread::ThreadId);

impl AtHome {
    fn new() -> Self {
        Self(thread::current().id())
    }
}

impl Drop for AtHome {
    fn drop(&mut self) {
        assert_eq!(self.0, thread::current().id(), "dropped away from home");
    }
}

fn wakes_from_other_threads_arrive(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let (send, mut receive) = mpsc::channel(3);
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let send = send.clone();
            thread::spawn(move || (0..500).for_each(|n| send.blocking_send(n).unwrap()))
        })
        .collect();
    drop(send);
    let sum = set.block_on(&rt, async move {
        let shared = Rc::new(Cell::new(0u64));
        let there = shared.clone();
        let task = spawn_local(async move {
            while let Some(n) = receive.recv().await {
                there.set(there.get() + n);
            }
        });
        task.await.unwrap();
        shared.get()
    });
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(sum, 3 * 499 * 500 / 2);
}

fn a_join_may_be_awaited_anywhere(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let (open, opened) = oneshot::channel();
    let task = set.spawn_local(async move {
        let _local = Rc::new(());
        opened.await.unwrap()
    });
    let elsewhere = rt.spawn(async move { task.await.unwrap() + 1 });
    let sum = set.block_on(&rt, async move {
        open.send(6).unwrap();
        elsewhere.await.unwrap()
    });
    assert_eq!(sum, 7);
}

fn an_abort_from_another_thread_drops_at_home(kind: Kind) {
    let (rt, set) = (kind.runtime(), LocalSet::new());
    let task = set.spawn_local(async {
        let _home = (AtHome::new(), Rc::new(()));
        pending::<()>().await;
    });
    let abort = task.abort_handle();
    set.block_on(&rt, async move {
        yield_now().await;
        spawn_blocking(move || abort.abort()).await.unwrap();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

tests::each_scheduler! {
    wakes_from_other_threads_arrive,
    a_join_may_be_awaited_anywhere,
    an_abort_from_another_thread_drops_at_home,
}

#[test]
fn a_set_in_a_blocking_thread_uses_the_runtime_s_handle() {
    for kind in [Kind::CurrentThread, Kind::Workers(2)] {
        let rt = kind.runtime();
        let handle = rt.handle().clone();
        let sum = rt.block_on(rt.spawn_blocking(move || {
            let set = LocalSet::new();
            handle.block_on(set.run_until(async {
                let there = spawn_local(async { mainspring::spawn(async { 3 }).await.unwrap() });
                let slept = mainspring::time::sleep(mainspring::time::Duration::from_millis(1));
                spawn_local(slept).await.unwrap();
                there.await.unwrap() + 4
            }))
        }));
        assert_eq!(sum.unwrap(), 7);
    }
}

#[test]
fn a_set_ends_while_others_wake_and_abort() {
    within(|| {
        for round in 0..200 {
            let mut dice = Dice::new(round);
            let set = LocalSet::new();
            let (wakers, woken) = std_mpsc::channel();
            let tasks: Vec<_> = (0..4)
                .map(|_| {
                    let wakers = wakers.clone();
                    set.spawn_local(std::future::poll_fn(move |cx| {
                        let _home = AtHome::new();
                        let _ = wakers.send(cx.waker().clone());
                        std::task::Poll::<()>::Pending
                    }))
                })
                .collect();
            drop(wakers);
            let stop = Arc::new(AtomicBool::new(false));
            let aborts: Vec<_> = tasks.iter().map(|task| task.abort_handle()).collect();
            let other = {
                let stop = stop.clone();
                thread::spawn(move || {
                    let mut all = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        all.extend(woken.try_iter());
                        all.iter().for_each(std::task::Waker::wake_by_ref);
                        if all.len() > 30 {
                            aborts.iter().for_each(|abort| abort.abort());
                        }
                    }
                    all.extend(woken.try_iter());
                    all.into_iter().for_each(std::task::Waker::wake);
                })
            };
            let rt = runtime();
            set.block_on(&rt, async {
                for _ in 0..dice.roll(50) {
                    yield_now().await;
                }
            });
            drop(set);
            assert!(tasks.iter().all(|task| task.is_finished()));
            stop.store(true, Ordering::Relaxed);
            other.join().unwrap();
        }
    });
}

#[test]
fn a_wake_meets_the_end_of_a_drive() {
    within(|| {
        let rt = runtime();
        let set = LocalSet::new();
        for _ in 0..500 {
            let (open, opened) = oneshot::channel();
            let task = set.spawn_local(async move { opened.await.unwrap() });
            let other = thread::spawn(move || open.send(7).unwrap());
            assert_eq!(set.block_on(&rt, task).unwrap(), 7);
            other.join().unwrap();
        }
        eventually(|| format!("{set:?}").contains("tasks: 0"));
    });
}
