//! what nobody is there to be told: the hook of `Builder::unhandled`.
//!
//! A task's panic goes to its join. But the handle may have been dropped, and a waker may panic in
//! a driver, or a destructor: there is no join to give that to. Such a panic is caught, everything
//! else goes on, and this hook hears of it. Without a hook it is dropped; the process's panic hook
//! has printed it before that.

#![forbid(unsafe_code)]

use crate::task::error::{JoinError, panic_text};
use crate::wake::batch::Panic;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Something that went wrong where nobody waits for the news.
#[non_exhaustive]
pub enum Unhandled {
    /// A task panicked, or a blocking closure, and its handle was dropped before anybody asked for
    /// the output.
    Task(JoinError),
    /// A waker panicked, or the destructor of an output or a waker, or a hook of the builder.
    Panic(Box<dyn Any + Send + 'static>),
    /// [`block_in_place`](crate::task::block_in_place) found no thread that takes over the worker:
    /// the system refused one. Its closure runs, and what waits behind it waits until it has ended.
    NoSubstitute(JoinError),
}

impl fmt::Display for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let panic = match self {
            Self::Panic(panic) => panic,
            Self::Task(error) => return write!(f, "{error}, and nobody looked at its output"),
            Self::NoSubstitute(why) => {
                return write!(f, "block_in_place blocks a worker that nobody takes over: {why}");
            }
        };
        let text = panic_text(panic).unwrap_or_else(|| "(not a text)".to_owned());
        write!(f, "a waker, a destructor or a hook panicked: {text}")
    }
}

impl fmt::Debug for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unhandled({self})")
    }
}

pub(super) type Hook = Arc<dyn Fn(Unhandled) + Send + Sync>;

/// What the machines call. Events, timers and other tasks wait behind it, so nothing is thrown from
/// here: a hook that panics is not heard of again, and what was thrown may throw once more when it
/// is dropped.
pub(super) fn report(hook: Option<Hook>) -> Arc<dyn Fn(Panic) + Send + Sync> {
    Arc::new(move |panic| {
        let told = catch_unwind(AssertUnwindSafe(|| match &hook {
            // News that is no panic comes ready-made.
            Some(hook) => hook(match panic.downcast::<Unhandled>() {
                Ok(news) => *news,
                Err(panic) => match panic.downcast::<JoinError>() {
                    Ok(error) => Unhandled::Task(*error),
                    Err(panic) => Unhandled::Panic(panic),
                },
            }),
            None => drop(panic),
        }));
        if let Err(thrown) = told {
            std::mem::forget(thrown);
        }
    })
}
