//! what all queues are: a store of items, and a tally of what is not done.
//!
//! Read before: `sync/queue/store.rs`, `sync/notify.rs`. Here stand the operations, whatever the
//! order of the items is: that is the business of a [`Shelf`], which puts an item onto the pile and
//! takes the next one off.
//!
//! * A shelf that compares items runs foreign code, which may panic. Then its `push` and `pop` have
//!   done nothing, and what was taken for it goes back.
//! * After a shutdown the pile only gets smaller. Whoever takes the last item tells the getters.
//! * `join` ends when the number of unfinished items *becomes* zero, even if somebody puts again
//!   before the waiting task runs: so it watches how often that has happened, not the number.
//!
//! Next: `sync/queue/face.rs`, what a queue looks like from outside.

#![forbid(unsafe_code)]

use super::error::{QueueShutDown, TaskDoneError, TryGetError, TryPutError};
use super::store::{Refused, Store, Want};
use crate::base::note::Kind;
use crate::base::pad::CachePadded;
use crate::sync::notify::Notify;
use crate::wake::coop;
use std::collections::VecDeque;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;

/// In which order the items come out. `P` is what of it stands under the lock of the store.
pub(crate) trait Shelf<P> {
    type Item;
    /// What a shutdown throws away: to be dropped when no lock is held.
    type Rest;

    /// Puts an item onto the pile, at a place that is `taken` already or is taken here. `Err`: it
    /// has not put it. A panic changes nothing.
    fn push(
        &self,
        store: &Store<P>,
        item: Self::Item,
        taken: bool,
    ) -> Result<(), (Self::Item, Refused)>;

    /// Takes the next item off the pile; `taken` says that one is ours already. A panic changes
    /// nothing.
    fn pop(&self, store: &Store<P>, taken: bool) -> Result<Self::Item, Refused>;

    /// What [`shut_down`](super::store::Numbers::shut_down) says, and the items if they are thrown
    /// away.
    fn shut_down(&self, store: &Store<P>, immediate: bool) -> (Self::Rest, bool);
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

/// The pile's own order: no foreign code, so everything happens under the one lock.
#[derive(Debug, Default)]
pub(crate) struct AsItCame;

impl<P: Pile> Shelf<P> for AsItCame {
    type Item = P::Item;
    type Rest = P;

    #[inline]
    fn push(&self, store: &Store<P>, item: P::Item, taken: bool) -> Result<(), (P::Item, Refused)> {
        let mut locked = store.lock();
        let (numbers, pile) = &mut *locked;
        let place = if taken { Ok(()) } else { numbers.take_place() };
        match place.and_then(|()| numbers.admit()) {
            Ok(news) => {
                pile.push(item);
                drop(locked);
                store.tell(news);
                Ok(())
            }
            Err(refused) => Err((item, refused)),
        }
    }

    #[inline]
    fn pop(&self, store: &Store<P>, taken: bool) -> Result<P::Item, Refused> {
        let mut locked = store.lock();
        let (numbers, pile) = &mut *locked;
        if !taken {
            numbers.take_item()?;
        }
        // None: what we were given was thrown away by a shutdown.
        let item = pile.pop().ok_or(Refused::ShutDown)?;
        let news = numbers.dismiss();
        drop(locked);
        store.tell(news);
        Ok(item)
    }

