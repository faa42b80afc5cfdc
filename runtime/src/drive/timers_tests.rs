//! Firing, with a virtual clock: order, batches, panics, nudges, the end of a runtime.

use super::*;
use crate::base::clock;
use crate::drive::entry::{Entry, Unarmed};
use crate::wake::park::Unpark;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering as StdOrdering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake};

/// A wheel of its own with a clock that only the test moves.
pub(crate) struct Bench {
    pub(crate) clock: Clock,
    pub(crate) timers: &'static Timers,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let clock = Clock::paused();
        Self { timers: Timers::acquire(&clock), clock }
    }

    pub(crate) fn at(&self, millis: u64) -> Instant {
        self.clock.origin() + Duration::from_millis(millis)
    }

    /// A deadline in the future, armed without asking.
    pub(crate) fn timer(&self, millis: u64) -> Pin<Box<Entry>> {
        Box::pin(Entry::new(self.at(millis), true))
    }

    pub(crate) fn poll(
        &self,
        entry: &mut Pin<Box<Entry>>,
        waker: &Waker,
    ) -> Poll<Result<(), Unarmed>> {
        self.poll_as(entry, waker, true)
    }

    pub(crate) fn poll_as(
        &self,
        entry: &mut Pin<Box<Entry>>,
        waker: &Waker,
        owner: bool,
    ) -> Poll<Result<(), Unarmed>> {
        let cx = &mut Context::from_waker(waker);
        entry
            .as_mut()
            .poll_elapsed(cx, || self.clock.now(), || Some((self.timers, owner)))
            .map_ok(drop)
    }

    pub(crate) fn armed(&self, millis: u64, waker: &Waker) -> Pin<Box<Entry>> {
        let mut entry = self.timer(millis);
        assert!(self.poll(&mut entry, waker).is_pending());
        entry
    }

    pub(crate) fn reset(&self, entry: &mut Pin<Box<Entry>>, millis: u64) {
        entry.as_mut().reset(self.at(millis), || Some((self.timers, true)));
    }

    /// Moves the clock and fires.
    pub(crate) fn go_to(&self, millis: u64) {
        self.clock.advance_to(self.at(millis));
        self.timers.fire(self.clock.now(), &mut |_| panic!("a waker panicked"));
    }

    pub(crate) fn next(&self) -> Option<u64> {
        let next = self.timers.next_deadline()?;
        Some(next.duration_since(self.clock.origin()).as_millis() as u64)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.timers.release(&mut drop);
    }
}

/// Counts wakes, and notes in which order the members of one log were woken.
#[derive(Default)]
pub(crate) struct Bell {
    rung: AtomicUsize,
    number: usize,
    log: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.fetch_add(1, StdOrdering::Relaxed);
        self.log.lock().unwrap().push(self.number);
    }
}

pub(crate) fn bell() -> (Arc<Bell>, Waker) {
    let bell = Arc::new(Bell::default());
    (bell.clone(), Waker::from(bell))
}

impl Bell {
    pub(crate) fn rung(&self) -> usize {
        self.rung.load(StdOrdering::Relaxed)
    }
}

/// Counts nudges.
#[derive(Default)]
struct Nudges(AtomicUsize);

impl Unpark for Nudges {
    fn unpark(&self) {
        self.0.fetch_add(1, StdOrdering::Relaxed);
    }
}

impl Nudges {
    fn take(&self) -> usize {
        self.0.swap(0, StdOrdering::Relaxed)
    }
}

#[test]
fn fires_at_its_deadline_and_not_before() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let mut entry = bench.armed(1_000, &waker);
    assert_eq!(bench.next(), Some(1_000));
    bench.go_to(999);
    assert_eq!(bell.rung(), 0);
    assert!(bench.poll(&mut entry, &waker).is_pending());
    bench.go_to(1_000);
    assert_eq!(bell.rung(), 1);
    assert_eq!(bench.poll(&mut entry, &waker), Poll::Ready(Ok(())));
    assert_eq!(bench.next(), None);
}

#[test]
fn a_part_of_a_millisecond_is_rounded_up() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let deadline = bench.at(5) + Duration::from_nanos(1);
    let mut entry = Box::pin(Entry::new(deadline, true));
    assert!(bench.poll(&mut entry, &waker).is_pending());
    assert_eq!(bench.next(), Some(6));
    bench.go_to(5);
    assert_eq!(bell.rung(), 0);
    bench.go_to(6);
    assert_eq!(bell.rung(), 1);
}

