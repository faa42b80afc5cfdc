//! the numbers of a queue, its items, and the lines of those who wait, under one lock.
//!
//! Read before: `wake/wait_list.rs`, `sync/semaphore/acquire.rs`. A put takes a place and leaves an
//! item, a get does the opposite: so there are two stocks, and at each a line of those who found it
//! empty. Next: `sync/queue/core.rs`.
//!
//! ```text
//!                places                           items
//!   put: take 1 ───────► the item, onto the pile ───────► give 1
//!        give 1 ◄─────── the item, off the pile  ◄─────── take 1 :get
//! ```
//!
//! * What is given goes to the first in line, by name, and into the stock only if nobody waits. So
//!   a stock is empty while its line is not, and nobody is overtaken.
//! * A getter is given one of the items, not this item: it stays on the pile until the getter takes
//!   it. A getter that is dropped, even after it was woken, loses nothing: what it was given goes
//!   on to the next.
//! * For each item on the pile one is in stock, or given to a getter that has not taken it yet.
//!   Only an immediate shutdown breaks this: it can leave getters without an item, and a stock that
//!   nobody takes from any more.
//! * One lock and not a counter at each side of the pile: a put into a `Queue` is then two
//!   read-modify-writes where it was four, and so is a get; and the threads take one line from each
//!   other in place of three.

use super::error::QueueShutDown;
use crate::base::note::Kind;
use crate::base::prim::{Mutex, MutexGuard};
use crate::wake::coop;
use crate::wake::says;
use crate::wake::wait_list::{Handed, Left, Line, Standing, Waiter, call_all};
use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// Why somebody does not get what is asked for at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There is none: wait.
    Empty,
    /// There will be none.
    ShutDown,
}

/// Places, or items: how many there are to take, and who waits for one.
struct Stock {
    free: usize,
    line: Line,
}

impl Stock {
    fn new(free: usize) -> Self {
        Self { free, line: Line::new(Kind::Queue) }
    }

    #[inline]
    fn take(&mut self) -> Result<(), Refused> {
        self.free = self.free.checked_sub(1).ok_or(Refused::Empty)?;
        Ok(())
    }

    /// One more: for the first in line. Whom to wake, after the lock.
    #[inline]
    fn give(&mut self) -> Option<Waker> {
        if self.line.is_empty() {
            self.free += 1;
            return None;
        }
        self.line.hand_first().flatten()
    }
}

/// The numbers of a queue.
pub(crate) struct Numbers {
    places: Stock,
    items: Stock,
    /// On the pile.
    pub(super) len: usize,
    /// Put, and not yet done.
    pub(super) unfinished: usize,
    /// How often `unfinished` has become zero.
    pub(super) times_finished: u64,
    shut_down: bool,
}

impl Numbers {
    /// For a put: a place, if there is one.
    #[inline]
    pub(super) fn take_place(&mut self) -> Result<(), Refused> {
        if self.shut_down { Err(Refused::ShutDown) } else { self.places.take() }
    }

    /// For a get: an item, if there is one.
    #[inline]
    pub(super) fn take_item(&mut self) -> Result<(), Refused> {
        if self.is_over() { Err(Refused::ShutDown) } else { self.items.take() }
    }

    /// An item comes onto the pile, at a place that was taken. Whom to wake; `Err`: it may not.
    #[inline]
    pub(super) fn admit(&mut self) -> Result<News, Refused> {
        if self.shut_down {
            return Err(Refused::ShutDown);
        }
        self.len += 1;
        self.unfinished += 1;
        Ok(News { waker: self.items.give(), over: false })
    }

    /// An item that was taken leaves the pile. Whom to tell.
    #[inline]
    pub(super) fn dismiss(&mut self) -> News {
        self.len -= 1;
        News { waker: self.places.give(), over: self.is_over() }
    }

    /// Shut down, and nothing left to get.
    fn is_over(&self) -> bool {
        self.shut_down && self.len == 0
    }

    /// `n` items are done. Are all?
    pub(super) fn finish(&mut self, n: usize) -> bool {
        self.unfinished -= n;
        let all = n > 0 && self.unfinished == 0;
        self.times_finished += u64::from(all);
        all
    }

    /// Nothing is put any more; if `immediate`, what is on the pile is thrown away, and done. Are
    /// all items done now?
    pub(super) fn shut_down(&mut self, immediate: bool) -> bool {
        self.shut_down = true;
        let gone = if immediate { mem::take(&mut self.len) } else { 0 };
        // More may have been said to be done than was got.
        self.finish(gone.min(self.unfinished))
    }
}

/// What others are to be told, after the lock.
#[must_use]
pub(crate) struct News {
    waker: Option<Waker>,
    over: bool,
}

/// Which stock somebody wants one of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Want {
    Place,
    Item,
}

impl Want {
    fn take(self, numbers: &mut Numbers) -> Result<(), Refused> {
        match self {
            Self::Place => numbers.take_place(),
            Self::Item => numbers.take_item(),
        }
    }

    fn stock(self, numbers: &mut Numbers) -> &mut Stock {
        match self {
            Self::Place => &mut numbers.places,
            Self::Item => &mut numbers.items,
        }
    }
}

/// The numbers and what else is under their lock: the pile, unless foreign code puts it in order.
pub(crate) struct Store<P>(Mutex<(Numbers, P)>);

impl<P: Default> Store<P> {
    pub(super) fn new(places: usize) -> Self {
        let (places, items) = (Stock::new(places), Stock::new(0));
        let numbers =
            Numbers { places, items, len: 0, unfinished: 0, times_finished: 0, shut_down: false };
        Self(Mutex::new((numbers, P::default())))
    }
}

