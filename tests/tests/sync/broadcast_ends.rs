//! broadcast: its values and its wakers, which may use the channel and may panic; and what is
//! refused.

use crate::help::{Deed, Polled, blows_up, bomb, meddle, panics, touch};
use mainspring::sync::broadcast::error::{RecvError, TryRecvError};
use mainspring::sync::broadcast::{Receiver, Sender, channel};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tests::{refuses, within};

#[test]
fn a_waker_may_call_the_broadcast_back() {
    const CALLS: &[fn(&Sender<u8>)] = &[
        |tx| _ = tx.send(1),
        |tx| touch(tx.closed()),
        |tx| touch(tx.subscribe().recv()),
        |tx| drop(tx.subscribe().resubscribe().try_recv()),
        |tx| drop(tx.downgrade().upgrade()),
        |tx| assert!(tx.len() <= 2 && tx.strong_count() == 1),
        |tx| assert!(!format!("{tx:?}").is_empty()),
    ];
    meddle(
        || Sender::new(2),
        CALLS,
        |tx, waker| {
            let mut receivers: Vec<_> = (0..40).map(|_| tx.subscribe()).collect();
            let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Polled::new(rx.recv())).collect();
            let mut closed: Vec<_> = (0..40).map(|_| Polled::new(tx.closed())).collect();
            waits.iter_mut().for_each(|wait| wait.prod(waker));
            closed.iter_mut().for_each(|wait| wait.prod(waker));
            waits.iter_mut().step_by(2).for_each(Polled::prod_plainly);
            closed.iter_mut().step_by(2).for_each(Polled::prod_plainly);
            drop((waits.pop(), closed.pop()));
            (0..5).for_each(|value| _ = tx.send(value));
            waits.iter_mut().for_each(|wait| wait.prod(waker));
            drop(waits);
            drop(receivers);
            closed.iter_mut().for_each(|wait| wait.prod(waker));
        },
    );
}

type Call = fn(&Sender<Hook>, &Mutex<Option<Receiver<Hook>>>);

/// What hooks call, if it is there: the sender, and a receiver that had better not be in use.
type Ends = Arc<(Mutex<Option<Sender<Hook>>>, Mutex<Option<Receiver<Hook>>>)>;

/// A value that calls the channel when it is cloned, or dropped; a clone does not.
struct Hook(Option<(Ends, Deed, Call)>);

impl Hook {
    fn call(&self, now: Deed) {
        let Some((ends, deed, call)) = &self.0 else { return };
        // A copy: it would not do to hold the lock of the test.
        let tx = ends.0.lock().unwrap().clone();
        if let (Some(tx), true) = (tx, *deed == now) {
            call(&tx, &ends.1);
        }
    }
}

impl Clone for Hook {
    fn clone(&self) -> Self {
        self.call(Deed::Clone);
        Self(None)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.call(Deed::Drop);
    }
}

#[test]
fn a_clone_and_a_destructor_of_a_value_may_call_the_channel_back() {
    const CALLS: [Call; 6] = [
        |tx, _| (0..5).for_each(|_| drop(tx.send(Hook(None)))),
        |tx, _| touch(tx.closed()),
        |tx, _| touch(tx.subscribe().recv()),
        |tx, _| drop(tx.downgrade()),
        |tx, _| assert!(tx.len() <= 2 && !format!("{tx:?}").is_empty()),
        |_, rx| {
            let taken = rx.lock().unwrap().take();
            drop(taken);
        },
    ];
    for call in CALLS {
        for deed in [Deed::Clone, Deed::Drop] {
            within(move || {
                let (tx, mut rx) = channel(2);
                let ends: Ends = Arc::new((Mutex::new(None), Mutex::new(Some(tx.subscribe()))));
                *ends.0.lock().unwrap() = Some(tx.clone());
                let mut other = tx.subscribe();
                for _ in 0..5 {
                    assert!(tx.send(Hook(Some((ends.clone(), deed, call)))).is_ok());
                }
                for rx in [&mut rx, &mut other] {
                    while !rx.is_empty() {
                        touch(rx.recv());
                    }
                }
                ends.0.lock().unwrap().take();
                drop((tx, rx));
                while !matches!(other.try_recv(), Err(TryRecvError::Closed)) {}
            });
        }
    }
}

