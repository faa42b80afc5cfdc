//! asyncio's facts about locks, events, semaphores and queues, row by row, on this runtime.
//!
//! The rows and their values are what CPython 3.11 to 3.13 print; each names its test. Conditions
//! and the queues in other orders: `asyncio_condition.rs`.
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `Lock.fifo` | `[0, 1, 2, 3, 4]` | `lock_is_fifo` |
//! | `Lock.release_unlocked` | `RuntimeError` | cannot be written: only a guard unlocks, once |
//! | `Lock.not_reentrant` | `TimeoutError` | `lock_is_not_reentrant` |
//! | `Lock.cancelled_waiter_skipped` | `[1, 2]` | `lock_skips_a_cancelled_waiter` |
//! | `Lock.no_barging` | `['waiter', 'late']` | `lock_lets_nobody_barge` |
//! | `Lock.releaser_reacquires` | `['w', 'releaser']` | `lock_goes_to_the_waiter_first` |
//! | `Event.set_then_clear_wakes_all` | all three | `event_set_then_clear_wakes_all` |
//! | `Event.wait_when_set_does_not_yield` | `True` | `event_wait_when_set_does_not_yield` |
//! | `Semaphore.fifo` | `[0, 1, 2, 3, 4, 5]` | `semaphore_is_fifo` |
//! | `Semaphore.over_release_allowed` | `3` | `semaphore_may_be_given_more` |
//! | `BoundedSemaphore.over_release` | `ValueError` | cannot be written: a guard releases once |
//! | `Semaphore.negative` | `ValueError` | cannot be written: `usize` |
//! | `Semaphore.cancelled_waiter_no_leak` | `(True, True)` | `semaphore_loses_no_permit` |
//! | `Semaphore.cancel_after_handover` | permit returned | `semaphore_cancelled_when_handed` |
//! | `Queue.full`, `Queue.put_nowait_full` | `(True, 2)`, `QueueFull` | `queue_full` |
//! | `Queue.put_blocks` | `True` | `queue_put_blocks` |
//! | `Queue.fifo`, `Queue.get_nowait_empty` | `[1, 2, 3]`, `QueueEmpty` | `queue_is_fifo` |
//! | `Queue.task_done_extra` | `ValueError` | `queue_task_done_too_often` |
//! | `Queue.join_when_idle` | returns at once | `queue_join_when_idle` |
//! | `Queue.join_waits_task_done_not_get` | `(False, True)` | `queue_join_waits_for_task_done` |
//! | `Queue.cancelled_getter_loses_nothing` | `'a', 'b'` | `queue_cancelled_getter_loses_nothing` |
//! | `Queue.cancel_after_wakeup` | item still queued: 1 | `queue_getter_cancelled_after_wake_up` |
//! | `Queue.maxsize0_unbounded` | `10000` | `queue_maxsize_0_is_unbounded` |
//! | `Queue.getters_fifo` | `['a', 'b', 'c']` | `queue_getters_are_fifo` |
//! | `Queue.has_close` | 3.13: `True` | `queue_shuts_down` |

use mainspring::sync::{Event, Mutex, Queue, QueueShutDown, Semaphore, TryGetError, TryPutError};
use mainspring::task::{JoinHandle, yield_now};
use mainspring::time::{Duration, timeout};
use std::sync::Arc;

/// What the tasks of a test say, in order.
type Log<T> = Arc<std::sync::Mutex<Vec<T>>>;

fn say<T>(log: &Log<T>, word: T) {
    log.lock().expect("no panic under this lock").push(word);
}

fn said<T: Clone>(log: &Log<T>) -> Vec<T> {
    log.lock().expect("no panic under this lock").clone()
}

/// A task that takes the lock, says its word, and keeps the lock for one turn.
fn locker<T: Send + 'static>(lock: &Arc<Mutex<()>>, log: &Log<T>, word: T) -> JoinHandle<()> {
    let (lock, log) = (lock.clone(), log.clone());
    mainspring::spawn(async move {
        let _guard = lock.lock().await;
        say(&log, word);
        yield_now().await;
    })
}

async fn all<T>(tasks: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    let mut outputs = Vec::new();
    for task in tasks {
        outputs.push(task.await.expect("no panic, no abort"));
    }
    outputs
}

/// As many turns as it takes for every task to get where it waits.
async fn turns() {
    for _ in 0..5 {
        yield_now().await;
    }
}

