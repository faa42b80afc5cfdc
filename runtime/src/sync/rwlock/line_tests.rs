//! Tests of who waits for whom, and what is lost when a future is dropped. Loom models:
//! `model_tests.rs`.

use crate::sync::*;
use crate::wake::coop;
use crate::wake::wait_list::poller::{Count, Polled, must_end, nosy};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Wake;

#[test]
fn a_waiting_writer_blocks_later_readers() {
    let lock = RwLock::new(1);
    let reader = lock.try_read().expect("free");
    let mut writer = Polled::waiting(lock.write());
    let mut late = Polled::waiting(lock.read());
    assert!(lock.try_read().is_err() && lock.try_write().is_err());
    drop(reader);
    assert_eq!((writer.wakes(), late.wakes()), (1, 0));
    *writer.ready() += 1;
    assert_eq!(late.wakes(), 1);
    assert_eq!(*late.ready(), 2);
}

#[test]
fn it_is_handed_over_in_order_and_readers_go_on_together() {
    let lock = RwLock::new(Vec::new());
    let held = lock.try_write().expect("free");
    let mut readers: Vec<_> = (0..50).map(|_| Polled::waiting(lock.read())).collect();
    let mut writer = Polled::waiting(lock.write());
    let mut late = Polled::waiting(lock.read());
    drop(held);
    assert!(readers.iter().all(|reader| reader.wakes() == 1));
    assert_eq!((writer.wakes(), late.wakes()), (0, 0));
    let guards: Vec<_> = readers.iter_mut().map(Polled::ready).collect();
    assert!(writer.poll().is_pending());
    drop(guards);
    writer.ready().push(1);
    assert_eq!(*late.ready(), [1]);
}

#[test]
fn a_writer_waits_for_the_last_reader() {
    let lock = RwLock::with_max_readers(0, 3);
    let mut readers: Vec<_> = (0..3).map(|_| lock.try_read().expect("three may")).collect();
    let mut writer = Polled::waiting(lock.write());
    while let Some(reader) = readers.pop() {
        assert!(writer.poll().is_pending());
        drop(reader);
    }
    *writer.ready() += 1;
    assert!(lock.try_write().is_ok());
}

/// The cancel-safety line of `read`: a place in the line is all that is lost.
#[test]
fn a_cancelled_reader_passes_it_on() {
    let lock = Arc::new(RwLock::with_max_readers(0, 1));
    let held = lock.try_write().expect("free");
    drop(Polled::new(lock.read()));
    let never = Polled::waiting(lock.read());
    let handed = Polled::waiting(lock.clone().read_owned());
    let mut last = Polled::waiting(lock.read());
    drop(never);
    drop(held);
    assert_eq!((handed.wakes(), last.wakes()), (1, 0));
    drop(handed);
    assert_eq!(last.wakes(), 1);
    drop(last.ready());
    assert!(lock.try_write().is_ok());
}

/// The cancel-safety line of `write`: and the readers behind it go on.
#[test]
fn a_cancelled_writer_lets_the_readers_behind_it_go() {
    let lock = Arc::new(RwLock::new(0));
    let reader = lock.try_read().expect("free");
    let writer = Polled::waiting(lock.write());
    let mut readers = [Polled::waiting(lock.read()), Polled::waiting(lock.read())];
    let mut behind = Polled::waiting(lock.clone().write_owned());
    drop(writer);
    assert!(readers.iter().all(|reader| reader.wakes() == 1));
    let guards = readers.each_mut().map(Polled::ready);
    assert!(behind.poll().is_pending());
    drop((reader, guards));
    assert_eq!(behind.wakes(), 1);
    // Handed all shares, and gone.
    drop(behind);
    assert!(lock.try_write().is_ok());
}

