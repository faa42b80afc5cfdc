//! Random walks over an unbounded channel, whose ends come and go, and over a deque with counts.

use crate::sync::mpsc::error::TryRecvError;
use crate::sync::mpsc::{
    UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel,
};
use crate::wake::wait_list::poller::{Count, Dice, Polled, walks};
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

struct Walk {
    senders: Vec<UnboundedSender<u32>>,
    weak: Vec<WeakUnboundedSender<u32>>,
    rx: Option<UnboundedReceiver<u32>>,
    queue: VecDeque<u32>,
    closed: bool,
    /// Is a waker left in the channel? Also by a poll that then saw the end.
    waits: bool,
    woken: usize,
    next: u32,
}

impl Walk {
    fn wake(&mut self) {
        self.woken += usize::from(std::mem::take(&mut self.waits));
    }

    fn is_over(&self) -> bool {
        self.queue.is_empty() && (self.closed || self.senders.is_empty())
    }

    fn send(&mut self, which: usize) {
        let value = self.next;
        self.next += 1;
        match self.senders[which].send(value) {
            Ok(()) => {
                assert!(!self.closed);
                self.queue.push_back(value);
                self.wake();
            }
            Err(back) => assert!(self.closed && back.0 == value),
        }
    }

    fn drop_sender(&mut self, dice: &Dice) {
        if dice.take(&mut self.senders).is_some() && self.senders.is_empty() {
            self.wake();
        }
    }

    fn receive(&mut self, count: &Arc<Count>, dice: &Dice) {
        let over = self.is_over();
        let Some(rx) = &mut self.rx else { return };
        // Not the same waker each time; they count together.
        let waker = Waker::from(Arc::clone(count));
        let mut cx = Context::from_waker(&waker);
        let taken = match dice.roll(3) {
            0 => match rx.try_recv() {
                Ok(value) => vec![value],
                Err(TryRecvError::Disconnected) => return assert!(over),
                Err(TryRecvError::Empty) => return assert!(!over && self.queue.is_empty()),
            },
            1 => match rx.poll_recv(&mut cx) {
                Poll::Ready(value) => {
                    self.waits |= value.is_none();
                    value.into_iter().collect()
                }
                Poll::Pending => {
                    assert!(!over && self.queue.is_empty());
                    self.waits = true;
                    return;
                }
            },
            _ => {
                let (mut values, limit) = (vec![], dice.roll(4));
                match rx.poll_recv_many(&mut cx, &mut values, limit) {
                    Poll::Ready(count) => {
                        assert_eq!(count, limit.min(self.queue.len()));
                        self.queue
                            .drain(..count)
                            .for_each(|value| assert_eq!(value, values.remove(0)));
                        self.waits |= count == 0 && limit > 0;
                        return assert!(count > 0 || over || limit == 0);
                    }
                    Poll::Pending => {
                        assert!(!over && self.queue.is_empty());
                        self.waits = true;
                        return;
                    }
                }
            }
        };
        assert!(!taken.is_empty() || over);
        taken.into_iter().for_each(|value| assert_eq!(Some(value), self.queue.pop_front()));
    }

    fn check(&mut self, count: &Count) {
        assert_eq!(count.wakes(), self.woken);
        let counts = (self.senders.len(), self.weak.len());
        if let Some(rx) = &self.rx {
            assert_eq!((rx.len(), rx.is_empty()), (self.queue.len(), self.queue.is_empty()));
            assert_eq!(rx.is_closed(), self.closed || self.senders.is_empty());
            assert_eq!((rx.sender_strong_count(), rx.sender_weak_count()), counts);
        }
        for tx in &self.senders {
            assert_eq!(
                (tx.is_closed(), (tx.strong_count(), tx.weak_count())),
                (self.closed, counts)
            );
        }
    }
}

fn walk(dice: &Dice) {
    let (tx, rx) = unbounded_channel();
    let (count, _) = Count::waker();
    let mut walk = Walk {
        senders: vec![tx],
        weak: vec![],
        rx: Some(rx),
        queue: VecDeque::new(),
        closed: false,
        waits: false,
        woken: 0,
        next: 0,
    };
    for _ in 0..80 {
        let sender = dice.pick(&walk.senders);
        match (dice.roll(40), sender) {
            (0..12, Some(sender)) => walk.send(sender),
            (12..24, _) => walk.receive(&count, dice),
            (24..27, Some(sender)) => walk.senders.push(walk.senders[sender].clone()),
            (27..31, _) => walk.drop_sender(dice),
            (31..33, Some(sender)) => walk.weak.push(walk.senders[sender].downgrade()),
            (33..36, _) => {
                let Some(weak) = dice.take(&mut walk.weak) else { continue };
                let tx = weak.upgrade();
                assert_eq!(tx.is_some(), !walk.senders.is_empty());
                walk.senders.extend(tx);
            }
            (36..38, Some(sender)) if !walk.closed => {
                // Given up at once: it leaves nothing behind.
                let mut closing = Polled::waiting(walk.senders[sender].closed());
                assert!(closing.poll().is_pending());
            }
            (38, _) if dice.roll(4) == 0 => {
                if let Some(rx) = &mut walk.rx {
                    rx.close();
                    walk.closed = true;
                }
            }
            (39, _) if dice.roll(8) == 0 => {
                walk.rx = None;
                walk.closed = true;
                walk.waits = false;
                walk.queue.clear();
            }
            _ => {}
        }
        walk.check(&count);
    }
}

/// What is received, who is woken, what is closed and how many there are: as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(4000, walk);
}
