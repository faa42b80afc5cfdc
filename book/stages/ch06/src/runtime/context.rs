//! which runtime is this thread inside; where a spawn and a wake land.
//!
//! Home is the thread that drives the worker, while it does. There a wake is a push to the queue;
//! elsewhere it is an entry in the inbox, and an alarm.

use crate::local::shared::Shared;
use crate::local::worker::Worker;
use crate::task::join::JoinHandle;
use crate::task::schedule::{Runnable, Schedule};
use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// What code inside a runtime can reach.
pub struct Context {
    pub worker: Worker,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Context>>> = const { RefCell::new(None) };
}

/// The runtime that this thread is inside.
pub fn current() -> Option<Rc<Context>> {
    // When the thread ends there may be no thread-local any more: then it is inside nothing.
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// This thread is inside `context` until the guard is dropped.
pub fn enter(context: &Rc<Context>) -> Entered {
    Entered { before: CURRENT.with(|current| current.replace(Some(context.clone()))) }
}

/// See [`enter`].
pub struct Entered {
    before: Option<Rc<Context>>,
}

impl Drop for Entered {
    fn drop(&mut self) {
        let inside = CURRENT.with(|current| current.replace(self.before.take()));
        drop(inside);
    }
}

/// Makes a task of `future`, on this thread. It need not be `Send`: it never leaves.
///
/// # Panics
/// Outside a runtime.
pub fn spawn<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    let context = current().expect("spawn is called inside block_on, or in a task");
    context.worker.spawn(future)
}

impl Schedule for Arc<Shared> {
    fn schedule(&self, entry: Runnable) {
        match current().filter(|here| Arc::ptr_eq(&here.worker.shared, self)) {
            Some(home) => home.worker.push(entry),
            None => self.submit(entry),
        }
    }
}
