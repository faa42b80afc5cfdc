//! Tests of what the three queues promise alike, for each; and of LIFO's own order. Random walks:
//! `random_tests.rs`; comparisons that misbehave: `priority_tests.rs`.

use crate::base::prim::count;
use crate::sync::*;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn each_hands_out_in_its_order() {
    let (lifo, smallest, greatest) =
        (LifoQueue::new(3), PriorityQueue::new(3), PriorityQueue::new(0));
    for item in [2, 1, 3] {
        lifo.try_put(item).expect("room");
        Polled::new(smallest.put(item)).ready().expect("open");
        greatest.try_put(Reverse(item)).expect("room");
    }
    let lifo: Vec<_> = std::iter::from_fn(|| lifo.try_get().ok()).collect();
    let smallest: Vec<_> = std::iter::from_fn(|| smallest.try_get().ok()).collect();
    let greatest: Vec<_> = std::iter::from_fn(|| greatest.try_get().ok()).map(|r| r.0).collect();
    assert_eq!(lifo, [3, 1, 2]);
    assert_eq!(smallest, [1, 2, 3]);
    assert_eq!(greatest, [3, 2, 1]);
}

#[test]
fn an_item_is_chosen_when_it_is_taken_and_not_when_it_is_promised() {
    let queue = PriorityQueue::new(0);
    let mut getter = Polled::waiting(queue.get());
    queue.try_put(2).expect("open");
    queue.try_put(1).expect("open");
    assert_eq!((getter.ready(), queue.try_get()), (Ok(1), Ok(2)));
    let queue = LifoQueue::new(0);
    let mut getter = Polled::waiting(queue.get());
    queue.try_put("early").expect("open");
    queue.try_put("late").expect("open");
    assert_eq!((getter.ready(), queue.try_get()), (Ok("late"), Ok("early")));
}

