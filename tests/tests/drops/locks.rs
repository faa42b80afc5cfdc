//! Lines for locks and permits: what was handed to a future that is dropped goes to the next.

use crate::harness::Class::{Inner, Nothing, Place, Stays};
use crate::harness::{Other, Row, Scene, row};
use mainspring::sync::{Barrier, Condvar, Event, Mutex, Notify, OnceCell, RwLock, Semaphore};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

const NEXT: &str = "what it was handed goes to the next";

pub const ROWS: &[Row] = &[
    row("sync::Mutex::lock", Place, NEXT, || mutex(|lock| async move { drop(lock.lock().await) })),
    row("sync::Mutex::lock_owned", Place, NEXT, || {
        mutex(|lock| async move { drop(lock.lock_owned().await) })
    }),
    row("sync::RwLock::read", Place, NEXT, || {
        rwlock(|lock| async move { drop(lock.read().await) })
    }),
    row("sync::RwLock::write", Place, NEXT, || {
        writes(|lock| async move { drop(lock.write().await) })
    }),
    row("sync::RwLock::read_owned", Place, NEXT, || {
        rwlock(|lock| async move { drop(lock.read_owned().await) })
    }),
    row("sync::RwLock::write_owned", Place, NEXT, || {
        writes(|lock| async move { drop(lock.write_owned().await) })
    }),
    row("sync::Semaphore::acquire", Place, NEXT, || {
        semaphore(|permits| async move { drop(permits.acquire().await) })
    }),
    row("sync::Semaphore::acquire_many", Place, NEXT, || {
        many(|permits| async move { drop(permits.acquire_many(2).await) })
    }),
    row("sync::Semaphore::acquire_owned", Place, NEXT, || {
        semaphore(|permits| async move { drop(permits.acquire_owned().await) })
    }),
    row("sync::Semaphore::acquire_many_owned", Place, NEXT, || {
        many(|permits| async move { drop(permits.acquire_many_owned(2).await) })
    }),
    row("sync::Notified", Place, "a `notify_one` goes to the next, or is stored", || {
        notify(|notify| async move { notify.notified().await })
    }),
    row("sync::OwnedNotified", Place, "as `Notified`", || {
        notify(|notify| async move { notify.notified_owned().await })
    }),
    row("sync::Condvar::wait", Place, "the guard; a notification goes to the next", || {
        condvar(|condvar, mutex| async move { drop(condvar.wait(mutex.lock().await).await) })
    }),
    row("sync::Condvar::wait_for", Place, "as `wait`", || {
        condvar(|condvar, mutex| async move {
            drop(condvar.wait_for(mutex.lock().await, |told| *told).await);
        })
    }),
    row("sync::Condvar::wait_owned", Place, "as `wait`", || {
        condvar(|condvar, mutex| async move {
            drop(condvar.wait_owned(mutex.lock_owned().await).await);
        })
    }),
    row("sync::Condvar::wait_for_owned", Place, "as `wait`", || {
        condvar(|condvar, mutex| async move {
            drop(condvar.wait_for_owned(mutex.lock_owned().await, |told| *told).await);
        })
    }),
    row("sync::Event::wait", Nothing, "", event),
    row("sync::Barrier::wait", Stays, "the arrival counts from the first poll on", barrier),
    row("sync::OnceCell::get_or_init", Inner, "the attempt; the next who waits tries", || {
        once(|cell, begin| async move {
            cell.get_or_init(|| async move {
                begin.notified().await;
                1
            })
            .await;
        })
    }),
    row("sync::OnceCell::get_or_try_init", Inner, "the attempt; the next who waits tries", || {
        once(|cell, begin| async move {
            let made = cell.get_or_try_init(|| async move {
                begin.notified().await;
                Ok::<u8, ()>(1)
            });
            assert!(made.await.is_ok());
        })
    }),
];

/// Stands in a line before another: whatever happens to it, the other is let in.
fn line<L, F>(
    lock: Arc<L>,
    work: fn(Arc<L>) -> F,
    release: impl FnOnce() + Send + 'static,
    free: fn(&L) -> bool,
) -> Scene
where
    L: Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let other = Other::new(work(lock.clone()));
    let behind = other.clone();
    Scene::new(work(lock.clone())).step(move || behind.waits()).step(release).check(move |_| {
        other.ready();
        assert!(free(&lock), "all of it is back");
    })
}

fn mutex<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<Mutex<u8>>) -> F) -> Scene {
    let lock = Arc::new(Mutex::new(0));
    let held = lock.clone().try_lock_owned().unwrap();
    line(lock, work, || drop(held), |lock| lock.try_lock().is_ok())
}

fn rwlock<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<RwLock<u8>>) -> F) -> Scene {
    let lock = Arc::new(RwLock::new(0));
    let held = lock.clone().try_write_owned().unwrap();
    line(lock, work, || drop(held), |lock| lock.try_write().is_ok())
}

fn semaphore<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<Semaphore>) -> F) -> Scene {
    let permits = Arc::new(Semaphore::new(0));
    let theirs = permits.clone();
    let give = move || {
        theirs.add_permits(1);
        theirs.add_permits(1);
    };
    line(permits, work, give, |permits| permits.available_permits() == 2)
}

