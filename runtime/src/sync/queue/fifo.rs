//! asyncio's Queue: join / task_done.
//!
//! Read before: `sync/semaphore/permits.rs`, `sync/notify.rs`. A queue is a deque between two
//! counters: how many items there are to get, and how much room to put. Both are [`Permits`], so
//! both sides are first come, first served, and cancel-safe, without another line of code.
//!
//! ```text
//!               room                                       items
//!   put: acquire 1 ──► push (lock) ──► release 1 ──────────► acquire 1 :get
//!                release 1 ◄────────── pop (lock) ◄─────────┘
//! ```
//!
//! * A getter is given a permit, not an item: the item stays in the deque until the getter takes
//!   it. So a getter that is cancelled, even after it was woken, loses nothing.
//! * For each item in the deque there is one permit: in `items`, or handed to a getter, or on its
//!   way in the `put` that pushed it. Only a shutdown breaks this: it can leave getters without an
//!   item.
//! * After a shutdown the deque only shrinks. Whoever empties it closes `items`.
//! * `join` ends when the number of unfinished items *becomes* zero, even if somebody puts again
//!   before the waiting task runs: so it watches how often that has happened, not the number.
//!
//! The order of the items is the business of [`State::push`] and [`State::pop`] alone: a priority
//! queue or a LIFO queue differs in these two. Next: `sync/queue/task.rs`.

#![forbid(unsafe_code)]

use super::error::{QueueShutDown, TaskDoneError, TryGetError, TryPutError};
use crate::base::prim::Mutex;
use crate::sync::notify::Notify;
use crate::sync::semaphore::error::TryAcquireError;
use crate::sync::semaphore::permits::Permits;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;

/// A queue between any number of tasks that put and tasks that get.
///
/// With a `maxsize` above zero, [`put`](Self::put) waits while the queue is full;
/// [`get`](Self::get) waits while it is empty. Both sides are served in the order in which they
/// came. Every item counts as unfinished until somebody says [`task_done`](Self::task_done) for it,
/// and [`join`](Self::join) waits until none is.
///
/// Share it by reference or in an `Arc`.
///
/// asyncio: `Queue`. A difference: somebody who waits is never overtaken, so
/// [`try_get`](Self::try_get) may find nothing although [`len`](Self::len) is above zero: the items
/// there are promised to getters that have not run yet.
///
/// # Examples
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// use mainspring::sync::Queue;
/// use std::sync::Arc;
///
/// let queue = Arc::new(Queue::new(10));
/// for _ in 0..3 {
///     let queue = queue.clone();
///     mainspring::spawn(async move {
///         while let Ok(task) = queue.get_task().await {
///             println!("working on {}", *task);
///         }
///     });
/// }
/// for item in 0..20 {
///     queue.put(item).await.unwrap();
/// }
/// queue.join().await;
/// queue.shutdown(false);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Queue<T> {
    state: Mutex<State<T>>,
    items: Permits,
    /// `None`: there is always room.
    room: Option<Permits>,
    maxsize: usize,
    /// Told when the number of unfinished items becomes zero.
    finished: Notify,
}

struct State<T> {
    items: VecDeque<T>,
    /// Put, and not yet done.
    unfinished: usize,
    /// How often `unfinished` has become zero.
    times_finished: u64,
    shut_down: bool,
}

impl<T> State<T> {
    fn push(&mut self, item: T) {
        self.items.push_back(item);
    }

    fn pop(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    /// `n` items are done. Are all?
    fn finish(&mut self, n: usize) -> bool {
        self.unfinished -= n;
        let all = n > 0 && self.unfinished == 0;
        self.times_finished += u64::from(all);
        all
    }
}

impl<T> Queue<T> {
    /// An empty queue that holds up to `maxsize` items; zero means without limit.
    ///
    /// # Panics
    /// If `maxsize` is above `usize::MAX >> 3`.
    #[track_caller]
    pub fn new(maxsize: usize) -> Self {
        assert!(
            maxsize <= Permits::MAX,
            "a queue cannot hold {maxsize} items: say 0 for a queue without a limit"
        );
        let state =
            State { items: VecDeque::new(), unfinished: 0, times_finished: 0, shut_down: false };
        Self {
            state: Mutex::new(state),
            items: Permits::new(0),
            room: (maxsize > 0).then(|| Permits::new(maxsize)),
            maxsize,
            finished: Notify::new(),
        }
    }

