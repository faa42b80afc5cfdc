//! copy, with back-pressure.
//!
//! One buffer between a reader and a writer. While the writer is not ready, the rest of the buffer
//! is filled, so the two overlap; when it is full, nobody reads, and the sender feels it.
//!
//! ```text
//!            written ──►           ◄── end
//!  [ free │ read, not written yet │ room to read ahead into ]
//! ```

#![forbid(unsafe_code)]

use crate::io::ext::whole::takes_no_more;
use crate::io::traits::{AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Bytes that are under way at most.
const CAPACITY: usize = 8 * 1024;

/// Copies everything from `reader` to `writer`, and flushes. Returns the number of bytes.
///
/// At most 8 KiB are under way: a slow writer slows the reader down. The writer is not shut down.
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
    let mut copy = Copy {
        buf: vec![0; CAPACITY].into_boxed_slice(),
        written: 0,
        end: 0,
        ended: false,
        dirty: false,
        total: 0,
    };
    poll_fn(|cx| copy.poll(cx, Pin::new(&mut *reader), Pin::new(&mut *writer))).await
}

struct Copy {
    buf: Box<[u8]>,
    written: usize,
    end: usize,
    /// The reader has.
    ended: bool,
    /// Something was written since the last flush.
    dirty: bool,
    total: u64,
}

impl Copy {
    fn poll<R: AsyncRead + ?Sized, W: AsyncWrite + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>> {
        loop {
            let read = self.fill(cx, reader.as_mut())?;
            if self.written < self.end {
                match writer.as_mut().poll_write(cx, &self.buf[self.written..self.end])? {
                    Poll::Ready(0) => return Poll::Ready(Err(takes_no_more())),
                    Poll::Ready(n) => {
                        self.written += n;
                        self.total += n as u64;
                        self.dirty = true;
                    }
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
        match reader.poll_read(cx, &mut self.buf[self.end..])? {
            Poll::Ready(0) => self.ended = true,
            Poll::Ready(n) => self.end += n,
            Poll::Pending => return Ok(Poll::Pending),
        }
        Ok(Poll::Ready(()))
    }

    fn has_room(&self) -> bool {
        !self.ended && self.end < self.buf.len()
    }
}
