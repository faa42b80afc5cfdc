//! BufStream: both directions buffered.

#![forbid(unsafe_code)]

use crate::io::buf::{BufReader, BufWriter};
use crate::io::traits::{AsyncBufRead, AsyncRead, AsyncWrite};
use pin_project_lite::pin_project;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// Reads ahead and collects writes: a [`BufReader`] and a [`BufWriter`] over one stream.
    ///
    /// What has not been flushed when it is dropped is lost.
    ///
    /// ```
    /// use mainspring::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
    /// use mainspring::net::{TcpListener, TcpStream};
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let mut client = BufStream::new(TcpStream::connect(listener.local_addr()?).await?);
    /// let mut server = BufStream::new(listener.accept().await?.0);
    ///
    /// client.write_all(b"tick\n").await?;
    /// client.flush().await?;
    /// let mut line = String::new();
    /// server.read_line(&mut line).await?;
    /// assert_eq!(line, "tick\n");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[derive(Debug)]
    pub struct BufStream<S> {
        #[pin]
        pub(super) inner: BufReader<BufWriter<S>>,
    }
}

impl<S: AsyncRead + AsyncWrite> BufStream<S> {
    /// Buffers of 8 KiB each way.
    pub fn new(stream: S) -> Self {
        Self { inner: BufReader::new(BufWriter::new(stream)) }
    }

    /// Buffers of `reader` and `writer` bytes.
    ///
    /// # Panics
    /// When `reader` is 0.
    #[track_caller]
    pub fn with_capacity(reader: usize, writer: usize, stream: S) -> Self {
        let writer = BufWriter::with_capacity(writer, stream);
        Self { inner: BufReader::with_capacity(reader, writer) }
    }

    /// The stream below.
    pub fn get_ref(&self) -> &S {
        self.inner.get_ref().get_ref()
    }

    /// The stream below, past both buffers.
    pub fn get_mut(&mut self) -> &mut S {
        self.inner.get_mut().get_mut()
    }

    /// The stream below, pinned.
    pub fn get_pin_mut(self: Pin<&mut Self>) -> Pin<&mut S> {
        self.project().inner.get_pin_mut().get_pin_mut()
    }

    /// Gives the stream back. What was read ahead and what was not flushed is lost.
    pub fn into_inner(self) -> S {
        self.inner.into_inner().into_inner()
    }
}

impl<S> From<BufReader<BufWriter<S>>> for BufStream<S> {
    fn from(inner: BufReader<BufWriter<S>>) -> Self {
        Self { inner }
    }
}

impl<S> From<BufWriter<BufReader<S>>> for BufStream<S> {
    /// The buffers stay what they are, with what is in them.
    fn from(writer: BufWriter<BufReader<S>>) -> Self {
        let BufWriter { inner: BufReader { inner, buf: ahead, pos, end }, buf, sent } = writer;
        let inner = BufWriter { inner, buf, sent };
        Self { inner: BufReader { inner, buf: ahead, pos, end } }
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncRead for BufStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_read(cx, buf)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_read_vectored(cx, bufs)
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncBufRead for BufStream<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().inner.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        self.project().inner.consume(amount);
    }
}

impl<S: AsyncRead + AsyncWrite> AsyncWrite for BufStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().inner.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().inner.poll_close(cx)
    }
}
