//! Random walks over a watch and over a model of it that is too simple to be wrong.
//!
//! `MAINSPRING_SEED=n` repeats the walk of a failure, which prints its number.

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::watch::{Receiver, Sender, channel};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

/// What `changed` gives, with the receiver, which it had to own meanwhile.
type Waited = (Receiver<u32>, bool);

/// A receiver, in the model: the number of the change that it has seen, and whether the value was
/// marked as unseen.
struct Looker {
    seen: u32,
    marked: bool,
    hand: Hand,
}

enum Hand {
    Idle(Receiver<u32>),
    /// The future, and the number of changes when it was polled last.
    Waits(Polled<Pin<Box<dyn Future<Output = Waited>>>>, usize),
    Between,
}

struct Walk {
    senders: Vec<Sender<u32>>,
    lookers: Vec<Looker>,
    value: u32,
    changes: u32,
}

impl Walk {
    fn new() -> Self {
        let (tx, rx) = channel(0);
        let first = Looker { seen: 0, marked: false, hand: Hand::Idle(rx) };
        Self { senders: vec![tx], lookers: vec![first], value: 0, changes: 0 }
    }

    fn unseen(&self, looker: &Looker) -> bool {
        looker.marked || looker.seen != self.changes
    }

    /// Whether everybody who has to be woken is, and what everybody sees.
    fn check(&self) {
        let ended = self.senders.is_empty();
        for looker in &self.lookers {
            match &looker.hand {
                Hand::Idle(rx) => {
                    assert_eq!(*rx.borrow(), self.value);
                    assert_eq!(rx.borrow().has_changed(), self.unseen(looker));
                    assert_eq!(rx.has_changed().ok(), (!ended).then_some(self.unseen(looker)));
                    assert_eq!(rx.is_closed(), ended);
                }
                Hand::Waits(waits, wakes) => {
                    assert_eq!(waits.wakes() > *wakes, self.unseen(looker) || ended);
                }
                Hand::Between => unreachable!(),
            }
        }
        for tx in &self.senders {
            assert_eq!(tx.receiver_count(), self.lookers.len());
            assert_eq!((tx.sender_count(), *tx.borrow()), (self.senders.len(), self.value));
        }
    }

    fn send(&mut self, rng: &Rng) {
        let Some(tx) = self.senders.first() else { return };
        let value = rng.below(100);
        let before = self.value;
        let told = match rng.below(4) {
            0 => {
                assert_eq!(tx.send_replace(value), before);
                true
            }
            1 => tx.send_if_modified(|n| std::mem::replace(n, value) % 2 == 0),
            _ => tx.send(value).is_ok(),
        };
        if told || *tx.borrow() != before {
            self.value = value;
        }
        self.changes += u32::from(told);
    }

    fn looker(&mut self, which: usize, rng: &Rng) {
        let ended = self.senders.is_empty();
        let changes = self.changes;
        let unseen = self.unseen(&self.lookers[which]);
        let looker = &mut self.lookers[which];
        looker.hand = match std::mem::replace(&mut looker.hand, Hand::Between) {
            Hand::Idle(mut rx) => match rng.below(5) {
                0 => {
                    assert_eq!(rx.borrow_and_update().has_changed(), unseen);
                    (looker.seen, looker.marked) = (changes, false);
                    Hand::Idle(rx)
                }
                1 => {
                    rx.mark_changed();
                    // One step back: it may by chance be the version of now, if we are ahead.
                    looker.marked = true;
                    rx.mark_unchanged();
                    rx.mark_changed();
                    looker.seen = changes;
                    Hand::Idle(rx)
                }
                2 => {
                    rx.mark_unchanged();
                    (looker.seen, looker.marked) = (changes, false);
                    Hand::Idle(rx)
                }
                _ => Hand::Waits(
                    Polled::new(Box::pin(async move {
                        let outcome = rx.changed().await;
                        (rx, outcome.is_ok())
                    })),
                    0,
                ),
            },
            Hand::Waits(mut waits, _) => match waits.poll() {
                Poll::Ready((rx, changed)) => {
                    assert_eq!(changed, unseen);
                    assert!(changed || ended);
                    (looker.seen, looker.marked) = (changes, false);
                    Hand::Idle(rx)
                }
                Poll::Pending => {
                    assert!(!unseen && !ended);
                    let wakes = waits.wakes();
                    Hand::Waits(waits, wakes)
                }
            },
            Hand::Between => unreachable!(),
        };
        if let Hand::Waits(waits, wakes) = &mut self.lookers[which].hand
            && *wakes == 0
            && waits.wakes() == 0
        {
            self.first_poll(which);
        }
    }

