//! eight drivers, one reactor: timers armed, moved and dropped from everywhere, none lost.

use super::*;
use crate::base::prim::thread;
use crate::base::rng::Rng;
use crate::drive::entry::Entry;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

const WORKERS: usize = 8;
const TIMERS: usize = 96;
/// For so long a timer that is over is followed by another one.
const TIME: Duration = Duration::from_millis(600);
const LONG: Duration = Duration::from_secs(20);

type Timer = Pin<Box<Entry>>;

/// A small executor, whose tasks are timers: a wake queues the timer and nudges some worker, or
/// the guest.
struct Bench {
    clock: Clock,
    reactor: Arc<Reactor>,
    wheels: Arc<Wheels>,
    timers: Vec<Mutex<Option<Timer>>>,
    woken: Mutex<Vec<usize>>,
    sleepers: Mutex<Vec<Unparker>>,
    turn: AtomicUsize,
    live: AtomicUsize,
    done: AtomicUsize,
    end: Instant,
}

struct Ring(Arc<Bench>, usize);

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        let Ring(bench, index) = &*self;
        bench.woken.lock().unwrap().push(*index);
        let sleepers = bench.sleepers.lock().unwrap();
        let turn = bench.turn.fetch_add(1, Ordering::Relaxed);
        let sleeper = sleepers[turn % sleepers.len()].clone();
        drop(sleepers);
        sleeper.unpark();
    }
}

impl Bench {
    fn new() -> Arc<Bench> {
        let clock = Clock::real();
        Arc::new(Bench {
            reactor: Reactor::new().unwrap(),
            wheels: Wheels::new(WORKERS, true, &clock),
            timers: (0..TIMERS).map(|_| Mutex::new(None)).collect(),
            woken: Mutex::new(Vec::new()),
            sleepers: Mutex::new(Vec::new()),
            turn: AtomicUsize::new(0),
            live: AtomicUsize::new(TIMERS),
            done: AtomicUsize::new(0),
            end: clock.now() + TIME,
            clock,
        })
    }

    fn driver(&self, index: usize) -> Driver {
        let (reactor, wheels) = (self.reactor.clone(), self.wheels.clone());
        Driver::new(reactor, wheels, index, self.clock.clone(), Arc::new(|_| {}))
    }

    /// A deadline: mostly near, sometimes over, sometimes of another level of the wheel.
    fn deadline(&self, rng: &Rng) -> Instant {
        let micros = match rng.below(8) {
            0 => 0,
            1 => 60_000 + rng.below(20_000),
            _ => rng.below(6_000),
        };
        self.clock.now() + Duration::from_micros(u64::from(micros))
    }

    /// Polls timer `index` on a thread that sleeps for wheel `home`, if for any; when it is over,
    /// the next one takes its place.
    fn poll(self: &Arc<Self>, index: usize, home: Option<usize>, rng: &Rng) {
        let waker = Waker::from(Arc::new(Ring(self.clone(), index)));
        let cx = &mut Context::from_waker(&waker);
        let here = || Some((self.wheels.of(home.unwrap_or(WORKERS)), home.is_some()));
        let mut slot = self.timers[index].lock().unwrap();
        while let Some(timer) = &mut *slot {
            let Poll::Ready(result) = timer.as_mut().poll_elapsed(cx, || self.clock.now(), here)
            else {
                return;
            };
            result.unwrap();
            assert!(self.clock.now() >= timer.deadline(), "never early");
            self.done.fetch_add(1, Ordering::Relaxed);
            *slot = self.next(rng);
        }
    }

    fn next(&self, rng: &Rng) -> Option<Timer> {
        if self.clock.now() >= self.end {
            self.live.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        Some(Box::pin(Entry::new(self.deadline(rng), false)))
    }

    /// Drops a timer that somebody else has armed, or moves it, or polls it with another waker.
    fn meddle(self: &Arc<Self>, home: Option<usize>, rng: &Rng) {
        let index = rng.below(TIMERS as u32) as usize;
        let here = || Some((self.wheels.of(home.unwrap_or(WORKERS)), home.is_some()));
        let mut slot = self.timers[index].lock().unwrap();
        match (&mut *slot, rng.below(3)) {
            (None, _) => return,
            (Some(_), 0) => *slot = self.next(rng),
            (Some(timer), 1) => timer.as_mut().reset(self.deadline(rng), here),
            (Some(_), _) => {}
        }
        drop(slot);
        self.poll(index, home, rng);
    }

    /// What a worker does, and a guest.
    fn work(self: &Arc<Self>, driver: &Driver, home: usize, rng: &Rng) {
        loop {
            let woken = self.woken.lock().unwrap().pop();
            let Some(index) = woken else { break };
            self.poll(index, Some(home), rng);
            self.meddle(Some(home), rng);
            if rng.below(4) == 0 {
                driver.park(Some(Duration::ZERO));
            }
        }
    }
}

fn worker(bench: &Arc<Bench>, home: usize, rng: &Rng) {
    let driver = bench.driver(home);
    bench.sleepers.lock().unwrap().push(driver.unparker());
    while bench.live.load(Ordering::Relaxed) > 0 {
        bench.work(&driver, home, rng);
        driver.park(None);
    }
}

/// A thread that comes and goes, as in `block_on`; sometimes it owns the outside wheel.
fn outsider(bench: &Arc<Bench>, guest: bool, rng: &Rng) {
    while bench.clock.now() < bench.end {
        if guest && rng.below(2) == 0 {
            let driver = bench.driver(WORKERS);
            for _ in 0..rng.below(4) {
                bench.meddle(Some(WORKERS), rng);
                driver.park(Some(Duration::from_micros(u64::from(rng.below(2_000)))));
                bench.work(&driver, WORKERS, rng);
            }
        } else {
            bench.meddle(None, rng);
            thread::yield_now();
        }
    }
}

#[test]
fn no_timer_is_lost_between_eight_drivers_a_guest_and_threads_outside() {
    let bench = Bench::new();
    let rng = |of: usize| Rng::seeded(0x5eed + of as u64);
    let threads: Vec<_> = (0..WORKERS + 2)
        .map(|of| {
            let bench = bench.clone();
            thread::spawn(move || match of {
                0..WORKERS => worker(&bench, of, &rng(of)),
                _ => outsider(&bench, of == WORKERS, &rng(of)),
            })
        })
        .collect();
    while bench.sleepers.lock().unwrap().len() < WORKERS {
        thread::yield_now();
    }
    let mine = rng(99);
    for index in 0..TIMERS {
        *bench.timers[index].lock().unwrap() = bench.next(&mine);
        bench.poll(index, None, &mine);
    }
    let parker = Parker::new();
    while bench.live.load(Ordering::Relaxed) > 0 {
        assert!(
            bench.clock.now() < bench.end + LONG,
            "{} timers are lost",
            bench.live.load(Ordering::Relaxed)
        );
        parker.sleep(Some(bench.clock.now() + Duration::from_millis(5)));
    }
    for sleeper in &*bench.sleepers.lock().unwrap() {
        sleeper.unpark();
    }
    for thread in threads {
        thread.join().unwrap();
    }
    let done = bench.done.load(Ordering::Relaxed);
    assert!(done > 10 * TIMERS, "{done} timers were over");
}
