//! Random walks over a broadcast and over a model of it that is too simple to be wrong.
//!
//! `MAINSPRING_SEED=n` repeats the walk of a failure, which prints its number.

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::broadcast::error::{RecvError, TryRecvError};
use crate::sync::broadcast::{Receiver, Sender, channel};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// A value that knows how many of it there are.
type Value = (u64, Arc<()>);

/// What `recv` gives, with the receiver, which it had to own meanwhile.
type Received = (Receiver<Value>, Result<u64, RecvError>);

/// A receiver, in the model: the number of its next value.
struct Listener {
    next: u64,
    hand: Hand,
}

enum Hand {
    Idle(Receiver<Value>),
    /// The future, and how often it was woken when it was polled last.
    Waits(Polled<Pin<Box<dyn Future<Output = Received>>>>, usize),
    Between,
}

struct Walk {
    alive: Arc<()>,
    capacity: u64,
    senders: Vec<Sender<Value>>,
    listeners: Vec<Listener>,
    sent: u64,
}

impl Walk {
    fn new(capacity: u64) -> Self {
        let (tx, rx) = channel(capacity as usize);
        let first = Listener { next: 0, hand: Hand::Idle(rx) };
        let capacity = capacity.next_power_of_two();
        Self { alive: Arc::new(()), capacity, senders: vec![tx], listeners: vec![first], sent: 0 }
    }

    /// What a receiver would be told, and its next number.
    fn outcome(&self, next: u64) -> (Result<u64, TryRecvError>, u64) {
        let oldest = self.sent.saturating_sub(self.capacity);
        if next < oldest {
            (Err(TryRecvError::Lagged(oldest - next)), oldest)
        } else if next < self.sent {
            (Ok(next), next + 1)
        } else if self.senders.is_empty() {
            (Err(TryRecvError::Closed), next)
        } else {
            (Err(TryRecvError::Empty), next)
        }
    }

    fn check(&self) {
        let oldest = self.sent.saturating_sub(self.capacity);
        let first = self.listeners.iter().map(|one| one.next.max(oldest)).min();
        let wanted = self.sent - first.unwrap_or(self.sent);
        // Each value that is wanted exists once, and no other.
        assert_eq!(Arc::strong_count(&self.alive) as u64 - 1, wanted);
        for one in &self.listeners {
            match &one.hand {
                Hand::Idle(rx) => {
                    assert_eq!(rx.len() as u64, self.sent - one.next);
                    assert_eq!(rx.is_closed(), self.senders.is_empty());
                    assert_eq!(rx.sender_strong_count(), self.senders.len());
                }
                Hand::Waits(waits, wakes) => {
                    let due = self.outcome(one.next).0 != Err(TryRecvError::Empty);
                    assert_eq!(waits.wakes() > *wakes, due);
                }
                Hand::Between => unreachable!(),
            }
        }
        for tx in &self.senders {
            assert_eq!((tx.len() as u64, tx.is_empty()), (wanted, wanted == 0));
            assert_eq!(tx.receiver_count(), self.listeners.len());
        }
    }

    fn send(&mut self) {
        let Some(tx) = self.senders.last() else { return };
        match tx.send((self.sent, self.alive.clone())) {
            Ok(receivers) => {
                assert_eq!(receivers, self.listeners.len());
                self.sent += 1;
            }
            Err(error) => assert!(self.listeners.is_empty() && error.0.0 == self.sent),
        }
    }

    fn listener(&mut self, which: usize, waits: bool) {
        let (outcome, next) = self.outcome(self.listeners[which].next);
        let one = &mut self.listeners[which];
        let hand = match std::mem::replace(&mut one.hand, Hand::Between) {
            Hand::Idle(mut rx) if waits => {
                let recv: Pin<Box<dyn Future<Output = Received>>> = Box::pin(async move {
                    let received = rx.recv().await.map(|value| value.0);
                    (rx, received)
                });
                Hand::Waits(Polled::new(recv), 0)
            }
            other => other,
        };
        one.hand = match hand {
            Hand::Idle(mut rx) => {
                assert_eq!(rx.try_recv().map(|value| value.0), outcome);
                one.next = next;
                Hand::Idle(rx)
            }
            Hand::Waits(mut waits, _) => match waits.poll() {
                Poll::Ready((rx, received)) => {
                    let received = received.map_err(|why| match why {
                        RecvError::Closed => TryRecvError::Closed,
                        RecvError::Lagged(lost) => TryRecvError::Lagged(lost),
                    });
                    assert_eq!(received, outcome);
                    one.next = next;
                    Hand::Idle(rx)
                }
                Poll::Pending => {
                    assert_eq!(outcome, Err(TryRecvError::Empty));
                    let wakes = waits.wakes();
                    Hand::Waits(waits, wakes)
                }
            },
            Hand::Between => unreachable!(),
        };
    }

