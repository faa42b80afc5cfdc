//! try the syscall, wait on WouldBlock, try again: one loop for all sockets.
//!
//! ```text
//!            ┌───────────────────────────────────────────────────────────┐
//!            ▼                                                           │
//!  is the source ready? ── no ──► leave a waker, Pending                 │
//!            │ yes, as of tick n                                         │
//!            ▼                                                           │
//!        syscall ── WouldBlock ──► clear what tick n said ───────────────┘
//!            │      Interrupted ─► again at once
//!            │ Ok, and short ────► clear READABLE (or WRITABLE) as of tick n: saves a syscall
//!            ▼
//!        Ready
//! ```
//!
//! A socket is registered once, and taken out when it is dropped: no `epoll_ctl` in this loop. An
//! echo server pays a `read`, a `write`, and an `epoll_wait` for each round of ready sockets.
//!
//! The three ways in are the same loop:
//!
//! | | waits in | for |
//! |---|---|---|
//! | `poll_io`, `poll_transfer` | its direction's slot: one task | `poll_*` methods, `AsyncRead` |
//! | `io` | the line: any number of tasks | `accept`, `peek`: `async fn` on `&self` |
//! | `try_io` | nowhere | `try_read` and its kin |
//!
//! * INV-80: `io` is `Some` from construction until `into_inner` or `drop` takes it.

#![forbid(unsafe_code)]

use crate::drive::reactor::{Reactor, Registration};
use crate::drive::readiness::Readiness;
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::{Direction, ReadyEvent, Source};
use crate::runtime::context::with_current;
use crate::runtime::error::NO_RUNTIME;
use crate::wake::coop;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Does a short transfer mean that the next one would block? True where the kernel reports edges;
/// not for the emulations of mio on other systems.
const SHORT_MEANS_DRAINED: bool = cfg!(any(
    target_os = "linux",
    target_os = "android",
    target_vendor = "apple",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd",
));

/// A non-blocking thing of mio's, registered with a reactor.
pub(crate) struct AsyncFd<E: mio::event::Source> {
    io: Option<E>,
    pub(crate) registration: Registration,
}

/// The reactor of the runtime that this thread is in.
///
/// # Panics
/// When it is in none.
#[track_caller]
pub(crate) fn current_reactor() -> Arc<Reactor> {
    let reactor = with_current(|inner| inner.map(|inner| inner.reactor().clone()));
    match reactor {
        Some(reactor) => reactor,
        None => panic!("{NO_RUNTIME}"),
    }
}

impl<E: mio::event::Source> AsyncFd<E> {
    /// Registers `io`, which is non-blocking, for reading and writing. `assumed` is what it is
    /// taken to be ready for until the kernel says more.
    pub(crate) fn new(reactor: &Arc<Reactor>, mut io: E, assumed: Ready) -> io::Result<Self> {
        let both = mio::Interest::READABLE | mio::Interest::WRITABLE;
        let registration = reactor.register(&mut io, both, assumed)?;
        Ok(Self { io: Some(io), registration })
    }

    /// The thing itself.
    #[inline]
    pub(crate) fn get(&self) -> &E {
        match &self.io {
            Some(io) => io,
            None => unreachable!("INV-80: only `into_inner` and `drop` take it"),
        }
    }

    /// The reactor it is registered with: for what is made from it, as `accept` does.
    pub(crate) fn reactor(&self) -> &Arc<Reactor> {
        self.registration.reactor()
    }

    fn source(&self) -> &Source {
        self.registration.source()
    }

    /// Takes the thing out of the reactor.
    pub(crate) fn into_inner(mut self) -> io::Result<E> {
        let Some(mut io) = self.io.take() else { unreachable!("INV-80: taken once") };
        self.registration.deregister(&mut io)?;
        Ok(io)
    }

