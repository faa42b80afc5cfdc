//! Loom models of the barrier.

use crate::base::prim::{Arc, UnsafeCell, thread};
use crate::sync::Barrier;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::Polled;

fn model(bound: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.check(f);
}

/// A barrier, and what each of two threads did before it.
struct Two(Barrier, [UnsafeCell<usize>; 2]);

// SAFETY: each cell is written by its own thread before the barrier, and read by the other after.
unsafe impl Sync for Two {}
// SAFETY: as above.
unsafe impl Send for Two {}

impl Two {
    fn new() -> Arc<Self> {
        Arc::new(Two(Barrier::new(2), [UnsafeCell::new(0), UnsafeCell::new(0)]))
    }

    /// Arrives in each round: all that the other did before its own arrival is seen after it.
    fn go_round(&self, me: usize, rounds: usize) -> usize {
        let mut led = 0;
        for round in 1..=rounds {
            // SAFETY: the other reads it between the barriers only.
            self.1[me].with_mut(|cell| unsafe { *cell = round });
            led += usize::from(block_on(self.0.wait()).is_leader());
            // SAFETY: the other writes it outside of the barriers only.
            self.1[1 - me].with(|cell| assert_eq!(unsafe { *cell }, round));
            led += usize::from(block_on(self.0.wait()).is_leader());
        }
        led
    }
}

/// Nobody waits for ever, nobody goes on alone, and one leads: in the round after, too.
#[test]
fn loom_barrier_two_go_round() {
    model(4, || {
        let two = Two::new();
        let other = two.clone();
        let thread = thread::spawn(move || other.go_round(1, 2));
        let led = two.go_round(0, 2);
        assert_eq!(led + thread.join().expect("it ends"), 4);
    });
}

/// INV-17: one leaves the line while the last arrives: it was counted, and the other goes on.
#[test]
fn loom_barrier_the_last_meets_one_that_leaves() {
    model(4, || {
        let barrier = Arc::new(Barrier::new(3));
        let other = barrier.clone();
        let gone = Polled::waiting(barrier.wait());
        let mut stays = Polled::waiting(barrier.wait());
        let thread = thread::spawn(move || assert!(block_on(other.wait()).is_leader()));
        drop(gone);
        thread.join().expect("it ends");
        assert_eq!(stays.wakes(), 1);
        assert!(!stays.ready().is_leader());
    });
}

/// One that is let go, and looks before it is woken, sees what the last did before it arrived; and
/// what it does next, arrive again, meets no touch of the one who let it go.
#[test]
fn loom_barrier_who_is_let_go_is_free() {
    model(4, || {
        let two = Two::new();
        let other = two.clone();
        let mut wait = Polled::waiting(two.0.wait());
        let thread = thread::spawn(move || {
            // SAFETY: the other reads it after the barrier only.
            other.1[1].with_mut(|cell| unsafe { *cell = 1 });
            assert!(block_on(other.0.wait()).is_leader());
        });
        if wait.poll().is_ready() {
            // SAFETY: the other has written it before the barrier.
            two.1[1].with(|cell| assert_eq!(unsafe { *cell }, 1));
            drop(wait);
            drop(Polled::waiting(two.0.wait()));
        }
        thread.join().expect("it ends");
    });
}

/// Three threads, one round: all go on, one leads.
#[test]
fn loom_barrier_three_meet() {
    model(2, || {
        let barrier = Arc::new(Barrier::new(3));
        let meet = |barrier: &Barrier| usize::from(block_on(barrier.wait()).is_leader());
        let threads = [barrier.clone(), barrier.clone()];
        let threads = threads.map(|barrier| thread::spawn(move || meet(&barrier)));
        let mut led = meet(&barrier);
        for thread in threads {
            led += thread.join().expect("it ends");
        }
        assert_eq!(led, 1);
    });
}
