//! what a waker promises.

use crate::block_on::BlockOn;
use crate::parts::{Count, Counted, Gate};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

/// The waker that a root future is given.
fn root_waker<M: BlockOn>() -> Waker {
    M::block_on(poll_fn(|cx| Poll::Ready(cx.waker().clone())))
}

pub fn clones_wake_the_same<M: BlockOn>() {
    let waker = root_waker::<M>();
    let clone = waker.clone();
    assert!(clone.will_wake(&waker) && waker.will_wake(&clone));
    assert!(clone.clone().will_wake(&waker));
}

pub fn polls_of_one_future_bring_the_same_waker<M: BlockOn>() {
    let mut first: Option<Waker> = None;
    M::block_on(poll_fn(|cx| match &first {
        None => {
            first = Some(cx.waker().clone());
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        Some(waker) => {
            assert!(waker.will_wake(cx.waker()));
            Poll::Ready(())
        }
    }));
}

/// Held, woken and dropped when its future has long been gone, and on another thread.
pub fn a_waker_outlives_its_future<M: BlockOn>() {
    let waker = root_waker::<M>();
    let other = waker.clone();
    thread::spawn(move || {
        other.wake_by_ref();
        other.wake();
    })
    .join()
    .unwrap();
    waker.wake_by_ref();
}

/// The clone goes on when the original is gone.
pub fn a_clone_stands_alone<M: BlockOn>() {
    let (polls, gate) = (Count::default(), Gate::default());
    let mut first = true;
    let mut waiting = Counted::new(gate.clone(), &polls);
    M::block_on(poll_fn(|cx| {
        // Many that come and go, and one that is kept by the gate.
        let many: Vec<_> = (0..10).map(|_| cx.waker().clone()).collect();
        let answer = Pin::new(&mut waiting).poll(cx);
        drop(many);
        if std::mem::take(&mut first) {
            let gate = gate.clone();
            thread::spawn(move || gate.open());
        }
        answer
    }));
    assert_eq!(polls.get(), 2);
}

/// A future that was polled in one place and is awaited in another: the last waker is the one.
pub fn the_last_waker_is_the_one<M: BlockOn>() {
    let gate = Gate::default();
    let mut waiting = pin!(gate.clone());
    let elsewhere = Arc::new(Count::default());
    let waker = Waker::from(elsewhere.clone());
    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    let mut opened = false;
    M::block_on(poll_fn(|cx| {
        let answer = waiting.as_mut().poll(cx);
        if !std::mem::replace(&mut opened, true) {
            gate.open();
        }
        answer
    }));
    assert_eq!(elsewhere.get(), 0);
}

#[macro_export]
macro_rules! wakers {
    ($machine:ty) => {
        $crate::each! { $machine, wakers:
            clones_wake_the_same,
            polls_of_one_future_bring_the_same_waker,
            a_waker_outlives_its_future,
            a_clone_stands_alone,
            the_last_waker_is_the_one,
        }
    };
}
