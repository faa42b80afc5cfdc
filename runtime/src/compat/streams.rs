//! the streams of this runtime, a line for each way: what all trait families are written over.
//!
//! | line | the stream has |
//! |---|---|
//! | `read(uninit)` | `poll_read_uninit`, which needs no initialised buffer |
//! | `read(half)` | `AsRef` of such a stream |
//! | `read(zeroed)` | only `AsyncRead`: a buffer is zeroed before it is lent |
//! | `write(vectored)` | an `AsyncWrite` whose vectored write is one syscall |
//! | `write(plain)` | an `AsyncWrite` whose vectored write takes the first buffer only |
//!
//! `zeroed` and `plain` are each family's own affair: it may know how much is initialised already.
//!
//! * INV-210: a `poll_read_uninit` that gives `n` has initialised the first `n` bytes of the memory
//!   it was lent, and has only ever written to that memory.

#![forbid(unsafe_code)]

/// Calls `$family! { way(how) Type }` for each.
macro_rules! streams {
    ($family:ident) => {
        $family! { read(uninit) $crate::net::tcp::stream::TcpStream }
        $family! { write(vectored) $crate::net::tcp::stream::TcpStream }
        $family! { read(half) $crate::net::tcp::split::ReadHalf<'_> }
        $family! { write(vectored) $crate::net::tcp::split::WriteHalf<'_> }
        $family! { read(half) $crate::net::tcp::split::OwnedReadHalf }
        $family! { write(vectored) $crate::net::tcp::split::OwnedWriteHalf }
        $family! { read(zeroed) $crate::io::duplex::DuplexStream }
        $family! { write(vectored) $crate::io::duplex::DuplexStream }
        $family! { read(zeroed) $crate::io::duplex::SimplexStream }
        $family! { write(vectored) $crate::io::duplex::SimplexStream }
        $family! { read(zeroed) $crate::io::stdin::Stdin }
        $family! { write(vectored) $crate::io::stdout::Stdout }
        $family! { write(vectored) $crate::io::stdout::Stderr }
        $family! { read(zeroed) $crate::fs::file::File }
        $family! { write(vectored) $crate::fs::file::File }
        #[cfg(unix)]
        $crate::compat::streams::unix_streams! { $family }
    };
}
pub(super) use streams;

/// Those that only Unix has.
#[cfg(unix)]
macro_rules! unix_streams {
    ($family:ident) => {
        $family! { read(uninit) $crate::net::unix::stream::UnixStream }
        $family! { write(vectored) $crate::net::unix::stream::UnixStream }
        $family! { read(half) $crate::net::unix::split::ReadHalf<'_> }
        $family! { write(vectored) $crate::net::unix::split::WriteHalf<'_> }
        $family! { read(half) $crate::net::unix::split::OwnedReadHalf }
        $family! { write(vectored) $crate::net::unix::split::OwnedWriteHalf }
        $family! { read(zeroed) $crate::net::unix::pipe::ends::Receiver }
        $family! { write(vectored) $crate::net::unix::pipe::ends::Sender }
        $family! { write(vectored) $crate::process::pipes::ChildStdin }
        $family! { read(zeroed) $crate::process::pipes::ChildStdout }
        $family! { read(zeroed) $crate::process::pipes::ChildStderr }
    };
}
#[cfg(unix)]
pub(super) use unix_streams;

/// A read into memory that need not be initialised; see INV-210.
macro_rules! read_into {
    (uninit, $stream:expr, $cx:expr, $memory:expr) => {
        (*$stream).poll_read_uninit($cx, $memory)
    };
    (half, $stream:expr, $cx:expr, $memory:expr) => {
        (*$stream).as_ref().poll_read_uninit($cx, $memory)
    };
}
pub(super) use read_into;

/// Does a stream write several buffers at once?
macro_rules! is_vectored {
    (vectored) => {
        true
    };
    (plain) => {
        false
    };
}
pub(super) use is_vectored;

/// An `AsyncWrite` under the writing trait of another family: only the half close has another name.
macro_rules! write_as {
    ([$($of:tt)*] $family:path, $stream:ty, $vectored:expr, |$this:ident| $inner:expr) => {
        impl$($of)* $family for $stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                let $this = self;
                AsyncWrite::poll_write($inner, cx, buf)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = self;
                AsyncWrite::poll_flush($inner, cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                let $this = self;
                AsyncWrite::poll_close($inner, cx)
            }

            fn is_write_vectored(&self) -> bool {
                $vectored
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                let $this = self;
                AsyncWrite::poll_write_vectored($inner, cx, bufs)
            }
        }
    };
}
pub(super) use write_as;

/// A writer of another family in its wrapper, as an `AsyncWrite`.
macro_rules! write_of {
    ($family:path, $wrapper:ident) => {
        impl<T: $family> AsyncWrite for $wrapper<T> {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.get_pin_mut().poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.get_pin_mut().poll_write_vectored(cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.get_pin_mut().poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.get_pin_mut().poll_shutdown(cx)
            }
        }
    };
}
pub(super) use write_of;
