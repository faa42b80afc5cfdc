//! BufReader, BufWriter, lines.
//!
//! A syscall per byte is dear, so bytes are taken and given in bulk:
//!
//! ```text
//!   BufReader   [ taken │ read ahead │ room ]      reads when nothing is read ahead
//!               0      pos          end   cap
//!
//!   BufWriter   [ sent already │ to be sent │ room ]   writes when a piece does not fit
//!               0             sent         len
//! ```
//!
//! A piece as large as the whole buffer goes past it, without a copy. Dropping a `BufWriter` loses
//! what has not been flushed: a drop cannot wait.

#![forbid(unsafe_code)]

use crate::io::ext::whole::poll_drain;
use crate::io::traits::{AsyncBufRead, AsyncRead, AsyncWrite};
use pin_project_lite::pin_project;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Bytes of a buffer when nothing else is said: as std's, enough for a page and its headers.
const CAPACITY: usize = 8 * 1024;

pin_project! {
    /// Reads ahead, so that small reads are cheap and lines can be found.
    ///
    /// ```
    /// use mainspring::io::{AsyncBufReadExt, BufReader};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let source: &[u8] = b"tick\ntock\n";
    /// let mut reader = BufReader::new(source);
    /// let mut line = String::new();
    /// assert_eq!(reader.read_line(&mut line).await?, 5);
    /// assert_eq!(line, "tick\n");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub struct BufReader<R> {
        #[pin]
        pub(super) inner: R,
        pub(super) buf: Box<[u8]>,
        pub(super) pos: usize,
        pub(super) end: usize,
    }
}

impl<R> BufReader<R> {
    /// Reads ahead up to 8 KiB.
    pub fn new(inner: R) -> Self {
        Self::with_capacity(CAPACITY, inner)
    }

    /// Reads ahead up to `capacity` bytes.
    ///
    /// # Panics
    /// When `capacity` is 0: without a buffer nothing can be read ahead.
    #[track_caller]
    pub fn with_capacity(capacity: usize, inner: R) -> Self {
        assert!(capacity > 0, "a BufReader of capacity 0 has no room to read ahead into");
        Self { inner, buf: vec![0; capacity].into_boxed_slice(), pos: 0, end: 0 }
    }

    /// What has been read ahead.
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.pos..self.end]
    }

    /// The reader below.
    pub fn get_ref(&self) -> &R {
        &self.inner
    }

    /// The reader below. What is read from it directly comes after what was read ahead.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.inner
    }

    /// The reader below, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut R> {
        self.project().inner
    }

    /// Gives the reader below back. What was read ahead is lost.
    pub fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: AsyncRead> AsyncRead for BufReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.pos == self.end && buf.len() >= self.buf.len() {
            return self.project().inner.poll_read(cx, buf);
        }
        let ahead = ready!(self.as_mut().poll_fill_buf(cx))?;
        let n = ahead.len().min(buf.len());
        buf[..n].copy_from_slice(&ahead[..n]);
        self.consume(n);
        Poll::Ready(Ok(n))
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let room = bufs.iter().fold(0usize, |sum, buf| sum.saturating_add(buf.len()));
        if self.pos == self.end && room >= self.buf.len() {
            return self.project().inner.poll_read_vectored(cx, bufs);
        }
        let mut ahead = ready!(self.as_mut().poll_fill_buf(cx))?;
        let n = io::Read::read_vectored(&mut ahead, bufs)?;
        self.consume(n);
        Poll::Ready(Ok(n))
    }
}

impl<R: AsyncRead> AsyncBufRead for BufReader<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.project();
        if *this.pos == *this.end {
            *this.end = ready!(this.inner.poll_read(cx, this.buf))?;
            *this.pos = 0;
        }
        Poll::Ready(Ok(&this.buf[*this.pos..*this.end]))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.project();
        *this.pos = (*this.pos + amount).min(*this.end);
    }
}

impl<R: AsyncWrite> AsyncWrite for BufReader<R> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_pin_mut().poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_pin_mut().poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_pin_mut().poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_pin_mut().poll_close(cx)
    }
}

impl<R: fmt::Debug> fmt::Debug for BufReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufReader")
            .field("reader", &self.inner)
            .field("buffer", &format_args!("{}/{}", self.end - self.pos, self.buf.len()))
            .finish()
    }
}

pin_project! {
    /// Collects small writes into large ones. Call `flush` when the other end waits for them.
    ///
    /// What has not been flushed when it is dropped is lost.
    ///
    /// ```
    /// use mainspring::io::{AsyncWriteExt, BufWriter};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let mut writer = BufWriter::new(Vec::new());
    /// writer.write_all(b"tick").await?;
    /// assert!(writer.get_ref().is_empty());
    /// writer.flush().await?;
    /// assert_eq!(writer.get_ref(), b"tick");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    pub struct BufWriter<W> {
        #[pin]
        pub(super) inner: W,
        pub(super) buf: Vec<u8>,
        pub(super) sent: usize,
    }
}

impl<W: AsyncWrite> BufWriter<W> {
    /// Collects up to 8 KiB.
    pub fn new(inner: W) -> Self {
        Self::with_capacity(CAPACITY, inner)
    }

    /// Collects up to `capacity` bytes.
    pub fn with_capacity(capacity: usize, inner: W) -> Self {
        Self { inner, buf: Vec::with_capacity(capacity), sent: 0 }
    }

    /// What has not been given to the writer below yet.
    pub fn buffer(&self) -> &[u8] {
        &self.buf[self.sent..]
    }

    /// The writer below.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }

    /// The writer below. What is written to it directly overtakes what is collected.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// The writer below, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut W> {
        self.project().inner
    }

    /// Gives the writer below back. What has not been flushed is lost.
    pub fn into_inner(self) -> W {
        self.inner
    }

    /// Gives everything that was collected to the writer below.
    pub(super) fn poll_empty(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        // Progress is kept in `sent`: an error or a drop half-way sends nothing twice.
        ready!(poll_drain(this.inner, cx, this.buf, this.sent))?;
        this.buf.clear();
        *this.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl<W: AsyncWrite> AsyncWrite for BufWriter<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.buf.len() + buf.len() > self.buf.capacity() {
            ready!(self.as_mut().poll_empty(cx))?;
        }
        let this = self.project();
        if buf.len() >= this.buf.capacity() {
            return this.inner.poll_write(cx, buf);
        }
        this.buf.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = bufs.iter().fold(0usize, |sum, buf| sum.saturating_add(buf.len()));
        if len > self.buf.capacity() - self.buf.len() {
            ready!(self.as_mut().poll_empty(cx))?;
        }
        let this = self.project();
        if len >= this.buf.capacity() {
            return this.inner.poll_write_vectored(cx, bufs);
        }
        bufs.iter().for_each(|buf| this.buf.extend_from_slice(buf));
        Poll::Ready(Ok(len))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.get_pin_mut().poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.get_pin_mut().poll_close(cx)
    }
}

impl<W: AsyncWrite + AsyncRead> AsyncRead for BufWriter<W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.get_pin_mut().poll_read(cx, buf)
    }
}

impl<W: AsyncWrite + AsyncBufRead> AsyncBufRead for BufWriter<W> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_pin_mut().poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.get_pin_mut().consume(amount);
    }
}

impl<W: fmt::Debug> fmt::Debug for BufWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufWriter")
            .field("writer", &self.inner)
            .field("buffer", &format_args!("{}/{}", self.buf.len(), self.buf.capacity()))
            .finish()
    }
}
