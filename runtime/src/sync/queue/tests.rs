//! Tests of the queue; loom models: `model_tests.rs`. asyncio's facts, row by row:
//! `tests/tests/asyncio_sync.rs`.

use crate::base::rng::Rng;
use crate::sync::*;
use crate::wake::block_on::block_on;
use crate::wake::coop;
use crate::wake::wait_list::poller::{Polled, must_end, nosy};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn items_come_out_as_they_went_in() {
    let queue = Queue::new(2);
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (0, true, false));
    Polled::new(queue.put(1)).ready().expect("open");
    queue.try_put(2).expect("room");
    assert_eq!((queue.len(), queue.is_empty(), queue.is_full()), (2, false, true));
    assert_eq!(queue.try_put(3), Err(TryPutError::Full(3)));
    assert_eq!(Polled::new(queue.get()).ready(), Ok(1));
    assert_eq!(queue.try_get(), Ok(2));
    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    assert_eq!((queue.maxsize(), Queue::<u8>::new(0).maxsize()), (2, 0));
    assert_eq!(format!("{queue:?}"), "Queue { len: 0, maxsize: 2, unfinished: 2 }");
}

#[test]
fn without_a_limit_it_is_never_full() {
    let queue = Queue::new(0);
    for item in 0..10_000 {
        queue.try_put(item).expect("there is always room");
    }
    assert_eq!((queue.len(), queue.is_full()), (10_000, false));
}

/// A put that may be dropped before it is ready loses its item: this one is ready at once.
#[test]
fn without_a_limit_a_put_is_ready_at_its_first_poll_whatever_was_done_in_this_turn() {
    let _budget = coop::budget();
    let queue = Queue::new(0);
    for item in 0..1_000 {
        assert_eq!(Polled::new(queue.put(item)).ready(), Ok(()));
    }
    assert_eq!(coop::left(), coop::BUDGET);
}

#[test]
fn getters_are_served_in_order_and_not_overtaken() {
    let queue = Queue::new(0);
    let mut getters: Vec<_> = (0..3).map(|_| Polled::waiting(queue.get())).collect();
    for item in 0..3 {
        queue.try_put(item).expect("open");
        assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    }
    let got: Vec<_> = getters.iter_mut().map(|getter| getter.ready()).collect();
    assert_eq!(got, [Ok(0), Ok(1), Ok(2)]);
}

#[test]
fn putters_are_served_in_order_and_not_overtaken() {
    let queue = Queue::new(1);
    queue.try_put(0).expect("room");
    let mut putters: Vec<_> = (1..4).map(|item| Polled::waiting(queue.put(item))).collect();
    for (turn, putter) in putters.iter_mut().enumerate() {
        assert_eq!(queue.try_get(), Ok(turn));
        assert_eq!(queue.try_put(9), Err(TryPutError::Full(9)));
        assert_eq!(putter.ready(), Ok(()));
    }
    assert_eq!(queue.try_get(), Ok(3));
    assert!(queue.is_empty());
}

#[test]
fn a_cancelled_getter_loses_nothing_woken_or_not() {
    let queue = Queue::new(0);
    drop(Polled::waiting(queue.get()));
    let woken = Polled::waiting(queue.get());
    let mut next = Polled::waiting(queue.get());
    queue.try_put("a").expect("open");
    assert_eq!((woken.wakes(), next.wakes(), queue.len()), (1, 0, 1));
    drop(woken);
    assert_eq!((next.wakes(), queue.len()), (1, 1));
    assert_eq!(next.ready(), Ok("a"));
}

#[test]
fn a_cancelled_putter_gives_its_room_to_the_next() {
    let queue = Queue::new(1);
    queue.try_put(0).expect("room");
    let woken = Polled::waiting(queue.put(1));
    let mut next = Polled::waiting(queue.put(2));
    queue.try_get().expect("an item");
    assert_eq!((woken.wakes(), next.wakes()), (1, 0));
    drop(woken);
    assert_eq!(next.ready(), Ok(()));
    assert_eq!(queue.try_get(), Ok(2));
}

#[test]
fn join_waits_until_all_is_done() {
    let queue = Queue::new(0);
    Polled::new(queue.join()).ready();
    queue.try_put(1).expect("open");
    queue.try_put(2).expect("open");
    let mut join = Polled::waiting(queue.join());
    queue.try_get().expect("an item");
    queue.try_get().expect("an item");
    assert!(join.poll().is_pending());
    queue.task_done().expect("two to do");
    assert!(join.poll().is_pending() && join.wakes() == 0);
    queue.task_done().expect("one to do");
    join.ready();
    let error = queue.task_done().unwrap_err();
    assert!(error.to_string().starts_with("task_done() called too many times"));
}

