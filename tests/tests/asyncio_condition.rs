//! asyncio's facts about conditions and the queues in other orders, row by row, on this runtime.
//!
//! The values are what CPython 3.11 to 3.13 print for a few lines of Python each. (The rows of the
//! reference stand in `asyncio_sync.rs`; it has none for these types.)
//!
//! | asyncio | value there | here |
//! |---|---|---|
//! | `Condition.wait` releases the lock | `locked()` is `False` | `condition_wait_releases` |
//! | `Condition.notify` is FIFO | `[0, 1, 2]` | `condition_notify_is_fifo` |
//! | `Condition.notify_all` | `[0, 1, 2]` | `condition_notify_all_is_fifo` |
//! | `Condition.notify`, nobody waits | forgotten | `condition_notify_is_not_stored` |
//! | `Condition.notify` without the lock | `RuntimeError` | allowed: `condition_notify_unlocked` |
//! | `Condition.wait` without the lock | `RuntimeError` | cannot be written: it takes a guard |
//! | `Condition.wait_for` | `2`; `True` at once | `condition_wait_for` |
//! | cancelled after `notify` | 3.13: `['b']`; before: lost | `condition_cancelled_when_told` |
//! | cancelled while locking again | 3.13: `['b']`; before: lost | `condition_cancelled_locking` |
//! | cancelled `wait` locks again | yes | it does not: `condition_cancelled_wait_is_gone` |
//! | `PriorityQueue` | `[1, 2, 3]` | `priority_queue_is_sorted` |
//! | `PriorityQueue`, a getter waits | `[1, 2]` | `priority_queue_chooses_late` |
//! | `PriorityQueue`, `1 < 'a'` | `TypeError`, yet counted | `priority_queue_survives_a_panic` |
//! | `LifoQueue` | `[3, 2, 1]` | `lifo_queue_is_reversed` |
//! | `LifoQueue.shutdown` | `[2, 1, 'QueueShutDown']` | `lifo_queue_shuts_down` |

use mainspring::sync::{Condvar, LifoQueue, Mutex, PriorityQueue, QueueShutDown, TryGetError};
use mainspring::task::{JoinHandle, yield_now};
use mainspring::time::{Duration, timeout};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A lock around what the tasks say, and its condition.
#[derive(Default)]
struct Shared {
    said: Mutex<Vec<u32>>,
    told: Condvar,
}

/// A task that waits once and then says its word.
fn waiter(shared: &Arc<Shared>, word: u32) -> JoinHandle<()> {
    let shared = shared.clone();
    mainspring::spawn(async move {
        let guard = shared.said.lock().await;
        shared.told.wait(guard).await.push(word);
    })
}

/// As many turns as it takes for every task to get where it waits.
async fn turns() {
    for _ in 0..5 {
        yield_now().await;
    }
}

async fn waiters(
    shared: &Arc<Shared>,
    words: impl IntoIterator<Item = u32>,
) -> Vec<JoinHandle<()>> {
    let tasks = words.into_iter().map(|word| waiter(shared, word)).collect();
    turns().await;
    tasks
}

async fn all(tasks: Vec<JoinHandle<()>>) {
    for task in tasks {
        task.await.expect("no panic, no abort");
    }
}

#[test]
fn condition_wait_releases() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let _waiting = waiters(&shared, [0]).await;
        assert!(shared.said.try_lock().is_ok());
    });
}

#[test]
fn condition_notify_is_fifo() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let tasks = waiters(&shared, 0..3).await;
        for _ in 0..3 {
            let guard = shared.said.lock().await;
            shared.told.notify_one();
            drop(guard);
            turns().await;
        }
        all(tasks).await;
        assert_eq!(*shared.said.lock().await, [0, 1, 2]);
    });
}

#[test]
fn condition_notify_all_is_fifo() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let tasks = waiters(&shared, 0..3).await;
        let guard = shared.said.lock().await;
        shared.told.notify_all();
        drop(guard);
        all(tasks).await;
        assert_eq!(*shared.said.lock().await, [0, 1, 2]);
    });
}

#[test]
fn condition_notify_is_not_stored() {
    tests::paused().block_on(async {
        let shared = Shared::default();
        shared.told.notify_one();
        shared.told.notify_all();
        let wait = shared.told.wait(shared.said.lock().await);
        assert!(timeout(Duration::from_millis(50), wait).await.is_err());
    });
}

#[test]
fn condition_notify_unlocked() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let tasks = waiters(&shared, [7]).await;
        shared.told.notify_one();
        all(tasks).await;
        assert_eq!(*shared.said.lock().await, [7]);
    });
}

