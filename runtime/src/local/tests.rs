//! The one-thread executor on a bare parker: no driver, no facade.

use super::*;
use crate::base::prim::AtomicU64;
use crate::base::prim::count;
use crate::local::worker::Tick;
use crate::task::credit::Keep;
use crate::task::error::JoinError;
use crate::task::ids::Ids;
use crate::wake::batch::Report;
use crate::wake::park::{Park, Parker};
use std::future::poll_fn;
use std::pin::Pin;
use std::pin::pin;
use std::sync::atomic::AtomicUsize as Counter;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex as StdMutex};
use std::task::{Context, Poll, Waker};

static IDS: AtomicU64 = AtomicU64::new(1);

struct Rig {
    scheduler: Scheduler,
    worker: Worker,
    reported: Arc<Counter>,
}

fn rig() -> Rig {
    let reported = Arc::new(Counter::new(0));
    let hook = reported.clone();
    let report: Report = Arc::new(move |_| {
        hook.fetch_add(1, Relaxed);
    });
    let scheduler = Keep::new(Shared::new(Ids::new(&IDS), report));
    let worker = Worker::new(&scheduler, 61);
    Rig { scheduler, worker, reported }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.worker.shut_down();
    }
}

impl Rig {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let parker = Parker::new();
        let _entered = self.worker.enter(&parker);
        let mut future = pin!(future);
        let mut cx = Context::from_waker(self.worker.root_waker());
        self.worker.root_waker().wake_by_ref();
        loop {
            match self.worker.tick() {
                Tick::Ran | Tick::Look => {}
                Tick::Root => {
                    if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                        return output;
                    }
                }
                Tick::Sleep => {
                    parker.park(None);
                    self.worker.awake();
                }
            }
        }
    }

    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn(&self.scheduler, future, Location::caller())
    }
}

