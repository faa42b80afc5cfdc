//! Tests of comparisons that misbehave: they panic, or use the queue that they put in order.

use crate::base::rng::Rng;
use crate::sync::{PriorityQueue, TryGetError, TryPutError};
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Polled, must_end};
use std::cell::RefCell;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;

/// What a comparison on this thread does besides.
type Whim = Rc<dyn Fn()>;

thread_local! {
    static WHIM: RefCell<Option<Whim>> = const { RefCell::new(None) };
}

/// Runs `f` while each comparison on this thread does `whim` first.
fn with_whim<R>(whim: impl Fn() + 'static, f: impl FnOnce() -> R) -> std::thread::Result<R> {
    WHIM.set(Some(Rc::new(whim)));
    let outcome = catch_unwind(AssertUnwindSafe(f));
    WHIM.set(None);
    outcome
}

#[track_caller]
fn message<R>(outcome: std::thread::Result<R>) -> String {
    let panic = outcome.err().expect("it panics");
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).expect("a message")
}

/// A number with a count of those alive, whose comparison has a whim.
#[derive(Debug)]
struct Item(u32, #[allow(dead_code)] Arc<()>);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> Ordering {
        let whim = WHIM.with_borrow(Clone::clone);
        if let Some(whim) = whim {
            whim();
        }
        self.0.cmp(&other.0)
    }
}

/// A queue with the items 1, 2, 3, of which two may be compared, and a count of the items.
fn queue_of_three(maxsize: usize) -> (Arc<PriorityQueue<Item>>, Arc<()>) {
    let (queue, alive) = (Arc::new(PriorityQueue::new(maxsize)), Arc::new(()));
    for number in [3, 1, 2] {
        queue.try_put(Item(number, alive.clone())).expect("room");
    }
    (queue, alive)
}

fn rest(queue: &PriorityQueue<Item>) -> Vec<u32> {
    std::iter::from_fn(|| queue.try_get().ok()).map(|item| item.0).collect()
}

#[test]
fn a_put_whose_comparison_panics_has_not_put() {
    let (queue, alive) = queue_of_three(4);
    for waits in [false, true] {
        let item = Item(0, alive.clone());
        let text = message(with_whim(
            || panic!("whim"),
            || {
                if waits {
                    Polled::new(queue.put(item)).ready().is_ok()
                } else {
                    queue.try_put(item).is_ok()
                }
            },
        ));
        assert_eq!((text.as_str(), queue.len(), Arc::strong_count(&alive)), ("whim", 3, 4));
    }
    // Its room went back, and so did its claim to be unfinished.
    queue.try_put(Item(0, alive.clone())).expect("room");
    assert_eq!(rest(&queue), [0, 1, 2, 3]);
    (0..4).for_each(|_| queue.task_done().expect("four to do"));
    assert!(queue.task_done().is_err());
}

#[test]
fn room_that_a_panicking_put_gives_back_goes_to_the_next() {
    let (queue, alive) = queue_of_three(3);
    let mut first = Polled::waiting(queue.put(Item(4, alive.clone())));
    let mut second = Polled::waiting(queue.put(Item(5, alive.clone())));
    queue.try_get().expect("an item");
    let outcome = with_whim(|| panic!("whim"), || first.ready().is_ok());
    assert!(outcome.is_err() && second.wakes() == 1);
    second.ready().expect("open");
    assert_eq!(rest(&queue), [2, 3, 5]);
}

#[test]
fn a_get_whose_comparison_panics_leaves_the_item() {
    let (queue, alive) = queue_of_three(0);
    for waits in [false, true] {
        let text = message(with_whim(
            || panic!("whim"),
            || {
                if waits {
                    Polled::new(queue.get()).ready().is_ok()
                } else {
                    queue.try_get().is_ok()
                }
            },
        ));
        assert_eq!((text.as_str(), queue.len(), Arc::strong_count(&alive)), ("whim", 3, 4));
    }
    let outcome = with_whim(|| panic!("whim"), || Polled::new(queue.get_task()).ready().is_ok());
    assert!(outcome.is_err());
    assert_eq!(rest(&queue), [1, 2, 3]);
    assert_eq!(queue.try_get().unwrap_err(), TryGetError::Empty);
}

#[test]
fn an_item_that_a_panicking_get_leaves_goes_to_the_next() {
    let (queue, alive) = queue_of_three(0);
    while queue.try_get().is_ok() {}
    let mut getters: Vec<_> = (0..5).map(|_| Polled::waiting(queue.get())).collect();
    for number in [5, 1, 4, 2] {
        queue.try_put(Item(number, alive.clone())).expect("open");
    }
    assert_eq!(getters[4].wakes(), 0);
    assert!(with_whim(|| panic!("whim"), || getters[1].ready().is_ok()).is_err());
    // The fifth was the next in line.
    assert_eq!(getters[4].wakes(), 1);
    let got = [0, 2, 3, 4].map(|at| getters[at].ready().expect("an item").0);
    assert_eq!(got, [1, 2, 4, 5]);
}

