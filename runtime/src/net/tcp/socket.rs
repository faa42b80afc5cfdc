//! TcpSocket: options to set before a socket is bound, connected, or listens.
//!
//! ```text
//!  new_v4 / new_v6 ──► options ──► bind ──► listen  ──► TcpListener
//!                         │          │
//!                         └──────────┴────► connect ──► TcpStream
//! ```
//!
//! Only what must be known before the connection starts needs this type: an address to call from,
//! a shared port, buffer sizes (they bound the window that is offered). A thin coat over socket2.

#![forbid(unsafe_code)]

use super::listener::TcpListener;
use super::stream::TcpStream;
use crate::net::as_fd::as_fd_of;
use crate::net::in_use::explain_port;
use crate::net::options::{device, linger, options, traffic};
use socket2::{Domain, Protocol, SockRef, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// A TCP socket that is neither connected nor listening yet.
///
/// ```
/// use mainspring::net::TcpSocket;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let socket = TcpSocket::new_v4()?;
/// socket.set_reuseaddr(true)?;
/// socket.set_recv_buffer_size(64 * 1024)?;
/// socket.bind("127.0.0.1:0".parse().unwrap())?;
/// let listener = socket.listen(16)?;
/// assert!(listener.local_addr()?.port() > 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct TcpSocket {
    socket: Socket,
}

options! { TcpSocket:
    "whether a silent connection is probed (`SO_KEEPALIVE`); for how soon and how often, see \
     [`as_sock_ref`](Self::as_sock_ref)",
        set_keepalive, keepalive, bool, set_keepalive, keepalive;
    "whether an address in TIME_WAIT may be bound (`SO_REUSEADDR`)",
        set_reuseaddr, reuseaddr, bool, set_reuse_address, reuse_address;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    "whether several sockets may listen on one port, and share its connections (`SO_REUSEPORT`): \
     all of them set it, before they bind, and belong to one user",
        set_reuseport, reuseport, bool, set_reuse_port, reuse_port;
    "whether small writes are sent at once (`TCP_NODELAY`)",
        set_nodelay, nodelay, bool, set_tcp_nodelay, tcp_nodelay;
}

traffic!(TcpSocket);
linger!(TcpSocket);
device!(TcpSocket);
as_fd_of!(TcpSocket, |this| &this.socket);

impl TcpSocket {
    /// An IPv4 socket (`AF_INET`).
    ///
    /// # Errors
    /// The system's, too many open files above all.
    pub fn new_v4() -> io::Result<TcpSocket> {
        Self::new(Domain::IPV4)
    }

    /// An IPv6 socket (`AF_INET6`).
    ///
    /// # Errors
    /// The system's; also when it has no IPv6.
    pub fn new_v6() -> io::Result<TcpSocket> {
        Self::new(Domain::IPV6)
    }

    fn new(domain: Domain) -> io::Result<TcpSocket> {
        let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        Ok(TcpSocket { socket })
    }

    #[cfg(unix)]
    pub(in crate::net) fn of(socket: Socket) -> TcpSocket {
        TcpSocket { socket }
    }

    #[cfg(unix)]
    pub(in crate::net) fn into_inner(self) -> Socket {
        self.socket
    }

    /// Sets the size of the send buffer (`SO_SNDBUF`), in bytes. Linux doubles it, for its own use.
    ///
    /// # Errors
    /// The system's.
    pub fn set_send_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_send_buffer_size(size as usize)
    }

    /// Reads the size of the send buffer, in bytes.
    ///
    /// # Errors
    /// The system's.
    pub fn send_buffer_size(&self) -> io::Result<u32> {
        self.socket.send_buffer_size().map(|size| u32::try_from(size).unwrap_or(u32::MAX))
    }

    /// Sets the size of the receive buffer (`SO_RCVBUF`), in bytes. Linux doubles it.
    ///
    /// # Errors
    /// The system's.
    pub fn set_recv_buffer_size(&self, size: u32) -> io::Result<()> {
        self.socket.set_recv_buffer_size(size as usize)
    }

    /// Reads the size of the receive buffer, in bytes.
    ///
    /// # Errors
    /// The system's.
    pub fn recv_buffer_size(&self) -> io::Result<u32> {
        self.socket.recv_buffer_size().map(|size| u32::try_from(size).unwrap_or(u32::MAX))
    }

    /// The socket, for options that have no method here: socket2 has them all.
    ///
    /// ```
    /// use mainspring::net::TcpSocket;
    /// use socket2::TcpKeepalive;
    /// use std::time::Duration;
    ///
    /// let socket = TcpSocket::new_v4()?;
    /// // Probe after a minute of silence, then every ten seconds.
    /// let probes = TcpKeepalive::new()
    ///     .with_time(Duration::from_secs(60))
    ///     .with_interval(Duration::from_secs(10));
    /// socket.as_sock_ref().set_tcp_keepalive(&probes)?;
    /// assert!(socket.keepalive()?);
    /// # std::io::Result::Ok(())
    /// ```
    pub fn as_sock_ref(&self) -> SockRef<'_> {
        SockRef::from(&self.socket)
    }

    /// The address it is bound to.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()?.as_socket().ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    /// Takes the error that waits in the socket, if there is one (`SO_ERROR`).
    ///
    /// # Errors
    /// The system's, when it cannot be read.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.socket.take_error()
    }

    /// Binds to `addr`: to listen there, or to call from there.
    ///
    /// # Errors
    /// The system's, `AddrInUse` above all, which names the address.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        explain_port(self.socket.bind(&addr.into()), addr)
    }

    /// Connects to `addr`.
    ///
    /// # Errors
    /// The system's, `ConnectionRefused` above all.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// The socket is closed and the attempt given up.
    pub async fn connect(self, addr: SocketAddr) -> io::Result<TcpStream> {
        if let Err(error) = self.socket.connect(&addr.into())
            && !is_in_progress(&error)
        {
            return Err(error);
        }
        TcpStream::connecting(mio::net::TcpStream::from_std(self.socket.into())).await
    }

    /// Listens; `backlog` connections may wait to be accepted.
    ///
    /// # Errors
    /// The system's, `AddrInUse` above all.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        let listens = self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX));
        match self.local_addr() {
            Ok(addr) => explain_port(listens, addr)?,
            Err(_) => listens?,
        }
        TcpListener::from_mio(mio::net::TcpListener::from_std(self.socket.into()))
    }

    /// Takes over a stream of std's that is not connected yet, and sets it to non-blocking.
    ///
    /// # Panics
    /// When it cannot be set to non-blocking, which no open socket refuses.
    #[track_caller]
    pub fn from_std_stream(stream: std::net::TcpStream) -> TcpSocket {
        let socket = Socket::from(stream);
        if let Err(error) = socket.set_nonblocking(true) {
            panic!("the socket cannot be made non-blocking: {error}");
        }
        TcpSocket { socket }
    }
}

/// What a connect that goes on in the background says.
fn is_in_progress(error: &io::Error) -> bool {
    #[cfg(unix)]
    let in_progress = error.raw_os_error() == Some(libc::EINPROGRESS);
    #[cfg(not(unix))]
    let in_progress = false;
    in_progress || error.kind() == io::ErrorKind::WouldBlock
}
