//! Loom models of Condvar.

use crate::base::prim::{Arc, thread};
use crate::sync::{Condvar, Mutex};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;

fn model(f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// Who has seen the old value is told of the new one, though the notifier holds no lock then.
#[test]
fn loom_condvar_a_change_is_not_missed() {
    model(|| {
        let both = Arc::new((Mutex::new(false), Condvar::new()));
        let other = both.clone();
        let thread = thread::spawn(move || {
            *block_on(other.0.lock()) = true;
            other.1.notify_one();
        });
        let guard = block_on(both.0.lock());
        assert!(*block_on(both.1.wait_for(guard, |done| *done)));
        thread.join().expect("it ends");
    });
}

/// One of two waits is dropped while it is told, or has been: the other is told.
#[test]
fn loom_condvar_a_dropped_wait_passes_it_on() {
    model(|| {
        let both = Arc::new((Mutex::new(()), Condvar::new()));
        let gone = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        let mut stays = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        let other = both.clone();
        let thread = thread::spawn(move || other.1.notify_one());
        drop(gone);
        thread.join().expect("it ends");
        assert_eq!(stays.wakes(), 1);
        drop(stays.ready());
    });
}

/// Told, it is dropped while it is locking again, just as the lock is handed to it: both go on.
#[test]
fn loom_condvar_dropped_while_locking() {
    model(|| {
        // The mutex is std's `Arc`'s, so that a guard can go to the other thread.
        let both = Arc::new((std::sync::Arc::new(Mutex::new(())), Condvar::new()));
        let mut gone = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        let mut stays = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        let held = both.0.clone().try_lock_owned().expect("free");
        both.1.notify_one();
        assert!(gone.poll().is_pending());
        let thread = thread::spawn(move || drop(held));
        drop(gone);
        thread.join().expect("it ends");
        assert_eq!(stays.wakes(), 1);
        drop(stays.ready());
    });
}

/// All are told, while one leaves and the line becomes empty.
#[test]
fn loom_condvar_notify_all_meets_a_drop() {
    model(|| {
        let both = Arc::new((Mutex::new(()), Condvar::new()));
        let gone = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        let mut stays = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        let other = both.clone();
        let thread = thread::spawn(move || other.1.notify_all());
        drop(gone);
        thread.join().expect("it ends");
        drop(stays.ready());
        // Whoever comes later is seen again.
        let mut late = Polled::waiting(both.1.wait(both.0.try_lock().expect("free")));
        both.1.notify_one();
        drop(late.ready());
    });
}
