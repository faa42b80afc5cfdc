//! Random walks over a mutex with all four of its guards, and over a queue of numbers.

use crate::sync::{MappedMutexGuard, Mutex, MutexGuard, OwnedMappedMutexGuard, OwnedMutexGuard};
use crate::wake::wait_list::poller::{Dice, Polled, walks};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

type Pair = (u32, u32);

enum Guard<'a> {
    Plain(MutexGuard<'a, Pair>),
    Owned(OwnedMutexGuard<Pair>),
    Mapped(MappedMutexGuard<'a, u32>),
    OwnedMapped(OwnedMappedMutexGuard<Pair, u32>),
}

impl<'a> Guard<'a> {
    /// Of the first number from here on, or nothing changes.
    fn map(self, really: bool) -> Self {
        match self {
            Self::Plain(guard) => {
                match MutexGuard::try_map(guard, |pair| really.then_some(&mut pair.0)) {
                    Ok(guard) => Self::Mapped(guard),
                    Err(guard) => Self::Plain(guard),
                }
            }
            Self::Owned(guard) => {
                match OwnedMutexGuard::try_map(guard, |pair| really.then_some(&mut pair.0)) {
                    Ok(guard) => Self::OwnedMapped(guard),
                    Err(guard) => Self::Owned(guard),
                }
            }
            Self::Mapped(guard) => Self::Mapped(MappedMutexGuard::map(guard, |number| number)),
            Self::OwnedMapped(guard) => {
                Self::OwnedMapped(OwnedMappedMutexGuard::map(guard, |number| number))
            }
        }
    }

    fn number(&mut self) -> &mut u32 {
        match self {
            Self::Plain(guard) => &mut guard.0,
            Self::Owned(guard) => &mut guard.0,
            Self::Mapped(guard) => guard,
            Self::OwnedMapped(guard) => guard,
        }
    }
}

type Locking<'a> = Polled<Pin<Box<dyn Future<Output = Guard<'a>> + 'a>>>;

struct Walk<'a> {
    mutex: &'a Arc<Mutex<Pair>>,
    guard: Option<Guard<'a>>,
    /// Those who wait, in order; it may have been handed to the first of them.
    line: Vec<Locking<'a>>,
    handed: bool,
    number: u32,
}

impl<'a> Walk<'a> {
    fn is_free(&self) -> bool {
        self.guard.is_none() && self.line.is_empty()
    }

    fn lock(&mut self, owned: bool) {
        let mutex = self.mutex;
        let mut lock: Locking<'a> = Polled::new(Box::pin(async move {
            match owned {
                true => Guard::Owned(mutex.clone().lock_owned().await),
                false => Guard::Plain(mutex.lock().await),
            }
        }));
        let free = self.is_free();
        match lock.poll() {
            Poll::Ready(guard) => {
                assert!(free);
                self.guard = Some(guard);
            }
            Poll::Pending => {
                assert!(!free);
                self.line.push(lock);
            }
        }
    }

    fn try_lock(&mut self, owned: bool) {
        let guard = match owned {
            true => self.mutex.clone().try_lock_owned().map(Guard::Owned),
            false => self.mutex.try_lock().map(Guard::Plain),
        };
        assert_eq!(guard.is_ok(), self.is_free());
        if let Ok(guard) = guard {
            self.guard = Some(guard);
        }
    }

    fn poll(&mut self, which: usize) {
        let ready = which == 0 && self.handed;
        match self.line[which].poll() {
            Poll::Ready(guard) => {
                assert!(ready);
                self.guard = Some(guard);
                self.handed = false;
                self.line.remove(which);
            }
            Poll::Pending => assert!(!ready),
        }
    }

    fn give_up(&mut self, which: usize) {
        drop(self.line.remove(which));
        if which == 0 {
            self.handed &= !self.line.is_empty();
        }
    }

    fn check(&mut self) {
        if let Some(guard) = &mut self.guard {
            assert_eq!(*guard.number(), self.number);
            assert!(!self.handed);
        }
        for (place, lock) in self.line.iter().enumerate() {
            let handed = place == 0 && self.handed;
            assert_eq!(lock.wakes(), usize::from(handed));
            assert_eq!(lock.wakers_kept(), usize::from(!handed));
        }
    }
}

fn walk(dice: &Dice) {
    let mutex = Arc::new(Mutex::new((0, 0)));
    let mut walk = Walk { mutex: &mutex, guard: None, line: vec![], handed: false, number: 0 };
    for _ in 0..60 {
        match dice.roll(16) {
            0..=3 => walk.lock(dice.roll(2) == 0),
            4 => walk.try_lock(dice.roll(2) == 0),
            5..=7 => {
                if let Some(which) = dice.pick(&walk.line) {
                    walk.poll(which);
                }
            }
            8..=9 => {
                if let Some(which) = dice.pick(&walk.line) {
                    walk.give_up(which);
                }
            }
            10 => walk.guard = walk.guard.take().map(|guard| guard.map(dice.roll(2) == 0)),
            11 => {
                if let Some(guard) = &mut walk.guard {
                    *guard.number() += 1;
                    walk.number += 1;
                }
            }
            _ => {
                if let Some(guard) = walk.guard.take() {
                    drop(guard);
                    walk.handed = !walk.line.is_empty();
                }
            }
        }
        walk.check();
    }
    drop(walk);
    assert_eq!(Arc::strong_count(&mutex), 1);
}

/// INV-56: who has the lock, who is woken, whose waker is kept, and the value: as in the model.
#[test]
fn a_random_walk_stays_with_its_model() {
    walks(4000, walk);
}
