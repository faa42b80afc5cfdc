//! Tests of the wait list, over the smallest primitive that can have one. Its loom models are those
//! of its users: `sync/semaphore/permits_model_tests.rs` first.

use super::{Handed, Left, Line, Standing, Waiter, call_all, in_batches};
use crate::base::note::Kind;
use crate::base::prim::{Mutex, count};
use crate::base::rng::Rng;
use crate::wake::wait_list::poller::{Count, Polled};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// The smallest primitive with a line: whoever comes waits.
struct Gate(Mutex<Line>);

impl Gate {
    fn new() -> Self {
        Self(Mutex::new(Line::new(Kind::Notify)))
    }

    fn line<R>(&self, f: impl FnOnce(&mut Line) -> R) -> R {
        f(&mut self.0.lock())
    }

    fn wait(&self) -> Wait<'_> {
        Wait { gate: self, waiter: Waiter::new(), passed_on: None }
    }

    fn let_one(&self) -> bool {
        let waker = self.line(Line::hand_first);
        let found = waker.is_some();
        waker.flatten().into_iter().for_each(Waker::wake);
        found
    }

    fn let_last(&self) -> bool {
        let waker = self.line(Line::hand_last);
        let found = waker.is_some();
        waker.flatten().into_iter().for_each(Waker::wake);
        found
    }

    fn let_all(&self) {
        call_all(&self.0, self.0.lock(), |line| line);
    }
}

struct Wait<'a> {
    gate: &'a Gate,
    waiter: Waiter,
    /// Where a test looks what the dropped future was handed.
    passed_on: Option<&'a Mutex<Option<Handed>>>,
}

impl Future for Wait<'_> {
    type Output = Handed;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Handed> {
        let this = self.into_ref().get_ref();
        loop {
            match this.waiter.standing() {
                Standing::Out => {
                    let waker = cx.waker().clone();
                    // SAFETY: pinned by the poll, OUT, and `drop` leaves the line.
                    this.gate.line(|line| unsafe { line.join(&this.waiter, Some(waker), 0) });
                    return Poll::Pending;
                }
                Standing::Waiting => {
                    if this.waiter.rewaken(&this.gate.0, cx.waker()) {
                        return Poll::Pending;
                    }
                }
                Standing::Handed(what) => {
                    this.waiter.settle();
                    return Poll::Ready(what);
                }
            }
        }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        // SAFETY: we are its future, and it joins no other line.
        let left = self.gate.line(|line| unsafe { line.leave(&self.waiter) });
        if let (Left::Handed(what), Some(cell)) = (&left, self.passed_on) {
            *cell.lock() = Some(*what);
        }
        drop(left);
    }
}

#[test]
fn waiters_are_handed_in_the_order_of_their_coming() {
    let gate = Gate::new();
    let mut waits: Vec<_> = (0..5).map(|_| Polled::waiting(gate.wait())).collect();
    for turn in 0..5 {
        assert!(gate.let_one());
        for (place, wait) in waits.iter_mut().enumerate() {
            assert_eq!(wait.wakes(), usize::from(place <= turn));
        }
    }
    assert!(!gate.let_one());
    assert!(waits.iter_mut().all(|wait| wait.ready() == Handed::One));
}

#[test]
fn the_last_can_be_handed_first() {
    let gate = Gate::new();
    let mut waits: Vec<_> = (0..3).map(|_| Polled::waiting(gate.wait())).collect();
    assert!(gate.let_last());
    assert_eq!(waits[2].ready(), Handed::Last);
    assert!(gate.let_one());
    assert_eq!(waits[0].ready(), Handed::One);
    assert!(waits[1].poll().is_pending());
}

