//! duplex and simplex: streams in memory, for tests and between tasks.
//!
//! ```text
//!   duplex      A ── pipe ──► B        each end writes into one pipe and reads from the other
//!               A ◄── pipe ── B
//!
//!   simplex     WriteHalf ── pipe ──► ReadHalf        or both in one: `new_unsplit`
//! ```

#![forbid(unsafe_code)]

use crate::io::memory::{Closes, End, Pipe};
use crate::io::split::{ReadHalf, WriteHalf, halves};
use crate::io::traits::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// One end of a connection in memory. Made by [`duplex`].
///
/// When the other end is dropped, reads give what is left and then 0, writes fail with
/// `BrokenPipe`.
pub struct DuplexStream {
    reads: Arc<Pipe>,
    writes: Arc<Pipe>,
}

/// A connection in memory: two ends, each of which reads what the other one writes.
///
/// At most `max_buf_size` bytes are under way in each direction: then a write waits. Memory is
/// taken as bytes come, not before.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt, duplex};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (mut client, mut server) = duplex(64);
/// client.write_all(b"tick").await?;
/// let mut buf = [0; 4];
/// server.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"tick");
/// drop(client);
/// assert_eq!(server.read(&mut buf).await?, 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Panics
/// When `max_buf_size` is 0.
#[track_caller]
pub fn duplex(max_buf_size: usize) -> (DuplexStream, DuplexStream) {
    let one = Arc::new(Pipe::new(max_buf_size));
    let two = Arc::new(Pipe::new(max_buf_size));
    let a = DuplexStream { reads: one.clone(), writes: two.clone() };
    (a, DuplexStream { reads: two, writes: one })
}

impl AsyncRead for DuplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.reads.poll_read(cx, buf)
    }
}

impl AsyncWrite for DuplexStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.poll_write(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.poll_write(cx, bufs)
    }

    /// What was written is where the other end reads: nothing to do.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writes.close(End::Write);
        Poll::Ready(Ok(()))
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        self.writes.close(End::Write);
        self.reads.close(End::Read);
    }
}

impl fmt::Debug for DuplexStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DuplexStream")
            .field("reads", &self.reads)
            .field("writes", &self.writes)
            .finish()
    }
}

/// A pipe in memory: what is written into it is read from it. Made whole by
/// [`new_unsplit`](SimplexStream::new_unsplit), in two halves by [`simplex`].
pub struct SimplexStream {
    pipe: Arc<Pipe>,
}

/// A pipe in memory, in two halves.
///
/// At most `max_buf_size` bytes are under way: then a write waits. When the writer is dropped or
/// shut down, the reader gets what is left and then 0; when the reader is dropped, writes fail with
/// `BrokenPipe`. `reader.unsplit(writer)` is one stream of both.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt, simplex};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (mut receiver, mut sender) = simplex(64);
/// sender.write_all(b"tick").await?;
/// drop(sender);
/// let mut text = String::new();
/// receiver.read_to_string(&mut text).await?;
/// assert_eq!(text, "tick");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// In tokio a half that is dropped tells the other one nothing, and it waits for ever.
///
/// # Panics
/// When `max_buf_size` is 0.
#[track_caller]
pub fn simplex(max_buf_size: usize) -> (ReadHalf<SimplexStream>, WriteHalf<SimplexStream>) {
    let stream = SimplexStream::new_unsplit(max_buf_size);
    let closes = |end| Some(Closes::new(stream.pipe.clone(), end));
    let (read, write) = (closes(End::Read), closes(End::Write));
    halves(stream, read, write)
}

impl SimplexStream {
    /// A pipe whose ends are one: whoever has it writes and reads. Room for `max_buf_size` bytes.
    ///
    /// # Panics
    /// When `max_buf_size` is 0.
    #[track_caller]
    pub fn new_unsplit(max_buf_size: usize) -> SimplexStream {
        SimplexStream { pipe: Arc::new(Pipe::new(max_buf_size)) }
    }
}

impl AsyncRead for SimplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.pipe.poll_read(cx, buf)
    }
}

impl AsyncWrite for SimplexStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pipe.poll_write(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pipe.poll_write(cx, bufs)
    }

    /// What was written is where it is read: nothing to do.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pipe.close(End::Write);
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for SimplexStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimplexStream").field("pipe", &self.pipe).finish()
    }
}
