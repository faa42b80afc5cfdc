//! Random walks over a oneshot, and over a record of what each half has done.

use crate::sync::oneshot::error::TryRecvError;
use crate::sync::oneshot::{Receiver, Sender, channel};
use crate::wake::wait_list::poller::{Count, Dice, walks};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

struct Walk {
    tx: Option<Sender<Arc<()>>>,
    rx: Option<Receiver<Arc<()>>>,
    /// Sent, and not yet received.
    value: bool,
    closed: bool,
    /// The receiver has given its result.
    given: bool,
    rx_waits: bool,
    tx_waits: bool,
    /// How often each half should have been woken.
    rx_woken: usize,
    tx_woken: usize,
    alive: Arc<()>,
}

impl Walk {
    /// The sender has gone, with a value or without.
    fn end(&mut self, value: bool) {
        self.value = value;
        self.tx_waits = false;
        self.rx_woken += usize::from(std::mem::take(&mut self.rx_waits));
    }

    /// The receiver wants nothing any more.
    fn close(&mut self) {
        let open = self.tx.is_some() && !self.closed;
        self.closed |= open;
        self.rx_waits = false;
        if open {
            self.tx_woken += usize::from(std::mem::take(&mut self.tx_waits));
        }
    }

    fn send(&mut self) {
        let Some(tx) = self.tx.take() else { return };
        let refused = tx.send(self.alive.clone()).is_err();
        assert_eq!(refused, self.closed);
        self.end(!refused);
    }

    fn poll(&mut self, waker: Option<&Waker>) {
        let Some(rx) = self.rx.as_mut().filter(|_| !self.given) else { return };
        let over = self.closed || self.tx.is_none();
        let Some(waker) = waker else {
            let outcome = rx.try_recv();
            match &outcome {
                Ok(_) => assert!(self.value),
                Err(TryRecvError::Empty) => assert!(!over),
                Err(TryRecvError::Closed) => assert!(over && !self.value),
            }
            if over {
                self.value = false;
                self.given = true;
            }
            return;
        };
        match Pin::new(rx).poll(&mut Context::from_waker(waker)) {
            Poll::Ready(outcome) => {
                assert!(over && outcome.is_ok() == self.value);
                self.value = false;
                self.given = true;
            }
            Poll::Pending => {
                assert!(!over);
                self.rx_waits = true;
            }
        }
    }

    fn poll_closed(&mut self, waker: &Waker) {
        let Some(tx) = &mut self.tx else { return };
        match tx.poll_closed(&mut Context::from_waker(waker)) {
            Poll::Ready(()) => assert!(self.closed),
            Poll::Pending => {
                assert!(!self.closed);
                self.tx_waits = true;
            }
        }
    }

    fn drop_receiver(&mut self) {
        if self.rx.take().is_some() {
            self.close();
            self.value = false;
        }
    }

    fn check(&self) {
        assert_eq!(Arc::strong_count(&self.alive), 1 + usize::from(self.value));
        assert!(self.tx.as_ref().is_none_or(|tx| tx.is_closed() == self.closed));
        if let Some(rx) = &self.rx {
            assert_eq!((rx.is_empty(), rx.is_terminated()), (!self.value, self.given));
        }
    }
}

fn walk(dice: &Dice) {
    let (tx, rx) = channel();
    let ((rx_count, rx_waker), (tx_count, tx_waker)) = (Count::waker(), Count::waker());
    let mut walk = Walk {
        tx: Some(tx),
        rx: Some(rx),
        value: false,
        closed: false,
        given: false,
        rx_waits: false,
        tx_waits: false,
        rx_woken: 0,
        tx_woken: 0,
        alive: Arc::new(()),
    };
    for _ in 0..16 {
        // One of several wakers that are not the same, though they count together.
        let another = Waker::from(rx_count.clone());
        match dice.roll(24) {
            0..=5 => walk.poll(Some(if dice.roll(2) == 0 { &another } else { &rx_waker })),
            6..=7 => walk.poll(None),
            8..=13 => walk.poll_closed(&tx_waker),
            14..=15 => walk.send(),
            16 if walk.tx.take().is_some() => walk.end(false),
            17 => {
                if let Some(rx) = &mut walk.rx {
                    rx.close();
                    walk.close();
                }
            }
            18 => walk.drop_receiver(),
            _ => {}
        }
        drop(another);
        walk.check();
        assert_eq!((rx_count.wakes(), tx_count.wakes()), (walk.rx_woken, walk.tx_woken));
        let kept = (Arc::strong_count(&rx_count) - 2, Arc::strong_count(&tx_count) - 2);
        assert_eq!(kept, (usize::from(walk.rx_waits), usize::from(walk.tx_waits)));
    }
}

/// INV-67, INV-68: whose the value is, who is woken, whose waker is kept: as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(10_000, walk);
}