#[test]
fn a_downgrade_lets_waiting_readers_go_and_no_writer() {
    let lock = RwLock::new(0);
    let mut held = lock.try_write().expect("free");
    let mut first = Polled::waiting(lock.read());
    let mut writer = Polled::waiting(lock.write());
    let mut behind = Polled::waiting(lock.read());
    *held = 1;
    let held = held.downgrade();
    assert_eq!((first.wakes(), writer.wakes(), behind.wakes()), (1, 0, 0));
    assert_eq!((*held, *first.ready()), (1, 1));
    assert!(writer.poll().is_pending());
    drop(held);
    assert_eq!(writer.wakes(), 1);
    drop(writer.ready());
    drop(behind.ready());
}

/// A downgrade whose wake-up panics keeps no share.
#[test]
fn a_panic_of_a_waker_loses_no_share() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker");
        }
    }
    for owned in [false, true] {
        let lock = Arc::new(RwLock::new(0));
        let held = lock.clone().try_write_owned().expect("free");
        let mut reader = Polled::new(lock.read());
        assert!(reader.poll_with(&Arc::new(Panics).into()).is_pending());
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if owned {
                return drop(held.downgrade());
            }
            drop(held);
        }));
        assert!(outcome.is_err());
        drop(reader.ready());
        assert!(lock.try_write().is_ok());
    }
    let lock = RwLock::new(0);
    let held = lock.try_write().expect("free");
    let mut reader = Polled::new(lock.read());
    assert!(reader.poll_with(&Arc::new(Panics).into()).is_pending());
    assert!(catch_unwind(AssertUnwindSafe(|| drop(held.downgrade()))).is_err());
    drop(reader.ready());
    assert!(lock.try_write().is_ok());
}

#[test]
fn threads_can_block_on_it() {
    must_end(|| {
        let lock = RwLock::new(0);
        let mut held = lock.try_write().expect("free");
        std::thread::scope(|scope| {
            let readers = [(); 3].map(|()| scope.spawn(|| *lock.blocking_read()));
            let writers = [(); 3].map(|()| scope.spawn(|| *lock.blocking_write() += 10));
            *held = 1;
            drop(held);
            for reader in readers {
                assert_eq!(reader.join().expect("no panic") % 10, 1);
            }
            for writer in writers {
                writer.join().expect("no panic");
            }
        });
        assert_eq!(lock.into_inner(), 31);
    });
}

#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    let lock = RwLock::new(0);
    let held = lock.try_read().expect("free");
    let mut writer = Polled::waiting(lock.write());
    let (count, waker) = Count::waker();
    assert!(writer.poll_with(&waker).is_pending());
    drop(held);
    assert_eq!((writer.wakes(), count.wakes()), (0, 1));
    drop(writer.ready());
}

#[test]
fn the_budget_is_spent() {
    let lock = RwLock::new(0);
    let _budget = coop::budget();
    let taken = (0..1000).take_while(|_| Polled::new(lock.read()).poll().is_ready());
    assert_eq!(taken.count(), usize::from(coop::BUDGET));
    let mut more = Polled::waiting(lock.write());
    assert_eq!(more.wakes(), 1);
    let _unlimited = coop::unlimited();
    drop(more.ready());
}

/// Whatever the wakers do, and they do the worst: no lock of ours is held around them.
#[test]
fn no_foreign_code_runs_under_the_lock() {
    must_end(|| {
        let lock = Arc::new(RwLock::new(0));
        let meddle = lock.clone();
        let waker = nosy(Arc::new(move || {
            let _ = meddle.try_read();
            let _ = Polled::new(meddle.write()).poll();
            let _ = Polled::new(meddle.read()).poll();
        }));
        let other = nosy(Arc::new(|| ()));
        let held = lock.try_write().expect("free");
        let mut reader = Polled::new(lock.read());
        let mut writer = Polled::new(lock.write());
        let mut gone = Polled::new(lock.read());
        for _ in 0..2 {
            assert!(reader.poll_with(&waker).is_pending() && writer.poll_with(&waker).is_pending());
            assert!(gone.poll_with(&waker).is_pending() && gone.poll_with(&other).is_pending());
        }
        drop(gone);
        let held = held.downgrade();
        drop(reader.ready());
        drop(held);
        drop(writer.poll_with(&waker));
        drop(writer);
        assert!(lock.try_write().is_ok());
    });
}
