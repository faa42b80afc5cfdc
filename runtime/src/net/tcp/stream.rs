//! TcpStream: connect, read, write.
//!
//! Everything is a `&self` primitive over the one loop of `io/async_fd.rs`; the traits, the halves
//! and the adapters stand on these, and are a few lines each:
//!
//! ```text
//!   AsyncRead, AsyncWrite      hyper::rt::{Read, Write}      ReadHalf, OwnedReadHalf, …
//!            └──────────────┬───────────┴───────────────────────────┘
//!                           ▼
//!   poll_read, poll_read_uninit, poll_read_vectored, poll_write, poll_write_vectored, shutdown_std
//!                           ▼
//!   AsyncFd::poll_transfer: try the syscall, wait on WouldBlock, try again
//! ```
//!
//! So splitting a stream is sharing a reference: reading and writing wait in different slots.
//!
//! A fresh connection is taken to be writable until a write says otherwise, so a server's first
//! answer does not wait for epoll to say what is always true.

#![forbid(unsafe_code)]

use crate::drive::reactor::Reactor;
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use crate::io::async_fd::{AsyncFd, current_reactor};
use crate::io::traits::{AsyncRead, AsyncWrite};
use crate::net::addr::{ToSocketAddrs, first_of, resolve};
use socket2::SockRef;
use std::fmt;
use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

type Socket = mio::net::TcpStream;

/// A TCP connection.
///
/// Reading and writing come from [`AsyncReadExt`](crate::io::AsyncReadExt) and
/// [`AsyncWriteExt`](crate::io::AsyncWriteExt); asyncio's `StreamReader` and `StreamWriter` in one.
/// To read and write from two tasks, use [`split`](TcpStream::split) or
/// [`into_split`](TcpStream::into_split).
///
/// A stream belongs to the runtime it was made in: when that has ended, every operation fails with
/// an error that says so. Dropping it closes the connection, after what has been written is sent.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
/// use mainspring::net::{TcpListener, TcpStream};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _peer) = listener.accept().await?;
///
/// client.write_all(b"tick").await?;
/// let mut buf = [0; 4];
/// server.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"tick");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct TcpStream {
    fd: AsyncFd<Socket>,
}

