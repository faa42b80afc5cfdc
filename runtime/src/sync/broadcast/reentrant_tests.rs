//! Tests of the broadcast with foreign code that uses the channel: clones, destructors, wakers.

use crate::sync::broadcast::error::TryRecvError;
use crate::sync::broadcast::{Receiver, Sender, channel};
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

type Hook = Arc<dyn Fn() + Send + Sync>;

/// A value that calls a hook when it is cloned, and counts how many of it there are.
struct Nosy {
    number: u32,
    alive: Arc<AtomicU32>,
    clones: Option<Hook>,
    drops: Option<Hook>,
}

impl Nosy {
    fn new(number: u32, alive: &Arc<AtomicU32>) -> Self {
        // Ordering: Relaxed, a count.
        alive.fetch_add(1, Ordering::Relaxed);
        Self { number, alive: alive.clone(), clones: None, drops: None }
    }

    fn when_cloned(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.clones = Some(Arc::new(hook));
        self
    }

    fn when_dropped(mut self, hook: impl Fn() + Send + Sync + 'static) -> Self {
        self.drops = Some(Arc::new(hook));
        self
    }
}

impl Clone for Nosy {
    fn clone(&self) -> Self {
        if let Some(hook) = &self.clones {
            hook();
        }
        Nosy::new(self.number, &self.alive)
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        // Ordering: Relaxed, a count.
        self.alive.fetch_sub(1, Ordering::Relaxed);
        if let Some(hook) = &self.drops {
            hook();
        }
    }
}

fn alive() -> Arc<AtomicU32> {
    Arc::default()
}

fn count(alive: &Arc<AtomicU32>) -> u32 {
    // Ordering: Relaxed, read after joins or on the same thread.
    alive.load(Ordering::Relaxed)
}

fn send(tx: &Sender<Nosy>, value: Nosy) {
    assert!(tx.send(value).is_ok(), "somebody listens");
}

fn recv(rx: &mut Receiver<Nosy>) -> Result<u32, TryRecvError> {
    rx.try_recv().map(|value| value.number)
}

/// INV-110, INV-111: the clone sends so much that its own slot is needed again, twice over. The
/// senders go on, what they put aside is received, and every value is dropped once.
#[test]
fn a_clone_may_send_round_the_ring() {
    must_end(|| {
        for rounds in [1, 2, 3, 5] {
            let alive = alive();
            let (tx, mut one) = channel(2);
            let mut two = tx.subscribe();
            let (hook, own) = (tx.clone(), alive.clone());
            let sends = move || (10..10 + 2 * rounds).for_each(|n| send(&hook, Nosy::new(n, &own)));
            send(&tx, Nosy::new(0, &alive).when_cloned(sends));
            assert_eq!(recv(&mut one), Ok(0));
            assert_eq!(tx.len(), 2);
            let last = 10 + 2 * rounds;
            for rx in [&mut one, &mut two] {
                let lost = if rx.len() as u32 > 2 { rx.len() as u64 - 2 } else { 0 };
                if lost > 0 {
                    assert_eq!(recv(rx), Err(TryRecvError::Lagged(lost)));
                }
                assert_eq!([recv(rx), recv(rx)], [Ok(last - 2), Ok(last - 1)]);
                assert_eq!(recv(rx), Err(TryRecvError::Empty));
            }
            assert_eq!((count(&alive), tx.len()), (0, 0));
            send(&tx, Nosy::new(99, &alive));
            assert_eq!((recv(&mut one), recv(&mut two)), (Ok(99), Ok(99)));
            assert_eq!(count(&alive), 0);
        }
    });
}

/// A value was put aside, is lent, and its clone sends round the ring again.
#[test]
fn a_clone_of_a_value_aside_may_send_too() {
    must_end(|| {
        let alive = alive();
        let (tx, mut one) = channel(1);
        let mut two = tx.subscribe();
        let (hook, own) = (tx.clone(), alive.clone());
        let inner = move || {
            let (again, mine) = (hook.clone(), own.clone());
            let sends = move || send(&again, Nosy::new(2, &mine));
            send(&hook, Nosy::new(1, &own).when_cloned(sends));
        };
        let (hook, rx) = (Arc::new(inner), Arc::new(Mutex::new(tx.subscribe())));
        let receives = rx.clone();
        // The first clone sends a value that goes aside, and receives it: that clone sends, too.
        send(
            &tx,
            Nosy::new(0, &alive).when_cloned(move || {
                hook();
                let mut rx = receives.lock().unwrap();
                assert_eq!(recv(&mut rx), Err(TryRecvError::Lagged(1)));
                assert_eq!(recv(&mut rx), Ok(1));
            }),
        );
        assert_eq!(recv(&mut one), Ok(0));
        for rx in [&mut one, &mut two, &mut rx.lock().unwrap()] {
            while let Err(TryRecvError::Lagged(_)) = recv(rx) {}
            assert_eq!(rx.len(), 0);
        }
        assert_eq!((count(&alive), tx.len()), (0, 0));
    });
}

/// A receiver is dropped, another subscribes, senders come and go, all while a value is cloned.
#[test]
fn a_clone_may_use_all_handles() {
    must_end(|| {
        let alive = alive();
        let (tx, mut one) = channel(4);
        let leaves = Arc::new(Mutex::new(Some(tx.subscribe())));
        let hook = tx.clone();
        send(
            &tx,
            Nosy::new(0, &alive).when_cloned(move || {
                drop(leaves.lock().unwrap().take());
                drop((hook.subscribe(), hook.clone(), hook.downgrade().upgrade()));
                assert_eq!((hook.len(), hook.is_empty(), hook.receiver_count()), (1, false, 1));
            }),
        );
        assert_eq!(recv(&mut one), Ok(0));
        // The share that was left went while the value was held: the holder has dropped it.
        assert_eq!((count(&alive), tx.len()), (0, 0));
    });
}

