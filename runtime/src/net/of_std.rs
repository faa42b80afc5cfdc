//! a socket of std's made ours, and given back: written once for all sockets.
//!
//! std's sockets block unless told otherwise, and a blocking one would stop its thread: so it is
//! set to non-blocking on the way in. On the way out it stays as it is.

#![forbid(unsafe_code)]

/// The way in and out, for a type with a field `fd: AsyncFd<_>`: std's type, mio's, and what it is
/// taken to be ready for at first.
macro_rules! of_std {
    ($socket:ident, $std:ty, $mio:ty, $assumed:expr) => {
        impl $socket {
            /// A socket of mio's, in the runtime that this thread is in.
            #[track_caller]
            pub(in crate::net) fn from_mio(socket: $mio) -> ::std::io::Result<$socket> {
                let reactor = $crate::io::async_fd::current_reactor();
                let fd = $crate::io::async_fd::AsyncFd::new(&reactor, socket, $assumed)?;
                Ok($socket { fd })
            }

            /// Takes over a socket of std's, and sets it to non-blocking.
            ///
            /// # Errors
            /// The system's.
            ///
            /// # Panics
            /// Outside a runtime.
            #[track_caller]
            pub fn from_std(socket: $std) -> ::std::io::Result<$socket> {
                socket.set_nonblocking(true)?;
                Self::from_mio(<$mio>::from_std(socket))
            }

            /// Gives the socket to std. It stays non-blocking: set that as you need it.
            ///
            /// # Errors
            /// The system's.
            pub fn into_std(self) -> ::std::io::Result<$std> {
                self.fd.into_inner().map(<$std>::from)
            }

            /// The socket, for options that have no method here.
            pub fn as_sock_ref(&self) -> ::socket2::SockRef<'_> {
                ::socket2::SockRef::from(self.fd.get())
            }
        }

        impl TryFrom<$std> for $socket {
            type Error = ::std::io::Error;

            /// The same as `from_std`.
            #[track_caller]
            fn try_from(socket: $std) -> ::std::io::Result<$socket> {
                <$socket>::from_std(socket)
            }
        }

        impl ::std::fmt::Debug for $socket {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(self.fd.get(), f)
            }
        }
    };
}
pub(crate) use of_std;

/// The two ends of a socket, and what went wrong with it.
macro_rules! ends {
    ($socket:ty, $addr:ty) => {
        impl $socket {
            /// The address of this end.
            ///
            /// # Errors
            /// The system's.
            pub fn local_addr(&self) -> ::std::io::Result<$addr> {
                self.fd.get().local_addr().map(<$addr>::from)
            }

            /// The address of the other end.
            ///
            /// # Errors
            /// The system's, `NotConnected` above all.
            pub fn peer_addr(&self) -> ::std::io::Result<$addr> {
                self.fd.get().peer_addr().map(<$addr>::from)
            }

            /// Takes the error that waits in the socket, if there is one (`SO_ERROR`).
            ///
            /// # Errors
            /// The system's, when it cannot be read.
            pub fn take_error(&self) -> ::std::io::Result<Option<::std::io::Error>> {
                self.fd.get().take_error()
            }
        }
    };
}
pub(crate) use ends;
