//! tests of the driver: what ends a sleep, and what time it is afterwards.

use super::*;
use crate::base::clock::{Hold, Owner};
use crate::base::prim::thread;
use crate::drive::reactor::Registration;
use crate::drive::ready::Ready;
use crate::drive::source::Direction;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Stream = mio::net::UnixStream;

fn driver(clock: &Clock) -> Driver {
    let reactor = Reactor::new().unwrap();
    let wheels = Wheels::new(1, false, clock);
    Driver::new(reactor, wheels, 0, clock.clone(), Arc::new(|_| {}))
}

fn register(driver: &Driver) -> (Stream, Stream, Registration) {
    let (mut ours, theirs) = Stream::pair().unwrap();
    let registration =
        driver.reactor.register(&mut ours, mio::Interest::READABLE, Ready::EMPTY).unwrap();
    (ours, theirs, registration)
}

fn is_pending(registration: &Registration, waker: &Waker) -> bool {
    let mut cx = Context::from_waker(waker);
    matches!(registration.source().poll_ready(&mut cx, Direction::Read), Poll::Pending)
}

struct Panics(AtomicUsize);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("a waker's panic");
    }
}

#[test]
fn a_nudge_before_the_sleep_ends_it_with_and_without_sources() {
    let driver = driver(&Clock::real());
    driver.unparker().unpark();
    driver.park(None);
    let _source = register(&driver);
    driver.unparker().unpark();
    driver.park(None);
}

#[test]
fn a_nudge_from_another_thread_ends_the_sleep_wherever_it_is() {
    let driver = driver(&Clock::real());
    for with_source in [false, true] {
        let _source = with_source.then(|| register(&driver));
        let unparker = driver.unparker();
        let nudger = thread::spawn(move || unparker.unpark());
        driver.park(None);
        nudger.join().unwrap();
    }
}

/// The driver may be on its parker when the first source comes: it has to move to epoll.
#[test]
fn a_source_registered_by_another_thread_is_waited_for() {
    let driver = driver(&Clock::real());
    let reactor = driver.reactor.clone();
    let other = thread::spawn(move || {
        let (mut ours, mut theirs) = Stream::pair().unwrap();
        let both = mio::Interest::READABLE;
        let registration = reactor.register(&mut ours, both, Ready::EMPTY).unwrap();
        theirs.write_all(b"tick").unwrap();
        (ours, theirs, registration)
    });
    // Ended by the stir, by the event, or by both: only the event makes the source ready.
    let registration = loop {
        driver.park(Some(Duration::from_millis(1)));
        if other.is_finished() {
            break other.join().unwrap();
        }
    };
    while is_pending(&registration.2, Waker::noop()) {
        driver.park(None);
    }
}

#[test]
fn a_sleep_ends_at_its_limit_and_not_before() {
    let driver = driver(&Clock::real());
    let limit = Duration::from_millis(3);
    for with_source in [false, true] {
        let _source = with_source.then(|| register(&driver));
        let before = driver.clock.now();
        driver.park(Some(limit));
        assert!(driver.clock.now() - before >= limit);
    }
}

#[test]
fn an_event_before_a_look_is_found_without_sleeping() {
    let driver = driver(&Clock::real());
    let (_ours, mut theirs, registration) = register(&driver);
    driver.park(Some(Duration::ZERO));
    assert!(is_pending(&registration, Waker::noop()));
    theirs.write_all(b"tick").unwrap();
    driver.park(Some(Duration::ZERO));
    assert!(!is_pending(&registration, Waker::noop()));
}

/// A nudge must not keep an event waiting: a stream of nudges would keep it waiting for ever.
#[test]
fn a_nudged_driver_takes_events_along() {
    let driver = driver(&Clock::real());
    let (_ours, mut theirs, registration) = register(&driver);
    theirs.write_all(b"tick").unwrap();
    driver.unparker().unpark();
    driver.park(None);
    assert!(!is_pending(&registration, Waker::noop()));
}

#[test]
fn a_clock_that_stands_still_moves_to_the_limit_instead_of_sleeping() {
    let clock = Clock::paused();
    let driver = driver(&clock);
    let hour = Duration::from_secs(3600);
    let before = clock.now();
    driver.park(Some(hour));
    assert_eq!(clock.now() - before, hour);
}

struct Whose(Clock, Unparker);

impl Owner for Whose {
    fn clock(&self) -> &Clock {
        &self.0
    }

    fn look_again(&self) {
        self.1.unpark();
    }
}

#[test]
fn a_held_clock_is_not_moved_and_a_nudge_ends_the_sleep() {
    let clock = Clock::paused();
    let driver = driver(&clock);
    let before = clock.now();
    let hold = Hold::new(Arc::new(Whose(clock.clone(), driver.unparker())));
    let holder = thread::spawn(move || drop(hold));
    driver.park(Some(Duration::from_secs(3600)));
    holder.join().unwrap();
    let moved = clock.now() - before;
    assert!(moved.is_zero() || moved.as_secs() == 3600, "the hold, or after it");
}

#[test]
fn an_event_comes_before_the_clock_is_moved() {
    let clock = Clock::paused();
    let driver = driver(&clock);
    let (_ours, mut theirs, registration) = register(&driver);
    theirs.write_all(b"tick").unwrap();
    let before = clock.now();
    driver.park(Some(Duration::from_secs(3600)));
    assert_eq!(clock.now(), before);
    assert!(!is_pending(&registration, Waker::noop()));
}

/// The hook's panic must not take the reactor, the bell or the next sleep with it.
#[test]
fn a_driver_outlives_the_panic_of_a_waker_and_of_its_hook() {
    let clock = Clock::real();
    let reactor = Reactor::new().unwrap();
    let wheels = Wheels::new(1, false, &clock);
    let hook: Report = Arc::new(|_| panic!("the hook's own panic"));
    let driver = Driver::new(reactor, wheels, 0, clock, hook);
    let (_ours, mut theirs, registration) = register(&driver);
    let waker = Arc::new(Panics(AtomicUsize::new(0)));
    for round in 1..=2 {
        let event = registration.source().look();
        registration.source().clear(event, Ready::ALL);
        assert!(is_pending(&registration, &waker.clone().into()));
        theirs.write_all(b"tick").unwrap();
        driver.park(None);
        assert_eq!(waker.0.load(Ordering::Relaxed), round);
    }
}