#[test]
fn equal_deadlines_fire_in_the_order_of_arming() {
    let bench = Bench::new();
    let log = Arc::new(Mutex::new(Vec::new()));
    let mut entries = Vec::new();
    for number in 0..100 {
        // From ever closer by, so that the wheel has filed the first ones again.
        bench.go_to(number as u64 * 50);
        let bell = Bell { number, log: log.clone(), ..Bell::default() };
        entries.push(bench.armed(5_000, &Waker::from(Arc::new(bell))));
    }
    bench.go_to(5_000);
    assert_eq!(*log.lock().unwrap(), (0..100).collect::<Vec<_>>());
}

/// A waker may arm, drop and fire timers: no lock is held while it runs.
#[test]
fn no_lock_is_held_while_a_waker_runs() {
    struct Rearm {
        timers: &'static Timers,
        at: Instant,
        dropped: Arc<AtomicUsize>,
    }
    impl Wake for Rearm {
        fn wake(self: Arc<Self>) {
            let mut entry = Box::pin(Entry::new(self.at, true));
            let cx = &mut Context::from_waker(Waker::noop());
            let polled = entry.as_mut().poll_elapsed(cx, || self.at, || Some((self.timers, false)));
            assert!(polled.is_pending());
            self.timers.fire(self.at, &mut |_| ());
        }
    }
    impl Drop for Rearm {
        fn drop(&mut self) {
            self.timers.own(Arc::new(Nudges::default()));
            self.dropped.fetch_add(1, StdOrdering::Relaxed);
        }
    }
    let bench = Bench::new();
    let dropped = Arc::new(AtomicUsize::new(0));
    let waker = || {
        let (timers, at, dropped) = (bench.timers, bench.at(50), dropped.clone());
        Waker::from(Arc::new(Rearm { timers, at, dropped }))
    };
    let fired: Vec<_> = (0..70).map(|n| bench.armed(n / 10, &waker())).collect();
    drop(bench.armed(10, &waker()));
    assert_eq!(dropped.load(StdOrdering::Relaxed), 1);
    bench.go_to(10);
    assert_eq!(dropped.load(StdOrdering::Relaxed), 71);
    drop(fired);
}

#[test]
fn a_panicking_waker_does_not_cost_the_others_their_wake() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }
    let bench = Bench::new();
    let (bell, waker) = bell();
    let panics = Waker::from(Arc::new(Panics));
    let entries: Vec<_> =
        (0..100).map(|n| bench.armed(5, if n == 40 { &panics } else { &waker })).collect();
    bench.clock.advance_to(bench.at(5));
    let mut reported = 0;
    bench.timers.fire(bench.clock.now(), &mut |_| reported += 1);
    assert_eq!((bell.rung(), reported), (99, 1));
    drop(entries);
}

#[test]
fn arming_elsewhere_nudges_the_owner_only_when_it_is_the_first() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    let nudges = Arc::new(Nudges::default());
    bench.timers.own(nudges.clone());
    let arm = |millis, owner| {
        let mut entry = bench.timer(millis);
        assert!(bench.poll_as(&mut entry, &waker, owner).is_pending());
        entry
    };
    let mut first = arm(1_000, false);
    assert_eq!(nudges.take(), 1);
    let _later = arm(2_000, false);
    assert_eq!(nudges.take(), 0, "it sleeps for an earlier one");
    let _own = arm(500, true);
    assert_eq!(nudges.take(), 0, "the owner is awake");
    bench.reset(&mut first, 400);
    assert_eq!(nudges.take(), 0);
    first.as_mut().reset(bench.at(300), || Some((bench.timers, false)));
    assert_eq!(nudges.take(), 1);
    first.as_mut().reset(bench.at(200), || None);
    assert_eq!(nudges.take(), 1, "moved earlier where there is no runtime");
}

