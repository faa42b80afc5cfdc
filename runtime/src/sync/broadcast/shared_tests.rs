//! Tests of the broadcast: who sees what, what is lost, ends. What clones and destructors may do:
//! `reentrant_tests.rs`; random walks: `random_tests.rs`; loom models: `model_tests.rs`.

use crate::base::prim::count;
use crate::sync::broadcast::error::{RecvError, SendError, TryRecvError};
use crate::sync::broadcast::{Receiver, Sender, WeakSender, channel};
use crate::wake::coop;
use crate::wake::wait_list::poller::Polled;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use TryRecvError::{Closed, Empty, Lagged};

#[test]
fn every_receiver_sees_every_value() {
    let (tx, mut one) = channel(4);
    let mut two = tx.subscribe();
    assert_eq!((tx.send(1), tx.send(2)), (Ok(2), Ok(2)));
    let mut late = tx.subscribe();
    assert_eq!(tx.send(3), Ok(3));
    for rx in [&mut one, &mut two] {
        assert_eq!([rx.try_recv(), rx.try_recv(), rx.try_recv()], [Ok(1), Ok(2), Ok(3)]);
        assert_eq!(rx.try_recv(), Err(Empty));
    }
    assert_eq!((late.try_recv(), late.try_recv()), (Ok(3), Err(Empty)));
}

#[test]
fn a_value_costs_three_steps_to_send_and_two_to_receive() {
    let (tx, mut rx) = channel(4);
    // The lock of the senders, and a look for listeners.
    assert_eq!(count::record(|| tx.send(1)).1.len(), 3);
    assert_eq!(count::record(|| rx.try_recv()).1.len(), 2);
    tx.send(2).expect("somebody listens");
    let mut recv = Polled::new(rx.recv());
    let (value, log) = count::record(|| recv.ready());
    assert_eq!((value, log.len()), (Ok(2), 2));
}

#[test]
fn who_is_too_slow_learns_how_many_it_lost() {
    let (tx, mut rx) = channel(2);
    for n in 0..5 {
        tx.send(n).expect("somebody listens");
    }
    assert_eq!(rx.len(), 5);
    assert_eq!(rx.try_recv(), Err(Lagged(3)));
    assert_eq!((rx.try_recv(), rx.len()), (Ok(3), 1));
    // Lost again while it was still reading.
    tx.send(5).expect("somebody listens");
    tx.send(6).expect("somebody listens");
    assert_eq!(Polled::new(rx.recv()).ready(), Err(RecvError::Lagged(1)));
    drop(tx);
    assert_eq!([rx.try_recv(), rx.try_recv(), rx.try_recv()], [Ok(5), Ok(6), Err(Closed)]);
}

#[test]
fn the_capacity_is_rounded_up_to_a_power_of_two() {
    for (asked, got) in [(1, 1), (2, 2), (3, 4), (5, 8)] {
        let (tx, mut rx) = channel(asked);
        for n in 0..=got {
            tx.send(n).expect("somebody listens");
        }
        assert_eq!(rx.try_recv(), Err(Lagged(1)));
        assert_eq!((rx.try_recv(), rx.len()), (Ok(1), got as usize - 1));
    }
}

#[test]
fn waiting_receivers_are_all_woken() {
    let (tx, rx) = channel(1);
    let mut all: Vec<_> = (0..100).map(|_| rx.resubscribe()).collect();
    let mut all: Vec<_> = all.iter_mut().map(|rx| Polled::waiting(rx.recv())).collect();
    assert_eq!(tx.send(1), Ok(101));
    for one in &mut all {
        assert_eq!((one.wakes(), one.ready()), (1, Ok(1)));
    }
    drop((all, rx));
}

#[test]
fn what_was_sent_is_received_before_the_end() {
    let (tx, mut rx) = channel(4);
    let mut other = rx.resubscribe();
    let mut waits = Polled::waiting(other.recv());
    let second = tx.clone();
    assert_eq!((tx.strong_count(), rx.sender_strong_count()), (2, 2));
    drop(second);
    assert!(waits.poll().is_pending() && !rx.is_closed());
    tx.send(1).expect("somebody listens");
    drop(tx);
    assert!(rx.is_closed());
    assert_eq!(waits.ready(), Ok(1));
    drop(waits);
    assert_eq!(Polled::new(other.recv()).ready(), Err(RecvError::Closed));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(Closed)));
    let mut fresh = rx.resubscribe();
    assert_eq!(fresh.try_recv(), Err(Closed));
}

#[test]
fn those_who_wait_are_told_of_the_end() {
    let (tx, mut rx) = channel::<u8>(4);
    let mut waits = Polled::waiting(rx.recv());
    drop(tx);
    assert_eq!((waits.wakes(), waits.ready()), (1, Err(RecvError::Closed)));
}

