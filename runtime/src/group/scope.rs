//! the future of a scope: polls the body, hears of its children, and ends when all have ended.
//!
//! ```text
//!   poll ── children that have ended: note their failures
//!     │       first failure ──► shut down: all are told to end, the body is dropped
//!     ▼
//!   the body, once, unless it is over ── Err, panic ──► shut down
//!     │
//!     ▼
//!   body over, nobody left? ──► Ok(value), or all failures
//!     │ no
//!     ▼
//!   listen, look at the children once more, Pending
//! ```
//!
//! It is here that a failure is noticed, and not in the child: so children that fail in the same
//! turn all get to say so, as in asyncio, and a scope that is not polled does nothing.

#![forbid(unsafe_code)]

use super::child::{Broken, Why};
use super::children::Outcome;
use super::done::Ear;
use super::error::{Failure, GroupError, Panicked};
use super::roll::Roll;
use pin_project_lite::pin_project;
use std::any::Any;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// So many children are heard of in a poll, before the body has its turn and others have theirs.
const AT_ONCE: usize = 128;

pin_project! {
    pub(super) struct Scope<B, T, E> {
        // First: the children are told to end before the body is dropped.
        group: Owned<E>,
        #[pin]
        body: Option<B>,
        value: Option<T>,
    }
}

/// The scope's hold on its group.
struct Owned<E> {
    roll: Arc<Roll<E>>,
    ear: Ear,
    failures: Vec<Failure<E>>,
    /// See `child.rs`.
    holds: Vec<Box<dyn Any + Send>>,
}

impl<B, T, E> Scope<B, T, E> {
    pub(super) fn new(roll: Arc<Roll<E>>, ear: Ear, body: B) -> Self {
        let group = Owned { roll, ear, failures: Vec::new(), holds: Vec::new() };
        Self { group, body: Some(body), value: None }
    }
}

impl<B, T, E> Future for Scope<B, T, E>
where
    B: Future<Output = Result<T, E>>,
{
    type Output = Result<T, GroupError<E>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut me = self.project();
        let mut more = me.group.hear();
        if me.group.failures.is_empty()
            && let Some(body) = me.body.as_mut().as_pin_mut()
        {
            match catch_unwind(AssertUnwindSafe(|| body.poll(cx))) {
                Ok(Poll::Pending) => {}
                Ok(Poll::Ready(output)) => {
                    match output {
                        Ok(value) => *me.value = Some(value),
                        Err(error) => me.group.fail(Failure::Error(error)),
                    }
                    me.group.contain(|| me.body.set(None));
                }
                Err(panic) => me.group.panicked(panic),
            }
        }
        me.group.ear.listen(cx.waker());
        more |= me.group.hear();
        if !me.group.failures.is_empty() && me.body.is_some() {
            me.group.contain(|| me.body.set(None));
        }
        if me.body.is_none() && me.group.roll.try_finish() {
            // All have ended; who waits elsewhere for a value that does not come may hear of it.
            let holds = std::mem::take(&mut me.group.holds);
            me.group.contain(|| drop(holds));
            let failures = std::mem::take(&mut me.group.failures);
            return Poll::Ready(match (GroupError::new(failures), me.value.take()) {
                (None, Some(value)) => Ok(value),
                (Some(error), _) => Err(error),
                (None, None) => unreachable!("a body ends with a value or a failure"),
            });
        }
        if more {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl<E> Owned<E> {
    /// Notes what became of the children that have ended. True: there may be more of them.
    fn hear(&mut self) -> bool {
        for _ in 0..AT_ONCE {
            let Some(Outcome { id, output, .. }) = self.roll.pop() else { return false };
            match output {
                Ok(Ok(())) => {}
                Ok(Err(Broken { why, hold })) => {
                    self.holds.push(hold);
                    self.fail(match why {
                        Why::Error(error) => Failure::Error(error),
                        Why::Panic(panic) => Failure::Panic(Panicked::new(panic, Some(id))),
                    });
                }
                // Aborted alone, or because of us: no failure. A destructor may have panicked.
                Err(error) => {
                    if let Ok(panic) = error.try_into_panic() {
                        self.fail(Failure::Panic(Panicked::new(panic, Some(id))));
                    }
                }
            }
        }
        true
    }

    /// The first failure ends everybody.
    fn fail(&mut self, failure: Failure<E>) {
        if self.failures.is_empty() {
            self.roll.shut_down();
        }
        self.failures.push(failure);
    }

    fn panicked(&mut self, panic: Box<dyn Any + Send>) {
        self.fail(Failure::Panic(Panicked::new(panic, None)));
    }

    /// Drops something of the user's; the children are waited for even if that panics.
    fn contain(&mut self, f: impl FnOnce()) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
            self.panicked(panic);
        }
    }
}

impl<E> Drop for Owned<E> {
    fn drop(&mut self) {
        self.roll.abandon();
    }
}

impl<B, T, E> fmt::Debug for Scope<B, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").field("group", &self.group.roll).finish_non_exhaustive()
    }
}