macro_rules! contract {
    ($module:ident, $Queue:ident) => {
        mod $module {
            use super::*;

            #[test]
            fn it_is_full_and_empty_and_shown() {
                let queue = $Queue::new(2);
                assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (0, true, false));
                Polled::new(queue.put(1)).ready().expect("open");
                queue.try_put(2).expect("room");
                assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
                assert_eq!(queue.try_put(3), Err(TryPutError::Full(3)));
                let shown = concat!(stringify!($Queue), " { len: 2, maxsize: 2, unfinished: 2 }");
                assert_eq!(format!("{queue:?}"), shown);
                assert!(queue.try_get().is_ok() && Polled::new(queue.get()).ready().is_ok());
                assert_eq!(queue.try_get(), Err(TryGetError::Empty));
                assert_eq!((queue.maxsize(), $Queue::<u8>::new(0).maxsize()), (2, 0));
                assert!(!$Queue::<u8>::new(0).is_full());
            }

            #[test]
            fn those_who_wait_are_served_in_order_and_not_overtaken() {
                let queue = $Queue::new(1);
                let mut getters: Vec<_> = (0..3).map(|_| Polled::waiting(queue.get())).collect();
                for (turn, getter) in getters.iter_mut().enumerate() {
                    queue.try_put(turn).expect("room");
                    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
                    assert_eq!((getter.wakes(), getter.ready()), (1, Ok(turn)));
                }
                queue.try_put(0).expect("room");
                let put = |item| Polled::waiting(queue.put(item));
                let mut putters: Vec<_> = (1..4).map(put).collect();
                for (turn, putter) in putters.iter_mut().enumerate() {
                    assert_eq!(queue.try_get(), Ok(turn));
                    assert_eq!(queue.try_put(9), Err(TryPutError::Full(9)));
                    assert_eq!((putter.wakes(), putter.ready()), (1, Ok(())));
                }
            }

            /// The cancel-safety lines of `get` and `put`.
            #[test]
            fn who_is_cancelled_loses_nothing_for_the_others() {
                let queue = $Queue::new(1);
                drop(Polled::waiting(queue.get()));
                let woken = Polled::waiting(queue.get());
                let mut next = Polled::waiting(queue.get());
                queue.try_put(1).expect("room");
                assert_eq!((woken.wakes(), next.wakes(), queue.len()), (1, 0, 1));
                drop(woken);
                assert_eq!((next.wakes(), next.ready()), (1, Ok(1)));
                queue.try_put(2).expect("room");
                drop(Polled::waiting(queue.put(3)));
                let woken = Polled::waiting(queue.put(4));
                let mut next = Polled::waiting(queue.put(5));
                assert_eq!(queue.try_get(), Ok(2));
                drop(woken);
                assert_eq!((next.wakes(), next.ready()), (1, Ok(())));
                assert_eq!(queue.try_get(), Ok(5));
            }

            #[test]
            fn join_waits_until_all_is_done() {
                let queue = $Queue::new(0);
                Polled::new(queue.join()).ready();
                queue.try_put(1).expect("open");
                queue.try_put(2).expect("open");
                let mut join = Polled::waiting(queue.join());
                drop(Polled::waiting(queue.join()));
                let task = Polled::new(queue.get_task()).ready().expect("an item");
                assert!(*task > 0 && format!("{task:?}").starts_with("QueueTask("));
                drop(task);
                let (_, done) = Polled::new(queue.get_task()).ready().expect("one").into_parts();
                assert!(join.poll().is_pending() && join.wakes() == 0);
                drop(done);
                join.ready();
                let error = queue.task_done().unwrap_err();
                assert!(error.to_string().starts_with("task_done() called too many times"));
            }

            #[test]
            fn after_a_shutdown_what_is_there_is_got_and_then_no_more() {
                let queue = $Queue::new(1);
                queue.try_put(1).expect("room");
                let mut putter = Polled::waiting(queue.put(2));
                queue.shutdown(false);
                assert_eq!(putter.ready(), Err(QueueShutDown(2)));
                assert_eq!(queue.try_put(3), Err(TryPutError::ShutDown(3)));
                assert_eq!(queue.try_get(), Ok(1));
                assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
                assert_eq!(Polled::new(queue.get()).ready(), Err(QueueShutDown(())));
                let queue = $Queue::<u8>::new(0);
                let mut getter = Polled::waiting(queue.get());
                queue.shutdown(false);
                assert!(getter.ready().is_err());
            }

            #[test]
            fn an_immediate_shutdown_throws_away_what_is_there() {
                let kept = Arc::new(());
                let queue = $Queue::new(0);
                let mut woken = Polled::waiting(queue.get());
                for _ in 0..3 {
                    queue.try_put(kept.clone()).map_err(drop).expect("open");
                }
                let got = queue.try_get().expect("one is not promised");
                let mut join = Polled::waiting(queue.join());
                queue.shutdown(true);
                assert_eq!((queue.len(), Arc::strong_count(&kept)), (0, 2));
                assert!(woken.ready().is_err() && join.poll().is_pending());
                drop(got);
                queue.task_done().expect("one to do");
                join.ready();
            }

            #[test]
            #[should_panic(expected = "say 0 for a queue without a limit")]
            fn more_room_than_there_is_is_refused() {
                $Queue::<u8>::new(usize::MAX);
            }

            #[test]
            fn no_foreign_code_runs_under_a_lock() {
                must_end(|| {
                    let queue = Arc::new($Queue::new(2));
                    let meddle = queue.clone();
                    let waker = nosy(Arc::new(move || {
                        let _ = (meddle.len(), Polled::new(meddle.join()).poll());
                        let _ = (meddle.try_put(None), meddle.try_get());
                    }));
                    let mut getter = Polled::new(queue.get());
                    assert!(getter.poll_with(&waker).is_pending());
                    let meddle = queue.clone();
                    let item = Meddles(Box::new(move || drop(meddle.try_get())));
                    assert!(queue.try_put(Some(item)).is_ok());
                    let _ = getter.poll_with(&waker);
                    let mut join = Polled::new(queue.join());
                    let _ = join.poll_with(&waker);
                    while !queue.is_full() {
                        let meddle = queue.clone();
                        let item = Meddles(Box::new(move || meddle.shutdown(true)));
                        assert!(queue.try_put(Some(item)).is_ok());
                    }
                    let mut putter = Polled::new(queue.put(None));
                    let pending = putter.poll_with(&waker).is_pending();
                    queue.shutdown(true);
                    assert!(!pending || putter.poll_with(&waker).is_ready());
                });
            }

            /// Threads on both sides, some of which give up: every item is got once.
            #[test]
            fn threads_lose_no_item() {
                const EACH: usize = 1000;
                must_end(|| {
                    let (queue, sum) = ($Queue::new(3), AtomicUsize::new(0));
                    std::thread::scope(|scope| {
                        for _ in 0..2 {
                            scope.spawn(|| {
                                while let Ok(task) = block_on(queue.get_task()) {
                                    // Ordering: Relaxed, a sum; the scope's end orders it.
                                    sum.fetch_add(*task, Ordering::Relaxed);
                                    drop(Polled::new(queue.get_task()));
                                }
                            });
                        }
                        let put = || (1..=EACH).for_each(|n| block_on(queue.put(n)).expect("open"));
                        let putters = [scope.spawn(put), scope.spawn(put)];
                        putters.into_iter().for_each(|putter| putter.join().expect("no panic"));
                        block_on(queue.join());
                        queue.shutdown(false);
                    });
                    assert_eq!(sum.into_inner(), EACH * (EACH + 1));
                });
            }

            #[test]
            fn everything_can_be_sent_and_shared() {
                fn both<T: Send + Sync>(_: &T) {}
                let queue = $Queue::new(1);
                both(&queue);
                both(&queue.put(1));
                both(&queue.get());
                both(&queue.get_task());
                both(&queue.join());
                queue.try_put(1).expect("room");
                let task = Polled::new(queue.get_task()).ready().expect("an item");
                both(&task);
                both(&task.into_parts().1);
                not_sync::<$Queue<std::rc::Rc<u8>>, _>();
            }
        }
    };
}

