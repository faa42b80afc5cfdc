//! Loom models of the lock.

use crate::base::prim::{UnsafeCell, thread};
use crate::sync::{RwLock, RwLockWriteGuard};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;
use std::sync::Arc;

/// A value whose every touch loom watches.
type Watched = RwLock<Number>;

struct Number(UnsafeCell<i32>);

// SAFETY: written by whoever has the write guard, read under any guard; loom checks it.
unsafe impl Sync for Number {}
// SAFETY: as above.
unsafe impl Send for Number {}

impl Number {
    fn add(&mut self) {
        // SAFETY: borrowed mutably.
        self.0.with_mut(|value| unsafe { *value += 1 });
    }

    fn get(&self) -> i32 {
        // SAFETY: as above, shared.
        self.0.with(|value| unsafe { *value })
    }
}

fn model(bound: usize, f: impl Fn(Arc<Watched>, Arc<Watched>) + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(move || {
        let lock = Arc::new(RwLock::with_max_readers(Number(UnsafeCell::new(0)), 2));
        f(lock.clone(), lock);
    });
}

/// INV-100: two writers, one by a guard of a part, exclude each other.
#[test]
fn loom_rwlock_writers_exclude() {
    model(5, |lock, other| {
        let thread = thread::spawn(move || {
            let guard = block_on(other.write());
            RwLockWriteGuard::map(guard, |number| number).add();
        });
        block_on(lock.write()).add();
        thread.join().expect("it ends");
        assert_eq!(lock.try_read().expect("free").get(), 2);
    });
}

/// INV-100, INV-101: a writer waits for the reader, or the reader for the writer: what is read is
/// whole, and what is written waits for the end of the reading.
#[test]
fn loom_rwlock_a_reader_meets_a_writer() {
    model(5, |lock, other| {
        let thread = thread::spawn(move || block_on(other.write()).add());
        let guard = block_on(lock.read());
        let seen = guard.get();
        assert_eq!(guard.get(), seen);
        drop(guard);
        thread.join().expect("it ends");
        assert_eq!(lock.try_read().expect("free").get(), 1);
    });
}

/// A downgrade lets a reader in who waits, and both see what was written.
#[test]
fn loom_rwlock_downgrade_meets_a_reader() {
    model(5, |lock, other| {
        let mut guard = block_on(lock.write());
        let thread = thread::spawn(move || assert_eq!(block_on(other.read()).get(), 1));
        guard.add();
        let guard = guard.downgrade();
        assert_eq!(guard.get(), 1);
        thread.join().expect("it ends");
        drop(guard);
        let _all = lock.try_write().expect("all shares are back");
        assert!(lock.try_read().is_err());
    });
}

/// A writer at the head of the line is dropped while the reader it waits for lets go: the reader
/// behind it goes on, once, and all shares are back.
#[test]
fn loom_rwlock_a_dropped_writer_lets_the_readers_go() {
    model(5, |lock, other| {
        let held = block_on(lock.clone().read_owned());
        let writer = Polled::waiting(lock.write());
        let mut reader = Polled::waiting(other.read());
        let thread = thread::spawn(move || drop(held));
        drop(writer);
        assert_eq!(reader.wakes(), 1);
        drop(reader.ready());
        thread.join().expect("it ends");
        assert!(lock.try_write().is_ok());
    });
}

/// INV-100: two read while another writes, one of the two by a downgrade.
#[test]
fn loom_rwlock_readers_and_writers_of_three_threads() {
    model(2, |lock, other| {
        let third = lock.clone();
        let writer = thread::spawn(move || block_on(other.write()).add());
        let reader = thread::spawn(move || assert!(block_on(third.read()).get() <= 2));
        let mut guard = block_on(lock.write());
        guard.add();
        assert!((1..=2).contains(&guard.downgrade().get()));
        writer.join().expect("it ends");
        reader.join().expect("it ends");
        assert_eq!(lock.try_write().expect("all shares are back").get(), 2);
    });
}
