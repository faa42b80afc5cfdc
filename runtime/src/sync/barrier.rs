//! Barrier: everyone or no one.
//!
//! Read before: `wake/wait_list.rs`. A count and a line under one lock. Whoever arrives is counted;
//! all but the last of a round join the line, and the last lets everybody in it go.
//!
//! ```text
//!   arrive (lock)   count + 1 < n:   count + 1, join the line, Pending
//!                   count + 1 = n:   count = 0, call everybody in line; this one leads
//! ```
//!
//! A round needs no number. A call moves the whole line aside in the step that sets the count back,
//! so whoever arrives afterwards, while the others are being woken, belongs to the next round.
//!
//! An arrival stands, even if its future is dropped while it waits: tokio's rule. The count and the
//! length of the line differ by those who are gone.
//!
//! There is no word beside the lock: who arrives has to join the line or call it, so there is no
//! path without the lock. Next: `sync/once_cell.rs`.

use crate::base::note::Kind;
use crate::base::prim::Mutex;
use crate::wake::coop;
use crate::wake::wait_list::{Left, Line, Standing, Waiter, call_all};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// Lets tasks wait for each other: each waits until `n` have arrived, then all go on.
///
/// It can be used again at once, round after round.
///
/// asyncio: `Barrier`. It differs in five ways. There, `wait` returns the index of the arrival,
/// here it says who leads. There, a cancelled wait is not counted, here the arrival stands. There,
/// a task that comes back waits until the last of the round before has gone on, here the next round
/// begins at once. There, a barrier for nobody is an error. `abort` and `reset`, which make the
/// waits of others fail, are not here: who wants to be told to give up waits for an
/// [`Event`](super::event::Event) beside the barrier.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Barrier;
/// use std::sync::Arc;
///
/// let barrier = Arc::new(Barrier::new(10));
/// let tasks: Vec<_> = (0..10)
///     .map(|_| {
///         let barrier = barrier.clone();
///         mainspring::spawn(async move { barrier.wait().await.is_leader() })
///     })
///     .collect();
/// let mut leaders = 0;
/// for task in tasks {
///     leaders += usize::from(task.await.unwrap());
/// }
/// assert_eq!(leaders, 1);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Barrier {
    round: Mutex<Round>,
    n: usize,
}

struct Round {
    /// Below `n` whenever the lock is free.
    arrived: usize,
    line: Line,
}

/// What a [`Barrier::wait`] returns: whether this one leads.
#[derive(Debug, Clone)]
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Is this the one of its round that leads? It is the one that arrived last, and the only one.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let alone = mainspring::sync::Barrier::new(1);
    /// assert!(alone.wait().await.is_leader());
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier for `n` tasks. Zero is as good as one: nobody waits, everybody leads.
    #[cfg(not(loom))]
    pub const fn new(n: usize) -> Self {
        Self { round: Mutex::new(Round { arrived: 0, line: Line::new(Kind::Barrier) }), n }
    }

    /// A barrier for `n` tasks. Zero is as good as one: nobody waits, everybody leads.
    #[cfg(loom)]
    pub fn new(n: usize) -> Self {
        Self { round: Mutex::new(Round { arrived: 0, line: Line::new(Kind::Barrier) }), n }
    }

    /// Arrives, and waits for the others of this round.
    ///
    /// Goes on without yielding for the one that is the last, which wakes the others in the order
    /// in which they came.
    ///
    /// # Cancel safety
    /// Not safe: the arrival stands. Dropped after its first poll and before it is ready, the
    /// future leaves the line, and is still counted: the others go on without it, and whoever waits
    /// again in its place is counted a second time. Before the first poll nothing has happened.
    pub async fn wait(&self) -> BarrierWaitResult {
        BarrierWaitResult(Wait { barrier: self, waiter: Waiter::new() }.await)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let arrived = self.round.lock().arrived;
        f.debug_struct("Barrier").field("n", &self.n).field("arrived", &arrived).finish()
    }
}

#[derive(Debug)]
struct Wait<'a> {
    barrier: &'a Barrier,
    waiter: Waiter,
}

impl Future for Wait<'_> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        ready!(coop::ready(cx));
        let this = self.into_ref().get_ref();
        let leads = loop {
            match this.waiter.standing() {
                // SAFETY(INV-55): `self` was pinned.
                Standing::Out => break ready!(unsafe { this.arrive(cx.waker().clone()) }),
                Standing::Waiting => {
                    if this.waiter.rewaken(&this.barrier.round, cx.waker()) {
                        return Poll::Pending;
                    }
                }
                Standing::Handed(_) => break false,
            }
        };
        this.waiter.settle();
        coop::spend();
        Poll::Ready(leads)
    }
}

impl Wait<'_> {
    /// Joins the line, or lets those in it go: then it is ready, and leads.
    ///
    /// # Safety
    /// INV-55: the future is pinned.
    unsafe fn arrive(&self, waker: Waker) -> Poll<bool> {
        // Declared after the waker, so gone before it: the lock is free when an unused waker drops.
        let mut round = self.barrier.round.lock();
        round.arrived += 1;
        if round.arrived < self.barrier.n {
            // SAFETY(INV-17): pinned (the caller), OUT (nobody has joined it), and `drop` leaves.
            unsafe { round.line.join(&self.waiter, Some(waker), 0) };
            return Poll::Pending;
        }
        round.arrived = 0;
        call_all(&self.barrier.round, round, |round| &mut round.line);
        Poll::Ready(true)
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if self.waiter.standing() != Standing::Waiting {
            // Out, or let go with everybody else: nothing to pass on.
            return;
        }
        let mut round = self.barrier.round.lock();
        // SAFETY(INV-17): we are its future, and this is the line we join.
        let left: Left = unsafe { round.line.leave(&self.waiter) };
        drop(round);
        // With the waker, if it was not woken: not under the lock.
        drop(left);
    }
}

#[cfg(all(test, not(loom)))]
#[path = "barrier_tests.rs"]
mod tests;

#[cfg(all(test, loom))]
#[path = "barrier_model_tests.rs"]
mod model;
