//! copy_buf: from a reader that has a buffer of its own.

#![forbid(unsafe_code)]

use crate::io::copy::unless_interrupted;
use crate::io::ext::whole::takes_no_more;
use crate::io::traits::{AsyncBufRead, AsyncWrite};
use crate::wake::coop;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Copies everything from `reader`'s buffer to `writer`, and flushes. Returns the number of bytes.
///
/// As [`copy`](crate::io::copy), without a second buffer in between: each write is given what the
/// reader has read ahead, so the size of that buffer is the size of the writes.
///
/// ```
/// use mainspring::io::{AsyncBufReadExt, copy_buf};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut reader: &[u8] = b"head\nbody";
/// let mut head = String::new();
/// reader.read_line(&mut head).await?;
/// let mut body = Vec::new();
/// assert_eq!(copy_buf(&mut reader, &mut body).await?, 4);
/// assert_eq!(body, b"body");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// The reader's or the writer's, whichever comes first; `WriteZero` when the writer takes no more.
///
/// # Cancel safety
/// No byte is lost, because what is not written is still in the reader; but the count is. What was
/// written may not have been flushed.
pub async fn copy_buf<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: AsyncBufRead + Unpin + ?Sized,
    W: AsyncWrite + Unpin + ?Sized,
{
    let mut copy = CopyBuf { dirty: false, total: 0 };
    poll_fn(|cx| copy.poll(cx, Pin::new(&mut *reader), Pin::new(&mut *writer))).await
}

struct CopyBuf {
    /// Something was written since the last flush.
    dirty: bool,
    total: u64,
}

impl CopyBuf {
    fn poll<R: AsyncBufRead + ?Sized, W: AsyncWrite + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>> {
        loop {
            ready!(coop::ready(cx));
            let budget = coop::left();
            match reader.as_mut().poll_fill_buf(cx) {
                Poll::Ready(Ok([])) => {
                    ready!(writer.as_mut().poll_flush(cx))?;
                    return Poll::Ready(Ok(self.total));
                }
                Poll::Ready(Ok(ahead)) => match ready!(writer.as_mut().poll_write(cx, ahead)) {
                    Ok(0) => return Poll::Ready(Err(takes_no_more())),
                    Ok(n) => {
                        reader.as_mut().consume(n);
                        self.total += n as u64;
                        self.dirty = true;
                    }
                    Err(error) => unless_interrupted(error)?,
                },
                Poll::Ready(Err(error)) => unless_interrupted(error)?,
                Poll::Pending => {
                    if self.dirty {
                        self.dirty = writer.as_mut().poll_flush(cx)?.is_pending();
                    }
                    return Poll::Pending;
                }
            }
            if coop::left() == budget {
                coop::spend();
            }
        }
    }
}
