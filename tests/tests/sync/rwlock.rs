//! RwLock: tokio's lock for many who read or one who writes, served in order.

use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, touch};
use mainspring::sync::{
    OwnedRwLockMappedWriteGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock,
};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use tests::{Executor, Tasks, at_every_point, poll_once, refuses};

async fn many_read_or_one_writes(on: Tasks) {
    let lock = Arc::new(RwLock::new(1));
    let readers = [lock.clone().read_owned().await, lock.clone().read_owned().await];
    assert!(*lock.read().await == 1 && lock.try_write().is_err());
    let writer = on.in_line(lock.clone().write_owned()).await;
    for reader in readers {
        on.yield_now().await;
        assert!(!writer.is_finished());
        drop(reader);
    }
    let mut guard = writer.await;
    *guard = 2;
    assert!(poll_once(pin!(lock.read())).await.is_pending());
    assert!(poll_once(pin!(lock.write())).await.is_pending());
    assert_eq!(lock.try_read().unwrap_err().to_string(), "operation would block");
    drop(guard);
    assert_eq!(*lock.read().await, 2);
    assert!(lock.try_write().is_ok());
}

/// Readers go together, up to the next writer, and nobody overtakes.
async fn those_who_wait_are_served_in_order(on: Tasks) {
    let lock = Arc::new(RwLock::new(0));
    let held = lock.clone().write_owned().await;
    let read = || on.in_line(lock.clone().read_owned());
    let write = || on.in_line(lock.clone().write_owned());
    let together = [read().await, read().await, read().await];
    let (writer, reader, last) = (write().await, read().await, write().await);
    drop(held);
    // What was handed over cannot be taken, also before it is taken up.
    assert!(lock.try_read().is_err() && lock.try_write().is_err());
    let mut guards = vec![];
    for task in together {
        guards.push(task.await);
    }
    while guards.pop().is_some() {
        assert!(!writer.is_finished() && lock.try_read().is_err());
        on.yield_now().await;
    }
    let guard = writer.await;
    on.yield_now().await;
    assert!(!reader.is_finished());
    drop(guard);
    let guard = reader.await;
    on.yield_now().await;
    assert!(!last.is_finished() && lock.try_read().is_err());
    drop(guard);
    drop(last.await);
    assert!(lock.try_write().is_ok());
}

/// They read without a break, one beside the other; who writes has its turn all the same.
async fn readers_do_not_starve_a_writer(on: Tasks) {
    let (lock, written) = (Arc::new(RwLock::new(false)), Log::new());
    let reads = |seen: Log<bool>| {
        let (on, lock) = (on.clone(), lock.clone());
        async move {
            while !*lock.read().await {
                let guard = lock.read().await;
                seen.say(*guard);
                on.yield_now().await;
            }
        }
    };
    let readers: Vec<_> = (0..3).map(|_| on.spawn(reads(written.clone()))).collect();
    on.until(|| written.said().len() > 10).await;
    *lock.write().await = true;
    for reader in readers {
        reader.await;
    }
}

/// Whoever wants what and is dropped when: the others get theirs, and in the end it is free.
async fn a_dropped_waiter_loses_and_makes_no_share(on: Tasks) {
    for (victim_writes, other_writes) in
        [(false, false), (true, false), (false, true), (true, true)]
    {
        at_every_point(|point| {
            let (on, lock) = (on.clone(), Arc::new(RwLock::with_max_readers(0, 3)));
            async move {
                let held = lock.clone().write_owned().await;
                // With the guard inside: a drop while it holds the lock unlocks it.
                let wants = |writes| {
                    let (on, lock) = (on.clone(), lock.clone());
                    async move {
                        if writes {
                            let mut guard = lock.write().await;
                            on.yield_now().await;
                            *guard += 1;
                        } else {
                            let _guard = lock.read().await;
                            on.yield_now().await;
                        }
                    }
                };
                let victim = on.started(point.of(wants(victim_writes))).await;
                let other = on.in_line(wants(other_writes)).await;
                let third = on.in_line(wants(true)).await;
                drop(held);
                let done = victim.await.is_some();
                other.await;
                third.await;
                let written = 1 + i32::from(other_writes) + i32::from(done && victim_writes);
                assert_eq!(*lock.try_write().unwrap(), written);
                let _all = [(); 3].map(|()| lock.try_read().unwrap());
                assert!(lock.try_read().is_err());
            }
        })
        .await;
    }
}

