//! AsyncSeekExt: seek, rewind, stream_position as named futures.

#![forbid(unsafe_code)]

use crate::io::traits::AsyncSeek;
use std::future::Future;
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Moving about, for everything that is [`AsyncSeek`].
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncSeekExt, Cursor, SeekFrom};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut reader = Cursor::new(b"tick tock");
/// assert_eq!(reader.seek(SeekFrom::End(-4)).await?, 5);
/// let mut text = String::new();
/// reader.read_to_string(&mut text).await?;
/// assert_eq!(text, "tock");
/// assert_eq!(reader.stream_position().await?, 9);
/// assert_eq!(reader.rewind().await?, 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub trait AsyncSeekExt: AsyncSeek {
    /// Moves to a position, in bytes, and returns it, counted from the start.
    ///
    /// # Errors
    /// `InvalidInput` when it lies before the start; otherwise the stream's.
    ///
    /// # Cancel safety
    /// The position may have moved, or not: seek again before you read or write.
    fn seek(&mut self, pos: SeekFrom) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        Seek { stream: self, pos }
    }

    /// Moves to the start.
    ///
    /// # Errors
    /// As [`seek`](AsyncSeekExt::seek).
    ///
    /// # Cancel safety
    /// As [`seek`](AsyncSeekExt::seek).
    fn rewind(&mut self) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Start(0))
    }

    /// The position, counted from the start.
    ///
    /// A seek by nothing: a [`BufReader`](crate::io::BufReader) forgets what it has read ahead, and
    /// a [`BufWriter`](crate::io::BufWriter) writes what it has.
    ///
    /// # Errors
    /// As [`seek`](AsyncSeekExt::seek).
    ///
    /// # Cancel safety
    /// Safe: call it again.
    fn stream_position(&mut self) -> Seek<'_, Self>
    where
        Self: Unpin,
    {
        self.seek(SeekFrom::Current(0))
    }
}

impl<S: AsyncSeek + ?Sized> AsyncSeekExt for S {}

/// Future of [`AsyncSeekExt::seek`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Seek<'a, S: ?Sized> {
    stream: &'a mut S,
    pos: SeekFrom,
}

impl<S: AsyncSeek + Unpin + ?Sized> Future for Seek<'_, S> {
    type Output = io::Result<u64>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.get_mut();
        Pin::new(&mut *this.stream).poll_seek(cx, this.pos)
    }
}