    /// The loop, for one task per direction.
    #[inline]
    pub(crate) fn poll_io<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        op: impl FnMut(&E) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        self.poll_with(cx, direction, op, |_| None)
    }

    /// The loop, for an operation that moves up to `len` bytes and says how many it did.
    #[inline]
    pub(crate) fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        len: usize,
        op: impl FnMut(&E) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, direction, op, |&moved| {
            is_short(moved, len).then_some(direction.plain())
        })
    }

    #[inline]
    fn poll_with<R>(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
        mut op: impl FnMut(&E) -> io::Result<R>,
        used_up: impl Fn(&R) -> Option<Ready>,
    ) -> Poll<io::Result<R>> {
        ready!(coop::ready(cx));
        loop {
            let seen = ready!(self.source().poll_ready(cx, direction))?;
            if let Some(result) = self.attempt(seen, direction.wanted(), &mut op, &used_up) {
                coop::spend();
                return Poll::Ready(result);
            }
        }
    }

    /// One try. `None`: it would block, and the source knows. `used_up`: what a success uses up.
    #[inline]
    fn attempt<R>(
        &self,
        seen: ReadyEvent,
        wanted: Ready,
        op: &mut impl FnMut(&E) -> io::Result<R>,
        used_up: &impl Fn(&R) -> Option<Ready>,
    ) -> Option<io::Result<R>> {
        loop {
            match op(self.get()) {
                Ok(done) => {
                    if let Some(ready) = used_up(&done) {
                        self.source().clear(seen, ready);
                    }
                    return Some(Ok(done));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.source().clear(seen, wanted);
                    return None;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Waits until `direction` is ready; the waker is the slot's.
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<io::Result<()>> {
        ready!(coop::ready(cx));
        ready!(self.source().poll_ready(cx, direction))?;
        coop::spend();
        Poll::Ready(Ok(()))
    }

    /// The loop, for any number of tasks.
    pub(crate) async fn io<R>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&E) -> io::Result<R>,
    ) -> io::Result<R> {
        poll_fn(coop::ready).await;
        loop {
            let seen = Readiness::new(self.source(), interest).await?;
            if let Some(result) = self.attempt(seen, interest.wanted(), &mut op, &|_| None) {
                coop::spend();
                return result;
            }
        }
    }

    /// Waits until the source is ready for `interest`; any number of tasks may.
    pub(crate) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        poll_fn(coop::ready).await;
        let seen = Readiness::new(self.source(), interest).await?;
        coop::spend();
        Ok(seen.ready() & interest.wanted())
    }

    /// One try, if the source is ready for `interest`; no waiting.
    ///
    /// `WouldBlock` when it is not, besides the errors of `op`.
    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        op: impl FnOnce(&E) -> io::Result<R>,
    ) -> io::Result<R> {
        let Some(seen) = self.source().try_ready(interest) else {
            return Err(io::ErrorKind::WouldBlock.into());
        };
        let seen = seen?;
        let result = op(self.get());
        if matches!(&result, Err(error) if error.kind() == io::ErrorKind::WouldBlock) {
            // Of two directions nobody knows which one would block: the end of the other is kept.
            let both = interest.is_readable() && interest.is_writable();
            let kept = if both { Ready::READ_CLOSED | Ready::WRITE_CLOSED } else { Ready::EMPTY };
            self.source().clear(seen, interest.wanted() - kept);
        }
        result
    }
}

/// Has a transfer moved something, but less than it could have?
fn is_short(moved: usize, len: usize) -> bool {
    SHORT_MEANS_DRAINED && 0 < moved && moved < len
}

impl<E: mio::event::Source> Drop for AsyncFd<E> {
    fn drop(&mut self) {
        if let Some(io) = &mut self.io {
            // The fd is closed next, which takes it out of epoll as well: an error changes nothing.
            let _ = self.registration.deregister(io);
        }
    }
}

impl<E: mio::event::Source + fmt::Debug> fmt::Debug for AsyncFd<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd")
            .field("io", &self.io)
            .field("registration", &self.registration)
            .finish()
    }
}
