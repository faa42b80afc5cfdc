//! WRONG: an event, a datagram, an event, a datagram. Two of them may come with one event.

use stage_ch08::io::{AsyncFd, Direction};
use std::io;
use std::net::SocketAddr;

/// A socket for datagrams.
pub struct UdpSocket {
    fd: AsyncFd<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// A socket at `address`; port 0 is a free port.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { fd: AsyncFd::new(mio::net::UdpSocket::bind(address)?)? })
    }

    /// Where it is.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd.get().local_addr()
    }

    /// Sends one datagram.
    pub async fn send_to(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        self.fd.io(Direction::Write, |socket| socket.send_to(bytes, to)).await
    }

    /// Waits for one datagram, and says from where it came.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let received = self.fd.io(Direction::Read, |socket| socket.recv_from(buffer)).await?;
        if received.0 < buffer.len() {
            self.fd.clear(Direction::Read);
        }
        Ok(received)
    }
}