contract!(fifo, Queue);
contract!(lifo, LifoQueue);
contract!(priority, PriorityQueue);

/// An item that uses its queue when it is dropped. All are equal.
struct Meddles(Box<dyn Fn() + Send + Sync>);

impl Drop for Meddles {
    fn drop(&mut self) {
        self.0();
    }
}

impl PartialEq for Meddles {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Meddles {}

impl PartialOrd for Meddles {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Meddles {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

/// In read-modify-writes; a lock and its unlock are two.
#[test]
fn what_an_uncontended_put_and_get_cost() {
    macro_rules! cost {
        ($queue:expr) => {{
            let queue = $queue;
            let put = count::record(|| queue.try_put(1).expect("room")).1.len();
            (put, count::record(|| queue.try_get().expect("an item")).1.len())
        }};
    }
    // One lock for all.
    assert_eq!(cost!(Queue::new(1)), (2, 2));
    assert_eq!(cost!(Queue::new(0)), (2, 2));
    assert_eq!(cost!(LifoQueue::new(1)), (2, 2));
    // One before and one within the lock under which items are compared.
    assert_eq!(cost!(PriorityQueue::new(1)), (6, 6));
}

/// Compiles for a type that is not `Sync`: for another it is ambiguous.
fn not_sync<T: NotSync<Which>, Which>() {}

trait NotSync<Which> {}

#[allow(dead_code)]
struct Ambiguous;

impl<T: ?Sized> NotSync<()> for T {}
impl<T: ?Sized + Sync> NotSync<Ambiguous> for T {}
