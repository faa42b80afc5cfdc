//! Pools of one's own: how many run at once, what they are called, and how they end.

use mainspring::blocking::{BlockingConfig, Pool};
use mainspring::runtime::Handle;
use mainspring::task::{gather, to_thread};
use mainspring::time::{Duration, sleep};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use tests::Kind;

/// A closure that runs until it is let go.
fn held(pool: &Pool) -> (mpsc::Receiver<()>, mpsc::Sender<()>, mainspring::task::JoinHandle<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (go, let_go) = mpsc::channel();
    let handle = pool.run(move || {
        begun.send(()).unwrap();
        let _ = let_go.recv();
    });
    (has_begun, go, handle)
}

fn no_more_run_at_once_than_the_pool_has_threads(kind: Kind) {
    kind.runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(3));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let jobs = (0..60).map(|n| {
            let (now, most) = (now.clone(), most.clone());
            pool.run(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
                n
            })
        });
        let jobs: Vec<_> = jobs.collect();
        assert_eq!(gather(jobs).await.unwrap(), (0..60).collect::<Vec<_>>());
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    });
}

/// They meet: three at a time must be running, or this never ends.
#[test]
fn as_many_run_at_once_as_the_pool_has_threads() {
    tests::runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(3).name("async_worker"));
        let meeting = Arc::new(Barrier::new(3));
        let jobs = (0..3).map(|_| {
            let meeting = meeting.clone();
            pool.run(move || {
                meeting.wait();
                std::thread::current().name().map(str::to_owned)
            })
        });
        let jobs: Vec<_> = jobs.collect();
        let names: HashSet<_> = gather(jobs).await.unwrap().into_iter().flatten().collect();
        assert_eq!(names.len(), 3);
        assert!(names.iter().all(|name| name.starts_with("async_worker-")), "{names:?}");
    });
}

fn shutdown_waits_for_the_queue_too_and_the_loop_goes_on(kind: Kind) {
    kind.runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let (begun, go, first) = held(&pool);
        let second = pool.run(|| 2);
        begun.recv().unwrap();
        assert_eq!(pool.pending(), 2);
        let ends = mainspring::spawn(pool.shutdown());
        sleep(Duration::from_millis(1)).await;
        assert!(!ends.is_finished(), "the first has not ended");
        go.send(()).unwrap();
        ends.await.unwrap();
        assert_eq!((first.await.unwrap(), second.await.unwrap()), ((), 2));
    });
}

#[test]
fn a_dropped_pool_lets_run_what_runs_and_cancels_what_waits() {
    tests::runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let (begun, go, first) = held(&pool);
        let second = pool.run(|| 2);
        begun.recv().unwrap();
        drop(pool);
        assert!(second.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        first.await.unwrap();
    });
}

#[test]
fn a_shutdown_that_is_dropped_cancels_what_waits() {
    tests::runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let (begun, go, first) = held(&pool);
        let second = pool.run(|| 2);
        begun.recv().unwrap();
        let ends = mainspring::time::timeout(Duration::from_millis(1), pool.shutdown());
        assert!(ends.await.is_err());
        assert!(second.await.unwrap_err().is_cancelled());
        go.send(()).unwrap();
        first.await.unwrap();
    });
}

#[test]
fn a_panic_comes_out_of_the_handle_and_the_thread_goes_on() {
    tests::runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let panics = pool.run::<_, ()>(|| std::panic::resume_unwind(Box::new("no luck")));
        let goes_on = pool.run(|| std::thread::current().id());
        let error = panics.await.unwrap_err();
        assert_eq!(error.into_panic().downcast_ref::<&str>(), Some(&"no luck"));
        goes_on.await.unwrap();
        assert_eq!(pool.pending(), 0);
    });
}

#[test]
fn a_closure_that_waits_in_the_queue_can_be_aborted() {
    tests::runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let (begun, go, first) = held(&pool);
        let second = pool.run(|| 2);
        begun.recv().unwrap();
        second.abort();
        go.send(()).unwrap();
        first.await.unwrap();
        assert!(second.await.unwrap_err().is_cancelled());
        pool.shutdown().await;
    });
}

#[test]
fn several_runtimes_use_one_pool_and_none_ends_it() {
    let pool = Arc::new(Pool::new(BlockingConfig::threads(2)));
    for kind in [Kind::CurrentThread, Kind::Workers(2)] {
        let theirs = pool.clone();
        let inside = kind.runtime().block_on(async move {
            theirs.run(|| Handle::current().runtime_flavor()).await.unwrap()
        });
        assert_eq!(inside, kind.runtime().handle().runtime_flavor());
    }
    assert_eq!(pool.pending(), 0);
}

/// Blocking code takes real time: a clock that stands still is not moved meanwhile.
#[test]
fn a_clock_that_stands_still_waits_for_the_pool() {
    tests::paused().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let (begun, go, job) = held(&pool);
        begun.recv().unwrap();
        let start = mainspring::time::Instant::now();
        let far = mainspring::spawn(sleep(Duration::from_secs(3600)));
        go.send(()).unwrap();
        job.await.unwrap();
        assert!(start.elapsed() < Duration::from_secs(3600));
        far.await.unwrap();
    });
}

#[test]
fn to_thread_is_spawn_blocking() {
    tests::runtime().block_on(async {
        let here = std::thread::current().id();
        assert_ne!(to_thread(|| std::thread::current().id()).await.unwrap(), here);
    });
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    tests::refuses(&["0 threads", "use 1 or more"], || BlockingConfig::threads(0));
    let pool = Pool::new(BlockingConfig::threads(1));
    tests::refuses(&["no mainspring runtime"], || pool.run(|| ()));
}

/// Its destructor runs when it is cancelled, and takes as long as the test likes.
#[test]
fn shutdown_waits_for_what_a_cancelled_closure_holds() {
    struct Slow {
        begun: mpsc::Sender<()>,
        let_go: mpsc::Receiver<()>,
    }
    impl Drop for Slow {
        fn drop(&mut self) {
            self.begun.send(()).unwrap();
            let _ = self.let_go.recv();
        }
    }
    tests::runtime().block_on(async {
        let pool = Pool::new(BlockingConfig::threads(1));
        let (first_begun, go, first) = held(&pool);
        first_begun.recv().unwrap();
        let (begun, has_begun) = mpsc::channel();
        let (finish, let_go) = mpsc::channel();
        let slow = Slow { begun, let_go };
        let second = pool.run(move || drop(slow));
        second.abort();
        go.send(()).unwrap();
        first.await.unwrap();
        has_begun.recv().unwrap();
        let mut shutdown = Box::pin(pool.shutdown());
        assert!(tests::poll_with(&mut shutdown, &tests::Bell::new()).is_pending());
        finish.send(()).unwrap();
        shutdown.await;
    });
}

tests::each_scheduler! {
    no_more_run_at_once_than_the_pool_has_threads,
    shutdown_waits_for_the_queue_too_and_the_loop_goes_on,
}