/// INV-43, INV-42: the end of the runtime wakes everyone, arms no more, and a late drop is
/// harmless, even when the wheel has a new runtime.
#[test]
fn a_wheel_outlives_its_runtime() {
    let (bell, waker) = bell();
    let clock = Clock::paused();
    let timers = Timers::acquire(&clock);
    let deadline = |n: u64| clock.origin() + Duration::from_millis(n);
    let poll = |entry: &mut Pin<Box<Entry>>| {
        let cx = &mut Context::from_waker(&waker);
        entry.as_mut().poll_elapsed(cx, || clock.now(), || Some((timers, true)))
    };
    let mut entries: Vec<_> = (1..=100).map(|n| Box::pin(Entry::new(deadline(n), true))).collect();
    assert!(entries.iter_mut().all(|entry| poll(entry).is_pending()));
    timers.release(&mut drop);
    assert_eq!(bell.rung(), 100);
    // Its wheel is this one, or another test's.
    let again = Timers::acquire(&Clock::paused());
    entries[0].as_mut().reset(deadline(5_000), || None);
    entries[1].as_mut().reset(deadline(1), || None);
    std::thread::scope(|scope| {
        scope.spawn(move || drop(entries));
    });
    assert_eq!(again.next_deadline(), None);
    again.release(&mut drop);
}

#[test]
fn a_wheel_that_is_closed_arms_nothing() {
    let (bell, waker) = bell();
    let clock = Clock::paused();
    // Not from the list: nobody else gets it.
    let timers: &'static Timers = Box::leak(Box::new(Timers::new(clock.origin())));
    let mut entry = Box::pin(Entry::new(clock.origin() + Duration::from_millis(1), true));
    let cx = &mut Context::from_waker(&waker);
    let polled = entry.as_mut().poll_elapsed(cx, || clock.now(), || Some((timers, true)));
    assert_eq!(polled, Poll::Ready(Err(Unarmed::Ended)));
    assert_eq!((Arc::strong_count(&bell), bell.rung()), (2, 0));
    timers.release(&mut |_| ());
}

/// A wheel counts from a base that must not be later than the clock it is given next.
#[test]
fn an_older_clock_gets_its_milliseconds_right() {
    let older = Clock::paused();
    while clock::now() <= older.origin() {
        std::hint::spin_loop();
    }
    let younger = Bench::new();
    drop(younger);
    let bench = Bench { timers: Timers::acquire(&older), clock: older };
    let (bell, waker) = bell();
    let _entry = bench.armed(5, &waker);
    assert_eq!(bench.timers.next_deadline(), Some(bench.at(5)));
    bench.go_to(4);
    assert_eq!(bell.rung(), 0);
    bench.go_to(5);
    assert_eq!(bell.rung(), 1);
}

#[test]
fn a_deadline_too_far_for_a_number_is_one_all_the_same() {
    let bench = Bench::new();
    let (_bell, waker) = bell();
    let farthest = (0..63)
        .rev()
        .find_map(|bit| bench.clock.origin().checked_add(Duration::from_secs(1 << bit)));
    let mut entry = Box::pin(Entry::new(farthest.expect("there is a future"), true));
    assert!(bench.poll(&mut entry, &waker).is_pending());
    let next = bench.timers.next_deadline().expect("a timer is armed");
    assert!(next > bench.at(1_000_000) && next <= entry.deadline());
}

#[test]
fn deadlines_at_the_ends_of_time_are_kept() {
    let bench = Bench::new();
    let (bell, waker) = bell();
    let far = |secs| bench.clock.origin().checked_add(Duration::from_secs(secs));
    let entries: Vec<_> = (0..63)
        .filter_map(|bit| far(1 << bit))
        .map(|deadline| {
            let mut entry = Box::pin(Entry::new(deadline, true));
            assert!(bench.poll(&mut entry, &waker).is_pending());
            entry
        })
        .collect();
    assert!(entries.len() > 30);
    assert_eq!(bench.next(), Some(1_000));
    // Half a million years: more than a virtual clock can do.
    let fire = || bench.timers.fire(bench.at(1 << 54), &mut |_| ());
    fire();
    assert_eq!(bell.rung(), 45);
    let before = bench.clock.origin().checked_sub(Duration::from_secs(1));
    if let Some(past) = before {
        let mut entry = Box::pin(Entry::new(past, true));
        assert!(bench.poll(&mut entry, &waker).is_pending());
        fire();
        assert_eq!(bell.rung(), 46);
    }
}