/// INV-17: a dropped future is out of the line, wherever in it it was.
#[test]
fn a_dropped_waiter_leaves_the_line() {
    for gone in 0..4 {
        let gate = Gate::new();
        let mut waits: Vec<_> = (0..4).map(|_| Polled::waiting(gate.wait())).collect();
        drop(waits.remove(gone));
        for wait in &mut waits {
            assert!(gate.let_one());
            assert_eq!(wait.ready(), Handed::One);
        }
        assert!(!gate.let_one() && gate.line(|line| line.is_empty()));
    }
}

/// INV-16: who was handed something is out of the line, and its drop says what it has.
#[test]
fn a_dropped_waiter_learns_what_it_was_handed() {
    let gate = Gate::new();
    let (first, last) = (Mutex::new(None), Mutex::new(None));
    let wait = |cell| Wait { gate: &gate, waiter: Waiter::new(), passed_on: Some(cell) };
    let both = (Polled::waiting(wait(&first)), Polled::waiting(wait(&last)));
    assert!(gate.let_last() && gate.let_one());
    drop(both);
    assert_eq!((*first.lock(), *last.lock()), (Some(Handed::One), Some(Handed::Last)));
}

/// INV-15: the line keeps one clone of the waker while the future waits, and none afterwards.
#[test]
fn wakers_are_kept_once_and_given_back() {
    let gate = Gate::new();
    let mut handed = Polled::waiting(gate.wait());
    let mut leaving = Polled::waiting(gate.wait());
    let mut called = Polled::waiting(gate.wait());
    assert!(handed.poll().is_pending() && leaving.poll().is_pending());
    assert_eq!([handed.wakers_kept(), leaving.wakers_kept(), called.wakers_kept()], [1; 3]);
    assert!(gate.let_one());
    let (count, waker) = Count::waker();
    assert!(leaving.poll_with(&waker).is_pending());
    assert_eq!((leaving.wakers_kept(), Arc::strong_count(&count)), (0, 3));
    drop(leaving);
    assert_eq!(Arc::strong_count(&count), 2);
    gate.let_all();
    assert_eq!((handed.ready(), called.ready()), (Handed::One, Handed::All));
    assert_eq!([handed.wakers_kept(), called.wakers_kept()], [0; 2]);
}

#[test]
fn polling_again_with_the_same_waker_takes_no_lock() {
    let gate = Gate::new();
    let mut wait = Polled::waiting(gate.wait());
    let waker = wait.waker();
    let (poll, log) = count::record(|| wait.poll_with(&waker));
    assert!(poll.is_pending() && log.is_empty());
}

#[test]
fn all_who_wait_are_called_however_many_they_are() {
    let gate = Gate::new();
    let mut waits: Vec<_> = (0..100).map(|_| Polled::waiting(gate.wait())).collect();
    gate.let_all();
    assert!(waits.iter_mut().all(|wait| wait.wakes() == 1 && wait.ready() == Handed::All));
}

