//! UnixStream: connect, pair, and who is at the other end.
//!
//! What it does as a stream of bytes is written in `net/byte_stream.rs`, what it waits for in
//! `net/waits.rs`.

#![forbid(unsafe_code)]

use super::address::{SocketAddr, of_path};
use super::ucred::UCred;
use crate::drive::ready::Ready;
use crate::io::async_fd::AsyncFd;
use crate::net::as_fd::as_fd;
use crate::net::byte_stream::{both_ways, reads, writes};
use crate::net::of_std::{ends, of_std};
use crate::net::waits::{operations, waits, waits_to_read, waits_to_write};
use std::io;
use std::net::Shutdown;
use std::path::Path;

/// A connection between two programs on this machine, by a Unix socket.
///
/// As [`TcpStream`](crate::net::TcpStream), which has the same methods, but the address is a path,
/// and each end can ask the system [who](UnixStream::peer_cred) is at the other. asyncio's
/// `open_unix_connection`.
///
/// A stream belongs to the runtime it was made in: when that has ended, every operation fails with
/// an error that says so. Dropping it closes the connection; what has been written can still be
/// read at the other end.
///
/// ```
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
/// use mainspring::net::{UnixListener, UnixStream};
///
/// # let dir = std::env::temp_dir().join(format!("mainspring-doc-stream-{}", std::process::id()));
/// # std::fs::create_dir(&dir)?;
/// # let path = dir.join("app.sock");
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # let result = rt.block_on(async {
/// let listener = UnixListener::bind(&path)?;
/// let mut client = UnixStream::connect(&path).await?;
/// let (mut server, _peer) = listener.accept().await?;
///
/// client.write_all(b"tick").await?;
/// let mut buf = [0; 4];
/// server.read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"tick");
///
/// // The client runs as the same user as we do.
/// assert_eq!(server.peer_cred()?.uid(), client.peer_cred()?.uid());
/// # std::io::Result::Ok(())
/// # });
/// # std::fs::remove_dir_all(&dir)?;
/// # result?;
/// # std::io::Result::Ok(())
/// ```
pub struct UnixStream {
    fd: AsyncFd<mio::net::UnixStream>,
}

of_std!(UnixStream, std::os::unix::net::UnixStream, mio::net::UnixStream, Ready::WRITABLE);
ends!(UnixStream, SocketAddr);
waits!(UnixStream);
waits_to_read!(UnixStream, poll_read_ready);
waits_to_write!(UnixStream, poll_write_ready);
operations!(UnixStream);
reads!(UnixStream);
writes!(UnixStream, |stream| stream.shutdown_std(Shutdown::Write));
both_ways!(UnixStream, mio::net::UnixStream);
as_fd!(UnixStream);

impl UnixStream {
    /// Connects to the socket that listens on `path`; on Linux, a path that begins with a byte 0 is
    /// an abstract name.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `ConnectionRefused` when nobody listens there (the
    /// file of a server that has ended), `InvalidInput` when the path is too long. `WouldBlock`
    /// when the listener's queue is full: Linux does not wait then, and does not tell when there is
    /// room, so try again a little later.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The socket is closed and the attempt given up.
    pub async fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        let addr = of_path(path)?;
        UnixStream::connect_addr(&addr).await
    }

    /// Connects to an address.
    ///
    /// # Errors
    /// As [`connect`](UnixStream::connect).
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The socket is closed and the attempt given up.
    pub async fn connect_addr(addr: &SocketAddr) -> io::Result<UnixStream> {
        UnixStream::connecting(mio::net::UnixStream::connect_addr(&addr.0)?).await
    }

    /// Two streams, each the other end of the other.
    ///
    /// # Errors
    /// The system's, too many open files above all.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (one, other) = mio::net::UnixStream::pair()?;
        Ok((UnixStream::from_mio(one)?, UnixStream::from_mio(other)?))
    }

    /// Who is at the other end, as the system knows it: the user, the group, and the process, when
    /// it connected or began to listen.
    ///
    /// # Errors
    /// The system's; `Unsupported` where it cannot be asked.
    pub fn peer_cred(&self) -> io::Result<UCred> {
        UCred::of_peer(self)
    }
}

impl AsRef<UnixStream> for UnixStream {
    fn as_ref(&self) -> &UnixStream {
        self
    }
}
