//! The poller's side, with a virtual clock: arm, poll again, move, drop.

use super::*;
use crate::base::prim::count;
use crate::drive::timers::tests::{Bench, bell};
use std::sync::Arc;
use std::time::Duration;

#[test]
fn whoever_is_not_ahead_of_the_clock_asks_it_first() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    bench.go_to(10);
    let mut over = Box::pin(Entry::new(bench.at(10), false));
    assert_eq!(bench.poll(&mut over, &waker), Poll::Ready(Ok(())));
    let mut ahead = Box::pin(Entry::new(bench.at(11), false));
    assert!(bench.poll(&mut ahead, &waker).is_pending());
    assert_eq!(bench.next(), Some(11));
}

#[test]
fn a_spurious_poll_does_not_cost_a_read_modify_write() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    let mut entry = bench.armed(1_000, &waker);
    let (_, log) = count::record(|| bench.poll(&mut entry, &waker));
    assert_eq!(log.len(), 0);
}

/// The promise at the head of `entry.rs`, counted. (The waker's own are not counted here.)
#[test]
fn arming_and_dropping_are_a_lock_pair_each() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    let mut entry = bench.timer(1_000);
    let (_, arm) = count::record(|| bench.poll(&mut entry, &waker));
    let (_, cancel) = count::record(|| drop(entry));
    assert_eq!((arm.len(), cancel.len()), (2, 2));
    let mut fired = bench.armed(10, &waker);
    let (_, moved) = count::record(|| bench.reset(&mut fired, 20));
    bench.go_to(10);
    bench.go_to(20);
    let (_, gone) = count::record(|| drop(fired));
    assert_eq!((moved.len(), gone.len()), (0, 0));
    let (_, idle) = count::record(|| bench.timers.fire(bench.at(10_000), &mut |_| ()));
    assert_eq!(idle.len(), 0, "nothing is due: no lock");
}

#[test]
fn another_waker_takes_the_place_of_the_first() {
    let bench = Bench::new();
    let ((first, one), (second, two)) = (bell(), bell());
    let mut entry = bench.armed(10, &one);
    assert!(bench.poll(&mut entry, &two).is_pending());
    assert_eq!(Arc::strong_count(&first), 2, "the old waker is dropped at once");
    bench.go_to(10);
    assert_eq!((first.rung(), second.rung()), (0, 1));
}

/// A waker whose clone is another waker than itself must not be mistaken for a later one at the
/// same address.
#[test]
fn the_waker_that_was_left_is_the_clone() {
    use std::task::{RawWaker, RawWakerVTable};
    static OUTER: RawWakerVTable = RawWakerVTable::new(
        // SAFETY(INV-41): `data` points to the test's waker, which outlives the borrowed one.
        |data| unsafe { std::mem::ManuallyDrop::new((*data.cast::<Waker>()).clone()).as_raw() },
        |_| (),
        |_| (),
        |_| (),
    );
    trait AsRaw {
        fn as_raw(&self) -> RawWaker;
    }
    impl AsRaw for Waker {
        fn as_raw(&self) -> RawWaker {
            RawWaker::new(self.data(), self.vtable())
        }
    }
    let bench = Bench::new();
    let ((first, one), (second, two)) = (bell(), bell());
    let mut place = one;
    let mut entry = bench.timer(10);
    // SAFETY(INV-41): its functions follow the contract of a waker; `place` outlives it.
    let borrowed = |place: &Waker| unsafe { Waker::new((&raw const *place).cast(), &OUTER) };
    let outer = borrowed(&place);
    assert!(bench.poll(&mut entry, &outer).is_pending());
    drop(outer);
    place = two;
    let outer = borrowed(&place);
    assert!(bench.poll(&mut entry, &outer).is_pending());
    bench.go_to(10);
    assert_eq!((first.rung(), second.rung()), (0, 1));
}

#[test]
fn a_deadline_moved_later_wakes_nobody_at_the_old_one() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let mut entry = bench.armed(10, &waker);
    bench.reset(&mut entry, 500);
    bench.reset(&mut entry, 1_000);
    bench.go_to(10);
    bench.go_to(500);
    assert_eq!(bell.rung(), 0);
    assert_eq!(bench.next(), Some(1_000));
    bench.go_to(999);
    assert_eq!(bell.rung(), 0);
    bench.go_to(1_000);
    assert_eq!(bell.rung(), 1);
    assert_eq!(bench.poll(&mut entry, &waker), Poll::Ready(Ok(())));
}

#[test]
fn a_deadline_moved_earlier_fires_at_the_new_one() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let mut entry = bench.armed(100_000, &waker);
    bench.reset(&mut entry, 200_000);
    bench.reset(&mut entry, 7);
    assert_eq!(bench.next(), Some(7));
    bench.go_to(7);
    assert_eq!(bell.rung(), 1);
    assert_eq!(bench.poll(&mut entry, &waker), Poll::Ready(Ok(())));
}

#[test]
fn a_fired_timer_moved_later_is_armed_again() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let mut entry = bench.armed(10, &waker);
    bench.go_to(10);
    bench.reset(&mut entry, 20);
    assert_eq!(bench.next(), None);
    assert!(bench.poll(&mut entry, &waker).is_pending());
    bench.go_to(20);
    assert_eq!(bell.rung(), 2);
    assert_eq!(bench.poll(&mut entry, &waker), Poll::Ready(Ok(())));
}

#[test]
fn a_timer_moved_before_its_first_poll_asks_the_clock() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    bench.go_to(10);
    let mut entry = bench.timer(1_000);
    bench.reset(&mut entry, 5);
    assert_eq!(bench.poll(&mut entry, &waker), Poll::Ready(Ok(())));
}

/// INV-40: each is gone from the wheel before its memory is.
#[test]
fn dropped_timers_leave_nothing_behind() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let timers = if cfg!(miri) { 300 } else { 100_000 };
    let mut entries: Vec<_> =
        (0..timers).map(|n| bench.armed(n * 37 % 4_000 + 1, &waker)).collect();
    let kept = entries.swap_remove(17);
    assert_eq!(bench.next(), Some(1));
    drop(entries);
    assert_eq!(Arc::strong_count(&bell), 3, "every other waker was dropped");
    drop(kept);
    assert_eq!(bench.next(), None, "nobody wakes up for a timer that is gone");
    bench.go_to(10_000);
    assert_eq!(bell.rung(), 0);
}

#[test]
fn dropping_the_earliest_timer_lets_the_owner_sleep_longer() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    let first = bench.armed(10, &waker);
    let _second = bench.armed(5_000, &waker);
    assert_eq!(bench.next(), Some(10));
    drop(first);
    assert_eq!(bench.next(), Some(5_000));
}

#[test]
fn without_a_runtime_it_says_so() {
    let mut entry = Box::pin(Entry::new(Instant::now() + Duration::from_secs(9), true));
    let cx = &mut Context::from_waker(Waker::noop());
    let polled = entry.as_mut().poll_elapsed(cx, || unreachable!("ahead"), || None);
    assert_eq!(polled, Poll::Ready(Err(Unarmed::NoRuntime)));
}

#[test]
fn an_entry_is_small_and_can_be_sent_and_shared() {
    fn is<T: Send + Sync>() {}
    is::<Entry>();
    assert!(size_of::<Entry>() <= 96, "{} bytes", size_of::<Entry>());
}
