//! Random walks over a queue with everybody who can wait for it, and over a deque with lists.

use crate::sync::{Queue, TaskDone, TryGetError, TryPutError};
use crate::wake::wait_list::poller::{Dice, Polled, walks};
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::Poll;

type Future<'a, T> = Polled<Pin<Box<dyn std::future::Future<Output = T> + 'a>>>;
/// An item, with the promise to say that it is done or without.
type Got<'a> = Option<(u32, Option<TaskDone<'a, u32>>)>;

/// Where one who waits stands.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    InLine,
    /// It has an item, or room, to itself.
    Handed,
    /// There will be none.
    Told,
}

struct Waiter<'a, T> {
    future: Future<'a, T>,
    stage: Stage,
    item: u32,
}

struct Walk<'a> {
    queue: &'a Queue<u32>,
    items: VecDeque<u32>,
    /// Items and room that nobody has to himself.
    free_items: usize,
    free_room: usize,
    unfinished: usize,
    shut_down: bool,
    /// No more items for anybody: shut down, and empty.
    over: bool,
    gets: Vec<Waiter<'a, Got<'a>>>,
    puts: Vec<Waiter<'a, Result<(), u32>>>,
    joins: Vec<(Future<'a, ()>, Stage)>,
    promises: Vec<TaskDone<'a, u32>>,
    next: u32,
}