impl<P> Store<P> {
    #[inline]
    pub(super) fn lock(&self) -> MutexGuard<'_, (Numbers, P)> {
        self.0.lock()
    }

    #[inline]
    pub(super) fn tell(&self, news: News) {
        match news {
            News { waker, over: true } => self.tell_the_end(waker),
            News { waker: Some(waker), .. } => waker.wake(),
            News { waker: None, .. } => {}
        }
    }

    /// A waker that panics must not keep the getters from being told: nobody else tells them.
    #[cold]
    fn tell_the_end(&self, waker: Option<Waker>) {
        let woken = catch_unwind(AssertUnwindSafe(|| waker.map(Waker::wake)));
        self.call_getters();
        if let Err(panic) = woken {
            resume_unwind(panic);
        }
    }

    /// It is over: whoever still waits for an item is told.
    pub(super) fn call_getters(&self) {
        call_all(&self.0, self.lock(), |store| &mut store.0.items.line);
    }

    /// Shut down: whoever waits for a place is told.
    pub(super) fn call_putters(&self) {
        call_all(&self.0, self.lock(), |store| &mut store.0.places.line);
    }

    /// What was taken, and not used, goes to the next.
    pub(super) fn give_back(&self, what: Want) {
        let waker = what.stock(&mut self.lock().0).give();
        self.tell(News { waker, over: false });
    }

    /// Waits for one, behind all who came before.
    pub(super) fn stand(&self, want: Want) -> Stand<'_, P> {
        Stand { store: self, want, waiter: Waiter::new() }
    }
}

impl<P> fmt::Debug for Store<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// Somebody in line. Ready when a place or an item is taken for it, or when there will be none.
///
/// FIFO among all who wait. Cancel-safe: dropped, it passes on what it was given. Not fused.
#[derive(Debug)]
#[must_use = "futures do nothing unless they are polled"]
pub(crate) struct Stand<'a, P> {
    store: &'a Store<P>,
    want: Want,
    waiter: Waiter,
}

impl<P> Future for Stand<'_, P> {
    type Output = Result<(), QueueShutDown>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(coop::ready(cx));
        let this = self.into_ref().get_ref();
        // SAFETY(INV-55): `self` was pinned.
        let polled = unsafe { this.poll_in_line(cx) };
        says::located(polled, std::ptr::from_ref(this.store).addr())
    }
}

impl<P> Stand<'_, P> {
    /// # Safety
    /// INV-55: the future is pinned.
    unsafe fn poll_in_line(&self, cx: &mut Context<'_>) -> Poll<Result<(), QueueShutDown>> {
        loop {
            let outcome = match self.waiter.standing() {
                // SAFETY(INV-55): the caller's promise.
                Standing::Out => ready!(unsafe { self.line_up(cx.waker().clone()) }),
                Standing::Waiting => {
                    if self.waiter.rewaken(&self.store.0, cx.waker()) {
                        return Poll::Pending;
                    }
                    continue;
                }
                Standing::Handed(Handed::All) => Err(QueueShutDown(())),
                Standing::Handed(_) => Ok(()),
            };
            self.waiter.settle();
            coop::spend();
            return Poll::Ready(outcome);
        }
    }

    /// Joins the line, unless there is nothing to wait for after all.
    ///
    /// # Safety
    /// INV-55: the future is pinned.
    unsafe fn line_up(&self, waker: Waker) -> Poll<Result<(), QueueShutDown>> {
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut store = self.store.lock();
        match self.want.take(&mut store.0) {
            Ok(()) => return Poll::Ready(Ok(())),
            Err(Refused::ShutDown) => return Poll::Ready(Err(QueueShutDown(()))),
            Err(Refused::Empty) => {}
        }
        // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
        unsafe { self.want.stock(&mut store.0).line.join(&self.waiter, Some(waker), 1) };
        Poll::Pending
    }
}

impl<P> Drop for Stand<'_, P> {
    #[inline]
    fn drop(&mut self) {
        if self.waiter.standing() != Standing::Out {
            self.give_up();
        }
    }
}

impl<P> Stand<'_, P> {
    #[cold]
    fn give_up(&mut self) {
        let mut store = self.store.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        let left = unsafe { self.want.stock(&mut store.0).line.leave(&self.waiter) };
        drop(store);
        match left {
            Left::Waiting(waker) => drop(waker),
            Left::Handed(Handed::All) => {}
            Left::Handed(_) => self.store.give_back(self.want),
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::wake::wait_list::poller::Polled;
    use std::sync::Arc;
    use std::task::Wake;

    struct Panics;

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker");
        }
    }

    /// Between the shutdown and the word to the putters, the last item is taken for one of them.
    #[test]
    fn a_putters_waker_that_panics_does_not_keep_the_getters_from_hearing_of_the_end() {
        let store = Store::<()>::new(0);
        let mut putter = Polled::new(store.stand(Want::Place));
        assert!(putter.poll_with(&Arc::new(Panics).into()).is_pending());
        let mut getter = Polled::waiting(store.stand(Want::Item));
        let news = {
            let numbers = &mut store.lock().0;
            numbers.len = 1;
            numbers.shut_down(false);
            numbers.dismiss()
        };
        assert!(catch_unwind(AssertUnwindSafe(|| store.tell(news))).is_err());
        assert_eq!(getter.poll(), Poll::Ready(Err(QueueShutDown(()))));
    }
}
