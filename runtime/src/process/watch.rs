//! how the end of a child is heard: by its pidfd, or by SIGCHLD.
//!
//! ```text
//!   pidfd     readable ──► waitpid(this child, WNOHANG)      one descriptor, one wake per child
//!   SIGCHLD   any child has ended ──► the same call          no descriptor, all who wait look
//! ```
//!
//! Both end in std's `try_wait`, which waits for this child and for no other: children that belong
//! to other code of the process are left to it. A pidfd is an edge-triggered source like a socket:
//! it becomes readable once the child can be waited for, and a look that comes too early waits for
//! the next edge.
//!
//! SIGCHLD is for systems without pidfds, and for the case that one cannot be opened or registered.
//! The listener is there before the look, so no end falls between.

#![forbid(unsafe_code)]

use super::pidfd::Pidfd;
use crate::drive::reactor::Reactor;
use crate::drive::ready::Ready;
use crate::drive::source::{Direction, ended};
use crate::io::async_fd::AsyncFd;
use crate::signal::kind::SignalKind;
use crate::signal::listener::Signal;
use std::io;
use std::process::{Child, ExitStatus};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Hears of the end of one child, which has not been waited for.
pub(super) enum Watch {
    Pidfd(AsyncFd<Pidfd>),
    Signal(Signal),
}

impl Watch {
    pub(super) fn new(reactor: &Arc<Reactor>, child: &Child) -> io::Result<Watch> {
        let pidfd = Pidfd::open(child.id());
        match pidfd.and_then(|pidfd| AsyncFd::new(reactor, pidfd, Ready::EMPTY)) {
            Ok(pidfd) => Ok(Watch::Pidfd(pidfd)),
            Err(_) => Signal::new(reactor, SignalKind::child()).map(Watch::Signal),
        }
    }

    /// Where it hears.
    pub(super) fn reactor(&self) -> &Arc<Reactor> {
        match self {
            Watch::Pidfd(pidfd) => pidfd.reactor(),
            Watch::Signal(signal) => signal.reactor(),
        }
    }

    /// Polls for the end of `child`, which is that of [`new`](Watch::new), and waits for it.
    pub(super) fn poll_end(
        &mut self,
        cx: &mut Context<'_>,
        child: &mut Child,
    ) -> Poll<io::Result<ExitStatus>> {
        match self {
            Watch::Pidfd(pidfd) => pidfd.poll_io(cx, Direction::Read, |_| {
                child.try_wait()?.ok_or_else(|| io::ErrorKind::WouldBlock.into())
            }),
            Watch::Signal(signal) => loop {
                if let Some(status) = child.try_wait()? {
                    return Poll::Ready(Ok(status));
                }
                ready!(signal.poll_recv(cx)).ok_or_else(ended)?;
            },
        }
    }
}
