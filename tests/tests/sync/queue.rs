//! Queue: asyncio's, with `task_done` and `join`. How it ends: `queue_ends.rs`.

use crate::help::{Log, Polled};
use mainspring::sync::{
    Queue, QueueShutDown, QueueTask, Semaphore, TaskDone, TaskDoneError, TryGetError, TryPutError,
};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use tests::{Drops, Tasks, at_every_point, refuses};

tests::has! { Send, Sync, Unpin => Queue<Cell<u8>> }
tests::has! { Send, Sync => QueueTask<'static, u8>, TaskDone<'static, Cell<u8>> }
tests::lacks! { Send => Queue<Rc<u8>>, QueueTask<'static, Rc<u8>> }
tests::lacks! { Sync => Queue<Rc<u8>>, QueueTask<'static, Cell<u8>> }
tests::has! { std::error::Error, Clone, PartialEq => QueueShutDown<u8>, TryPutError<u8> }
tests::has! { std::error::Error, Clone, PartialEq => TryGetError, TaskDoneError }

#[test]
fn what_waits_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    let queue = Queue::new(1);
    both(&queue.put(1));
    both(&queue.get());
    both(&queue.get_task());
    both(&queue.join());
}

async fn items_come_out_as_they_went_in(on: Tasks) {
    let queue = Arc::new(Queue::new(3));
    let theirs = queue.clone();
    let putter = on.spawn(async move {
        for item in 0..100 {
            theirs.put(item).await.unwrap();
        }
    });
    for item in 0..100 {
        assert_eq!(queue.get().await, Ok(item));
        assert!(queue.len() <= queue.maxsize());
    }
    putter.await;
    assert!(queue.is_empty() && !queue.is_full());
    for item in 0..3 {
        queue.try_put(item).unwrap();
    }
    assert_eq!((queue.is_full(), queue.try_put(9)), (true, Err(TryPutError::Full(9))));
}

async fn getters_are_served_in_order_and_not_overtaken(on: Tasks) {
    let (queue, log) = (Arc::new(Queue::new(0)), Log::new());
    let mut tasks = vec![];
    for number in 0..10 {
        let (queue, log) = (queue.clone(), log.clone());
        let get = async move {
            let item = queue.get().await.unwrap();
            log.say((number, item));
        };
        tasks.push(on.in_line(get).await);
    }
    for item in 0..9 {
        queue.put(item).await.unwrap();
    }
    // Promised to those who wait, or taken by them.
    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    let last = tasks.pop().unwrap();
    for task in tasks {
        task.await;
    }
    let mut said = log.said();
    said.sort();
    // On one thread the items too: whoever runs first takes the first of them.
    assert_eq!(said.iter().map(|said| said.0).collect::<Vec<_>>(), Vec::from_iter(0..9));
    assert!(!last.is_finished());
    queue.put(9).await.unwrap();
    last.await;
}

async fn putters_are_served_in_order_and_not_overtaken(on: Tasks) {
    let queue = Arc::new(Queue::new(1));
    queue.try_put(0).unwrap();
    let mut tasks = vec![];
    for item in 1..10 {
        let queue = queue.clone();
        tasks.push(on.in_line(async move { queue.put(item).await }).await);
    }
    for item in 0..10 {
        assert!(item == 9 || queue.try_put(99).is_err());
        assert_eq!(queue.get().await, Ok(item));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

async fn a_dropped_get_loses_no_item(on: Tasks) {
    at_every_point(|point| {
        let (on, queue) = (on.clone(), Arc::new(Queue::new(0)));
        async move {
            let get = || {
                let queue = queue.clone();
                async move { queue.get().await.unwrap() }
            };
            let victim = on.started(point.of(get())).await;
            let other = on.in_line(get()).await;
            queue.put(1).await.unwrap();
            let mut got = vec![];
            got.extend(victim.await);
            if !got.is_empty() {
                queue.put(2).await.unwrap();
            }
            got.push(other.await);
            assert_eq!((got.as_slice(), queue.len()), (&[1, 2][..got.len()], 0));
            queue.put(3).await.unwrap();
            assert_eq!(queue.try_get(), Ok(3));
        }
    })
    .await;
}

async fn a_dropped_put_puts_its_item_or_drops_it_and_passes_its_room_on(on: Tasks) {
    at_every_point(|point| {
        let (on, queue, drops) = (on.clone(), Arc::new(Queue::new(1)), Drops::new());
        async move {
            queue.put(None).await.unwrap();
            let put = |item| {
                let queue = queue.clone();
                async move { assert!(queue.put(item).await.is_ok()) }
            };
            let victim = on.started(point.of(put(Some(drops.counted())))).await;
            let other = on.in_line(put(None)).await;
            assert!(queue.get().await.unwrap().is_none());
            let put = victim.await.is_some();
            if put {
                assert!(queue.get().await.unwrap().is_some());
            }
            assert_eq!(drops.count(), 1);
            assert!(queue.get().await.unwrap().is_none());
            other.await;
            assert_eq!(
                (queue.len(), queue.try_put(None).is_ok(), queue.is_full()),
                (0, true, true)
            );
        }
    })
    .await;
}

async fn join_waits_for_task_done_and_not_for_get(on: Tasks) {
    let queue = Arc::new(Queue::new(0));
    queue.join().await;
    for item in 0..3 {
        queue.put(item).await.unwrap();
    }
    let theirs = queue.clone();
    let join = on.in_line(async move { theirs.join().await }).await;
    for item in 0..3 {
        assert_eq!(queue.get().await, Ok(item));
    }
    for _ in 0..2 {
        queue.task_done().unwrap();
        on.yield_now().await;
        assert!(!join.is_finished());
    }
    queue.task_done().unwrap();
    // It was done for a moment: that is enough for who has waited, and not for who comes later.
    queue.put(3).await.unwrap();
    join.await;
    let theirs = queue.clone();
    let late = on.in_line(async move { theirs.join().await }).await;
    drop(queue.get_task().await.unwrap());
    late.await;
}

async fn a_join_may_be_given_up(on: Tasks) {
    at_every_point(|point| {
        let (on, queue) = (on.clone(), Arc::new(Queue::new(0)));
        async move {
            queue.put(1).await.unwrap();
            let join = || {
                let queue = queue.clone();
                async move { queue.join().await }
            };
            let victim = on.started(point.of(join())).await;
            let other = on.in_line(join()).await;
            drop(queue.get_task().await.unwrap());
            other.await;
            victim.await;
            queue.join().await;
        }
    })
    .await;
}

async fn task_done_too_often_is_an_error(_: Tasks) {
    let queue = Queue::new(0);
    assert!(queue.task_done().is_err());
    queue.put(1).await.unwrap();
    // As in asyncio, it counts what was put, not what was got.
    queue.task_done().unwrap();
    let error = queue.task_done().unwrap_err().to_string();
    assert!(error.starts_with("task_done() called too many times"), "{error}");
    queue.join().await;
    // A guard that finds its debt paid says nothing.
    drop(queue.get_task().await.unwrap());
    queue.put(2).await.unwrap();
    let (item, done) = queue.get_task().await.unwrap().into_parts();
    assert_eq!((item, Polled::new(queue.join()).poll().is_pending()), (2, true));
    drop(done);
    queue.join().await;
}

async fn workers_that_are_given_up_leave_nothing_undone(on: Tasks) {
    at_every_point(|point| {
        let (on, queue) = (on.clone(), Arc::new(Queue::new(2)));
        async move {
            let worker = || {
                let (on, queue) = (on.clone(), queue.clone());
                async move {
                    while let Ok(mut task) = queue.get_task().await {
                        on.yield_now().await;
                        *task += 1;
                    }
                }
            };
            let victim = on.started(point.of(worker())).await;
            let other = on.in_line(worker()).await;
            for item in 0..10 {
                queue.put(item).await.unwrap();
            }
            queue.join().await;
            queue.shutdown(false);
            other.await;
            victim.await;
        }
    })
    .await;
}

tests::each_executor! {
    items_come_out_as_they_went_in,
    getters_are_served_in_order_and_not_overtaken,
    putters_are_served_in_order_and_not_overtaken,
    a_dropped_get_loses_no_item,
    a_dropped_put_puts_its_item_or_drops_it_and_passes_its_room_on,
    join_waits_for_task_done_and_not_for_get,
    a_join_may_be_given_up,
    task_done_too_often_is_an_error,
    workers_that_are_given_up_leave_nothing_undone,
}

#[test]
fn too_large_a_queue_is_refused_at_the_callers_line_and_0_is_without_limit() {
    let words = ["a queue cannot hold", "say 0"];
    refuses(&words, || Queue::<u8>::new(Semaphore::MAX_PERMITS + 1));
    assert_eq!(Queue::<u8>::new(Semaphore::MAX_PERMITS).maxsize(), Semaphore::MAX_PERMITS);
    let queue = Queue::new(0);
    assert!((0..1000).all(|item| queue.try_put(item).is_ok() && !queue.is_full()));
    assert_eq!(format!("{queue:?}"), "Queue { len: 1000, maxsize: 0, unfinished: 1000 }");
    let texts = [TryGetError::Empty.to_string(), TryGetError::ShutDown.to_string()];
    assert_eq!(texts, ["the queue is empty", "the queue was shut down"]);
    assert_eq!(TryPutError::ShutDown(7).into_inner() + TryPutError::Full(1).into_inner(), 8);
}
