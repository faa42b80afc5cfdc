//! tests of several drivers: one reactor between them, and who sleeps for which timers.

use super::*;
use crate::base::clock;
use crate::base::prim::{count, thread};
use crate::drive::entry::Entry;
use crate::drive::reactor::Registration;
use crate::drive::ready::Ready;
use crate::drive::source::Direction;
use std::io::{Read, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Stream = mio::net::UnixStream;

/// How long a test waits for what must happen, before it says that it did not.
const LONG: Duration = Duration::from_secs(20);

/// The parts of a runtime with several workers.
#[derive(Clone)]
struct Bench {
    clock: Clock,
    reactor: Arc<Reactor>,
    wheels: Arc<Wheels>,
}

impl Bench {
    fn new(workers: usize) -> Bench {
        let clock = Clock::real();
        let wheels = Wheels::new(workers, true, &clock);
        Bench { reactor: Reactor::new().unwrap(), wheels, clock }
    }

    fn driver(&self, index: usize) -> Driver {
        let (reactor, wheels) = (self.reactor.clone(), self.wheels.clone());
        Driver::new(reactor, wheels, index, self.clock.clone(), Arc::new(|_| {}))
    }

    fn outside(&self) -> &'static Timers {
        self.wheels.outside().unwrap()
    }

    /// A timer that is armed by a thread which sleeps for `timers`, or does not (`mine`).
    fn armed(
        &self,
        timers: &'static Timers,
        mine: bool,
        ahead: Duration,
        waker: &Waker,
    ) -> Pin<Box<Entry>> {
        let mut entry = Box::pin(Entry::new(self.clock.now() + ahead, true));
        let cx = &mut Context::from_waker(waker);
        let here = || Some((timers, mine));
        assert!(entry.as_mut().poll_elapsed(cx, || self.clock.now(), here).is_pending());
        entry
    }

    fn register(&self) -> (Stream, Stream, Registration) {
        let (mut ours, theirs) = Stream::pair().unwrap();
        let readable = mio::Interest::READABLE;
        let registration = self.reactor.register(&mut ours, readable, Ready::EMPTY).unwrap();
        (ours, theirs, registration)
    }
}

fn is_pending(registration: &Registration, waker: &Waker) -> bool {
    let mut cx = Context::from_waker(waker);
    matches!(registration.source().poll_ready(&mut cx, Direction::Read), Poll::Pending)
}

/// Drivers on threads of their own, which park without a limit until this is dropped.
struct Crew {
    over: Arc<AtomicBool>,
    members: Vec<(Unparker, thread::JoinHandle<()>)>,
}

impl Crew {
    fn new(bench: &Bench, workers: std::ops::Range<usize>) -> Crew {
        let over = Arc::new(AtomicBool::new(false));
        let members = workers.map(|index| {
            let (bench, over) = (bench.clone(), over.clone());
            let (send, unparker) = std::sync::mpsc::channel();
            let member = thread::spawn(move || {
                let driver = bench.driver(index);
                send.send(driver.unparker()).unwrap();
                while !over.load(Ordering::Relaxed) {
                    driver.park(None);
                }
            });
            (unparker.recv().unwrap(), member)
        });
        Crew { members: members.collect(), over }
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for (unparker, member) in self.members.drain(..) {
            unparker.unpark();
            member.join().unwrap();
        }
    }
}

/// A thread outside that sleeps until its waker is woken.
struct Outsider {
    parker: Parker,
    rung: Arc<Rung>,
}

struct Rung {
    times: AtomicUsize,
    unparker: Unparker,
}

impl Wake for Rung {
    fn wake(self: Arc<Self>) {
        self.times.fetch_add(1, Ordering::Release);
        self.unparker.unpark();
    }
}

impl Outsider {
    fn new() -> Outsider {
        let parker = Parker::new();
        let rung = Rung { times: AtomicUsize::new(0), unparker: parker.unparker() };
        Outsider { parker, rung: Arc::new(rung) }
    }

    fn waker(&self) -> Waker {
        self.rung.clone().into()
    }

    fn times(&self) -> usize {
        self.rung.times.load(Ordering::Acquire)
    }

    /// Sleeps until it has been woken so often.
    fn wait(&self, times: usize) {
        let deadline = clock::now() + LONG;
        while self.times() < times {
            assert!(clock::now() < deadline, "nobody wakes it");
            self.parker.sleep(Some(deadline));
        }
    }
}

