//! Waiting for each other: locks, channels, events. All of it runs under any executor.
//! | to … | take | asyncio |
//! |---|---|---|
//! | hand one value over, once | [`oneshot`] | `Future` |
//! | send values to one task | [`mpsc`] | `Queue` |
//! | deal values out to several | [`Queue`], [`PriorityQueue`], [`LifoQueue`] | the same |
//! | let many see the latest value | [`watch`] | – |
//! | let many see every value | [`broadcast`] | – |
//! | use a value one after the other | [`Mutex`] | `Lock` |
//! | read it together, write it alone | [`RwLock`] | – |
//! | let in only so many at a time | [`Semaphore`] | `Semaphore` |
//! | wait until something is so | [`Event`]; under a lock, [`Condvar`] | `Event`, `Condition` |
//! | wake one who waits, or all | [`Notify`] | – |
//! | go on together | [`Barrier`] | `Barrier` |
//! | make a value once | [`OnceCell`] | – |
//! | tell many to end | [`CancellationToken`] | `Task.cancel()` |
//!
//! A lock that is never held over an `.await` may as well be the standard library's.

/// Event: wait until somebody says so.
pub(crate) mod event;
/// Notify: wake one, or all who listen, without a value.
pub(crate) mod notify;
pub(crate) mod semaphore {
    /// errors of the semaphore: closed, or not now.
    pub(crate) mod error;
    /// a counter and a line: an uncontended acquire or release is one RMW.
    pub(crate) mod permits;
    /// a place in the line for permits: the future behind every `acquire`.
    pub(crate) mod acquire;
    /// Semaphore: counted permits, with guards that give them back.
    pub(crate) mod guarded;
    /// permits that own their semaphore: guards to move into a task.
    pub(crate) mod owned;
}
pub(crate) mod mutex {
    /// Mutex: a semaphore of one, plus a guard.
    pub(crate) mod lock;
    /// a guard that owns its mutex: to move into a task.
    pub(crate) mod owned;
    /// guards of a part of the value.
    pub(crate) mod mapped;
}
pub(crate) mod rwlock {
    /// RwLock: one share each for those who read, all shares for the one who writes.
    pub(crate) mod lock;
    /// guards that read or write the value of an RwLock, and how to get one.
    pub(crate) mod guards;
    /// guards of a part of the value.
    pub(crate) mod mapped;
    /// guards that own their RwLock: to move into a task.
    pub(crate) mod owned;
    /// a guard that writes a part of the value and owns its RwLock.
    pub(crate) mod owned_mapped;
}
/// Condvar: wait, under a mutex, until what it guards has changed.
pub(crate) mod condvar;
/// Barrier: everyone or no one.
pub(crate) mod barrier;
/// OnceCell: a value that is made once, by whoever needs it first.
pub(crate) mod once_cell;
/// One value, handed over once.
pub mod oneshot {
    /// one value, one word of state, two waker slots.
    pub(crate) mod shared;
    /// errors of a oneshot: the value never came, or not yet.
    pub mod error;
    /// Sender and Receiver of one value, over two halves of one allocation.
    pub(crate) mod channel;

    pub use channel::{Receiver, Sender, channel};
}
/// bounded ring with a stamp per slot, the storage under mpsc.
pub(crate) mod ring;
/// linked blocks of slots: the storage of a channel whose length nobody knows.
pub(crate) mod chain;
/// Many senders, one receiver: bounded, or not.
pub mod mpsc {
    /// errors of the channels: each gives the value back.
    pub mod error;
    /// room for values: taken on the senders' side, given back on the receiver's.
    pub(crate) mod room;
    /// the channel itself: storage, permits, the sleeping receiver; close and drop semantics.
    pub(crate) mod chan;
    /// senders' holds on the channel: counted, weak, and what a reservation needs.
    pub(crate) mod tx;
    /// Sender of a channel with a capacity, and its weak form; how it sends is in `permit.rs`.
    pub(crate) mod sender;
    /// Receiver of a channel with a capacity, and how to make both ends.
    pub(crate) mod bounded;
    /// room for a value, reserved before the value exists; and sending, which is both at once.
    pub(crate) mod permit;
    /// UnboundedSender and UnboundedReceiver.
    pub(crate) mod unbounded;

