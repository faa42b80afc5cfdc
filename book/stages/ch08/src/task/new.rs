//! from a future to a queue entry and a handle.
//!
//! | reference | held by | gives the right to |
//! |---|---|---|
//! | queue entry, `Runnable` | a queue, or who popped it | run the task once |
//! | handle | the `JoinHandle` | the output |
//! | waker | anybody, any number | make a queue entry, if there is none |
//! | abort handle | anybody, any number | the same, and CANCELLED |

use super::cell::allocate;
use super::join::JoinHandle;
use super::schedule::{Runnable, Schedule};
use std::future::Future;

/// Makes a task of `future`. The entry is for the caller to queue; later ones go to `scheduler`.
pub fn new<F, S>(future: F, scheduler: S) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future<Output: Send + 'static> + Send + 'static,
    S: Schedule,
{
    // SAFETY: a Send future may be polled and dropped anywhere.
    unsafe { new_unchecked(future, scheduler) }
}

/// [`new`], for a future that need not be `Send`.
///
/// # Safety
/// The caller sees to it that the future is polled and dropped only where that is allowed.
pub unsafe fn new_unchecked<F, S>(future: F, scheduler: S) -> (Runnable, JoinHandle<F::Output>)
where
    F: Future + 'static,
    S: Schedule,
{
    let (entry, handle) = allocate(future, scheduler);
    (Runnable::new(entry), JoinHandle::new(handle))
}
