//! Tests of the watch: what is seen, what is told to whom, ends. Loom models: `model_tests.rs`;
//! random walks: `random_tests.rs`.

use crate::base::prim::count;
use crate::sync::watch::error::{RecvError, SendError};
use crate::sync::watch::{Receiver, Ref, Sender, channel};
use crate::wake::coop;
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

const END: RecvError = RecvError(());

#[test]
fn the_latest_value_wins() {
    let (tx, mut rx) = channel(0);
    assert_eq!(rx.has_changed(), Ok(false));
    for n in 1..=10 {
        tx.send(n).expect("somebody looks");
    }
    assert_eq!(rx.has_changed(), Ok(true));
    Polled::new(rx.changed()).ready().expect("open");
    assert_eq!((*rx.borrow(), *tx.borrow()), (10, 10));
    drop(Polled::waiting(rx.changed()));
}

#[test]
fn an_unseen_value_is_one_load_away() {
    let (tx, mut rx) = channel(0);
    tx.send(1).expect("somebody looks");
    let mut changed = Polled::new(rx.changed());
    let (outcome, log) = count::record(|| changed.ready());
    assert_eq!((outcome, log.len()), (Ok(()), 0));
    drop(changed);
    // The lock of the value, its version, and one look for listeners.
    let (_, log) = count::record(|| tx.send(2));
    assert_eq!(log.len(), 4);
    assert_eq!(count::record(|| *rx.borrow_and_update()).1.len(), 2);
}

#[test]
fn a_look_leaves_the_value_unseen_and_an_update_does_not() {
    let (tx, mut rx) = channel("a");
    assert!(!rx.borrow().has_changed());
    tx.send("b").expect("somebody looks");
    assert!(rx.borrow().has_changed() && rx.borrow().has_changed());
    assert!(!tx.borrow().has_changed());
    assert!(rx.borrow_and_update().has_changed());
    assert!(!rx.borrow_and_update().has_changed());
    assert_eq!(rx.has_changed(), Ok(false));
}

#[test]
fn what_is_seen_can_be_marked() {
    let (tx, mut rx) = channel(0);
    rx.mark_changed();
    assert_eq!(rx.has_changed(), Ok(true));
    assert!(rx.borrow().has_changed());
    Polled::new(rx.changed()).ready().expect("open");
    tx.send(1).expect("somebody looks");
    rx.mark_unchanged();
    assert_eq!(rx.has_changed(), Ok(false));
    rx.mark_changed();
    rx.mark_changed();
    drop(tx);
    // Marked as unseen, the last value is announced before the end.
    assert_eq!(Polled::new(rx.changed()).ready(), Ok(()));
    assert_eq!(Polled::new(rx.changed()).ready(), Err(END));
}

#[test]
fn everybody_who_waits_is_woken_once() {
    let (tx, rx) = channel(0);
    let mut all: Vec<_> = (0..100).map(|_| rx.clone()).collect();
    let mut all: Vec<_> = all.iter_mut().map(|rx| Polled::waiting(rx.changed())).collect();
    tx.send(1).expect("somebody looks");
    for one in &mut all {
        assert_eq!((one.wakes(), one.ready()), (1, Ok(())));
    }
}

#[test]
fn the_last_value_is_seen_before_the_end() {
    let (tx, mut rx) = channel(0);
    let other = tx.clone();
    assert_eq!((tx.sender_count(), rx.is_closed()), (2, false));
    let mut late = rx.clone();
    let mut waiting = Polled::waiting(late.changed());
    drop(other);
    assert_eq!((tx.sender_count(), waiting.wakes()), (1, 0));
    tx.send(1).expect("somebody looks");
    drop(tx);
    assert_eq!(waiting.ready(), Ok(()));
    drop(waiting);
    assert_eq!(Polled::new(late.changed()).ready(), Err(END));
    assert!(rx.is_closed());
    assert_eq!(rx.has_changed(), Err(END));
    assert_eq!(Polled::new(rx.changed()).ready(), Ok(()));
    assert_eq!(Polled::new(rx.changed()).ready(), Err(END));
    assert_eq!(*rx.borrow(), 1);
}

