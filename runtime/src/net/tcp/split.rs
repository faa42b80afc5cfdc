//! the halves of a stream: borrowed for one task, owned for two.
//!
//! A half is a reference to the stream: `&TcpStream` or `Arc<TcpStream>`. Reading and writing wait
//! in different slots of the source, so nothing is locked between them.
//!
//! | | `split(&mut self)` | `into_split(self)` |
//! |---|---|---|
//! | makes | [`ReadHalf`], [`WriteHalf`] | [`OwnedReadHalf`], [`OwnedWriteHalf`] |
//! | costs | nothing | one allocation |
//! | the write half is dropped | the stream goes on | its side is closed |
//! | both are dropped | the stream goes on | the socket is closed |

#![forbid(unsafe_code)]

use super::stream::TcpStream;
use crate::drive::ready::{Interest, Ready};
use crate::io::traits::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The reading half of a stream, borrowed. Made by [`TcpStream::split`].
#[derive(Debug)]
pub struct ReadHalf<'a>(pub(super) &'a TcpStream);

/// The writing half of a stream, borrowed. Made by [`TcpStream::split`].
#[derive(Debug)]
pub struct WriteHalf<'a>(pub(super) &'a TcpStream);

/// The reading half of a stream, owned. Made by [`TcpStream::into_split`].
#[derive(Debug)]
pub struct OwnedReadHalf(Arc<TcpStream>);

/// The writing half of a stream, owned. Made by [`TcpStream::into_split`].
///
/// Dropping it closes its side: the peer reads 0 after what was sent. See
/// [`forget`](OwnedWriteHalf::forget).
#[derive(Debug)]
pub struct OwnedWriteHalf {
    stream: Arc<TcpStream>,
    closes: bool,
}

pub(super) fn own(stream: TcpStream) -> (OwnedReadHalf, OwnedWriteHalf) {
    let stream = Arc::new(stream);
    (OwnedReadHalf(stream.clone()), OwnedWriteHalf { stream, closes: true })
}

/// The two halves are not of one stream. Gives both back.
#[derive(Debug)]
pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

impl fmt::Display for ReuniteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tried to reunite halves that are not from the same stream")
    }
}

impl std::error::Error for ReuniteError {}

impl OwnedReadHalf {
    /// Makes one stream of the two halves again.
    ///
    /// # Errors
    /// When they are not of one stream; the error holds both.
    pub fn reunite(self, other: OwnedWriteHalf) -> Result<TcpStream, ReuniteError> {
        if !Arc::ptr_eq(&self.0, &other.stream) {
            return Err(ReuniteError(self, other));
        }
        other.forget();
        match Arc::try_unwrap(self.0) {
            Ok(stream) => Ok(stream),
            Err(_) => unreachable!("a stream has two halves, and both were here"),
        }
    }

    fn stream(&self) -> &TcpStream {
        &self.0
    }
}

impl OwnedWriteHalf {
    /// Makes one stream of the two halves again.
    ///
    /// # Errors
    /// When they are not of one stream; the error holds both.
    pub fn reunite(self, other: OwnedReadHalf) -> Result<TcpStream, ReuniteError> {
        other.reunite(self)
    }

    /// Drops the half without closing its side.
    pub fn forget(mut self) {
        self.closes = false;
    }

    fn stream(&self) -> &TcpStream {
        &self.stream
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        if self.closes {
            // The connection may be gone already: then there is nothing to close.
            let _ = self.stream.shutdown_std(Shutdown::Write);
        }
    }
}

impl ReadHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }
}

impl WriteHalf<'_> {
    fn stream(&self) -> &TcpStream {
        self.0
    }
}

impl AsRef<TcpStream> for ReadHalf<'_> {
    fn as_ref(&self) -> &TcpStream {
        self.0
    }
}

impl AsRef<TcpStream> for WriteHalf<'_> {
    fn as_ref(&self) -> &TcpStream {
        self.0
    }
}

impl AsRef<TcpStream> for OwnedReadHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.0
    }
}

impl AsRef<TcpStream> for OwnedWriteHalf {
    fn as_ref(&self) -> &TcpStream {
        &self.stream
    }
}

/// What both halves of both kinds can do.
macro_rules! half {
    ($($half:ty),*) => {
        $(impl $half {
            /// Waits until the stream is ready for `interest`; see [`TcpStream::ready`].
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
                self.stream().ready(interest).await
            }

            /// The address of the other end.
            ///
            /// # Errors
            /// The system's.
            pub fn peer_addr(&self) -> io::Result<SocketAddr> {
                self.stream().peer_addr()
            }

            /// The address of this end.
            ///
            /// # Errors
            /// The system's.
            pub fn local_addr(&self) -> io::Result<SocketAddr> {
                self.stream().local_addr()
            }
        })*
    };
}
half!(ReadHalf<'_>, WriteHalf<'_>, OwnedReadHalf, OwnedWriteHalf);

macro_rules! read_half {
    ($($half:ty),*) => {
        $(impl $half {
            /// Reads without taking: the next read sees the same bytes.
            ///
            /// # Errors
            /// As a read.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.stream().peek(buf).await
            }

            /// Polls a read that takes nothing.
            ///
            /// # Errors
            /// As a read.
            pub fn poll_peek(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_peek(cx, buf)
            }

            /// Waits until there is something to read, or the end.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn readable(&self) -> io::Result<()> {
                self.stream().readable().await
            }

            /// Reads what is there; see [`TcpStream::try_read`].
            ///
            /// # Errors
            /// `WouldBlock` when there is nothing; otherwise as a read.
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.stream().try_read(buf)
            }

            /// Reads what is there into several buffers.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read).
            pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                self.stream().try_read_vectored(bufs)
            }
        }

        impl AsyncRead for $half {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_read_vectored(cx, bufs)
            }
        })*
    };
}
read_half!(ReadHalf<'_>, OwnedReadHalf);

macro_rules! write_half {
    ($($half:ty),*) => {
        $(impl $half {
            /// Waits until there is room to write.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn writable(&self) -> io::Result<()> {
                self.stream().writable().await
            }

            /// Writes what there is room for; see [`TcpStream::try_write`].
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as a write.
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                self.stream().try_write(buf)
            }

            /// Writes what there is room for from several buffers, in one syscall.
            ///
            /// # Errors
            /// As [`try_write`](Self::try_write).
            pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
                self.stream().try_write_vectored(bufs)
            }
        }

        impl AsyncWrite for $half {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_write_vectored(cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
            ) -> Poll<io::Result<()>> {
                self.closed();
                Poll::Ready(self.stream().shutdown_std(Shutdown::Write))
            }
        })*
    };
}
write_half!(WriteHalf<'_>, OwnedWriteHalf);

impl WriteHalf<'_> {
    fn closed(&mut self) {}
}

impl OwnedWriteHalf {
    /// Its side has been closed: the drop need not do it again.
    fn closed(&mut self) {
        self.closes = false;
    }
}
