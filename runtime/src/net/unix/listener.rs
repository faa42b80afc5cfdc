//! UnixListener: bind, accept.
//!
//! As `net/tcp/listener.rs`; the address is a file, which outlives the listener.

#![forbid(unsafe_code)]

use super::address::{SocketAddr, explain_bind, of_path};
use super::stream::UnixStream;
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use crate::io::async_fd::AsyncFd;
use crate::net::as_fd::as_fd;
use crate::net::of_std::of_std;
use std::io;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll, ready};

/// A Unix socket that waits for connections from programs on this machine.
///
/// asyncio's `start_unix_server` without the handler: for each connection,
/// [`accept`](UnixListener::accept) and spawn.
///
/// Dropping the listener closes the socket, but its file stays: remove it, or the next `bind`
/// fails. Who may connect is what the file's rights say, and those of its directory.
///
/// ```no_run
/// use mainspring::io::{AsyncReadExt, AsyncWriteExt};
/// use mainspring::net::UnixListener;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let listener = UnixListener::bind("/run/app.sock")?;
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
pub struct UnixListener {
    fd: AsyncFd<mio::net::UnixListener>,
}

of_std!(UnixListener, net::UnixListener, mio::net::UnixListener, Ready::EMPTY);
as_fd!(UnixListener);

impl UnixListener {
    /// Opens a socket that listens on `path`, which must not exist yet; on Linux, a path that
    /// begins with a byte 0 is an abstract name, without a file.
    ///
    /// # Errors
    /// `AddrInUse` when the path exists: it names the path, and says what to do; its `raw_os_error`
    /// is `None` for that. `InvalidInput` when the path is too long. Otherwise the system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        UnixListener::bind_addr(&of_path(path)?)
    }

    /// Opens a socket that listens on an address.
    ///
    /// # Errors
    /// As [`bind`](UnixListener::bind).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixListener> {
        let bound = mio::net::UnixListener::bind_addr(&addr.0);
        UnixListener::from_mio(explain_bind(bound, addr)?)
    }

    /// Accepts the next connection, and says who called: the address is unnamed, unless the caller
    /// was bound.
    ///
    /// # Errors
    /// The system's. When the process has run out of file descriptors the next try would fail at
    /// once: sleep a little before it.
    ///
    /// # Cancel safety
    /// No connection is lost: one that has been taken off the queue has been returned.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let accepted = self.fd.io(Interest::READABLE, mio::net::UnixListener::accept).await?;
        self.admit(accepted)
    }

    /// Polls for the next connection. Of several tasks that poll, the last one is woken.
    ///
    /// # Errors
    /// As [`accept`](UnixListener::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let accept = mio::net::UnixListener::accept;
        let accepted = ready!(self.fd.poll_io(cx, Direction::Read, accept))?;
        Poll::Ready(self.admit(accepted))
    }

    fn admit(
        &self,
        (stream, peer): (mio::net::UnixStream, net::SocketAddr),
    ) -> io::Result<(UnixStream, SocketAddr)> {
        Ok((UnixStream::connected(self.fd.reactor(), stream)?, SocketAddr(peer)))
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get().local_addr().map(SocketAddr)
    }

    /// Takes the error that waits in the socket, if there is one (`SO_ERROR`).
    ///
    /// # Errors
    /// The system's, when it cannot be read.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.fd.get().take_error()
    }
}
