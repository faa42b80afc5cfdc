//! What the hot paths allocate: one block for a task, and nothing for waiting.
//!
//! A program of its own, because it replaces the allocator; it counts on the thread that asks.

#[path = "alloc/copies.rs"]
mod copies;

use mainspring::task::yield_now;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{Future, pending};
use std::pin::Pin;
use std::task::{Context, Poll};
use tests::{Kind, paused, runtime};

struct Counting;

thread_local! {
    /// Allocations, and the bytes of the largest.
    static MADE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    /// Allocations that have not been freed here.
    static KEPT: Cell<isize> = const { Cell::new(0) };
}

fn note(layout: Layout) {
    let _ = MADE.try_with(|made| {
        let (count, largest) = made.get();
        made.set((count + 1, largest.max(layout.size())));
    });
}

// SAFETY: everything is handed on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: as the trait asks.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout);
        let _ = KEPT.try_with(|kept| kept.set(kept.get() + 1));
        // SAFETY: the caller's layout.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: as the trait asks.
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let _ = KEPT.try_with(|kept| kept.set(kept.get() - 1));
        // SAFETY: the caller's block and layout.
        unsafe { System.dealloc(block, layout) }
    }

    // SAFETY: as the trait asks.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(layout);
        // SAFETY: the caller's block, layout and size.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many allocations `f` makes on this thread, and the bytes of the largest.
async fn made<F: Future>(f: F) -> (usize, usize) {
    MADE.with(|made| made.set((0, 0)));
    f.await;
    MADE.with(Cell::get)
}

#[test]
fn a_task_is_one_allocation_from_spawn_to_join() {
    runtime().block_on(async {
        mainspring::spawn(async {}).await.unwrap();
        let spawn_and_join = async {
            mainspring::spawn(async { 7_u64 }).await.unwrap();
        };
        let (count, bytes) = made(spawn_and_join).await;
        assert_eq!(count, 1);
        assert!(bytes <= 96, "{bytes} bytes");
        // Idle for a while, aborted, detached: still one each.
        let three = async {
            let aborted = mainspring::spawn(pending::<()>());
            drop(mainspring::spawn(async { yield_now().await }));
            let waited = mainspring::spawn(async { yield_now().await });
            waited.await.unwrap();
            aborted.abort();
        };
        assert_eq!(made(three).await.0, 3);
    });
}

fn spawning_from_outside_is_one_allocation_too(kind: Kind) {
    let runtime = kind.runtime();
    runtime.block_on(async {});
    MADE.with(|made| made.set((0, 0)));
    let task = runtime.spawn(async {});
    assert_eq!(MADE.with(Cell::get).0, 1);
    runtime.block_on(task).unwrap();
}

/// More than fit into a ring, so that some go to the injector; siblings take from both meanwhile.
fn spawning_on_a_worker_is_one_allocation(kind: Kind) {
    let runtime = kind.runtime();
    let spawner = runtime.spawn(async {
        let mut tasks = Vec::with_capacity(1_000);
        // No await in between: it stays on its thread.
        MADE.with(|made| made.set((0, 0)));
        tasks.extend((0..1_000).map(|_| mainspring::spawn(async { 7_u64 })));
        (MADE.with(Cell::get), tasks)
    });
    let ((count, bytes), tasks) = runtime.block_on(spawner).unwrap();
    assert_eq!(count, 1_000);
    assert!(bytes <= 96, "{bytes} bytes");
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// One worker, because a task on several may go on on another thread than it is counted on.
#[test]
fn on_a_worker_waiting_and_sleeping_allocate_nothing() {
    use mainspring::time::{Duration, sleep, timeout};
    let runtime = Kind::Workers(1).runtime();
    let counted = runtime.spawn(async {
        sleep(Duration::from_millis(1)).await;
        mainspring::spawn(async {}).await.unwrap();
        let work = async {
            for _ in 0..100 {
                yield_now().await;
                WakesItself(false).await;
                timeout(Duration::from_secs(1), yield_now()).await.unwrap();
            }
            sleep(Duration::from_millis(2)).await;
            mainspring::spawn(async { yield_now().await }).await.unwrap();
        };
        made(work).await.0
    });
    assert_eq!(runtime.block_on(counted).unwrap(), 1, "the task, and nothing else");
}

tests::each_scheduler! {
    spawning_from_outside_is_one_allocation_too,
    spawning_on_a_worker_is_one_allocation,
}

/// Wakes its own waker once, by clone.
struct WakesItself(bool);

impl Future for WakesItself {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        let clone = cx.waker().clone();
        clone.wake();
        Poll::Pending
    }
}