/// Counts how often it is cloned; panics instead if it is told to.
#[derive(Debug)]
struct Cloned(Arc<AtomicUsize>, usize);

impl Clone for Cloned {
    fn clone(&self) -> Self {
        let count = self.0.fetch_add(1, Ordering::SeqCst);
        assert!(count != self.1, "no clone");
        Self(self.0.clone(), self.1)
    }
}

#[test]
fn the_last_receiver_of_a_value_gets_the_value_itself() {
    let (tx, mut one) = channel(2);
    let (mut two, three) = (tx.subscribe(), tx.subscribe());
    let clones = Arc::new(AtomicUsize::new(0));
    tx.send(Cloned(clones.clone(), usize::MAX)).unwrap();
    drop(three);
    for expected in [1, 1] {
        assert!(one.try_recv().is_ok() || two.try_recv().is_ok());
        assert_eq!(clones.load(Ordering::SeqCst), expected);
    }
    assert_eq!(Arc::strong_count(&clones), 1);
}

#[test]
fn a_clone_that_panics_is_received_by_this_one_and_lost_by_no_other() {
    let (tx, mut one) = channel(2);
    let mut two = tx.subscribe();
    let clones = Arc::new(AtomicUsize::new(0));
    tx.send(Cloned(clones.clone(), 0)).unwrap();
    assert!(panics(|| touch(one.recv())));
    assert!(matches!(one.try_recv(), Err(TryRecvError::Empty)));
    assert!(Polled::new(two.recv()).ready().is_ok());
    assert_eq!((tx.len(), Arc::strong_count(&clones)), (0, 1));
    assert_eq!(tx.send(Cloned(clones, usize::MAX)).unwrap(), 2);
    assert!(one.try_recv().is_ok() && two.try_recv().is_ok());
}

#[test]
fn a_waker_that_panics_keeps_the_news_from_nobody() {
    for end in [false, true] {
        let (tx, rx) = channel(1);
        let mut receivers: Vec<_> = (0..80).map(|_| tx.subscribe()).collect();
        let mut waits: Vec<_> = receivers.iter_mut().map(|rx| Polled::new(rx.recv())).collect();
        waits[3].prod(&bomb(Deed::Wake));
        waits.iter_mut().enumerate().filter(|(n, _)| *n != 3).for_each(|(_, it)| it.prod_plainly());
        blows_up(|| if end { drop(tx) } else { assert_eq!(tx.send(1), Ok(81)) });
        assert!(waits.iter().enumerate().all(|(n, wait)| wait.wakes() == usize::from(n != 3)));
        let expected = if end { Err(RecvError::Closed) } else { Ok(1) };
        assert!(waits.iter_mut().all(|wait| wait.ready() == expected));
        assert_eq!(rx.len(), usize::from(!end));
    }
}

#[test]
fn a_waker_that_panics_when_the_last_receiver_goes_keeps_it_from_no_sender() {
    let (tx, rx) = channel::<u8>(1);
    let (mut first, mut second) = (Polled::new(tx.closed()), Polled::new(tx.closed()));
    first.prod(&bomb(Deed::Wake));
    second.prod_plainly();
    blows_up(|| drop(rx));
    assert_eq!((second.wakes(), tx.receiver_count()), (1, 0));
    second.ready();
    first.ready();
}

#[test]
fn no_room_and_too_much_of_it_are_refused_at_the_callers_line() {
    refuses(&["capacity 0", "at least 1"], || channel::<u8>(0));
    refuses(&["capacity 0", "at least 1"], || Sender::<u8>::new(0));
    refuses(&["at most"], || channel::<u8>(usize::MAX));
    refuses(&["at most"], || Sender::<u8>::new((usize::MAX >> 1) + 1));
}

#[test]
fn what_it_is_is_shown_and_what_went_wrong_is_said() {
    let (tx, rx) = channel(1);
    tx.send(1).unwrap();
    assert_eq!(format!("{rx:?}"), "broadcast::Receiver { len: 1, closed: false }");
    assert_eq!(format!("{tx:?}"), "broadcast::Sender { senders: 1, receivers: 1 }");
    assert_eq!(RecvError::Closed.to_string(), TryRecvError::Closed.to_string());
    assert_eq!(RecvError::Lagged(3).to_string(), "channel lagged by 3");
    assert_eq!(TryRecvError::Empty.to_string(), "channel empty");
}
