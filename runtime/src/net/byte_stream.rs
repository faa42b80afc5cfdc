//! streams of bytes: reads and writes as primitives and as the traits of `io`; written once.
//!
//! Everything is a `&self` primitive over the one loop of `io/async_fd.rs`; the traits, the halves
//! and the adapters stand on these, and are a few lines each:
//!
//! ```text
//!   AsyncRead, AsyncWrite      hyper::rt::{Read, Write}      ReadHalf, OwnedReadHalf, …
//!            └──────────────┬───────────┴───────────────────────────┘
//!                           ▼
//!   poll_read, poll_read_uninit, poll_read_vectored, poll_write, poll_write_vectored, shutdown_std
//!                           ▼
//!   AsyncFd::poll_transfer: try the syscall, wait on WouldBlock, try again
//! ```
//!
//! So splitting a stream is sharing a reference: reading and writing wait in different slots.
//!
//! | macro | for |
//! |---|---|
//! | `reads`, `writes` | TCP and Unix streams; pipes, which have one of the two each |
//! | `both_ways` | streams that are sockets |
//!
//! Each takes a type with a field `fd: AsyncFd<_>`; `writes` also what closes the write half.

#![forbid(unsafe_code)]

/// How many buffers a syscall takes (`IOV_MAX`). std leaves the others for the next one.
const MOST_BUFS: usize = 1024;

/// How many bytes of `bufs` one syscall can move. Less than this is a short transfer; that it has
/// left the buffers behind these is none.
pub(crate) fn in_one_call<B: std::ops::Deref<Target = [u8]>>(bufs: &[B]) -> usize {
    bufs.iter().take(MOST_BUFS).map(|buf| buf.len()).sum()
}

macro_rules! reads {
    ($stream:ty) => {
        impl $stream {
            /// Polls a read into `buf`; 0 means that the peer will send no more.
            ///
            /// Of several tasks that poll for reading, the last one is woken.
            ///
            /// # Errors
            /// The system's, `ConnectionReset` above all; that the runtime has ended.
            #[inline]
            pub fn poll_read(
                &self,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let (from, len) = ($crate::drive::source::Direction::Read, buf.len());
                self.fd.poll_transfer(cx, from, len, |mut io| ::std::io::Read::read(&mut io, buf))
            }

            /// Polls a read into several buffers, one after another.
            ///
            /// # Errors
            /// As [`poll_read`](Self::poll_read).
            pub fn poll_read_vectored(
                &self,
                cx: &mut ::std::task::Context<'_>,
                bufs: &mut [::std::io::IoSliceMut<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let len = $crate::net::byte_stream::in_one_call(bufs);
                self.fd.poll_transfer(cx, $crate::drive::source::Direction::Read, len, |mut io| {
                    ::std::io::Read::read_vectored(&mut io, bufs)
                })
            }

            /// Reads what is there; 0 means that the peer will send no more.
            ///
            /// # Errors
            /// `WouldBlock` when there is nothing: wait with [`readable`](Self::readable), and try
            /// again. Otherwise as [`poll_read`](Self::poll_read).
            pub fn try_read(&self, buf: &mut [u8]) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::READABLE, |mut io| {
                    ::std::io::Read::read(&mut io, buf)
                })
            }

            /// Reads what is there into several buffers, one after another.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read).
            pub fn try_read_vectored(
                &self,
                bufs: &mut [::std::io::IoSliceMut<'_>],
            ) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::READABLE, |mut io| {
                    ::std::io::Read::read_vectored(&mut io, bufs)
                })
            }
        }

        impl $crate::io::AsyncRead for $stream {
            fn poll_read(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                <$stream>::poll_read(&self, cx, buf)
            }

            fn poll_read_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &mut [::std::io::IoSliceMut<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                <$stream>::poll_read_vectored(&self, cx, bufs)
            }
        }
    };
}
pub(crate) use reads;