/// While a hundred are called, each woken one comes again: it waits for the next call.
#[test]
fn who_comes_while_all_are_called_is_not_called() {
    struct Again(Arc<Gate>, Mutex<Vec<Polled<Wait<'static>>>>);
    impl Wake for Again {
        fn wake(self: Arc<Self>) {
            // SAFETY: the gate is in an `Arc` that outlives the futures: see below.
            let gate: &'static Gate = unsafe { &*Arc::as_ptr(&self.0) };
            let wait = Polled::waiting(gate.wait());
            self.1.lock().push(wait);
        }
    }
    let gate = Arc::new(Gate::new());
    let again = Arc::new(Again(gate.clone(), Mutex::new(Vec::new())));
    let waker = Waker::from(again.clone());
    let mut waits: Vec<_> = (0..100).map(|_| Polled::new(gate.wait())).collect();
    assert!(waits.iter_mut().all(|wait| wait.poll_with(&waker).is_pending()));
    gate.let_all();
    assert!(waits.iter_mut().all(|wait| wait.ready() == Handed::All));
    let mut came = std::mem::take(&mut *again.1.lock());
    assert_eq!(came.len(), 100);
    assert!(came.iter_mut().all(|wait| wait.wakes() == 0 && wait.poll().is_pending()));
    gate.let_all();
    assert!(came.iter_mut().all(|wait| wait.ready() == Handed::All));
}

/// Called, and not handed it yet: such a waiter leaves the list of those who were called.
#[test]
fn a_waker_may_drop_a_waiter_that_was_called_with_it() {
    struct Drops(Mutex<Vec<Polled<Wait<'static>>>>);
    impl Wake for Drops {
        fn wake(self: Arc<Self>) {
            let waits = std::mem::take(&mut *self.0.lock());
            drop(waits);
        }
    }
    let gate = Arc::new(Gate::new());
    // SAFETY: the gate outlives the futures, all of which are dropped in this function.
    let forever: &'static Gate = unsafe { &*Arc::as_ptr(&gate) };
    let drops = Arc::new(Drops(Mutex::new(Vec::new())));
    let mut first = Polled::new(gate.wait());
    assert!(first.poll_with(&Waker::from(drops.clone())).is_pending());
    *drops.0.lock() = (0..100).map(|_| Polled::waiting(forever.wait())).collect();
    let mut last = Polled::waiting(gate.wait());
    gate.let_all();
    assert_eq!((first.ready(), last.ready()), (Handed::All, Handed::All));
    assert!(drops.0.lock().is_empty());
}

#[test]
fn a_waker_that_panics_does_not_stop_the_others() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker's own");
        }
    }
    let gate = Gate::new();
    let mut waits: Vec<_> = (0..80).map(|_| Polled::new(gate.wait())).collect();
    for (place, wait) in waits.iter_mut().enumerate() {
        let poll = if place % 40 == 7 {
            wait.poll_with(&Waker::from(Arc::new(Panics)))
        } else {
            wait.poll()
        };
        assert!(poll.is_pending());
    }
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| gate.let_all()));
    assert!(outcome.is_err());
    assert_eq!(waits.iter().map(|wait| wait.wakes()).sum::<usize>(), 78);
    assert!(waits.iter_mut().all(|wait| wait.ready() == Handed::All));
}

#[test]
fn batches_go_on_while_they_are_full() {
    let lock = Mutex::new(70);
    let (count, waker) = Count::waker();
    in_batches(&lock, lock.lock(), |left, batch| {
        while *left > 0 && !batch.is_full() {
            *left -= 1;
            batch.push(waker.clone());
        }
    });
    assert_eq!((*lock.lock(), count.wakes()), (0, 70));
}

/// INV-14, INV-17: any order of joining, leaving, handing and calling, beside a plain queue.
#[test]
fn it_behaves_as_a_queue() {
    for seed in 0..100 {
        let rng = Rng::seeded(seed);
        let gate = Gate::new();
        let mut queue: VecDeque<Polled<Wait<'_>>> = VecDeque::new();
        for _ in 0..100 {
            let len = queue.len() as u32;
            match rng.below(16) {
                0..=6 => queue.push_back(Polled::waiting(gate.wait())),
                7..=9 if len > 0 => drop(queue.remove(rng.below(len) as usize)),
                10..=12 if gate.let_one() => {
                    let first = queue.pop_front().map(|mut wait| wait.ready());
                    assert_eq!(first, Some(Handed::One), "seed {seed}");
                }
                13..=14 if gate.let_last() => {
                    let last = queue.pop_back().map(|mut wait| wait.ready());
                    assert_eq!(last, Some(Handed::Last), "seed {seed}");
                }
                15 if rng.below(4) == 0 => {
                    gate.let_all();
                    let all = |mut wait: Polled<Wait<'_>>| wait.ready() == Handed::All;
                    assert!(queue.drain(..).all(all), "seed {seed}");
                }
                _ => {}
            }
            assert!(queue.iter_mut().all(|wait| wait.poll().is_pending()), "seed {seed}");
            assert_eq!(gate.line(|line| line.is_empty()), queue.is_empty(), "seed {seed}");
        }
    }
}
