//! LifoQueue and PriorityQueue: that all but the order of the items is as in `Queue`.
//!
//! Those who wait are served in the order in which they came, whatever the order of the items. What
//! both promise is written once, and becomes a module of tests for each. The orders:
//! `queue_orders.rs`.

use std::cmp::Ordering;
use tests::{Counted, Drops};

/// An item that is counted when it is dropped; its number is its place in the order.
struct Item {
    number: u32,
    _counted: Counted,
}

impl Item {
    fn new(number: u32, drops: &Drops) -> Self {
        Self { number, _counted: drops.counted() }
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Item {}

macro_rules! a_queue_as_any_other {
    ($name:ident, $Queue:ident) => {
        mod $name {
            use super::Item;
            use crate::help::{Deed, Log, Polled, blows_up, bomb, meddle, touch};
            use mainspring::sync::{QueueShutDown, Semaphore, TryGetError, TryPutError, $Queue};
            use std::sync::Arc;
            use tests::{Drops, Tasks, at_every_point, refuses};

            async fn getters_are_served_in_order_and_not_overtaken(on: Tasks) {
                let (queue, log) = (Arc::new($Queue::new(0)), Log::new());
                let mut tasks = vec![];
                for number in 0..10 {
                    let (queue, log) = (queue.clone(), log.clone());
                    let get = async move { log.say((number, queue.get().await.unwrap())) };
                    tasks.push(on.in_line(get).await);
                }
                for item in 0..9 {
                    queue.put(item).await.unwrap();
                }
                assert_eq!(queue.try_get(), Err(TryGetError::Empty));
                let last = tasks.pop().unwrap();
                for task in tasks {
                    task.await;
                }
                let (mut numbers, mut items): (Vec<_>, Vec<_>) = log.said().into_iter().unzip();
                numbers.sort();
                items.sort();
                assert_eq!((numbers, items), (Vec::from_iter(0..9), Vec::from_iter(0..9)));
                assert!(!last.is_finished());
                queue.put(9).await.unwrap();
                last.await;
                assert_eq!(log.said().last(), Some(&(9, 9)));
            }

            async fn putters_are_served_in_order_and_not_overtaken(on: Tasks) {
                let queue = Arc::new($Queue::new(1));
                queue.try_put(20).unwrap();
                let mut tasks = vec![];
                for item in (1..20).rev() {
                    let queue = queue.clone();
                    tasks.push(on.in_line(async move { queue.put(item).await }).await);
                }
                for item in (1..=20).rev() {
                    assert!(item == 1 || queue.try_put(99) == Err(TryPutError::Full(99)));
                    assert_eq!(queue.get().await, Ok(item));
                }
                for task in tasks {
                    task.await.unwrap();
                }
            }

            async fn a_dropped_get_loses_no_item(on: Tasks) {
                at_every_point(|point| {
                    let (on, queue) = (on.clone(), Arc::new($Queue::new(0)));
                    async move {
                        let get = || {
                            let queue = queue.clone();
                            async move { queue.get().await.unwrap() }
                        };
                        let victim = on.started(point.of(get())).await;
                        let other = on.in_line(get()).await;
                        queue.put(1).await.unwrap();
                        let got = victim.await;
                        if got.is_some() {
                            queue.put(2).await.unwrap();
                        }
                        assert!(got.is_none_or(|got| got == 1));
                        assert_eq!(other.await, 1 + u32::from(got.is_some()));
                        queue.put(3).await.unwrap();
                        assert_eq!((queue.len(), queue.try_get()), (1, Ok(3)));
                    }
                })
                .await;
            }

            async fn a_dropped_put_puts_its_item_or_drops_it(on: Tasks) {
                at_every_point(|point| {
                    let (on, queue, drops) = (on.clone(), Arc::new($Queue::new(1)), Drops::new());
                    async move {
                        let item = |number| Item::new(number, &drops);
                        queue.put(item(0)).await.unwrap();
                        let put = |item| {
                            let queue = queue.clone();
                            async move { queue.put(item).await.unwrap() }
                        };
                        let victim = on.started(point.of(put(item(1)))).await;
                        let other = on.in_line(put(item(2))).await;
                        assert_eq!(queue.get().await.unwrap().number, 0);
                        if victim.await.is_some() {
                            assert_eq!(queue.get().await.unwrap().number, 1);
                        }
                        assert_eq!((drops.count(), queue.get().await.unwrap().number), (2, 2));
                        other.await;
                        assert_eq!((drops.count(), queue.len()), (3, 0));
                        assert!(queue.try_put(item(3)).is_ok() && queue.is_full());
                    }
                })
                .await;
            }

            async fn join_waits_until_all_is_done_and_may_be_given_up(on: Tasks) {
                at_every_point(|point| {
                    let (on, queue) = (on.clone(), Arc::new($Queue::new(0)));
                    async move {
                        queue.join().await;
                        queue.put(1).await.unwrap();
                        queue.put(2).await.unwrap();
                        let join = || {
                            let queue = queue.clone();
                            async move { queue.join().await }
                        };
                        let victim = on.started(point.of(join())).await;
                        let other = on.in_line(join()).await;
                        queue.get().await.unwrap();
                        queue.task_done().unwrap();
                        let (_, done) = queue.get_task().await.unwrap().into_parts();
                        on.yield_now().await;
                        assert!(queue.is_empty() && !other.is_finished());
                        drop(done);
                        other.await;
                        victim.await;
                        queue.join().await;
                        assert!(queue.task_done().is_err());
                    }
                })
                .await;
            }

            async fn workers_that_are_given_up_leave_nothing_undone(on: Tasks) {
                at_every_point(|point| {
                    let (on, queue) = (on.clone(), Arc::new($Queue::new(2)));
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

            async fn a_getter_dropped_around_a_shutdown_takes_nothing_along(on: Tasks) {
                at_every_point(|point| {
                    let (on, queue) = (on.clone(), Arc::new($Queue::new(0)));
                    async move {
                        let theirs = queue.clone();
                        let victim = on.started(point.of(async move { theirs.get().await })).await;
                        queue.put(1).await.unwrap();
                        queue.shutdown(false);
                        let got = victim.await;
                        assert!(got.is_none_or(|got| got == Ok(1)));
                        assert_eq!(queue.get().await.is_ok(), got.is_none());
                        assert_eq!(queue.get().await, Err(QueueShutDown(())));
                    }
                })
                .await;
            }

            async fn a_shutdown_ends_it_at_once_or_when_it_is_empty(on: Tasks) {
                for immediate in [false, true] {
                    let (queue, drops) = (Arc::new($Queue::new(1)), Drops::new());
                    let item = |number| Item::new(number, &drops);
                    queue.put(item(0)).await.unwrap();
                    let (putter, joiner) = (queue.clone(), queue.clone());
                    let late = item(1);
                    let put = on.in_line(async move { putter.put(late).await }).await;
                    let join = on.in_line(async move { joiner.join().await }).await;
                    queue.shutdown(immediate);
                    queue.shutdown(false);
                    assert_eq!(put.await.map_err(|error| error.0.number), Err(1));
                    let expected = if immediate { (0, 2) } else { (1, 1) };
                    assert_eq!((queue.len(), drops.count()), expected);
                    let refused = queue.try_put(item(2));
                    let Err(TryPutError::ShutDown(Item { number: 2, .. })) = refused else {
                        panic!("it should be refused");
                    };
                    if !immediate {
                        drop(queue.get_task().await.unwrap());
                    }
                    join.await;
                    assert!(queue.get_task().await.is_err() && queue.get().await.is_err());
                    assert!(matches!(queue.try_get(), Err(TryGetError::ShutDown)));
                }
            }

            tests::each_executor! {
                getters_are_served_in_order_and_not_overtaken,
                putters_are_served_in_order_and_not_overtaken,
                a_dropped_get_loses_no_item,
                a_dropped_put_puts_its_item_or_drops_it,
                join_waits_until_all_is_done_and_may_be_given_up,
                workers_that_are_given_up_leave_nothing_undone,
                a_getter_dropped_around_a_shutdown_takes_nothing_along,
                a_shutdown_ends_it_at_once_or_when_it_is_empty,
            }

            #[test]
            fn a_waker_may_call_the_queue_back() {
                const CALLS: &[fn(&$Queue<u8>)] = &[
                    |queue| assert!(queue.try_put(1) != Err(TryPutError::Full(2))),
                    |queue| assert!(queue.try_get() != Ok(99)),
                    |queue| touch(queue.get()),
                    |queue| touch(queue.put(1)),
                    |queue| touch(queue.join()),
                    |queue| queue.task_done().unwrap_or(()),
                    |queue| queue.shutdown(false),
                    |queue| queue.shutdown(true),
                ];
                let make = || $Queue::new(2);
                meddle(make, CALLS, |queue, waker| {
                    let mut gets: Vec<_> = (0..40).map(|_| Polled::new(queue.get())).collect();
                    let mut puts: Vec<_> = (0..50).map(|n| Polled::new(queue.put(n))).collect();
                    gets.iter_mut().for_each(|get| get.prod(waker));
                    puts.iter_mut().for_each(|put| put.prod(waker));
                    drop((gets.pop(), puts.pop()));
                    gets.iter_mut().for_each(Polled::prod_plainly);
                    puts.iter_mut().for_each(|put| put.prod(waker));
                    let _ = (queue.try_get(), queue.task_done());
                    queue.shutdown(false);
                    queue.shutdown(true);
                });
            }

            #[test]
            fn a_waker_that_panics_keeps_a_shutdown_from_nobody() {
                let queue = $Queue::<u8>::new(0);
                let mut gets: Vec<_> = (0..80).map(|_| Polled::new(queue.get())).collect();
                gets[0].prod(&bomb(Deed::Wake));
                gets.iter_mut().skip(1).for_each(Polled::prod_plainly);
                blows_up(|| queue.shutdown(false));
                assert!(gets.iter().skip(1).all(|get| get.wakes() == 1));
                assert!(gets.iter_mut().all(|get| get.ready().is_err()));
            }

            #[test]
            fn too_large_a_queue_is_refused_and_0_is_without_limit() {
                let words = ["cannot hold", "say 0"];
                refuses(&words, || $Queue::<u8>::new(Semaphore::MAX_PERMITS + 1));
                let queue = $Queue::new(0);
                assert!((0..1000).all(|item| queue.try_put(item).is_ok() && !queue.is_full()));
                let shown =
                    concat!(stringify!($Queue), " { len: 1000, maxsize: 0, unfinished: 1000 }");
                assert_eq!(format!("{queue:?}"), shown);
            }
        }
    };
}

a_queue_as_any_other! { lifo, LifoQueue }
a_queue_as_any_other! { priority, PriorityQueue }
