//! Random walks over each queue, with waits that are given up, beside a plain list and two lines.
//! `MAINSPRING_SEED=n` repeats the walk of a failure, which prints its number.

use crate::base::rng::Rng;
use crate::sync::*;
use crate::wake::wait_list::poller::Polled;
use std::collections::{BTreeMap, VecDeque};
use std::pin::Pin;
use std::task::Poll;

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Compared by the first half: the second tells equals apart.
#[derive(Debug, Clone, Copy)]
struct Item(u32, u32);

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

#[derive(Debug, Clone, Copy)]
enum Order {
    Fifo,
    Lifo,
    Smallest,
}

trait Any {
    fn put(&self, item: Item) -> Boxed<'_, bool>;
    fn get(&self) -> Boxed<'_, Option<Item>>;
    fn try_put(&self, item: Item) -> Result<(), TryPutError<Item>>;
    fn try_get(&self) -> Result<Item, TryGetError>;
    fn task_done(&self) -> bool;
    fn is_joined(&self) -> bool;
    fn shutdown(&self, immediate: bool);
    fn len(&self) -> usize;
}

macro_rules! any {
    ($($Queue:ident),*) => {$(
        impl Any for $Queue<Item> {
            fn put(&self, item: Item) -> Boxed<'_, bool> {
                Box::pin(async move { self.put(item).await.is_ok() })
            }
            fn get(&self) -> Boxed<'_, Option<Item>> {
                Box::pin(async move { self.get().await.ok() })
            }
            fn try_put(&self, item: Item) -> Result<(), TryPutError<Item>> {
                self.try_put(item)
            }
            fn try_get(&self) -> Result<Item, TryGetError> {
                self.try_get()
            }
            fn task_done(&self) -> bool {
                self.task_done().is_ok()
            }
            fn is_joined(&self) -> bool {
                Polled::new(self.join()).poll().is_ready()
            }
            fn shutdown(&self, immediate: bool) {
                self.shutdown(immediate);
            }
            fn len(&self) -> usize {
                self.len()
            }
        }
    )*};
}

any!(Queue, LifoQueue, PriorityQueue);

#[derive(Debug, Clone, Copy, PartialEq)]
enum Grant {
    Waits,
    Granted,
    Closed,
}

