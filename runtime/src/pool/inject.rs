//! where tasks from outside land: a locked queue whose length is read without the lock.
//!
//! Threads that are no workers put their tasks here, and so do workers whose ring is full. Every
//! worker looks in now and then, which costs a load as long as the queue is empty. The length,
//! written under the lock, stands on the lock's own line: whoever pushes after somebody has taken
//! waits for one line, not for two.
//!
//! ```text
//!   push, push_batch ──► │ lock │ head ──► node ──► node ──► none │ ──► pop, pop_batch
//!                                 first in, first out                   len = 0: no lock
//! ```
//!
//! A push is one lock; the nodes are linked through themselves, so it neither allocates nor finds
//! the queue full. A batch comes in or goes out under one lock, and what is done with each node of
//! it is done after unlocking. All are taken in one step. A part has to be walked along, a cold
//! line for each node, while whoever pushes waits for the lock: let it be small.
//!
//! **The length is a hint.** A sleeper's last look may read an old zero beside a push. That look
//! and the push have to meet in a read-modify-write of one word; who pushes and who sleeps see to
//! it. After such a meeting the length is no older than the push.
//!
//! After `close` nothing gets in: a push gives its nodes back. What was inside goes to whoever
//! closed it.
//!
//! * INV-64: a node is handed over to the queue while it is in it, to be taken by any thread. It is
//!   touched under the lock, or by the one who took it out.
//!
//! Left out: several queues, one for each group of workers. One lock is taken once per batch.

use crate::base::prim::{AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::base::stack::{Chain, Linked};
use std::ptr::NonNull;

/// A queue that anybody may push to and take from.
pub(crate) struct Injector<T> {
    /// Changed under the lock only.
    len: AtomicUsize,
    /// Changed under the lock only.
    closed: AtomicBool,
    queue: Mutex<Chain<T>>,
}

// SAFETY(INV-64): who pushes a node allows any thread to take it, and the queue touches its link
// only.
unsafe impl<T> Send for Injector<T> {}
// SAFETY(INV-64): as above, and under the lock.
unsafe impl<T> Sync for Injector<T> {}

impl<T: Linked> Injector<T> {
    pub(crate) fn new() -> Self {
        Self {
            len: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            queue: Mutex::new(Chain::EMPTY),
        }
    }

    /// Puts `node` behind all others. A closed queue gives it back.
    ///
    /// # Safety
    /// INV-64: the caller hands the node over. INV-4, INV-5.
    pub(crate) unsafe fn push(&self, node: NonNull<T>) -> Result<(), NonNull<T>> {
        let Some(mut queue) = self.open() else { return Err(node) };
        // SAFETY(INV-64): handed over.
        unsafe { queue.push_back(node) };
        self.resize(&queue, |len| len + 1);
        Ok(())
    }

    /// Puts a chain of `count` nodes behind all others. A closed queue gives it back.
    ///
    /// # Safety
    /// INV-64: the caller hands the nodes over, and counted them. INV-5.
    pub(crate) unsafe fn push_batch(&self, chain: Chain<T>, count: usize) -> Result<(), Chain<T>> {
        let Some(mut queue) = self.open() else { return Err(chain) };
        queue.append(chain);
        self.resize(&queue, |len| len + count);
        Ok(())
    }

    /// The queue, for a push. `None`: closed.
    fn open(&self) -> Option<MutexGuard<'_, Chain<T>>> {
        let queue = self.queue.lock();
        // Ordering: Relaxed, changed under the lock.
        (!self.closed.load(Ordering::Relaxed)).then_some(queue)
    }

    /// The guard proves that it is locked.
    fn resize(&self, _locked: &MutexGuard<'_, Chain<T>>, new: impl FnOnce(usize) -> usize) {
        // Ordering: Relaxed, changed under the lock, which is what brings the nodes.
        let len = new(self.len.load(Ordering::Relaxed));
        // Ordering: Relaxed, as above.
        self.len.store(len, Ordering::Relaxed);
    }

    /// Takes the oldest.
    pub(crate) fn pop(&self) -> Option<NonNull<T>> {
        if self.is_empty() {
            return None;
        }
        let mut queue = self.queue.lock();
        let node = queue.pop_front()?;
        self.resize(&queue, |len| len - 1);
        Some(node)
    }

    /// Takes the oldest, at most `max`, under one lock; then gives each to `each`, in order, which
    /// must not panic. How many it was.
    pub(crate) fn pop_batch(&self, max: usize, mut each: impl FnMut(NonNull<T>)) -> usize {
        if self.is_empty() {
            return 0;
        }
        let mut queue = self.queue.lock();
        let (mut chain, taken) = match self.len() {
            len if len <= max => (std::mem::replace(&mut *queue, Chain::EMPTY), len),
            _ => queue.take_front(max),
        };
        self.resize(&queue, |len| len - taken);
        drop(queue);
        while let Some(node) = chain.pop_front() {
            each(node);
        }
        taken
    }

    /// How many there are; a hint.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        // Ordering: Relaxed, a hint; the lock brings the nodes.
        self.len.load(Ordering::Relaxed)
    }

    /// Is there nothing? A hint.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Refuses pushes from now on, and returns what had come.
    pub(crate) fn close(&self) -> Chain<T> {
        let mut queue = self.queue.lock();
        // Ordering: Release, pairs with the Acquire in `is_closed`: what came before the end.
        self.closed.store(true, Ordering::Release);
        self.resize(&queue, |_| 0);
        std::mem::replace(&mut *queue, Chain::EMPTY)
    }

    /// Has it been closed?
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        // Ordering: Acquire, pairs with the Release in `close`.
        self.closed.load(Ordering::Acquire)
    }
}

#[cfg(test)]
#[path = "inject_tests.rs"]
mod tests;

#[cfg(all(test, not(loom)))]
#[path = "random_tests.rs"]
mod random;