#[test]
fn lock_is_fifo() {
    tests::paused().block_on(async {
        let (lock, log) = (Arc::new(Mutex::new(())), Log::default());
        all((0..5).map(|turn| locker(&lock, &log, turn))).await;
        assert_eq!(said(&log), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn lock_is_not_reentrant() {
    tests::paused().block_on(async {
        let lock = Mutex::new(());
        let _guard = lock.lock().await;
        assert!(timeout(Duration::from_millis(50), lock.lock()).await.is_err());
    });
}

#[test]
fn lock_skips_a_cancelled_waiter() {
    tests::paused().block_on(async {
        let (lock, log) = (Arc::new(Mutex::new(())), Log::default());
        let guard = lock.lock().await;
        let mut tasks: Vec<_> = (0..3).map(|turn| locker(&lock, &log, turn)).collect();
        turns().await;
        let cancelled = tasks.remove(0);
        cancelled.abort();
        drop(guard);
        assert!(cancelled.await.unwrap_err().is_cancelled());
        all(tasks).await;
        assert_eq!(said(&log), [1, 2]);
    });
}

#[test]
fn lock_lets_nobody_barge() {
    tests::paused().block_on(async {
        let (lock, log) = (Arc::new(Mutex::new(())), Log::default());
        let guard = lock.lock().await;
        let waiter = locker(&lock, &log, "waiter");
        turns().await;
        drop(guard);
        // The waiter has been handed the lock, and has not run yet.
        assert!(lock.try_lock().is_err());
        let late = locker(&lock, &log, "late");
        all([waiter, late]).await;
        assert_eq!(said(&log), ["waiter", "late"]);
    });
}

#[test]
fn lock_goes_to_the_waiter_first() {
    tests::paused().block_on(async {
        let (lock, log) = (Arc::new(Mutex::new(())), Log::default());
        let guard = lock.lock().await;
        let waiter = locker(&lock, &log, "w");
        turns().await;
        drop(guard);
        let _again = lock.lock().await;
        say(&log, "releaser");
        waiter.await.expect("no panic");
        assert_eq!(said(&log), ["w", "releaser"]);
    });
}

#[test]
fn event_set_then_clear_wakes_all() {
    tests::paused().block_on(async {
        let event = Arc::new(Event::new());
        let waiter = |number| {
            let event = event.clone();
            mainspring::spawn(async move {
                event.wait().await;
                number
            })
        };
        let tasks: Vec<_> = (0..3).map(waiter).collect();
        turns().await;
        event.set();
        event.clear();
        assert_eq!(all(tasks).await, [0, 1, 2]);
        assert!(!event.is_set());
    });
}

#[test]
fn event_wait_when_set_does_not_yield() {
    tests::paused().block_on(async {
        let (event, log) = (Event::new(), Log::default());
        event.set();
        let theirs = log.clone();
        let other = mainspring::spawn(async move { say(&theirs, "other") });
        event.wait().await;
        say(&log, "waited");
        other.await.expect("no panic");
        assert_eq!(said(&log), ["waited", "other"]);
    });
}

#[test]
fn semaphore_is_fifo() {
    tests::paused().block_on(async {
        let (semaphore, log) = (Arc::new(Semaphore::new(2)), Log::default());
        let worker = |number| {
            let (semaphore, log) = (semaphore.clone(), log.clone());
            mainspring::spawn(async move {
                let _permit = semaphore.acquire().await.expect("open");
                say(&log, number);
                yield_now().await;
            })
        };
        all((0..6).map(worker)).await;
        assert_eq!(said(&log), [0, 1, 2, 3, 4, 5]);
    });
}

#[test]
fn semaphore_may_be_given_more() {
    let semaphore = Semaphore::new(1);
    semaphore.add_permits(2);
    assert_eq!(semaphore.available_permits(), 3);
}

#[test]
fn semaphore_loses_no_permit() {
    tests::paused().block_on(async {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.acquire().await.expect("open");
        let waiter = mainspring::spawn(semaphore.clone().acquire_owned());
        turns().await;
        waiter.abort();
        assert!(waiter.await.unwrap_err().is_cancelled());
        assert_eq!(semaphore.available_permits(), 0);
        drop(permit);
        assert!(semaphore.try_acquire().is_ok());
    });
}

#[test]
fn semaphore_cancelled_when_handed() {
    tests::paused().block_on(async {
        let semaphore = Arc::new(Semaphore::new(1));
        let permit = semaphore.acquire().await.expect("open");
        let waiter = mainspring::spawn(semaphore.clone().acquire_owned());
        turns().await;
        drop(permit);
        assert_eq!(semaphore.available_permits(), 0);
        waiter.abort();
        assert!(waiter.await.unwrap_err().is_cancelled());
        assert_eq!(semaphore.available_permits(), 1);
    });
}

#[test]
fn queue_full() {
    let queue = Queue::new(2);
    queue.try_put(1).expect("room");
    queue.try_put(2).expect("room");
    assert_eq!((queue.is_full(), queue.len()), (true, 2));
    assert_eq!(queue.try_put(3), Err(TryPutError::Full(3)));
}

#[test]
fn queue_put_blocks() {
    tests::paused().block_on(async {
        let queue = Queue::new(1);
        queue.put(1).await.expect("open");
        assert!(timeout(Duration::from_millis(50), queue.put(2)).await.is_err());
        assert_eq!((queue.get().await, queue.len()), (Ok(1), 0));
    });
}

#[test]
fn queue_is_fifo() {
    tests::paused().block_on(async {
        let queue = Queue::new(0);
        for item in 1..=3 {
            queue.put(item).await.expect("open");
        }
        for item in 1..=3 {
            assert_eq!(queue.get().await, Ok(item));
        }
        assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    });
}

#[test]
fn queue_task_done_too_often() {
    let queue = Queue::<u8>::new(0);
    let error = queue.task_done().unwrap_err().to_string();
    assert!(error.starts_with("task_done() called too many times"), "{error}");
}

#[test]
fn queue_join_when_idle() {
    tests::paused().block_on(async {
        Queue::<u8>::new(0).join().await;
    });
}

#[test]
fn queue_join_waits_for_task_done() {
    tests::paused().block_on(async {
        let queue = Arc::new(Queue::new(0));
        queue.put(1).await.expect("open");
        let theirs = queue.clone();
        let join = mainspring::spawn(async move { theirs.join().await });
        queue.get().await.expect("an item");
        turns().await;
        assert!(!join.is_finished());
        queue.task_done().expect("one to do");
        turns().await;
        assert!(join.is_finished());
    });
}

#[test]
fn queue_cancelled_getter_loses_nothing() {
    tests::paused().block_on(async {
        let queue = Arc::new(Queue::new(0));
        let getter = || {
            let queue = queue.clone();
            mainspring::spawn(async move { queue.get().await })
        };
        let (first, second, third) = (getter(), getter(), getter());
        turns().await;
        first.abort();
        queue.put("a").await.expect("open");
        queue.put("b").await.expect("open");
        assert!(first.await.unwrap_err().is_cancelled());
        assert_eq!(all([second, third]).await, [Ok("a"), Ok("b")]);
    });
}

#[test]
fn queue_getter_cancelled_after_wake_up() {
    tests::paused().block_on(async {
        let queue = Arc::new(Queue::new(0));
        let theirs = queue.clone();
        let getter = mainspring::spawn(async move { theirs.get().await });
        turns().await;
        queue.try_put("a").expect("open");
        getter.abort();
        assert!(getter.await.unwrap_err().is_cancelled());
        assert_eq!((queue.len(), queue.try_get()), (1, Ok("a")));
    });
}

#[test]
fn queue_maxsize_0_is_unbounded() {
    let queue = Queue::new(0);
    for item in 0..10_000 {
        queue.try_put(item).expect("there is always room");
    }
    assert_eq!(queue.len(), 10_000);
}

#[test]
fn queue_getters_are_fifo() {
    tests::paused().block_on(async {
        let queue = Arc::new(Queue::new(0));
        let getter = |name| {
            let queue = queue.clone();
            mainspring::spawn(async move { (name, queue.get().await.expect("an item")) })
        };
        let tasks = [getter("a"), getter("b"), getter("c")];
        turns().await;
        for item in 0..3 {
            queue.put(item).await.expect("open");
        }
        assert_eq!(all(tasks).await, [("a", 0), ("b", 1), ("c", 2)]);
    });
}

#[test]
fn queue_shuts_down() {
    tests::paused().block_on(async {
        let queue = Arc::new(Queue::new(1));
        queue.put(1).await.expect("open");
        let theirs = queue.clone();
        let putter = mainspring::spawn(async move { theirs.put(2).await });
        turns().await;
        queue.shutdown(false);
        assert_eq!(all([putter]).await, [Err(QueueShutDown(2))]);
        assert_eq!(queue.get().await, Ok(1));
        assert_eq!(queue.get().await, Err(QueueShutDown(())));
    });
}
