//! Models of a worker on loan. The worker is a cell of loom's: two who use it at once, or one that
//! does not see what the last one did, fail. A worker that nobody gives back shows as a deadlock.

use super::*;
use crate::base::prim::{Arc, AtomicUsize, UnsafeCell, thread};
use std::sync::Arc as StdArc;

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

/// The worker, and what a substitute sleeps in while it mans it.
struct Post {
    loan: Loan,
    worker: UnsafeCell<()>,
    steps: AtomicUsize,
    sleeper: Mutex<Option<Unparker>>,
}

impl Post {
    fn new() -> Arc<Self> {
        let (loan, worker) = (Loan::new(), UnsafeCell::new(()));
        Arc::new(Self { loan, worker, steps: AtomicUsize::new(0), sleeper: Mutex::new(None) })
    }

    /// INV-132: loom sees who is in here; how many steps there have been.
    fn step(&self) -> usize {
        self.worker.with_mut(|_| ());
        self.steps.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn nudge(&self) {
        let sleeper = self.sleeper.lock().clone();
        if let Some(sleeper) = sleeper {
            sleeper.unpark();
        }
    }

    fn take_back(&self) {
        self.loan.take_back(|| self.nudge());
    }

    /// What a substitute does: one step, then sleep until it is wanted.
    fn substitute(&self, number: u64) {
        if !self.loan.take(number) {
            return;
        }
        let parker = Parker::new();
        *self.sleeper.lock() = Some(parker.unparker());
        self.step();
        while !self.loan.is_wanted() {
            parker.sleep(None);
        }
        self.step();
        self.loan.give_back();
    }
}

#[test]
fn loom_loan_the_owner_gets_its_worker_back() {
    model(|| {
        let post = Post::new();
        post.step();
        let offer = post.loan.offer();
        assert!(!offer.owner_comes);
        let substitute = {
            let post = post.clone();
            thread::spawn(move || post.substitute(offer.number))
        };
        if !post.loan.take(offer.number) {
            post.take_back();
        }
        assert!(matches!(post.step(), 2 | 4));
        substitute.join().unwrap();
    });
}

#[test]
fn loom_loan_a_substitute_that_comes_late_takes_nothing() {
    model(|| {
        let post = Post::new();
        let first = post.loan.offer();
        let late = {
            let post = post.clone();
            thread::spawn(move || {
                let taken = post.loan.take(first.number);
                if taken {
                    post.step();
                    post.loan.give_back();
                }
                taken
            })
        };
        let kept = post.loan.take(first.number);
        if !kept {
            post.take_back();
        }
        post.step();
        // The second offer is nobody's but ours: no substitute was called for it.
        let second = post.loan.offer();
        assert!(post.loan.take(second.number));
        post.step();
        assert_ne!(late.join().unwrap(), kept);
    });
}

#[test]
fn loom_loan_a_substitute_that_blocks_offers_it_to_the_owner() {
    model(|| {
        let post = Post::new();
        let first = post.loan.offer();
        let substitute = {
            let post = post.clone();
            thread::spawn(move || {
                if !post.loan.take(first.number) {
                    return;
                }
                post.step();
                let second = post.loan.offer();
                // It blocked for a moment, and nobody else was called.
                if post.loan.take(second.number) {
                    post.step();
                    post.loan.give_back();
                }
            })
        };
        post.take_back();
        post.step();
        substitute.join().unwrap();
    });
}

#[test]
fn loom_loan_two_who_take_an_offer_are_one_too_many() {
    model(|| {
        let post = Post::new();
        let offer = post.loan.offer();
        let taken = StdArc::new(Mutex::new(0));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (post, taken) = (post.clone(), taken.clone());
                thread::spawn(move || {
                    if post.loan.take(offer.number) {
                        post.step();
                        *taken.lock() += 1;
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(*taken.lock(), 1);
    });
}