    /// Puts an item in, waiting for room behind those who came before.
    ///
    /// # Errors
    /// [`QueueShutDown`], with the item, if the queue was shut down, before or while waiting.
    ///
    /// # Cancel safety
    /// Dropped before it is ready, it has not put the item, drops it, and loses its place in the
    /// line.
    pub async fn put(&self, item: T) -> Result<(), QueueShutDown<T>> {
        if let Some(room) = &self.room
            && room.acquire(1).await.is_err()
        {
            return Err(QueueShutDown(item));
        }
        self.push(item)
    }

    /// Puts an item in if there is room, without waiting. asyncio: `put_nowait`.
    ///
    /// ```
    /// use mainspring::sync::{Queue, TryPutError};
    ///
    /// let queue = Queue::new(1);
    /// queue.try_put("a").unwrap();
    /// assert_eq!(queue.try_put("b"), Err(TryPutError::Full("b")));
    /// ```
    ///
    /// # Errors
    /// With the item: [`TryPutError::Full`] if there is no room or others wait for it,
    /// [`TryPutError::ShutDown`] if the queue was shut down.
    pub fn try_put(&self, item: T) -> Result<(), TryPutError<T>> {
        if let Some(room) = &self.room {
            match room.try_acquire(1) {
                Ok(()) => {}
                Err(TryAcquireError::NoPermits) => return Err(TryPutError::Full(item)),
                Err(TryAcquireError::Closed) => return Err(TryPutError::ShutDown(item)),
            }
        }
        self.push(item).map_err(|QueueShutDown(item)| TryPutError::ShutDown(item))
    }

    /// There is room, and it is ours.
    fn push(&self, item: T) -> Result<(), QueueShutDown<T>> {
        let mut state = self.state.lock();
        if state.shut_down {
            return Err(QueueShutDown(item));
        }
        state.push(item);
        state.unfinished += 1;
        drop(state);
        self.items.release(1);
        Ok(())
    }

    /// Takes the next item out, waiting for one behind those who came before.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let queue = mainspring::sync::Queue::new(0);
    /// queue.put("a").await.unwrap();
    /// assert_eq!(queue.get().await, Ok("a"));
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`QueueShutDown`] if the queue was shut down and is empty.
    ///
    /// # Cancel safety
    /// Safe: dropped before it is ready, it loses its place in the line and no item.
    pub async fn get(&self) -> Result<T, QueueShutDown> {
        if self.items.acquire(1).await.is_err() {
            return Err(QueueShutDown(()));
        }
        self.pop().ok_or(QueueShutDown(()))
    }

    /// Takes the next item out if there is one, without waiting. asyncio: `get_nowait`.
    ///
    /// # Errors
    /// [`TryGetError::Empty`] if there is none, or others wait for it; [`TryGetError::ShutDown`] if
    /// the queue was shut down and is empty.
    pub fn try_get(&self) -> Result<T, TryGetError> {
        match self.items.try_acquire(1) {
            Ok(()) => self.pop().ok_or(TryGetError::ShutDown),
            Err(TryAcquireError::NoPermits) => Err(TryGetError::Empty),
            Err(TryAcquireError::Closed) => Err(TryGetError::ShutDown),
        }
    }

    /// There is an item, and it is ours, unless a shutdown took it.
    fn pop(&self) -> Option<T> {
        let mut state = self.state.lock();
        let item = state.pop();
        let over = state.shut_down && state.items.is_empty();
        drop(state);
        if over {
            self.items.close();
        }
        if let Some(room) = &self.room
            && item.is_some()
        {
            room.release(1);
        }
        item
    }

