//! models of the pool itself: submit, finish, late, start, a start that fails, close.

use super::*;
use crate::task::join::JoinHandle;
use crate::task::new::job;
use crate::wake::block_on::block_on;
use std::num::NonZeroU64;

/// Threads wait for ever, or not at all: a model has no time.
const STAY: Duration = Duration::MAX;
const LEAVE: Duration = Duration::ZERO;

/// A pool whose starts ask `may_start` with their number, from 0.
fn pool(limit: usize, keep_alive: Duration, may_start: fn(usize) -> bool) -> Pool {
    let name = Arc::new(String::new);
    let config =
        Config { limit, keep_alive, stack_size: None, name, on_start: None, on_stop: None };
    let mut pool = Pool::new(config);
    let starts = std::sync::atomic::AtomicUsize::new(0);
    let fault = move || match may_start(starts.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
        true => Ok(()),
        false => Err(io::Error::other("no more")),
    };
    Arc::get_mut(&mut pool.shared).unwrap().may_start = Some(Box::new(fault));
    pool
}

fn always(_: usize) -> bool {
    true
}

/// Every closure says what became of it when it is dropped: did it run?
struct Fate {
    fates: Arc<Sender<bool>>,
    ran: bool,
}

impl Fate {
    fn run(mut self) {
        self.ran = true;
    }
}

impl Drop for Fate {
    fn drop(&mut self) {
        self.fates.send(self.ran).unwrap();
    }
}

fn submit(pool: &Pool, fates: &Arc<Sender<bool>>) -> JoinHandle<()> {
    let fate = Fate { fates: fates.clone(), ran: false };
    let (id, spawned) = (Id(NonZeroU64::MIN), Location::caller());
    let (entry, join) = job(move || fate.run(), id, spawned);
    pool.submit(Job { entry, running: Running { id, spawned }, held: None });
    join
}

/// Ends the pool: whatever counts wrongly now hangs, and loom sees a deadlock.
fn end(pool: &Pool) {
    pool.close();
    assert!(pool.wait(None).is_empty());
    nothing_is_left(pool);
}

fn nothing_is_left(pool: &Pool) {
    let state = pool.shared.state.lock();
    let mut unused = Tally::new(pool.shared.config.limit);
    unused.close();
    assert_eq!(state.tally, unused);
    assert!(state.desks.is_empty() && state.left.is_empty());
    assert!(pool.shared.queue.1.try_recv().is_err(), "a message that nobody was told to receive");
}

fn model(f: impl Fn() + Send + Sync + 'static) {
    model_with(2, f);
}

fn model_with(preemptions: usize, f: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(f);
}

/// One job from each of two threads, and one thread for both, which stays or leaves without work.
fn two_jobs_run(keep_alive: Duration) {
    model(move || {
        let pool = pool(1, keep_alive, always);
        let (fates, told) = unbounded();
        let fates = Arc::new(fates);
        let other = {
            let (pool, fates) = (pool.clone(), fates.clone());
            thread::spawn(move || drop(submit(&pool, &fates)))
        };
        drop(submit(&pool, &fates));
        // A job that is stranded is waited for without end: loom reports a deadlock.
        assert_eq!((told.recv(), told.recv()), (Ok(true), Ok(true)));
        other.join().unwrap();
        end(&pool);
    });
}

#[test]
fn loom_blocking_jobs_beyond_the_limit_find_the_thread() {
    two_jobs_run(STAY);
}

#[test]
fn loom_blocking_a_job_meets_a_thread_that_goes_home() {
    two_jobs_run(LEAVE);
}

/// The second start fails: its job goes to the first thread, which may be busy, or idle by now.
#[test]
fn loom_blocking_a_thread_that_cannot_start_leaves_its_job_to_another() {
    model(|| {
        let pool = pool(2, STAY, |start| start == 0);
        let (fates, told) = unbounded();
        let fates = Arc::new(fates);
        drop(submit(&pool, &fates));
        drop(submit(&pool, &fates));
        assert_eq!((told.recv(), told.recv()), (Ok(true), Ok(true)));
        // A third finds the counts in order.
        drop(submit(&pool, &fates));
        assert_eq!(told.recv(), Ok(true));
        end(&pool);
    });
}

