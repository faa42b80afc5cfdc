//! UdpSocket: bind, connect, send, receive.
//!
//! What it does as a socket of datagrams is written in `net/datagrams.rs`: here is what is UDP's
//! own, which is addresses that are given with each datagram, and looks without taking.

#![forbid(unsafe_code)]

use crate::drive::ready::{Interest, Ready};
use crate::drive::source::Direction;
use crate::io::async_fd::AsyncFd;
use crate::net::addr::{ToSocketAddrs, first_that, resolve};
use crate::net::as_fd::as_fd;
#[cfg(feature = "bytes")]
use crate::net::datagrams::receives_buf;
use crate::net::datagrams::{receives, sends};
use crate::net::in_use::explain_port;
use crate::net::of_std::{ends, of_std};
use crate::net::waits::{operations, waits, waits_to_read, waits_to_write};
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

/// A UDP socket: datagrams, each sent to an address and received whole.
///
/// A datagram may be lost, come twice, or overtake another. Everything takes `&self`, so a socket
/// that several tasks use is shared by an `Arc`; there is nothing to split. asyncio's
/// `loop.create_datagram_endpoint`, without the protocol's callbacks.
///
/// A receive into a buffer that is too small loses the rest of the datagram; 65 536 bytes are
/// enough for any. A socket that is [connected](UdpSocket::connect) receives from its peer only.
///
/// A socket belongs to the runtime it was made in: when that has ended, every operation fails with
/// an error that says so.
///
/// ```
/// use mainspring::net::UdpSocket;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let server = UdpSocket::bind("127.0.0.1:0").await?;
/// let client = UdpSocket::bind("127.0.0.1:0").await?;
///
/// client.send_to(b"tick", server.local_addr()?).await?;
/// let mut buf = [0; 1500];
/// let (len, from) = server.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..len], from), (&b"tick"[..], client.local_addr()?));
///
/// // A client with one peer connects: then there is no address to give.
/// client.connect(server.local_addr()?).await?;
/// server.send_to(b"tock", from).await?;
/// assert_eq!(client.recv(&mut buf).await?, 4);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub struct UdpSocket {
    fd: AsyncFd<mio::net::UdpSocket>,
}

of_std!(UdpSocket, std::net::UdpSocket, mio::net::UdpSocket, Ready::WRITABLE);
ends!(UdpSocket, SocketAddr);
waits!(UdpSocket);
waits_to_read!(UdpSocket, poll_recv_ready);
waits_to_write!(UdpSocket, poll_send_ready);
operations!(UdpSocket);
sends!(UdpSocket);
receives!(UdpSocket);
#[cfg(feature = "bytes")]
receives_buf!(UdpSocket);
as_fd!(UdpSocket);

impl UdpSocket {
    /// Opens a socket on `addr`; port 0 lets the system choose one.
    ///
    /// Of several addresses the first that works is taken. For options to set before, make a
    /// socket with `socket2` and use [`from_std`](UdpSocket::from_std).
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
    pub async fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        first_that(resolve(addr).await?, |addr| {
            UdpSocket::from_mio(explain_port(mio::net::UdpSocket::bind(addr), addr)?)
        })
    }

    /// Connects to `addr`: from now on `send` sends there, and only what comes from there is
    /// received. Of several addresses the first that works is taken.
    ///
    /// No packet is sent for this, so a peer that is not there is no error yet.
    ///
    /// # Errors
    /// The last address's; `InvalidInput` when there is none to try.
    ///
    /// # Cancel safety
    /// The socket is connected, or as it was.
    pub async fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        first_that(resolve(addr).await?, |addr| self.fd.get().connect(addr))
    }

    /// Sends a datagram to `target`; of several addresses, to the first.
    ///
    /// Any number of tasks may send.
    ///
    /// # Errors
    /// The system's, that the datagram is too long above all; `InvalidInput` when there is no
    /// address; that the runtime has ended.
    ///
    /// # Cancel safety
    /// The datagram has been sent, or has not: not a part of it, and not twice.
    pub async fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], target: A) -> io::Result<usize> {
        let Some(target) = resolve(target).await?.next() else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no address to send to"));
        };
        self.fd.io(Interest::WRITABLE, |socket| socket.send_to(buf, target)).await
    }

    /// Polls to send a datagram to `target`. Of several tasks that poll to send, the last one is
    /// woken.
    ///
    /// # Errors
    /// As [`send_to`](UdpSocket::send_to).
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        buf: &[u8],
        target: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.fd.poll_io(cx, Direction::Write, |socket| socket.send_to(buf, target))
    }

    /// Sends a datagram to `target`, if there is room for it.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; otherwise as [`send_to`](UdpSocket::send_to).
    pub fn try_send_to(&self, buf: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.fd.try_io(Interest::WRITABLE, |socket| socket.send_to(buf, target))
    }

    /// Receives without taking, of a connected socket: the next receive sees the same datagram.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.io(Interest::READABLE, |socket| socket.peek(buf)).await
    }

    /// Polls a receive that takes nothing.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.fd.poll_io(cx, Direction::Read, |socket| socket.peek(buf))
    }

    /// Receives without taking, if there is a datagram.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; otherwise as [`recv`](UdpSocket::recv).
    pub fn try_peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd.try_io(Interest::READABLE, |socket| socket.peek(buf))
    }

    /// Receives without taking, and says who sent it: the next receive sees the same datagram.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.fd.io(Interest::READABLE, |socket| socket.peek_from(buf)).await
    }

    /// Polls a receive that takes nothing and says who sent it.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    pub fn poll_peek_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.fd.poll_io(cx, Direction::Read, |socket| socket.peek_from(buf))
    }

    /// Receives without taking, and says who sent it, if there is a datagram.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; otherwise as [`recv`](UdpSocket::recv).
    pub fn try_peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.fd.try_io(Interest::READABLE, |socket| socket.peek_from(buf))
    }

    /// Waits for a datagram, and says who sent it; the datagram stays.
    ///
    /// The address proves nothing: UDP has no way to check who sent a datagram.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn peek_sender(&self) -> io::Result<SocketAddr> {
        self.fd.io(Interest::READABLE, sender).await
    }

    /// Polls for a datagram, and says who sent it; the datagram stays.
    ///
    /// # Errors
    /// As [`recv`](UdpSocket::recv).
    pub fn poll_peek_sender(&self, cx: &mut Context<'_>) -> Poll<io::Result<SocketAddr>> {
        self.fd.poll_io(cx, Direction::Read, sender)
    }

    /// Says who sent the next datagram, if there is one; the datagram stays.
    ///
    /// # Errors
    /// `WouldBlock` when there is none; otherwise as [`recv`](UdpSocket::recv).
    pub fn try_peek_sender(&self) -> io::Result<SocketAddr> {
        self.fd.try_io(Interest::READABLE, sender)
    }
}

/// Who sent the datagram at the head of the queue.
fn sender(socket: &mio::net::UdpSocket) -> io::Result<SocketAddr> {
    let from = socket.try_io(|| SockRef::from(socket).peek_sender())?;
    from.as_socket().ok_or_else(|| io::Error::other("the system does not say who the sender is"))
}