#[test]
fn those_who_wait_are_told_of_the_end() {
    let (tx, mut rx) = channel(0);
    let mut other = rx.clone();
    let mut changed = Polled::waiting(rx.changed());
    let mut wanted = Polled::waiting(other.wait_for(|n| *n == 7));
    drop(tx);
    assert_eq!((changed.wakes(), wanted.wakes()), (1, 1));
    assert_eq!(changed.ready(), Err(END));
    assert_eq!(wanted.ready().map(|n| *n), Err(END));
}

#[test]
fn without_receivers_a_value_comes_back() {
    let (tx, rx) = channel(1);
    assert!(!tx.is_closed());
    drop(rx);
    assert!(tx.is_closed());
    assert_eq!(tx.send(2), Err(SendError(2)));
    assert_eq!(*tx.borrow(), 1);
    assert_eq!(tx.send_replace(3), 1);
    tx.send_modify(|n| *n += 1);
    // Made by hand, with the value of now seen.
    let mut rx = tx.subscribe();
    assert_eq!((*rx.borrow(), rx.has_changed()), (4, Ok(false)));
    tx.send(5).expect("somebody looks again");
    Polled::new(rx.changed()).ready().expect("open");
}

#[test]
fn closed_waits_for_the_last_receiver() {
    let (tx, rx) = channel(0);
    let other = rx.clone();
    assert_eq!(tx.receiver_count(), 2);
    let mut closed = Polled::waiting(tx.closed());
    drop(rx);
    assert!(closed.poll().is_pending());
    drop(Polled::waiting(tx.closed()));
    drop(other);
    assert_eq!(closed.wakes(), 1);
    closed.ready();
    Polled::new(tx.closed()).ready();
    // Somebody has come before it was polled: it waits on.
    let rx = tx.subscribe();
    let mut closed = Polled::waiting(tx.closed());
    drop(rx);
    let _again = tx.subscribe();
    assert!(closed.poll().is_pending());
}

#[test]
fn a_change_that_is_not_admitted_wakes_nobody() {
    let (tx, mut rx) = channel(1);
    let mut other = rx.clone();
    let waiting = Polled::waiting(other.changed());
    assert!(!tx.send_if_modified(|n| {
        *n = 2;
        false
    }));
    assert_eq!((waiting.wakes(), rx.has_changed(), *rx.borrow()), (0, Ok(false), 2));
    assert!(tx.send_if_modified(|n| {
        *n = 3;
        true
    }));
    assert_eq!((waiting.wakes(), *rx.borrow_and_update()), (1, 3));
}

#[test]
fn a_change_that_panics_wakes_nobody_and_unlocks() {
    let (tx, rx) = channel(1);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        tx.send_modify(|n| {
            *n = 2;
            panic!("half-way");
        });
    }));
    assert!(outcome.is_err());
    assert_eq!((rx.has_changed(), *rx.borrow()), (Ok(false), 2));
    tx.send(3).expect("somebody looks");
    assert_eq!(*rx.borrow(), 3);
}

#[test]
fn a_value_is_waited_for() {
    let (tx, mut rx) = channel(0);
    let asked = Cell::new(0);
    let wants = |n: &i32| {
        asked.set(asked.get() + 1);
        *n > 2
    };
    let mut wanted = Polled::waiting(rx.wait_for(wants));
    tx.send(1).expect("somebody looks");
    tx.send(2).expect("somebody looks");
    assert!(wanted.poll().is_pending());
    // The first, and of the others the latest.
    assert_eq!(asked.get(), 2);
    tx.send(3).expect("somebody looks");
    let found = wanted.ready().expect("open");
    // Waiting has marked it as seen.
    assert_eq!((*found, found.has_changed()), (3, false));
    drop((found, wanted));
    // It is asked for the value of now, seen or not.
    let found = Polled::new(rx.wait_for(|n| *n == 3)).ready().map(|n| n.has_changed());
    assert_eq!(found, Ok(false));
    drop(tx);
    assert!(Polled::new(rx.wait_for(|n| *n == 3)).ready().is_ok());
    assert!(Polled::new(rx.wait_for(|n| *n == 4)).ready().is_err());
}

