//! AsyncBufReadExt: read_until, read_line, lines, split, ... as named futures.
//!
//! These look at what has been read ahead, take what they want and leave the rest. So they need a
//! reader with a buffer: a [`BufReader`](crate::io::BufReader), or a slice.
//!
//! A line that arrives in pieces is kept by `Lines` and `Split` between two calls, so dropping
//! their futures loses nothing. `read_line` has nowhere to keep it.

#![forbid(unsafe_code)]

use super::whole::append_utf8;
use crate::io::traits::AsyncBufRead;
use crate::wake::coop;
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reading by lines and other pieces, for everything that is [`AsyncBufRead`].
///
/// asyncio's `StreamReader.readline`, `readuntil` and `async for line in reader`.
///
/// ```
/// use mainspring::io::AsyncBufReadExt;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let text: &[u8] = b"tick\ntock\r\n";
/// let mut lines = text.lines();
/// assert_eq!(lines.next_line().await?.as_deref(), Some("tick"));
/// assert_eq!(lines.next_line().await?.as_deref(), Some("tock"));
/// assert_eq!(lines.next_line().await?, None);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub trait AsyncBufReadExt: AsyncBufRead {
    /// Reads up to and including `byte`, or to the end, and appends to `buf`. Returns the number of
    /// bytes read; 0 means the end.
    ///
    /// There is no limit: use [`take`](crate::io::AsyncReadExt::take) for what a stranger sends.
    ///
    /// # Errors
    /// The reader's; `buf` then holds what came before.
    ///
    /// # Cancel safety
    /// What has been read stands in `buf`: call it again with the same `buf`. The count is lost.
    fn read_until<'a>(&'a mut self, byte: u8, buf: &'a mut Vec<u8>) -> ReadUntil<'a, Self>
    where
        Self: Unpin,
    {
        ReadUntil { reader: self, byte, buf, read: 0 }
    }

    /// Reads a line with its end, and appends it to `buf`. Returns the number of bytes read; 0
    /// means the end.
    ///
    /// # Errors
    /// `InvalidData` when it is not UTF-8; otherwise the reader's. `buf` is unchanged then.
    ///
    /// # Cancel safety
    /// Not safe: the part of the line that was read is lost. [`lines`](AsyncBufReadExt::lines)
    /// keeps it.
    fn read_line<'a>(&'a mut self, buf: &'a mut String) -> ReadLine<'a, Self>
    where
        Self: Unpin,
    {
        ReadLine { reader: self, bytes: Vec::new(), string: buf }
    }

    /// The pieces between the bytes `byte`, without them.
    fn split(self, byte: u8) -> Split<Self>
    where
        Self: Sized,
    {
        Split { reader: self, byte, piece: Vec::new() }
    }

    /// The lines, without their ends (`\n` or `\r\n`).
    fn lines(self) -> Lines<Self>
    where
        Self: Sized,
    {
        Lines { reader: self, line: Vec::new() }
    }

    /// What has been read ahead; reads if that is nothing. Empty only at the end. Follow it by
    /// [`consume`](AsyncBufReadExt::consume).
    ///
    /// # Errors
    /// The reader's.
    ///
    /// # Cancel safety
    /// Nothing is lost: what is read stays in the reader's buffer.
    fn fill_buf(&mut self) -> FillBuf<'_, Self>
    where
        Self: Unpin,
    {
        FillBuf { reader: Some(self) }
    }

    /// Takes `amount` bytes off what [`fill_buf`](AsyncBufReadExt::fill_buf) has shown.
    fn consume(&mut self, amount: usize)
    where
        Self: Unpin,
    {
        Pin::new(self).consume(amount);
    }
}

impl<R: AsyncBufRead + ?Sized> AsyncBufReadExt for R {}

/// Future of [`AsyncBufReadExt::read_until`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadUntil<'a, R: ?Sized> {
    reader: &'a mut R,
    byte: u8,
    buf: &'a mut Vec<u8>,
    read: usize,
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadUntil<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let before = this.buf.len();
        let end = poll_until(Pin::new(&mut *this.reader), cx, this.byte, this.buf);
        this.read += this.buf.len() - before;
        ready!(end)?;
        Poll::Ready(Ok(this.read))
    }
}

/// Reads up to and including `byte`, or to the end.
fn poll_until<R: AsyncBufRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    byte: u8,
    buf: &mut Vec<u8>,
) -> Poll<io::Result<()>> {
    loop {
        let ahead = ready!(reader.as_mut().poll_fill_buf(cx))?;
        let found = find(byte, ahead);
        let amount = found.map_or(ahead.len(), |at| at + 1);
        buf.extend_from_slice(&ahead[..amount]);
        reader.as_mut().consume(amount);
        if found.is_some() || amount == 0 {
            return Poll::Ready(Ok(()));
        }
    }
}

