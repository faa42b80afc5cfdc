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
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

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

/// Pairs of getter and setter that socket2 has under another name or type.
macro_rules! options {
    ($(
        $(#[cfg($cfg:meta)])?
        $what:literal, $set:ident, $get:ident, $value:ty, $set2:ident, $get2:ident;
    )*) => {
        impl TcpSocket {
            $(
                $(#[cfg($cfg)])?
                #[doc = concat!("Sets ", $what, ".\n\n# Errors\nThe system's.")]
                pub fn $set(&self, value: $value) -> io::Result<()> {
                    self.socket.$set2(value)
                }

                $(#[cfg($cfg)])?
                #[doc = concat!("Reads ", $what, ".\n\n# Errors\nThe system's.")]
                pub fn $get(&self) -> io::Result<$value> {
                    self.socket.$get2()
                }
            )*
        }
    };
}

options! {
    "whether a silent connection is probed (`SO_KEEPALIVE`)",
        set_keepalive, keepalive, bool, set_keepalive, keepalive;
    "whether an address in TIME_WAIT may be bound (`SO_REUSEADDR`)",
        set_reuseaddr, reuseaddr, bool, set_reuse_address, reuse_address;
    #[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos"))))]
    "whether several sockets may listen on one port, and share its connections (`SO_REUSEPORT`)",
        set_reuseport, reuseport, bool, set_reuse_port, reuse_port;
    "whether small writes are sent at once (`TCP_NODELAY`)",
        set_nodelay, nodelay, bool, set_tcp_nodelay, tcp_nodelay;
    "the type of service of packets sent (`IP_TOS`)",
        set_tos_v4, tos_v4, u32, set_tos_v4, tos_v4;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    "the traffic class of IPv6 packets sent (`IPV6_TCLASS`)",
        set_tclass_v6, tclass_v6, u32, set_tclass_v6, tclass_v6;
}

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

    /// Sets how long `close` holds on to unsent data (`SO_LINGER`), in whole seconds. A socket that
    /// lingers blocks the thread that drops it: use this for zero, see
    /// [`set_zero_linger`](TcpSocket::set_zero_linger), or for std.
    ///
    /// # Errors
    /// The system's.
    #[deprecated = "a lingering close blocks the thread; see `set_zero_linger`"]
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.socket.set_linger(linger)
    }

    /// Makes the close of this socket a reset: unsent data is thrown away, the peer gets an error.
    ///
    /// # Errors
    /// The system's.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.socket.set_linger(Some(Duration::ZERO))
    }

    /// Reads how long `close` holds on to unsent data.
    ///
    /// # Errors
    /// The system's.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.socket.linger()
    }

    /// The name of the interface this socket is bound to, if it is.
    ///
    /// # Errors
    /// The system's.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    pub fn device(&self) -> io::Result<Option<Vec<u8>>> {
        self.socket.device()
    }

    /// Binds to an interface by name, or to none.
    ///
    /// # Errors
    /// The system's.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    pub fn bind_device(&self, interface: Option<&[u8]>) -> io::Result<()> {
        self.socket.bind_device(interface)
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
    /// The system's, `AddrInUse` above all.
    pub fn bind(&self, addr: SocketAddr) -> io::Result<()> {
        self.socket.bind(&addr.into())
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
        self.socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
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