/// While others read, the writer who waits goes: those behind it only wanted to read.
async fn a_dropped_writer_lets_the_readers_behind_it_go(on: Tasks) {
    at_every_point(|point| {
        let (on, lock) = (on.clone(), Arc::new(RwLock::new(0)));
        async move {
            let held = lock.read().await;
            let victim = on.started(point.of(lock.clone().write_owned())).await;
            let readers = [
                on.started(lock.clone().read_owned()).await,
                on.started(lock.clone().read_owned()).await,
            ];
            let gone = victim.give_up().await.is_none_or(|outcome| outcome.is_none());
            assert!(gone, "somebody reads");
            for reader in readers {
                drop(reader.await);
            }
            drop(held);
            assert!(lock.try_write().is_ok());
        }
    })
    .await;
}

async fn a_downgrade_lets_the_next_readers_in_and_no_writer(on: Tasks) {
    let lock = Arc::new(RwLock::new(0));
    let mut writer = lock.write().await;
    let read = || on.in_line(lock.clone().read_owned());
    let readers = [read().await, read().await];
    let next = on.in_line(lock.clone().write_owned()).await;
    let behind = read().await;
    *writer = 1;
    let mine = writer.downgrade();
    for reader in readers {
        assert_eq!(*reader.await, 1);
    }
    on.yield_now().await;
    assert!(!next.is_finished() && !behind.is_finished());
    assert!(lock.try_read().is_err() && lock.try_write().is_err());
    drop(mine);
    let mut guard = next.await;
    *guard = 2;
    let mine = guard.downgrade();
    assert_eq!((*mine, *behind.await, *lock.read().await), (2, 2, 2));
    assert!(lock.try_write().is_err());
    drop(mine);
    assert!(lock.try_write().is_ok());
}

async fn nobody_writes_between_a_write_and_its_downgrade(on: Tasks) {
    let lock = Arc::new(RwLock::new((0, 0)));
    let (inside, writes) = (Arc::new(AtomicUsize::new(0)), 20);
    let worker = |number: usize| {
        let (on, lock, inside) = (on.clone(), lock.clone(), inside.clone());
        async move {
            for round in 0..writes {
                let mut guard = lock.clone().write_owned().await;
                assert_eq!(inside.load(Ordering::Relaxed), 0, "nobody reads");
                *guard = (guard.0 + 1, number);
                if (number + round).is_multiple_of(2) {
                    on.yield_now().await;
                }
                let guard = guard.downgrade();
                inside.fetch_add(1, Ordering::Relaxed);
                let before = *guard;
                on.yield_now().await;
                assert_eq!((before.1, *guard), (number, before));
                inside.fetch_sub(1, Ordering::Relaxed);
                drop(guard);
                let read = lock.read().await.0;
                assert!(read >= before.0);
            }
        }
    };
    let tasks: Vec<_> = (0..5).map(|number| on.spawn(worker(number))).collect();
    for task in tasks {
        task.await;
    }
    assert_eq!(lock.read().await.0, 5 * writes);
}

async fn a_reader_too_many_waits(on: Tasks) {
    let lock = Arc::new(RwLock::with_max_readers(0, 2));
    let (one, two) = (lock.clone().read_owned().await, lock.read().await);
    let third = on.in_line(lock.clone().read_owned()).await;
    drop(one);
    let third = third.await;
    assert!(lock.try_read().is_err());
    drop((two, third));
    let mine = lock.write().await.downgrade();
    drop(lock.try_read().unwrap());
    drop(mine);
    assert!(lock.try_write().is_ok());
}

async fn an_owned_guard_goes_to_another_task_or_thread(on: Tasks) {
    let lock = Arc::new(RwLock::new((0, "")));
    let guard = lock.clone().write_owned().await;
    assert!(Arc::ptr_eq(OwnedRwLockWriteGuard::rwlock(&guard), &lock));
    let reader = on.in_line(lock.clone().read_owned()).await;
    let mut number = OwnedRwLockWriteGuard::map(guard, |pair| &mut pair.0);
    assert!(Arc::ptr_eq(OwnedRwLockMappedWriteGuard::rwlock(&number), &lock));
    let holder = on.spawn(async move {
        *number += 1;
        thread::spawn(move || *number += 1).join().unwrap();
    });
    holder.await;
    let number = OwnedRwLockReadGuard::map(reader.await, |pair| &pair.0);
    assert!(Arc::ptr_eq(OwnedRwLockReadGuard::rwlock(&number), &lock));
    // The last guard keeps the lock alive.
    drop(lock);
    assert_eq!(on.spawn(async move { *number }).await, 2);
}

