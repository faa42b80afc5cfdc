//! copy, with back-pressure.
//!
//! One buffer between a reader and a writer. While the writer is not ready, the rest of the buffer
//! is filled, so the two overlap; when it is full, nobody reads, and the sender feels it.
//!
//! ```text
//!            written ──►           ◄── end
//!  [ free │ read, not written yet │ room to read ahead into ]
//! ```
//!
//! A full buffer is one read and one write. What has been written is flushed as soon as the reader
//! has nothing more for the moment: whoever reads at the far end may have to answer first.
//!
//! Sockets spend the poll's budget themselves, one unit for each read and write. A slice or a
//! `Vec` does not, so a round in which nothing was spent costs one unit: a copy from a reader that
//! never waits to a writer that never waits still yields.

#![forbid(unsafe_code)]

use crate::io::ext::whole::takes_no_more;
use crate::io::traits::{AsyncRead, AsyncWrite};
use crate::wake::coop;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Bytes that are under way at most, in one direction.
pub(crate) const CAPACITY: usize = 8 * 1024;

/// Copies everything from `reader` to `writer`, and flushes. Returns the number of bytes.
///
/// At most 8 KiB are under way: a slow writer slows the reader down. The writer is not shut down.
/// A reader that has a buffer already is better served by [`copy_buf`](crate::io::copy_buf).
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut reader: &[u8] = b"tick tock";
/// let mut writer = Vec::new();
/// assert_eq!(mainspring::io::copy(&mut reader, &mut writer).await?, 9);
/// assert_eq!(writer, b"tick tock");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// The reader's or the writer's, whichever comes first; `WriteZero` when the writer takes no more.
///
/// # Cancel safety
/// Not safe: bytes that were read and not yet written are lost.
pub async fn copy<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: AsyncRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut copy = Transfer::new(CAPACITY);
    poll_fn(|cx| copy.poll(cx, Pin::new(&mut *reader), Pin::new(&mut *writer))).await
}

/// What is under way from a reader to a writer.
#[derive(Debug)]
pub(crate) struct Transfer {
    buf: Box<[u8]>,
    written: usize,
    end: usize,
    /// The reader has.
    ended: bool,
    /// Something was written since the last flush.
    dirty: bool,
    total: u64,
}

impl Transfer {
    /// At most `capacity` bytes, more than none.
    pub(crate) fn new(capacity: usize) -> Self {
        let buf = vec![0; capacity].into_boxed_slice();
        Self { buf, written: 0, end: 0, ended: false, dirty: false, total: 0 }
    }

    /// Moves what can be moved. Ready when the reader has ended and all is written and flushed.
    pub(crate) fn poll<R: AsyncRead + ?Sized, W: AsyncWrite + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>> {
        loop {
            ready!(coop::ready(cx));
            let budget = coop::left();
            let read = self.fill(cx, reader.as_mut())?;
            if self.written < self.end {
                match self.drain(cx, writer.as_mut())? {
                    Poll::Ready(()) => {}
                    // The writer will wake us; if there is more to read, read it meanwhile.
                    Poll::Pending if read.is_pending() || !self.has_room() => {
                        return Poll::Pending;
                    }
                    Poll::Pending => {}
                }
            } else if self.ended {
                ready!(writer.as_mut().poll_flush(cx))?;
                return Poll::Ready(Ok(self.total));
            } else if read.is_pending() {
                // Nothing comes for a while: what is written should not wait in the writer.
                if self.dirty {
                    self.dirty = writer.as_mut().poll_flush(cx)?.is_pending();
                }
                return Poll::Pending;
            }
            if coop::left() == budget {
                coop::spend();
            }
        }
    }

    /// Reads once, if there is room. Pending: the reader will wake us.
    fn fill<R: AsyncRead + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        reader: Pin<&mut R>,
    ) -> io::Result<Poll<()>> {
        if self.written == self.end {
            (self.written, self.end) = (0, 0);
        }
        if !self.has_room() {
            return Ok(Poll::Ready(()));
        }
        match reader.poll_read(cx, &mut self.buf[self.end..]) {
            Poll::Ready(Ok(0)) => self.ended = true,
            Poll::Ready(Ok(n)) => self.end += n,
            Poll::Ready(Err(error)) => unless_interrupted(error)?,
            Poll::Pending => return Ok(Poll::Pending),
        }
        Ok(Poll::Ready(()))
    }

    /// Writes once. Pending: the writer will wake us.
    fn drain<W: AsyncWrite + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        writer: Pin<&mut W>,
    ) -> io::Result<Poll<()>> {
        match writer.poll_write(cx, &self.buf[self.written..self.end]) {
            Poll::Ready(Ok(0)) => return Err(takes_no_more()),
            Poll::Ready(Ok(n)) => {
                self.written += n;
                self.total += n as u64;
                self.dirty = true;
            }
            Poll::Ready(Err(error)) => unless_interrupted(error)?,
            Poll::Pending => return Ok(Poll::Pending),
        }
        Ok(Poll::Ready(()))
    }

    fn has_room(&self) -> bool {
        !self.ended && self.end < self.buf.len()
    }
}

/// A signal came before anything was moved: the next round tries again.
pub(crate) fn unless_interrupted(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) }
}
