//! PriorityQueue: a queue that hands out the smallest item.
//!
//! Read before: `sync/queue/heap.rs`, `core.rs`. To find the smallest item is to compare items, and
//! comparing is the user's code: it may be slow, panic, or use the queue that it puts in order. So
//! the heap has a lock of its own, which only those take who put, get, or throw everything away:
//!
//! ```text
//!   lock the numbers: is there a place, or an item? it is ours ──► unlock
//!   lock the heap ──► compare, find the place ──► lock the numbers: admitted? ──► move ──► unlock
//!                     the user's code             none of it from here on
//! ```
//!
//! * The numbers (`len`, `task_done`, `join`, a shutdown that is not immediate) have another lock,
//!   under which nothing is compared. No wake, no drop of a future, guard or item needs the lock of
//!   the heap.
//! * A comparison that panics: the heap is as before, what was ours goes back, the panic goes on to
//!   whoever called. From a `put`, the item that was not put is dropped.
//! * A comparison that puts into or gets from its own queue would wait for itself. The lock knows
//!   which thread has it, and panics instead: this is then a comparison that panics.
//! * When the lock of the heap is free, there are as many items in it as the numbers say.
//!
//! What is left for the user: a comparison that waits for another thread, which waits for this
//! queue, waits for ever, as it would with any lock. Next: `sync/queue/task.rs`.

#![forbid(unsafe_code)]

use super::core::{Core, Shelf};
use super::face::queue;
use super::heap::Heap;
use super::store::{Refused, Store, Want};
use crate::base::prim::{AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::wake::coop;
use std::mem;
use std::ops::{Deref, DerefMut};

/// A queue whose items come out in their order: the smallest is got first.
///
/// Equal items come out in the order in which they were put. For the greatest first, wrap the items
/// in [`Reverse`](std::cmp::Reverse); for a priority beside the item, put pairs of both.
///
/// All else is as in [`Queue`](super::fifo::Queue): those who wait to put or to get are served in
/// the order in which they came, and `task_done`, `join` and `shutdown` mean the same.
///
/// Items are compared inside [`put`](Self::put), [`try_put`](Self::try_put), [`get`](Self::get) and
/// [`try_get`](Self::try_get), which exclude each other meanwhile: keep the comparison short. If it
/// panics, so does the call, and nothing else has happened: a `put` has not put its item, a `get`
/// has left the smallest item in the queue.
///
/// asyncio: `PriorityQueue`, which makes no promise about equal items.
///
/// # Panics
/// If the comparison of two items puts into or gets from the queue they are in, or shuts it down
/// immediately: it would wait for itself.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let jobs = mainspring::sync::PriorityQueue::new(0);
/// for job in [(3, "sweep"), (1, "put out the fire"), (2, "call the insurance")] {
///     jobs.put(job).await.unwrap();
/// }
/// assert_eq!(jobs.get().await, Ok((1, "put out the fire")));
/// assert_eq!(jobs.get().await, Ok((2, "call the insurance")));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct PriorityQueue<T> {
    pub(super) core: Core<Sorted<T>, ()>,
}

queue!(PriorityQueue, "PriorityQueue", [Ord], "the smallest item");

/// The heap; the numbers have another lock, which is locked after the heap's, if both are.
pub(crate) struct Sorted<T>(Guarded<T>);

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(Guarded { owner: AtomicUsize::new(0), heap: Mutex::new(Heap::new()) })
    }
}

/// What is taken and not yet used: it goes back if a comparison panics.
struct Claim<'a>(&'a Store<()>, Want);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.give_back(self.1);
    }
}

impl<T: Ord> Shelf<()> for Sorted<T> {
    type Item = T;
    type Rest = Heap<T>;

    fn push(&self, store: &Store<()>, item: T, taken: bool) -> Result<(), (T, Refused)> {
        let place = if taken { Ok(()) } else { store.lock().0.take_place() };
        if let Err(refused) = place {
            return Err((item, refused));
        }
        let claim = Claim(store, Want::Place);
        // Declared after the item, so gone before it, also by a panic.
        let mut heap = self.0.lock();
        let place = heap.place_to_push(&item);
        let admitted = store.lock().0.admit();
        // Used; or the queue was shut down, and nobody asks for a place any more.
        mem::forget(claim);
        match admitted {
            Ok(news) => {
                heap.push_to(place, item);
                drop(heap);
                store.tell(news);
                Ok(())
            }
            Err(refused) => Err((item, refused)),
        }
    }

    fn pop(&self, store: &Store<()>, taken: bool) -> Result<T, Refused> {
        if !taken {
            store.lock().0.take_item()?;
        }
        let claim = Claim(store, Want::Item);
        let mut heap = self.0.lock();
        let place = heap.place_to_pop();
        let item = heap.pop_to(place);
        mem::forget(claim);
        // None: what we were given was thrown away by a shutdown.
        let item = item.ok_or(Refused::ShutDown)?;
        let news = store.lock().0.dismiss();
        drop(heap);
        store.tell(news);
        Ok(item)
    }

    fn shut_down(&self, store: &Store<()>, immediate: bool) -> (Heap<T>, bool) {
        let mut rest = Heap::new();
        let heap = immediate.then(|| self.0.lock());
        let all_done = store.lock().0.shut_down(immediate);
        if let Some(mut heap) = heap {
            mem::swap(&mut *heap, &mut rest);
        }
        (rest, all_done)
    }
}

/// A heap under a lock that notices when its owner waits for it.
struct Guarded<T> {
    /// The mark of the thread that has the lock; zero if none has.
    owner: AtomicUsize,
    heap: Mutex<Heap<T>>,
}

struct Guard<'a, T> {
    owner: &'a AtomicUsize,
    heap: MutexGuard<'a, Heap<T>>,
}

impl<T> Guarded<T> {
    fn lock(&self) -> Guard<'_, T> {
        let me = coop::thread_mark();
        // Ordering: Relaxed, only this thread writes its own mark, and takes it away.
        if self.owner.load(Ordering::Relaxed) == me {
            panic!(
                "the comparison of two items uses the PriorityQueue that is putting them in order, \
                 and would wait for itself: compare the items by what is in them alone"
            );
        }
        let heap = self.heap.lock();
        // Ordering: Relaxed, as above.
        self.owner.store(me, Ordering::Relaxed);
        Guard { owner: &self.owner, heap }
    }
}

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        // Ordering: Relaxed, as in `lock`; the lock is still ours.
        self.owner.store(0, Ordering::Relaxed);
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = Heap<T>;

    fn deref(&self) -> &Heap<T> {
        &self.heap
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut Heap<T> {
        &mut self.heap
    }
}

#[cfg(all(test, not(loom)))]
#[path = "priority_tests.rs"]
mod tests;
