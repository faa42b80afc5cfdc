//! Random walks over a semaphore with all its guards, and over a number with a queue.

use crate::sync::semaphore::error::AcquireError;
use crate::sync::{Semaphore, SemaphorePermit, TryAcquireError};
use crate::wake::wait_list::poller::{Dice, Polled, walks};
use std::pin::Pin;
use std::task::Poll;

type Acquired<'a> = Result<SemaphorePermit<'a>, AcquireError>;
type Acquiring<'a> = Polled<Pin<Box<dyn Future<Output = Acquired<'a>> + 'a>>>;

/// One who waits, and whether it was handed what it wants.
struct Waiter<'a> {
    wants: usize,
    handed: bool,
    future: Acquiring<'a>,
}

struct Walk<'a> {
    semaphore: &'a Semaphore,
    free: usize,
    guards: Vec<SemaphorePermit<'a>>,
    line: Vec<Waiter<'a>>,
    closed: bool,
}

impl<'a> Walk<'a> {
    fn somebody_waits(&self) -> bool {
        !self.closed && self.line.iter().any(|waiter| !waiter.handed)
    }

    fn may_take(&self, n: usize) -> bool {
        !self.closed && (n == 0 || n <= self.free && !self.somebody_waits())
    }

    /// What is free goes to the first who wait, until one wants more.
    fn hand_on(&mut self) {
        for waiter in self.line.iter_mut().filter(|waiter| !waiter.handed) {
            if self.closed || waiter.wants > self.free {
                return;
            }
            self.free -= waiter.wants;
            waiter.handed = true;
        }
    }

    fn give(&mut self, n: usize) {
        self.free += n;
        self.hand_on();
    }

    fn acquire(&mut self, n: usize) {
        let semaphore = self.semaphore;
        let mut future: Acquiring<'a> =
            Polled::new(Box::pin(async move { semaphore.acquire_many(n as u32).await }));
        let may = self.may_take(n);
        match future.poll() {
            Poll::Ready(Ok(guard)) => {
                assert!(may && guard.num_permits() == n);
                self.free -= n;
                self.guards.push(guard);
            }
            Poll::Ready(Err(_)) => assert!(self.closed),
            Poll::Pending => {
                assert!(!may && !self.closed);
                self.line.push(Waiter { wants: n, handed: false, future });
            }
        }
    }

    fn try_acquire(&mut self, n: usize) {
        let may = self.may_take(n);
        match self.semaphore.try_acquire_many(n as u32) {
            Ok(guard) => {
                assert!(may);
                self.free -= n;
                self.guards.push(guard);
            }
            Err(TryAcquireError::Closed) => assert!(self.closed),
            Err(TryAcquireError::NoPermits) => assert!(!may && !self.closed),
        }
    }

    fn poll(&mut self, which: usize) {
        let waiter = &mut self.line[which];
        match waiter.future.poll() {
            Poll::Ready(Ok(guard)) => {
                assert!(waiter.handed && guard.num_permits() == waiter.wants);
                self.guards.push(guard);
            }
            Poll::Ready(Err(_)) => assert!(self.closed && !waiter.handed),
            Poll::Pending => return assert!(!self.closed && !waiter.handed),
        }
        self.line.remove(which);
    }

    fn give_up(&mut self, waiter: Waiter<'a>) {
        let (handed, wants) = (waiter.handed, waiter.wants);
        drop(waiter);
        self.give(if handed { wants } else { 0 });
    }

    /// Split, merge, forget or drop a guard.
    fn use_guard(&mut self, mut guard: SemaphorePermit<'a>, dice: &Dice) {
        let n = guard.num_permits();
        match dice.roll(6) {
            0 => {
                let part = guard.split(dice.roll(4));
                assert_eq!(
                    part.as_ref().map_or(n, |part| n - part.num_permits()),
                    guard.num_permits()
                );
                self.guards.extend(part);
                self.guards.push(guard);
            }
            1 => {
                if let Some(other) = self.guards.pop() {
                    let sum = n + other.num_permits();
                    guard.merge(other);
                    assert_eq!(guard.num_permits(), sum);
                }
                self.guards.push(guard);
            }
            2 => guard.forget(),
            _ => {
                drop(guard);
                self.give(n);
            }
        }
    }

    fn check(&self) {
        let shown = if self.somebody_waits() { 0 } else { self.free };
        assert_eq!(self.semaphore.available_permits(), shown);
        assert_eq!(self.semaphore.is_closed(), self.closed);
        for waiter in &self.line {
            let told = waiter.handed || self.closed;
            assert_eq!(waiter.future.wakes(), usize::from(told));
            assert_eq!(waiter.future.wakers_kept(), usize::from(!told));
        }
    }
}

fn walk(dice: &Dice) {
    let free = dice.roll(4);
    let semaphore = Semaphore::new(free);
    let mut walk =
        Walk { semaphore: &semaphore, free, guards: vec![], line: vec![], closed: false };
    for _ in 0..80 {
        match dice.roll(40) {
            0..8 => walk.acquire(dice.roll(4)),
            8..12 => walk.try_acquire(dice.roll(4)),
            12..22 => {
                if let Some(guard) = dice.take(&mut walk.guards) {
                    walk.use_guard(guard, dice);
                }
            }
            22..31 => {
                if let Some(which) = dice.pick(&walk.line) {
                    walk.poll(which);
                }
            }
            31..35 => {
                if let Some(waiter) = dice.take(&mut walk.line) {
                    walk.give_up(waiter);
                }
            }
            35..37 => {
                let n = dice.roll(4);
                semaphore.add_permits(n);
                walk.give(n);
            }
            37..39 => {
                let n = dice.roll(3);
                let forgotten = semaphore.forget_permits(n);
                assert_eq!(forgotten, if walk.somebody_waits() { 0 } else { n.min(walk.free) });
                walk.free -= forgotten;
            }
            _ if dice.roll(4) == 0 => {
                semaphore.close();
                walk.closed = true;
            }
            _ => {}
        }
        walk.check();
    }
}

/// Who gets what, who is woken, whose waker is kept, what is left: as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(4000, walk);
}
