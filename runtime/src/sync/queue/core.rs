//! what all queues are: items between two counters, and a tally of what is not done.
//!
//! Read before: `sync/semaphore/permits.rs`, `sync/notify.rs`. A queue is a [`Shelf`] of items
//! between two counters: how many items there are to get, and how much room to put. Both are
//! [`Permits`], so both sides are first come, first served, and cancel-safe, without another line
//! of code.
//!
//! ```text
//!               room                                       items
//!   put: acquire 1 ──► shelf.push ──► release 1 ───────────► acquire 1 :get
//!                release 1 ◄────────── shelf.pop ◄──────────┘
//! ```
//!
//! * A getter is given a permit, not an item: the item stays on the shelf until the getter takes
//!   it. So a getter that is cancelled, even after it was woken, loses nothing.
//! * For each item on the shelf there is one permit: in `items`, or handed to a getter, or on its
//!   way in the `put` that pushed it. Only a shutdown breaks this: it can leave getters without an
//!   item.
//! * A shelf that compares items runs foreign code, which may panic. Then its `push` and `pop` have
//!   done nothing, and the permit for it goes back.
//! * After a shutdown the shelf only empties. Whoever takes the last item closes `items`.
//! * `join` ends when the number of unfinished items *becomes* zero, even if somebody puts again
//!   before the waiting task runs: so it watches how often that has happened, not the number.
//!
//! The order of the items is the business of the shelf alone. Next: `sync/queue/face.rs`, what a
//! queue looks like from outside.

#![forbid(unsafe_code)]

use super::error::{QueueShutDown, TaskDoneError, TryGetError, TryPutError};
use crate::base::note::Kind;
use crate::base::pad::CachePadded;
use crate::base::prim::Mutex;
use crate::sync::notify::Notify;
use crate::sync::semaphore::error::TryAcquireError;
use crate::sync::semaphore::permits::Permits;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;

/// The numbers of a queue, under a lock of its shelf.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// On the shelf.
    len: usize,
    /// Put, and not yet done.
    unfinished: usize,
    /// How often `unfinished` has become zero.
    times_finished: u64,
    shut_down: bool,
}

impl Tally {
    /// May an item come onto the shelf? Then it counts.
    #[inline]
    pub(super) fn admit(&mut self) -> bool {
        self.len += usize::from(!self.shut_down);
        self.unfinished += usize::from(!self.shut_down);
        !self.shut_down
    }

    /// An item has left the shelf. Was it the last one, for good?
    #[inline]
    pub(super) fn dismiss(&mut self) -> bool {
        self.len -= 1;
        self.is_over()
    }

    pub(super) fn is_over(&self) -> bool {
        self.shut_down && self.len == 0
    }

    /// `n` items are done. Are all?
    fn finish(&mut self, n: usize) -> bool {
        self.unfinished -= n;
        let all = n > 0 && self.unfinished == 0;
        self.times_finished += u64::from(all);
        all
    }

    /// Nothing is put any more; if `immediate`, what is on the shelf is thrown away, and done.
    pub(super) fn shut_down(&mut self, immediate: bool) -> ShutDown {
        self.shut_down = true;
        let gone = if immediate { mem::take(&mut self.len) } else { 0 };
        // More may have been said to be done than was got.
        let all_done = self.finish(gone.min(self.unfinished));
        ShutDown { all_done, over: self.is_over() }
    }
}

/// What a shutdown has brought about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShutDown {
    all_done: bool,
    over: bool,
}

/// Where the items are and in what order; with its own locks.
pub(crate) trait Shelf {
    type Item;
    /// What a shutdown throws away: to be dropped when no lock is held.
    type Rest;

    /// Looks at the numbers, under their lock.
    fn tally<R>(&self, look: impl FnOnce(&mut Tally) -> R) -> R;

    /// Puts an item onto the shelf, unless the queue was shut down. A panic changes nothing.
    fn push(&self, item: Self::Item) -> Result<(), Self::Item>;

    /// Takes the next item off the shelf, if there is one; and is it over now? A panic changes
    /// nothing.
    fn pop(&self) -> (Option<Self::Item>, bool);

    fn shut_down(&self, immediate: bool) -> (Self::Rest, ShutDown);
}

/// Items in the order of their coming, from either end.
pub(crate) trait Pile: Default {
    type Item;

    fn push(&mut self, item: Self::Item);
    fn pop(&mut self) -> Option<Self::Item>;
}

/// First in, first out.
impl<T> Pile for VecDeque<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        self.push_back(item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        self.pop_front()
    }
}

/// Last in, first out.
impl<T> Pile for Vec<T> {
    type Item = T;

    #[inline]
    fn push(&mut self, item: T) {
        Vec::push(self, item);
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        Vec::pop(self)
    }
}

/// A pile and its numbers under one lock: no foreign code puts it in order.
#[derive(Debug, Default)]
pub(crate) struct Locked<P>(Mutex<(Tally, P)>);

impl<P: Pile> Shelf for Locked<P> {
    type Item = P::Item;
    type Rest = P;

    #[inline]
    fn tally<R>(&self, look: impl FnOnce(&mut Tally) -> R) -> R {
        look(&mut self.0.lock().0)
    }

    #[inline]
    fn push(&self, item: P::Item) -> Result<(), P::Item> {
        let mut locked = self.0.lock();
        if !locked.0.admit() {
            return Err(item);
        }
        locked.1.push(item);
        Ok(())
    }

    #[inline]
    fn pop(&self) -> (Option<P::Item>, bool) {
        let mut locked = self.0.lock();
        let (tally, pile) = &mut *locked;
        match pile.pop() {
            Some(item) => (Some(item), tally.dismiss()),
            None => (None, tally.is_over()),
        }
    }

