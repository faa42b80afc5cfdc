//! Sockets.

/// names and numbers: what can be turned into socket addresses.
pub(crate) mod addr;
/// a socket's number in the system, written once for all sockets.
pub(crate) mod as_fd;
/// The halves of a TCP stream.
pub mod tcp {
    /// TcpStream: connect, read, write.
    pub(crate) mod stream;
    /// the halves of a stream: borrowed for one task, owned for two.
    pub(crate) mod split;
    /// TcpStream: addresses, options, and what is done seldom.
    pub(crate) mod options;
    /// try_read_buf: into the buffers of the crate `bytes`.
    #[cfg(feature = "bytes")]
    pub(crate) mod bytes;
    /// TcpListener: bind, accept.
    pub(crate) mod listener;
    /// TcpSocket: options to set before a socket is bound, connected, or listens.
    pub(crate) mod socket;

    pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
}

pub use addr::{ToSocketAddrs, lookup_host};
pub use tcp::listener::TcpListener;
pub use tcp::socket::TcpSocket;
pub use tcp::stream::TcpStream;