#[test]
fn waking_and_yielding_allocate_nothing() {
    runtime().block_on(async {
        let work = async {
            for _ in 0..100 {
                yield_now().await;
                WakesItself(false).await;
            }
        };
        assert_eq!(made(work).await.0, 0);
    });
}

#[test]
fn waiting_for_a_primitive_allocates_nothing() {
    use mainspring::sync::{Mutex, Notify, Semaphore};
    static LOCK: Mutex<u32> = Mutex::const_new(0);
    static PERMITS: Semaphore = Semaphore::const_new(1);
    static NOTIFY: Notify = Notify::const_new();
    async fn rounds() {
        for _ in 0..50 {
            let mut guard = LOCK.lock().await;
            *guard += 1;
            yield_now().await;
            drop(guard);
            let permit = PERMITS.acquire().await.unwrap();
            yield_now().await;
            drop(permit);
            NOTIFY.notify_one();
            NOTIFY.notified().await;
        }
    }
    runtime().block_on(async {
        let two = async {
            let other = mainspring::spawn(rounds());
            rounds().await;
            other.await.unwrap();
        };
        assert_eq!(made(two).await.0, 1, "the task, and nothing else");
    });
}

#[test]
fn sleeping_allocates_nothing() {
    use mainspring::time::{Duration, sleep, timeout};
    paused().block_on(async {
        sleep(Duration::from_millis(1)).await;
        let naps = async {
            for millis in 0..200 {
                sleep(Duration::from_millis(millis)).await;
                let limit = Duration::from_secs(1);
                timeout(limit, yield_now()).await.unwrap();
            }
        };
        assert_eq!(made(naps).await.0, 0);
    });
}

#[test]
fn a_oneshot_channel_is_one_allocation() {
    use mainspring::sync::oneshot;
    runtime().block_on(async {
        let hand_over = async {
            let (send, receive) = oneshot::channel();
            let task = mainspring::spawn(receive);
            yield_now().await;
            send.send(7).unwrap();
            assert_eq!(task.await.unwrap(), Ok(7));
        };
        assert_eq!(made(hand_over).await.0, 2, "the channel and the task");
    });
}

/// Also when the waker of the other half panics.
#[test]
fn a_oneshot_channel_is_freed() {
    use mainspring::sync::oneshot;
    let round = |close: fn(&mut oneshot::Receiver<u8>)| {
        let bell = tests::Bell::panicking();
        let (mut send, mut receive) = oneshot::channel::<u8>();
        let waker = std::task::Waker::from(bell.clone());
        assert!(send.poll_closed(&mut Context::from_waker(&waker)).is_pending());
        let (outcome, _) = tests::heard(|| {
            close(&mut receive);
            drop(receive);
        });
        assert_eq!((outcome.is_err(), bell.rung()), (true, 1));
        assert_eq!(send.send(1), Err(1));
    };
    for close in [|_: &mut _| (), oneshot::Receiver::close] {
        round(close);
        let before = KEPT.with(Cell::get);
        (0..100).for_each(|_| round(close));
        let kept = KEPT.with(Cell::get) - before;
        assert!(kept < 50, "{kept} allocations of 100 channels are left");
    }
}

#[test]
fn a_bounded_channel_allocates_nothing_after_its_making() {
    use mainspring::sync::mpsc;
    runtime().block_on(async {
        let (send, mut receive) = mpsc::channel(4);
        let sum = async {
            let sender = mainspring::spawn(async move {
                for number in 0..100 {
                    send.send(number).await.unwrap();
                }
            });
            for number in 0..100 {
                assert_eq!(receive.recv().await, Some(number));
            }
            assert_eq!(receive.recv().await, None);
            sender.await.unwrap();
        };
        assert_eq!(made(sum).await.0, 1, "the task, and nothing else");
    });
}