#[test]
fn join_ends_when_all_was_done_for_a_moment() {
    let queue = Queue::new(0);
    queue.try_put(1).expect("open");
    let mut before = Polled::waiting(queue.join());
    queue.task_done().expect("one to do");
    queue.try_put(2).expect("open");
    let mut after = Polled::waiting(queue.join());
    assert_eq!((before.wakes(), after.wakes()), (1, 0));
    before.ready();
    assert!(after.poll().is_pending());
}

#[test]
fn a_task_is_done_when_its_guard_is_dropped() {
    struct Item<'a>(&'a Cell<bool>);
    impl Drop for Item<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let gone = Cell::new(false);
    let queue = Queue::new(0);
    queue.try_put(Item(&gone)).map_err(drop).expect("open");
    queue.try_put(Item(&gone)).map_err(drop).expect("open");
    let mut join = Polled::waiting(queue.join());
    let task = Polled::new(queue.get_task()).ready().expect("an item");
    assert!(std::ptr::eq(task.0, &gone));
    drop(task);
    assert!(gone.get() && join.poll().is_pending());
    let (item, done) = Polled::new(queue.get_task()).ready().expect("an item").into_parts();
    drop(item);
    assert!(join.poll().is_pending());
    drop(done);
    join.ready();
    // Said twice by mistake: the guard does not complain.
    queue.try_put(Item(&gone)).map_err(drop).expect("open");
    let task = Polled::new(queue.get_task()).ready().expect("an item");
    queue.task_done().expect("one to do");
    drop(task);
}

#[test]
fn after_a_shutdown_what_is_there_is_got_and_then_no_more() {
    let queue = Queue::new(2);
    queue.try_put(1).expect("room");
    queue.try_put(2).expect("room");
    let mut putter = Polled::waiting(queue.put(3));
    let mut join = Polled::waiting(queue.join());
    queue.shutdown(false);
    assert_eq!(putter.ready(), Err(QueueShutDown(3)));
    assert_eq!(Polled::new(queue.put(4)).ready(), Err(QueueShutDown(4)));
    assert_eq!(queue.try_put(5), Err(TryPutError::ShutDown(5)));
    assert_eq!(queue.try_get(), Ok(1));
    assert_eq!(Polled::new(queue.get()).ready(), Ok(2));
    assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
    assert_eq!(Polled::new(queue.get()).ready(), Err(QueueShutDown(())));
    assert!(Polled::new(queue.get_task()).ready().is_err());
    assert!(join.poll().is_pending());
    queue.task_done().expect("two to do");
    queue.task_done().expect("one to do");
    join.ready();
}

#[test]
fn a_shutdown_tells_the_getters_of_an_empty_queue() {
    for immediate in [false, true] {
        let queue = Queue::<u8>::new(0);
        let mut getters: Vec<_> = (0..50).map(|_| Polled::waiting(queue.get())).collect();
        queue.shutdown(immediate);
        assert!(getters.iter_mut().all(|getter| getter.ready().is_err()));
    }
    // More getters than items: those with an item first, then the rest.
    let queue = Queue::new(0);
    let mut getters: Vec<_> = (0..3).map(|_| Polled::waiting(queue.get())).collect();
    queue.try_put(1).expect("open");
    queue.shutdown(false);
    assert_eq!(getters[2].wakes(), 0);
    assert_eq!(getters[0].ready(), Ok(1));
    assert!(getters[1].ready().is_err() && getters[2].ready().is_err());
}

#[test]
fn an_immediate_shutdown_throws_away_what_is_there() {
    let kept = Arc::new(());
    let queue = Queue::new(0);
    let mut woken = Polled::waiting(queue.get());
    for _ in 0..3 {
        queue.try_put(kept.clone()).map_err(drop).expect("open");
    }
    let got = queue.try_get().expect("one is not promised");
    let mut join = Polled::waiting(queue.join());
    queue.shutdown(true);
    assert_eq!((queue.len(), Arc::strong_count(&kept)), (0, 2));
    assert!(woken.ready().is_err() && queue.try_get().is_err());
    // Only what was got is left to do.
    assert!(join.poll().is_pending());
    drop(got);
    queue.task_done().expect("one to do");
    join.ready();
    queue.shutdown(false);
}

