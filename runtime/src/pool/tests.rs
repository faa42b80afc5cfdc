//! The pool on this thread alone: no driver, no facade, workers that are driven by hand.

use super::*;
use crate::base::clock::Clock;
use crate::base::prim::{AtomicU64, count};
use crate::pool::tick::Tick;
use crate::pool::worker::{Intervals, NEXT_IN_A_ROW};
use crate::task::credit::Keep;
use crate::task::error::JoinError;
use crate::task::ids::Ids;
use crate::wake::park::{Unpark, Unparker};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicUsize as Counter;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

#[path = "find_tests.rs"]
mod find;
#[path = "look_tests.rs"]
mod look;
#[path = "watch_tests.rs"]
mod watch;

static IDS: AtomicU64 = AtomicU64::new(1);

/// Counts its nudges.
#[derive(Default)]
struct Bell(Counter);

impl Unpark for Bell {
    fn unpark(&self) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// Most polls before a woken task's, unless an overflow moves it: 256 places × (1 + 3) × 8/7.
const FAIRNESS: u64 = 256 * (1 + NEXT_IN_A_ROW as u64) * 8 / 7 + 1;

struct Rig {
    scheduler: Scheduler,
    bells: Vec<Arc<Bell>>,
    clock: Clock,
}

fn rig(workers: usize) -> Rig {
    let bells: Vec<_> = (0..workers).map(|_| Arc::new(Bell::default())).collect();
    let unparkers = bells.iter().map(|bell| bell.clone() as Unparker).collect();
    let shared = Shared::new(Ids::new(&IDS), Arc::new(|_| ()), unparkers, false);
    Rig { scheduler: Keep::new(shared), bells, clock: Clock::paused() }
}

impl Rig {
    fn worker(&self, index: usize) -> Worker {
        let intervals = Intervals { event: 61, injector: 61 };
        Worker::new(&self.scheduler, index, intervals, self.clock.clone())
    }

    fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn(&self.scheduler, future, Location::caller())
    }

