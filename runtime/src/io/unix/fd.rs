//! AsyncFd: waits for any descriptor that the system can report on.
//!
//! `net` and its kin know which call to try. This does not: it waits, hands out a guard, and is
//! told by the caller whether the call would have blocked.
//!
//! ```text
//!   readable().await ──► guard ── try_io(read) ── Ok, or an error ──► done
//!        ▲                           │ WouldBlock: the guard clears what the wait had found
//!        └───────────────────────────┘
//!   async_io(interest, read)    is this loop
//! ```
//!
//! Beneath it is the readiness word of `drive/source.rs`, as beneath every socket. A clear names
//! the event that it saw, so one that comes in between is not lost.
//!
//! **What a clear leaves.** That a half is closed is final, so a guard's `clear_ready` leaves it: a
//! reader that stops at a short read would never hear of the end. Only the kernel's own
//! `WouldBlock`, for one direction, clears that too: a FIFO may have a new writer.
//!
//! **Whose number it is.** The descriptor is asked of `T` when it is registered and when it is
//! taken out, and goes to epoll only, so a `T` that answers falsely harms nobody's memory. It is
//! taken out before `T` is dropped or given back: a number that is closed may be another's at once.

#![forbid(unsafe_code)]

use super::error::AsyncFdRegisterError;
use crate::drive::reactor::Registration;
use crate::drive::readiness::Readiness;
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::{Direction, ReadyEvent, Source};
use crate::io::async_fd::current_reactor;
use crate::wake::coop;
use mio::unix::SourceFd;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll, ready};

/// A descriptor of any kind that can be waited for: of a C library, a device, an `inotify`, …
///
/// `T` owns it, and has to have set it to non-blocking. Files and directories cannot be waited for.
/// asyncio's `loop.add_reader` and `loop.add_writer`.
///
/// ```
/// use mainspring::io::unix::AsyncFd;
/// use std::io::{Read, Write};
/// use std::os::fd::OwnedFd;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (reader, mut writer) = std::io::pipe()?;
/// let reader = std::fs::File::from(OwnedFd::from(reader));
/// # fn set_nonblocking(fd: &impl std::os::fd::AsFd) -> std::io::Result<()> {
/// #     socket2::SockRef::from(fd).set_nonblocking(true)
/// # }
/// set_nonblocking(&reader)?;
/// let reader = AsyncFd::new(reader)?;
/// writer.write_all(b"tick")?;
///
/// let mut buf = [0; 16];
/// let n = loop {
///     let mut guard = reader.readable().await?;
///     match guard.try_io(|fd| fd.get_ref().read(&mut buf)) {
///         Ok(result) => break result?,
///         Err(_would_block) => continue,
///     }
/// };
/// assert_eq!(&buf[..n], b"tick");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct AsyncFd<T: AsRawFd> {
    registration: Registration,
    /// `None` only inside of `into_inner` and `drop`.
    inner: Option<T>,
}

