//! datagrams: each is sent and received whole, or not at all; written once for UDP and Unix.
//!
//! ```text
//!  kernel's queue   [ 900 bytes ][ 3 bytes ][ 0 bytes ]
//!  recv(&mut [u8; 512])  ──► 512: the rest of the first is gone
//!  recv(&mut [u8; 512])  ──► 3
//!  recv(&mut [u8; 512])  ──► 0: an empty datagram, and not the end of anything
//! ```
//!
//! A short receive says nothing about the next: one datagram may be short while others wait, and
//! the kernel reports an edge only when one comes. So the readiness is cleared by `WouldBlock`
//! alone, and never by a count, as it is for streams of bytes.

#![forbid(unsafe_code)]

/// For a type with a field `fd: AsyncFd<_>` of a socket of mio's.
macro_rules! sends {
    ($socket:ty) => {
        impl $socket {
            /// Sends a datagram to the address that the socket is connected to.
            ///
            /// Any number of tasks may send.
            ///
            /// # Errors
            /// `NotConnected` (or `DestinationAddressRequired`) when it is not connected; that the
            /// datagram is too long; `ConnectionRefused` when nobody took an earlier one.
            ///
            /// # Cancel safety
            /// The datagram has been sent, or has not: not a part of it, and not twice.
            pub async fn send(&self, buf: &[u8]) -> ::std::io::Result<usize> {
                self.fd.io($crate::io::Interest::WRITABLE, |socket| socket.send(buf)).await
            }

            /// Polls to send a datagram. Of several tasks that poll to send, the last one is woken.
            ///
            /// # Errors
            /// As [`send`](Self::send).
            pub fn poll_send(
                &self,
                cx: &mut ::std::task::Context<'_>,
                buf: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let to = $crate::drive::source::Direction::Write;
                self.fd.poll_io(cx, to, |socket| socket.send(buf))
            }

            /// Sends a datagram, if there is room for it.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as [`send`](Self::send).
            pub fn try_send(&self, buf: &[u8]) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::WRITABLE, |socket| socket.send(buf))
            }
        }
    };
}
pub(crate) use sends;

/// For the same. `SocketAddr`, the type of its addresses, is in scope.
macro_rules! receives {
    ($socket:ty) => {
        impl $socket {
            /// Receives a datagram, of a connected socket from its peer only; returns its length.
            ///
            /// What does not fit into `buf` is lost. Any number of tasks may receive; each datagram
            /// goes to one.
            ///
            /// # Errors
            /// The system's; that the runtime has ended.
            ///
            /// # Cancel safety
            /// No datagram is lost: one that has been taken off the queue has been returned.
            pub async fn recv(&self, buf: &mut [u8]) -> ::std::io::Result<usize> {
                self.fd.io($crate::io::Interest::READABLE, |socket| socket.recv(buf)).await
            }

            /// Polls for a datagram. Of several tasks that poll to receive, the last one is woken.
            ///
            /// # Errors
            /// As [`recv`](Self::recv).
            pub fn poll_recv(
                &self,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let from = $crate::drive::source::Direction::Read;
                self.fd.poll_io(cx, from, |socket| socket.recv(buf))
            }

            /// Receives a datagram, if there is one.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as [`recv`](Self::recv).
            pub fn try_recv(&self, buf: &mut [u8]) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::READABLE, |socket| socket.recv(buf))
            }

            /// Receives a datagram, and says who sent it.
            ///
            /// What does not fit into `buf` is lost. Any number of tasks may receive; each datagram
            /// goes to one.
            ///
            /// # Errors
            /// As [`recv`](Self::recv).
            ///
            /// # Cancel safety
            /// No datagram is lost: one that has been taken off the queue has been returned.
            pub async fn recv_from(
                &self,
                buf: &mut [u8],
            ) -> ::std::io::Result<(usize, SocketAddr)> {
                let received =
                    self.fd.io($crate::io::Interest::READABLE, |socket| socket.recv_from(buf));
                received.await.map(|(len, from)| (len, SocketAddr::from(from)))
            }

            /// Polls for a datagram and its sender. Of several tasks that poll to receive, the last
            /// one is woken.
            ///
            /// # Errors
            /// As [`recv`](Self::recv).
            pub fn poll_recv_from(
                &self,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<(usize, SocketAddr)>> {
                let from = $crate::drive::source::Direction::Read;
                let received = self.fd.poll_io(cx, from, |socket| socket.recv_from(buf));
                received.map_ok(|(len, from)| (len, SocketAddr::from(from)))
            }

            /// Receives a datagram and its sender, if there is one.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as [`recv`](Self::recv).
            pub fn try_recv_from(&self, buf: &mut [u8]) -> ::std::io::Result<(usize, SocketAddr)> {
                let received =
                    self.fd.try_io($crate::io::Interest::READABLE, |socket| socket.recv_from(buf));
                received.map(|(len, from)| (len, SocketAddr::from(from)))
            }
        }
    };
}
pub(crate) use receives;

