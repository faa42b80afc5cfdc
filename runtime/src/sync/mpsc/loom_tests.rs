//! Models of the channels: claims, notes, promises and ends in every order.

use crate::base::prim::{Arc, thread};
use crate::sync::mpsc::{channel, unbounded_channel};
use crate::wake::block_on::block_on;
use std::task::{Context, Waker};

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

/// Room for one: each side waits for the other in turn. loom's `Arc` as a value reports one
/// that is lost or dropped twice, and a deadlock is a lost wake.
#[test]
fn loom_mpsc_send_and_receive() {
    model(|| {
        let (tx, mut rx) = channel(1);
        let thread = thread::spawn(move || {
            block_on(async move {
                for i in 0..2 {
                    tx.send(Arc::new(i)).await.unwrap();
                }
            });
        });
        block_on(async {
            for i in 0..2 {
                assert_eq!(*rx.recv().await.unwrap(), i);
            }
            assert!(rx.recv().await.is_none());
        });
        thread.join().unwrap();
    });
}

/// Two claims, in any order of filling: the receiver is woken by the slot that it waits for.
#[test]
fn loom_mpsc_two_senders() {
    model(|| {
        let (tx, mut rx) = channel(2);
        let threads = [1, 2].map(|value| {
            let tx = tx.clone();
            thread::spawn(move || tx.try_send(value).unwrap())
        });
        block_on(async {
            assert_eq!(rx.recv().await.unwrap() + rx.recv().await.unwrap(), 3);
        });
        // Until here, so that no last sender wakes whom a value should have woken.
        drop(tx);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A promise is kept or taken back while the receiver closes: it gets the value, or the end.
#[test]
fn loom_mpsc_close_and_promise() {
    for keep in [true, false] {
        model(move || {
            let (tx, mut rx) = channel(2);
            let value = Arc::new(7);
            let kept = value.clone();
            let permit = tx.clone().try_reserve_owned().unwrap();
            let thread = thread::spawn(move || match keep {
                true => drop(permit.send(value)),
                false => drop(permit),
            });
            rx.close();
            block_on(async {
                assert_eq!(rx.recv().await.is_some(), keep);
                assert!(rx.recv().await.is_none());
            });
            thread.join().unwrap();
            drop((tx, rx));
            assert_eq!(Arc::strong_count(&kept), 1);
        });
    }
}

/// A claim meets a close in an unbounded channel: the value arrives, or comes back.
#[test]
fn loom_mpsc_unbounded_send_and_close() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let value = Arc::new(7);
        let thread = thread::spawn(move || {
            let sent = tx.send(value).is_ok();
            (sent, tx)
        });
        rx.close();
        let received = block_on(async {
            let received = rx.recv().await.is_some();
            assert!(!received || rx.recv().await.is_none());
            received
        });
        assert_eq!(thread.join().unwrap().0, received);
    });
}

/// The receiver is dropped while a sender sends and waits for the end of interest.
#[test]
fn loom_mpsc_drop_the_receiver() {
    model(|| {
        let (tx, rx) = channel(1);
        let thread = thread::spawn(move || {
            block_on(async {
                let _ = tx.send(Arc::new(7)).await;
                tx.closed().await;
                assert!(tx.send(Arc::new(8)).await.is_err());
            });
        });
        drop(rx);
        thread.join().unwrap();
    });
}

/// The receiver polls as one task and then as another, while a value comes in.
#[test]
fn loom_mpsc_receiver_changes_its_waker() {
    model(|| {
        let (tx, mut rx) = channel(1);
        let thread = thread::spawn(move || tx.try_send(7).map(|()| tx).unwrap());
        let first = rx.poll_recv(&mut Context::from_waker(Waker::noop()));
        if first.is_pending() {
            thread::yield_now();
            assert_eq!(block_on(rx.recv()), Some(7));
        }
        thread.join().unwrap();
    });
}

/// A send that has ended is seen, though another one has claimed before and is not done.
#[test]
fn loom_mpsc_try_recv_sees_a_send_that_has_ended() {
    model(|| {
        let (tx, mut rx) = channel(2);
        let slow = tx.clone();
        let thread = thread::spawn(move || slow.try_send(1).unwrap());
        tx.try_send(2).unwrap();
        assert!(rx.try_recv().is_ok());
        thread.join().unwrap();
    });
}

/// Many wakes, one sleeper: the last sender goes while a value is on its way.
#[test]
fn loom_mpsc_last_sender_leaves() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let other = tx.clone();
        let threads = [thread::spawn(move || drop(tx.send(1))), thread::spawn(move || drop(other))];
        block_on(async {
            assert_eq!(rx.recv().await, Some(1));
            assert_eq!(rx.recv().await, None);
        });
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// A weak sender becomes a strong one while the last of them leaves: what it sends is received, and
/// after the end there is none.
#[test]
fn loom_mpsc_upgrade_meets_the_last_drop() {
    model(|| {
        let (tx, mut rx) = unbounded_channel();
        let weak = tx.downgrade();
        let thread = thread::spawn(move || match weak.upgrade() {
            Some(tx) => tx.send(Arc::new(7)).is_ok(),
            None => false,
        });
        drop(tx);
        let received = block_on(rx.recv()).is_some();
        assert!(block_on(rx.recv()).is_none());
        assert_eq!(thread.join().unwrap(), received);
    });
}