#[test]
fn an_event_reaches_whoever_has_the_turn() {
    let bench = Bench::new(2);
    let crew = Crew::new(&bench, 0..2);
    let me = Outsider::new();
    // The first one is registered while the holder sleeps on its parker.
    let (mut ours, mut theirs, registration) = bench.register();
    for round in 1..=100 {
        let event = registration.source().look();
        registration.source().clear(event, Ready::ALL);
        assert!(is_pending(&registration, &me.waker()));
        theirs.write_all(b"x").unwrap();
        me.wait(round);
        assert_eq!(ours.read(&mut [0; 8]).unwrap(), 1);
        // Whoever it was gets up and parks again; so does the other one, perhaps before.
        crew.members[round % 2].0.unpark();
    }
}

#[test]
fn the_next_to_take_the_turn_serves_the_sockets_of_a_holder_that_is_stuck() {
    let bench = Bench::new(2);
    let (stuck, other) = (bench.driver(0), bench.driver(1));
    let (_ours, mut theirs, registration) = bench.register();
    stuck.unparker().unpark();
    stuck.park(None);
    assert!(is_pending(&registration, Waker::noop()));
    theirs.write_all(b"x").unwrap();
    other.park(None);
    assert!(!is_pending(&registration, Waker::noop()));
}

#[test]
fn a_driver_without_the_turn_leaves_the_sockets_alone() {
    let bench = Bench::new(2);
    let (holder, other) = (bench.driver(0), bench.driver(1));
    let guest = bench.driver(2);
    let (_ours, mut theirs, registration) = bench.register();
    theirs.write_all(b"x").unwrap();
    let turn = holder.take().unwrap();
    other.park(Some(Duration::from_millis(1)));
    other.park(Some(Duration::ZERO));
    drop(turn);
    other.stand_by(Duration::from_millis(1));
    guest.park(Some(Duration::from_millis(1)));
    guest.park(Some(Duration::ZERO));
    assert!(is_pending(&registration, Waker::noop()));
    other.park(Some(Duration::ZERO));
    assert!(!is_pending(&registration, Waker::noop()));
}

/// The last holder is awake or stands by: neither is helped by a nudge.
#[test]
fn nobody_is_nudged_while_nobody_has_the_turn() {
    let bench = Bench::new(2);
    let (first, second) = (bench.driver(0), bench.driver(1));
    for driver in [&first, &second] {
        driver.park(Some(Duration::from_micros(1)));
    }
    let entry = bench.armed(bench.outside(), false, LONG, Waker::noop());
    let _source = bench.register();
    assert!(!first.bell.rise() && !second.bell.rise());
    let turn = first.take().unwrap();
    let nearer = bench.armed(bench.outside(), false, LONG / 2, Waker::noop());
    assert!(first.bell.rise() && !second.bell.rise(), "the holder is nudged");
    drop((turn, entry, nearer));
}

#[test]
fn a_driver_that_goes_is_forgotten() {
    let bench = Bench::new(2);
    let drivers = [bench.driver(0), bench.driver(1)];
    for driver in &drivers {
        driver.park(Some(Duration::from_micros(1)));
    }
    let bells = drivers.each_ref().map(|driver| Arc::downgrade(&driver.bell));
    drop(drivers);
    assert!(bells.iter().all(|bell| bell.upgrade().is_none()));
}

#[test]
fn each_driver_fires_its_own_timers_with_and_without_the_turn() {
    let bench = Bench::new(2);
    let run = |index: usize| {
        let driver = bench.driver(index);
        let me = Outsider::new();
        for round in 1..=5 {
            let ahead = Duration::from_millis(2 + index as u64);
            let entry = bench.armed(bench.wheels.of(index), true, ahead, &me.waker());
            while me.times() < round {
                driver.park(Some(LONG));
            }
            assert!(bench.clock.now() >= entry.deadline());
            assert!(bench.clock.now() < entry.deadline() + LONG / 2);
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| run(0));
        scope.spawn(|| run(1));
    });
}

#[test]
fn the_holder_sleeps_for_the_outside_wheel() {
    let bench = Bench::new(2);
    let crew = Crew::new(&bench, 0..2);
    let me = Outsider::new();
    for (round, with_source) in [false, true, true, false].into_iter().enumerate() {
        let _source = with_source.then(|| bench.register());
        let ahead = Duration::from_millis(3);
        let entry = bench.armed(bench.outside(), false, ahead, &me.waker());
        me.wait(round + 1);
        assert!(bench.clock.now() >= entry.deadline());
        assert!(bench.clock.now() < entry.deadline() + LONG / 2);
    }
    drop(crew);
}

