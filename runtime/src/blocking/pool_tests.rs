//! the pool beyond its models: many threads, chance, what fails, and what a job costs.

use super::*;
use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::task::join::JoinHandle;
use crate::task::new::job;
use crate::wake::block_on::block_on;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex as StdMutex};
use std::time::Instant;

fn config(limit: usize, keep_alive: Duration) -> Config {
    let name = Arc::new(String::new);
    Config { limit, keep_alive, stack_size: None, name, on_start: None, on_stop: None }
}

fn with_faults(
    config: Config,
    may_start: impl Fn() -> io::Result<()> + Send + Sync + 'static,
) -> Pool {
    let mut pool = Pool::new(config);
    Arc::get_mut(&mut pool.shared).unwrap().may_start = Some(Box::new(may_start));
    pool
}

#[track_caller]
fn submit<T: Send + 'static>(
    pool: &Pool,
    closure: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let (id, spawned) = (Id(NonZeroU64::MIN), Location::caller());
    let (entry, join) = job(closure, id, spawned);
    pool.submit(Job { entry, running: Running { id, spawned }, held: None });
    join
}

fn no_more() -> io::Error {
    io::Error::from_raw_os_error(11)
}

/// Ends the pool; its counts are those of a pool that was never used.
fn end(pool: &Pool) {
    pool.close();
    assert!(pool.wait(None).is_empty());
    let state = pool.shared.state.lock();
    let mut unused = Tally::new(pool.shared.config.limit);
    unused.close();
    assert_eq!(state.tally, unused);
    assert!(state.desks.is_empty() && state.left.is_empty());
    assert!(pool.shared.queue.1.is_empty(), "a message that nobody was told to receive");
}

/// A place where closures wait until `many` are there, or until it is opened.
#[derive(Default)]
struct Gate(StdMutex<(usize, bool)>, Condvar);

impl Gate {
    fn pass(&self, many: usize) {
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        self.1.notify_all();
        drop(self.1.wait_while(state, |(here, open)| *here < many && !*open).unwrap());
    }

    fn open(&self) {
        self.0.lock().unwrap().1 = true;
        self.1.notify_all();
    }
}

/// The system has `threads` threads for us and not one more, tried by three spawners at once.
fn jobs_run_on_the_threads_there_are(threads: usize) {
    let starts = AtomicUsize::new(0);
    let may_start = move || match starts.fetch_add(1, Ordering::Relaxed) < threads {
        true => Ok(()),
        false => Err(no_more()),
    };
    let pool = with_faults(config(16, Duration::from_secs(60)), may_start);
    // So many wait for one another: each has a thread of its own.
    let gate = Arc::new(Gate::default());
    let waiting: Vec<_> = (0..threads)
        .map(|_| {
            let gate = gate.clone();
            submit(&pool, move || gate.pass(threads))
        })
        .collect();
    waiting.into_iter().for_each(|join| block_on(join).unwrap());
    let ran = Arc::new(AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let job = || {
                    let ran = ran.clone();
                    submit(&pool, move || ran.fetch_add(1, Ordering::Relaxed))
                };
                for join in (0..20).map(|_| job()).collect::<Vec<_>>() {
                    let Err(why) = block_on(join) else { continue };
                    let why = why.to_string();
                    assert_eq!(threads, 0, "{why}");
                    assert!(why.contains("no thread could be started for it: "), "{why}");
                    assert!(why.ends_with("(os error 11)"), "{why}");
                }
            });
        }
    });
    assert_eq!(ran.load(Ordering::Relaxed), if threads == 0 { 0 } else { 60 });
    end(&pool);
}

#[test]
fn when_the_next_thread_cannot_be_created_jobs_run_on_those_that_are_there() {
    for _ in 0..50 {
        (0..8).for_each(jobs_run_on_the_threads_there_are);
    }
}

#[test]
fn a_name_that_panics_is_a_thread_that_cannot_be_started() {
    let mut config = config(1, Duration::ZERO);
    config.name = Arc::new(|| panic!("no name"));
    let pool = Pool::new(config);
    let why = block_on(submit(&pool, || ())).unwrap_err();
    assert!(why.is_cancelled() && why.to_string().contains("panicked"), "{why}");
    end(&pool);
}

#[test]
fn a_hook_that_panics_takes_no_job_with_it() {
    let mut config = config(1, Duration::ZERO);
    config.on_start = Some(Arc::new(|| panic!("on start")));
    config.on_stop = Some(Arc::new(|| panic!("on stop")));
    let pool = Pool::new(config);
    for _ in 0..3 {
        block_on(submit(&pool, || ())).unwrap();
    }
    end(&pool);
}

/// A thread that goes home by itself is joined too: by the next that does, or at the end.
#[test]
fn threads_that_went_home_are_joined() {
    let pool = Pool::new(config(4, Duration::from_micros(1)));
    for _ in 0..200 {
        block_on(submit(&pool, || ())).unwrap();
        assert!(pool.shared.state.lock().left.len() <= 4);
    }
    end(&pool);
}