#[test]
fn a_comparison_may_look_at_its_queue_and_count() {
    must_end(|| {
        let (queue, alive) = queue_of_three(0);
        let theirs = queue.clone();
        let look = move || {
            let _ = (theirs.len(), theirs.is_empty(), theirs.is_full(), format!("{theirs:?}"));
            let _ = theirs.task_done();
            let _ = Polled::new(theirs.join()).poll();
        };
        with_whim(look, || queue.try_put(Item(0, alive.clone())).expect("open")).expect("no panic");
        assert!(with_whim(|| (), || queue.try_get().is_ok()).expect("no panic"));
        // Shut down by the comparison itself: what it compares for is too late.
        let theirs = queue.clone();
        let late =
            with_whim(move || theirs.shutdown(false), || queue.try_put(Item(0, alive.clone())));
        let late = late.expect("no panic").expect_err("shut down");
        assert!(matches!(late, TryPutError::ShutDown(Item(0, _))));
        assert_eq!(rest(&queue), [1, 2, 3]);
    });
}

#[test]
fn a_comparison_that_uses_its_queue_panics_and_does_not_wait_for_itself() {
    must_end(|| {
        let (queue, alive) = queue_of_three(0);
        let another = queue_of_three(0).0;
        type Misuse = fn(&PriorityQueue<Item>, &Arc<()>);
        let uses: [Misuse; 5] = [
            |queue, alive| drop(queue.try_put(Item(9, alive.clone()))),
            |queue, alive| drop(block_on(queue.put(Item(9, alive.clone())))),
            |queue, _| drop(queue.try_get()),
            |queue, _| drop(block_on(queue.get())),
            |queue, _| queue.shutdown(true),
        ];
        for misuse in uses {
            for gets in [false, true] {
                let (theirs, mine) = (queue.clone(), alive.clone());
                let whim = move || misuse(&theirs, &mine);
                let text = message(with_whim(whim, || {
                    if gets {
                        queue.try_get().is_ok()
                    } else {
                        queue.try_put(Item(0, alive.clone())).is_ok()
                    }
                }));
                assert!(text.contains("uses the PriorityQueue that is putting them in order"));
                assert!(text.contains("compare the items by what is in them alone"), "{text}");
                assert_eq!((queue.len(), Arc::strong_count(&alive)), (3, 4));
            }
        }
        // Another queue, which uses the first one again, is found out too.
        let (first, second, mine) = (queue.clone(), another.clone(), alive.clone());
        let deeper = std::cell::Cell::new(false);
        let whim = move || {
            let queue = if deeper.replace(true) { &first } else { &second };
            drop(queue.try_put(Item(9, mine.clone())));
        };
        assert!(with_whim(whim, || queue.try_get().is_ok()).is_err());
        assert_eq!(rest(&queue), [1, 2, 3]);
        assert_eq!(rest(&another), [1, 2, 3]);
    });
}

/// Comparisons panic by chance on all threads: what was put is got, once.
#[test]
fn threads_with_panicking_comparisons_lose_no_item() {
    const EACH: u32 = 300;
    must_end(|| {
        let (queue, alive) = (PriorityQueue::<Item>::new(5), Arc::new(()));
        let (put, got) = (std::sync::Mutex::new(vec![]), std::sync::Mutex::new(vec![]));
        std::thread::scope(|scope| {
            let by_chance = |seed| {
                let rng = Rng::seeded(seed);
                move || assert!(rng.below(12) > 0, "whim")
            };
            for seed in 0..2 {
                let (queue, got) = (&queue, &got);
                scope.spawn(move || {
                    loop {
                        match with_whim(by_chance(seed), || block_on(queue.get_task())) {
                            Ok(Ok(task)) => got.lock().expect("no panic").push(task.0),
                            Ok(Err(_)) => break,
                            Err(_) => {}
                        }
                    }
                });
            }
            let putters: Vec<_> = (0..2_u32)
                .map(|seed| {
                    let (queue, put, alive) = (&queue, &put, &alive);
                    scope.spawn(move || {
                        for number in (0..EACH).map(|number| 2 * number + seed) {
                            let item = Item(number, alive.clone());
                            let whim = by_chance(100 + u64::from(seed));
                            if let Ok(Ok(())) = with_whim(whim, || block_on(queue.put(item))) {
                                put.lock().expect("no panic").push(number);
                            }
                        }
                    })
                })
                .collect();
            putters.into_iter().for_each(|putter| putter.join().expect("no panic"));
            block_on(queue.join());
            queue.shutdown(false);
        });
        let (mut put, mut got) = (put.into_inner().unwrap(), got.into_inner().unwrap());
        put.sort_unstable();
        got.sort_unstable();
        assert_eq!((put, Arc::strong_count(&alive)), (got, 1));
    });
}
