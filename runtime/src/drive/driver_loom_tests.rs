//! models of several drivers: the outside wheel beside a holder that goes to sleep.
//!
//! The drivers are real, but have no sockets, so none of them waits for the kernel. A timer that
//! matters here is overdue when it is armed: a sleep with the deadline ends at once, a sleep
//! without it does not end, and loom reports a deadlock.

use super::*;
use crate::base::prim::{AtomicUsize, Ordering, thread};
use crate::drive::entry::Entry;
use std::pin::Pin;
use std::task::{Context, Wake, Waker};

struct Rung(AtomicUsize);

impl Wake for Rung {
    fn wake(self: Arc<Self>) {
        // Ordering: AcqRel, as a task's waker.
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[derive(Clone)]
struct Bench {
    clock: Clock,
    reactor: Arc<Reactor>,
    wheels: Arc<Wheels>,
    rung: Arc<Rung>,
}

impl Bench {
    fn new(workers: usize) -> Bench {
        let clock = Clock::real();
        Bench {
            reactor: Reactor::new().unwrap(),
            wheels: Wheels::new(workers, true, &clock),
            rung: Arc::new(Rung(AtomicUsize::new(0))),
            clock,
        }
    }

    fn driver(&self, index: usize) -> Driver {
        let (reactor, wheels) = (self.reactor.clone(), self.wheels.clone());
        Driver::new(reactor, wheels, index, self.clock.clone(), Arc::new(|_| {}))
    }

    /// Arms an overdue timer in the outside wheel; `mine`: as its owner.
    fn arm(&self, mine: bool) -> Pin<Box<Entry>> {
        let mut entry = Box::pin(Entry::new(self.clock.origin(), true));
        let waker = Waker::from(self.rung.clone());
        let cx = &mut Context::from_waker(&waker);
        let here = || Some((self.wheels.outside().unwrap(), mine));
        assert!(entry.as_mut().poll_elapsed(cx, || self.clock.now(), here).is_pending());
        entry
    }

    fn has_rung(&self, times: usize) -> bool {
        self.rung.0.fetch_add(0, Ordering::AcqRel) >= times
    }

    /// What a worker without tasks does, until the timers have fired.
    fn sleep_until_rung(&self, driver: &Driver, times: usize) {
        while !self.has_rung(times) {
            driver.park(None);
        }
    }
}

/// Takes the turn and puts it back, without a sleep.
fn have_the_turn_once(driver: &Driver) {
    driver.unparker().unpark();
    driver.park(None);
}

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(f);
}

#[test]
fn loom_drivers_arm_outside_meets_a_holder_that_lies_down() {
    model(|| {
        let bench = Bench::new(1);
        let driver = bench.driver(0);
        let other = {
            let bench = bench.clone();
            thread::spawn(move || bench.arm(false))
        };
        bench.sleep_until_rung(&driver, 1);
        drop(other.join().unwrap());
    });
}

#[test]
fn loom_drivers_arm_outside_meets_a_change_of_holder() {
    model(|| {
        let bench = Bench::new(2);
        let (before, after) = (bench.driver(0), bench.driver(1));
        let other = {
            let bench = bench.clone();
            thread::spawn(move || bench.arm(false))
        };
        have_the_turn_once(&before);
        bench.sleep_until_rung(&after, 1);
        drop(other.join().unwrap());
    });
}

#[test]
fn loom_drivers_the_guest_leaves_its_timers_to_the_holder() {
    model(|| {
        let bench = Bench::new(1);
        let driver = bench.driver(0);
        let guest = {
            let bench = bench.clone();
            thread::spawn(move || {
                let guest = bench.driver(1);
                let entry = bench.arm(true);
                drop(guest);
                entry
            })
        };
        bench.sleep_until_rung(&driver, 1);
        drop(guest.join().unwrap());
    });
}

/// Whoever arms beside a guest that leaves rings its bell or the holder's; either way the holder
/// hears of it.
#[test]
fn loom_drivers_arm_outside_meets_a_guest_that_leaves() {
    model(|| {
        let bench = Bench::new(1);
        let driver = bench.driver(0);
        let guest = bench.driver(1);
        let other = {
            let bench = bench.clone();
            thread::spawn(move || bench.arm(false))
        };
        drop(guest);
        bench.sleep_until_rung(&driver, 1);
        drop(other.join().unwrap());
    });
}

/// The holder has armed while a guest came and went: it may have seen the guest, and then must hear
/// that it has gone.
#[test]
fn loom_drivers_a_guest_comes_and_goes_beside_an_arm() {
    model(|| {
        let bench = Bench::new(1);
        let driver = bench.driver(0);
        let guest = {
            let bench = bench.clone();
            thread::spawn(move || drop(bench.driver(1)))
        };
        let entry = bench.arm(false);
        bench.sleep_until_rung(&driver, 1);
        guest.join().unwrap();
        drop(entry);
    });
}

/// The turn is somebody else's: a driver sleeps for its own wheel, and hears its own nudge.
#[test]
fn loom_drivers_a_nudge_reaches_a_driver_without_the_turn() {
    model(|| {
        let bench = Bench::new(2);
        let (holder, other) = (bench.driver(0), bench.driver(1));
        let turn = holder.take();
        let unparker = other.unparker();
        let nudger = thread::spawn(move || unparker.unpark());
        other.park(None);
        nudger.join().unwrap();
        drop(turn);
    });
}
