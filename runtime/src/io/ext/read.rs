//! AsyncReadExt: read, read_exact, read_to_end, ... as named futures.
//!
//! Each method is one future with a loop in it, and the future has a name, so that it can be
//! stored. All of them borrow the reader; a reader that is not `Unpin` is pinned first (`pin!`).
//!
//! What is lost when a future is dropped half-way, which `select!` and `timeout` do:
//!
//! | | |
//! |---|---|
//! | `read` | nothing: bytes that were taken have been returned |
//! | `read_to_end` | nothing: what was read stands in the vector |
//! | `read_exact`, `read_u32`, … | how many bytes have been read |
//! | `read_to_string` | the bytes read so far |
//!
//! `read_buf` comes with the feature `bytes`.

#![forbid(unsafe_code)]

use super::adapt::{Chain, Take};
#[cfg(feature = "bytes")]
use super::bytes::ReadBuf;
use super::number::{ReadNumber, read_numbers};
use super::whole::{append_utf8, poll_fill};
use crate::io::traits::AsyncRead;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Reading, for everything that is [`AsyncRead`].
///
/// asyncio's `StreamReader`. All methods take `&mut self` and need `Self: Unpin`.
///
/// ```
/// use mainspring::io::AsyncReadExt;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut reader = futures_io_example();
/// let mut head = [0; 5];
/// reader.read_exact(&mut head).await?;
/// assert_eq!(&head, b"tick ");
/// let mut rest = String::new();
/// reader.read_to_string(&mut rest).await?;
/// assert_eq!(rest, "tock");
/// # std::io::Result::Ok(())
/// # })?;
/// # fn futures_io_example() -> &'static [u8] { b"tick tock" }
/// # std::io::Result::Ok(())
/// ```
pub trait AsyncReadExt: AsyncRead {
    /// Reads some bytes, at least one; 0 means the end, or an empty `buf`.
    ///
    /// # Errors
    /// The reader's.
    ///
    /// # Cancel safety
    /// Nothing is lost: if the future is dropped before it is ready, no bytes were taken.
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a, Self>
    where
        Self: Unpin,
    {
        Read { reader: self, buf }
    }

    /// Reads some bytes into a buffer of the crate `bytes`, and returns how many; 0 means the end,
    /// or that `buf` has no room. At most 8 KiB a call. Needs the feature `bytes`.
    ///
    /// ```
    /// use mainspring::io::AsyncReadExt;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut buf = bytes::BytesMut::with_capacity(64);
    /// let mut reader = &b"tick"[..];
    /// while reader.read_buf(&mut buf).await? > 0 {}
    /// assert_eq!(&buf[..], b"tick");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// The reader's.
    ///
    /// # Cancel safety
    /// Nothing is lost: what was read stands in `buf`, and its length says how much.
    #[cfg(feature = "bytes")]
    fn read_buf<'a, B>(&'a mut self, buf: &'a mut B) -> ReadBuf<'a, Self, B>
    where
        Self: Unpin,
        B: ::bytes::BufMut + ?Sized,
    {
        ReadBuf::new(self, buf)
    }

    /// Fills `buf`, and returns its length.
    ///
    /// # Errors
    /// `UnexpectedEof` when the reader ends before; otherwise the reader's. `buf` then holds what
    /// came.
    ///
    /// # Cancel safety
    /// Not safe: bytes may have been read into `buf`, and how many is lost.
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadExact<'a, Self>
    where
        Self: Unpin,
    {
        ReadExact { reader: self, buf, filled: 0 }
    }

    /// Reads to the end, appends to `buf`, and returns the number of bytes read.
    ///
    /// # Errors
    /// The reader's; `buf` then holds what came before.
    ///
    /// # Cancel safety
    /// What has been read stands in `buf`: nothing is lost but the count.
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self>
    where
        Self: Unpin,
    {
        ReadToEnd { reader: self, start: buf.len(), buf, step: FIRST_STEP }
    }

    /// Reads to the end, appends to `buf`, and returns the number of bytes read.
    ///
    /// # Errors
    /// `InvalidData` when what came is not UTF-8; otherwise the reader's. `buf` is unchanged then.
    ///
    /// # Cancel safety
    /// Not safe: `buf` is unchanged, and what was read is lost.
    fn read_to_string<'a>(&'a mut self, buf: &'a mut String) -> ReadToString<'a, Self>
    where
        Self: Unpin,
    {
        ReadToString { reader: self, bytes: Vec::new(), string: buf, step: FIRST_STEP }
    }

