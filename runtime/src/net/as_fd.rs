//! a socket's number in the system, written once for all sockets.
//!
//! Only borrowed: the socket stays registered with its reactor, so whoever sets it to blocking, or
//! closes it, breaks it.

#![forbid(unsafe_code)]

/// The traits of std that lend a socket's number, for a type with a field `fd: AsyncFd<_>`.
macro_rules! as_fd {
    ($socket:ty) => {
        $crate::net::as_fd::as_fd_of!($socket, |socket| socket.fd.get());
    };
}
pub(crate) use as_fd;

/// The same for a type that keeps its socket elsewhere.
macro_rules! as_fd_of {
    ($socket:ty, |$this:ident| $inner:expr) => {
        #[cfg(unix)]
        impl ::std::os::fd::AsFd for $socket {
            fn as_fd(&self) -> ::std::os::fd::BorrowedFd<'_> {
                let $this = self;
                ::std::os::fd::AsFd::as_fd($inner)
            }
        }

        #[cfg(unix)]
        impl ::std::os::fd::AsRawFd for $socket {
            fn as_raw_fd(&self) -> ::std::os::fd::RawFd {
                let $this = self;
                ::std::os::fd::AsRawFd::as_raw_fd($inner)
            }
        }

        #[cfg(windows)]
        impl ::std::os::windows::io::AsSocket for $socket {
            fn as_socket(&self) -> ::std::os::windows::io::BorrowedSocket<'_> {
                let $this = self;
                ::std::os::windows::io::AsSocket::as_socket($inner)
            }
        }

        #[cfg(windows)]
        impl ::std::os::windows::io::AsRawSocket for $socket {
            fn as_raw_socket(&self) -> ::std::os::windows::io::RawSocket {
                let $this = self;
                ::std::os::windows::io::AsRawSocket::as_raw_socket($inner)
            }
        }
    };
}
pub(crate) use as_fd_of;