/// Pending once, woken at once.
async fn yield_once() {
    let mut first = true;
    poll_fn(|cx| match std::mem::take(&mut first) {
        true => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
        false => Poll::Ready(()),
    })
    .await;
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn spawn_run_and_join_make_at_most_nine_read_modify_writes() {
    let rig = rig();
    let per_join = rig.block_on(async {
        // The first spawn draws counts and ids, once per 1 024.
        rig.spawn(async {}).await.unwrap();
        let mut log = Vec::new();
        for _ in 0..10 {
            let spawned = count_while(async { rig.spawn(async {}).await.unwrap() }).await;
            log.push(spawned);
        }
        log
    });
    // Seven are the task's and its join's; two are the turn of the root, which waits.
    assert!(per_join.iter().all(|log| log.len() <= 9), "{per_join:?}");
    // None is on a word that every thread shares: all are on the cells of the two tasks.
    let shared = std::ptr::from_ref(&*rig.scheduler) as usize;
    let block = shared..shared + size_of::<Shared>();
    let ids = std::ptr::from_ref(&IDS) as usize;
    assert!(per_join.iter().flatten().all(|at| !block.contains(at) && *at != ids));
}

/// Records while `future` runs, across its turns.
async fn count_while<F: Future>(future: F) -> Vec<usize> {
    let mut future = pin!(future);
    count::start();
    poll_fn(|cx| future.as_mut().poll(cx).map(drop)).await;
    count::stop()
}

#[test]
fn tasks_run_in_the_order_of_spawning_and_waking() {
    let rig = rig();
    let log = Arc::new(StdMutex::new(String::new()));
    rig.block_on(async {
        let tasks: Vec<_> = ["a", "b", "c"]
            .map(|name| {
                let log = log.clone();
                rig.spawn(async move {
                    for _ in 0..3 {
                        log.lock().unwrap().push_str(name);
                        yield_once().await;
                    }
                })
            })
            .into();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(*log.lock().unwrap(), "abcabcabc");
}

#[test]
fn wakes_and_spawns_from_other_threads_arrive_in_their_order() {
    let rig = rig();
    let scheduler = rig.scheduler.clone();
    let log = Arc::new(StdMutex::new(Vec::new()));
    let seen = log.clone();
    let other = std::thread::spawn(move || {
        let mut handles = Vec::new();
        for number in 0..100 {
            let seen = seen.clone();
            let future = async move { seen.lock().unwrap().push(number) };
            handles.push(spawn(&scheduler, future, Location::caller()));
        }
        handles
    });
    let handles = other.join().unwrap();
    rig.block_on(async {
        for handle in handles {
            handle.await.unwrap();
        }
    });
    assert!(log.lock().unwrap().iter().copied().eq(0..100));
}

#[test]
fn a_sleeping_owner_is_nudged_and_an_awake_one_is_not_needed() {
    let rig = rig();
    let scheduler = rig.scheduler.clone();
    let (to_thread, from_root) = std::sync::mpsc::channel::<Waker>();
    let other = std::thread::spawn(move || {
        let handle = spawn(&scheduler, async { 7 }, Location::caller());
        let waker = from_root.recv().unwrap();
        while !handle.is_finished() {
            std::thread::yield_now();
        }
        waker.wake();
    });
    let mut polls = 0;
    rig.block_on(poll_fn(|cx| {
        polls += 1;
        if polls == 1 {
            to_thread.send(cx.waker().clone()).unwrap();
            return Poll::Pending;
        }
        Poll::Ready(())
    }));
    other.join().unwrap();
    assert_eq!(polls, 2);
}

#[test]
fn every_future_is_dropped_at_the_end_and_its_join_is_cancelled() {
    // INV-26, INV-27: queued, idle and never polled tasks are all dropped once.
    let rig = rig();
    let drops = Arc::new(Counter::new(0));
    let wakers = Arc::new(StdMutex::new(Vec::new()));
    let make = |registered: bool| {
        let (drops, wakers) = (drops.clone(), wakers.clone());
        rig.spawn(async move {
            let _guard = OnDrop(move || {
                drops.fetch_add(1, Relaxed);
            });
            poll_fn(|cx| {
                wakers.lock().unwrap().push(cx.waker().clone());
                Poll::<()>::Pending
            })
            .await;
            assert!(registered);
        })
    };
    let idle: Vec<_> = (0..10).map(|_| make(true)).collect();
    rig.block_on(async { yield_once().await });
    let queued: Vec<_> = (0..10).map(|_| make(false)).collect();
    rig.worker.shut_down();
    assert_eq!(drops.load(Relaxed), 10, "the queued ones had not made their guards");
    for handle in idle.into_iter().chain(queued) {
        assert!(finished(handle).unwrap_err().is_cancelled());
    }
    // A waker that outlives the end does nothing, and keeps its memory.
    let scheduler = rig.scheduler.clone();
    drop(rig);
    let late = spawn(&scheduler, async {}, Location::caller());
    assert!(finished(late).unwrap_err().is_cancelled());
    drop(scheduler);
    for waker in wakers.lock().unwrap().drain(..) {
        waker.wake_by_ref();
        waker.wake();
    }
}

/// The output of a task that has ended.
fn finished<T>(handle: JoinHandle<T>) -> Result<T, JoinError> {
    let mut handle = pin!(handle);
    match handle.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the task has not ended"),
    }
}

#[test]
fn a_destructor_at_the_end_may_spawn_wake_and_abort() {
    let rig = rig();
    let drops = Arc::new(Counter::new(0));
    let other = rig.spawn(std::future::pending::<()>());
    let abort = other.abort_handle();
    let (scheduler, count) = (rig.scheduler.clone(), drops.clone());
    rig.spawn(async move {
        let _guard = OnDrop(move || {
            abort.abort();
            let count = count.clone();
            let guard = OnDrop(move || {
                count.fetch_add(1, Relaxed);
            });
            drop(spawn(&scheduler, async move { drop(guard) }, Location::caller()));
        });
        std::future::pending::<()>().await
    });
    rig.block_on(async { yield_once().await });
    rig.worker.shut_down();
    assert_eq!(drops.load(Relaxed), 1);
    assert!(finished(other).unwrap_err().is_cancelled());
}

#[test]
fn a_joiners_waker_that_panics_is_reported_and_the_task_still_ends() {
    struct Bad;
    impl std::task::Wake for Bad {
        fn wake(self: Arc<Self>) {
            panic!("a waker that panics");
        }
    }
    let rig = rig();
    let mut handle = rig.spawn(async { 5 });
    let bad = Waker::from(Arc::new(Bad));
    assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(&bad)).is_pending());
    rig.block_on(async { yield_once().await });
    assert_eq!(rig.reported.load(Relaxed), 1);
    assert_eq!(finished(handle).unwrap(), 5);
}

