//! The contracts of `sync`, type by type, on three executors: see `tests::Executor`.
//!
//! What tokio promises for the types that have its names, and asyncio for those that have its: who
//! is served when, what becomes of a waiter that is dropped, how it all ends. What is tested with a
//! hand-made waker, or by the compiler, or before there is anything to wait for, needs no executor.
//!
//! Each type has a file here, and says in it:
//!
//! 1. its contracts, each under every executor (`tests::each_executor!`),
//! 2. that nothing is lost or doubled when a waiter is dropped at any point (`at_every_point`),
//! 3. what can be sent and shared and what cannot (`tests::has!`, `tests::lacks!`),
//! 4. that wakers and destructors may call the type back (`help::meddle`), and may panic,
//! 5. what is refused, and where the panic points.

#[path = "sync/barrier.rs"]
mod barrier;
#[path = "sync/condvar.rs"]
mod condvar;
#[path = "sync/broadcast.rs"]
mod broadcast;
#[path = "sync/broadcast_ends.rs"]
mod broadcast_ends;
#[path = "sync/event.rs"]
mod event;
#[path = "sync/help.rs"]
mod help;
#[path = "sync/mpsc.rs"]
mod mpsc;
#[path = "sync/mpsc_ends.rs"]
mod mpsc_ends;
#[path = "sync/mutex.rs"]
mod mutex;
#[path = "sync/notify.rs"]
mod notify;
#[path = "sync/once_cell.rs"]
mod once_cell;
#[path = "sync/oneshot.rs"]
mod oneshot;
#[path = "sync/queue.rs"]
mod queue;
#[path = "sync/queue_alike.rs"]
mod queue_alike;
#[path = "sync/queue_ends.rs"]
mod queue_ends;
#[path = "sync/rwlock.rs"]
mod rwlock;
#[path = "sync/rwlock_guards.rs"]
mod rwlock_guards;
#[path = "sync/queue_orders.rs"]
mod queue_orders;
#[path = "sync/semaphore.rs"]
mod semaphore;
#[path = "sync/token.rs"]
mod token;
#[path = "sync/watch.rs"]
mod watch;
