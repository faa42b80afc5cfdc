//! the pipes to a child: ChildStdin, ChildStdout, ChildStderr.
//!
//! A pipe is a socket to the one loop of `io/async_fd.rs`: our end does not block. The child's end
//! is another description of the system's, and blocks as programs expect. When ours is handed on to
//! another child, it is made to block again.

#![forbid(unsafe_code)]

use crate::drive::reactor::Reactor;
use crate::drive::ready::Ready;
use crate::drive::source::Direction;
use crate::io::async_fd::{AsyncFd, current_reactor};
use crate::io::traits::{AsyncRead, AsyncWrite};
use crate::net::byte_stream::in_one_call;
use mio::unix::pipe::{Receiver, Sender};
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::task::{Context, Poll};

macro_rules! pipes {
    ($($(#[$doc:meta])* $name:ident($end:ty) assumes $assumed:ident;)*) => {$(
        $(#[$doc])*
        pub struct $name {
            fd: AsyncFd<$end>,
        }

        impl $name {
            pub(super) fn new(
                reactor: &Arc<Reactor>,
                pipe: std::process::$name,
            ) -> io::Result<Self> {
                let pipe = <$end>::from(pipe);
                pipe.set_nonblocking(true)?;
                Ok(Self { fd: AsyncFd::new(reactor, pipe, Ready::$assumed)? })
            }

            /// Takes over a pipe of std's, and sets it to non-blocking.
            ///
            /// # Errors
            /// The system's.
            ///
            /// # Panics
            /// Outside a runtime.
            #[track_caller]
            pub fn from_std(pipe: std::process::$name) -> io::Result<Self> {
                Self::new(&current_reactor(), pipe)
            }

            /// The pipe itself, set to blocking.
            ///
            /// # Errors
            /// The system's.
            pub fn into_owned_fd(self) -> io::Result<OwnedFd> {
                let pipe = self.fd.into_inner()?;
                pipe.set_nonblocking(false)?;
                Ok(pipe.into())
            }
        }

        impl TryFrom<$name> for Stdio {
            type Error = io::Error;

            /// For another command; set to blocking.
            fn try_from(pipe: $name) -> io::Result<Stdio> {
                pipe.into_owned_fd().map(Stdio::from)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(self.fd.get()).finish()
            }
        }

        crate::net::as_fd::as_fd!($name);
    )*};
}

pipes! {
    /// Writes what a child reads from its standard input.
    ///
    /// There with [`stdin(Stdio::piped())`](super::Command::stdin). Nothing is buffered. The child
    /// reads the end when this is dropped, not when it is shut down, as in tokio.
    ///
    /// # Errors
    /// A write to a child that does not read any more fails with `BrokenPipe`.
    ///
    /// ```
    /// use mainspring::io::AsyncWriteExt;
    /// use mainspring::process::Command;
    /// use std::process::Stdio;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut sort = Command::new("sort");
    /// let mut child = sort.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    /// let mut stdin = child.stdin.take().expect("it is piped");
    /// // What is long is written by a task of its own: the child may have to be read first.
    /// stdin.write_all(b"frog\nbird\n").await?;
    /// drop(stdin);
    /// assert_eq!(child.wait_with_output().await?.stdout, b"bird\nfrog\n");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ChildStdin(Sender) assumes WRITABLE;

    /// Reads what a child writes to its standard output.
    ///
    /// There with [`stdout(Stdio::piped())`](super::Command::stdout). It ends when the child, and
    /// all that have inherited the pipe from it, have closed it. From one child to the next:
    ///
    /// ```
    /// use mainspring::process::Command;
    /// use std::process::Stdio;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut echo = Command::new("echo").arg("tick").stdout(Stdio::piped()).spawn()?;
    /// let between: Stdio = echo.stdout.take().expect("it is piped").try_into()?;
    /// let upper = Command::new("tr").args(["a-z", "A-Z"]).stdin(between).output().await?;
    /// assert_eq!(upper.stdout, b"TICK\n");
    /// assert!(echo.wait().await?.success());
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ChildStdout(Receiver) assumes EMPTY;

    /// Reads what a child writes to its standard error.
    ///
    /// There with [`stderr(Stdio::piped())`](super::Command::stderr). As [`ChildStdout`] otherwise.
    ChildStderr(Receiver) assumes EMPTY;
}

impl AsyncWrite for ChildStdin {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.fd.poll_transfer(cx, Direction::Write, buf.len(), |mut pipe| pipe.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = in_one_call(bufs);
        self.fd.poll_transfer(cx, Direction::Write, len, |mut pipe| pipe.write_vectored(bufs))
    }

    /// There is no buffer: nothing to do.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// A pipe is closed by dropping it: nothing to do.
    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

macro_rules! reads {
    ($($name:ty),*) => {$(
        impl AsyncRead for $name {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.fd.poll_transfer(cx, Direction::Read, buf.len(), |mut pipe| pipe.read(buf))
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                let len = in_one_call(bufs);
                let read = |mut pipe: &Receiver| pipe.read_vectored(bufs);
                self.fd.poll_transfer(cx, Direction::Read, len, read)
            }
        }
    )*};
}

reads!(ChildStdout, ChildStderr);