impl TcpStream {
    /// Connects to `addr`. Of several addresses the first that answers is taken.
    ///
    /// # Errors
    /// The last address's, `ConnectionRefused` above all; `InvalidInput` when there is none to try.
    /// There is no time limit but the system's: use [`timeout`](crate::time::timeout).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The socket is closed and the attempt given up.
    pub async fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        first_of(resolve(addr).await?, async |addr| {
            TcpStream::connecting(Socket::connect(addr)?).await
        })
        .await
    }

    /// A socket whose connect has been started; waits for its end.
    pub(super) async fn connecting(socket: Socket) -> io::Result<TcpStream> {
        let fd = AsyncFd::new(&current_reactor(), socket, Ready::EMPTY)?;
        poll_fn(|cx| fd.poll_ready(cx, Direction::Write)).await?;
        match fd.get().take_error()? {
            Some(error) => Err(error),
            None => Ok(TcpStream { fd }),
        }
    }

    /// A socket that is connected.
    pub(super) fn connected(reactor: &Arc<Reactor>, socket: Socket) -> io::Result<TcpStream> {
        Ok(TcpStream { fd: AsyncFd::new(reactor, socket, Ready::WRITABLE)? })
    }

    pub(super) fn fd(&self) -> &AsyncFd<Socket> {
        &self.fd
    }

    /// Takes over a stream of std's, and sets it to non-blocking.
    ///
    /// # Errors
    /// The system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        stream.set_nonblocking(true)?;
        Self::connected(&current_reactor(), Socket::from_std(stream))
    }

    /// Gives the stream to std. It stays non-blocking: set that as you need it.
    ///
    /// # Errors
    /// The system's.
    pub fn into_std(self) -> io::Result<std::net::TcpStream> {
        self.fd.into_inner().map(std::net::TcpStream::from)
    }

    // --- the primitives ---

    /// Polls a read into `buf`; 0 means that the peer will send no more.
    ///
    /// Of several tasks that poll for reading, the last one is woken.
    ///
    /// # Errors
    /// The system's, `ConnectionReset` above all; that the runtime has ended.
    #[inline]
    pub fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.fd.poll_transfer(cx, Direction::Read, buf.len(), |mut socket| socket.read(buf))
    }

    /// Polls a read into a buffer that need not be initialised; the first `n` bytes are afterwards.
    ///
    /// # Errors
    /// As [`poll_read`](TcpStream::poll_read).
    #[inline]
    pub fn poll_read_uninit(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [MaybeUninit<u8>],
    ) -> Poll<io::Result<usize>> {
        self.fd.poll_transfer(cx, Direction::Read, buf.len(), |socket| {
            socket.try_io(|| SockRef::from(socket).recv(buf))
        })
    }

    /// Polls a read into several buffers, one after another.
    ///
    /// # Errors
    /// As [`poll_read`](TcpStream::poll_read).
    pub fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.fd.poll_transfer(cx, Direction::Read, len, |mut socket| socket.read_vectored(bufs))
    }

    /// Polls a write of some of `buf`.
    ///
    /// # Errors
    /// The system's, `BrokenPipe` and `ConnectionReset` above all; that the runtime has ended.
    #[inline]
    pub fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.fd.poll_transfer(cx, Direction::Write, buf.len(), |mut socket| socket.write(buf))
    }

    /// Polls a write of some of several buffers, in one syscall.
    ///
    /// # Errors
    /// As [`poll_write`](TcpStream::poll_write).
    #[inline]
    pub fn poll_write_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let len = bufs.iter().map(|buf| buf.len()).sum();
        self.fd.poll_transfer(cx, Direction::Write, len, |mut socket| socket.write_vectored(bufs))
    }

    /// Closes one half or both, as std's `TcpStream::shutdown`.
    ///
    /// It has another name here, because `stream.shutdown().await` is
    /// [`AsyncWriteExt::shutdown`](crate::io::AsyncWriteExt::shutdown).
    ///
    /// # Errors
    /// The system's. A connection that is gone already is closed: that is no error.
    pub fn shutdown_std(&self, how: Shutdown) -> io::Result<()> {
        match self.fd.get().shutdown(how) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        }
    }

    // --- readiness ---

    /// Waits until the stream is ready for `interest`, and says for what it is.
    ///
    /// Then use the `try_` methods. A readiness is a hint: the try may still say `WouldBlock`.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// Nothing is lost: readiness stays until a try finds the stream blocked.
    pub async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        self.fd.ready(interest).await
    }

    /// Waits until there is something to read, or the end.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// As [`ready`](TcpStream::ready).
    pub async fn readable(&self) -> io::Result<()> {
        self.ready(Interest::READABLE).await.map(drop)
    }

    /// Waits until there is room to write.
    ///
    /// # Errors
    /// That the runtime has ended.
    ///
    /// # Cancel safety
    /// As [`ready`](TcpStream::ready).
    pub async fn writable(&self) -> io::Result<()> {
        self.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Polls for something to read. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// That the runtime has ended.
    pub fn poll_read_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fd.poll_ready(cx, Direction::Read)
    }

    /// Polls for room to write. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// That the runtime has ended.
    pub fn poll_write_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.fd.poll_ready(cx, Direction::Write)
    }

    /// Reads what is there; 0 means that the peer will send no more.
    ///
    /// ```
    /// # use mainspring::{io::AsyncWriteExt, net::{TcpListener, TcpStream}};
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (stream, _peer) = listener.accept().await?;
    /// # client.write_all(b"tick").await?;
    /// let mut buf = [0; 16];
    /// let n = loop {
    ///     stream.readable().await?;
    ///     match stream.try_read(&mut buf) {
    ///         Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buf[..n], b"tick");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// `WouldBlock` when there is nothing; otherwise as [`poll_read`](TcpStream::poll_read).
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.try_io(Interest::READABLE, |mut socket| socket.read(buf))
    }

    /// Reads what is there into several buffers, one after another.
    ///
    /// # Errors
    /// As [`try_read`](TcpStream::try_read).
    pub fn try_read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.fd.try_io(Interest::READABLE, |mut socket| socket.read_vectored(bufs))
    }

    /// Writes what there is room for.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; otherwise as [`poll_write`](TcpStream::poll_write).
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.fd.try_io(Interest::WRITABLE, |mut socket| socket.write(buf))
    }

    /// Writes what there is room for from several buffers, in one syscall.
    ///
    /// # Errors
    /// As [`try_write`](TcpStream::try_write).
    pub fn try_write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.fd.try_io(Interest::WRITABLE, |mut socket| socket.write_vectored(bufs))
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_read(&self, cx, buf)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_read_vectored(&self, cx, bufs)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_write(&self, cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        TcpStream::poll_write_vectored(&self, cx, bufs)
    }

    /// A TCP stream has no buffer of its own: nothing to do.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Closes the write half; the peer reads 0 after what was sent.
    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_std(Shutdown::Write))
    }
}

impl TryFrom<std::net::TcpStream> for TcpStream {
    type Error = io::Error;

    /// See [`TcpStream::from_std`].
    #[track_caller]
    fn try_from(stream: std::net::TcpStream) -> io::Result<TcpStream> {
        TcpStream::from_std(stream)
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fd.get().fmt(f)
    }
}

crate::net::as_fd::as_fd!(TcpStream);
