//! TCP: listeners, streams, and the two halves of a stream.
//!
//! Every operation is one syscall in the loop of `io/async_fd.rs`. Reading and writing wait in
//! different places of the source, so one task may read while another writes: that is what the
//! halves are for.

use crate::io::{AsyncFd, AsyncRead, AsyncWrite, Direction};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Takes connections in.
pub struct TcpListener {
    fd: AsyncFd<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens on `address`; port 0 is a free port.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { fd: AsyncFd::new(mio::net::TcpListener::bind(address)?)? })
    }

    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get().local_addr()
    }

    /// The next connection, and from where it comes.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, from) = self.fd.io(Direction::Read, |listener| listener.accept()).await?;
        Ok((TcpStream { fd: AsyncFd::new(stream)? }, from))
    }
}

/// A connection.
pub struct TcpStream {
    fd: AsyncFd<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to `address`.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let fd = AsyncFd::new(mio::net::TcpStream::connect(address)?)?;
        // It has only begun to connect. When it can be written to, it is done or has failed.
        fd.clear(Direction::Write);
        loop {
            fd.ready(Direction::Write).await;
            if let Some(error) = fd.get().take_error()? {
                return Err(error);
            }
            match fd.get().peer_addr() {
                Ok(_) => return Ok(Self { fd }),
                Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                    fd.clear(Direction::Write);
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get().peer_addr()
    }

    /// One half to read from and one to write to, for two tasks.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Rc::new(self);
        (OwnedReadHalf(stream.clone()), OwnedWriteHalf(stream))
    }
}

// By `&self`: each direction has its own place to wait in, whoever holds the stream.
impl TcpStream {
    fn read_some(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        self.fd.poll_io(cx, Direction::Read, |mut stream| stream.read(buffer))
    }

    fn write_some(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.fd.poll_io(cx, Direction::Write, |mut stream| stream.write(bytes))
    }

    fn close(&self) -> Poll<io::Result<()>> {
        Poll::Ready(self.fd.get().shutdown(Shutdown::Write))
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.read_some(cx, buffer)
    }
}

impl AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write_some(cx, bytes)
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close()
    }
}

/// The half that reads.
pub struct OwnedReadHalf(Rc<TcpStream>);

impl AsyncRead for OwnedReadHalf {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.read_some(cx, buffer)
    }
}

/// The half that writes. Dropping it says that no more bytes follow.
pub struct OwnedWriteHalf(Rc<TcpStream>);

impl AsyncWrite for OwnedWriteHalf {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.write_some(cx, bytes)
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.close()
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        // An error says that the peer has gone already.
        let _ = self.0.close();
    }
}
