//! Loom models of Notify.

use super::STORED;
use crate::base::prim::{Arc, Ordering, UnsafeCell, thread};
use crate::sync::{Notify, OwnedNotified};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;

struct Told(std::sync::Arc<Notify>, UnsafeCell<u8>);

// SAFETY: the cell is written before a notification and read after it.
unsafe impl Sync for Told {}
// SAFETY: as above.
unsafe impl Send for Told {}

impl Told {
    fn new() -> Arc<Self> {
        Arc::new(Self(std::sync::Arc::new(Notify::new()), UnsafeCell::new(0)))
    }

    fn write(&self) {
        // SAFETY: nobody reads before the notification.
        self.1.with_mut(|value| unsafe { *value = 1 });
    }

    fn read(&self) {
        // SAFETY: nobody writes after the notification.
        self.1.with(|value| assert_eq!(unsafe { *value }, 1));
    }
}

/// Somebody writes and notifies, somebody listens and reads. Both ways round: loom goes back for
/// the loads of the second thread more thoroughly.
fn written_is_read(notify: fn(&Notify)) {
    for listens_here in [true, false] {
        loom::model(move || {
            let told = Told::new();
            let other = told.clone();
            let listener = told.0.clone().notified_owned();
            let listen = |told: &Told, listener: OwnedNotified| {
                block_on(listener);
                told.read();
            };
            let write = move |told: &Told| {
                told.write();
                notify(&told.0);
            };
            if listens_here {
                let thread = thread::spawn(move || write(&other));
                listen(&told, listener);
                thread.join().expect("it ends");
            } else {
                let thread = thread::spawn(move || listen(&other, listener));
                write(&told);
                thread.join().expect("it ends");
            }
        });
    }
}

/// Stored or handed over, a notification is not missed, and orders what was done before it.
#[test]
fn loom_notify_one_meets_listener() {
    written_is_read(Notify::notify_one);
}

/// A listener that exists is reached, whether it was polled, is being polled, or will be.
#[test]
fn loom_notify_waiters_meets_listener() {
    written_is_read(Notify::notify_waiters);
}

/// A listener is about to take what is stored when everybody is called: it leaves it alone, and
/// sees what was done before the call.
#[test]
fn loom_notify_waiters_meets_one_stored() {
    loom::model(|| {
        let told = Told::new();
        let other = told.clone();
        told.0.notify_one();
        let mut listener = Polled::new(told.0.clone().notified_owned());
        let thread = thread::spawn(move || {
            listener.ready();
            // Ordering: Relaxed, so that this look orders nothing.
            if other.0.word.load(Ordering::Relaxed) & STORED != 0 {
                other.read();
            }
        });
        told.write();
        told.0.notify_waiters();
        thread.join().expect("it ends");
    });
}

/// A listener that comes too late for a call of all sees what was done before the call, whether
/// somebody was in line for it or not.
#[test]
fn loom_notify_late_listener_sees() {
    for somebody_waits in [false, true] {
        loom::model(move || {
            let told = Told::new();
            let other = told.clone();
            let mut first = Polled::new(told.0.notified());
            if somebody_waits {
                assert!(first.poll().is_pending());
            }
            let thread = thread::spawn(move || {
                let late = other.0.notified();
                if late.listener.calls == 1 {
                    other.read();
                }
            });
            told.write();
            told.0.notify_waiters();
            thread.join().expect("it ends");
            first.ready();
        });
    }
}

/// INV-16, INV-17: a listener is dropped while it is notified: the other one gets it.
#[test]
fn loom_notify_dropped_listener_hands_on() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let first = Polled::waiting(notify.notified());
        let mut second = Polled::waiting(notify.notified());
        let thread = thread::spawn(move || other.notify_one());
        drop(first);
        thread.join().expect("it ends");
        assert_eq!(second.wakes(), 1);
        second.ready();
    });
}

/// The only listener is dropped while it is notified: the notification is stored.
#[test]
fn loom_notify_last_listener_leaves() {
    loom::model(|| {
        let notify = Arc::new(Notify::new());
        let other = notify.clone();
        let only = Polled::waiting(notify.notified());
        let thread = thread::spawn(move || other.notify_one());
        drop(only);
        thread.join().expect("it ends");
        Polled::new(notify.notified()).ready();
    });
}

/// Two notifications and two listeners that come at the same time.
#[test]
fn loom_notify_one_meets_two_listeners() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let notify = Arc::new(Notify::new());
        let mut first = Polled::waiting(notify.notified());
        let other = notify.clone();
        let thread = thread::spawn(move || {
            other.notify_one();
            other.notify_one();
        });
        block_on(notify.notified());
        thread.join().expect("it ends");
        assert_eq!(first.wakes(), 1);
        first.ready();
    });
}