    fn come_and_go(&mut self, rng: &Rng) {
        let which = rng.below(8) as usize;
        let few = self.listeners.len() < 8;
        match rng.below(5) {
            0 if few && !self.senders.is_empty() => {
                let hand = Hand::Idle(self.senders[0].subscribe());
                self.listeners.push(Listener { next: self.sent, hand });
            }
            1 if few && which < self.listeners.len() => {
                if let Hand::Idle(rx) = &self.listeners[which].hand {
                    let hand = Hand::Idle(rx.resubscribe());
                    self.listeners.push(Listener { next: self.sent, hand });
                }
            }
            2 if which < self.listeners.len() => drop(self.listeners.swap_remove(which)),
            3 if !self.senders.is_empty() => self.senders.push(self.senders[0].clone()),
            4 if rng.below(4) == 0 => drop(self.senders.pop()),
            _ => {}
        }
    }
}

fn walk(seed: u64, steps: usize) {
    let rng = Rng::seeded(seed);
    let mut walk = Walk::new(1 + u64::from(rng.below(6)));
    for _ in 0..steps {
        match rng.below(10) {
            0..3 => walk.send(),
            3..9 if !walk.listeners.is_empty() => {
                let which = rng.below(walk.listeners.len() as u32) as usize;
                walk.listener(which, rng.below(3) == 0);
            }
            _ => walk.come_and_go(&rng),
        }
        walk.check();
    }
}

/// The walk's number: of the environment, or fresh.
fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let given = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    let fresh = Rng::free().next() >> 1;
    let count = if cfg!(miri) { 3 } else { count };
    given.map_or(fresh..fresh + count, |seed| seed..seed + 1)
}

/// Tells the seed if the walk fails.
struct Tell(u64);

impl Drop for Tell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this walk was MAINSPRING_SEED={}", self.0);
        }
    }
}

/// Who gets what and loses what, who is woken, what is there: after every step as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    for seed in seeds(2_000) {
        let _tell = Tell(seed);
        walk(seed, 100);
    }
}

/// A value whose clone may be preempted in the middle, so that slots are in use when senders come.
struct Slow(usize, u64, Arc<()>);

impl Clone for Slow {
    fn clone(&self) -> Self {
        std::thread::yield_now();
        Slow(self.0, self.1, self.2.clone())
    }
}

/// INV-110, INV-111: a receiver on a thread of its own, which leaves at a random moment: each
/// sender's values come in order, and what it does not see is counted.
fn listen(mut rx: Receiver<Slow>, seed: u64, senders: usize, each: u64) {
    count::shake(seed);
    let rng = Rng::seeded(seed);
    let stop = if rng.below(2) == 0 { u64::MAX } else { u64::from(rng.below(each as u32)) };
    let mut next = vec![0; senders];
    let (mut seen, mut lost) = (0, 0);
    while seen < stop {
        let received = match rng.below(3) {
            0 => match rx.try_recv() {
                Ok(value) => Ok(value),
                Err(TryRecvError::Empty) => continue,
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
                Err(TryRecvError::Lagged(lost)) => Err(RecvError::Lagged(lost)),
            },
            _ => block_on(rx.recv()),
        };
        match received {
            Ok(Slow(sender, n, _)) => {
                assert!(n >= next[sender], "in order, and once");
                next[sender] = n + 1;
                seen += 1;
            }
            Err(RecvError::Lagged(n)) => lost += n,
            Err(RecvError::Closed) => {
                assert_eq!(seen + lost, each * senders as u64);
                return;
            }
        }
    }
}

/// Senders and receivers on threads of their own: nothing is lost that is not counted, nothing is
/// seen twice, and every value is dropped.
#[test]
fn random_threads_account_for_every_value() {
    for seed in seeds(60) {
        let _tell = Tell(seed);
        let rng = Rng::seeded(seed);
        let alive = Arc::new(());
        let (senders, each) = (1 + rng.below(2) as usize, 1 + u64::from(rng.below(200)));
        let (tx, rx) = channel(1 + rng.below(4) as usize);
        std::thread::scope(|scope| {
            for which in 0..=rng.below(3) {
                let rx = tx.subscribe();
                scope.spawn(move || listen(rx, seed + u64::from(which), senders, each));
            }
            drop(rx);
            for sender in 0..senders {
                let (tx, alive) = (tx.clone(), alive.clone());
                scope.spawn(move || {
                    count::shake(seed ^ sender as u64);
                    for n in 0..each {
                        let _ = tx.send(Slow(sender, n, alive.clone()));
                    }
                });
            }
            drop(tx);
        });
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