    fn shut_down(&self, store: &Store<P>, immediate: bool) -> (P, bool) {
        let mut locked = store.lock();
        let rest = if immediate { mem::take(&mut locked.1) } else { P::default() };
        (rest, locked.0.shut_down(immediate))
    }
}

/// A queue, whatever its order. Its methods are explained in `sync/queue/face.rs`.
#[derive(Debug)]
pub(crate) struct Core<S, P> {
    shelf: S,
    store: CachePadded<Store<P>>,
    /// Zero: there is always room.
    maxsize: usize,
    /// Told when the number of unfinished items becomes zero.
    finished: Notify,
}

/// The largest limit, the same as a semaphore's.
const MOST: usize = usize::MAX >> 3;

impl<S: Default, P: Default> Core<S, P> {
    #[track_caller]
    pub(super) fn new(maxsize: usize) -> Self {
        assert!(
            maxsize <= MOST,
            "a queue cannot hold {maxsize} items: say 0 for a queue without a limit"
        );
        let store = CachePadded(Store::new(if maxsize == 0 { usize::MAX } else { maxsize }));
        Self { shelf: S::default(), store, maxsize, finished: Notify::of(Kind::Queue) }
    }
}

impl<S: Shelf<P>, P> Core<S, P> {
    pub(super) async fn put(&self, mut item: S::Item) -> Result<(), QueueShutDown<S::Item>> {
        // Where there is always room it is never pending, so that nothing can drop the item.
        let limited = self.maxsize > 0;
        if !limited || coop::left() > 0 {
            match self.try_put(item) {
                Err(TryPutError::Full(back)) => item = back,
                done => {
                    if limited {
                        coop::spend();
                    }
                    return done.map_err(|refused| QueueShutDown(refused.into_inner()));
                }
            }
        }
        if self.store.stand(Want::Place).await.is_err() {
            return Err(QueueShutDown(item));
        }
        self.shelf.push(&self.store, item, true).map_err(|(item, _)| QueueShutDown(item))
    }

    #[inline]
    pub(super) fn try_put(&self, item: S::Item) -> Result<(), TryPutError<S::Item>> {
        self.shelf.push(&self.store, item, false).map_err(|(item, refused)| match refused {
            Refused::Empty => TryPutError::Full(item),
            Refused::ShutDown => TryPutError::ShutDown(item),
        })
    }

    pub(super) async fn get(&self) -> Result<S::Item, QueueShutDown> {
        if coop::left() > 0 {
            match self.try_get() {
                Err(TryGetError::Empty) => {}
                done => {
                    coop::spend();
                    return done.map_err(|_| QueueShutDown(()));
                }
            }
        }
        self.store.stand(Want::Item).await?;
        self.shelf.pop(&self.store, true).map_err(|_| QueueShutDown(()))
    }

    #[inline]
    pub(super) fn try_get(&self) -> Result<S::Item, TryGetError> {
        self.shelf.pop(&self.store, false).map_err(|refused| match refused {
            Refused::Empty => TryGetError::Empty,
            Refused::ShutDown => TryGetError::ShutDown,
        })
    }

    pub(super) fn task_done(&self) -> Result<(), TaskDoneError> {
        let mut locked = self.store.lock();
        if locked.0.unfinished == 0 {
            return Err(TaskDoneError(()));
        }
        let all = locked.0.finish(1);
        drop(locked);
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
            let (unfinished, times) = {
                let numbers = &self.store.lock().0;
                (numbers.unfinished, numbers.times_finished)
            };
            if unfinished == 0 || *before.get_or_insert(times) != times {
                return;
            }
            finished.await;
        }
    }

    pub(super) fn shutdown(&self, immediate: bool) {
        // Dropped at the end, when no lock is held: destructors are not ours.
        let (_thrown_away, all_done) = self.shelf.shut_down(&self.store, immediate);
        let over = self.len() == 0;
        // Three lines of waiters: a waker that panics in one must not keep the others.
        let putters = catch_unwind(AssertUnwindSafe(|| self.store.call_putters()));
        let getters = catch_unwind(AssertUnwindSafe(|| over.then(|| self.store.call_getters())));
        if all_done {
            self.finished.notify_waiters();
        }
        if let Err(panic) = putters.and(getters) {
            resume_unwind(panic);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.numbers().0
    }

    pub(super) fn is_full(&self) -> bool {
        self.maxsize > 0 && self.len() >= self.maxsize
    }

    pub(super) fn maxsize(&self) -> usize {
        self.maxsize
    }

    /// How many are on the pile, and how many not done.
    pub(super) fn numbers(&self) -> (usize, usize) {
        let numbers = &self.store.lock().0;
        (numbers.len, numbers.unfinished)
    }
}