    /// An entry of a task that nobody joins.
    fn entry<F>(&self, of: &Worker, future: F) -> TaskRef
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let count = of.credit.take().cast();
        // SAFETY: INV-20, the count is handed over; the future is Send.
        let made = unsafe { new::<_, Shared>(future, count, of.ids.next(), 0, Location::caller()) };
        made.0.into_task()
    }

    fn nudges(&self, of: usize) -> usize {
        self.bells[of].0.load(Relaxed)
    }

    /// As `worker` on this thread.
    fn inside<R>(&self, worker: &Worker, f: impl FnOnce() -> R) -> R {
        let _entered = current::enter(self.scheduler.as_ptr(), worker);
        f()
    }

    /// Ticks until the worker would sleep.
    fn run(&self, worker: &Worker) -> Tick {
        self.inside(worker, || {
            loop {
                match worker.tick() {
                    Tick::Ran | Tick::Look => {}
                    sleep => return sleep,
                }
            }
        })
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

/// Pending for ever; leaves its waker.
async fn leave_waker(to: Arc<Mutex<Vec<Waker>>>) {
    poll_fn(|cx| {
        to.lock().unwrap().push(cx.waker().clone());
        Poll::Pending
    })
    .await
}

async fn yield_once() {
    crate::task::yield_now::yield_now().await;
}

#[test]
fn spawn_run_and_join_make_at_most_nine_read_modify_writes_none_on_shared_lines() {
    let rig = rig(2);
    let worker = rig.worker(0);
    let log = Arc::new(Mutex::new(Vec::new()));
    let (scheduler, seen) = (rig.scheduler.clone(), log.clone());
    rig.inside(&worker, || {
        rig.spawn(async move {
            for _ in 0..10 {
                count::start();
                spawn(&scheduler, async {}, Location::caller()).await.unwrap();
                seen.lock().unwrap().push(count::stop());
            }
        })
    });
    rig.run(&worker);
    let log = log.lock().unwrap();
    assert_eq!(log.len(), 10);
    // The first draws counts and ids, once per 1 024. Of the others seven are the task's and its
    // join's, one takes it from the ring, one takes the joiner from the next slot: nine. Two are
    // the joiner's own turn, as on one thread they are the root's.
    let steady = &log[1..];
    assert!(steady.iter().all(|log| log.len() <= 9 + 2), "{steady:?}");
    let shared = std::ptr::from_ref(&*rig.scheduler) as usize;
    let block = shared..shared + size_of::<Shared>();
    let ids = std::ptr::from_ref(&IDS) as usize;
    assert!(steady.iter().flatten().all(|at| !block.contains(at) && *at != ids), "{steady:?}");
}

#[test]
fn a_woken_task_is_polled_within_the_stated_number_of_polls_under_a_pair_that_never_ends() {
    let rig = rig(1);
    let worker = rig.worker(0);
    let polls = Arc::new(Counter::new(0));
    let late = Arc::new(Counter::new(0));
    rig.inside(&worker, || {
        // Two that wake each other for ever, through the next slot.
        let wakers = Arc::new(Mutex::new([None::<Waker>, None]));
        for me in 0..2 {
            let (wakers, polls) = (wakers.clone(), polls.clone());
            drop(rig.spawn(poll_fn(move |cx| {
                polls.fetch_add(1, Relaxed);
                let mut wakers = wakers.lock().unwrap();
                wakers[me] = Some(cx.waker().clone());
                let other = wakers[1 - me].take();
                drop(wakers);
                other.into_iter().for_each(Waker::wake);
                Poll::<()>::Pending
            })));
        }
        // As many as the ring holds besides: each notes how many polls it waited.
        for _ in 0..250 {
            let (polls, late) = (polls.clone(), late.clone());
            let mut before = None;
            drop(rig.spawn(poll_fn(move |cx| {
                let now = polls.fetch_add(1, Relaxed);
                if let Some(before) = before.replace(now) {
                    late.fetch_max(now - before, Relaxed);
                }
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            })));
        }
        for _ in 0..100_000 {
            assert!(matches!(worker.tick(), Tick::Ran | Tick::Look));
        }
    });
    let late = late.load(Relaxed) as u64;
    assert!(late > 250, "the pair has had its turns: {late}");
    assert!(late <= FAIRNESS, "{late} polls, at most {FAIRNESS} were promised");
    rig.scheduler.close();
    worker.shut_down();
}

#[test]
fn a_task_from_outside_gets_its_turn_while_the_worker_is_busy() {
    let rig = rig(1);
    let worker = rig.worker(0);
    rig.inside(&worker, || {
        drop(rig.spawn(poll_fn(|cx| {
            cx.waker().wake_by_ref();
            Poll::<()>::Pending
        })));
    });
    let outside: Vec<_> = (0..3).map(|number| rig.spawn(async move { number })).collect();
    rig.inside(&worker, || {
        for _ in 0..3 * 62 + 3 {
            let _ran = worker.tick();
        }
    });
    assert!(outside.into_iter().map(|task| finished(task).unwrap()).eq(0..3));
    rig.scheduler.close();
    worker.shut_down();
}

#[test]
fn a_fresh_worker_wakes_a_sibling_for_one_task_and_one_with_short_polls_for_a_backlog() {
    let rig = rig(2);
    let (worker, sibling) = (rig.worker(0), rig.worker(1));
    assert!(matches!(rig.run(&sibling), Tick::Sleep(Some(_))), "it watches");
    rig.inside(&worker, || drop(rig.spawn(async {})));
    assert_eq!(rig.nudges(1), 1, "nothing is known of the polls");
    // The sibling takes it, and is asleep again.
    assert!(matches!(rig.run(&sibling), Tick::Sleep(_)));
    // The clock stands still, so these polls take no time at all.
    rig.inside(&worker, || {
        drop(rig.spawn(async {
            for _ in 0..1_000 {
                yield_once().await;
            }
        }));
    });
    assert!(matches!(rig.run(&worker), Tick::Sleep(_)));
    rig.inside(&worker, || {
        // Leaves its sleep: fresh. Then some rounds of short polls.
        drop(rig.spawn(yield_once()));
    });
    let before = rig.nudges(1);
    rig.inside(&worker, || {
        drop(rig.spawn(async {
            for _ in 0..5_000 {
                yield_once().await;
            }
        }));
        for _ in 0..4_000 {
            let _ran = worker.tick();
        }
    });
    let woken = rig.nudges(1) - before;
    rig.run(&sibling);
    rig.inside(&worker, || {
        for _ in 0..60 {
            drop(rig.spawn(async {}));
        }
    });
    assert_eq!(rig.nudges(1) - before, woken, "sixty short polls are done before it is up");
    rig.inside(&worker, || {
        for _ in 0..100 {
            drop(rig.spawn(async {}));
        }
    });
    assert_eq!(rig.nudges(1) - before, woken + 1, "a backlog of 128");
    rig.scheduler.close();
    worker.shut_down();
    sibling.shut_down();
}

#[test]
fn what_waits_outside_gets_every_second_turn_beside_a_task_that_yields_for_ever() {
    let rig = rig(1);
    let worker = rig.worker(0);
    let ran = Arc::new(Counter::new(0));
    rig.inside(&worker, || {
        drop(rig.spawn(async {
            loop {
                yield_once().await;
            }
        }));
    });
    for _ in 0..1_000 {
        let ran = ran.clone();
        drop(rig.spawn(async move { ran.fetch_add(1, Relaxed) }));
    }
    let ticks = rig.inside(&worker, || {
        (0..100_000).find(|_| {
            let _ran = worker.tick();
            ran.load(Relaxed) == 1_000
        })
    });
    assert!((2_000..2_200).contains(&ticks.unwrap()), "{ticks:?}");
    rig.scheduler.close();
    worker.shut_down();
}

#[test]
fn an_overflow_moves_the_newest_and_every_task_still_runs_once() {
    let rig = rig(1);
    let worker = rig.worker(0);
    let log = Arc::new(Mutex::new(Vec::new()));
    rig.inside(&worker, || {
        for number in 0..1_000 {
            let log = log.clone();
            drop(rig.spawn(async move { log.lock().unwrap().push(number) }));
        }
    });
    rig.run(&worker);
    let mut log = log.lock().unwrap();
    // But for every eighth, which is the oldest that was moved.
    assert!(log[..100].iter().filter(|number| **number < 128).count() > 85, "old tasks first");
    log.sort_unstable();
    assert!(log.iter().copied().eq(0..1_000));
}

#[test]
fn counts_of_the_scheduler_are_exact_at_the_end() {
    // INV-20: were one missing, the block would be freed too early; were one left, never.
    let marker = Arc::new(());
    let hook = marker.clone();
    let bell: Unparker = Arc::new(Bell::default());
    let report = Arc::new(move |_| drop(hook.clone()));
    let shared = Shared::new(Ids::new(&IDS), report, [bell.clone(), bell].into(), false);
    let rig = Rig { scheduler: Keep::new(shared), bells: Vec::new(), clock: Clock::paused() };
    let (one, two) = (rig.worker(0), rig.worker(1));
    let inside = rig.inside(&one, || (0..3_000).map(|_| rig.spawn(async {})).collect::<Vec<_>>());
    let outside: Vec<_> = (0..3_000).map(|_| rig.spawn(async {})).collect();
    rig.run(&two);
    rig.run(&one);
    drop(inside);
    std::thread::spawn(move || drop(outside)).join().unwrap();
    let wakers = Arc::new(Mutex::new(Vec::new()));
    rig.inside(&one, || drop(rig.spawn(leave_waker(wakers.clone()))));
    rig.run(&one);
    rig.scheduler.close();
    one.shut_down();
    two.shut_down();
    drop((one, two, rig));
    // A waker keeps the cell, and the cell the scheduler's block.
    assert_eq!(Arc::strong_count(&marker), 2);
    let wakers = std::mem::take(&mut *wakers.lock().unwrap());
    wakers.into_iter().for_each(Waker::wake);
    assert_eq!(Arc::strong_count(&marker), 1);
}

#[test]
fn a_report_names_what_a_worker_polls_and_nothing_when_it_sleeps() {
    // INV-91: the place is one that was stored as a reference.
    let rig = rig(1);
    let worker = rig.worker(0);
    assert!(rig.scheduler.last_polled(0).is_none());
    let seen = Arc::new(Mutex::new(None));
    let (scheduler, inside) = (rig.scheduler.clone(), seen.clone());
    let here = || Location::caller();
    let at = here();
    let future = async move {
        let polled = scheduler.last_polled(0).map(|(id, at)| (id, at.file(), at.line()));
        *inside.lock().unwrap() = polled;
    };
    let task = spawn(&rig.scheduler, future, at);
    rig.run(&worker);
    assert_eq!(*seen.lock().unwrap(), Some((task.id(), at.file(), at.line())));
    assert!(rig.scheduler.last_polled(0).is_none());
    assert!(Pin::new(&mut { task }).poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn an_idle_task_is_as_small_as_on_one_thread() {
    let bytes = crate::task::new::cell_size::<_, Shared>(&std::future::pending::<()>());
    assert_eq!((bytes, size_of::<JoinHandle<()>>()), (88, 8));
}