/// For the same: into the buffers of the crate `bytes`, as much as their next room takes.
#[cfg(feature = "bytes")]
macro_rules! receives_buf {
    ($socket:ty) => {
        impl $socket {
            /// Receives a datagram into a buffer of the crate `bytes`, after what is in it; returns
            /// its length. 0, and the datagram stays, when `buf` has no room. Needs the feature
            /// `bytes`.
            ///
            /// What does not fit into the room that is there is lost: reserve some before.
            ///
            /// # Errors
            /// As [`recv`](Self::recv).
            ///
            /// # Cancel safety
            /// No datagram is lost: one that has been taken off the queue is in `buf`.
            pub async fn recv_buf<B: ::bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> ::std::io::Result<usize> {
                let received = self.fd.io($crate::io::Interest::READABLE, |socket| {
                    $crate::io::ext::bytes::fill_up_to(usize::MAX, buf, |room| socket.recv(room))
                });
                received.await
            }

            /// Receives a datagram as [`recv_buf`](Self::recv_buf), if there is one.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as [`recv`](Self::recv).
            pub fn try_recv_buf<B: ::bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::READABLE, |socket| {
                    $crate::io::ext::bytes::fill_up_to(usize::MAX, buf, |room| socket.recv(room))
                })
            }

            /// Receives a datagram into a buffer of the crate `bytes`, and says who sent it. Needs
            /// the feature `bytes`.
            ///
            /// What does not fit into the room that is there is lost: reserve some before.
            ///
            /// # Errors
            /// `InvalidInput` when `buf` has no room; otherwise as [`recv`](Self::recv).
            ///
            /// # Cancel safety
            /// No datagram is lost: one that has been taken off the queue is in `buf`.
            pub async fn recv_buf_from<B: ::bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> ::std::io::Result<(usize, SocketAddr)> {
                let received = self.fd.io($crate::io::Interest::READABLE, |socket| {
                    $crate::net::datagrams::fill_from(buf, |room| socket.recv_from(room))
                });
                received.await.map(|(len, from)| (len, SocketAddr::from(from)))
            }

            /// Receives a datagram as [`recv_buf_from`](Self::recv_buf_from), if there is one.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as
            /// [`recv_buf_from`](Self::recv_buf_from).
            pub fn try_recv_buf_from<B: ::bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> ::std::io::Result<(usize, SocketAddr)> {
                let received = self.fd.try_io($crate::io::Interest::READABLE, |socket| {
                    $crate::net::datagrams::fill_from(buf, |room| socket.recv_from(room))
                });
                received.map(|(len, from)| (len, SocketAddr::from(from)))
            }
        }
    };
}
#[cfg(feature = "bytes")]
pub(crate) use receives_buf;

/// Fills the next room of `buf` with a datagram whose sender is told.
#[cfg(feature = "bytes")]
pub(crate) fn fill_from<B: ::bytes::BufMut, A>(
    buf: &mut B,
    receive: impl FnOnce(&mut [u8]) -> std::io::Result<(usize, A)>,
) -> std::io::Result<(usize, A)> {
    let mut sender = None;
    let len = crate::io::ext::bytes::fill_up_to(usize::MAX, buf, |room| {
        let (len, from) = receive(room)?;
        sender = Some(from);
        std::io::Result::Ok(len)
    })?;
    let no_room = || std::io::Error::new(std::io::ErrorKind::InvalidInput, "no room in the buffer");
    Ok((len, sender.ok_or_else(no_room)?))
}
