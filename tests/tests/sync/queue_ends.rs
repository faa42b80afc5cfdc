//! Queue: `shutdown`, and what its wakers and its items may do.

use crate::help::{Deed, Polled, blows_up, bomb, meddle, touch};
use mainspring::sync::{Queue, QueueShutDown, TryGetError, TryPutError};
use std::sync::{Arc, Weak};
use tests::{Drops, Tasks, at_every_point, within};

async fn after_a_shutdown_the_rest_is_got_and_then_no_more(on: Tasks) {
    let queue = Arc::new(Queue::new(2));
    queue.put(1).await.unwrap();
    queue.put(2).await.unwrap();
    let mut putters = vec![];
    for item in 3..50 {
        let queue = queue.clone();
        putters.push(on.in_line(async move { queue.put(item).await }).await);
    }
    queue.shutdown(false);
    queue.shutdown(false);
    for (item, putter) in (3..50).zip(putters) {
        assert_eq!(putter.await, Err(QueueShutDown(item)));
    }
    assert_eq!(queue.try_put(9), Err(TryPutError::ShutDown(9)));
    assert_eq!(queue.put(9).await, Err(QueueShutDown(9)));
    let theirs = queue.clone();
    let join = on.in_line(async move { theirs.join().await }).await;
    assert_eq!((queue.get().await, queue.try_get()), (Ok(1), Ok(2)));
    assert_eq!(queue.get().await, Err(QueueShutDown(())));
    assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
    assert!(queue.get_task().await.is_err());
    queue.task_done().unwrap();
    queue.task_done().unwrap();
    join.await;
}

async fn an_immediate_shutdown_throws_away_and_ends_all_waiting(on: Tasks) {
    let (queue, drops) = (Arc::new(Queue::new(2)), Drops::new());
    assert!(queue.try_put(drops.counted()).is_ok() && queue.try_put(drops.counted()).is_ok());
    let (one, two, item) = (queue.clone(), queue.clone(), drops.counted());
    let join = on.in_line(async move { one.join().await }).await;
    let putter = on.in_line(async move { two.put(item).await }).await;
    queue.shutdown(true);
    assert_eq!((drops.count(), queue.len()), (2, 0));
    join.await;
    assert!(putter.await.is_err() && queue.get().await.is_err());
    let queue = Arc::new(Queue::<u8>::new(0));
    let mut getters = vec![];
    for _ in 0..40 {
        let queue = queue.clone();
        getters.push(on.in_line(async move { queue.get().await }).await);
    }
    queue.shutdown(false);
    for getter in getters {
        assert_eq!(getter.await, Err(QueueShutDown(())));
    }
}

async fn a_getter_dropped_around_a_shutdown_takes_nothing_along(on: Tasks) {
    at_every_point(|point| {
        let (on, queue) = (on.clone(), Arc::new(Queue::new(0)));
        async move {
            let theirs = queue.clone();
            let victim = on.started(point.of(async move { theirs.get().await })).await;
            queue.put(1).await.unwrap();
            queue.shutdown(false);
            let got = victim.await.map_or_else(Vec::new, |item| vec![item.unwrap()]);
            let rest = queue.get().await;
            assert_eq!(rest.is_ok(), got.is_empty());
            assert_eq!(queue.get().await, Err(QueueShutDown(())));
        }
    })
    .await;
}

tests::each_executor! {
    after_a_shutdown_the_rest_is_got_and_then_no_more,
    an_immediate_shutdown_throws_away_and_ends_all_waiting,
    a_getter_dropped_around_a_shutdown_takes_nothing_along,
}