    pub use bounded::{Receiver, channel};
    pub use permit::{OwnedPermit, Permit, PermitIterator};
    pub use sender::{Sender, WeakSender};
    pub use unbounded::{
        UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel,
    };
}
/// look, listen, look again, wait: the loop around a `Notify`.
pub(crate) mod until;
/// One value that changes, and those who want to know: the latest value wins.
pub mod watch {
    /// errors of a watch: nobody is there to see the value, or to change it.
    pub mod error;
    /// the value, its version, and how those who wait for the next one are told.
    pub(crate) mod shared;
    /// Receiver: sees the value, and waits for the next one.
    pub(crate) mod receiver;
    /// Sender: changes the value.
    pub(crate) mod sender;

    pub use receiver::Receiver;
    pub use sender::{Sender, channel};
    pub use shared::Ref;
}
/// Every receiver sees every value, or learns how many it lost.
pub mod broadcast {
    /// errors of a broadcast: nobody listens, nobody speaks, or too slow.
    pub mod error;
    /// one place for a value: who may touch it, and what happens to a value that is in use.
    pub(crate) mod slot;
    /// values that found their slot in use: a table, empty nearly always.
    pub(crate) mod aside;
    /// the ring of slots: sent by one at a time, seen by all; ends, and who is told of them.
    pub(crate) mod shared;
    /// Receiver: every value from its beginning on, or how many it lost.
    pub(crate) mod receiver;
    /// Sender and WeakSender: a value for everybody who receives now.
    pub(crate) mod sender;

    pub use receiver::Receiver;
    pub use sender::{Sender, WeakSender, channel};
}
pub(crate) mod queue {
    /// errors of the queues: a put that fails gives its item back.
    pub(crate) mod error;
    /// the numbers of a queue, its items, and the lines of those who wait, under one lock.
    pub(crate) mod store;
    /// what all queues are: a store of items, and a tally of what is not done.
    pub(crate) mod core;
    /// what a queue looks like from outside: one set of methods, written once for all orders.
    pub(crate) mod face;
    /// asyncio's Queue: join / task_done.
    pub(crate) mod fifo;
    /// LifoQueue: a queue that hands out what came last.
    pub(crate) mod lifo;
    /// a binary heap that compares first and moves after, so that a panic changes nothing.
    pub(crate) mod heap;
    /// PriorityQueue: a queue that hands out the smallest item.
    pub(crate) mod priority;
    /// an item that says `task_done` for itself.
    pub(crate) mod task;
}
pub(crate) mod token {
    /// the family of a token: who is cancelled with whom, in one table under one lock.
    pub(crate) mod tree;
    /// CancellationToken: tell many tasks that they should end.
    pub(crate) mod cancel;
    /// guards that cancel a token when they are dropped.
    pub(crate) mod guard;
}
pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::Condvar;
pub use event::Event;
pub use mutex::lock::{Mutex, MutexGuard, TryLockError};
pub use mutex::mapped::{MappedMutexGuard, OwnedMappedMutexGuard};
pub use mutex::owned::OwnedMutexGuard;
pub use notify::{Notified, Notify, OwnedNotified};
pub use once_cell::{OnceCell, SetError};
pub use queue::error::{QueueShutDown, TaskDoneError, TryGetError, TryPutError};
pub use queue::fifo::Queue;
pub use queue::lifo::LifoQueue;
pub use queue::priority::PriorityQueue;
pub use queue::task::{QueueTask, TaskDone};
pub use rwlock::guards::{RwLockReadGuard, RwLockWriteGuard};
pub use rwlock::lock::RwLock;
pub use rwlock::mapped::RwLockMappedWriteGuard;
pub use rwlock::owned::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard};
pub use rwlock::owned_mapped::OwnedRwLockMappedWriteGuard;
pub use semaphore::error::{AcquireError, TryAcquireError};
pub use semaphore::guarded::{Semaphore, SemaphorePermit};
pub use semaphore::owned::OwnedSemaphorePermit;
pub use token::cancel::{
    CancellationToken, WaitForCancellationFuture, WaitForCancellationFutureOwned,
};
pub use token::guard::{DropGuard, DropGuardRef};