#[test]
fn a_busy_driver_fires_what_is_due_outside_when_it_looks() {
    let bench = Bench::new(1);
    let driver = bench.driver(0);
    let me = Outsider::new();
    let due = bench.armed(bench.outside(), false, Duration::ZERO, &me.waker());
    let later = bench.armed(bench.outside(), false, LONG, &me.waker());
    while me.times() == 0 {
        driver.park(Some(Duration::ZERO));
    }
    assert_eq!(me.times(), 1);
    drop((due, later));
}

#[test]
fn relief_fires_what_a_stuck_owner_should_have_fired() {
    let bench = Bench::new(2);
    let (stuck, watcher) = (bench.driver(0), bench.driver(1));
    let guest = bench.driver(2);
    let me = Outsider::new();
    let (own, outside) = (bench.wheels.of(0), bench.outside());
    let due = [own, outside].map(|wheel| bench.armed(wheel, true, Duration::ZERO, &me.waker()));
    let later = bench.armed(own, true, LONG, &me.waker());
    let mine = bench.armed(bench.wheels.of(1), true, Duration::ZERO, &me.waker());
    while me.times() < 2 {
        watcher.relieve();
    }
    assert!(own.next_deadline().is_some_and(|next| next >= later.deadline()));
    assert_eq!((me.times(), outside.next_deadline()), (2, None), "its own wheel is not relieved");
    drop((due, later, mine, stuck, guest));
}

#[test]
fn relief_without_timers_is_free() {
    let bench = Bench::new(8);
    let watcher = bench.driver(3);
    let ((), relief) = count::record(|| watcher.relieve());
    let ((), look) = count::record(|| watcher.park(Some(Duration::ZERO)));
    assert_eq!((relief.len(), look.len()), (0, 0));
}

/// By count: taking the turn and putting it back, ringing, lying down and rising. A turn that comes
/// from another driver moves a count of an `Arc` too, which is std's and not counted here.
#[test]
fn a_nudged_sleep_is_two_lock_pairs_and_three_steps_of_the_bell() {
    let bench = Bench::new(2);
    let driver = bench.driver(0);
    let nudged = || {
        driver.unparker().unpark();
        driver.park(None);
    };
    nudged();
    let ((), steps) = count::record(nudged);
    assert_eq!(steps.len(), 4 + 3);
}

#[test]
fn a_guest_that_leaves_hands_its_timers_over() {
    let bench = Bench::new(2);
    let crew = Crew::new(&bench, 0..2);
    let me = Outsider::new();
    for round in 1..=20 {
        let guest = bench.driver(2);
        assert!(bench.outside().is_owned());
        let ahead = Duration::from_millis(1);
        let entry = bench.armed(bench.outside(), true, ahead, &me.waker());
        drop(guest);
        assert!(!bench.outside().is_owned());
        me.wait(round);
        assert!(bench.clock.now() >= entry.deadline());
    }
    drop(crew);
}

#[test]
fn a_guest_sleeps_for_the_outside_wheel_itself() {
    let bench = Bench::new(1);
    let (worker, guest) = (bench.driver(0), bench.driver(1));
    let me = Outsider::new();
    let entry = bench.armed(bench.outside(), false, Duration::from_millis(2), &me.waker());
    worker.park(Some(Duration::from_millis(4)));
    assert_eq!(me.times(), 0, "not the worker's");
    while me.times() == 0 {
        guest.park(None);
    }
    drop(entry);
}

/// Wheels that have ended arm no more, and are nobody else's while a driver may still sleep.
#[test]
fn wheels_that_have_ended_stay_closed_while_a_driver_has_them() {
    let bench = Bench::new(1);
    let driver = bench.driver(0);
    for index in 0..=1 {
        bench.wheels.release(index, &mut |_| {});
    }
    let others = Wheels::new(16, true, &bench.clock);
    let mine = [bench.wheels.of(0), bench.outside()];
    assert!((0..=16).all(|index| mine.iter().all(|mine| !std::ptr::eq(*mine, others.of(index)))));
    driver.park(Some(Duration::from_micros(1)));
    let mut entry = Box::pin(Entry::new(bench.clock.now() + LONG, true));
    let cx = &mut Context::from_waker(Waker::noop());
    let polled = entry.as_mut().poll_elapsed(cx, clock::now, || Some((mine[0], true)));
    assert!(matches!(polled, Poll::Ready(Err(_))));
}
