//! Every way in which the poller of a timer can meet the thread that fires it.
//!
//! A model ends with the question that matters: has the waiter been woken for a deadline that is
//! over, and is every waker dropped? The wheel is small here (two levels of four slots).

use super::*;
use crate::base::clock::Clock;
use crate::base::prim::{AtomicUsize, thread};
use crate::wake::park::{Park, Parker};
use std::sync::Arc;
use std::task::Wake;
use std::time::Duration;

struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        // Ordering: AcqRel, as a task's waker: pairs with the swap in `take`.
        self.0.fetch_add(1, Ordering::AcqRel);
    }
}

impl Bell {
    fn new() -> (Arc<Bell>, Waker) {
        let bell = Arc::new(Bell(AtomicUsize::new(0)));
        (bell.clone(), Waker::from(bell))
    }

    /// How often it rang since the last time. An executor does this before it polls.
    fn take(&self) -> usize {
        // Ordering: AcqRel, pairs with the addition in `wake`.
        self.0.swap(0, Ordering::AcqRel)
    }
}

#[derive(Clone)]
struct Bench {
    clock: Clock,
    timers: &'static Timers,
}

impl Bench {
    fn new() -> Self {
        let clock = Clock::paused();
        Self { timers: Timers::acquire(&clock), clock }
    }

    fn at(&self, millis: u64) -> Instant {
        self.clock.origin() + Duration::from_millis(millis)
    }

    fn armed(&self, millis: u64, waker: &Waker) -> Pin<Box<Entry>> {
        let mut entry = Box::pin(Entry::new(self.at(millis), true));
        assert!(!self.is_ready(&mut entry, waker));
        entry
    }

    fn is_ready(&self, entry: &mut Pin<Box<Entry>>, waker: &Waker) -> bool {
        let cx = &mut Context::from_waker(waker);
        let polled =
            entry.as_mut().poll_elapsed(cx, || self.clock.now(), || Some((self.timers, true)));
        polled.map(|result| result.expect("there is a runtime")).is_ready()
    }

    fn go_to(&self, millis: u64) {
        self.clock.advance_to(self.at(millis));
        self.timers.fire(self.clock.now(), &mut |_| panic!("a waker panicked"));
    }

    fn reset(&self, entry: &mut Pin<Box<Entry>>, millis: u64) {
        entry.as_mut().reset(self.at(millis), || Some((self.timers, true)));
    }

    /// What an executor does from now on, until `millis`: poll when woken. It must become ready.
    fn finish(&self, mut entry: Pin<Box<Entry>>, bell: &Bell, waker: &Waker, millis: u64) {
        for millis in [millis, millis] {
            self.go_to(millis);
            if bell.take() > 0 && self.is_ready(&mut entry, waker) {
                return;
            }
        }
        panic!("nobody was woken for a deadline that is over");
    }
}

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// INV-42, INV-41: a drop meets the firing side at every step of it.
#[test]
fn loom_drop_meets_fire() {
    model(|| {
        let bench = Bench::new();
        let (bell, waker) = Bell::new();
        let entry = bench.armed(1, &waker);
        let other = bench.armed(1, &waker);
        let driver = {
            let bench = bench.clone();
            thread::spawn(move || bench.go_to(1))
        };
        drop(entry);
        driver.join().unwrap();
        assert!((1..=2).contains(&bell.take()), "the other one is woken in any case");
        drop(other);
        assert_eq!(Arc::strong_count(&bell), 2);
        bench.timers.release(&mut drop);
    });
}

/// Arming on a thread that is not the owner: the owner, asleep without a limit or for a later
/// deadline, hears of it and fires it.
#[test]
fn loom_arm_elsewhere_wakes_the_owner() {
    model(|| {
        let bench = Bench::new();
        let (bell, waker) = Bell::new();
        let owner = {
            let (bench, bell) = (bench.clone(), bell.clone());
            let (send, parker) = loom::sync::mpsc::channel();
            let owner = thread::spawn(move || {
                let parker = Parker::new();
                bench.timers.own(parker.unparker());
                send.send(()).unwrap();
                while bell.take() == 0 {
                    match bench.timers.next_deadline() {
                        Some(_) => bench.go_to(1),
                        None => parker.park(None),
                    }
                }
                bench.timers.disown(&parker.unparker(), None);
            });
            parker.recv().unwrap();
            owner
        };
        let mut entry = Box::pin(Entry::new(bench.at(1), true));
        let cx = &mut Context::from_waker(&waker);
        let polled =
            entry.as_mut().poll_elapsed(cx, || bench.clock.now(), || Some((bench.timers, false)));
        assert!(polled.is_pending());
        owner.join().unwrap();
        assert!(bench.is_ready(&mut entry, &waker));
        drop(entry);
        assert_eq!(Arc::strong_count(&bell), 2);
        bench.timers.release(&mut drop);
    });
}

