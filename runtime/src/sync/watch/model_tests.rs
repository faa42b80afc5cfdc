//! Loom models of the watch.

use crate::base::prim::{Arc, AtomicU8, Ordering, thread};
use crate::sync::watch::channel;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;

/// A note that is written before something is told, and read by who was told. It orders nothing
/// itself, so loom shows it unwritten to who did not acquire it.
struct Note(AtomicU8);

impl Note {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicU8::new(0)))
    }

    fn write(&self) {
        // Ordering: Relaxed, on purpose.
        self.0.store(1, Ordering::Relaxed);
    }

    fn read(&self) {
        // Ordering: Relaxed, on purpose.
        assert_eq!(self.0.load(Ordering::Relaxed), 1);
    }
}

/// A change is not missed, whether the receiver waits, is about to, or has yet to look; and what
/// was done before it is seen, without a look at the value.
#[test]
fn loom_watch_send_meets_changed() {
    for receives_here in [true, false] {
        loom::model(move || {
            let (tx, mut rx) = channel(0);
            let note = Note::new();
            let other = note.clone();
            let mut receive = move |note: &Note| {
                block_on(rx.changed()).expect("open");
                note.read();
                assert_eq!(*rx.borrow(), 1);
            };
            let keep = tx.clone();
            let send = move |note: &Note| {
                note.write();
                tx.send_replace(1);
            };
            if receives_here {
                let thread = thread::spawn(move || send(&other));
                receive(&note);
                thread.join().expect("it ends");
            } else {
                let thread = thread::spawn(move || receive(&other));
                send(&note);
                thread.join().expect("it ends");
            }
            drop(keep);
        });
    }
}

/// The number that is seen with a value is its own: the next look does not find it changed.
#[test]
fn loom_watch_version_goes_with_the_value() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let thread = thread::spawn(move || {
            tx.send_replace(1);
            tx
        });
        let first = *rx.borrow_and_update();
        let tx = thread.join().expect("it ends");
        assert_eq!(rx.has_changed(), Ok(first == 0));
        drop(tx);
    });
}

/// Two senders go: the value of each comes before the end, and so does what it did.
#[test]
fn loom_watch_last_value_comes_before_the_end() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(|| {
        let (tx, mut rx) = channel(0);
        let note = Note::new();
        let other = note.clone();
        let second = tx.clone();
        let thread = thread::spawn(move || {
            other.write();
            drop(second);
        });
        tx.send_replace(1);
        drop(tx);
        assert!(block_on(rx.changed()).is_ok());
        assert!(block_on(rx.changed()).is_err());
        note.read();
        thread.join().expect("it ends");
    });
}

/// A sender that waits for the last receiver hears of it, and sees what it has done.
#[test]
fn loom_watch_closed_meets_the_last_receiver() {
    loom::model(|| {
        let (tx, rx) = channel(0);
        let note = Note::new();
        let other = note.clone();
        let thread = thread::spawn(move || {
            other.write();
            drop(rx);
        });
        block_on(tx.closed());
        note.read();
        thread.join().expect("it ends");
    });
}

/// A wait is given up while a value is sent: nothing counts as seen, and the others are woken.
#[test]
fn loom_watch_given_up_has_seen_nothing() {
    loom::model(|| {
        let (tx, mut rx) = channel(0);
        let mut other = rx.clone();
        let mut stays = Polled::waiting(other.changed());
        let goes = Polled::waiting(rx.changed());
        let thread = thread::spawn(move || {
            tx.send_replace(1);
            tx
        });
        drop(goes);
        let tx = thread.join().expect("it ends");
        assert_eq!((stays.wakes(), stays.ready()), (1, Ok(())));
        drop(stays);
        assert_eq!(rx.has_changed(), Ok(true));
        drop(tx);
    });
}