#[test]
fn a_waker_may_call_the_queue_back() {
    const CALLS: &[fn(&Queue<u8>)] = &[
        |queue| assert!(queue.try_put(1) != Err(TryPutError::Full(2))),
        |queue| assert!(queue.try_get() != Ok(99)),
        |queue| touch(queue.get()),
        |queue| touch(queue.put(1)),
        |queue| touch(queue.join()),
        |queue| queue.task_done().unwrap_or(()),
        |queue| queue.shutdown(false),
        |queue| queue.shutdown(true),
        |queue| assert!(!format!("{queue:?}").is_empty()),
    ];
    meddle(
        || Queue::new(2),
        CALLS,
        |queue, waker| {
            let mut gets: Vec<_> = (0..40).map(|_| Polled::new(queue.get())).collect();
            let mut puts: Vec<_> = (0..50).map(|item| Polled::new(queue.put(item))).collect();
            gets.iter_mut().for_each(|get| get.prod(waker));
            let mut join = Polled::new(queue.join());
            puts.iter_mut().for_each(|put| put.prod(waker));
            join.prod(waker);
            drop((gets.pop(), puts.pop()));
            gets.iter_mut().for_each(Polled::prod_plainly);
            puts.iter_mut().step_by(2).for_each(Polled::prod_plainly);
            puts.iter_mut().for_each(|put| put.prod(waker));
            let _ = (queue.try_get(), queue.task_done(), queue.task_done());
            queue.shutdown(false);
            queue.shutdown(true);
        },
    );
}

/// An item whose destructor uses the queue that it is, or was, in.
struct Hook(Weak<Queue<Hook>>, fn(&Queue<Hook>));

impl Drop for Hook {
    fn drop(&mut self) {
        if let Some(queue) = self.0.upgrade() {
            (self.1)(&queue);
        }
    }
}

#[test]
fn a_destructor_of_an_item_may_call_the_queue_back() {
    const CALLS: [fn(&Queue<Hook>); 6] = [
        |queue| drop(queue.try_put(Hook(Weak::new(), |_| ()))),
        |queue| drop(queue.try_get()),
        |queue| touch(queue.get()),
        |queue| queue.task_done().unwrap_or(()),
        |queue| queue.shutdown(false),
        |queue| queue.shutdown(true),
    ];
    for call in CALLS {
        for immediate in [false, true] {
            within(move || {
                let queue = Arc::new(Queue::new(2));
                let hook = || Hook(Arc::downgrade(&queue), call);
                assert!(queue.try_put(hook()).is_ok() && queue.try_put(hook()).is_ok());
                drop(queue.try_put(hook()));
                let mut put = Polled::new(queue.put(hook()));
                put.prod_plainly();
                drop(put);
                drop(Polled::new(queue.get_task()).poll());
                queue.shutdown(immediate);
                drop(queue.try_put(hook()));
            });
        }
    }
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    let queue = Queue::new(0);
    queue.try_put(1).unwrap();
    queue.try_get().unwrap();
    let mut joins: Vec<_> = (0..80).map(|_| Polled::new(queue.join())).collect();
    let mut gets: Vec<_> = (0..80).map(|_| Polled::new(queue.get())).collect();
    joins[3].prod(&bomb(Deed::Wake));
    gets[3].prod(&bomb(Deed::Wake));
    for number in (0..80).filter(|number| *number != 3) {
        joins[number].prod_plainly();
        gets[number].prod_plainly();
    }
    blows_up(|| queue.task_done());
    joins.iter_mut().for_each(Polled::ready);
    blows_up(|| queue.shutdown(false));
    assert!(gets.iter_mut().all(|get| get.ready().is_err()));
}

/// Those who put, those who get and those who join are all told.
#[test]
fn a_waker_that_panics_at_a_shutdown_keeps_it_from_nobody() {
    let queue = Queue::new(1);
    queue.try_put(1).unwrap();
    let (mut handed, mut putter) = (Polled::waiting(queue.put(2)), Polled::new(queue.put(3)));
    putter.prod(&bomb(Deed::Wake));
    queue.try_get().unwrap();
    // There is room, promised to one who has not run yet, and no item.
    let (mut getter, mut join) = (Polled::waiting(queue.get()), Polled::waiting(queue.join()));
    queue.task_done().unwrap();
    blows_up(|| queue.shutdown(true));
    assert_eq!((getter.wakes(), getter.ready()), (1, Err(QueueShutDown(()))));
    join.ready();
    assert_eq!((putter.ready(), handed.ready()), (Err(QueueShutDown(3)), Err(QueueShutDown(2))));

    let queue = Queue::new(1);
    queue.try_put(1).unwrap();
    let (mut join, mut putter) = (Polled::waiting(queue.join()), Polled::new(queue.put(2)));
    putter.prod(&bomb(Deed::Wake));
    blows_up(|| queue.shutdown(true));
    assert_eq!((join.wakes(), join.ready()), (1, ()));
}
