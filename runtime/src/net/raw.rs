//! numbers of the system made sockets, and sockets made numbers: those that are not registered yet.
//!
//! * INV-182: whoever calls `from_raw_fd` owns the number, and it is a socket of that kind; std's
//!   rule, handed on to socket2.

use crate::net::tcp::socket::TcpSocket;
use crate::net::unix::socket::UnixSocket;
use socket2::Socket;
use std::os::fd::{FromRawFd, IntoRawFd, RawFd};

impl FromRawFd for TcpSocket {
    /// Takes over a socket by its number; it must be non-blocking.
    unsafe fn from_raw_fd(fd: RawFd) -> TcpSocket {
        // SAFETY(INV-182): the caller's word.
        TcpSocket::of(unsafe { Socket::from_raw_fd(fd) })
    }
}

impl IntoRawFd for TcpSocket {
    fn into_raw_fd(self) -> RawFd {
        self.into_inner().into_raw_fd()
    }
}

impl FromRawFd for UnixSocket {
    /// Takes over a socket by its number; it must be non-blocking.
    unsafe fn from_raw_fd(fd: RawFd) -> UnixSocket {
        // SAFETY(INV-182): the caller's word.
        UnixSocket::of(unsafe { Socket::from_raw_fd(fd) })
    }
}

impl IntoRawFd for UnixSocket {
    fn into_raw_fd(self) -> RawFd {
        self.into_inner().into_raw_fd()
    }
}
