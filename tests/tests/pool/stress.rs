//! Everything at once, by chance: tasks that spawn, yield, sleep, wake and abort each other, with
//! blocking closures and threads from outside; and an end at any moment.
//!
//! Each round prints its seed when it fails. A seed repeats what the tasks choose, though not how
//! the threads run: `MAINSPRING_STRESS=<seed> cargo test -p tests --test pool stress`.

use mainspring::runtime::{Builder, Handle, Runtime};
use mainspring::task::{AbortHandle, JoinHandle, spawn_blocking, yield_now};
use mainspring::time::{Duration, sleep, timeout};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Instant;
use tests::{eventually, within};

/// How long the rounds take together.
const TIME: Duration = Duration::from_millis(1_500);
/// Tasks of one round, at most.
const TASKS: usize = 2_000;
/// Wakers and abort handles that lie about.
const PLACES: usize = 32;

/// Chance, from a seed.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Another, for a task.
    fn split(&mut self) -> Self {
        Self(self.next() | 1)
    }
}

/// What the tasks of a round share.
struct World {
    /// How often the future of each task was dropped, and its closures.
    dropped: Vec<AtomicUsize>,
    /// How many tasks have been made.
    made: AtomicUsize,
    wakers: Vec<Mutex<Option<Waker>>>,
    aborts: Vec<Mutex<Option<AbortHandle>>>,
    joins: Mutex<Vec<JoinHandle<usize>>>,
    /// Closures that have been made and not dropped.
    closures: AtomicUsize,
    over: AtomicBool,
}

/// Dropped with the future of a task.
struct Ends {
    world: Arc<World>,
    number: usize,
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.world.dropped[self.number].fetch_add(1, Ordering::AcqRel);
        // A destructor that meddles, too.
        if self.number.is_multiple_of(7) {
            self.world.wake(self.number % PLACES);
        }
    }
}

/// Dropped with a blocking closure.
struct Closure(Arc<World>);

impl Drop for Closure {
    fn drop(&mut self) {
        self.0.closures.fetch_sub(1, Ordering::AcqRel);
    }
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            dropped: (0..TASKS).map(|_| AtomicUsize::new(0)).collect(),
            made: AtomicUsize::new(0),
            wakers: (0..PLACES).map(|_| Mutex::default()).collect(),
            aborts: (0..PLACES).map(|_| Mutex::default()).collect(),
            joins: Mutex::default(),
            closures: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        })
    }

    fn wake(&self, place: usize) {
        let waker = self.wakers[place].lock().unwrap().clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn abort(&self, place: usize) {
        let abort = self.aborts[place].lock().unwrap().take();
        if let Some(abort) = abort {
            abort.abort();
        }
    }

    /// Spawns a task, if there may be more.
    fn spawn(self: &Arc<Self>, handle: &Handle, rng: &mut Rng) -> Option<JoinHandle<usize>> {
        let number = self.made.fetch_add(1, Ordering::AcqRel);
        if number >= TASKS {
            self.made.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        let ends = Ends { world: self.clone(), number };
        let task = handle.spawn(live(ends, rng.split()));
        *self.aborts[rng.below(PLACES as u64) as usize].lock().unwrap() = Some(task.abort_handle());
        Some(task)
    }

    /// Pending once, with a waker that anybody may find.
    fn lie_about(&self, place: usize) -> impl Future<Output = ()> + '_ {
        let mut pending = true;
        poll_fn(move |cx| {
            if !std::mem::take(&mut pending) {
                return Poll::Ready(());
            }
            let before = self.wakers[place].lock().unwrap().replace(cx.waker().clone());
            // Whoever was forgotten here would wait for its timeout.
            if let Some(before) = before {
                before.wake();
            }
            Poll::Pending
        })
    }
}

