//! TcpListener: bind, accept.
//!
//! ```text
//!  bind ──► registered, edge-triggered          one event may stand for many connections:
//!  accept ─► accept4 ─► WouldBlock? wait        the listener stays READABLE until `WouldBlock`
//!              │
//!              ▼
//!           TcpStream, registered with the listener's reactor
//! ```
//!
//! Any number of tasks may wait in `accept`; an event wakes them all, and each gets what is left.
//!
//! When the process has run out of file descriptors, `accept` fails with `EMFILE`, and would at
//! once fail again: the connection stays in the kernel's queue. It returns the error rather than
//! wait, and spends budget on it, so that a loop which only logs errors still lets other tasks run.
//! Such a loop should sleep a little before it goes on.

#![forbid(unsafe_code)]

use super::stream::TcpStream;
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use crate::io::async_fd::AsyncFd;
use crate::net::addr::{ToSocketAddrs, first_that, resolve};
use crate::net::as_fd::as_fd;
use crate::net::in_use::explain_port;
use crate::net::of_std::of_std;
use crate::net::options::options;
use crate::wake::batch::Batch;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

/// Connections that may wait to be accepted, as in tokio and std (128 there on some systems).
const BACKLOG: i32 = 1024;

/// A TCP socket that waits for connections.
///
/// asyncio's `asyncio.start_server` without the handler; `for` each connection, [`accept`] and
/// spawn.
///
/// A listener belongs to the runtime it was made in; once that has ended, every operation fails
/// with an error that says so. Dropping it closes the socket.
///
/// [`accept`]: TcpListener::accept
///
/// ```no_run
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
/// use mainspring::net::TcpListener;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// loop {
///     let (mut stream, _peer) = listener.accept().await?;
///     mainspring::spawn(async move {
///         let mut buf = [0; 4096];
///         while let Ok(n) = stream.read(&mut buf).await {
///             if n == 0 || stream.write_all(&buf[..n]).await.is_err() {
///                 break;
///             }
///         }
///     });
/// }
/// # #[allow(unreachable_code)]
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct TcpListener {
    fd: AsyncFd<mio::net::TcpListener>,
}

of_std!(TcpListener, std::net::TcpListener, mio::net::TcpListener, Ready::EMPTY);
as_fd!(TcpListener);

impl TcpListener {
    /// Opens a socket that listens on `addr`; port 0 lets the system choose one.
    ///
    /// `SO_REUSEADDR` is set on Unix, so that a restarted server need not wait for old connections
    /// to be forgotten. The backlog is 1024. Of several addresses the first that works is taken.
    /// For other options, use [`TcpSocket`](crate::net::TcpSocket).
    ///
    /// # Errors
    /// The last address's; `InvalidInput` when there is none to try. `AddrInUse` above all: it
    /// names the address, and says what to do; its `raw_os_error` is `None` for that.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Cancel safety
    /// Nothing is lost: no socket is left behind.
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        first_that(resolve(addr).await?, |addr| {
            let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
            #[cfg(unix)]
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            explain_port(socket.bind(&addr.into()), addr)?;
            // Of two sockets with `SO_REUSEADDR`, the second to listen is told here.
            explain_port(socket.listen(BACKLOG), addr)?;
            Self::from_mio(mio::net::TcpListener::from_std(socket.into()))
        })
    }

    /// Accepts the next connection, and says who called.
    ///
    /// # Errors
    /// The system's. An error need not be the end of the listener: `ConnectionAborted` means that
    /// the caller gave up, `EMFILE` that there is no file descriptor left; sleep a little before
    /// the next try then, because it would fail at once.
    ///
    /// # Cancel safety
    /// No connection is lost: one that has been taken off the queue has been returned.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let accepted = self.fd.io(Interest::READABLE, mio::net::TcpListener::accept).await?;
        self.admit(accepted)
    }

    /// Polls for the next connection. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// As [`TcpListener::accept`].
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = ready!(self.fd.poll_io(cx, Direction::Read, mio::net::TcpListener::accept))?;
        Poll::Ready(self.admit(accepted))
    }

    /// For a new owner, whom nobody else polls beside: drops the wakers that earlier pollers have
    /// left, which are foreign code.
    pub(crate) fn forget_pollers(&self) {
        let all = Direction::Read.wanted() | Direction::Write.wanted();
        while !self.fd.registration.source().collect(all, &mut Batch::new()) {}
    }

    fn admit(
        &self,
        (stream, peer): (mio::net::TcpStream, SocketAddr),
    ) -> io::Result<(TcpStream, SocketAddr)> {
        Ok((TcpStream::connected(self.fd.reactor(), stream)?, peer))
    }

    /// The address it listens on; tells the port when it was bound to port 0.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get().local_addr()
    }
}

options! { TcpListener:
    "the hop limit of packets sent (`IP_TTL`), also by connections accepted from now on",
        set_ttl, ttl, u32, set_ttl_v4, ttl_v4;
}