macro_rules! writes {
    ($stream:ty, $close:expr) => {
        impl $stream {
            /// Polls a write of some of `buf`.
            ///
            /// Of several tasks that poll for writing, the last one is woken.
            ///
            /// # Errors
            /// The system's, `BrokenPipe` and `ConnectionReset` above all; that the runtime has
            /// ended.
            #[inline]
            pub fn poll_write(
                &self,
                cx: &mut ::std::task::Context<'_>,
                buf: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let (to, len) = ($crate::drive::source::Direction::Write, buf.len());
                self.fd.poll_transfer(cx, to, len, |mut io| ::std::io::Write::write(&mut io, buf))
            }

            /// Polls a write of some of several buffers, in one syscall.
            ///
            /// # Errors
            /// As [`poll_write`](Self::poll_write).
            #[inline]
            pub fn poll_write_vectored(
                &self,
                cx: &mut ::std::task::Context<'_>,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let len = $crate::net::byte_stream::in_one_call(bufs);
                self.fd.poll_transfer(cx, $crate::drive::source::Direction::Write, len, |mut io| {
                    ::std::io::Write::write_vectored(&mut io, bufs)
                })
            }

            /// Writes what there is room for.
            ///
            /// # Errors
            /// `WouldBlock` when there is none: wait with [`writable`](Self::writable), and try
            /// again. Otherwise as [`poll_write`](Self::poll_write).
            pub fn try_write(&self, buf: &[u8]) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::WRITABLE, |mut io| {
                    ::std::io::Write::write(&mut io, buf)
                })
            }

            /// Writes what there is room for from several buffers, in one syscall.
            ///
            /// # Errors
            /// As [`try_write`](Self::try_write).
            pub fn try_write_vectored(
                &self,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::io::Result<usize> {
                self.fd.try_io($crate::io::Interest::WRITABLE, |mut io| {
                    ::std::io::Write::write_vectored(&mut io, bufs)
                })
            }
        }

        impl $crate::io::AsyncWrite for $stream {
            fn poll_write(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                <$stream>::poll_write(&self, cx, buf)
            }

            fn poll_write_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                <$stream>::poll_write_vectored(&self, cx, bufs)
            }

            /// It has no buffer of its own: nothing to do.
            fn poll_flush(
                self: ::std::pin::Pin<&mut Self>,
                _cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::std::task::Poll::Ready(Ok(()))
            }

            /// Closes the write half; the peer reads 0 after what was sent.
            fn poll_close(
                self: ::std::pin::Pin<&mut Self>,
                _cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                let close: fn(&$stream) -> ::std::io::Result<()> = $close;
                ::std::task::Poll::Ready(close(&self))
            }
        }
    };
}
pub(crate) use writes;

macro_rules! both_ways {
    ($stream:ident, $mio:ty) => {
        impl $stream {
            /// A socket whose connect has been started; waits for its end.
            pub(in crate::net) async fn connecting(socket: $mio) -> ::std::io::Result<$stream> {
                let reactor = $crate::io::async_fd::current_reactor();
                let fd = $crate::io::async_fd::AsyncFd::new(
                    &reactor,
                    socket,
                    $crate::drive::ready::Ready::EMPTY,
                )?;
                ::std::future::poll_fn(|cx| {
                    fd.poll_ready(cx, $crate::drive::source::Direction::Write)
                })
                .await?;
                match fd.get().take_error()? {
                    Some(error) => Err(error),
                    None => Ok($stream { fd }),
                }
            }

            /// A socket that is connected: there is room to write.
            pub(in crate::net) fn connected(
                reactor: &::std::sync::Arc<$crate::drive::reactor::Reactor>,
                socket: $mio,
            ) -> ::std::io::Result<$stream> {
                let assumed = $crate::drive::ready::Ready::WRITABLE;
                let fd = $crate::io::async_fd::AsyncFd::new(reactor, socket, assumed)?;
                Ok($stream { fd })
            }

            /// Polls a read into a buffer that need not be initialised; the first `n` bytes are
            /// afterwards.
            ///
            /// # Errors
            /// As [`poll_read`](Self::poll_read).
            #[inline]
            pub fn poll_read_uninit(
                &self,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [::std::mem::MaybeUninit<u8>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                let (from, len) = ($crate::drive::source::Direction::Read, buf.len());
                self.fd.poll_transfer(cx, from, len, |socket| {
                    socket.try_io(|| ::socket2::SockRef::from(socket).recv(buf))
                })
            }

            /// Closes one half or both, as the method `shutdown` of std's stream.
            ///
            /// It has another name here, because `stream.shutdown().await` is
            /// [`AsyncWriteExt::shutdown`](crate::io::AsyncWriteExt::shutdown).
            ///
            /// # Errors
            /// The system's. A connection that is gone already is closed: that is no error.
            pub fn shutdown_std(&self, how: ::std::net::Shutdown) -> ::std::io::Result<()> {
                match self.fd.get().shutdown(how) {
                    Err(error) if error.kind() == ::std::io::ErrorKind::NotConnected => Ok(()),
                    result => result,
                }
            }
        }
    };
}
pub(crate) use both_ways;