#[test]
fn condition_wait_for() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let theirs = shared.clone();
        let task = mainspring::spawn(async move {
            let guard = theirs.said.lock().await;
            theirs.told.wait_for(guard, |said| said.len() == 2).await.len()
        });
        turns().await;
        for word in 0..2 {
            shared.said.lock().await.push(word);
            shared.told.notify_one();
            turns().await;
        }
        assert_eq!(task.await.expect("no panic"), 2);
        drop(shared.told.wait_for(shared.said.lock().await, |_| true).await);
    });
}

#[test]
fn condition_cancelled_when_told() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let mut tasks = waiters(&shared, 0..2).await;
        let guard = shared.said.lock().await;
        shared.told.notify_one();
        drop(guard);
        let cancelled = tasks.remove(0);
        cancelled.abort();
        assert!(cancelled.await.unwrap_err().is_cancelled());
        all(tasks).await;
        assert_eq!(*shared.said.lock().await, [1]);
    });
}

#[test]
fn condition_cancelled_locking() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let mut tasks = waiters(&shared, 0..2).await;
        let guard = shared.said.lock().await;
        shared.told.notify_one();
        turns().await;
        let cancelled = tasks.remove(0);
        cancelled.abort();
        assert!(cancelled.await.unwrap_err().is_cancelled());
        drop(guard);
        all(tasks).await;
        assert_eq!(*shared.said.lock().await, [1]);
    });
}

/// On purpose: a dropped future cannot wait, and has no use for the lock.
#[test]
fn condition_cancelled_wait_is_gone() {
    tests::paused().block_on(async {
        let shared = Arc::<Shared>::default();
        let mut tasks = waiters(&shared, [0]).await;
        let _guard = shared.said.lock().await;
        let cancelled = tasks.remove(0);
        cancelled.abort();
        assert!(cancelled.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn priority_queue_is_sorted() {
    tests::paused().block_on(async {
        let queue = PriorityQueue::new(0);
        for item in [3, 1, 2] {
            queue.put(item).await.expect("open");
        }
        for item in 1..=3 {
            assert_eq!(queue.try_get(), Ok(item));
        }
        assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    });
}

#[test]
fn priority_queue_chooses_late() {
    tests::paused().block_on(async {
        let queue = Arc::new(PriorityQueue::new(0));
        let theirs = queue.clone();
        let getter = mainspring::spawn(async move { theirs.get().await });
        turns().await;
        queue.try_put(2).expect("open");
        queue.try_put(1).expect("open");
        assert_eq!((getter.await.expect("no panic"), queue.try_get()), (Ok(1), Ok(2)));
    });
}

/// asyncio's queue has then an item that counts and that no getter is woken for; this one is as it
/// was before.
#[test]
fn priority_queue_survives_a_panic() {
    #[derive(Debug, PartialEq, Eq)]
    struct Word(&'static str);
    impl PartialOrd for Word {
        fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Word {
        fn cmp(&self, other: &Self) -> std::cmp::Ordering {
            let numbers = (self.0.parse::<u32>(), other.0.parse::<u32>());
            numbers.0.expect("'<' not supported").cmp(&numbers.1.expect("'<' not supported"))
        }
    }
    let queue = PriorityQueue::new(2);
    queue.try_put(Word("1")).expect("room");
    let put = || queue.try_put(Word("a"));
    assert!(catch_unwind(AssertUnwindSafe(put)).is_err());
    assert_eq!(queue.len(), 1);
    queue.try_put(Word("0")).expect("the room was given back");
    assert_eq!((queue.try_get(), queue.try_get()), (Ok(Word("0")), Ok(Word("1"))));
}

#[test]
fn lifo_queue_is_reversed() {
    tests::paused().block_on(async {
        let queue = LifoQueue::new(0);
        for item in 1..=3 {
            queue.put(item).await.expect("open");
        }
        for item in [3, 2, 1] {
            assert_eq!(queue.get().await, Ok(item));
        }
    });
}

#[test]
fn lifo_queue_shuts_down() {
    tests::paused().block_on(async {
        let queue = LifoQueue::new(0);
        queue.put(1).await.expect("open");
        queue.put(2).await.expect("open");
        queue.shutdown(false);
        assert_eq!((queue.get().await, queue.get().await), (Ok(2), Ok(1)));
        assert_eq!(queue.get().await, Err(QueueShutDown(())));
    });
}
