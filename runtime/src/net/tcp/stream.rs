//! TcpStream: connect, read, write.
//!
//! What it does as a stream of bytes is written in `net/byte_stream.rs`, what it waits for in
//! `net/waits.rs`: here is what is TCP's own.
//!
//! A fresh connection is taken to be writable until a write says otherwise, so a server's first
//! answer does not wait for epoll to say what is always true.

#![forbid(unsafe_code)]

use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use crate::io::async_fd::AsyncFd;
use crate::net::addr::{ToSocketAddrs, first_of, resolve};
use crate::net::as_fd::as_fd;
use crate::net::byte_stream::{both_ways, reads, writes};
use crate::net::of_std::{ends, of_std};
use crate::net::options::{linger, options};
use crate::net::waits::{operations, waits, waits_to_read, waits_to_write};
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};

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
///
/// Without the traits: wait until it is ready, then try.
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
pub struct TcpStream {
    fd: AsyncFd<mio::net::TcpStream>,
}

of_std!(TcpStream, std::net::TcpStream, mio::net::TcpStream, Ready::WRITABLE);
ends!(TcpStream, SocketAddr);
waits!(TcpStream);
waits_to_read!(TcpStream, poll_read_ready);
waits_to_write!(TcpStream, poll_write_ready);
operations!(TcpStream);
reads!(TcpStream);
writes!(TcpStream, |stream| stream.shutdown_std(Shutdown::Write));
both_ways!(TcpStream, mio::net::TcpStream);
linger!(TcpStream);
as_fd!(TcpStream);

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
            TcpStream::connecting(mio::net::TcpStream::connect(addr)?).await
        })
        .await
    }

    /// Reads without taking: the next read sees the same bytes.
    ///
    /// # Errors
    /// As a read.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.io(Interest::READABLE, |socket| socket.peek(buf)).await
    }

    /// Polls a read that takes nothing.
    ///
    /// # Errors
    /// As a read.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.fd.poll_io(cx, Direction::Read, |socket| socket.peek(buf))
    }
}

options! { TcpStream:
    "whether small writes are sent at once (`TCP_NODELAY`), instead of being collected while an \
     acknowledgement is due. Off at first, as the system has it",
        set_nodelay, nodelay, bool, set_tcp_nodelay, tcp_nodelay;
    #[cfg(any(
        target_os = "linux",
        target_os = "android",
        target_os = "fuchsia",
        target_os = "cygwin",
    ))]
    "whether acknowledgements are sent at once (`TCP_QUICKACK`). The system may turn it off again \
     by itself",
        set_quickack, quickack, bool, set_tcp_quickack, tcp_quickack;
    "the hop limit of packets sent (`IP_TTL`)",
        set_ttl, ttl, u32, set_ttl_v4, ttl_v4;
}

impl AsRef<TcpStream> for TcpStream {
    fn as_ref(&self) -> &TcpStream {
        self
    }
}
