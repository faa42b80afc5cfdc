//! Loom models of the permits.
//!
//! Loom runs the first thread as far as it gets, and goes back for what the second does to the same
//! object, but keeps one access of each only: a load that is followed by another thread's load is
//! forgotten. So where a plain load is at stake, the second thread makes it.

use crate::base::note::Kind;
use crate::base::prim::{Arc, UnsafeCell, thread};
use crate::sync::semaphore::permits::*;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Count, Polled};

fn model(bound: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(f);
}

/// A value under one permit.
struct Guarded {
    permits: Permits,
    value: UnsafeCell<usize>,
}

// SAFETY: the value is touched by whoever has the permit.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

impl Guarded {
    fn new(permits: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Permits::new(Kind::Semaphore, permits),
            value: UnsafeCell::new(0),
        })
    }

    fn add(&self) {
        // SAFETY: the caller has the permit; loom checks it.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn acquire_add_release(&self) {
        block_on(self.permits.acquire(1)).expect("nobody closes it");
        self.add();
        self.permits.release(1);
    }
}

/// INV-14, INV-56: acquire, wait, hand over and release between two threads exclude each other
/// and order what is done under the permit.
#[test]
fn loom_permits_exclude_and_order() {
    model(3, || {
        let guarded = Guarded::new(1);
        let other = guarded.clone();
        let thread = thread::spawn(move || other.acquire_add_release());
        guarded.acquire_add_release();
        thread.join().expect("it ends");
        assert_eq!(guarded.permits.available(), 1);
        // SAFETY: nobody else is left.
        guarded.value.with(|value| assert_eq!(unsafe { *value }, 2));
    });
}

/// A release never misses the one who is just joining the line.
#[test]
fn loom_permits_release_meets_line_up() {
    model(3, || {
        let guarded = Guarded::new(0);
        let other = guarded.clone();
        let thread = thread::spawn(move || {
            other.add();
            other.permits.release(1);
        });
        block_on(guarded.permits.acquire(1)).expect("nobody closes it");
        guarded.add();
        thread.join().expect("it ends");
    });
}

/// INV-16, INV-17: a waiter is dropped while it is handed its permit: the next one gets it.
#[test]
fn loom_permits_dropped_waiter_passes_on() {
    model(3, || {
        let permits = Arc::new(Permits::new(Kind::Semaphore, 0));
        let other = permits.clone();
        let first = Polled::waiting(permits.acquire(1));
        let mut second = Polled::waiting(permits.acquire(1));
        let thread = thread::spawn(move || other.release(1));
        drop(first);
        thread.join().expect("it ends");
        assert_eq!(second.wakes(), 1);
        assert_eq!(second.ready(), Ok(()));
        drop(second);
        assert_eq!(permits.available(), 0);
    });
}

/// The last of the line leaves while permits come back: they are there afterwards.
#[test]
fn loom_permits_last_waiter_leaves() {
    model(3, || {
        let permits = Arc::new(Permits::new(Kind::Semaphore, 1));
        let other = permits.clone();
        let wait = Polled::waiting(permits.acquire(2));
        let thread = thread::spawn(move || other.release(1));
        drop(wait);
        thread.join().expect("it ends");
        assert_eq!(permits.available(), 2);
        assert_eq!(permits.try_acquire(2), Ok(()));
    });
}

/// INV-15: a waiter changes its waker while it is handed its permit: the new one is woken, or
/// the poll is ready.
#[test]
fn loom_permits_waker_changes() {
    model(3, || {
        let permits = Arc::new(Permits::new(Kind::Semaphore, 0));
        let other = permits.clone();
        let mut wait = Polled::waiting(permits.acquire(1));
        let thread = thread::spawn(move || other.release(1));
        let (count, waker) = Count::waker();
        let ready = wait.poll_with(&waker).is_ready();
        thread.join().expect("it ends");
        assert!(ready || count.wakes() == 1);
        assert!(ready || wait.poll().is_ready());
    });
}

/// INV-15, INV-16: a waiter that finds itself handed, before it is woken, sees what was done
/// before; and what it does next, wait again, meets no touch of the hander.
#[test]
fn loom_permits_handed_waiter_is_free() {
    model(3, || {
        let guarded = Guarded::new(0);
        let other = guarded.clone();
        let mut wait = Polled::waiting(guarded.permits.acquire(1));
        let thread = thread::spawn(move || {
            other.add();
            other.permits.release(1);
        });
        if wait.poll().is_ready() {
            guarded.add();
            assert!(wait.poll().is_pending());
        }
        thread.join().expect("it ends");
    });
}

/// What a hand-over leaves over is taken without a lock, and orders what was done before it.
#[test]
fn loom_permits_what_is_left_over() {
    model(3, || {
        let guarded = Guarded::new(0);
        let other = guarded.clone();
        let mut wait = Polled::waiting(guarded.permits.acquire(1));
        let thread = thread::spawn(move || {
            if other.permits.try_acquire(1).is_ok() {
                other.add();
            }
        });
        guarded.add();
        guarded.permits.release(2);
        thread.join().expect("it ends");
        assert_eq!(wait.ready(), Ok(()));
    });
}

/// Closing and joining the line at once: nobody waits for ever.
#[test]
fn loom_permits_close_meets_line_up() {
    model(3, || {
        let permits = Arc::new(Permits::new(Kind::Semaphore, 0));
        let other = permits.clone();
        let thread = thread::spawn(move || other.close());
        assert!(block_on(permits.acquire(1)).is_err());
        thread.join().expect("it ends");
    });
}

/// Permits gather in the word for a big request, added with the lock or without it.
#[test]
fn loom_permits_gather_for_the_head() {
    model(2, || {
        let guarded = Guarded::new(0);
        let add = |guarded: &Arc<Guarded>| {
            let one = guarded.clone();
            thread::spawn(move || one.permits.release(1))
        };
        let threads = [add(&guarded), add(&guarded)];
        block_on(guarded.permits.acquire(2)).expect("nobody closes it");
        for thread in threads {
            thread.join().expect("it ends");
        }
        assert_eq!(guarded.permits.available(), 0);
    });
}

/// What is taken away for good is taken once, with all that was done under it.
#[test]
fn loom_permits_are_forgotten_once() {
    model(3, || {
        let guarded = Guarded::new(0);
        let (giver, taker) = (guarded.clone(), guarded.clone());
        let gives = thread::spawn(move || {
            giver.add();
            giver.permits.release(1);
        });
        let take = |guarded: &Guarded| {
            let taken = guarded.permits.take_up_to(2);
            (0..taken).for_each(|_| guarded.add());
            taken
        };
        let takes = thread::spawn(move || take(&taker));
        let here = take(&guarded);
        gives.join().expect("it ends");
        let taken = here + takes.join().expect("it ends");
        assert_eq!(taken + guarded.permits.available(), 1);
    });
}
