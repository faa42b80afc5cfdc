//! spawning with a record: what a runtime does that keeps records, and no other.

#![forbid(unsafe_code)]

use super::scheduler::Scheduler;
use crate::task::header::Id;
use crate::task::join::JoinHandle;
use crate::task::record::{Recorded, Recorder, Role, Ticket};
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;

/// Starts a task with a record. In a box, so that each future's code is there once and not twice:
/// for itself and in a [`Recorded`].
#[cold]
#[inline(never)]
pub(super) fn spawn<F>(
    recorder: &Recorder,
    scheduler: &Scheduler,
    name: Option<&str>,
    future: F,
    spawned: &'static Location<'static>,
) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let future: Pin<Box<dyn Future<Output = F::Output> + Send>> = Box::pin(future);
    let ticket = recorder.open(Role::Task, name, spawned);
    let entry = ticket.record();
    let handle = scheduler.spawn(Recorded::new(future, ticket), spawned);
    entry.list(handle.id());
    handle
}

/// A record on the table, of what has its number already.
pub(super) fn ticket(
    recorder: &Recorder,
    role: Role,
    name: Option<&str>,
    spawned: &'static Location<'static>,
    id: Id,
) -> Ticket {
    let ticket = recorder.open(role, name, spawned);
    ticket.list(id);
    ticket
}
