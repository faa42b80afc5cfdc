//! read_buf, write_buf, write_all_buf: the buffers of the crate `bytes`.
//!
//! A `BufMut` has room that nobody has written to yet, and keeps count of what has been. A reader
//! takes `&mut [u8]`, which must have been: so as much room as one read is likely to fill is zeroed
//! before, and what the reader says it wrote is counted afterwards.
//!
//! * INV-170: of the room of a `BufMut`, only bytes that were written here are shown to a reader,
//!   and no more of them are counted than were shown.

use crate::io::ext::whole::takes_no_more;
use crate::io::traits::{AsyncRead, AsyncWrite};
use ::bytes::{Buf, BufMut};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::slice;
use std::task::{Context, Poll, ready};

/// Bytes that one read is given room for at most: what is zeroed must bear some relation to what
/// comes.
const ROOM: usize = 8 * 1024;
/// Pieces of a buffer that one write is given at most.
const PIECES: usize = 16;

/// Gives the next room of `buf` to `read`, which returns how much of it, from the front, it has
/// filled. 0 when there is no room.
pub(crate) fn fill<B, E>(
    buf: &mut B,
    read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<usize, E>
where
    B: BufMut + ?Sized,
{
    fill_up_to(ROOM, buf, read)
}

/// The same with `most` bytes of room: a datagram wants all there is, for its end would be lost.
pub(crate) fn fill_up_to<B, E>(
    most: usize,
    buf: &mut B,
    read: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<usize, E>
where
    B: BufMut + ?Sized,
{
    if !buf.has_remaining_mut() {
        return Ok(0);
    }
    let chunk = buf.chunk_mut();
    let len = chunk.len().min(most);
    // SAFETY(INV-170): the chunk is `len` bytes or longer and ours alone; zero is a byte.
    let room = unsafe {
        chunk.as_mut_ptr().write_bytes(0, len);
        slice::from_raw_parts_mut(chunk.as_mut_ptr(), len)
    };
    let n = read(room)?;
    assert!(n <= len, "a reader says that it has written {n} bytes into a buffer of {len}");
    // SAFETY(INV-170): the first `len` bytes of the chunk were written above, and `n` is no more.
    unsafe { buf.advance_mut(n) };
    Ok(n)
}

/// Future of [`AsyncReadExt::read_buf`](crate::io::AsyncReadExt::read_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadBuf<'a, R: ?Sized, B: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut B,
}

impl<'a, R: ?Sized, B: ?Sized> ReadBuf<'a, R, B> {
    pub(super) fn new(reader: &'a mut R, buf: &'a mut B) -> Self {
        Self { reader, buf }
    }
}

impl<R, B> Future for ReadBuf<'_, R, B>
where
    R: AsyncRead + Unpin + ?Sized,
    B: BufMut + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let Self { reader, buf } = self.get_mut();
        let filled = fill(*buf, |room| match Pin::new(&mut **reader).poll_read(cx, room) {
            Poll::Ready(Ok(n)) => Ok(n),
            Poll::Ready(Err(error)) => Err(Poll::Ready(error)),
            Poll::Pending => Err(Poll::Pending),
        });
        match filled {
            Ok(n) => Poll::Ready(Ok(n)),
            Err(other) => other.map(Err),
        }
    }
}

/// Writes some of `buf`, and takes that off it.
fn poll_some<W, B>(
    mut writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    buf: &mut B,
) -> Poll<io::Result<usize>>
where
    W: AsyncWrite + ?Sized,
    B: Buf + ?Sized,
{
    let n = if buf.chunk().len() == buf.remaining() {
        ready!(writer.as_mut().poll_write(cx, buf.chunk()))?
    } else {
        let mut pieces = [IoSlice::new(&[]); PIECES];
        let count = buf.chunks_vectored(&mut pieces);
        ready!(writer.as_mut().poll_write_vectored(cx, &pieces[..count]))?
    };
    buf.advance(n);
    Poll::Ready(Ok(n))
}

/// Future of [`AsyncWriteExt::write_buf`](crate::io::AsyncWriteExt::write_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct WriteBuf<'a, W: ?Sized, B: ?Sized> {
    writer: &'a mut W,
    buf: &'a mut B,
}

impl<'a, W: ?Sized, B: ?Sized> WriteBuf<'a, W, B> {
    pub(super) fn new(writer: &'a mut W, buf: &'a mut B) -> Self {
        Self { writer, buf }
    }
}

impl<W, B> Future for WriteBuf<'_, W, B>
where
    W: AsyncWrite + Unpin + ?Sized,
    B: Buf + ?Sized,
{
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.buf.has_remaining() {
            return Poll::Ready(Ok(0));
        }
        poll_some(Pin::new(&mut *this.writer), cx, this.buf)
    }
}

/// Future of [`AsyncWriteExt::write_all_buf`](crate::io::AsyncWriteExt::write_all_buf).
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct WriteAllBuf<'a, W: ?Sized, B: ?Sized> {
    writer: &'a mut W,
    buf: &'a mut B,
}

impl<'a, W: ?Sized, B: ?Sized> WriteAllBuf<'a, W, B> {
    pub(super) fn new(writer: &'a mut W, buf: &'a mut B) -> Self {
        Self { writer, buf }
    }
}

impl<W, B> Future for WriteAllBuf<'_, W, B>
where
    W: AsyncWrite + Unpin + ?Sized,
    B: Buf + ?Sized,
{
    type Output = io::Result<()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.buf.has_remaining() {
            if ready!(poll_some(Pin::new(&mut *this.writer), cx, this.buf))? == 0 {
                return Poll::Ready(Err(takes_no_more()));
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(all(test, not(loom)))]
#[path = "bytes_tests.rs"]
mod tests;
