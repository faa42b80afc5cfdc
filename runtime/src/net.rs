//! Sockets.
//!
//! | to … | take | asyncio |
//! |---|---|---|
//! | call a server | [`TcpStream::connect`] | `open_connection` |
//! | be one | [`TcpListener`] | `start_server` |
//! | set options first | [`TcpSocket`] | `socket`, then `sock=` |
//! | send and receive datagrams | [`UdpSocket`] | `create_datagram_endpoint` |
//! | call a program on this machine | [`UnixStream::connect`] | `open_unix_connection` |
//! | be called by one | [`UnixListener`] | `start_unix_server` |
//! | know who it is | [`UnixStream::peer_cred`] | `SO_PEERCRED` by hand |
//! | send it datagrams | [`UnixDatagram`] | `create_datagram_endpoint` |
//! | bind such a client first | [`UnixSocket`] | `socket`, then `sock=` |
//! | use a pipe, or a FIFO file | [`unix::pipe`] | `connect_read_pipe`, `connect_write_pipe` |
//! | look up a name | [`lookup_host`] | `loop.getaddrinfo` |
//!
//! All of them wait by the same loop, for any number of tasks at once, and belong to the runtime
//! they were made in. Whoever waits forever waits with a [`timeout`](crate::time::timeout).

/// names and numbers: what can be turned into socket addresses.
pub(crate) mod addr;
/// what a bind says when its address is taken: which address, and what to do.
pub(crate) mod in_use;
/// a socket's number in the system, written once for all sockets.
pub(crate) mod as_fd;
/// a socket of std's made ours, and given back: written once for all sockets.
pub(crate) mod of_std;
/// what every socket can be waited for: readiness, and operations of one's own; written once.
pub(crate) mod waits;
/// streams of bytes: reads and writes as primitives and as the traits of `io`; written once.
pub(crate) mod byte_stream;
/// the halves of a stream: borrowed for one task, owned for two; written once.
pub(crate) mod halves;
/// datagrams: each is sent and received whole, or not at all; written once for UDP and Unix.
pub(crate) mod datagrams;
/// options of sockets: a getter and a setter for each line of a table.
pub(crate) mod options;
/// The halves of a TCP stream.
pub mod tcp {
    /// TcpStream: connect, read, write.
    pub(crate) mod stream;
    /// the halves of a TCP stream; what only they can do is to peek.
    pub(crate) mod split;
    /// try_read_buf: into the buffers of the crate `bytes`.
    #[cfg(feature = "bytes")]
    pub(crate) mod bytes;
    /// TcpListener: bind, accept.
    pub(crate) mod listener;
    /// TcpSocket: options to set before a socket is bound, connected, or listens.
    pub(crate) mod socket;

    pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
}
pub(crate) mod udp {
    /// UdpSocket: bind, connect, send, receive.
    pub(crate) mod socket;
    /// UdpSocket: options, and groups of receivers.
    pub(crate) mod options;
}
/// Addresses, credentials, halves and pipes: what only Unix has.
#[cfg(unix)]
pub mod unix {
    /// addresses of Unix sockets: a path, a name without a file, or nothing.
    pub(crate) mod address;
    /// UCred: who is at the other end of a Unix socket.
    pub(crate) mod ucred;
    /// UnixStream: connect, pair, and who is at the other end.
    pub(crate) mod stream;
    /// the halves of a Unix stream.
    pub(crate) mod split;
    /// UnixListener: bind, accept.
    pub(crate) mod listener;
    /// UnixDatagram: bind, pair, connect, send, receive.
    pub(crate) mod datagram;
    /// UnixSocket: what a Unix socket is before it listens, connects, or sends datagrams.
    pub(crate) mod socket;
    /// Pipes: bytes in one direction.
    pub mod pipe {
        /// pipes: bytes in one direction, between processes or with a FIFO file.
        pub(crate) mod ends;

        pub use ends::{OpenOptions, Receiver, Sender, pipe};
    }
    /// try_read_buf of Unix streams and pipes: into the buffers of the crate `bytes`.
    #[cfg(feature = "bytes")]
    pub(crate) mod bytes;

    pub use address::SocketAddr;
    pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
    pub use ucred::{UCred, gid_t, pid_t, uid_t};
}
/// numbers of the system made sockets, and sockets made numbers: those that are not registered yet.
#[cfg(unix)]
pub(crate) mod raw;

pub use crate::group::accept::HandlerOutput;
pub use crate::group::server::{Server, start_server};
pub use addr::{ToSocketAddrs, lookup_host};
pub use tcp::listener::TcpListener;
pub use tcp::socket::TcpSocket;
pub use tcp::stream::TcpStream;
pub use udp::socket::UdpSocket;
#[cfg(unix)]
pub use unix::{
    datagram::UnixDatagram, listener::UnixListener, socket::UnixSocket, stream::UnixStream,
};