#[test]
fn the_waker_table_exists_once() {
    // INV-24 rests on it: a waker is taken for a task's by its table.
    let rig = rig();
    let (first, second) = rig.block_on(async {
        let own = || async { poll_fn(|cx| Poll::Ready(cx.waker().clone())).await };
        let boxed = rig.spawn(async move { Box::pin(own()).await });
        (rig.spawn(own()).await.unwrap(), boxed.await.unwrap())
    });
    assert!(std::ptr::eq(first.vtable(), second.vtable()));
    assert!(std::ptr::eq(first.vtable(), rig.worker.root_waker().vtable()));
}

#[test]
fn counts_of_the_scheduler_are_exact_at_the_end() {
    // INV-20: were one missing, the block would be freed too early; were one left, never.
    let marker = Arc::new(());
    let hook = marker.clone();
    let report: Report = Arc::new(move |_| drop(hook.clone()));
    let scheduler = Keep::new(Shared::new(Ids::new(&IDS), report));
    let worker = Worker::new(&scheduler, 61);
    let rig = Rig { scheduler, worker, reported: Arc::default() };
    rig.block_on(async {
        let scheduler = rig.scheduler.clone();
        let outside = std::thread::spawn(move || {
            (0..3000).map(|_| spawn(&scheduler, async {}, Location::caller())).collect::<Vec<_>>()
        });
        let handles = outside.join().unwrap();
        let inside: Vec<_> = (0..3000).map(|_| rig.spawn(async {})).collect();
        for handle in handles {
            handle.await.unwrap();
        }
        std::thread::spawn(move || drop(inside)).join().unwrap();
    });
    rig.worker.shut_down();
    assert_eq!(Arc::strong_count(&marker), 2);
    drop(rig);
    assert_eq!(Arc::strong_count(&marker), 1);
}

#[test]
fn an_idle_task_of_a_small_future_fits_a_block_of_96_bytes() {
    let rig = rig();
    let bytes = crate::task::new::cell_size::<_, Shared>(&std::future::pending::<()>());
    assert_eq!((bytes, size_of::<JoinHandle<()>>()), (88, 8));
    drop(rig);
}

#[test]
fn the_trace_tells_who_was_spawned_woken_and_polled_in_order() {
    use crate::base::trace::{Event, install};
    use std::cell::RefCell;

    thread_local! {
        static SEEN: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    }
    // Other tests run on other threads: each thread sees its own events.
    let _on = install(|event| SEEN.with(|seen| seen.borrow_mut().push(event)));
    let rig = rig();
    let id = rig.block_on(async {
        let task = rig.spawn(yield_once());
        let id = task.id().0.get();
        task.await.unwrap();
        id
    });
    let seen = SEEN.take();
    let of_task: Vec<_> = seen
        .into_iter()
        .filter(|event| match *event {
            Event::Spawn { task, .. } | Event::Wake { task, .. } => task == id,
            Event::PollStart { task, .. } | Event::PollEnd { task, .. } => task == id,
            Event::Park | Event::Unpark => true,
            _ => false,
        })
        .collect();
    let (task, of) = (id, rig.scheduler.as_ptr().addr());
    let (poll, end) = (Event::PollStart { task, of }, |ready| Event::PollEnd { task, ready });
    let Some(Event::Spawn { spawned, .. }) = of_task.first() else { panic!("{of_task:?}") };
    let spawn = Event::Spawn { task, of, spawned };
    assert_eq!(of_task, [spawn, poll, end(false), poll, end(true)]);
}

#[test]
fn a_worker_is_entered_by_one_thread_after_the_other() {
    // INV-25, INV-29: the worker moves; its tasks, its queue and the thread's context follow.
    let mut rig = rig();
    let polls = Arc::new(Counter::new(0));
    let seen = polls.clone();
    let task = rig.spawn(async move {
        for _ in 0..4 {
            seen.fetch_add(1, Relaxed);
            yield_once().await;
        }
    });
    for _ in 0..4 {
        rig = std::thread::spawn(move || {
            rig.block_on(yield_once());
            assert!(current::worker_of::<_, Worker>(rig.scheduler.as_ptr()).is_none());
            rig
        })
        .join()
        .unwrap();
    }
    assert_eq!(polls.load(Relaxed), 4);
    // INV-23: the last reference is a waker's, and the cell goes with it.
    drop(task);
    rig.worker.shut_down();
}
