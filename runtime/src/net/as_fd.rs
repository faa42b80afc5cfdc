//! a socket's number in the system, written once for all sockets.
//!
//! Only borrowed: the socket stays registered with its reactor, so whoever sets it to blocking, or
//! closes it, breaks it.

#![forbid(unsafe_code)]

/// The traits of std that lend a socket's number, for a type with a field `fd: AsyncFd<_>`.
macro_rules! as_fd {
    ($socket:ty) => {
        #[cfg(unix)]
        impl ::std::os::fd::AsFd for $socket {
            fn as_fd(&self) -> ::std::os::fd::BorrowedFd<'_> {
                ::std::os::fd::AsFd::as_fd(self.fd.get())
            }
        }

        #[cfg(unix)]
        impl ::std::os::fd::AsRawFd for $socket {
            fn as_raw_fd(&self) -> ::std::os::fd::RawFd {
                ::std::os::fd::AsRawFd::as_raw_fd(self.fd.get())
            }
        }

        #[cfg(windows)]
        impl ::std::os::windows::io::AsSocket for $socket {
            fn as_socket(&self) -> ::std::os::windows::io::BorrowedSocket<'_> {
                ::std::os::windows::io::AsSocket::as_socket(self.fd.get())
            }
        }

        #[cfg(windows)]
        impl ::std::os::windows::io::AsRawSocket for $socket {
            fn as_raw_socket(&self) -> ::std::os::windows::io::RawSocket {
                ::std::os::windows::io::AsRawSocket::as_raw_socket(self.fd.get())
            }
        }
    };
}
pub(crate) use as_fd;