#[test]
fn the_report_names_what_runs_and_nothing_else() {
    let pool = Pool::new(config(4, Duration::from_secs(60)));
    block_on(submit(&pool, || ())).unwrap();
    let gate = Arc::new(Gate::default());
    let line = line!() + 3;
    let (inside, entered) = std::sync::mpsc::channel();
    let waiting = gate.clone();
    let join = submit(&pool, move || {
        inside.send(()).unwrap();
        waiting.pass(usize::MAX)
    });
    entered.recv().unwrap();
    pool.close();
    let running = pool.wait(Some(Duration::ZERO));
    assert_eq!(running.iter().map(|r| r.spawned.line()).collect::<Vec<_>>(), [line]);
    gate.open();
    block_on(join).unwrap();
    end(&pool);
}

/// A spawner of the stress: short jobs, and jobs that wait until the gate opens.
fn spawn_at_random(pool: &Pool, gate: &Arc<Gate>, ran: &Arc<[AtomicUsize]>, rng: Rng) {
    let mut joins = Vec::new();
    for index in 0..ran.len() {
        let (gate, ran) = (gate.clone(), ran.clone());
        let waits = rng.below(16) == 0;
        joins.push(submit(pool, move || {
            if waits {
                gate.pass(usize::MAX);
            }
            ran[index].fetch_add(1, Ordering::Relaxed);
        }));
        if rng.below(4) == 0 {
            std::thread::yield_now();
        }
    }
    for (index, join) in joins.into_iter().enumerate() {
        let ended = block_on(join);
        let times = ran[index].load(Ordering::Relaxed);
        assert!(ended.as_ref().is_ok_and(|()| times == 1) || times == 0, "{times}: {ended:?}");
        assert!(ended.is_ok() || ended.is_err_and(|why| why.is_cancelled()));
    }
}

/// Everything at once; `seed` decides what can be decided.
fn stress(seed: u64) {
    let rng = Rng::seeded(seed);
    let living = Arc::new(AtomicUsize::new(0));
    let (came, went) = (living.clone(), living.clone());
    let mut config = config(1 + rng.below(8) as usize, Duration::from_micros(rng.below(50).into()));
    config.on_start = Some(Arc::new(move || _ = came.fetch_add(1, Ordering::Relaxed)));
    config.on_stop = Some(Arc::new(move || _ = went.fetch_sub(1, Ordering::Relaxed)));
    let (odds, starts) = (rng.below(4), StdMutex::new(Rng::seeded(seed + 1)));
    let pool = with_faults(config, move || match starts.lock().unwrap().below(4) < odds {
        true => Err(no_more()),
        false => Ok(()),
    });
    let gate = Arc::new(Gate::default());
    std::thread::scope(|scope| {
        for spawner in 0..8 {
            let ran: Arc<[AtomicUsize]> = (0..30).map(|_| AtomicUsize::new(0)).collect();
            let (pool, gate, rng) = (&pool, &gate, Rng::seeded(seed * 8 + spawner));
            scope.spawn(move || spawn_at_random(pool, gate, &ran, rng));
        }
        (0..rng.below(400)).for_each(|_| std::thread::yield_now());
        pool.close();
        gate.open();
    });
    end(&pool);
    assert_eq!(living.load(Ordering::Relaxed), 0, "no thread is left");
}

#[test]
fn each_job_runs_once_or_is_cancelled_whatever_happens_meanwhile() {
    let start = Instant::now();
    let mut seed = 0;
    while start.elapsed() < Duration::from_secs(1) {
        stress(seed);
        seed += 1;
    }
}

/// The pool's own read-modify-writes; crossbeam's are not counted: two to send, two to receive.
#[test]
fn a_job_in_a_burst_takes_the_lock_once_on_each_side() {
    let pool = Pool::new(config(1, Duration::from_secs(60)));
    let gate = Arc::new(Gate::default());
    let waiting = gate.clone();
    let first = submit(&pool, move || waiting.pass(usize::MAX));
    let (on_spawn, on_thread) = {
        drop(submit(&pool, count::start));
        let ((), on_spawn) = count::record(|| drop(submit(&pool, || ())));
        (on_spawn, submit(&pool, count::stop))
    };
    gate.open();
    block_on(first).unwrap();
    let on_thread = block_on(on_thread).unwrap();
    let lock = &pool.shared.state as *const _ as usize;
    let of_lock = |log: &[usize]| log.iter().filter(|address| **address == lock).count();
    assert_eq!(of_lock(&on_spawn), 2, "locked and unlocked once: {on_spawn:x?}");
    // From inside of one job to inside of the next but one.
    assert_eq!(of_lock(&on_thread), 2 * 2, "once for each end and beginning: {on_thread:x?}");
    end(&pool);
}