    /// Polls a wait that was just made, so that the model need not know of unpolled ones.
    fn first_poll(&mut self, which: usize) {
        let (changes, due) = (self.changes, self.unseen(&self.lookers[which]));
        let due = due || self.senders.is_empty();
        let looker = &mut self.lookers[which];
        let Hand::Waits(waits, _) = &mut looker.hand else { return };
        match waits.poll() {
            Poll::Ready((rx, _)) => {
                assert!(due);
                *looker = Looker { seen: changes, marked: false, hand: Hand::Idle(rx) };
            }
            Poll::Pending => assert!(!due),
        }
    }

    fn come_and_go(&mut self, rng: &Rng) {
        let some = rng.below(8) as usize;
        match rng.below(5) {
            0 if self.lookers.len() < 8 => {
                if let Some(tx) = self.senders.first() {
                    let hand = Hand::Idle(tx.subscribe());
                    self.lookers.push(Looker { seen: self.changes, marked: false, hand });
                }
            }
            1 if self.lookers.len() < 8 => {
                let cloned = self.lookers.iter().find_map(|looker| match &looker.hand {
                    Hand::Idle(rx) => {
                        let hand = Hand::Idle(rx.clone());
                        Some(Looker { seen: looker.seen, marked: looker.marked, hand })
                    }
                    _ => None,
                });
                self.lookers.extend(cloned);
            }
            2 if some < self.lookers.len() => drop(self.lookers.swap_remove(some)),
            3 if !self.senders.is_empty() => self.senders.push(self.senders[0].clone()),
            4 if rng.below(4) == 0 => drop(self.senders.pop()),
            _ => {}
        }
    }
}

fn walk(seed: u64, steps: usize) {
    let rng = Rng::seeded(seed);
    let mut walk = Walk::new();
    for _ in 0..steps {
        match rng.below(10) {
            0..3 => walk.send(&rng),
            3..9 if !walk.lookers.is_empty() => {
                let which = rng.below(walk.lookers.len() as u32) as usize;
                walk.looker(which, &rng);
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

/// Who has seen what, who waits, who is woken: after every step as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    for seed in seeds(2_000) {
        let _tell = Tell(seed);
        walk(seed, 100);
    }
}

/// Receivers on threads of their own see values in order, and all see the last one.
#[test]
fn random_threads_see_the_last_value() {
    const LAST: u32 = 300;
    for seed in seeds(40) {
        let _tell = Tell(seed);
        let (tx, rx) = channel(0);
        std::thread::scope(|scope| {
            for which in 0..3 {
                let mut rx = rx.clone();
                scope.spawn(move || {
                    count::shake(seed + which);
                    let mut before = 0;
                    while block_on(rx.changed()).is_ok() {
                        let now = *rx.borrow_and_update();
                        assert!(now > before || now == before && now == LAST);
                        before = now;
                    }
                    assert_eq!((before, *rx.borrow()), (LAST, LAST));
                });
            }
            drop(rx);
            count::shake(seed + 9);
            let other = tx.clone();
            for n in 1..=LAST {
                if n % 2 == 0 { &tx } else { &other }.send_replace(n);
            }
            drop((tx, other));
        });
    }
}