async fn threads_and_tasks_stand_in_one_line(on: Tasks) {
    let lock = Arc::new(RwLock::new(0));
    let (held, theirs) = (lock.clone().write_owned().await, lock.clone());
    let thread = thread::spawn(move || {
        for _ in 0..20 {
            let before = *theirs.blocking_read();
            *theirs.blocking_write() += 1;
            assert!(*theirs.blocking_read() > before);
        }
    });
    drop(held);
    for _ in 0..20 {
        *lock.write().await += 1;
    }
    on.until(|| lock.try_read().is_ok_and(|value| *value == 40)).await;
    thread.join().unwrap();
}

async fn blocking_is_refused_in_our_async_code_and_allowed_in_others(on: Tasks) {
    let lock = RwLock::new(());
    if on.executor() != Executor::Mainspring {
        drop(lock.blocking_read());
        return drop(lock.blocking_write());
    }
    let words = ["blocking_*", ".await", "spawn_blocking"];
    refuses(&words, || drop(lock.blocking_read()));
    refuses(&words, || drop(lock.blocking_write()));
    assert!(lock.try_write().is_ok());
}

tests::each_executor! {
    many_read_or_one_writes,
    those_who_wait_are_served_in_order,
    readers_do_not_starve_a_writer,
    a_dropped_waiter_loses_and_makes_no_share,
    a_dropped_writer_lets_the_readers_behind_it_go,
    a_downgrade_lets_the_next_readers_in_and_no_writer,
    nobody_writes_between_a_write_and_its_downgrade,
    a_reader_too_many_waits,
    an_owned_guard_goes_to_another_task_or_thread,
    threads_and_tasks_stand_in_one_line,
    blocking_is_refused_in_our_async_code_and_allowed_in_others,
}

#[test]
fn a_waker_may_call_the_lock_back() {
    const CALLS: &[fn(&RwLock<u8>)] = &[
        |lock| drop(lock.try_read()),
        |lock| drop(lock.try_write().map(|guard| guard.downgrade())),
        |lock| touch(lock.read()),
        |lock| touch(lock.write()),
        |lock| assert!(!format!("{lock:?}").is_empty()),
    ];
    meddle(
        || RwLock::new(1),
        CALLS,
        |lock, waker| {
            let guard = lock.try_write().unwrap();
            let mut reads: Vec<_> = (0..40).map(|_| Polled::new(lock.read())).collect();
            let mut writes: Vec<_> = (0..4).map(|_| Polled::new(lock.write())).collect();
            reads[..35].iter_mut().for_each(|read| read.prod(waker));
            writes.iter_mut().for_each(|write| write.prod(waker));
            reads.iter_mut().for_each(|read| read.prod(waker));
            for read in reads.iter_mut().step_by(2) {
                read.prod_plainly();
                read.prod(waker);
            }
            let guard = guard.downgrade();
            drop(reads.pop());
            drop(reads.remove(0));
            reads.iter_mut().for_each(|read| read.prod(waker));
            drop(guard);
            writes.iter_mut().for_each(|write| write.prod(waker));
            drop(writes);
            reads.iter_mut().for_each(|read| read.prod(waker));
        },
    );
}

/// Neither the guard that is given up nor the one that it becomes keeps a share.
#[test]
fn a_waker_that_panics_stops_nobody_and_costs_no_share() {
    for give_up in [drop, |guard: OwnedRwLockWriteGuard<u8>| drop(guard.downgrade())] {
        let lock = Arc::new(RwLock::new(1));
        let guard = lock.clone().try_write_owned().unwrap();
        let mut reads: Vec<_> = (0..80).map(|_| Polled::new(lock.read())).collect();
        for (number, read) in reads.iter_mut().enumerate() {
            let pending = match number {
                3 | 40 => read.poll_with(&bomb(Deed::Wake)).is_pending(),
                _ => read.poll().is_pending(),
            };
            assert!(pending);
        }
        let mut write = Polled::waiting(lock.write());
        blows_up(|| give_up(guard));
        let guards: Vec<_> = reads.iter_mut().map(Polled::ready).collect();
        assert!(write.poll().is_pending());
        drop(guards);
        drop(write.ready());
        assert!(lock.try_write().is_ok());
    }
    let lock = RwLock::new(1);
    let guard = lock.try_write().unwrap();
    let mut read = Polled::new(lock.read());
    assert!(read.poll_with(&bomb(Deed::Wake)).is_pending());
    blows_up(|| drop(guard.downgrade()));
    drop(read.ready());
    assert!(lock.try_write().is_ok());
}