/// A task.
fn live(ends: Ends, mut rng: Rng) -> Pin<Box<dyn Future<Output = usize> + Send>> {
    Box::pin(async move {
        let world = ends.world.clone();
        for _ in 0..rng.below(40) {
            let place = rng.below(PLACES as u64) as usize;
            match rng.below(16) {
                0..=3 => yield_now().await,
                4..=6 => {
                    if let Some(task) = world.spawn(&Handle::current(), &mut rng) {
                        match rng.below(3) {
                            0 => drop(task.await),
                            1 => drop(task),
                            _ => world.joins.lock().unwrap().push(task),
                        }
                    }
                }
                7 => world.abort(place),
                8 | 9 => world.wake(place),
                10 => sleep(Duration::from_micros(rng.below(3_000))).await,
                11 => {
                    let limit = Duration::from_micros(rng.below(2_000));
                    drop(timeout(limit, world.lie_about(place)).await);
                }
                12 => {
                    let limit = Duration::from_millis(20);
                    drop(timeout(limit, world.lie_about(place)).await);
                }
                13 => {
                    world.closures.fetch_add(1, Ordering::AcqRel);
                    let closure = Closure(world.clone());
                    let task = spawn_blocking(move || drop(closure));
                    if rng.below(2) == 0 {
                        drop(task.await);
                    }
                }
                14 => {
                    // Long enough to be taken for stuck.
                    let start = Instant::now();
                    let length = Duration::from_micros(rng.below(300));
                    while start.elapsed() < length {
                        thread::yield_now();
                    }
                }
                _ => thread::yield_now(),
            }
        }
        ends.number
    })
}

/// A thread that is no worker.
fn outside(world: &Arc<World>, handle: &Handle, mut rng: Rng) {
    while !world.over.load(Ordering::Acquire) {
        let place = rng.below(PLACES as u64) as usize;
        match rng.below(4) {
            0 => drop(world.spawn(handle, &mut rng)),
            1 => world.abort(place),
            _ => world.wake(place),
        }
        thread::yield_now();
    }
}

fn end(runtime: Runtime, rng: &mut Rng) {
    match rng.below(3) {
        0 => drop(runtime),
        1 => runtime.shutdown_background(),
        _ => drop(runtime.shutdown_timeout(Duration::from_micros(rng.below(5_000)))),
    }
}

fn round(rng: &mut Rng) {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let workers = if rng.below(3) == 0 { 1 + rng.below(4) as usize } else { 8 * cores };
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(workers.min(47)).block_on_helps(rng.below(2) == 0);
    builder.max_blocking_threads(1 + rng.below(8) as usize);
    let (runtime, world) = (builder.build().unwrap(), World::new());
    let handle = runtime.handle().clone();
    let length = Duration::from_micros(rng.below(60_000));
    thread::scope(|scope| {
        for _ in 0..2 {
            let (world, handle, rng) = (&world, handle.clone(), rng.split());
            scope.spawn(move || outside(world, &handle, rng));
        }
        for _ in 0..20 {
            drop(world.spawn(&handle, rng));
        }
        runtime.block_on(async {
            let start = Instant::now();
            while start.elapsed() < length {
                match rng.below(3) {
                    0 => drop(world.spawn(&handle, rng)),
                    1 => sleep(Duration::from_micros(rng.below(2_000))).await,
                    _ => yield_now().await,
                }
            }
        });
        end(runtime, rng);
        world.over.store(true, Ordering::Release);
    });
    // Workers that were not waited for may be polling, and spawning, still.
    let made = || world.made.load(Ordering::Acquire);
    let dropped = |number: usize| world.dropped[number].load(Ordering::Acquire);
    eventually(|| (0..made()).all(|number| dropped(number) > 0));
    eventually(|| world.closures.load(Ordering::Acquire) == 0);
    let joins = std::mem::take(&mut *world.joins.lock().unwrap());
    eventually(|| joins.iter().all(JoinHandle::is_finished));
    drop((joins, handle));
    let wrong = (0..TASKS).find(|&number| dropped(number) != usize::from(number < made()));
    assert_eq!(wrong.map(|number| (number, dropped(number))), None, "task, drops");
}

/// Says what was going on when it failed.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("MAINSPRING_STRESS={}", self.0);
        }
    }
}

#[test]
fn every_task_ends_once_whatever_happens() {
    let given = std::env::var("MAINSPRING_STRESS").ok().map(|seed| seed.parse().unwrap());
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let mut seeds = Rng(given.unwrap_or(now) | 1);
    let start = Instant::now();
    while start.elapsed() < TIME {
        let seed = given.unwrap_or_else(|| seeds.next() | 1);
        eprintln!("the round of seed {seed} begins");
        within(move || {
            let _seed = Seed(seed);
            round(&mut Rng(seed));
        });
    }
}
