//! Random walks over a channel and over a model of it that is too simple to be wrong.
//!
//! `MAINSPRING_SEED=n` repeats the walk of a failure, which prints its number.

use crate::sync::mpsc::error::{TryRecvError, TrySendError};
use crate::sync::mpsc::{Permit, Receiver, Sender, channel, unbounded_channel};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// xorshift.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        // Ordering: Relaxed, one thread.
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Flag {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(false)))
    }

    fn is_up(&self) -> bool {
        // Ordering: Relaxed, one thread.
        self.0.load(Ordering::Relaxed)
    }
}

type Reserving<'a> = Pin<Box<dyn Future<Output = Option<Permit<'a, u32>>> + 'a>>;

/// Who waits for room: what the model knows, the future, and whether it was woken.
struct Waiting<'a> {
    granted: bool,
    future: Reserving<'a>,
    flag: Arc<Flag>,
}

struct Walk<'a> {
    tx: &'a Sender<u32>,
    permits: Vec<Permit<'a, u32>>,
    waiting: VecDeque<Waiting<'a>>,
    queue: VecDeque<u32>,
    /// The model's free room: all that is not in the queue, held, or granted.
    free: usize,
    capacity: usize,
    closed: bool,
    next: u32,
}

impl<'a> Walk<'a> {
    fn granted(&self) -> usize {
        self.waiting.iter().filter(|waiting| waiting.granted).count()
    }

    /// Room has become free: the first who wait get it.
    fn hand_on(&mut self) {
        for waiting in &mut self.waiting {
            if !waiting.granted && self.free > 0 && !self.closed {
                self.free -= 1;
                waiting.granted = true;
            }
        }
    }

    fn check(&self, rx: &Receiver<u32>) {
        let held = self.permits.len() + self.granted();
        assert_eq!(self.free + self.queue.len() + held, self.capacity);
        assert_eq!(rx.len(), self.queue.len());
        assert_eq!(rx.is_empty(), self.queue.is_empty());
        let in_line = self.waiting.iter().any(|waiting| !waiting.granted) && !self.closed;
        assert_eq!(self.tx.capacity(), if in_line { 0 } else { self.free });
        for waiting in &self.waiting {
            assert_eq!(waiting.flag.is_up(), waiting.granted || self.closed);
        }
    }

    fn try_send(&mut self) {
        let value = self.next;
        match self.tx.try_send(value) {
            Ok(()) => {
                assert!(self.free > 0 && !self.closed);
                self.free -= 1;
                self.queue.push_back(value);
                self.next += 1;
            }
            Err(TrySendError::Full(_)) => assert!(self.free == 0 && !self.closed),
            Err(TrySendError::Closed(_)) => assert!(self.closed),
        }
    }

    fn reserve(&mut self) {
        let tx = self.tx;
        let flag = Flag::new();
        let mut future: Reserving<'a> = Box::pin(async move { tx.reserve().await.ok() });
        match poll(future.as_mut(), &flag) {
            Poll::Ready(Some(permit)) => {
                assert!(self.free > 0 && !self.closed);
                self.free -= 1;
                self.permits.push(permit);
            }
            Poll::Ready(None) => assert!(self.closed),
            Poll::Pending => {
                assert!(self.free == 0 && !self.closed);
                self.waiting.push_back(Waiting { granted: false, future, flag });
            }
        }
    }

    /// Polls or drops one of those who wait.
    fn meet(&mut self, which: usize, give_up: bool) {
        let Some(mut one) = self.waiting.remove(which) else { return };
        if give_up {
            self.free += usize::from(one.granted);
            drop(one);
            return self.hand_on();
        }
        match poll(one.future.as_mut(), &one.flag) {
            Poll::Ready(Some(permit)) => {
                assert!(one.granted);
                self.permits.push(permit);
            }
            Poll::Ready(None) => assert!(self.closed && !one.granted),
            Poll::Pending => {
                assert!(!one.granted && !self.closed);
                self.waiting.insert(which, one);
            }
        }
    }

