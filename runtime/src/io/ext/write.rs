//! AsyncWriteExt: write, write_all, flush, shutdown, ... as named futures.
//!
//! As with reading, each method is a future with a name that borrows the writer. A write that has
//! been accepted may still be in a buffer: `flush` pushes it on, `shutdown` does so and says that
//! nothing more will come.
//!
//! `write_buf` and `write_all_buf` come with the feature `bytes`.

#![forbid(unsafe_code)]

#[cfg(feature = "bytes")]
use super::bytes::{WriteAllBuf, WriteBuf};
use super::number::{WriteNumber, write_numbers};
use super::whole::poll_drain;
use crate::io::traits::AsyncWrite;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Writing, for everything that is [`AsyncWrite`].
///
/// asyncio's `StreamWriter`: `write_all` is `write` and `drain` in one. All methods take `&mut
/// self` and need `Self: Unpin`.
///
/// ```
/// use mainspring::io::AsyncWriteExt;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut writer = Vec::new();
/// writer.write_all(b"tick ").await?;
/// writer.write_u16(0x746f).await?;
/// assert_eq!(writer, b"tick to");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes some of `buf`, and returns how much; 0 only when `buf` is empty, or nothing can be
    /// written any more.
    ///
    /// # Errors
    /// The writer's.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, nothing was written.
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> Write<'a, Self>
    where
        Self: Unpin,
    {
        Write { writer: self, buf }
    }

    /// Writes some of several buffers, in one call where the writer can.
    ///
    /// # Errors
    /// The writer's.
    ///
    /// # Cancel safety
    /// If the future is dropped before it is ready, nothing was written.
    fn write_vectored<'a, 'b>(&'a mut self, bufs: &'a [IoSlice<'b>]) -> WriteVectored<'a, 'b, Self>
    where
        Self: Unpin,
    {
        WriteVectored { writer: self, bufs }
    }

    /// Writes some of a buffer of the crate `bytes`, takes that off it, and returns how much. Of a
    /// buffer in pieces, several in one call where the writer can. Needs the feature `bytes`.
    ///
    /// # Errors
    /// The writer's.
    ///
    /// # Cancel safety
    /// Nothing is lost: `buf` holds what was not written.
    #[cfg(feature = "bytes")]
    fn write_buf<'a, B>(&'a mut self, buf: &'a mut B) -> WriteBuf<'a, Self, B>
    where
        Self: Unpin,
        B: ::bytes::Buf + ?Sized,
    {
        WriteBuf::new(self, buf)
    }

    /// Writes all of a buffer of the crate `bytes`, which is empty then. Needs the feature `bytes`.
    ///
    /// ```
    /// use mainspring::io::AsyncWriteExt;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut text = bytes::Buf::chain(&b"tick "[..], &b"tock"[..]);
    /// let mut writer = Vec::new();
    /// writer.write_all_buf(&mut text).await?;
    /// assert_eq!(writer, b"tick tock");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// `WriteZero` when the writer takes no more; otherwise the writer's.
    ///
    /// # Cancel safety
    /// Nothing is lost: `buf` holds what was not written. Call it again.
    #[cfg(feature = "bytes")]
    fn write_all_buf<'a, B>(&'a mut self, buf: &'a mut B) -> WriteAllBuf<'a, Self, B>
    where
        Self: Unpin,
        B: ::bytes::Buf + ?Sized,
    {
        WriteAllBuf::new(self, buf)
    }

    /// Writes all of `buf`.
    ///
    /// # Errors
    /// `WriteZero` when the writer takes no more; otherwise the writer's. Some of `buf` may have
    /// been written then.
    ///
    /// # Cancel safety
    /// Not safe: some of `buf` may have been written, and how much is lost.
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> WriteAll<'a, Self>
    where
        Self: Unpin,
    {
        WriteAll { writer: self, buf, written: 0 }
    }

    write_numbers! {
        write_u8 u8 to_be_bytes, write_i8 i8 to_be_bytes,
        write_u16 u16 to_be_bytes, write_i16 i16 to_be_bytes,
        write_u32 u32 to_be_bytes, write_i32 i32 to_be_bytes,
        write_u64 u64 to_be_bytes, write_i64 i64 to_be_bytes,
        write_u128 u128 to_be_bytes, write_i128 i128 to_be_bytes,
        write_f32 f32 to_be_bytes, write_f64 f64 to_be_bytes,
        write_u16_le u16 to_le_bytes, write_i16_le i16 to_le_bytes,
        write_u32_le u32 to_le_bytes, write_i32_le i32 to_le_bytes,
        write_u64_le u64 to_le_bytes, write_i64_le i64 to_le_bytes,
        write_u128_le u128 to_le_bytes, write_i128_le i128 to_le_bytes,
        write_f32_le f32 to_le_bytes, write_f64_le f64 to_le_bytes,
    }

    /// Waits until everything written has left the writer's own buffers.
    ///
    /// A TCP stream has none, so this does nothing there; a [`BufWriter`](crate::io::BufWriter)
    /// needs it.
    ///
    /// # Errors
    /// The writer's.
    ///
    /// # Cancel safety
    /// Safe: call it again.
    fn flush(&mut self) -> Flush<'_, Self>
    where
        Self: Unpin,
    {
        Flush { writer: self }
    }

    /// Flushes, and closes the writing half: the reader at the other end reads 0 after what was
    /// written. asyncio's `write_eof`.
    ///
    /// # Errors
    /// The writer's.
    ///
    /// # Cancel safety
    /// Safe: call it again.
    fn shutdown(&mut self) -> Shutdown<'_, Self>
    where
        Self: Unpin,
    {
        Shutdown { writer: self }
    }
}

impl<W: AsyncWrite + ?Sized> AsyncWriteExt for W {}

/// Future of [`AsyncWriteExt::write`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Write<'a, W: ?Sized> {
    writer: &'a mut W,
    buf: &'a [u8],
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        Pin::new(&mut *this.writer).poll_write(cx, this.buf)
    }
}

/// Future of [`AsyncWriteExt::write_vectored`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct WriteVectored<'a, 'b, W: ?Sized> {
    writer: &'a mut W,
    bufs: &'a [IoSlice<'b>],
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteVectored<'_, '_, W> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        Pin::new(&mut *this.writer).poll_write_vectored(cx, this.bufs)
    }
}

/// Future of [`AsyncWriteExt::write_all`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct WriteAll<'a, W: ?Sized> {
    writer: &'a mut W,
    buf: &'a [u8],
    written: usize,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        poll_drain(Pin::new(&mut *this.writer), cx, this.buf, &mut this.written)
    }
}

/// Future of [`AsyncWriteExt::flush`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Flush<'a, W: ?Sized> {
    writer: &'a mut W,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.writer).poll_flush(cx)
    }
}

/// Future of [`AsyncWriteExt::shutdown`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Shutdown<'a, W: ?Sized> {
    writer: &'a mut W,
}

impl<W: AsyncWrite + Unpin + ?Sized> Future for Shutdown<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.writer).poll_close(cx)
    }
}
