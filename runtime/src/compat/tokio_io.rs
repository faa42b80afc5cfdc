//! tokio's I/O traits over this runtime's streams.
//!
//! The crate `tokio` is there without any feature: its traits and its `ReadBuf`, no runtime.
//!
//! * INV-211: `ReadBuf::assume_init(n)` is called for the `n` bytes that a read has written.

use super::streams::{is_vectored, read_into, streams, write_as, write_of};
use super::wrap::{FuturesIo, TokioIo};
use crate::io::traits::{AsyncBufRead, AsyncRead, AsyncWrite};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::ReadBuf;

/// A read of an `AsyncRead`. What is zeroed of the buffer is zeroed once: it keeps count.
fn read_counted<T: AsyncRead>(
    stream: Pin<&mut T>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let n = ready!(stream.poll_read(cx, buf.initialize_unfilled()))?;
    // Panics for a stream that says it has read more than there was room for.
    buf.advance(n);
    Poll::Ready(Ok(()))
}

/// tokio's traits for a stream of the list.
macro_rules! family {
    (read(zeroed) $stream:ty) => {
        impl tokio::io::AsyncRead for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                read_counted(self, cx, buf)
            }
        }
    };
    (read($how:ident) $stream:ty) => {
        impl tokio::io::AsyncRead for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                // SAFETY(INV-211): bytes are only written; what was initialised stays so.
                let n = ready!(read_into!($how, self, cx, unsafe { buf.unfilled_mut() }))?;
                // SAFETY(INV-211, INV-210): so many have been written, at the front.
                unsafe { buf.assume_init(n) };
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
        }
    };
    (write($how:ident) $stream:ty) => {
        write_as! { [] tokio::io::AsyncWrite, $stream, is_vectored!($how), |stream| stream }
    };
}
streams!(family);

impl<T: AsyncRead> tokio::io::AsyncRead for FuturesIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        read_counted(self.get_pin_mut(), cx, buf)
    }
}

impl<T: AsyncBufRead> tokio::io::AsyncBufRead for FuturesIo<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_pin_mut().poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.get_pin_mut().consume(n);
    }
}

write_as! {
    [<T: AsyncWrite>] tokio::io::AsyncWrite, FuturesIo<T>, false, |wrapped| wrapped.get_pin_mut()
}

impl<T: tokio::io::AsyncRead> AsyncRead for TokioIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(self.get_pin_mut().poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: tokio::io::AsyncBufRead> AsyncBufRead for TokioIo<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_pin_mut().poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.get_pin_mut().consume(n);
    }
}

write_of! { tokio::io::AsyncWrite, TokioIo }

#[cfg(all(test, not(loom)))]
#[path = "tokio_io_tests.rs"]
mod tests;