#[test]
fn without_receivers_a_value_comes_back() {
    let (tx, rx) = channel(4);
    assert_eq!(tx.receiver_count(), 1);
    drop(rx);
    assert_eq!((tx.send(1), tx.receiver_count()), (Err(SendError(1)), 0));
    let mut rx = tx.subscribe();
    assert_eq!((tx.send(2), rx.try_recv()), (Ok(1), Ok(2)));
    assert_eq!(Sender::new(1).send(3), Err(SendError(3)));
}

#[test]
fn closed_waits_for_the_last_receiver() {
    let (tx, rx) = channel::<u8>(4);
    let other = tx.subscribe();
    let mut closed = Polled::waiting(tx.closed());
    drop(rx);
    assert!(closed.poll().is_pending());
    drop(Polled::waiting(tx.closed()));
    drop(other);
    assert_eq!(closed.wakes(), 1);
    closed.ready();
    Polled::new(tx.closed()).ready();
    Polled::new(Sender::<u8>::new(1).closed()).ready();
}

#[test]
fn weak_senders_do_not_keep_it_open() {
    let (tx, mut rx) = channel(4);
    let weak = tx.downgrade();
    let other = weak.clone();
    assert_eq!((weak.strong_count(), weak.weak_count(), tx.weak_count()), (1, 2, 2));
    assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), (1, 2));
    let strong = weak.upgrade().expect("a sender is there");
    drop(tx);
    strong.send(1).expect("somebody listens");
    assert!(!rx.is_closed());
    drop((strong, other));
    assert!(weak.upgrade().is_none());
    assert_eq!((weak.strong_count(), weak.weak_count()), (0, 1));
    assert_eq!((rx.try_recv(), rx.try_recv()), (Ok(1), Err(Closed)));
}

#[test]
fn a_sender_knows_how_many_values_are_wanted() {
    let (tx, mut fast) = channel(4);
    let mut slow = tx.subscribe();
    assert_eq!((tx.len(), tx.is_empty()), (0, true));
    for n in 0..6 {
        tx.send(n).expect("somebody listens");
    }
    assert_eq!((tx.len(), fast.len(), tx.is_empty()), (4, 6, false));
    assert_eq!(fast.try_recv(), Err(Lagged(2)));
    fast.try_recv().expect("there");
    assert_eq!((tx.len(), fast.len()), (4, 3));
    assert_eq!(slow.try_recv(), Err(Lagged(2)));
    slow.try_recv().expect("there");
    assert_eq!(tx.len(), 3);
    drop(slow);
    for left in (0..3).rev() {
        fast.try_recv().expect("there");
        assert_eq!((tx.len(), tx.is_empty(), fast.is_empty()), (left, left == 0, left == 0));
    }
}

/// A value that counts its clones and its drops.
#[derive(Debug, Default)]
struct Counted {
    clones: Arc<AtomicU32>,
    drops: Arc<AtomicU32>,
}

impl Counted {
    fn twin(&self) -> Self {
        Self { clones: self.clones.clone(), drops: self.drops.clone() }
    }

