//! Random walks over a lock and over a model of it that is too simple to be wrong: a queue, a
//! number of readers, a flag. And threads that only watch that nobody meets a writer.

use crate::base::prim::count;
use crate::base::rng::Rng;
use crate::sync::*;
use crate::wake::block_on::block_on;
use crate::wake::wait_list::poller::{Polled, must_end};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicU32, Ordering};
use std::task::Poll;

/// A guard of either kind, with what it saw of the value.
enum Guard<'a> {
    Read(RwLockReadGuard<'a, u64>),
    Write(RwLockWriteGuard<'a, u64>),
    Part(RwLockMappedWriteGuard<'a, u64>),
    Owned(OwnedRwLockReadGuard<u64>),
}

impl Guard<'_> {
    fn writes(&self) -> bool {
        matches!(self, Guard::Write(_) | Guard::Part(_))
    }

    fn seen(&self) -> u64 {
        match self {
            Guard::Read(guard) => **guard,
            Guard::Write(guard) => **guard,
            Guard::Part(guard) => **guard,
            Guard::Owned(guard) => **guard,
        }
    }
}

type Asking<'a> = Pin<Box<dyn Future<Output = Guard<'a>> + 'a>>;

struct Waiting<'a> {
    writes: bool,
    future: Polled<Asking<'a>>,
}

/// The lock and its model.
struct Walk<'a> {
    lock: &'a Arc<RwLock<u64>>,
    most: u32,
    /// What the value is.
    value: u64,
    guards: Vec<Guard<'a>>,
    line: VecDeque<Waiting<'a>>,
    /// Handed over, not yet looked at.
    handed: Vec<Waiting<'a>>,
}

impl<'a> Walk<'a> {
    fn readers(&self) -> u32 {
        let guards = self.guards.iter().filter(|guard| !guard.writes()).count();
        (guards + self.handed.iter().filter(|handed| !handed.writes).count()) as u32
    }

    fn is_written(&self) -> bool {
        self.guards.iter().any(Guard::writes) || self.handed.iter().any(|handed| handed.writes)
    }

    /// May one more come in, apart from those who wait?
    fn fits(&self, writes: bool) -> bool {
        let room = if writes { self.readers() == 0 } else { self.readers() < self.most };
        room && !self.is_written()
    }

    fn may(&self, writes: bool) -> bool {
        self.line.is_empty() && self.fits(writes)
    }

    fn ask(&mut self, writes: bool, owned: bool) {
        let (lock, may) = (self.lock, self.may(writes));
        let future: Asking<'a> = match (writes, owned) {
            (true, _) => Box::pin(async { Guard::Write(lock.write().await) }),
            (false, true) => Box::pin(async { Guard::Owned(lock.clone().read_owned().await) }),
            (false, false) => Box::pin(async { Guard::Read(lock.read().await) }),
        };
        let mut future = Polled::new(future);
        match future.poll() {
            Poll::Ready(guard) => {
                assert!(may);
                self.guards.push(guard);
            }
            Poll::Pending => {
                assert!(!may);
                self.line.push_back(Waiting { writes, future });
            }
        }
    }

    fn try_ask(&mut self, writes: bool) {
        let (lock, may) = (self.lock, self.may(writes));
        let guard = if writes {
            lock.try_write().map(Guard::Write)
        } else {
            lock.try_read().map(Guard::Read)
        };
        assert_eq!(guard.is_ok(), may);
        self.guards.extend(guard);
    }

    /// Writes, narrows, downgrades or lets go.
    fn use_one(&mut self, rng: &Rng) {
        if self.guards.is_empty() {
            return;
        }
        let guard = self.guards.swap_remove(rng.below(self.guards.len() as u32) as usize);
        let kept = match guard {
            Guard::Write(mut guard) => match rng.below(4) {
                0 => {
                    self.value = rng.next();
                    *guard = self.value;
                    Some(Guard::Write(guard))
                }
                1 => Some(Guard::Part(RwLockWriteGuard::map(guard, |value| value))),
                2 => Some(Guard::Read(guard.downgrade())),
                _ => None,
            },
            Guard::Part(mut guard) if rng.below(2) == 0 => {
                self.value = rng.next();
                *guard = self.value;
                Some(Guard::Part(guard))
            }
            _ => None,
        };
        self.guards.extend(kept);
    }

    /// Somebody who waits, or was handed the lock, does not want it any more.
    fn give_up(&mut self, rng: &Rng) {
        let all = self.line.len() + self.handed.len();
        if all == 0 {
            return;
        }
        let which = rng.below(all as u32) as usize;
        if which < self.line.len() {
            drop(self.line.remove(which));
        } else {
            drop(self.handed.swap_remove(which - self.line.len()));
        }
    }

    fn look(&mut self) {
        if !self.handed.is_empty() {
            let mut handed = self.handed.remove(0);
            self.guards.push(handed.future.ready());
        }
    }

    /// The model hands the lock on; then both must be the same.
    fn check(&mut self) {
        while self.line.front().is_some_and(|first| self.fits(first.writes)) {
            self.handed.extend(self.line.pop_front());
        }
        assert!(self.handed.iter().all(|handed| handed.future.wakes() == 1));
        assert!(self.line.iter().all(|waiting| waiting.future.wakes() == 0));
        assert!(self.guards.iter().all(|guard| guard.seen() == self.value));
        let free = self.may(false);
        assert_eq!(self.lock.try_read().is_ok(), free);
        assert!(!self.is_written() || self.readers() == 0);
    }
}

