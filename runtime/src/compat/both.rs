//! a stream of hyper's as one of tokio's, and the other way round.
//!
//! Both families lend memory that is not initialised, so nothing is zeroed on the way, and both say
//! whether a stream writes several buffers at once.
//!
//! * INV-212: what a read has put into a buffer over lent memory stands at the front of it, so as
//!   many bytes of the lender's buffer have been written. Where safe code could have exchanged the
//!   buffer, it is asked whether it did.

use super::wrap::{HyperIo, TokioIo};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

impl<T: tokio::io::AsyncRead> hyper::rt::Read for TokioIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY(INV-212): a `ReadBuf` only ever writes to its memory.
        let mut part = tokio::io::ReadBuf::uninit(unsafe { buf.as_mut() });
        let lent = part.filled().as_ptr();
        ready!(self.get_pin_mut().poll_read(cx, &mut part))?;
        // It was lent by `&mut`: the stream may have put another one in its place.
        assert_eq!(part.filled().as_ptr(), lent, "a stream has exchanged the buffer it was lent");
        let n = part.filled().len();
        // SAFETY(INV-212): they are filled.
        unsafe { buf.advance(n) };
        Poll::Ready(Ok(()))
    }
}

impl<T: hyper::rt::Read> tokio::io::AsyncRead for HyperIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY(INV-212): a `ReadBuf` only ever writes to its memory.
        let mut part = hyper::rt::ReadBuf::uninit(unsafe { buf.unfilled_mut() });
        ready!(self.get_pin_mut().poll_read(cx, part.unfilled()))?;
        let n = part.filled().len();
        // SAFETY(INV-212): they are filled.
        unsafe { buf.assume_init(n) };
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

/// A writer of one family, as one of the other: the methods have the same names.
macro_rules! writes {
    ($wrapper:ident: $has:path => $gets:path) => {
        impl<T: $has> $gets for $wrapper<T> {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.get_pin_mut().poll_write(cx, buf)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.get_pin_mut().poll_flush(cx)
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.get_pin_mut().poll_shutdown(cx)
            }

            fn is_write_vectored(&self) -> bool {
                self.get_ref().is_write_vectored()
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.get_pin_mut().poll_write_vectored(cx, bufs)
            }
        }
    };
}
writes!(TokioIo: tokio::io::AsyncWrite => hyper::rt::Write);
writes!(HyperIo: hyper::rt::Write => tokio::io::AsyncWrite);

#[cfg(all(test, not(loom)))]
#[path = "both_tests.rs"]
mod tests;
