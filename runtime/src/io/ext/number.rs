//! numbers on the wire: big-endian and little-endian, read and written whole.
//!
//! One future for all of them: a buffer of the number's size, and how to make the number of it.

#![forbid(unsafe_code)]

use super::whole::{poll_drain, poll_fill};
use crate::io::traits::{AsyncRead, AsyncWrite};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reads a number of `N` bytes. See [`AsyncReadExt`](crate::io::AsyncReadExt).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadNumber<'a, R: ?Sized, T, const N: usize> {
    reader: &'a mut R,
    bytes: [u8; N],
    filled: usize,
    make: fn([u8; N]) -> T,
}

impl<'a, R: ?Sized, T, const N: usize> ReadNumber<'a, R, T, N> {
    pub(super) fn new(reader: &'a mut R, make: fn([u8; N]) -> T) -> Self {
        Self { reader, bytes: [0; N], filled: 0, make }
    }
}

impl<R: AsyncRead + Unpin + ?Sized, T, const N: usize> Future for ReadNumber<'_, R, T, N> {
    type Output = io::Result<T>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let this = self.get_mut();
        ready!(poll_fill(Pin::new(&mut *this.reader), cx, &mut this.bytes, &mut this.filled))?;
        Poll::Ready(Ok((this.make)(this.bytes)))
    }
}

/// Writes a number of `N` bytes. See [`AsyncWriteExt`](crate::io::AsyncWriteExt).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct WriteNumber<'a, W: ?Sized, const N: usize> {
    writer: &'a mut W,
    bytes: [u8; N],
    written: usize,
}

impl<'a, W: ?Sized, const N: usize> WriteNumber<'a, W, N> {
    pub(super) fn new(writer: &'a mut W, bytes: [u8; N]) -> Self {
        Self { writer, bytes, written: 0 }
    }
}

impl<W: AsyncWrite + Unpin + ?Sized, const N: usize> Future for WriteNumber<'_, W, N> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        poll_drain(Pin::new(&mut *this.writer), cx, &this.bytes, &mut this.written)
    }
}

macro_rules! read_numbers {
    ($($name:ident $number:ident $make:ident,)*) => {
        $(
            #[doc = concat!("Reads a number of type `", stringify!($number), "`, in the byte order \
                that `", stringify!($make), "` names.\n\n# Errors\n`UnexpectedEof` when the reader \
                ends before; otherwise the reader's.\n\n# Cancel safety\nNot safe: the bytes read \
                so far are lost.")]
            fn $name(&mut self) -> ReadNumber<'_, Self, $number, { size_of::<$number>() }>
            where
                Self: Unpin,
            {
                ReadNumber::new(self, $number::$make)
            }
        )*
    };
}

macro_rules! write_numbers {
    ($($name:ident $number:ident $make:ident,)*) => {
        $(
            #[doc = concat!("Writes a number of type `", stringify!($number), "`, in the byte \
                order that `", stringify!($make), "` names.\n\n# Errors\n`WriteZero` when the \
                writer takes no more; otherwise the writer's.\n\n# Cancel safety\nNot safe: some \
                of the bytes may have been written.")]
            fn $name(&mut self, n: $number) -> WriteNumber<'_, Self, { size_of::<$number>() }>
            where
                Self: Unpin,
            {
                WriteNumber::new(self, n.$make())
            }
        )*
    };
}
pub(super) use {read_numbers, write_numbers};