#[test]
fn select_and_the_joins_allocate_nothing() {
    use mainspring::sync::mpsc;
    use mainspring::{join, select, try_join};
    runtime().block_on(async {
        let (send, mut receive) = mpsc::channel(1);
        // The thread's generator begins.
        select! { _ = yield_now() => {} _ = pending::<()>() => {} }
        let work = async {
            let mut received = 0;
            while received < 100 {
                select! {
                    Some(number) = receive.recv() => { received += 1; assert_eq!(number, 7); }
                    _ = send.send(7) => {}
                    _ = WakesItself(false), if received > 10 => {}
                }
                join!(yield_now(), WakesItself(false));
                let one = async {
                    yield_now().await;
                    Ok::<_, ()>(1)
                };
                assert_eq!(try_join!(one, async { Ok(2) }), Ok((1, 2)));
            }
        };
        assert_eq!(made(work).await.0, 0);
    });
}

/// Of a thousand tasks: one for each, and 32 chunks for the list of those who have ended.
#[test]
fn a_task_of_a_set_is_one_allocation() {
    use mainspring::task::{JoinSet, gather, gather_all};
    runtime().block_on(async {
        let mut set = JoinSet::new();
        let spawn = async { set.extend((0..1_000).map(|number| async move { number })) };
        let (count, _) = made(spawn).await;
        assert!((1_000..1_050).contains(&count), "{count}");
        let join = async {
            for _ in 0..1_000 {
                set.join_next().await.unwrap().unwrap();
            }
        };
        assert_eq!(made(join).await.0, 0);
        let again = async {
            for number in 0..1_000 {
                set.spawn(async move { number });
                assert_eq!(set.join_next().await.unwrap().unwrap(), number);
            }
        };
        assert_eq!(made(again).await.0, 1_000, "the tasks, and nothing else");
        let all = async {
            gather((0..1_000).map(async |number| Ok::<_, ()>(number))).await.unwrap();
        };
        let (count, _) = made(all).await;
        assert!((1_000..1_050).contains(&count), "{count}");
        let all = async { drop(gather_all((0..1_000).map(async |number| number)).await) };
        let (count, _) = made(all).await;
        assert!((1_000..1_050).contains(&count), "{count}");
    });
}

/// The task, and the channel that its value comes through.
#[test]
fn a_child_of_a_group_is_two_allocations() {
    use mainspring::task::TaskGroup;
    runtime().block_on(async {
        let scope = async {
            let body = async |group: TaskGroup<()>| {
                (0..1_000).for_each(|number| drop(group.spawn(async move { Ok(number) })));
                Ok(())
            };
            TaskGroup::scope(body).await.unwrap();
        };
        let (count, _) = made(scope).await;
        assert!((2_000..2_060).contains(&count), "{count}");
    });
}

/// Sets and groups that are dropped with tasks in every state free everything.
#[test]
fn sets_and_groups_are_freed() {
    use mainspring::task::{JoinSet, TaskGroup, WaitFor, wait};
    runtime().block_on(async {
        let round = async || {
            let mut set = JoinSet::new();
            for number in 0..100 {
                set.spawn(async move {
                    if number % 3 == 0 {
                        pending().await
                    }
                });
            }
            wait(&mut set, WaitFor::FirstCompleted, None).await;
            drop(set);
            let body = async |group: TaskGroup<u8>| {
                for number in 0..100 {
                    let inner = group.clone();
                    group.spawn(async move {
                        inner.spawn(pending::<Result<(), u8>>());
                        if number == 50 { Err(1) } else { Ok(number) }
                    });
                }
                pending::<Result<(), u8>>().await
            };
            TaskGroup::scope(body).await.unwrap_err();
            yield_now().await;
        };
        round().await;
        let before = KEPT.with(Cell::get);
        for _ in 0..20 {
            round().await;
        }
        let kept = KEPT.with(Cell::get) - before;
        assert!(kept < 20, "{kept} allocations of 20 rounds are left");
    });
}