    fn spend(&mut self, which: usize, send: bool) {
        let permit = self.permits.swap_remove(which);
        if send {
            permit.send(self.next);
            self.queue.push_back(self.next);
            self.next += 1;
        } else {
            drop(permit);
            self.free += 1;
            self.hand_on();
        }
    }

    fn try_recv(&mut self, rx: &mut Receiver<u32>) {
        let idle = self.queue.is_empty() && self.permits.is_empty() && self.granted() == 0;
        match rx.try_recv() {
            Ok(value) => {
                assert_eq!(Some(value), self.queue.pop_front());
                self.free += 1;
                self.hand_on();
            }
            Err(TryRecvError::Empty) => assert!(self.queue.is_empty() && !(self.closed && idle)),
            Err(TryRecvError::Disconnected) => assert!(self.closed && idle),
        }
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>, flag: &Arc<Flag>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(flag.clone())))
}

fn walk(seed: u64, steps: usize) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let capacity = 1 + dice.roll(5);
    let (tx, mut rx) = channel(capacity);
    let mut walk = Walk {
        tx: &tx,
        permits: vec![],
        waiting: VecDeque::new(),
        queue: VecDeque::new(),
        free: capacity,
        capacity,
        closed: false,
        next: 0,
    };
    for _ in 0..steps {
        match dice.roll(40) {
            0..8 => walk.try_send(),
            8..16 => walk.reserve(),
            16..21 if !walk.waiting.is_empty() => {
                let which = dice.roll(walk.waiting.len());
                walk.meet(which, dice.roll(3) == 0);
            }
            21..28 if !walk.permits.is_empty() => {
                let which = dice.roll(walk.permits.len());
                walk.spend(which, dice.roll(3) != 0);
            }
            28..39 => walk.try_recv(&mut rx),
            39 if dice.roll(20) == 0 => {
                rx.close();
                walk.closed = true;
            }
            _ => {}
        }
        walk.check(&rx);
    }
}

/// The walk's number: of the environment, or fresh.
fn seeds() -> impl Iterator<Item = u64> {
    let given = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    let fresh = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0);
    let count = if cfg!(miri) { 3 } else { 2000 };
    given.map_or(fresh..fresh.saturating_add(count), |seed| seed..seed + 1)
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

/// Who holds what, who waits, who is woken, what is there: after every step as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    for seed in seeds() {
        let _tell = Tell(seed);
        walk(seed, 80);
    }
}

/// Values that are counted, ends that go at random moments on their own threads: all are dropped,
/// each sender's values come in order, and the receiver's end comes.
#[test]
fn random_threads_lose_nothing() {
    for seed in seeds().take(if cfg!(miri) { 2 } else { 60 }) {
        let _tell = Tell(seed);
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let alive = Arc::new(());
        let (senders, each) = (1 + dice.roll(3), 1 + dice.roll(200));
        let (tx, mut rx) = channel(1 + dice.roll(4));
        let (unbounded, mut rest) = unbounded_channel();
        let threads: Vec<_> = (0..senders)
            .map(|sender| {
                let (tx, unbounded, alive) = (tx.clone(), unbounded.clone(), alive.clone());
                std::thread::spawn(move || {
                    for i in 0..each {
                        let _ = unbounded.send((sender, i, alive.clone()));
                        if tx.blocking_send((sender, i, alive.clone())).is_err() {
                            return;
                        }
                    }
                })
            })
            .collect();
        drop((tx, unbounded));
        let stop = if dice.roll(2) == 0 { usize::MAX } else { dice.roll(senders * each) };
        let mut next = vec![0; senders];
        let mut taken = 0;
        while taken < stop
            && let Some((sender, i, _)) = rx.blocking_recv()
        {
            assert_eq!(i, next[sender]);
            next[sender] += 1;
            taken += 1;
        }
        assert!(stop != usize::MAX || taken == senders * each);
        drop(rx);
        let mut next = vec![0; senders];
        while let Some((sender, i, _)) = rest.blocking_recv() {
            assert_eq!(i, next[sender]);
            next[sender] += 1;
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        drop(rest);
        assert_eq!(Arc::strong_count(&alive), 1);
    }
}