#[test]
fn a_value_that_comes_with_the_end_is_waited_for() {
    let (tx, mut rx) = channel(0);
    let mut wanted = Polled::waiting(rx.wait_for(|n| *n == 1));
    tx.send(1).expect("somebody looks");
    drop(tx);
    assert!(wanted.ready().is_ok());
}

#[test]
fn a_question_that_panics_unlocks() {
    let (tx, mut rx) = channel(0);
    tx.send(1).expect("somebody looks");
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let _ = Polled::new(rx.wait_for(|_| panic!("no answer"))).poll();
    }));
    assert!(outcome.is_err());
    assert_eq!(rx.has_changed(), Ok(false));
    tx.send(2).expect("it is not locked");
}

/// The cancel-safety lines: nothing is marked as seen, whatever was done before the drop.
#[test]
fn a_wait_that_is_given_up_has_seen_nothing() {
    let (tx, mut rx) = channel(0);
    drop(rx.changed());
    let waiting = Polled::waiting(rx.changed());
    tx.send(1).expect("somebody looks");
    drop(waiting);
    assert_eq!(rx.has_changed(), Ok(true));
    Polled::new(rx.changed()).ready().expect("open");
    // What was asked for counts as seen, and no more.
    let mut asking = Polled::waiting(rx.wait_for(|n| *n == 7));
    tx.send(2).expect("somebody looks");
    assert!(asking.poll().is_pending());
    tx.send(3).expect("somebody looks");
    drop(asking);
    assert_eq!((rx.has_changed(), *rx.borrow_and_update()), (Ok(true), 3));
}

#[test]
fn handles_know_their_channel() {
    let (tx, rx) = channel(0);
    let (other_tx, other_rx) = channel(0);
    assert!(tx.same_channel(&tx.clone()) && !tx.same_channel(&other_tx));
    assert!(rx.same_channel(&tx.subscribe()) && !rx.same_channel(&other_rx));
    assert_eq!(*Sender::<u8>::default().borrow(), 0);
    assert_eq!(format!("{tx:?}"), "watch::Sender { senders: 1, receivers: 1 }");
    assert_eq!(format!("{rx:?}"), "watch::Receiver { has_changed: false, closed: false }");
    assert_eq!(format!("{:?}", tx.borrow()), "watch::Ref { value: 0, has_changed: false }");
    assert_eq!(format!("{:?} {END:?}", SendError(1)), "SendError { .. } RecvError(())");
    assert_eq!(format!("{} {END}", SendError(1)), "channel closed channel closed");
}

/// A clone has seen what its original had seen.
#[test]
fn a_clone_starts_where_its_original_is() {
    let (tx, rx) = channel(0);
    tx.send(1).expect("somebody looks");
    let mut clone = rx.clone();
    assert_eq!(clone.has_changed(), Ok(true));
    clone.mark_unchanged();
    assert_eq!((clone.clone().has_changed(), rx.has_changed()), (Ok(false), Ok(true)));
}

/// A value is dropped outside of the lock: its destructor looks and sends.
#[test]
fn values_whose_destructors_use_the_watch() {
    struct Looks(u32, Option<Arc<Sender<Looks>>>);
    impl Drop for Looks {
        fn drop(&mut self) {
            let Some(tx) = self.1.take() else { return };
            assert!(tx.borrow().0 > self.0);
            if self.0 < 3 {
                tx.send_replace(Looks(self.0 + 10, Some(tx.clone())));
            }
        }
    }
    must_end(|| {
        let (tx, rx) = channel(Looks(0, None));
        let tx = Arc::new(tx);
        assert!(tx.send(Looks(1, Some(tx.clone()))).is_ok());
        assert!(tx.send(Looks(2, Some(tx.clone()))).is_ok());
        assert_eq!(rx.borrow().0, 12);
        tx.send_replace(Looks(99, None)).1 = None;
    });
}