/// Arm, fire, poll, drop: one thread waits, the other drives.
#[test]
fn loom_arm_meets_fire_and_drop() {
    model(|| {
        let bench = Bench::new();
        let (bell, waker) = Bell::new();
        let driver = {
            let bench = bench.clone();
            thread::spawn(move || bench.go_to(1))
        };
        let mut entry = Box::pin(Entry::new(bench.at(1), true));
        let mut ready = bench.is_ready(&mut entry, &waker);
        ready |= bench.is_ready(&mut entry, &waker);
        if ready {
            drop(entry);
            driver.join().unwrap();
        } else {
            driver.join().unwrap();
            bench.finish(entry, &bell, &waker, 1);
        }
        assert_eq!(Arc::strong_count(&bell), 2);
        bench.timers.release(&mut drop);
    });
}

/// INV-42: an entry that has fired is armed in another wheel, whose lock says nothing about the
/// first one. Only the state word does.
fn arm_elsewhere_meets_fire(moved: bool) {
    model(move || {
        let (first, second) = (Bench::new(), Bench::new());
        let (bell, waker) = Bell::new();
        let mut entry = first.armed(1, &waker);
        let driver = {
            let timers = first.timers;
            let late = first.at(1);
            thread::spawn(move || timers.fire(late, &mut |_| panic!("a waker panicked")))
        };
        if moved {
            first.reset(&mut entry, 3);
        }
        // By the clock of the second wheel its time has not come.
        let armed = !second.is_ready(&mut entry, &waker);
        driver.join().unwrap();
        assert!(armed);
        drop(entry);
        assert_eq!(Arc::strong_count(&bell), 2);
        first.timers.release(&mut drop);
        second.timers.release(&mut drop);
    });
}

#[test]
fn loom_arm_in_another_wheel_meets_fire() {
    arm_elsewhere_meets_fire(false);
}

#[test]
fn loom_moving_to_another_wheel_meets_fire() {
    arm_elsewhere_meets_fire(true);
}

/// INV-43: a drop meets the end of the runtime, and the wheel has found its next one.
#[test]
fn loom_drop_meets_the_end_of_the_runtime() {
    model(|| {
        let bench = Bench::new();
        let (bell, waker) = Bell::new();
        let entry = bench.armed(1, &waker);
        let ending = thread::spawn(move || {
            bench.timers.release(&mut drop);
            let next = Bench::new();
            assert!(std::ptr::eq(next.timers, bench.timers), "the wheel has come back");
            let (bell, waker) = Bell::new();
            let entry = next.armed(1, &waker);
            (next, entry, bell, waker)
        });
        drop(entry);
        let (next, entry, next_bell, next_waker) = ending.join().unwrap();
        assert_eq!(Arc::strong_count(&bell), 2);
        // What the late drop has not damaged.
        next.finish(entry, &next_bell, &next_waker, 1);
        next.timers.release(&mut drop);
    });
}

#[test]
fn loom_moving_later_meets_fire() {
    model(|| {
        let bench = Bench::new();
        let (bell, waker) = Bell::new();
        let mut entry = bench.armed(1, &waker);
        let driver = {
            let bench = bench.clone();
            thread::spawn(move || bench.go_to(1))
        };
        bench.reset(&mut entry, 6);
        assert!(!bench.is_ready(&mut entry, &waker), "never early");
        driver.join().unwrap();
        if bell.take() > 0 {
            assert!(!bench.is_ready(&mut entry, &waker), "never early");
        }
        bench.finish(entry, &bell, &waker, 6);
        assert_eq!(Arc::strong_count(&bell), 2);
        bench.timers.release(&mut drop);
    });
}

#[test]
fn loom_moving_earlier_meets_fire() {
    model(|| {
        let bench = Bench::new();
        let (bell, waker) = Bell::new();
        let mut entry = bench.armed(2, &waker);
        let driver = {
            let bench = bench.clone();
            thread::spawn(move || bench.go_to(2))
        };
        bench.reset(&mut entry, 1);
        let ready = bench.is_ready(&mut entry, &waker);
        driver.join().unwrap();
        if ready {
            drop(entry);
        } else {
            bench.finish(entry, &bell, &waker, 2);
        }
        assert_eq!(Arc::strong_count(&bell), 2);
        bench.timers.release(&mut drop);
    });
}

#[test]
fn loom_another_waker_meets_fire() {
    model(|| {
        let bench = Bench::new();
        let ((first, one), (second, two)) = (Bell::new(), Bell::new());
        let mut entry = bench.armed(1, &one);
        let driver = {
            let bench = bench.clone();
            thread::spawn(move || bench.go_to(1))
        };
        let ready = bench.is_ready(&mut entry, &two);
        driver.join().unwrap();
        if ready {
            drop(entry);
        } else {
            bench.finish(entry, &second, &two, 1);
        }
        assert_eq!((Arc::strong_count(&first), Arc::strong_count(&second)), (2, 2));
        bench.timers.release(&mut drop);
    });
}
