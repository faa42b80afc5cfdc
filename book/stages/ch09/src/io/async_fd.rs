//! try the syscall, wait on WouldBlock, try again: one loop for all sockets.
//!
//! ```text
//!            ┌─────────────────────────────────────────────┐
//!            ▼                                             │
//!  is the source ready? ── no ──► leave a waker, Pending   │
//!            │ yes                                         │
//!            ▼                                             │
//!        syscall ── WouldBlock ──► clear ──────────────────┘
//!            │      Interrupted ─► again at once
//!            ▼
//!        Ready
//! ```

use crate::drive::reactor::Reactor;
use crate::drive::source::{Direction, Source};
use crate::runtime::context::here;
use mio::Token;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// A non-blocking thing of mio's, registered with the reactor of the runtime it was made in.
pub struct AsyncFd<E: mio::event::Source> {
    io: E,
    token: Token,
    source: Rc<Source>,
    reactor: Rc<Reactor>,
}

impl<E: mio::event::Source> AsyncFd<E> {
    /// Registers `io`.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn new(mut io: E) -> io::Result<Self> {
        let reactor = here().reactor.clone();
        let (token, source) = reactor.register(&mut io)?;
        Ok(Self { io, token, source, reactor })
    }

    /// The thing itself.
    pub fn get(&self) -> &E {
        &self.io
    }

    /// Calls `op` until it does not answer `WouldBlock`, and waits in between.
    pub fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut op: impl FnMut(&E) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        loop {
            ready!(self.source.poll_ready(cx, direction));
            match op(&self.io) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.source.clear(direction);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// [`poll_io`](Self::poll_io), to be awaited.
    pub async fn io<R>(
        &self,
        direction: Direction,
        mut op: impl FnMut(&E) -> io::Result<R>,
    ) -> io::Result<R> {
        poll_fn(|cx| self.poll_io(cx, direction, &mut op)).await
    }

    /// Waits until there has been an event since the last [`clear`](Self::clear). For code with a
    /// loop of its own; the loop above is right for most.
    pub async fn ready(&self, direction: Direction) {
        poll_fn(|cx| self.source.poll_ready(cx, direction)).await;
    }

    /// Says that the last try would have blocked.
    pub fn clear(&self, direction: Direction) {
        self.source.clear(direction);
    }
}

impl<E: mio::event::Source> Drop for AsyncFd<E> {
    fn drop(&mut self) {
        self.reactor.deregister(self.token, &mut self.io);
    }
}
