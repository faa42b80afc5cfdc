//! Stdout and Stderr: what is written goes through a lane, and out by std's.
//!
//! ```text
//!  write ──► lane ──► a thread: lock std's, flush, write the piece, unlock ──► the terminal
//! ```
//!
//! std's lock is held over a whole piece, so nothing that this process prints comes between. A
//! piece passes std's buffer by, if there is a descriptor for that: one that failed would stay in
//! it, and come out with the next, which may be the same once more.

#![forbid(unsafe_code)]

use super::hop::ended;
use super::lane::{Lane, Outlet};
use super::traits::AsyncWrite;
use crate::wake::coop;
use std::fmt;
use std::io::{self, IoSlice, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The largest piece.
const MOST: usize = 2 * 1024 * 1024;

/// One of the two, as a lane sees it.
#[derive(Debug, Clone, Copy)]
enum Out {
    Stdout,
    Stderr,
}

impl Outlet for Out {
    fn write(&self, _: u64, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut stdout = io::stdout().lock();
                stdout.flush()?;
                #[cfg(unix)]
                if let Ok(fd) = std::os::fd::AsFd::as_fd(&stdout).try_clone_to_owned() {
                    return std::fs::File::from(fd).write_all(bytes);
                }
                stdout.write_all(bytes)?;
                stdout.flush()
            }
            Self::Stderr => io::stderr().lock().write_all(bytes),
        }
    }

    /// A file takes them, anything else what it has room for; nobody is waited for.
    #[cfg(unix)]
    fn last_words(&self, _: u64, bytes: &[u8]) -> io::Result<()> {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let fd = match self {
            Self::Stdout => io::stdout().as_fd().try_clone_to_owned()?,
            Self::Stderr => io::stderr().as_fd().try_clone_to_owned()?,
        };
        let file = std::fs::File::from(fd);
        if file.metadata()?.is_file() {
            return (&file).write_all(bytes);
        }
        if file.metadata()?.file_type().is_socket() {
            return send_now(&file, bytes);
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true);
        super::reopen::reopen(&file, options)?.ok_or_else(ended)?.write_all(bytes)
    }

    #[cfg(not(unix))]
    fn last_words(&self, _: u64, _: &[u8]) -> io::Result<()> {
        Err(ended())
    }
}

/// A socket that is stdout blocks like any other: each call is told not to wait.
#[cfg(unix)]
fn send_now(socket: &std::fs::File, mut bytes: &[u8]) -> io::Result<()> {
    let socket = socket2::SockRef::from(socket);
    while !bytes.is_empty() {
        match socket.send_with_flags(bytes, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL) {
            Ok(sent) => bytes = &bytes[sent..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

macro_rules! handles {
    ($(
        $(#[$doc:meta])* $handle:ident, $(#[$doc_of:meta])* $make:ident;
    )*) => {$(
        $(#[$doc_of])*
        #[must_use]
        pub fn $make() -> $handle {
            $handle { std: io::$make(), lane: Lane::new(Arc::new(Out::$handle)) }
        }

        $(#[$doc])*
        pub struct $handle {
            #[cfg_attr(not(unix), expect(dead_code))]
            std: io::$handle,
            lane: Lane<Out>,
        }

        impl AsyncWrite for $handle {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.poll_write_vectored(cx, &[IoSlice::new(buf)])
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                ready!(coop::ready(cx));
                let n = ready!(self.lane.poll_write(cx, bufs, MOST, 0));
                coop::spend();
                Poll::Ready(n)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.lane.poll_settled(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.lane.poll_settled(cx)
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsFd for $handle {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                std::os::fd::AsFd::as_fd(&self.std)
            }
        }

        #[cfg(unix)]
        impl std::os::fd::AsRawFd for $handle {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                std::os::fd::AsRawFd::as_raw_fd(&self.std)
            }
        }

        impl fmt::Debug for $handle {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($handle)).field("lane", &self.lane).finish()
            }
        }
    )*};
}

handles! {
    /// The standard output of the process. Made by [`stdout`].
    Stdout,
    /// The standard output of the process. Needs no runtime until it is written.
    ///
    /// A write returns when its bytes are copied, and a thread writes them. Call `flush` to wait
    /// for that, and to hear of an error: a closed pipe is `BrokenPipe`, and no signal. The next
    /// write, `flush` or `shutdown` tells it, once. Without a flush nothing is lost as long as the
    /// runtime lives, and its end waits for a thread that writes; what no thread has begun by then
    /// goes out as far as it can without waiting for the reader, and the rest is lost.
    ///
    /// What one call of `write` has accepted, all of it up to 2 MiB, comes out in one piece:
    /// nothing that other tasks, other threads, or `println!` write comes between. Other processes
    /// may still do. `write_all` of more than that is several calls. Handles of their own have an
    /// order among each other only by `flush`.
    ///
    /// asyncio: `loop.connect_write_pipe(…, sys.stdout)`, or just `print`, which blocks.
    ///
    /// ```
    /// use mainspring::io::{AsyncWriteExt, stdout};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut out = stdout();
    /// out.write_all(b"tick tock\n").await?;
    /// out.flush().await
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    stdout;

    /// The standard error of the process. Made by [`stderr`].
    Stderr,
    /// The standard error of the process. Needs no runtime until it is written.
    ///
    /// All that [`stdout`] says holds here. For a word before the end use `eprintln!`, which
    /// has written when it returns.
    ///
    /// asyncio: `loop.connect_write_pipe(…, sys.stderr)`.
    ///
    /// ```
    /// use mainspring::io::{AsyncWriteExt, stderr};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut out = stderr();
    /// out.write_all(b"tick tock\n").await?;
    /// out.flush().await
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    stderr;
}