fn walk(seed: u64) {
    let rng = Rng::seeded(seed);
    let most = 1 + rng.below(4);
    let lock = Arc::new(RwLock::with_max_readers(0, most));
    let mut walk = Walk {
        lock: &lock,
        most,
        value: 0,
        guards: Vec::new(),
        line: VecDeque::new(),
        handed: Vec::new(),
    };
    for _ in 0..60 {
        match rng.below(12) {
            0..=2 => walk.ask(false, rng.below(2) == 0),
            3 => walk.ask(true, false),
            4 => walk.try_ask(rng.below(2) == 0),
            5..=8 => walk.use_one(&rng),
            9 => walk.give_up(&rng),
            _ => walk.look(),
        }
        walk.check();
    }
    drop(walk);
    assert!(lock.try_write().is_ok());
}

#[test]
fn it_behaves_as_a_queue_and_a_count() {
    for seed in 0..3000 {
        let outcome = std::panic::catch_unwind(|| walk(seed));
        assert!(outcome.is_ok(), "seed {seed}");
    }
}

/// INV-100: threads that read, write, downgrade and change their minds: no reader beside a writer,
/// nothing lost of what was written, and all shares back at the end.
#[test]
fn threads_never_meet_a_writer() {
    must_end(|| {
        let lock = Arc::new(RwLock::with_max_readers(0u32, 3));
        // Readers, or -1 for a writer.
        let (inside, writes) = (AtomicIsize::new(0), AtomicU32::new(0));
        let read = || {
            // Ordering: Relaxed, a count; the lock orders it.
            assert!(inside.fetch_add(1, Ordering::Relaxed) >= 0);
            // Ordering: as above.
            inside.fetch_sub(1, Ordering::Relaxed);
        };
        let write = |value: &mut u32| {
            // Ordering: as above.
            assert_eq!(inside.swap(-1, Ordering::Relaxed), 0);
            *value += 1;
            // Ordering: as above.
            writes.fetch_add(1, Ordering::Relaxed);
            // Ordering: as above.
            inside.store(0, Ordering::Relaxed);
        };
        let work = |seed| {
            count::shake(seed);
            let rng = Rng::seeded(seed);
            for _ in 0..1500 {
                match rng.below(6) {
                    0 | 1 => {
                        let guard = block_on(lock.read());
                        read();
                        drop(guard);
                    }
                    2 => write(&mut block_on(lock.write())),
                    3 => {
                        let mut guard = block_on(lock.clone().write_owned());
                        write(&mut guard);
                        let before = *guard;
                        let guard = guard.downgrade();
                        read();
                        assert_eq!(*guard, before);
                    }
                    4 => {
                        let mut asks = Polled::new(lock.write());
                        let guards = (0..rng.below(4)).map(|_| asks.poll());
                        let ready = guards.into_iter().find(Poll::is_ready);
                        if let Some(Poll::Ready(mut guard)) = ready {
                            write(&mut guard);
                        }
                    }
                    _ => {
                        let mut asks = Polled::new(lock.read());
                        let _ = asks.poll();
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for seed in 0..4 {
                scope.spawn(move || work(seed));
            }
        });
        // Ordering: Relaxed, after the joins.
        let writes = writes.load(Ordering::Relaxed);
        assert_eq!(*lock.try_write().expect("all shares are back"), writes);
    });
}