impl<T: AsRawFd> AsyncFd<T> {
    /// Waits for `inner` in both directions.
    ///
    /// # Errors
    /// The system's, `PermissionDenied` for a file or a directory; that the runtime has ended.
    /// `inner` is dropped: see [`try_new`](AsyncFd::try_new).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn new(inner: T) -> io::Result<Self> {
        Ok(Self::try_new(inner)?)
    }

    /// Waits for `inner` in the directions of `interest` only.
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn with_interest(inner: T, interest: Interest) -> io::Result<Self> {
        Ok(Self::try_with_interest(inner, interest)?)
    }

    /// [`new`](AsyncFd::new), with an error that gives `inner` back.
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn try_new(inner: T) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_with_interest(inner, Interest::READABLE | Interest::WRITABLE)
    }

    /// [`with_interest`](AsyncFd::with_interest), with an error that gives `inner` back.
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn try_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<Self, AsyncFdRegisterError<T>> {
        let fd = inner.as_raw_fd();
        let reactor = current_reactor();
        match reactor.register(&mut SourceFd(&fd), asked(interest), Ready::EMPTY) {
            Ok(registration) => Ok(Self { registration, inner: Some(inner) }),
            Err(cause) => Err(AsyncFdRegisterError::new(inner, cause)),
        }
    }

    /// tokio's newer name of [`try_new`](AsyncFd::try_new), which is unsafe there and need not be
    /// here: `AsFd` is there only if `T` has it.
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn register(inner: T) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_new(inner)
    }

    /// tokio's newer name of [`try_with_interest`](AsyncFd::try_with_interest).
    ///
    /// # Errors
    /// As [`new`](AsyncFd::new).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn register_with_interest(
        inner: T,
        interest: Interest,
    ) -> Result<Self, AsyncFdRegisterError<T>> {
        Self::try_with_interest(inner, interest)
    }

    /// What owns the descriptor.
    pub fn get_ref(&self) -> &T {
        match &self.inner {
            Some(inner) => inner,
            None => unreachable!("only `into_inner` and `drop` take it"),
        }
    }

    /// What owns the descriptor. It has to stay the one that was registered.
    pub fn get_mut(&mut self) -> &mut T {
        match &mut self.inner {
            Some(inner) => inner,
            None => unreachable!("only `into_inner` and `drop` take it"),
        }
    }

    /// Gives it back, no longer registered.
    pub fn into_inner(mut self) -> T {
        match self.take() {
            Some(inner) => inner,
            None => unreachable!("it is taken once"),
        }
    }

    /// Takes it out of the reactor, and then out of here.
    fn take(&mut self) -> Option<T> {
        let inner = self.inner.take()?;
        let fd = inner.as_raw_fd();
        // It is closed already, or somebody else's by now: an error changes nothing.
        let _ = self.registration.deregister(&mut SourceFd(&fd));
        Some(inner)
    }

    fn source(&self) -> &Source {
        self.registration.source()
    }

    /// Waits in the line, for any number of tasks.
    pub(super) async fn wait(&self, interest: Interest) -> io::Result<Found> {
        poll_fn(coop::ready).await;
        let event = Readiness::new(self.source(), interest).await?;
        coop::spend();
        Ok(Found { event, ready: event.ready() & interest.wanted() })
    }

    /// Waits in the slot of its direction, for one task.
    pub(super) fn poll_wait(
        &self,
        cx: &mut Context<'_>,
        direction: Direction,
    ) -> Poll<io::Result<Found>> {
        ready!(coop::ready(cx));
        let event = ready!(self.source().poll_ready(cx, direction))?;
        coop::spend();
        Poll::Ready(Ok(Found { event, ready: event.ready() & direction.wanted() }))
    }

    /// Forgets `bits` of what was found, unless there has been an event since.
    pub(super) fn forget(&self, found: Found, bits: Ready) {
        self.source().clear(found.event, bits);
    }

    /// Waits for `interest` and tries `op`, again and again until it would not block. Any number of
    /// tasks may.
    ///
    /// `op` says `WouldBlock` only if a call on this very descriptor has.
    ///
    /// # Errors
    /// Those of `op`; that the runtime has ended.
    ///
    /// # Cancel safety
    /// `op` has then done nothing, or said `WouldBlock`: nothing is lost that it has not taken.
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut op: impl FnMut(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let found = self.wait(interest).await?;
            if let Some(result) = self.attempt(found, op(self.get_ref())) {
                return result;
            }
        }
    }

    /// [`async_io`](AsyncFd::async_io) with `&mut T`.
    ///
    /// # Errors
    /// Those of `op`; that the runtime has ended.
    ///
    /// # Cancel safety
    /// As [`async_io`](AsyncFd::async_io).
    pub async fn async_io_mut<R>(
        &mut self,
        interest: Interest,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let found = self.wait(interest).await?;
            let result = op(self.get_mut());
            if let Some(result) = self.attempt(found, result) {
                return result;
            }
        }
    }

    /// Tries `op` once, if the descriptor is taken to be ready for `interest`; no waiting.
    ///
    /// # Errors
    /// `WouldBlock` when it is not, or `op` says so; otherwise those of `op`; that the runtime has
    /// ended.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        op: impl FnOnce(&T) -> io::Result<R>,
    ) -> io::Result<R> {
        let found = self.look(interest)?;
        let result = self.attempt(found, op(self.get_ref()));
        result.unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))
    }

    /// [`try_io`](AsyncFd::try_io) with `&mut T`.
    ///
    /// # Errors
    /// As [`try_io`](AsyncFd::try_io).
    pub fn try_io_mut<R>(
        &mut self,
        interest: Interest,
        op: impl FnOnce(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let found = self.look(interest)?;
        let result = op(self.get_mut());
        let result = self.attempt(found, result);
        result.unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))
    }

    /// What is known now.
    fn look(&self, interest: Interest) -> io::Result<Found> {
        match self.source().try_ready(interest) {
            Some(event) => {
                event.map(|event| Found { event, ready: event.ready() & interest.wanted() })
            }
            None => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// The result of a try; `None` if it would have blocked, which is remembered.
    pub(super) fn attempt<R>(&self, found: Found, result: io::Result<R>) -> Option<io::Result<R>> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.forget(found, found.refuted());
                None
            }
            result => Some(result),
        }
    }
}

/// What epoll is asked for. It reports errors in any case, but there is no asking for them alone.
fn asked(interest: Interest) -> mio::Interest {
    let mut asked = interest.is_readable().then_some(mio::Interest::READABLE);
    let mut ask = |is: bool, what: mio::Interest| {
        if is {
            asked = Some(asked.map_or(what, |asked| asked.add(what)));
        }
    };
    ask(interest.is_writable(), mio::Interest::WRITABLE);
    #[cfg(any(target_os = "linux", target_os = "android"))]
    ask(interest.is_priority(), mio::Interest::PRIORITY);
    asked.unwrap_or(mio::Interest::READABLE)
}

/// What a wait has found: as of which event, and what of it was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    event: ReadyEvent,
    pub(super) ready: Ready,
}

impl Found {
    /// What a `WouldBlock` refutes. Of two directions nobody knows which of them was tried.
    fn refuted(self) -> Ready {
        let both = self.ready.is_readable() && self.ready.is_writable();
        if both { open(self.ready) } else { self.ready }
    }
}

/// Without what is final: that a half is closed.
pub(super) fn open(ready: Ready) -> Ready {
    ready - (Ready::READ_CLOSED | Ready::WRITE_CLOSED)
}

impl<T: AsRawFd> AsRawFd for AsyncFd<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.get_ref().as_raw_fd()
    }
}

impl<T: AsRawFd + AsFd> AsFd for AsyncFd<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsRawFd + fmt::Debug> fmt::Debug for AsyncFd<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncFd")
            .field("inner", &self.inner)
            .field("registration", &self.registration)
            .finish()
    }
}

impl<T: AsRawFd> Drop for AsyncFd<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}