enum Doing<'a> {
    Put(Item, Polled<Boxed<'a, bool>>),
    Get(Polled<Boxed<'a, Option<Item>>>),
}

/// Permits, and the line of those who wait for one.
#[derive(Default)]
struct Side {
    free: usize,
    line: VecDeque<u32>,
    closed: bool,
}

struct Walk<'a> {
    queue: &'a dyn Any,
    order: Order,
    bounded: bool,
    items: Vec<Item>,
    unfinished: usize,
    shut: bool,
    room: Side,
    ready: Side,
    waiting: BTreeMap<u32, (Grant, Doing<'a>)>,
    next: u32,
}

impl<'a> Walk<'a> {
    fn close(side: &mut Side, waiting: &mut BTreeMap<u32, (Grant, Doing<'a>)>) {
        side.closed = true;
        for id in side.line.drain(..) {
            waiting.get_mut(&id).expect("it is in line").0 = Grant::Closed;
        }
    }

    fn release(side: &mut Side, waiting: &mut BTreeMap<u32, (Grant, Doing<'a>)>) {
        match side.line.pop_front() {
            Some(id) => waiting.get_mut(&id).expect("it is in line").0 = Grant::Granted,
            None => side.free += 1,
        }
    }

    /// The model's put, with room.
    fn pushed(&mut self, item: Item) -> bool {
        if self.shut {
            return false;
        }
        let place = match self.order {
            Order::Smallest => self.items.partition_point(|other| *other <= item),
            _ => self.items.len(),
        };
        self.items.insert(place, item);
        self.unfinished += 1;
        Self::release(&mut self.ready, &mut self.waiting);
        true
    }

    /// The model's get, with a permit.
    fn popped(&mut self) -> Option<Item> {
        let item = match self.order {
            _ if self.items.is_empty() => None,
            Order::Lifo => self.items.pop(),
            _ => Some(self.items.remove(0)),
        };
        if self.shut && self.items.is_empty() {
            Self::close(&mut self.ready, &mut self.waiting);
        }
        if item.is_some() {
            Self::release(&mut self.room, &mut self.waiting);
        }
        item
    }

    fn new_item(&mut self, rng: &Rng) -> Item {
        self.next += 1;
        Item(rng.below(5), self.next)
    }

    fn has_room(&self) -> bool {
        !self.bounded || self.room.free > 0 && self.room.line.is_empty()
    }

    fn try_put(&mut self, item: Item) {
        let outcome = self.queue.try_put(item);
        match outcome {
            Ok(()) => {
                assert!(self.has_room());
                self.room.free -= usize::from(self.bounded);
                assert!(self.pushed(item));
            }
            Err(TryPutError::Full(back)) => {
                assert!(!self.has_room() && !self.room.closed && back.1 == item.1);
            }
            Err(TryPutError::ShutDown(back)) => assert!(self.shut && back.1 == item.1),
        }
    }

    fn put(&mut self, item: Item) {
        let mut future = Polled::new(self.queue.put(item));
        match future.poll() {
            Poll::Ready(true) => {
                assert!(self.has_room());
                self.room.free -= usize::from(self.bounded);
                assert!(self.pushed(item));
            }
            Poll::Ready(false) => assert!(self.shut),
            Poll::Pending => {
                assert!(!self.has_room() && !self.shut);
                self.room.line.push_back(item.1);
                self.waiting.insert(item.1, (Grant::Waits, Doing::Put(item, future)));
            }
        }
    }

    fn get(&mut self, waits: bool) {
        let free = self.ready.free > 0 && self.ready.line.is_empty() && !self.ready.closed;
        let expected = if free { Some(self.take_one()) } else { None };
        if !waits {
            let none = if self.ready.closed { TryGetError::ShutDown } else { TryGetError::Empty };
            let expected = expected.flatten().map(|item| item.1).ok_or(none);
            assert_eq!(self.queue.try_get().map(|item| item.1), expected);
            return;
        }
        let mut future = Polled::new(self.queue.get());
        match future.poll() {
            Poll::Ready(got) => {
                let expected = expected.flatten();
                assert!(free || self.ready.closed);
                assert_eq!(got.map(|item| item.1), expected.map(|item| item.1));
            }
            Poll::Pending => {
                assert!(!free && !self.ready.closed);
                self.next += 1;
                self.ready.line.push_back(self.next);
                self.waiting.insert(self.next, (Grant::Waits, Doing::Get(future)));
            }
        }
    }

    fn take_one(&mut self) -> Option<Item> {
        self.ready.free -= 1;
        self.popped()
    }

    fn poll(&mut self, id: u32) {
        let (grant, mut doing) = self.waiting.remove(&id).expect("it waits");
        let over = match &mut doing {
            Doing::Put(item, future) => {
                let (item, outcome) = (*item, future.poll());
                if let Poll::Ready(done) = outcome {
                    assert_eq!(done, grant == Grant::Granted && self.pushed(item));
                }
                outcome.is_ready()
            }
            Doing::Get(future) => {
                let outcome = future.poll();
                if let Poll::Ready(got) = outcome {
                    let expected = if grant == Grant::Granted { self.popped() } else { None };
                    assert_eq!(got.map(|item| item.1), expected.map(|item| item.1));
                }
                outcome.is_ready()
            }
        };
        assert_eq!(over, grant != Grant::Waits);
        if !over {
            self.waiting.insert(id, (grant, doing));
        }
    }

    fn cancel(&mut self, id: u32) {
        let (grant, doing) = self.waiting.remove(&id).expect("it waits");
        let side = if matches!(doing, Doing::Put(..)) { &mut self.room } else { &mut self.ready };
        side.line.retain(|other| *other != id);
        drop(doing);
        if grant == Grant::Granted {
            Self::release(side, &mut self.waiting);
        }
    }

    fn shutdown(&mut self, immediate: bool) {
        self.queue.shutdown(immediate);
        self.shut = true;
        Self::close(&mut self.room, &mut self.waiting);
        if immediate {
            let gone = self.items.drain(..).count();
            self.unfinished = self.unfinished.saturating_sub(gone);
        }
        if self.items.is_empty() {
            Self::close(&mut self.ready, &mut self.waiting);
        }
    }

    fn check(&self) {
        assert_eq!(self.queue.len(), self.items.len());
        assert_eq!(self.queue.is_joined(), self.unfinished == 0);
        for (grant, doing) in self.waiting.values() {
            let wakes = match doing {
                Doing::Put(_, future) => future.wakes(),
                Doing::Get(future) => future.wakes(),
            };
            assert_eq!(wakes, usize::from(*grant != Grant::Waits));
        }
    }
}

fn walk(seed: u64, order: Order) {
    let rng = Rng::seeded(seed);
    let maxsize = rng.below(4) as usize;
    let queue: Box<dyn Any> = match order {
        Order::Fifo => Box::new(Queue::new(maxsize)),
        Order::Lifo => Box::new(LifoQueue::new(maxsize)),
        Order::Smallest => Box::new(PriorityQueue::new(maxsize)),
    };
    let mut walk = Walk {
        queue: &*queue,
        order,
        bounded: maxsize > 0,
        items: Vec::new(),
        unfinished: 0,
        shut: false,
        room: Side { free: maxsize, ..Side::default() },
        ready: Side::default(),
        waiting: BTreeMap::new(),
        next: 0,
    };
    for _ in 0..80 {
        let any = walk.waiting.keys().nth(rng.below(6) as usize).copied();
        let item = walk.new_item(&rng);
        match (rng.below(64), any) {
            (0..10, _) => walk.try_put(item),
            (10..20, _) => walk.put(item),
            (20..34, _) => walk.get(rng.below(2) == 0),
            (34..46, Some(id)) => walk.poll(id),
            (46..54, Some(id)) => walk.cancel(id),
            (54..63, _) => {
                assert_eq!(walk.queue.task_done(), walk.unfinished > 0);
                walk.unfinished = walk.unfinished.saturating_sub(1);
            }
            (63, _) => walk.shutdown(rng.below(2) == 0),
            _ => {}
        }
        walk.check();
    }
}

#[test]
fn each_behaves_as_a_plain_list_and_two_lines() {
    let only = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(0..1000, |seed: u64| seed..seed + 1);
    for seed in seeds {
        for order in [Order::Fifo, Order::Lifo, Order::Smallest] {
            if let Err(panic) = std::panic::catch_unwind(|| walk(seed, order)) {
                println!("MAINSPRING_SEED={seed} repeats it, {order:?}");
                std::panic::resume_unwind(panic);
            }
        }
    }
}