#[test]
fn a_destructor_may_use_all_handles() {
    must_end(|| {
        let alive = alive();
        let (tx, mut rx) = channel(1);
        let nosy = |number| {
            let (hook, own) = (tx.clone(), alive.clone());
            Nosy::new(number, &alive).when_dropped(move || {
                drop((hook.subscribe(), hook.clone(), hook.len()));
                if hook.is_empty() && hook.receiver_count() > 0 {
                    send(&hook, Nosy::new(100, &own));
                }
            })
        };
        send(&tx, nosy(0));
        send(&tx, nosy(1));
        assert_eq!(recv(&mut rx), Err(TryRecvError::Lagged(1)));
        assert_eq!(recv(&mut rx), Ok(1));
        assert_eq!(recv(&mut rx), Ok(100));
        send(&tx, nosy(2));
        let other = tx.subscribe();
        drop(rx);
        assert_eq!((count(&alive), tx.len(), other.len()), (1, 1, 1));
        drop(other);
        assert_eq!(count(&alive), 0);
    });
}

/// No waker runs under a lock of the channel.
#[test]
fn wakers_may_use_the_channel() {
    must_end(|| {
        let (tx, mut rx) = channel(2);
        let hook = tx.clone();
        let left = AtomicU32::new(40);
        let waker = nosy(Arc::new(move || {
            let mut rx = hook.subscribe();
            let _ = Polled::new(rx.recv()).poll();
            // Ordering: Relaxed, one thread.
            if left.load(Ordering::Relaxed) > 0 {
                // Ordering: Relaxed, one thread.
                left.fetch_sub(1, Ordering::Relaxed);
                let _ = hook.send(7);
            }
            drop((rx, hook.len(), hook.clone()));
        }));
        for _ in 0..4 {
            let mut recv = Polled::new(rx.recv());
            while recv.poll_with(&waker).is_pending() {
                let _ = tx.send(1);
            }
        }
        let mut closed = Polled::new(tx.closed());
        assert!(closed.poll_with(&waker).is_pending());
        drop(rx);
    });
}

/// A clone panics: the value counts as received by this one, and the others get it.
#[test]
fn a_clone_that_panics_lets_go() {
    let alive = alive();
    let (tx, mut one) = channel(1);
    let mut two = tx.subscribe();
    let armed = Mutex::new(true);
    let fuse = move || {
        let armed = std::mem::take(&mut *armed.lock().unwrap_or_else(|bad| bad.into_inner()));
        assert!(!armed, "no clone");
    };
    send(&tx, Nosy::new(0, &alive).when_cloned(fuse));
    assert!(catch_unwind(AssertUnwindSafe(|| recv(&mut one))).is_err());
    assert_eq!(recv(&mut one), Err(TryRecvError::Empty));
    assert_eq!((tx.len(), recv(&mut two)), (1, Ok(0)));
    assert_eq!((tx.len(), count(&alive)), (0, 0));
}

/// While one receiver clones for long, on another thread: the sender goes on, a drop goes on, and
/// another receiver of the value waits for its turn.
#[test]
fn a_long_clone_keeps_no_sender() {
    must_end(|| {
        let alive = alive();
        let (tx, mut one) = channel(1);
        let (mut two, three) = (tx.subscribe(), tx.subscribe());
        let (begun, has_begun) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        let ends = Mutex::new(ends);
        let begun = Mutex::new(begun);
        send(
            &tx,
            Nosy::new(0, &alive).when_cloned(move || {
                let _ = begun.lock().unwrap().send(());
                let _ = ends.lock().unwrap().recv();
            }),
        );
        let thread = std::thread::spawn(move || recv(&mut one));
        has_begun.recv().expect("it clones");
        // A receiver of the same value waits without a thread of its own.
        let mut waits = Polled::waiting(two.recv());
        drop(three);
        assert_eq!(tx.len(), 1);
        drop(waits);
        send(&tx, Nosy::new(1, &alive));
        assert_eq!(recv(&mut two), Err(TryRecvError::Lagged(1)));
        assert_eq!(recv(&mut two), Ok(1));
        send(&tx, Nosy::new(2, &alive));
        waits = Polled::new(two.recv());
        assert!(waits.ready().is_ok());
        drop(end);
        assert_eq!(thread.join().expect("no panic"), Ok(0));
        drop(waits);
        drop((tx, two));
        assert_eq!(count(&alive), 0);
    });
}

/// Two receivers of a value that is being cloned, one async and one blocking its thread: both get
/// it when the clone is there.
#[test]
fn who_waits_for_a_clone_is_called() {
    must_end(|| {
        let alive = alive();
        let (tx, mut one) = channel(2);
        let (mut two, mut three) = (tx.subscribe(), tx.subscribe());
        let (begun, has_begun) = mpsc::channel();
        let (end, ends) = mpsc::channel::<()>();
        let (begun, ends) = (Mutex::new(begun), Mutex::new(ends));
        send(
            &tx,
            Nosy::new(0, &alive).when_cloned(move || {
                let _ = begun.lock().unwrap().send(());
                let _ = ends.lock().unwrap().recv();
            }),
        );
        let first = std::thread::spawn(move || recv(&mut one));
        has_begun.recv().expect("it clones");
        let mut waits = Polled::waiting(two.recv());
        let blocks = std::thread::spawn(move || recv(&mut three));
        drop(end);
        assert_eq!(first.join().expect("no panic"), Ok(0));
        assert_eq!(blocks.join().expect("no panic"), Ok(0));
        assert!(waits.wakes() > 0);
        assert_eq!(waits.ready().map(|value| value.number), Ok(0));
        assert_eq!(count(&alive), 0);
    });
}