/// Where `byte` first stands in `text`, eight bytes at a time.
///
/// XOR makes the byte that is looked for zero; subtracting one from every byte borrows into the top
/// bit of a zero byte first of all, and the lowest such bit is the first in little-endian order.
fn find(byte: u8, text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const TOPS: u64 = u64::from_ne_bytes([0x80; 8]);
    let wanted = u64::from_ne_bytes([byte; 8]);
    let (words, rest) = text.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let diff = u64::from_le_bytes(*word) ^ wanted;
        let zero = diff.wrapping_sub(ONES) & !diff & TOPS;
        if zero != 0 {
            return Some(i * 8 + zero.trailing_zeros() as usize / 8);
        }
    }
    rest.iter().position(|&b| b == byte).map(|at| words.len() * 8 + at)
}

/// Future of [`AsyncBufReadExt::read_line`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadLine<'a, R: ?Sized> {
    reader: &'a mut R,
    bytes: Vec<u8>,
    string: &'a mut String,
}

impl<R: AsyncBufRead + Unpin + ?Sized> Future for ReadLine<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.bytes.capacity() == 0 && this.string.is_empty() {
            // An empty string lends its memory, so a loop with one string allocates once.
            this.bytes = std::mem::take(this.string).into_bytes();
        }
        ready!(poll_until(Pin::new(&mut *this.reader), cx, b'\n', &mut this.bytes))?;
        Poll::Ready(append_utf8(this.string, std::mem::take(&mut this.bytes)))
    }
}

/// Future of [`AsyncBufReadExt::fill_buf`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct FillBuf<'a, R: ?Sized> {
    /// `None` once it has been returned.
    reader: Option<&'a mut R>,
}

impl<'a, R: AsyncBufRead + Unpin + ?Sized> Future for FillBuf<'a, R> {
    type Output = io::Result<&'a [u8]>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&'a [u8]>> {
        let Some(reader) = self.reader.take() else {
            panic!("`FillBuf` polled after it was ready; await a new one");
        };
        match Pin::new(&mut *reader).poll_fill_buf(cx) {
            Poll::Pending => {
                self.reader = Some(reader);
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // At the end, where asking again would read again.
            Poll::Ready(Ok([])) => Poll::Ready(Ok(&[])),
            // Asked again, because the borrow of the first answer ends with it. What is there is
            // shown again without a read, and for nothing: the first time may have cost the last
            // unit of the budget.
            Poll::Ready(Ok(_)) => {
                let _free = coop::unlimited();
                match Pin::new(reader).poll_fill_buf(cx) {
                    Poll::Ready(answer) => Poll::Ready(answer),
                    Poll::Pending => panic!("a reader that was full has become empty by itself"),
                }
            }
        }
    }
}

pin_project! {
    /// The pieces of [`AsyncBufReadExt::split`].
    #[derive(Debug)]
    #[must_use = "it reads only when asked for the next piece"]
    pub struct Split<R> {
        #[pin]
        reader: R,
        byte: u8,
        piece: Vec<u8>,
    }
}

impl<R: AsyncBufRead> Split<R> {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The reader's.
    ///
    /// # Cancel safety
    /// Nothing is lost: the part of a piece that was read is kept for the next call.
    pub async fn next_segment(&mut self) -> io::Result<Option<Vec<u8>>>
    where
        R: Unpin,
    {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next_segment(cx)).await
    }

    /// Polls for the next piece.
    ///
    /// # Errors
    /// The reader's.
    pub fn poll_next_segment(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<Vec<u8>>>> {
        let this = self.project();
        ready!(poll_until(this.reader, cx, *this.byte, this.piece))?;
        if this.piece.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let mut piece = std::mem::take(this.piece);
        if piece.last() == Some(this.byte) {
            piece.pop();
        }
        Poll::Ready(Ok(Some(piece)))
    }
}

pin_project! {
    /// The lines of [`AsyncBufReadExt::lines`].
    #[derive(Debug)]
    #[must_use = "it reads only when asked for the next line"]
    pub struct Lines<R> {
        #[pin]
        reader: R,
        line: Vec<u8>,
    }
}

impl<R: AsyncBufRead> Lines<R> {
    /// The next line without its end; `None` at the end of the reader.
    ///
    /// # Errors
    /// `InvalidData` when the line is not UTF-8; otherwise the reader's.
    ///
    /// # Cancel safety
    /// Nothing is lost: the part of a line that was read is kept for the next call.
    pub async fn next_line(&mut self) -> io::Result<Option<String>>
    where
        R: Unpin,
    {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next_line(cx)).await
    }

    /// Polls for the next line.
    ///
    /// # Errors
    /// As [`next_line`](Lines::next_line).
    pub fn poll_next_line(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Option<String>>> {
        let this = self.project();
        ready!(poll_until(this.reader, cx, b'\n', this.line))?;
        if this.line.is_empty() {
            return Poll::Ready(Ok(None));
        }
        let mut line = std::mem::take(this.line);
        if line.last() == Some(&b'\n') {
            line.pop();
            if line.last() == Some(&b'\r') {
                line.pop();
            }
        }
        let mut text = String::new();
        append_utf8(&mut text, line)?;
        Poll::Ready(Ok(Some(text)))
    }

    /// The reader.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader. What is read from it directly is missing from the lines.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The reader, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().reader
    }

    /// Gives the reader back. A part of a line that was read is lost.
    pub fn into_inner(self) -> R {
        self.reader
    }
}
