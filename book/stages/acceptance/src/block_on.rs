//! one future, one thread, no lost wake.

use crate::parts::{Count, Counted, Gate, from_thread, turns};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::thread;

/// How a future is run on this thread, which sleeps while it waits.
pub trait BlockOn: 'static {
    fn block_on<F: Future>(future: F) -> F::Output;
}

pub fn the_output_comes_back<M: BlockOn>() {
    assert_eq!(M::block_on(async { 6 * 7 }), 42);
}

pub fn borrows_are_allowed<M: BlockOn>() {
    let text = String::from("borrowed");
    let length = Cell::new(0);
    M::block_on(async { length.set(text.len()) });
    assert_eq!(length.get(), 8);
}

pub fn a_wake_during_the_poll_is_kept<M: BlockOn>() {
    let polls = Count::default();
    M::block_on(Counted::new(turns(100), &polls));
    assert_eq!(polls.get(), 101);
}

/// The thread wakes when it likes: before the sleep or in it.
pub fn a_wake_from_a_thread_is_kept<M: BlockOn>() {
    for _ in 0..200 {
        M::block_on(from_thread(false));
        M::block_on(from_thread(true));
    }
}

/// A wake that was too early for the sleep is used up, and the next one counts again.
pub fn an_early_wake_costs_no_later_one<M: BlockOn>() {
    M::block_on(async {
        for _ in 0..20 {
            from_thread(true).await;
            let gate = Gate::default();
            let opener = gate.clone();
            thread::spawn(move || {
                while !opener.is_waited_for() {
                    thread::yield_now();
                }
                (0..100).for_each(|_| thread::yield_now());
                opener.open();
            });
            gate.await;
        }
    });
}

pub fn while_nobody_wakes_nobody_polls<M: BlockOn>() {
    let (polls, gate) = (Count::default(), Gate::default());
    let opener = thread::spawn({
        let (polls, gate) = (polls.clone(), gate.clone());
        move || {
            while !gate.is_waited_for() {
                thread::yield_now();
            }
            // Plenty of chances to poll once more.
            (0..100).for_each(|_| thread::yield_now());
            let before = polls.get();
            gate.open();
            before
        }
    });
    M::block_on(Counted::new(gate, &polls));
    assert_eq!((opener.join().unwrap(), polls.get()), (1, 2));
}

pub fn wakes_without_a_reason_do_no_harm<M: BlockOn>() {
    let polls = Cell::new(0);
    M::block_on(poll_fn(|cx| {
        polls.set(polls.get() + 1);
        cx.waker().wake_by_ref();
        drop(cx.waker().clone());
        cx.waker().wake_by_ref();
        if polls.get() == 10 { Poll::Ready(()) } else { Poll::Pending }
    }));
    assert_eq!(polls.get(), 10);
}

pub fn one_after_the_other<M: BlockOn>() {
    let kept = Cell::new(None);
    M::block_on(poll_fn(|cx| {
        kept.set(Some(cx.waker().clone()));
        Poll::Ready(())
    }));
    // A late wake for the first must not disturb the second.
    let late = kept.take().unwrap();
    let polls = Count::default();
    late.wake_by_ref();
    M::block_on(Counted::new(from_thread(true), &polls));
    late.wake();
    assert!(polls.get() >= 2);
}

pub fn a_panic_comes_out<M: BlockOn>() {
    let dropped = Count::default();
    let held = dropped.on_drop();
    let ended = catch_unwind(AssertUnwindSafe(|| {
        M::block_on(async move {
            let _held = held;
            turns(1).await;
            std::panic::resume_unwind(Box::new("as planned"));
        })
    }));
    assert_eq!(ended.unwrap_err().downcast_ref::<&str>(), Some(&"as planned"));
    assert_eq!(dropped.get(), 1);
}

#[macro_export]
macro_rules! block_on {
    ($machine:ty) => {
        $crate::each! { $machine, block_on:
            the_output_comes_back,
            borrows_are_allowed,
            a_wake_during_the_poll_is_kept,
            a_wake_from_a_thread_is_kept,
            an_early_wake_costs_no_later_one,
            while_nobody_wakes_nobody_polls,
            wakes_without_a_reason_do_no_harm,
            one_after_the_other,
            a_panic_comes_out,
        }
    };
}