/// The first in line gets one, if there is one.
fn hand<T>(line: &mut [Waiter<'_, T>], free: &mut usize) {
    for waiter in line.iter_mut().filter(|waiter| waiter.stage == Stage::InLine) {
        if *free == 0 {
            return;
        }
        *free -= 1;
        waiter.stage = Stage::Handed;
    }
}

fn tell<T>(line: &mut [Waiter<'_, T>]) {
    let in_line = line.iter_mut().filter(|waiter| waiter.stage == Stage::InLine);
    in_line.for_each(|waiter| waiter.stage = Stage::Told);
}

fn somebody_waits<T>(line: &[Waiter<'_, T>]) -> bool {
    line.iter().any(|waiter| waiter.stage == Stage::InLine)
}

impl<'a> Walk<'a> {
    fn is_bounded(&self) -> bool {
        self.queue.maxsize() > 0
    }

    /// An item was put into room that was taken before.
    fn pushed(&mut self, item: u32) {
        self.items.push_back(item);
        self.unfinished += 1;
        self.free_items += 1;
        hand(&mut self.gets, &mut self.free_items);
    }

    /// An item that was taken before is out.
    fn popped(&mut self, item: u32) {
        assert_eq!(Some(item), self.items.pop_front());
        self.free_room += 1;
        if self.shut_down && self.items.is_empty() {
            self.over = true;
            tell(&mut self.gets);
        }
        if !self.shut_down {
            hand(&mut self.puts, &mut self.free_room);
        }
    }

    fn finished(&mut self, n: usize) {
        self.unfinished -= n;
        if n > 0 && self.unfinished == 0 {
            self.joins.iter_mut().for_each(|(_, stage)| *stage = Stage::Told);
        }
    }

    fn may_put(&self) -> bool {
        !self.shut_down && (!self.is_bounded() || self.free_room > 0 && !somebody_waits(&self.puts))
    }

    fn try_put(&mut self) {
        let (item, may) = (self.next, self.may_put());
        self.next += 1;
        match self.queue.try_put(item) {
            Ok(()) => {
                assert!(may);
                self.free_room -= usize::from(self.is_bounded());
                self.pushed(item);
            }
            Err(TryPutError::Full(back)) => assert!(!may && !self.shut_down && back == item),
            Err(TryPutError::ShutDown(back)) => assert!(self.shut_down && back == item),
        }
    }

    fn put(&mut self) {
        let (queue, item, may) = (self.queue, self.next, self.may_put());
        self.next += 1;
        let mut future: Future<'a, _> =
            Polled::new(Box::pin(async move { queue.put(item).await.map_err(|error| error.0) }));
        match future.poll() {
            Poll::Ready(Ok(())) => {
                assert!(may);
                self.free_room -= usize::from(self.is_bounded());
                self.pushed(item);
            }
            Poll::Ready(Err(back)) => assert!(self.shut_down && back == item),
            Poll::Pending => {
                assert!(!may && !self.shut_down);
                self.puts.push(Waiter { future, stage: Stage::InLine, item });
            }
        }
    }

    fn poll_put(&mut self, which: usize) {
        let put = &mut self.puts[which];
        let (stage, item) = (put.stage, put.item);
        match put.future.poll() {
            Poll::Pending => return assert_eq!(stage, Stage::InLine),
            Poll::Ready(Ok(())) => {
                assert!(stage == Stage::Handed && !self.shut_down);
                self.puts.remove(which);
                return self.pushed(item);
            }
            Poll::Ready(Err(back)) => assert!(self.shut_down && back == item),
        }
        self.puts.remove(which);
    }

    fn try_get(&mut self) {
        let may = self.free_items > 0 && !self.over;
        match self.queue.try_get() {
            Ok(item) => {
                assert!(may);
                self.free_items -= 1;
                self.popped(item);
            }
            Err(TryGetError::Empty) => assert!(!may && !self.over),
            Err(TryGetError::ShutDown) => assert!(self.over),
        }
    }

    fn get(&mut self, with_promise: bool) {
        let queue = self.queue;
        let mut future: Future<'a, Got<'a>> = Polled::new(Box::pin(async move {
            if !with_promise {
                return Some((queue.get().await.ok()?, None));
            }
            let (item, done) = queue.get_task().await.ok()?.into_parts();
            Some((item, Some(done)))
        }));
        match future.poll() {
            Poll::Ready(Some(got)) => {
                assert!(self.free_items > 0 && !self.over);
                self.free_items -= 1;
                self.got(got);
            }
            Poll::Ready(None) => assert!(self.over),
            Poll::Pending => {
                assert!(self.free_items == 0 && !self.over);
                self.gets.push(Waiter { future, stage: Stage::InLine, item: 0 });
            }
        }
    }

    fn got(&mut self, (item, done): (u32, Option<TaskDone<'a, u32>>)) {
        self.popped(item);
        self.promises.extend(done);
    }

    fn poll_get(&mut self, which: usize) {
        let get = &mut self.gets[which];
        let stage = get.stage;
        match get.future.poll() {
            Poll::Pending => return assert_eq!(stage, Stage::InLine),
            Poll::Ready(Some(got)) => {
                assert!(stage == Stage::Handed && !self.over);
                self.gets.remove(which);
                return self.got(got);
            }
            // What it had to itself may have been thrown away.
            Poll::Ready(None) => assert!(self.over),
        }
        self.gets.remove(which);
    }

    fn shut_down(&mut self, immediate: bool) {
        self.queue.shutdown(immediate);
        self.shut_down = true;
        let thrown_away = if immediate { self.items.drain(..).count() } else { 0 };
        self.finished(thrown_away.min(self.unfinished));
        tell(&mut self.puts);
        if self.items.is_empty() {
            self.over = true;
            tell(&mut self.gets);
        }
    }

    fn check(&self) {
        let queue = self.queue;
        assert_eq!((queue.len(), queue.is_empty()), (self.items.len(), self.items.is_empty()));
        assert_eq!(queue.is_full(), self.is_bounded() && self.items.len() >= queue.maxsize());
        let gets = self.gets.iter().map(|get| (get.future.wakes(), get.stage));
        let puts = self.puts.iter().map(|put| (put.future.wakes(), put.stage));
        let joins = self.joins.iter().map(|(join, stage)| (join.wakes(), *stage));
        for (wakes, stage) in gets.chain(puts).chain(joins) {
            assert_eq!(wakes, usize::from(stage != Stage::InLine));
        }
    }

    fn drop_one(&mut self, dice: &Dice) {
        if let Some(put) = dice.take(&mut self.puts)
            && put.stage == Stage::Handed
        {
            drop(put);
            self.free_room += 1;
            if !self.shut_down {
                hand(&mut self.puts, &mut self.free_room);
            }
        }
        if let Some(get) = dice.take(&mut self.gets)
            && get.stage == Stage::Handed
        {
            drop(get);
            self.free_items += 1;
            if !self.over {
                hand(&mut self.gets, &mut self.free_items);
            }
        }
    }

    fn poll_one(&mut self, dice: &Dice) {
        if let Some(which) = dice.pick(&self.puts) {
            self.poll_put(which);
        }
        if let Some(which) = dice.pick(&self.gets) {
            self.poll_get(which);
        }
        if let Some(which) = dice.pick(&self.joins) {
            let (join, stage) = &mut self.joins[which];
            let over = *stage != Stage::InLine;
            assert_eq!(join.poll().is_ready(), over);
            if over {
                self.joins.remove(which);
            }
        }
    }
}

fn walk(dice: &Dice) {
    let maxsize = dice.roll(4);
    let queue = Queue::new(maxsize);
    let mut walk = Walk {
        queue: &queue,
        items: VecDeque::new(),
        free_items: 0,
        free_room: maxsize,
        unfinished: 0,
        shut_down: false,
        over: false,
        gets: vec![],
        puts: vec![],
        joins: vec![],
        promises: vec![],
        next: 0,
    };
    for _ in 0..80 {
        match dice.roll(40) {
            0..6 => walk.try_put(),
            6..14 => walk.put(),
            14..18 => walk.try_get(),
            18..25 => walk.get(dice.roll(2) == 0),
            25..32 => walk.poll_one(dice),
            32..34 => walk.drop_one(dice),
            34..36 => {
                assert_eq!(queue.task_done().is_ok(), walk.unfinished > 0);
                walk.finished(walk.unfinished.min(1));
            }
            36 => {
                if let Some(promise) = dice.take(&mut walk.promises) {
                    drop(promise);
                    walk.finished(walk.unfinished.min(1));
                }
            }
            37..39 => {
                let mut join: Future<'_, ()> = Polled::new(Box::pin(queue.join()));
                let ready = join.poll().is_ready();
                assert_eq!(ready, walk.unfinished == 0);
                if !ready {
                    walk.joins.push((join, Stage::InLine));
                }
            }
            _ if dice.roll(3) == 0 => walk.shut_down(dice.roll(2) == 0),
            _ => {}
        }
        walk.check();
    }
}

/// Who gets which item, who is woken, what is unfinished: after every step as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(4000, walk);
}
