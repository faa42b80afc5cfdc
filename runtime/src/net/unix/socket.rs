//! UnixSocket: what a Unix socket is before it listens, connects, or sends datagrams.
//!
//! ```text
//!  new_stream ────┬─────────► bind ──► listen ────► UnixListener
//!                 └─ (bind) ─────────► connect ───► UnixStream
//!  new_datagram ──── (bind) ─────────► datagram ──► UnixDatagram
//! ```

#![forbid(unsafe_code)]

use super::address::{explain_bind, of_path, of_system};
use super::datagram::UnixDatagram;
use super::listener::UnixListener;
use super::stream::UnixStream;
use crate::net::as_fd::as_fd_of;
use socket2::{Domain, SockRef, Socket, Type};
use std::io;
use std::path::Path;

/// A Unix socket that is neither connected nor listening yet: to bind a client, or to choose a
/// backlog.
///
/// ```
/// use mainspring::net::UnixSocket;
///
/// # let dir = std::env::temp_dir().join(format!("mainspring-doc-unix-{}", std::process::id()));
/// # std::fs::create_dir(&dir)?;
/// # let path = dir.join("app.sock");
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # let result = rt.block_on(async {
/// let socket = UnixSocket::new_stream()?;
/// socket.bind(&path)?;
/// let listener = socket.listen(16)?;
/// assert_eq!(listener.local_addr()?.as_pathname(), Some(path.as_path()));
/// # std::io::Result::Ok(())
/// # });
/// # std::fs::remove_dir_all(&dir)?;
/// # result?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct UnixSocket {
    socket: Socket,
}

as_fd_of!(UnixSocket, |this| &this.socket);

impl UnixSocket {
    /// A socket of datagrams.
    ///
    /// # Errors
    /// The system's, too many open files above all.
    pub fn new_datagram() -> io::Result<UnixSocket> {
        Self::new(Type::DGRAM)
    }

    /// A socket of a stream.
    ///
    /// # Errors
    /// The system's, too many open files above all.
    pub fn new_stream() -> io::Result<UnixSocket> {
        Self::new(Type::STREAM)
    }

    fn new(kind: Type) -> io::Result<UnixSocket> {
        let socket = Socket::new(Domain::UNIX, kind, None)?;
        socket.set_nonblocking(true)?;
        Ok(UnixSocket { socket })
    }

    pub(in crate::net) fn of(socket: Socket) -> UnixSocket {
        UnixSocket { socket }
    }

    pub(in crate::net) fn into_inner(self) -> Socket {
        self.socket
    }

    /// Binds to `path`, which must not exist yet; on Linux, a path that begins with a byte 0 is an
    /// abstract name, without a file.
    ///
    /// # Errors
    /// `AddrInUse` when the path exists: it names the path, and says what to do. `InvalidInput`
    /// when the path is too long. Otherwise the system's.
    pub fn bind(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let bound = self.socket.bind(&of_system(path.as_ref())?);
        explain_bind(bound, &of_path(path)?)
    }

    /// Listens; `backlog` connections may wait to be accepted.
    ///
    /// # Errors
    /// `InvalidInput` for a socket of datagrams; otherwise the system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<UnixListener> {
        self.only(Type::STREAM, "listen needs a socket of `UnixSocket::new_stream`")?;
        self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        UnixListener::from_mio(mio::net::UnixListener::from_std(self.socket.into()))
    }

    /// Connects to the socket that listens on `path`.
    ///
    /// # Errors
    /// `InvalidInput` for a socket of datagrams; otherwise as [`UnixStream::connect`].
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The socket is closed and the attempt given up.
    pub async fn connect(self, path: impl AsRef<Path>) -> io::Result<UnixStream> {
        self.only(Type::STREAM, "connect needs a socket of `UnixSocket::new_stream`")?;
        let path = of_system(path)?;
        if let Err(error) = self.socket.connect(&path)
            && error.raw_os_error() != Some(libc::EINPROGRESS)
        {
            return Err(error);
        }
        UnixStream::connecting(mio::net::UnixStream::from_std(self.socket.into())).await
    }

    /// Makes a socket of datagrams ready to send and receive.
    ///
    /// # Errors
    /// `InvalidInput` for a socket of a stream; otherwise the system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn datagram(self) -> io::Result<UnixDatagram> {
        self.only(Type::DGRAM, "datagram needs a socket of `UnixSocket::new_datagram`")?;
        UnixDatagram::from_mio(mio::net::UnixDatagram::from_std(self.socket.into()))
    }

    fn only(&self, kind: Type, otherwise: &str) -> io::Result<()> {
        if self.socket.r#type()? == kind {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::InvalidInput, otherwise))
    }

    /// The socket, for options that have no method here.
    pub fn as_sock_ref(&self) -> SockRef<'_> {
        SockRef::from(&self.socket)
    }
}