/// The second start fails while the first thread goes home: its job runs or is given up, and never
/// waits for a thread that has gone.
#[test]
fn loom_blocking_a_start_that_fails_meets_a_thread_that_goes_home() {
    // The spawner stops twice for the thread, and the thread once for the spawner.
    model_with(3, || {
        let pool = pool(2, LEAVE, |start| start == 0);
        let (fates, told) = unbounded();
        let fates = Arc::new(fates);
        drop(submit(&pool, &fates));
        drop(submit(&pool, &fates));
        assert!(told.recv().is_ok() && told.recv().is_ok());
        end(&pool);
    });
}

/// Three jobs at once: the thread that arrives first starts the next, or finds that it cannot.
fn a_thread_starts_the_next(may_start: fn(usize) -> bool) {
    model(move || {
        let pool = pool(2, STAY, may_start);
        let (fates, told) = unbounded();
        let fates = Arc::new(fates);
        (0..3).for_each(|_| drop(submit(&pool, &fates)));
        (0..3).for_each(|_| assert_eq!(told.recv(), Ok(true)));
        end(&pool);
    });
}

#[test]
fn loom_blocking_a_thread_starts_the_next() {
    a_thread_starts_the_next(always);
}

#[test]
fn loom_blocking_a_thread_cannot_start_the_next() {
    a_thread_starts_the_next(|start| start != 1);
}

/// Jobs that wait for one another: each has a thread, one of which the other has started.
#[test]
fn loom_blocking_jobs_that_wait_for_one_another_get_a_thread_each() {
    model(|| {
        let pool = pool(2, STAY, always);
        let (hello, heard) = unbounded();
        let (thanks, thanked) = unbounded();
        let (id, spawned) = (Id(NonZeroU64::MIN), Location::caller());
        let (entry, first) = job(move || thanks.send(heard.recv()).unwrap(), id, spawned);
        pool.submit(Job { entry, running: Running { id, spawned }, held: None });
        let (entry, second) = job(move || hello.send(()).unwrap(), id, spawned);
        pool.submit(Job { entry, running: Running { id, spawned }, held: None });
        assert_eq!(thanked.recv(), Ok(Ok(())));
        drop((first, second));
        end(&pool);
    });
}

/// No thread at all: both joins say why, also that of the job which counted on the other's thread.
#[test]
fn loom_blocking_with_no_thread_at_all_every_join_says_why() {
    model(|| {
        let pool = pool(2, STAY, |_| false);
        let (fates, told) = unbounded();
        let fates = Arc::new(fates);
        let other = {
            let (pool, fates) = (pool.clone(), fates.clone());
            thread::spawn(move || block_on(submit(&pool, &fates)).unwrap_err().to_string())
        };
        let why = block_on(submit(&pool, &fates)).unwrap_err().to_string();
        assert!(why.ends_with("no thread could be started for it: no more"), "{why}");
        assert!(other.join().unwrap().ends_with("no more"));
        assert_eq!((told.recv(), told.recv()), (Ok(false), Ok(false)));
        end(&pool);
    });
}

/// One job is there, another comes while the pool is closed: each has run or was cancelled when
/// `wait` returns, or was refused.
fn close_meets_submit(limit: usize, keep_alive: Duration, may_start: fn(usize) -> bool) {
    model(move || {
        let pool = pool(limit, keep_alive, may_start);
        let (fates, told) = unbounded();
        let fates = Arc::new(fates);
        drop(submit(&pool, &fates));
        let closer = {
            let pool = pool.clone();
            thread::spawn(move || {
                pool.close();
                assert!(pool.wait(None).is_empty());
            })
        };
        drop(submit(&pool, &fates));
        closer.join().unwrap();
        assert!(told.recv().is_ok() && told.recv().is_ok());
        nothing_is_left(&pool);
    });
}

#[test]
fn loom_blocking_close_meets_a_queued_job() {
    close_meets_submit(1, STAY, always);
}

#[test]
fn loom_blocking_close_meets_a_start() {
    close_meets_submit(2, STAY, always);
}

#[test]
fn loom_blocking_close_meets_a_thread_that_goes_home() {
    close_meets_submit(1, LEAVE, always);
}

#[test]
fn loom_blocking_close_meets_a_start_that_fails() {
    close_meets_submit(2, STAY, |start| start == 0);
}
