//! what nobody is there to be told: the hook of `Builder::unhandled`.
//!
//! A task's panic goes to its join. But the handle may have been dropped, and a waker may panic in
//! a driver, or a destructor: there is no join to give that to. Such a panic is caught, everything
//! else goes on, and this hook hears of it. Without a hook it is dropped; the process's panic hook
//! has printed it before that.

#![forbid(unsafe_code)]

use super::context::with_current;
use crate::task::error::{JoinError, panic_text};
use crate::wake::batch::Panic;
use std::any::Any;
use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;
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
    /// The handler of a [`Server`](crate::net::Server) returned an error. The connection is closed,
    /// the server goes on. asyncio: "Unhandled exception in client_connected_cb".
    #[non_exhaustive]
    Connection {
        /// Whose connection it was.
        peer: SocketAddr,
        /// What the handler returned.
        error: Box<dyn Error + Send + Sync>,
    },
    /// A [`Server`](crate::net::Server) cannot accept. If there is no descriptor or no memory left,
    /// it tries again, at least every 640 ms, and says so once; any other error closes it.
    #[non_exhaustive]
    Accept {
        /// Where it listens.
        local: Option<SocketAddr>,
        /// The system's.
        error: io::Error,
        /// Has this closed the server?
        closed: bool,
    },
}

impl fmt::Display for Unhandled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let panic = match self {
            Self::Panic(panic) => panic,
            Self::Task(error) => return write!(f, "{error}, and nobody looked at its output"),
            Self::NoSubstitute(why) => {
                return write!(f, "block_in_place blocks a worker that nobody takes over: {why}");
            }
            Self::Connection { peer, error } => {
                return write!(f, "the handler of the connection from {peer} failed: {error}");
            }
            Self::Accept { local, error, closed } => {
                f.write_str("a server cannot accept connections")?;
                if let Some(local) = local {
                    write!(f, " at {local}")?;
                }
                write!(f, ": {error}; ")?;
                return f.write_str(match closed {
                    true => "it is closed",
                    false => {
                        "it tries again; raise the limit (ulimit -n), or let fewer in with \
                         Server::limit"
                    }
                });
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

/// Tells the hook of the runtime that this thread is inside of, if there is one.
pub(crate) fn tell(news: Unhandled) {
    let report = with_current(|inner| inner.map(|inner| inner.report.clone()));
    if let Some(report) = report {
        report(Box::new(news));
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