/// Wants more than there is, before another that does not: without it, the other is let in.
fn head<L, F>(
    lock: Arc<L>,
    work: F,
    other: impl Future<Output = ()> + Send + 'static,
    release: impl FnOnce() + Send + 'static,
    free: fn(&L) -> bool,
) -> Scene
where
    L: Send + Sync + 'static,
    F: Future<Output = ()> + 'static,
{
    let other = Other::new(other);
    let (behind, next) = (other.clone(), other.clone());
    Scene::new(work)
        .step(move || _ = behind.poll())
        .step(release)
        .dropped(move || next.told())
        .check(move |_| {
            other.ready();
            assert!(free(&lock), "all of it is back");
        })
}

fn many<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<Semaphore>) -> F) -> Scene {
    let permits = Arc::new(Semaphore::new(1));
    let (theirs, others) = (permits.clone(), permits.clone());
    let other = async move { drop(others.acquire().await) };
    let future = work(permits.clone());
    let free = |permits: &Semaphore| permits.available_permits() == 2;
    head(permits, future, other, move || theirs.add_permits(1), free)
}

fn writes<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<RwLock<u8>>) -> F) -> Scene {
    let lock = Arc::new(RwLock::new(0));
    let (held, others) = (lock.clone().try_read_owned().unwrap(), lock.clone());
    let other = async move { drop(others.read().await) };
    let future = work(lock.clone());
    head(lock, future, other, move || drop(held), |lock| lock.try_write().is_ok())
}

/// One `notify_one`: the future has it, or the other one gets it.
fn notify<F: Future<Output = ()> + Send + 'static>(work: fn(Arc<Notify>) -> F) -> Scene {
    let notify = Arc::new(Notify::new());
    let other = Other::new(work(notify.clone()));
    let (behind, tell) = (other.clone(), notify.clone());
    Scene::new(work(notify.clone()))
        .step(move || behind.waits())
        .step(move || tell.notify_one())
        .check(move |ready| {
            if ready {
                notify.notify_one();
            }
            other.ready();
        })
}

/// The same, and the mutex is free in the end.
fn condvar<F: Future<Output = ()> + Send + 'static>(
    work: fn(Arc<Condvar>, Arc<Mutex<bool>>) -> F,
) -> Scene {
    let (condvar, mutex) = (Arc::new(Condvar::new()), Arc::new(Mutex::new(false)));
    let other = Other::new(work(condvar.clone(), mutex.clone()));
    let (behind, tell, theirs) = (other.clone(), condvar.clone(), mutex.clone());
    Scene::new(work(condvar.clone(), mutex.clone()))
        .step(move || behind.waits())
        .step(move || {
            *theirs.try_lock().unwrap() = true;
            tell.notify_one();
        })
        .check(move |ready| {
            if ready {
                condvar.notify_one();
            }
            other.ready();
            assert!(mutex.try_lock().is_ok(), "the mutex is free");
        })
}

fn event() -> Scene {
    let event = Arc::new(Event::new());
    let (ours, theirs, others) = (event.clone(), event.clone(), event.clone());
    let other = Other::new(async move { others.wait().await });
    let behind = other.clone();
    Scene::new(async move { ours.wait().await })
        .step(move || behind.waits())
        .step(move || theirs.set())
        .check(move |_| {
            other.ready();
            assert!(event.is_set());
        })
}

/// A barrier for two: an arrival counts from its first poll on.
fn barrier() -> Scene {
    let barrier = Arc::new(Barrier::new(2));
    let ours = barrier.clone();
    let arrive = move || {
        let theirs = barrier.clone();
        Other::new(async move { theirs.wait().await.is_leader() })
    };
    let other = arrive();
    let (second, arrived) = (other.clone(), Arc::new(AtomicBool::new(false)));
    let counted = arrived.clone();
    Scene::new(async move {
        counted.store(true, SeqCst);
        ours.wait().await
    })
    .step(move || _ = second.poll())
    .check(move |_| {
        if !arrived.load(SeqCst) {
            other.waits();
            arrive().ready();
        }
        other.ready();
    })
}

/// Makes a value and is dropped over it: the other one, which waited for it, makes it.
fn once<F: Future<Output = ()> + Send + 'static>(
    work: fn(Arc<OnceCell<u8>>, Arc<Notify>) -> F,
) -> Scene {
    let (cell, begin) = (Arc::new(OnceCell::new()), Arc::new(Notify::new()));
    let other = Other::new(work(cell.clone(), begin.clone()));
    let (behind, tell) = (other.clone(), begin.clone());
    Scene::new(work(cell.clone(), begin.clone()))
        .step(move || behind.waits())
        .step(move || tell.notify_one())
        .check(move |ready| {
            if !ready && !cell.initialized() {
                // The other one begins at its next poll, and may be told by what is stored.
                begin.notify_one();
            }
            other.ready();
            assert_eq!(cell.get(), Some(&1));
        })
}
