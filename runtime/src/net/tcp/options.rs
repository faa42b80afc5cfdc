//! TcpStream: addresses, options, and what is done seldom.

#![forbid(unsafe_code)]

use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use super::stream::TcpStream;
use crate::drive::ready::Interest;
use crate::drive::source::Direction;
use socket2::SockRef;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

impl TcpStream {
    /// Splits into a half that reads and one that writes, for use in one task.
    ///
    /// No allocation: both borrow the stream. Across tasks, use [`TcpStream::into_split`].
    pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        (ReadHalf(self), WriteHalf(self))
    }

    /// Splits into two halves that own the stream together, for use in two tasks.
    ///
    /// Dropping the write half closes it: the peer reads 0 after what was sent.
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        super::split::own(self)
    }

    /// Reads without taking: the next read sees the same bytes.
    ///
    /// # Errors
    /// As a read.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.fd().io(Interest::READABLE, |socket| socket.peek(buf)).await
    }

    /// Polls a read that takes nothing.
    ///
    /// # Errors
    /// As a read.
    pub fn poll_peek(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.fd().poll_io(cx, Direction::Read, |socket| socket.peek(buf))
    }

    /// Tries an operation of your own on the socket, if it is ready for `interest`.
    ///
    /// `op` must return `WouldBlock` only when a syscall on this socket did: the readiness is
    /// cleared then, and nothing is woken before the next event.
    ///
    /// # Errors
    /// `WouldBlock`, when it is not ready; otherwise those of `op`.
    pub fn try_io<R>(
        &self,
        interest: Interest,
        op: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        self.fd().try_io(interest, |socket| socket.try_io(op))
    }

    /// Repeats an operation of your own on the socket until it does not block.
    ///
    /// # Errors
    /// Those of `op`. The same rule for `WouldBlock` as in [`TcpStream::try_io`].
    ///
    /// # Cancel safety
    /// As that of `op`: it either has been run to its end or has returned `WouldBlock`.
    pub async fn async_io<R>(
        &self,
        interest: Interest,
        mut op: impl FnMut() -> io::Result<R>,
    ) -> io::Result<R> {
        self.fd().io(interest, |socket| socket.try_io(&mut op)).await
    }

    /// The address of this end.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.fd().get().local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    /// The system's.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.fd().get().peer_addr()
    }

    /// Takes the error that waits in the socket, if there is one (`SO_ERROR`).
    ///
    /// # Errors
    /// The system's, when it cannot be read.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.fd().get().take_error()
    }

    /// Are small writes sent at once (`TCP_NODELAY`)?
    ///
    /// # Errors
    /// The system's.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.fd().get().nodelay()
    }

    /// Sends small writes at once, instead of collecting them while an acknowledgement is due
    /// (`TCP_NODELAY`). Off at first, as the system has it.
    ///
    /// # Errors
    /// The system's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.fd().get().set_nodelay(nodelay)
    }

    /// Are acknowledgements sent at once (`TCP_QUICKACK`)?
    ///
    /// # Errors
    /// The system's.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn quickack(&self) -> io::Result<bool> {
        self.as_sock_ref().tcp_quickack()
    }

    /// Sends acknowledgements at once (`TCP_QUICKACK`). The system may turn it off again by itself.
    ///
    /// # Errors
    /// The system's.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn set_quickack(&self, quickack: bool) -> io::Result<()> {
        self.as_sock_ref().set_tcp_quickack(quickack)
    }

    /// How long `close` holds on to unsent data (`SO_LINGER`).
    ///
    /// # Errors
    /// The system's.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.as_sock_ref().linger()
    }

    /// Sets how long `close` holds on to unsent data, in whole seconds.
    ///
    /// # Errors
    /// The system's.
    #[deprecated = "a lingering close blocks the thread; see `set_zero_linger`"]
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.as_sock_ref().set_linger(linger)
    }

    /// Makes the close of this stream a reset: unsent data is thrown away, the peer gets an error.
    ///
    /// # Errors
    /// The system's.
    pub fn set_zero_linger(&self) -> io::Result<()> {
        self.as_sock_ref().set_linger(Some(Duration::ZERO))
    }

    /// The hop limit of packets sent (`IP_TTL`).
    ///
    /// # Errors
    /// The system's.
    pub fn ttl(&self) -> io::Result<u32> {
        self.fd().get().ttl()
    }

    /// Sets the hop limit of packets sent.
    ///
    /// # Errors
    /// The system's.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.fd().get().set_ttl(ttl)
    }

    /// The socket, for options that have no method here.
    pub fn as_sock_ref(&self) -> SockRef<'_> {
        SockRef::from(self.fd().get())
    }
}