    read_numbers! {
        read_u8 u8 from_be_bytes, read_i8 i8 from_be_bytes,
        read_u16 u16 from_be_bytes, read_i16 i16 from_be_bytes,
        read_u32 u32 from_be_bytes, read_i32 i32 from_be_bytes,
        read_u64 u64 from_be_bytes, read_i64 i64 from_be_bytes,
        read_u128 u128 from_be_bytes, read_i128 i128 from_be_bytes,
        read_f32 f32 from_be_bytes, read_f64 f64 from_be_bytes,
        read_u16_le u16 from_le_bytes, read_i16_le i16 from_le_bytes,
        read_u32_le u32 from_le_bytes, read_i32_le i32 from_le_bytes,
        read_u64_le u64 from_le_bytes, read_i64_le i64 from_le_bytes,
        read_u128_le u128 from_le_bytes, read_i128_le i128 from_le_bytes,
        read_f32_le f32 from_le_bytes, read_f64_le f64 from_le_bytes,
    }

    /// A reader that ends after `limit` bytes of this one, if it does not end before.
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, limit)
    }

    /// A reader of this one's bytes and then of `next`'s.
    fn chain<R: AsyncRead>(self, next: R) -> Chain<Self, R>
    where
        Self: Sized,
    {
        Chain::new(self, next)
    }
}

impl<R: AsyncRead + ?Sized> AsyncReadExt for R {}

/// Future of [`AsyncReadExt::read`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Read<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut [u8],
}

impl<R: AsyncRead + Unpin + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        Pin::new(&mut *this.reader).poll_read(cx, this.buf)
    }
}

/// Future of [`AsyncReadExt::read_exact`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadExact<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut [u8],
    filled: usize,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(poll_fill(Pin::new(&mut *this.reader), cx, this.buf, &mut this.filled))?;
        Poll::Ready(Ok(this.buf.len()))
    }
}

/// How many bytes `read_to_end` asks for at first, and at most. Each read's room is zeroed before,
/// so it must bear some relation to what comes.
const FIRST_STEP: usize = 4 * 1024;
const LAST_STEP: usize = 1024 * 1024;
/// Room on the stack to find out whether a vector that is full is also complete.
const PROBE: usize = 32;

/// Future of [`AsyncReadExt::read_to_end`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadToEnd<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut Vec<u8>,
    start: usize,
    step: usize,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(poll_to_end(Pin::new(&mut *this.reader), cx, this.buf, &mut this.step))?;
        Poll::Ready(Ok(this.buf.len() - this.start))
    }
}

/// Future of [`AsyncReadExt::read_to_string`].
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct ReadToString<'a, R: ?Sized> {
    reader: &'a mut R,
    bytes: Vec<u8>,
    string: &'a mut String,
    step: usize,
}

impl<R: AsyncRead + Unpin + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(poll_to_end(Pin::new(&mut *this.reader), cx, &mut this.bytes, &mut this.step))?;
        Poll::Ready(append_utf8(this.string, std::mem::take(&mut this.bytes)))
    }
}

fn poll_to_end<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut Vec<u8>,
    step: &mut usize,
) -> Poll<io::Result<()>> {
    loop {
        if buf.len() == buf.capacity() && buf.capacity() > 0 {
            // Perhaps it was made to measure: do not double it to learn that nothing more comes.
            let mut probe = [0; PROBE];
            match ready!(reader.as_mut().poll_read(cx, &mut probe))? {
                0 => return Poll::Ready(Ok(())),
                n => buf.extend_from_slice(&probe[..n]),
            }
        }
        let mut tail = Tail::new(buf, *step);
        let n = ready!(reader.as_mut().poll_read(cx, tail.room()))?;
        if n == tail.room().len() {
            *step = (*step * 2).min(LAST_STEP);
        }
        tail.keep(n);
        if n == 0 {
            return Poll::Ready(Ok(()));
        }
    }
}

/// Zeroed room at the end of a vector; what is not kept goes away again, whatever happens.
struct Tail<'a> {
    buf: &'a mut Vec<u8>,
    len: usize,
}

impl<'a> Tail<'a> {
    fn new(buf: &'a mut Vec<u8>, step: usize) -> Self {
        let len = buf.len();
        let spare = buf.capacity() - len;
        let room = if spare == 0 { step } else { spare.min(step) };
        buf.resize(len + room, 0);
        Self { buf, len }
    }

    fn room(&mut self) -> &mut [u8] {
        &mut self.buf[self.len..]
    }

    fn keep(&mut self, n: usize) {
        self.len += n;
    }
}

impl Drop for Tail<'_> {
    fn drop(&mut self) {
        self.buf.truncate(self.len);
    }
}
