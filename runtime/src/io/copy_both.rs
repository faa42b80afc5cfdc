//! copy_bidirectional: both directions of a proxy, in one task.
//!
//! ```text
//!      a ── read ──► [ 8 KiB ] ── write ──► b        each: move ─ EOF ─► close the writer ─► done
//!      a ◄── write ── [ 8 KiB ] ◄── read ── b
//! ```
//!
//! The end of one direction is passed on as a half-close, and the other goes on: a client that has
//! sent its request and closed its half still gets its answer. When both have ended, so has the
//! copy. An error of either ends both.
//!
//! The two share the budget of the poll. Each time another one goes first, so a direction that
//! never has to wait does not keep the other from its turn.

#![forbid(unsafe_code)]

use crate::io::copy::{CAPACITY, Transfer};
use crate::io::traits::{AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Copies from `a` to `b` and from `b` to `a`, until both have ended. Returns how many bytes went
/// from `a` to `b`, and from `b` to `a`.
///
/// When one of them ends, what came from it is flushed and the other one is shut down for writing;
/// the direction back goes on. At most 8 KiB are under way in each direction: see
/// [`copy_bidirectional_with_sizes`] for other sizes. A buffer is freed when its direction ends.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional, duplex};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (mut client, mut left) = duplex(64);
/// let (mut right, mut server) = duplex(64);
/// let proxy = mainspring::spawn(async move { copy_bidirectional(&mut left, &mut right).await });
///
/// client.write_all(b"tick").await?;
/// client.shutdown().await?;
/// let mut request = String::new();
/// server.read_to_string(&mut request).await?;
/// server.write_all(b"tick tock").await?;
/// drop(server);
///
/// assert_eq!(request, "tick");
/// assert_eq!(proxy.await.unwrap()?, (4, 9));
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Errors
/// The first of either side; what the other direction still had to move is then left where it is.
///
/// # Cancel safety
/// Not safe: bytes that were read and not yet written are lost, in both directions.
pub async fn copy_bidirectional<A, B>(a: &mut A, b: &mut B) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let mut both = Both::new(CAPACITY, CAPACITY);
    poll_fn(|cx| both.poll(cx, &mut *a, &mut *b)).await
}

/// [`copy_bidirectional`] with buffers of other sizes, in bytes.
///
/// # Errors
/// As [`copy_bidirectional`].
///
/// # Panics
/// When a size is 0.
///
/// # Cancel safety
/// Not safe: bytes that were read and not yet written are lost, in both directions.
pub async fn copy_bidirectional_with_sizes<A, B>(
    a: &mut A,
    b: &mut B,
    a_to_b_buf_size: usize,
    b_to_a_buf_size: usize,
) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    for (name, size) in [("a_to_b", a_to_b_buf_size), ("b_to_a", b_to_a_buf_size)] {
        assert!(size > 0, "`{name}_buf_size` is 0: nothing can be copied without a buffer");
    }
    let mut both = Both::new(a_to_b_buf_size, b_to_a_buf_size);
    poll_fn(|cx| both.poll(cx, &mut *a, &mut *b)).await
}

#[derive(Debug)]
struct Both {
    to_b: Direction,
    to_a: Direction,
    /// Who goes first.
    a_first: bool,
}

impl Both {
    fn new(to_b: usize, to_a: usize) -> Self {
        let direction = |size| Direction::Moving(Transfer::new(size));
        Self { to_b: direction(to_b), to_a: direction(to_a), a_first: false }
    }

    fn poll<A, B>(
        &mut self,
        cx: &mut Context<'_>,
        a: &mut A,
        b: &mut B,
    ) -> Poll<io::Result<(u64, u64)>>
    where
        A: AsyncRead + AsyncWrite + Unpin + ?Sized,
        B: AsyncRead + AsyncWrite + Unpin + ?Sized,
    {
        self.a_first = !self.a_first;
        let (to_b, to_a) = if self.a_first {
            let to_b = self.to_b.poll(cx, a, b)?;
            (to_b, self.to_a.poll(cx, b, a)?)
        } else {
            let to_a = self.to_a.poll(cx, b, a)?;
            (self.to_b.poll(cx, a, b)?, to_a)
        };
        Poll::Ready(Ok((ready!(to_b), ready!(to_a))))
    }
}

/// How far one direction is. Each way out of `Moving` frees the buffer.
#[derive(Debug)]
enum Direction {
    Moving(Transfer),
    /// Everything is written; the writer is told that nothing more comes.
    Closing(u64),
    Done(u64),
}

impl Direction {
    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        from: &mut R,
        to: &mut W,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + Unpin + ?Sized,
        W: AsyncWrite + Unpin + ?Sized,
    {
        loop {
            *self = match self {
                Self::Moving(transfer) => {
                    let all = transfer.poll(cx, Pin::new(&mut *from), Pin::new(&mut *to));
                    Self::Closing(ready!(all)?)
                }
                Self::Closing(all) => {
                    ready!(Pin::new(&mut *to).poll_close(cx))?;
                    Self::Done(*all)
                }
                Self::Done(all) => return Poll::Ready(Ok(*all)),
            }
        }
    }
}
