//! UnixDatagram: bind, pair, connect, send, receive.
//!
//! What it does as a socket of datagrams is written in `net/datagrams.rs`. No datagram is lost or
//! overtaken on the way here: who sends to a full queue waits.
//!
//! On Linux the queue is short (10 datagrams), and a socket is told of room in it only if it is
//! connected. One that is not hears instead that it can send, which is true of its own buffer, and
//! would try for ever. So `send_to` waits with a second socket, which it connects for that:
//!
//! ```text
//!  own buffer has room ──► sendto ── WouldBlock ──► a fresh socket, connected to the target:
//!          ▲                                        is there room, or when there is
//!          └────────────────────────────────────────────────┘
//! ```

#![forbid(unsafe_code)]

use super::address::{SocketAddr, explain_bind, of_path, of_system};
use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use crate::io::async_fd::AsyncFd;
use crate::net::as_fd::as_fd;
#[cfg(feature = "bytes")]
use crate::net::datagrams::receives_buf;
use crate::net::datagrams::{receives, sends};
use crate::net::of_std::{ends, of_std};
use crate::net::waits::{operations, waits, waits_to_read, waits_to_write};
use socket2::{SockAddr, SockRef};
use std::io;
use std::net::Shutdown;
use std::os::unix::net;
use std::path::Path;
use std::task::{Context, Poll};

/// A Unix socket of datagrams, each sent to a path and received whole.
///
/// Unlike UDP's, they arrive, and in order. Everything takes `&self`, so a socket that several
/// tasks use is shared by an `Arc`. asyncio's `create_datagram_endpoint` with `family=AF_UNIX`.
///
/// A receive into a buffer that is too small loses the rest of the datagram. Dropping a socket that
/// was bound leaves its file: remove it, or the next `bind` fails.
///
/// ```
/// use mainspring::net::UnixDatagram;
///
/// # let dir = std::env::temp_dir().join(format!("mainspring-doc-dgram-{}", std::process::id()));
/// # std::fs::create_dir(&dir)?;
/// # let path = dir.join("log.sock");
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # let result = rt.block_on(async {
/// let log = UnixDatagram::bind(&path)?;
/// let client = UnixDatagram::unbound()?;
///
/// client.send_to(b"tick", &path).await?;
/// let mut buf = [0; 1024];
/// let (len, from) = log.recv_from(&mut buf).await?;
/// assert_eq!(&buf[..len], b"tick");
/// assert!(from.is_unnamed());
/// # std::io::Result::Ok(())
/// # });
/// # std::fs::remove_dir_all(&dir)?;
/// # result?;
/// # std::io::Result::Ok(())
/// ```
pub struct UnixDatagram {
    fd: AsyncFd<mio::net::UnixDatagram>,
}

of_std!(UnixDatagram, net::UnixDatagram, mio::net::UnixDatagram, Ready::WRITABLE);
ends!(UnixDatagram, SocketAddr);
waits!(UnixDatagram);
waits_to_read!(UnixDatagram, poll_recv_ready);
waits_to_write!(UnixDatagram, poll_send_ready);
operations!(UnixDatagram);
sends!(UnixDatagram);
receives!(UnixDatagram);
#[cfg(feature = "bytes")]
receives_buf!(UnixDatagram);
as_fd!(UnixDatagram);

impl UnixDatagram {
    /// Opens a socket on `path`, which must not exist yet; on Linux, a path that begins with a byte
    /// 0 is an abstract name, without a file.
    ///
    /// # Errors
    /// `AddrInUse` when the path exists: it names the path, and says what to do; its `raw_os_error`
    /// is `None` for that. `InvalidInput` when the path is too long. Otherwise the system's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        let addr = of_path(path)?;
        let bound = mio::net::UnixDatagram::bind_addr(&addr.0);
        UnixDatagram::from_mio(explain_bind(bound, &addr)?)
    }

    /// Two sockets, each connected to the other.
    ///
    /// # Errors
    /// The system's, too many open files above all.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// ```
    /// use mainspring::net::UnixDatagram;
    ///
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// let (one, other) = UnixDatagram::pair()?;
    /// one.send(b"tick").await?;
    /// let mut buf = [0; 8];
    /// assert_eq!(other.recv(&mut buf).await?, 4);
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    #[track_caller]
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (one, other) = mio::net::UnixDatagram::pair()?;
        Ok((UnixDatagram::from_mio(one)?, UnixDatagram::from_mio(other)?))
    }

    /// A socket without an address: it can send, and nobody can answer.
    ///
    /// # Errors
    /// The system's, too many open files above all.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn unbound() -> io::Result<UnixDatagram> {
        UnixDatagram::from_mio(mio::net::UnixDatagram::unbound()?)
    }

    /// Connects to the socket on `path`: from now on `send` sends there, and only what comes from
    /// there is received.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `ConnectionRefused` when nobody has it open,
    /// `InvalidInput` when the path is too long.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.as_sock_ref().connect(&of_system(path)?)
    }

    /// Sends a datagram to the socket on `target`.
    ///
    /// Any number of tasks may send. When the queue there is full, this opens a second socket to
    /// wait with; [`connect`](UnixDatagram::connect) and [`send`](UnixDatagram::send) need none.
    ///
    /// # Errors
    /// `NotFound` when there is no such file, `ConnectionRefused` when nobody has it open, that the
    /// datagram is too long; `InvalidInput` when the path is; that the runtime has ended.
    ///
    /// # Cancel safety
    /// The datagram has been sent, or has not: not a part of it, and not twice.
    pub async fn send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = of_system(target)?;
        loop {
            self.fd.ready(Interest::WRITABLE).await?;
            match self.fd.try_io(Interest::WRITABLE, |socket| send_to(socket, buf, &target)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                done => return done,
            }
            self.room_at(&target).await?;
        }
    }

    /// Waits until the queue of `target` has room.
    async fn room_at(&self, target: &SockAddr) -> io::Result<()> {
        let waits = mio::net::UnixDatagram::unbound()?;
        SockRef::from(&waits).connect(target)?;
        let waits = AsyncFd::new(self.fd.reactor(), waits, Ready::EMPTY)?;
        waits.ready(Interest::WRITABLE).await.map(drop)
    }

    /// Polls to send a datagram to the socket on `target`. Of several tasks that poll to send, the
    /// last one is woken.
    ///
    /// While the queue there is full, Linux wakes it again and again, because the socket is not
    /// connected: [`send_to`](UnixDatagram::send_to) does better, or connect and `poll_send`.
    ///
    /// # Errors
    /// As [`send_to`](UnixDatagram::send_to).
    pub fn poll_send_to<P: AsRef<Path>>(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: P,
    ) -> Poll<io::Result<usize>> {
        let target = of_system(target)?;
        self.fd.poll_io(cx, Direction::Write, |socket| send_to(socket, buf, &target))
    }

    /// Sends a datagram to the socket on `target`, if there is room for it.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; otherwise as [`send_to`](UnixDatagram::send_to).
    pub fn try_send_to<P: AsRef<Path>>(&self, buf: &[u8], target: P) -> io::Result<usize> {
        let target = of_system(target)?;
        self.fd.try_io(Interest::WRITABLE, |socket| send_to(socket, buf, &target))
    }

    /// Closes one half or both: nothing more can be sent, or nothing more is received.
    ///
    /// # Errors
    /// The system's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.fd.get().shutdown(how)
    }
}

/// Through socket2, which knows abstract names.
fn send_to(socket: &mio::net::UnixDatagram, buf: &[u8], to: &SockAddr) -> io::Result<usize> {
    socket.try_io(|| SockRef::from(socket).send_to(buf, to))
}