    fn counts(&self) -> (u32, u32) {
        // Ordering: Relaxed, one thread.
        (self.clones.load(Ordering::Relaxed), self.drops.load(Ordering::Relaxed))
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        // Ordering: Relaxed, one thread.
        self.clones.fetch_add(1, Ordering::Relaxed);
        self.twin()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        // Ordering: Relaxed, one thread.
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_last_receiver_gets_the_value_itself() {
    let (tx, mut one) = channel(4);
    let mut two = tx.subscribe();
    let value = Counted::default();
    tx.send(value.twin()).expect("somebody listens");
    let clone = one.try_recv().expect("there");
    assert_eq!(value.counts(), (1, 0));
    let itself = two.try_recv().expect("there");
    assert_eq!(value.counts(), (1, 0));
    drop((clone, itself));
    assert_eq!(value.counts(), (1, 2));
}

/// INV-110: a value goes once, whoever is the last to want it: a receiver that leaves, a sender
/// that needs the place, nobody.
#[test]
fn a_value_that_nobody_wants_is_dropped_at_once() {
    let value = Counted::default();
    let (tx, one) = channel(2);
    let two = tx.subscribe();
    tx.send(value.twin()).expect("somebody listens");
    tx.send(value.twin()).expect("somebody listens");
    drop(one);
    assert_eq!(value.counts(), (0, 0));
    tx.send(value.twin()).expect("somebody listens");
    assert_eq!(value.counts(), (0, 1));
    drop(two);
    assert_eq!(value.counts(), (0, 3));
    assert_eq!(tx.len(), 0);
    let mut last = tx.subscribe();
    tx.send(value.twin()).expect("somebody listens");
    drop(tx);
    drop(last.try_recv());
    tx_is_gone(last, &value);
}

fn tx_is_gone(last: Receiver<Counted>, value: &Counted) {
    assert_eq!(value.counts(), (0, 4));
    drop(last);
    assert_eq!(value.counts(), (0, 4));
}

/// The cancel-safety lines: nothing is taken before it is ready.
#[test]
fn a_recv_that_is_given_up_has_received_nothing() {
    let (tx, mut rx) = channel(4);
    drop(rx.recv());
    let waits = Polled::waiting(rx.recv());
    tx.send(1).expect("somebody listens");
    assert_eq!(waits.wakes(), 1);
    drop(waits);
    assert_eq!((rx.len(), rx.try_recv()), (1, Ok(1)));
    let closed = Polled::waiting(tx.closed());
    drop(rx);
    drop(closed);
    Polled::new(tx.closed()).ready();
}

#[test]
fn blocking_it_receives_from_another_thread() {
    let (tx, mut rx) = channel(4);
    let thread = std::thread::spawn(move || (rx.blocking_recv(), rx.blocking_recv()));
    tx.send(1).expect("somebody listens");
    drop(tx);
    assert_eq!(thread.join().expect("no panic"), (Ok(1), Err(RecvError::Closed)));
}

#[test]
fn a_destructor_that_panics_keeps_nobody() {
    struct Bad(Arc<AtomicU32>);
    impl Drop for Bad {
        fn drop(&mut self) {
            // Ordering: Relaxed, one thread.
            let drops = self.0.fetch_add(1, Ordering::Relaxed);
            assert!(drops != 0, "a bad destructor");
        }
    }
    impl Clone for Bad {
        fn clone(&self) -> Self {
            Bad(self.0.clone())
        }
    }
    let drops = Arc::new(AtomicU32::new(0));
    let (tx, rx) = channel(4);
    let mut closed = Polled::waiting(tx.closed());
    for _ in 0..3 {
        assert!(tx.send(Bad(drops.clone())).is_ok());
    }
    assert!(catch_unwind(AssertUnwindSafe(|| drop(rx))).is_err());
    // Ordering: Relaxed, one thread.
    assert_eq!((drops.load(Ordering::Relaxed), tx.len()), (3, 0));
    closed.ready();
}

#[test]
fn receiving_spends_the_budget() {
    let (tx, mut rx) = channel(256);
    for n in 0..200 {
        tx.send(n).expect("somebody listens");
    }
    let _budget = coop::budget();
    let mut rounds = 0;
    while Polled::new(rx.recv()).poll().is_ready() {
        rounds += 1;
    }
    assert_eq!(rounds, u32::from(coop::BUDGET));
    assert!(Polled::new(tx.closed()).poll().is_pending());
}

#[test]
fn handles_know_their_channel() {
    let (tx, rx) = channel::<u8>(1);
    let (other_tx, other_rx) = channel::<u8>(1);
    assert!(tx.same_channel(&tx.clone()) && !tx.same_channel(&other_tx));
    assert!(rx.same_channel(&tx.subscribe()) && !rx.same_channel(&other_rx));
    assert_eq!(format!("{tx:?}"), "broadcast::Sender { senders: 1, receivers: 1 }");
    assert_eq!(format!("{rx:?}"), "broadcast::Receiver { len: 0, closed: false }");
    assert_eq!(format!("{:?}", tx.downgrade()), "broadcast::WeakSender { .. }");
    assert_eq!(SendError(1).to_string(), "channel closed");
    assert_eq!(RecvError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(RecvError::Closed.to_string(), "channel closed");
    let all = format!("{Empty}, {Closed}, {}", Lagged(3));
    assert_eq!(all, "channel empty, channel closed, channel lagged by 3");
}

#[test]
fn handles_and_futures_may_move_between_threads() {
    fn all<T: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe>() {}
    fn both<T: Send + Sync>(_: &T) {}
    fn error<T: Send + Sync + Unpin + std::error::Error + Clone + PartialEq>() {}
    // A value has one user at a time: it need not be `Sync`.
    all::<(Sender<Cell<u8>>, WeakSender<Cell<u8>>, Receiver<Cell<u8>>)>();
    error::<RecvError>();
    error::<TryRecvError>();
    error::<SendError<u8>>();
    let (tx, mut rx) = channel::<Cell<u8>>(1);
    both(&tx.closed());
    both(&rx.recv());
    trait Sends<A> {
        fn tells() {}
    }
    impl<T: ?Sized> Sends<()> for T {}
    struct Yes;
    impl<T: ?Sized + Send> Sends<Yes> for T {}
    // Ambiguous, and no program, if they were `Send`.
    <Sender<Rc<u8>> as Sends<_>>::tells();
    <Receiver<Rc<u8>> as Sends<_>>::tells();
}
