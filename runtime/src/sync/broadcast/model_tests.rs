//! Loom models of the broadcast. Values are loom's `Arc`s: loom tells if one is lost, dropped
//! twice, or seen without what was done to it.

use crate::base::prim::{Arc, AtomicU8, Ordering, thread};
use crate::sync::broadcast::error::{RecvError, TryRecvError};
use crate::sync::broadcast::{Receiver, Sender, channel};
use crate::wake::block_on::block_on;

type Value = Arc<u32>;

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

fn send(tx: &Sender<Value>, value: u32) {
    assert!(tx.send(Arc::new(value)).is_ok(), "somebody listens");
}

fn recv(rx: &mut Receiver<Value>) -> Result<u32, RecvError> {
    block_on(rx.recv()).map(|value| *value)
}

fn try_recv(rx: &mut Receiver<Value>) -> Result<u32, TryRecvError> {
    rx.try_recv().map(|value| *value)
}

/// A value is seen whole, and no wake is lost.
#[test]
fn loom_broadcast_send_meets_recv() {
    for receives_here in [true, false] {
        model(move || {
            let (tx, mut rx) = channel(1);
            let keep = tx.clone();
            let mut receive = move || {
                assert_eq!(recv(&mut rx), Ok(1));
            };
            let sends = move || send(&tx, 1);
            if receives_here {
                let thread = thread::spawn(sends);
                receive();
                thread.join().expect("it ends");
            } else {
                let thread = thread::spawn(receive);
                sends();
                thread.join().expect("it ends");
            }
            drop(keep);
        });
    }
}

/// INV-110: two receivers of one value use it one after the other, and the last one gets it itself.
/// Who finds it in use is called when it is let go.
#[test]
fn loom_broadcast_two_receivers_take_turns() {
    model(|| {
        let (tx, mut one) = channel(1);
        let mut two = tx.subscribe();
        send(&tx, 1);
        let thread = thread::spawn(move || assert_eq!(recv(&mut one), Ok(1)));
        assert_eq!(recv(&mut two), Ok(1));
        thread.join().expect("it ends");
        assert_eq!(tx.len(), 0);
    });
}

/// A sender comes for the place while a receiver comes for the value: the receiver has it, or knows
/// that it is gone, and does not think that nothing was sent.
#[test]
fn loom_broadcast_overrun_meets_recv() {
    for others in [false, true] {
        model(move || {
            let (tx, mut rx) = channel(1);
            let other = others.then(|| tx.subscribe());
            send(&tx, 1);
            let thread = thread::spawn(move || {
                send(&tx, 2);
                tx
            });
            let first = try_recv(&mut rx);
            assert!(matches!(first, Ok(1) | Err(TryRecvError::Lagged(1))), "{first:?}");
            assert_eq!(recv(&mut rx), Ok(2));
            let tx = thread.join().expect("it ends");
            assert_eq!(tx.len(), usize::from(others));
            drop(other);
            assert_eq!(tx.len(), 0);
        });
    }
}

/// The same, with a receiver that comes for the new value: it never gets the old one, or gets the
/// new one twice.
#[test]
fn loom_broadcast_late_receiver_sees_its_own() {
    model(|| {
        let (tx, old) = channel(1);
        send(&tx, 1);
        let mut late = tx.subscribe();
        let thread = thread::spawn(move || {
            send(&tx, 2);
            tx
        });
        assert_eq!(recv(&mut late), Ok(2));
        assert_eq!(try_recv(&mut late), Err(TryRecvError::Empty));
        drop(thread.join().expect("it ends"));
        drop(old);
    });
}

/// INV-111: a receiver leaves while another receives: the value goes with the last of them.
#[test]
fn loom_broadcast_leaving_meets_recv() {
    model(|| {
        let (tx, mut one) = channel(1);
        let two = tx.subscribe();
        send(&tx, 1);
        let thread = thread::spawn(move || drop(two));
        assert_eq!(recv(&mut one), Ok(1));
        thread.join().expect("it ends");
        assert_eq!(tx.len(), 0);
    });
}

/// A receiver leaves while a sender comes for the place of its value.
#[test]
fn loom_broadcast_leaving_meets_overrun() {
    model(|| {
        let (tx, mut one) = channel(1);
        let two = tx.subscribe();
        send(&tx, 1);
        let thread = thread::spawn(move || drop(two));
        send(&tx, 2);
        assert_eq!(try_recv(&mut one), Err(TryRecvError::Lagged(1)));
        assert_eq!(recv(&mut one), Ok(2));
        thread.join().expect("it ends");
        assert_eq!(tx.len(), 0);
    });
}

/// A value whose clone sends the next one, for the same slot.
struct Sends(Value, Option<Sender<Sends>>);

impl Clone for Sends {
    fn clone(&self) -> Self {
        if let Some(tx) = &self.1 {
            let _ = tx.send(Sends(Arc::new(2), None));
        }
        Self(self.0.clone(), None)
    }
}

/// The next value found the slot in use, and is put aside, while another receiver comes: it sees
/// both, or knows what it has lost. The first value goes with its user.
#[test]
fn loom_broadcast_a_value_aside_meets_recv() {
    model(|| {
        let (tx, mut one) = channel(1);
        let mut two = tx.subscribe();
        let first = Sends(Arc::new(1), Some(tx.clone()));
        assert!(tx.send(first).is_ok());
        let thread = thread::spawn(move || {
            loop {
                match block_on(two.recv()) {
                    Ok(value) if *value.0 == 2 => break,
                    Ok(_) | Err(RecvError::Lagged(1)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        });
        let mut seen = Vec::new();
        while seen.last() != Some(&2) {
            match one.try_recv() {
                Ok(value) => seen.push(*value.0),
                // The other one had it last, and it was no clone: nobody sends.
                Err(TryRecvError::Empty) => assert!(tx.send(Sends(Arc::new(2), None)).is_ok()),
                Err(other) => assert_eq!(other, TryRecvError::Lagged(1)),
            }
        }
        thread.join().expect("it ends");
        drop(one);
        assert_eq!(tx.len(), 0);
    });
}

/// The last sender sends and goes: its value comes before the end, and the end is not missed.
#[test]
fn loom_broadcast_value_comes_before_the_end() {
    for receives_here in [true, false] {
        model(move || {
            let (tx, mut rx) = channel(1);
            let sends = move || {
                send(&tx, 1);
                drop(tx);
            };
            let mut receive = move || {
                assert_eq!((recv(&mut rx), recv(&mut rx)), (Ok(1), Err(RecvError::Closed)));
            };
            if receives_here {
                let thread = thread::spawn(sends);
                receive();
                thread.join().expect("it ends");
            } else {
                let thread = thread::spawn(receive);
                sends();
                thread.join().expect("it ends");
            }
        });
    }
}

/// A sender that waits for the last receiver hears of it, and sees what it has done.
#[test]
fn loom_broadcast_closed_meets_the_last_receiver() {
    model(|| {
        let (tx, rx) = channel::<Value>(1);
        let note = Arc::new(AtomicU8::new(0));
        let other = note.clone();
        let thread = thread::spawn(move || {
            // Ordering: Relaxed, on purpose: what the model is about has to order it.
            other.store(1, Ordering::Relaxed);
            drop(rx);
        });
        block_on(tx.closed());
        // Ordering: Relaxed, as above.
        assert_eq!(note.load(Ordering::Relaxed), 1);
        thread.join().expect("it ends");
    });
}