#[test]
fn no_foreign_code_runs_under_the_lock() {
    struct Meddles(Arc<Queue<Option<Meddles>>>);
    impl Drop for Meddles {
        fn drop(&mut self) {
            let _ = (self.0.len(), self.0.try_get());
        }
    }
    must_end(|| {
        let queue = Arc::new(Queue::new(2));
        let meddle = queue.clone();
        let waker = nosy(Arc::new(move || {
            let _ = (meddle.len(), Polled::new(meddle.join()).poll());
        }));
        let mut getter = Polled::new(queue.get());
        assert!(getter.poll_with(&waker).is_pending());
        assert!(queue.try_put(Some(Meddles(queue.clone()))).is_ok());
        assert!(getter.poll_with(&waker).is_ready());
        let mut join = Polled::new(queue.join());
        assert!(join.poll_with(&waker).is_pending());
        for _ in 0..2 {
            assert!(queue.try_put(Some(Meddles(queue.clone()))).is_ok());
        }
        let mut putter = Polled::new(queue.put(None));
        assert!(putter.poll_with(&waker).is_pending());
        queue.shutdown(true);
        assert!(putter.poll_with(&waker).is_ready());
    });
}

/// Any order of calls that do not wait, beside a plain deque.
#[test]
fn it_behaves_as_a_deque() {
    for seed in 0..100 {
        let rng = Rng::seeded(seed);
        let maxsize = rng.below(4) as usize;
        let (queue, mut deque) = (Queue::new(maxsize), VecDeque::new());
        let (mut unfinished, mut shut) = (0_usize, false);
        for step in 0..200 {
            match rng.below(40) {
                0..16 => {
                    let outcome = queue.try_put(step);
                    if shut {
                        assert_eq!(outcome, Err(TryPutError::ShutDown(step)), "seed {seed}");
                    } else if maxsize > 0 && deque.len() == maxsize {
                        assert_eq!(outcome, Err(TryPutError::Full(step)), "seed {seed}");
                    } else {
                        assert_eq!(outcome, Ok(()), "seed {seed}");
                        deque.push_back(step);
                        unfinished += 1;
                    }
                }
                16..32 => {
                    let none = if shut { TryGetError::ShutDown } else { TryGetError::Empty };
                    assert_eq!(queue.try_get(), deque.pop_front().ok_or(none), "seed {seed}");
                }
                32..39 => {
                    assert_eq!(queue.task_done().is_ok(), unfinished > 0, "seed {seed}");
                    unfinished = unfinished.saturating_sub(1);
                }
                _ if rng.below(4) == 0 => {
                    let immediate = rng.below(2) == 0;
                    queue.shutdown(immediate);
                    shut = true;
                    if immediate {
                        let done = deque.drain(..).count();
                        unfinished = unfinished.saturating_sub(done);
                    }
                }
                _ => {}
            }
            assert_eq!(queue.len(), deque.len(), "seed {seed}, step {step}");
            let joined = Polled::new(queue.join()).poll().is_ready();
            assert_eq!(joined, unfinished == 0, "seed {seed}, step {step}");
        }
    }
}

/// Threads on both sides, some of which give up; every item is got once, and join sees the end.
#[test]
fn threads_lose_no_item() {
    const EACH: usize = 2000;
    must_end(|| {
        let queue = Queue::new(3);
        let sum = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while let Ok(task) = block_on(queue.get_task()) {
                        // Ordering: Relaxed, a sum; the scope's end orders it.
                        sum.fetch_add(*task, Ordering::Relaxed);
                        let mut quitter = Polled::new(queue.get());
                        if let std::task::Poll::Ready(Ok(item)) = quitter.poll() {
                            // Ordering: as above.
                            sum.fetch_add(item, Ordering::Relaxed);
                            queue.task_done().expect("it was put");
                        }
                    }
                });
            }
            let putters: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        for item in 1..=EACH {
                            block_on(queue.put(item)).expect("open");
                        }
                    })
                })
                .collect();
            for putter in putters {
                putter.join().expect("no panic");
            }
            block_on(queue.join());
            queue.shutdown(false);
        });
        assert_eq!(sum.into_inner(), EACH * (EACH + 1));
    });
}

#[test]
fn everything_can_be_sent_and_shared() {
    fn both<T: Send + Sync>(_: &T) {}
    fn unpin<T: Send + Sync + Unpin + std::error::Error>() {}
    let queue = Queue::new(1);
    both(&queue);
    both(&queue.put(1));
    both(&queue.get());
    both(&queue.get_task());
    both(&queue.join());
    unpin::<QueueShutDown>();
    unpin::<TryPutError<u8>>();
    unpin::<TryGetError>();
    unpin::<TaskDoneError>();
    assert_eq!(TryPutError::Full(7).into_inner(), 7);
    assert_eq!(QueueShutDown(()).to_string(), "the queue was shut down");
}