    fn shut_down(&self, immediate: bool) -> (P, ShutDown) {
        let mut locked = self.0.lock();
        let rest = if immediate { mem::take(&mut locked.1) } else { P::default() };
        (rest, locked.0.shut_down(immediate))
    }
}

/// A permit that is taken and not yet used: it goes back if a shelf panics.
struct Claim<'a>(&'a Permits);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.release(1);
    }
}

/// A queue, whatever its order. Its methods are explained in `sync/queue/face.rs`.
pub(crate) struct Core<S> {
    // Each is written by every put and get: on one line they would wait for each other's.
    shelf: CachePadded<S>,
    items: CachePadded<Permits>,
    /// `None`: there is always room.
    room: CachePadded<Option<Permits>>,
    maxsize: usize,
    /// Told when the number of unfinished items becomes zero.
    finished: Notify,
}

impl<S: Shelf + Default> Core<S> {
    #[track_caller]
    pub(super) fn new(maxsize: usize) -> Self {
        assert!(
            maxsize <= Permits::MAX,
            "a queue cannot hold {maxsize} items: say 0 for a queue without a limit"
        );
        Self {
            shelf: CachePadded(S::default()),
            items: CachePadded(Permits::new(Kind::Queue, 0)),
            room: CachePadded((maxsize > 0).then(|| Permits::new(Kind::Queue, maxsize))),
            maxsize,
            finished: Notify::of(Kind::Queue),
        }
    }
}

impl<S: Shelf> Core<S> {
    pub(super) async fn put(&self, item: S::Item) -> Result<(), QueueShutDown<S::Item>> {
        if let Some(room) = &*self.room
            && !room.acquire_now(1)
            && room.acquire(1).await.is_err()
        {
            return Err(QueueShutDown(item));
        }
        self.push(item).map_err(QueueShutDown)
    }

    pub(super) fn try_put(&self, item: S::Item) -> Result<(), TryPutError<S::Item>> {
        if let Some(room) = &*self.room {
            match room.try_acquire(1) {
                Ok(()) => {}
                Err(TryAcquireError::NoPermits) => return Err(TryPutError::Full(item)),
                Err(TryAcquireError::Closed) => return Err(TryPutError::ShutDown(item)),
            }
        }
        self.push(item).map_err(TryPutError::ShutDown)
    }

    /// There is room, and it is ours.
    fn push(&self, item: S::Item) -> Result<(), S::Item> {
        let claim = self.room.as_ref().map(Claim);
        let outcome = self.shelf.push(item);
        // Used; or the queue was shut down, and nobody asks for room any more.
        mem::forget(claim);
        outcome?;
        self.items.release(1);
        Ok(())
    }

    pub(super) async fn get(&self) -> Result<S::Item, QueueShutDown> {
        if !self.items.acquire_now(1) && self.items.acquire(1).await.is_err() {
            return Err(QueueShutDown(()));
        }
        self.pop().ok_or(QueueShutDown(()))
    }

    pub(super) fn try_get(&self) -> Result<S::Item, TryGetError> {
        match self.items.try_acquire(1) {
            Ok(()) => self.pop().ok_or(TryGetError::ShutDown),
            Err(TryAcquireError::NoPermits) => Err(TryGetError::Empty),
            Err(TryAcquireError::Closed) => Err(TryGetError::ShutDown),
        }
    }

    /// There is an item, and it is ours, unless a shutdown took it.
    fn pop(&self) -> Option<S::Item> {
        let claim = Claim(&self.items);
        let (item, over) = self.shelf.pop();
        mem::forget(claim);
        if over {
            self.items.close();
        }
        if let Some(room) = &*self.room
            && item.is_some()
        {
            room.release(1);
        }
        item
    }

    pub(super) fn task_done(&self) -> Result<(), TaskDoneError> {
        let all = self.shelf.tally(|tally| {
            if tally.unfinished == 0 { Err(TaskDoneError(())) } else { Ok(tally.finish(1)) }
        })?;
        if all {
            self.finished.notify_waiters();
        }
        Ok(())
    }

    pub(super) async fn join(&self) {
        let mut before = None;
        loop {
            // Listens before it looks, so it cannot miss the end.
            let finished = pin!(self.finished.notified());
            let over = self.shelf.tally(|tally| {
                let times = tally.times_finished;
                tally.unfinished == 0 || *before.get_or_insert(times) != times
            });
            if over {
                return;
            }
            finished.await;
        }
    }

    pub(super) fn shutdown(&self, immediate: bool) {
        // Dropped at the end, when no lock is held: destructors are not ours.
        let (_thrown_away, ShutDown { all_done, over }) = self.shelf.shut_down(immediate);
        // Three lines of waiters: a waker that panics in one must not keep the others.
        let room = catch_unwind(AssertUnwindSafe(|| self.room.iter().for_each(Permits::close)));
        let items = catch_unwind(AssertUnwindSafe(|| over.then(|| self.items.close())));
        if all_done {
            self.finished.notify_waiters();
        }
        if let Err(panic) = room.and(items) {
            resume_unwind(panic);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shelf.tally(|tally| tally.len)
    }

    pub(super) fn is_full(&self) -> bool {
        self.maxsize > 0 && self.len() >= self.maxsize
    }

    pub(super) fn maxsize(&self) -> usize {
        self.maxsize
    }

    /// How many are on the shelf, and how many not done.
    pub(super) fn numbers(&self) -> (usize, usize) {
        self.shelf.tally(|tally| (tally.len, tally.unfinished))
    }
}
