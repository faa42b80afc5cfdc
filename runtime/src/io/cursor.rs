//! Cursor: bytes in memory with a position.
//!
//! std's `Cursor` with the traits of this module. It cannot be std's own: both the type and the
//! traits belong to other crates.

#![forbid(unsafe_code)]

use crate::io::traits::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use std::io::{self, BufRead, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes in memory with a position: read, written and searched as a file is.
///
/// `std::io::Cursor` with the traits of this module. It is always ready.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Cursor};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut file = Cursor::new(Vec::new());
/// file.write_all(b"tick tock").await?;
/// file.rewind().await?;
/// let mut head = [0; 4];
/// file.read_exact(&mut head).await?;
/// assert_eq!((&head, file.position()), (b"tick", 4));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Cursor<T>(io::Cursor<T>);

impl<T> Cursor<T> {
    /// At the start of `inner`.
    pub const fn new(inner: T) -> Self {
        Self(io::Cursor::new(inner))
    }

    /// Gives the bytes back.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }

    /// The bytes.
    pub const fn get_ref(&self) -> &T {
        self.0.get_ref()
    }

    /// The bytes. The position stays.
    pub const fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    /// The position, counted from the start; it may lie behind the end.
    pub const fn position(&self) -> u64 {
        self.0.position()
    }

    /// Moves to a position, which may lie behind the end.
    pub const fn set_position(&mut self, pos: u64) {
        self.0.set_position(pos);
    }
}

impl<T> From<io::Cursor<T>> for Cursor<T> {
    fn from(cursor: io::Cursor<T>) -> Self {
        Self(cursor)
    }
}

impl<T: AsRef<[u8]> + Unpin> AsyncRead for Cursor<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.read(buf))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.read_vectored(bufs))
    }
}

impl<T: AsRef<[u8]> + Unpin> AsyncBufRead for Cursor<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        Poll::Ready(self.get_mut().0.fill_buf())
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        // std's adds without a check: a position behind the end is allowed there.
        let left = self.0.get_ref().as_ref().len() as u64;
        let left = left.saturating_sub(self.0.position());
        let amount = (amount as u64).min(left);
        let pos = self.0.position() + amount;
        self.0.set_position(pos);
    }
}

impl<T: AsRef<[u8]> + Unpin> AsyncSeek for Cursor<T> {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        Poll::Ready(self.0.seek(pos))
    }
}

/// A vector grows; the others take what there is room for, and then 0.
macro_rules! writes {
    ($([$($of:tt)*] $inner:ty,)*) => {
        $(impl<$($of)*> AsyncWrite for Cursor<$inner> {
            fn poll_write(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(self.0.write(buf))
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                _cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Poll::Ready(self.0.write_vectored(bufs))
            }

            fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        })*
    };
}
writes! {
    [] Vec<u8>,
    [] &mut Vec<u8>,
    [] &mut [u8],
    [] Box<[u8]>,
    [const N: usize] [u8; N],
}
