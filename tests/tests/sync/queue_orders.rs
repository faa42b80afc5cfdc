//! LifoQueue and PriorityQueue: in which order items come out, and what a comparison may do. All
//! else: `queue_alike.rs`.

use crate::help::{Polled, panics, touch};
use mainspring::sync::{LifoQueue, PriorityQueue, QueueTask, TaskDone, TryGetError};
use std::cell::{Cell, RefCell};
use std::cmp::{Ordering, Reverse};
use std::rc::Rc;
use std::sync::{Arc, Weak};
use tests::{Dice, Tasks, panic_of, within};

tests::has! { Send, Sync, Unpin => LifoQueue<Cell<u8>>, PriorityQueue<Cell<u8>> }
tests::has! { Send, Sync => QueueTask<'static, u8, LifoQueue<u8>> }
tests::has! { Send, Sync => TaskDone<'static, Cell<u8>, PriorityQueue<Cell<u8>>> }
tests::lacks! { Send => LifoQueue<Rc<u8>>, PriorityQueue<Rc<u8>> }
tests::lacks! { Sync => LifoQueue<Rc<u8>>, PriorityQueue<Rc<u8>> }
tests::lacks! { Send => QueueTask<'static, Rc<u8>, PriorityQueue<Rc<u8>>> }

async fn the_last_comes_out_first(on: Tasks) {
    let queue = Arc::new(LifoQueue::new(0));
    let theirs = queue.clone();
    let task = on.spawn(async move {
        for item in 0..100 {
            theirs.put(item).await.unwrap();
        }
    });
    task.await;
    for item in (50..100).rev() {
        assert_eq!(queue.get().await, Ok(item));
    }
    queue.put(100).await.unwrap();
    assert_eq!((queue.get().await, queue.try_get()), (Ok(100), Ok(49)));
}

/// By the first number alone.
#[derive(Debug, Clone, Copy)]
struct Ranked(usize, usize);

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Ranked {}

async fn the_smallest_comes_out_first_and_equals_as_they_went_in(on: Tasks) {
    for seed in 0..5 {
        let (mut dice, queue, mut model) = (Dice::new(seed), PriorityQueue::new(0), vec![]);
        for number in 0..300 {
            if dice.roll(5) < 3 {
                let item = Ranked(dice.roll(6), number);
                queue.put(item).await.unwrap();
                model.push(item);
                continue;
            }
            model.sort();
            let expected = (!model.is_empty()).then(|| model.remove(0));
            let got = queue.try_get().ok();
            assert_eq!(got.map(|item| (item.0, item.1)), expected.map(|item| (item.0, item.1)));
        }
        model.sort();
        for expected in model {
            assert_eq!(queue.get().await.map(|item| item.1), Ok(expected.1));
        }
        on.yield_now().await;
    }
}

async fn equals_of_each_putter_keep_their_order(on: Tasks) {
    for maxsize in [0, 3] {
        let queue = Arc::new(PriorityQueue::new(maxsize));
        let putters: Vec<_> = (0..3)
            .map(|putter| {
                let queue = queue.clone();
                on.spawn(async move {
                    for number in 0..60 {
                        queue.put(Ranked(number % 2, putter * 1000 + number)).await.unwrap();
                    }
                })
            })
            .collect();
        let mut next = [[0, 1]; 3];
        for _ in 0..180 {
            let Ranked(rank, number) = queue.get().await.unwrap();
            let next = &mut next[number / 1000][rank];
            assert_eq!(number % 1000, *next);
            *next += 2;
        }
        for putter in putters {
            putter.await;
        }
        assert_eq!((queue.len(), next), (0, [[60, 61]; 3]));
    }
}

async fn the_greatest_comes_out_first_in_reverse_and_pairs_by_their_first(_: Tasks) {
    let queue = PriorityQueue::new(0);
    for job in [(2, "b"), (3, "c"), (1, "a"), (2, "a")] {
        queue.put(Reverse(job)).await.unwrap();
    }
    for job in [(3, "c"), (2, "b"), (2, "a"), (1, "a")] {
        assert_eq!(queue.get().await, Ok(Reverse(job)));
    }
}

/// Of three who wait, each gets what is the smallest when it runs, and none is left out.
async fn a_line_of_getters_gets_all_there_is(on: Tasks) {
    let queue = Arc::new(PriorityQueue::new(0));
    let mut tasks = vec![];
    for _ in 0..3 {
        let queue = queue.clone();
        tasks.push(on.in_line(async move { queue.get().await.unwrap() }).await);
    }
    for item in [3, 1, 2] {
        queue.put(item).await.unwrap();
    }
    assert_eq!(queue.try_get(), Err(TryGetError::Empty));
    let mut got = vec![];
    for task in tasks {
        got.push(task.await);
    }
    got.sort();
    assert_eq!(got, [1, 2, 3]);
}

async fn many_put_and_many_get_and_nothing_is_lost(on: Tasks) {
    let (stack, sorted) = (Arc::new(LifoQueue::new(4)), Arc::new(PriorityQueue::new(4)));
    let mut putters = vec![];
    let mut getters = vec![];
    for task in 0..3 {
        let (on, stack, sorted) = (on.clone(), stack.clone(), sorted.clone());
        let (stack_too, sorted_too) = (stack.clone(), sorted.clone());
        putters.push(on.spawn(async move {
            for number in (0..100).rev() {
                stack.put(task * 100 + number).await.unwrap();
                sorted.put(task * 100 + number).await.unwrap();
            }
        }));
        getters.push(on.spawn(async move {
            let mut got = [vec![], vec![]];
            // A put of the one may stand before the get of the other: in turns, both go on.
            while let Ok(item) = stack_too.get().await {
                got[0].push(item);
                match sorted_too.get().await {
                    Ok(item) => got[1].push(item),
                    Err(_) => break,
                }
            }
            got
        }));
    }
    for putter in putters {
        putter.await;
    }
    stack.shutdown(false);
    sorted.shutdown(false);
    let mut all = [vec![], vec![]];
    for getter in getters {
        let [one, two] = getter.await;
        all[0].extend(one);
        all[1].extend(two);
    }
    all[0].extend(std::iter::from_fn(|| stack.try_get().ok()));
    all[1].extend(std::iter::from_fn(|| sorted.try_get().ok()));
    all.iter_mut().for_each(|all| all.sort());
    assert_eq!(all, [Vec::from_iter(0..300), Vec::from_iter(0..300)]);
}

tests::each_executor! {
    the_last_comes_out_first,
    the_smallest_comes_out_first_and_equals_as_they_went_in,
    equals_of_each_putter_keep_their_order,
    the_greatest_comes_out_first_in_reverse_and_pairs_by_their_first,
    a_line_of_getters_gets_all_there_is,
    many_put_and_many_get_and_nothing_is_lost,
}

thread_local! {
    /// What the next comparison does first, once.
    static WHIM: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

fn next_comparison(whim: impl FnOnce() + 'static) {
    WHIM.set(Some(Box::new(whim)));
}

/// A number whose comparison has a whim.
#[derive(Debug)]
struct Moody(u32);

impl Ord for Moody {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some(whim) = WHIM.take() {
            whim();
        }
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Moody {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Moody {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Moody {}

fn moody(numbers: &[u32]) -> Arc<PriorityQueue<Moody>> {
    let queue = Arc::new(PriorityQueue::new(0));
    numbers.iter().for_each(|number| queue.try_put(Moody(*number)).unwrap());
    queue
}

fn rest(queue: &PriorityQueue<Moody>) -> Vec<u32> {
    std::iter::from_fn(|| queue.try_get().ok()).map(|item| item.0).collect()
}

#[test]
fn a_comparison_that_panics_puts_nothing_and_gets_nothing() {
    let queue = moody(&[3, 1, 2]);
    let calls: [fn(&PriorityQueue<Moody>); 4] = [
        |queue| drop(queue.try_put(Moody(0))),
        |queue| touch(queue.put(Moody(0))),
        |queue| drop(queue.try_get()),
        |queue| touch(queue.get_task()),
    ];
    for call in calls {
        next_comparison(|| panic!("a whim"));
        assert!(panics(|| call(&queue)));
        assert_eq!(queue.len(), 3);
    }
    queue.try_put(Moody(0)).unwrap();
    assert_eq!(rest(&queue), [0, 1, 2, 3]);
    assert!((0..4).all(|_| queue.task_done().is_ok()) && queue.task_done().is_err());
}

#[test]
fn a_comparison_that_uses_its_queue_is_told_so_and_does_not_wait_for_itself() {
    let calls: [fn(&PriorityQueue<Moody>); 5] = [
        |queue| drop(queue.try_put(Moody(9))),
        |queue| drop(queue.try_get()),
        |queue| touch(queue.put(Moody(9))),
        |queue| touch(queue.get()),
        |queue| queue.shutdown(true),
    ];
    for call in calls {
        within(move || {
            let queue = moody(&[3, 1, 2]);
            let theirs = queue.clone();
            next_comparison(move || call(&theirs));
            let said = panic_of(|| queue.try_put(Moody(0)));
            assert!(said.text.contains("would wait for itself"), "{said:?}");
            assert_eq!(rest(&queue), [1, 2, 3]);
        });
    }
}

#[test]
fn a_comparison_may_look_at_its_queue_and_end_it() {
    within(|| {
        let queue = moody(&[3, 1, 2]);
        let theirs = queue.clone();
        next_comparison(move || {
            assert_eq!((theirs.len(), theirs.is_full(), theirs.task_done()), (3, false, Ok(())));
            touch(theirs.join());
            theirs.shutdown(false);
        });
        assert!(queue.try_put(Moody(0)).is_err());
        assert_eq!(rest(&queue), [1, 2, 3]);
        assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
    });
}

macro_rules! destructors {
    ($($test:ident: $Queue:ident),*) => {$(
        #[test]
        fn $test() {
            /// An item whose destructor uses the queue that it is, or was, in.
            struct Hook(Weak<$Queue<Hook>>, fn(&$Queue<Hook>));
            impl Drop for Hook {
                fn drop(&mut self) {
                    if let Some(queue) = self.0.upgrade() {
                        (self.1)(&queue);
                    }
                }
            }
            impl Ord for Hook {
                fn cmp(&self, _: &Self) -> Ordering {
                    Ordering::Equal
                }
            }
            impl PartialOrd for Hook {
                fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                    Some(self.cmp(other))
                }
            }
            impl PartialEq for Hook {
                fn eq(&self, _: &Self) -> bool {
                    true
                }
            }
            impl Eq for Hook {}
            const CALLS: [fn(&$Queue<Hook>); 5] = [
                |queue| drop(queue.try_put(Hook(Weak::new(), |_| ()))),
                |queue| drop(queue.try_get()),
                |queue| touch(queue.get()),
                |queue| queue.shutdown(false),
                |queue| queue.shutdown(true),
            ];
            for (call, immediate) in CALLS.into_iter().flat_map(|it| [(it, false), (it, true)]) {
                within(move || {
                    let queue = Arc::new($Queue::new(2));
                    let hook = || Hook(Arc::downgrade(&queue), call);
                    assert!(queue.try_put(hook()).is_ok() && queue.try_put(hook()).is_ok());
                    drop(queue.try_put(hook()));
                    let mut put = Polled::new(queue.put(hook()));
                    put.prod_plainly();
                    drop(put);
                    touch(queue.get_task());
                    queue.shutdown(immediate);
                    drop(queue.try_put(hook()));
                });
            }
        }
    )*};
}

destructors! {
    a_destructor_may_call_a_lifo_queue_back: LifoQueue,
    a_destructor_may_call_a_priority_queue_back: PriorityQueue
}
