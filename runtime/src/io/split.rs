//! split: the halves of any stream, for two tasks.
//!
//! A stream that is read and written through `&mut self` can be polled by one task at a time. Its
//! halves share it, and the half that is polled takes it out of its seat for the time of the poll:
//!
//! ```text
//!   seat: Some(stream) ── a half is polled ──► None ── the poll is over ──► Some(stream)
//!                                               │ the other half is polled meanwhile:
//!                                               └─► it leaves a waker, which is called at the end
//! ```
//!
//! So no lock is held while the stream's code runs, nobody blocks, and a waker that polls the other
//! half at once finds an empty seat and no deadlock. What the halves wait for, the stream's own
//! wakers tell them, as if nobody had split it.
//!
//! The sockets of `net` have halves of their own, which share nothing but a reference: use those.

#![forbid(unsafe_code)]

use crate::base::prim::Mutex;
use crate::io::memory::Closes;
use crate::io::traits::{AsyncRead, AsyncWrite};
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// The reading half of a stream. Made by [`split`].
pub struct ReadHalf<T> {
    shared: Arc<Shared<T>>,
    closes: Option<Closes>,
}

/// The writing half of a stream. Made by [`split`].
///
/// Dropping it does not shut the stream down: call `shutdown` if the peer waits for the end.
pub struct WriteHalf<T> {
    shared: Arc<Shared<T>>,
    closes: Option<Closes>,
}

struct Shared<T> {
    seat: Mutex<Seat<T>>,
}

struct Seat<T> {
    /// `None` while a half is polled.
    stream: Option<Pin<Box<T>>>,
    /// The other half, if it was polled meanwhile.
    waiting: Option<Waker>,
}

/// Splits a stream into a half that reads and a half that writes.
///
/// The stream is closed when both are dropped. [`unsplit`](ReadHalf::unsplit) makes it whole again.
/// `TcpStream::into_split` and its kin cost less and close the write half when it is dropped.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt, duplex, split};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let (stream, mut peer) = duplex(64);
/// let (mut reader, mut writer) = split(stream);
/// let echo = mainspring::spawn(async move {
///     let mut buf = [0; 4];
///     peer.read_exact(&mut buf).await?;
///     peer.write_all(&buf).await
/// });
/// writer.write_all(b"tick").await?;
/// let mut buf = [0; 4];
/// reader.read_exact(&mut buf).await?;
/// echo.await.unwrap()?;
/// let _stream = reader.unsplit(writer);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn split<T>(stream: T) -> (ReadHalf<T>, WriteHalf<T>)
where
    T: AsyncRead + AsyncWrite,
{
    halves(stream, None, None)
}

/// Splits a stream whose halves have something to say when they are dropped.
pub(crate) fn halves<T>(
    stream: T,
    read: Option<Closes>,
    write: Option<Closes>,
) -> (ReadHalf<T>, WriteHalf<T>) {
    let seat = Mutex::new(Seat { stream: Some(Box::pin(stream)), waiting: None });
    let shared = Arc::new(Shared { seat });
    let reader = ReadHalf { shared: shared.clone(), closes: read };
    (reader, WriteHalf { shared, closes: write })
}

impl<T> ReadHalf<T> {
    /// Are these the halves of one stream?
    pub fn is_pair_of(&self, other: &WriteHalf<T>) -> bool {
        other.is_pair_of(self)
    }

    /// Makes one stream of the two halves again.
    ///
    /// # Panics
    /// When they are not of one stream: ask [`is_pair_of`](ReadHalf::is_pair_of) first.
    #[track_caller]
    pub fn unsplit(self, writer: WriteHalf<T>) -> T
    where
        T: Unpin,
    {
        assert!(
            self.is_pair_of(&writer),
            "these are halves of two streams and cannot be put together: keep the two that one \
             `split` returned, or ask `is_pair_of`"
        );
        self.closes.into_iter().chain(writer.closes).for_each(Closes::forget);
        drop(writer.shared);
        let Ok(shared) = Arc::try_unwrap(self.shared) else {
            unreachable!("a stream has two halves, and both were here");
        };
        let stream = shared.seat.lock().stream.take();
        match stream {
            Some(stream) => *Pin::into_inner(stream),
            None => unreachable!("it is away only while a half is polled"),
        }
    }
}

impl<T> WriteHalf<T> {
    /// Are these the halves of one stream?
    pub fn is_pair_of(&self, other: &ReadHalf<T>) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Shared<T> {
    /// Polls the stream, unless the other half does at this moment.
    fn poll<R>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(Pin<&mut T>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let mut taken = Taken { from: self, stream: self.take(cx) };
        match &mut taken.stream {
            Some(stream) => poll(stream.as_mut(), cx),
            None => Poll::Pending,
        }
    }

    /// The stream, or a waker left for whoever has it.
    fn take(&self, cx: &Context<'_>) -> Option<Pin<Box<T>>> {
        let stream = self.seat.lock().stream.take();
        if stream.is_some() {
            return stream;
        }
        let mut mine = Some(cx.waker().clone());
        let mut seat = self.seat.lock();
        let stream = seat.stream.take();
        if stream.is_none() {
            std::mem::swap(&mut seat.waiting, &mut mine);
        }
        drop(seat);
        stream
    }
}

/// The stream on its way back into its seat, also when its poll panics.
struct Taken<'a, T> {
    from: &'a Shared<T>,
    stream: Option<Pin<Box<T>>>,
}

impl<T> Drop for Taken<'_, T> {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            let waiting = {
                let mut seat = self.from.seat.lock();
                seat.stream = Some(stream);
                seat.waiting.take()
            };
            waiting.into_iter().for_each(Waker::wake);
        }
    }
}

impl<T: AsyncRead> AsyncRead for ReadHalf<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll(cx, |stream, cx| stream.poll_read(cx, buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll(cx, |stream, cx| stream.poll_read_vectored(cx, bufs))
    }
}

impl<T: AsyncWrite> AsyncWrite for WriteHalf<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll(cx, |stream, cx| stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.shared.poll(cx, |stream, cx| stream.poll_write_vectored(cx, bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.poll(cx, |stream, cx| stream.poll_flush(cx))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shared.poll(cx, |stream, cx| stream.poll_close(cx))
    }
}

impl<T> fmt::Debug for ReadHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHalf").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for WriteHalf<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHalf").finish_non_exhaustive()
    }
}