/// No waker runs under a lock of the watch: it may look, send, listen and leave.
#[test]
fn wakers_may_use_the_watch() {
    must_end(|| {
        let (tx, rx) = channel(0u32);
        let tx = Arc::new(tx);
        let hook = tx.clone();
        let waker = nosy(Arc::new(move || {
            if *hook.borrow() < 5 {
                hook.send_modify(|n| *n += 1);
            }
            drop(hook.subscribe());
            let mut rx = hook.subscribe();
            let _ = Polled::new(rx.changed()).poll();
            drop(rx);
        }));
        for _ in 0..3 {
            let mut waiting = rx.clone();
            let mut changed = Polled::new(waiting.changed());
            while changed.poll_with(&waker).is_pending() {
                tx.send_replace(0);
            }
            tx.send_replace(0);
            tx.send_replace(9);
        }
        let mut closed = Polled::new(tx.closed());
        assert!(closed.poll_with(&waker).is_pending());
        drop(rx);
    });
}

/// A waker that panics does not keep the others, and the value is unlocked.
#[test]
fn a_waker_that_panics_keeps_nobody() {
    let (tx, rx) = channel(0);
    let armed = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let fuse = armed.clone();
    // Ordering: Relaxed, one thread.
    let waker = nosy(Arc::new(move || {
        assert!(!fuse.swap(false, std::sync::atomic::Ordering::Relaxed), "a bad waker");
    }));
    let mut receivers = [rx.clone(), rx.clone()];
    let [first, second] = &mut receivers;
    let mut first = Polled::new(first.changed());
    assert!(first.poll_with(&waker).is_pending());
    let mut second = Polled::waiting(second.changed());
    // Ordering: Relaxed, one thread.
    armed.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(catch_unwind(AssertUnwindSafe(|| tx.send(1))).is_err());
    assert_eq!(second.wakes(), 1);
    second.ready().expect("open");
    assert_eq!(*rx.borrow(), 1);
}

/// A loop over changes that are always there yields.
#[test]
fn waiting_spends_the_budget() {
    let (tx, mut rx) = channel(0);
    let _budget = coop::budget();
    let mut rounds = 0;
    loop {
        rx.mark_changed();
        if Polled::new(rx.changed()).poll().is_pending() {
            break;
        }
        rounds += 1;
    }
    assert_eq!(rounds, u32::from(coop::BUDGET));
    assert!(Polled::new(rx.wait_for(|_| true)).poll().is_pending());
    drop(rx);
    assert!(Polled::new(tx.closed()).poll().is_pending());
}

#[test]
fn handles_and_futures_may_move_between_threads() {
    fn both<T: Send + Sync>(_: &T) {}
    fn all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    fn error<T: Send + Sync + Unpin + std::error::Error + Clone + PartialEq>() {}
    all::<(Sender<u8>, Receiver<u8>)>();
    error::<RecvError>();
    error::<SendError<u8>>();
    let (tx, mut rx) = channel(0);
    both(&tx.closed());
    both(&rx.changed());
    fn send<T: Send>(_: &T) {}
    send(&rx.wait_for(|n| *n == 0));
    // A look locks, and is unlocked by the thread that has locked.
    trait Sends<A> {
        fn tells() {}
    }
    impl<T: ?Sized> Sends<()> for T {}
    struct Yes;
    impl<T: ?Sized + Send> Sends<Yes> for T {}
    // Ambiguous, and no program, if it were `Send`.
    <Ref<'_, u8> as Sends<_>>::tells();
    // Who shares a value that is no `Sync` shares it with one thread.
    <Sender<Cell<u8>> as Sends<_>>::tells();
    <Receiver<Rc<u8>> as Sends<_>>::tells();
}
