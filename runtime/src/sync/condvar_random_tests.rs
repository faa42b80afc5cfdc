//! Random walks over a mutex and a condvar, beside two plain queues. `MAINSPRING_SEED=n` repeats
//! the walk of a failure, which prints its number.

use crate::base::rng::Rng;
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::wake::wait_list::poller::Polled;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

type Guarding<'a> = Pin<Box<dyn Future<Output = MutexGuard<'a, ()>> + 'a>>;

/// What the model knows of a future that has not ended.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    /// In line for a notification.
    Waits,
    /// Was told, and was not polled since.
    Told,
    /// In line for the lock.
    Locks,
    /// Was handed the lock, and was not polled since.
    Has,
}

struct Actor<'a> {
    future: Polled<Guarding<'a>>,
    place: Place,
    /// Told alone: to pass on, if it is dropped before it has the lock.
    owes: bool,
    wakes: usize,
}

struct Walk<'a> {
    mutex: &'a Mutex<()>,
    condvar: &'a Condvar,
    guard: Option<MutexGuard<'a, ()>>,
    locked: bool,
    lock_line: VecDeque<u32>,
    wait_line: VecDeque<u32>,
    actors: BTreeMap<u32, Actor<'a>>,
    next: u32,
}

impl<'a> Walk<'a> {
    fn add(&mut self, future: Polled<Guarding<'a>>, place: Place) {
        let line = if place == Place::Waits { &mut self.wait_line } else { &mut self.lock_line };
        line.push_back(self.next);
        self.actors.insert(self.next, Actor { future, place, owes: false, wakes: 0 });
        self.next += 1;
    }

    /// The model's unlock.
    fn unlocked(&mut self) {
        self.locked = false;
        if let Some(next) = self.lock_line.pop_front() {
            self.locked = true;
            let actor = self.actors.get_mut(&next).expect("it is in line");
            (actor.place, actor.wakes) = (Place::Has, actor.wakes + 1);
        }
    }

    /// The model's notification.
    fn told(&mut self, owes: bool) -> bool {
        let Some(next) = self.wait_line.pop_front() else { return false };
        let actor = self.actors.get_mut(&next).expect("it is in line");
        (actor.place, actor.owes, actor.wakes) = (Place::Told, owes, actor.wakes + 1);
        true
    }

    fn lock(&mut self) {
        let mutex = self.mutex;
        let mut future = Polled::<Guarding<'a>>::new(Box::pin(mutex.lock()));
        match future.poll() {
            Poll::Ready(guard) => {
                assert!(!self.locked);
                (self.locked, self.guard) = (true, Some(guard));
            }
            Poll::Pending => {
                assert!(self.locked);
                self.add(future, Place::Locks);
            }
        }
    }

    fn wait(&mut self, polled: bool) {
        let Some(guard) = self.guard.take() else { return };
        let condvar = self.condvar;
        let mut future = Polled::<Guarding<'a>>::new(Box::pin(condvar.wait(guard)));
        if polled {
            assert!(future.poll().is_pending());
            self.add(future, Place::Waits);
        } else {
            drop(future);
        }
        self.unlocked();
    }

    fn poll(&mut self, id: u32) {
        let actor = self.actors.get_mut(&id).expect("it exists");
        let outcome = actor.future.poll();
        let ready = actor.place == Place::Has || actor.place == Place::Told && !self.locked;
        assert_eq!(outcome.is_ready(), ready);
        if let Poll::Ready(guard) = outcome {
            self.actors.remove(&id);
            (self.locked, self.guard) = (true, Some(guard));
        } else if actor.place == Place::Told {
            actor.place = Place::Locks;
            self.lock_line.push_back(id);
        }
    }

    fn cancel(&mut self, id: u32) {
        let actor = self.actors.remove(&id).expect("it exists");
        self.lock_line.retain(|other| *other != id);
        self.wait_line.retain(|other| *other != id);
        let (place, owes) = (actor.place, actor.owes);
        drop(actor);
        if place == Place::Has {
            self.unlocked();
        }
        if owes {
            self.told(true);
        }
    }

    fn check(&self) {
        for (id, actor) in &self.actors {
            assert_eq!(actor.future.wakes(), actor.wakes, "actor {id}");
        }
        assert_eq!(self.mutex.try_lock().is_err(), self.locked);
        let waited = format!("Condvar {{ waited_for: {} }}", !self.wait_line.is_empty());
        assert_eq!(format!("{:?}", self.condvar), waited);
    }
}

fn walk(seed: u64) {
    let rng = Rng::seeded(seed);
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let mut walk = Walk {
        mutex: &mutex,
        condvar: &condvar,
        guard: None,
        locked: false,
        lock_line: VecDeque::new(),
        wait_line: VecDeque::new(),
        actors: BTreeMap::new(),
        next: 0,
    };
    for _ in 0..60 {
        let any = walk.actors.keys().nth(rng.below(8) as usize).copied();
        match (rng.below(16), any) {
            (0..3, _) => walk.lock(),
            (3..6, _) => walk.wait(rng.below(8) > 0),
            (6, _) => {
                if let Some(guard) = walk.guard.take() {
                    drop(guard);
                    walk.unlocked();
                }
            }
            (7..9, _) => {
                condvar.notify_one();
                walk.told(true);
            }
            (9, _) => {
                condvar.notify_all();
                while walk.told(false) {}
            }
            (10..14, Some(id)) => walk.poll(id),
            (_, Some(id)) => walk.cancel(id),
            _ => {}
        }
        walk.check();
    }
}

#[test]
fn it_behaves_as_two_plain_queues() {
    let only = std::env::var("MAINSPRING_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = only.map_or(0..3000, |seed: u64| seed..seed + 1);
    for seed in seeds {
        if let Err(panic) = std::panic::catch_unwind(|| walk(seed)) {
            println!("MAINSPRING_SEED={seed} repeats it");
            std::panic::resume_unwind(panic);
        }
    }
}