    /// One item that was put is done: to be called once for each item that was got.
    ///
    /// ```
    /// let queue = mainspring::sync::Queue::new(0);
    /// queue.try_put(1).unwrap();
    /// queue.try_get().unwrap();
    /// assert!(queue.task_done().is_ok());
    /// assert!(queue.task_done().is_err());
    /// ```
    ///
    /// # Errors
    /// [`TaskDoneError`] if it was called more often than items were put.
    pub fn task_done(&self) -> Result<(), TaskDoneError> {
        let mut state = self.state.lock();
        if state.unfinished == 0 {
            return Err(TaskDoneError(()));
        }
        let all = state.finish(1);
        drop(state);
        if all {
            self.finished.notify_waiters();
        }
        Ok(())
    }

    /// Waits until every item that was put is done; goes on at once if there is none.
    ///
    /// ```
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let queue = mainspring::sync::Queue::new(0);
    /// queue.put("a letter").await.unwrap();
    /// queue.get().await.unwrap();
    /// queue.task_done().unwrap();
    /// queue.join().await;
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Cancel safety
    /// Safe: there is nothing to lose.
    pub async fn join(&self) {
        let mut before = None;
        loop {
            // Listens before it looks, so it cannot miss the end.
            let finished = pin!(self.finished.notified());
            {
                let state = self.state.lock();
                let times = state.times_finished;
                if state.unfinished == 0 || *before.get_or_insert(times) != times {
                    return;
                }
            }
            finished.await;
        }
    }

    /// Ends the queue: from now on nothing is put. As in Python 3.13.
    ///
    /// Those who wait to put get an error. What is in the queue can still be got, and when it is
    /// empty, those who get and those who wait to get an item get an error. With `immediate`, what
    /// is in the queue is thrown away at once, and counts as done.
    ///
    /// ```
    /// use mainspring::sync::{Queue, TryGetError, TryPutError};
    ///
    /// let queue = Queue::new(0);
    /// queue.try_put(1).unwrap();
    /// queue.shutdown(false);
    /// assert_eq!(queue.try_put(2), Err(TryPutError::ShutDown(2)));
    /// assert_eq!(queue.try_get(), Ok(1));
    /// assert_eq!(queue.try_get(), Err(TryGetError::ShutDown));
    /// ```
    pub fn shutdown(&self, immediate: bool) {
        let mut state = self.state.lock();
        state.shut_down = true;
        let thrown_away =
            if immediate { std::mem::take(&mut state.items) } else { VecDeque::new() };
        let done = thrown_away.len().min(state.unfinished);
        let all_done = state.finish(done);
        let empty = state.items.is_empty();
        drop(state);
        // Three lines of waiters: a waker that panics in one must not keep the others.
        let room = catch_unwind(AssertUnwindSafe(|| self.room.iter().for_each(Permits::close)));
        let items = catch_unwind(AssertUnwindSafe(|| empty.then(|| self.items.close())));
        if all_done {
            self.finished.notify_waiters();
        }
        if let Err(panic) = room.and(items) {
            resume_unwind(panic);
        }
        // `thrown_away` is dropped here, outside the lock: destructors are not ours.
    }

    /// How many items are in the queue. asyncio: `qsize`.
    pub fn len(&self) -> usize {
        self.state.lock().items.len()
    }

    /// Is nothing in the queue? asyncio: `empty`.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Are there `maxsize` items in the queue? Never, if it is without limit. asyncio: `full`.
    pub fn is_full(&self) -> bool {
        self.maxsize > 0 && self.len() >= self.maxsize
    }

    /// How many items it may hold; zero means without limit.
    pub fn maxsize(&self) -> usize {
        self.maxsize
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, unfinished) = {
            let state = self.state.lock();
            (state.items.len(), state.unfinished)
        };
        f.debug_struct("Queue")
            .field("len", &len)
            .field("maxsize", &self.maxsize)
            .field("unfinished", &unfinished)
            .finish()
    }
}
