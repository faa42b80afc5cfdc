//! the halves of a stream: borrowed for one task, owned for two; written once.
//!
//! A half is a reference to the stream: `&TcpStream` or `Arc<TcpStream>`. Reading and writing wait
//! in different slots of the source, so nothing is locked between them.
//!
//! | | `split(&mut self)` | `into_split(self)` |
//! |---|---|---|
//! | makes | `ReadHalf`, `WriteHalf` | `OwnedReadHalf`, `OwnedWriteHalf` |
//! | costs | nothing | one allocation |
//! | the write half is dropped | the stream goes on | its side is closed |
//! | both are dropped | the stream goes on | the socket is closed |
//!
//! `halves` makes the four types of a stream, where it is called; `half`, `read_half` and
//! `write_half` are what they can do.

#![forbid(unsafe_code)]

/// The halves of a stream, and the ways there and back.
macro_rules! halves {
    ($stream:ident) => {
        /// The reading half of a stream, borrowed. Made by `split`.
        #[derive(Debug)]
        pub struct ReadHalf<'a>(&'a $stream);

        /// The writing half of a stream, borrowed. Made by `split`.
        #[derive(Debug)]
        pub struct WriteHalf<'a>(&'a $stream);

        /// The reading half of a stream, owned. Made by `into_split`.
        #[derive(Debug)]
        pub struct OwnedReadHalf(::std::sync::Arc<$stream>);

        /// The writing half of a stream, owned. Made by `into_split`.
        ///
        /// Dropping it closes its side: the peer reads 0 after what was sent. See
        /// [`forget`](OwnedWriteHalf::forget).
        #[derive(Debug)]
        pub struct OwnedWriteHalf {
            stream: ::std::sync::Arc<$stream>,
            closes: bool,
        }

        /// The two halves are not of one stream. Gives both back.
        #[derive(Debug)]
        pub struct ReuniteError(pub OwnedReadHalf, pub OwnedWriteHalf);

        impl ::std::fmt::Display for ReuniteError {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str("tried to reunite halves that are not from the same stream")
            }
        }

        impl ::std::error::Error for ReuniteError {}

        impl $stream {
            /// Splits into a half that reads and one that writes, for use in one task.
            ///
            /// No allocation: both borrow the stream. Across tasks, use
            /// [`into_split`](Self::into_split).
            pub fn split(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
                (ReadHalf(self), WriteHalf(self))
            }

            /// Splits into two halves that own the stream together, for use in two tasks.
            ///
            /// Dropping the write half closes it: the peer reads 0 after what was sent.
            pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
                let stream = ::std::sync::Arc::new(self);
                (OwnedReadHalf(stream.clone()), OwnedWriteHalf { stream, closes: true })
            }
        }

        impl OwnedReadHalf {
            /// Makes one stream of the two halves again.
            ///
            /// # Errors
            /// When they are not of one stream; the error holds both.
            pub fn reunite(self, other: OwnedWriteHalf) -> Result<$stream, ReuniteError> {
                if !::std::sync::Arc::ptr_eq(&self.0, &other.stream) {
                    return Err(ReuniteError(self, other));
                }
                other.forget();
                match ::std::sync::Arc::try_unwrap(self.0) {
                    Ok(stream) => Ok(stream),
                    Err(_) => unreachable!("a stream has two halves, and both were here"),
                }
            }
        }

        impl OwnedWriteHalf {
            /// Makes one stream of the two halves again.
            ///
            /// # Errors
            /// When they are not of one stream; the error holds both.
            pub fn reunite(self, other: OwnedReadHalf) -> Result<$stream, ReuniteError> {
                other.reunite(self)
            }

            /// Drops the half without closing its side.
            pub fn forget(mut self) {
                self.closes = false;
            }

            /// Its side has been closed: the drop need not do it again.
            fn closed(&mut self) {
                self.closes = false;
            }
        }

        impl WriteHalf<'_> {
            /// Only the owned half closes its side when it is dropped.
            fn closed(&mut self) {}
        }

        impl Drop for OwnedWriteHalf {
            fn drop(&mut self) {
                if self.closes {
                    // The connection may be gone already: then there is nothing to close.
                    let _ = self.stream.shutdown_std(::std::net::Shutdown::Write);
                }
            }
        }

        $crate::net::halves::shares!($stream, ReadHalf<'_>, |half| half.0);
        $crate::net::halves::shares!($stream, WriteHalf<'_>, |half| half.0);
        $crate::net::halves::shares!($stream, OwnedReadHalf, |half| &half.0);
        $crate::net::halves::shares!($stream, OwnedWriteHalf, |half| &half.stream);
    };
}
pub(crate) use halves;

/// Where a half has its stream.
macro_rules! shares {
    ($stream:ty, $half:ty, |$this:ident| $inner:expr) => {
        impl $half {
            fn stream(&self) -> &$stream {
                let $this = self;
                $inner
            }
        }

        impl AsRef<$stream> for $half {
            fn as_ref(&self) -> &$stream {
                self.stream()
            }
        }
    };
}
pub(crate) use shares;

/// What every half can do. `SocketAddr` is in scope.
macro_rules! half {
    ($($half:ty),*) => {
        $(impl $half {
            /// Waits until the stream is ready for `interest`, and says for what it is.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn ready(
                &self,
                interest: $crate::io::Interest,
            ) -> ::std::io::Result<$crate::io::Ready> {
                self.stream().ready(interest).await
            }

            /// The address of the other end.
            ///
            /// # Errors
            /// The system's.
            pub fn peer_addr(&self) -> ::std::io::Result<SocketAddr> {
                self.stream().peer_addr()
            }

            /// The address of this end.
            ///
            /// # Errors
            /// The system's.
            pub fn local_addr(&self) -> ::std::io::Result<SocketAddr> {
                self.stream().local_addr()
            }
        })*
    };
}
pub(crate) use half;

/// What the reading halves can do.
macro_rules! read_half {
    ($($half:ty),*) => {
        $(impl $half {
            /// Waits until there is something to read, or the end.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn readable(&self) -> ::std::io::Result<()> {
                self.stream().readable().await
            }

            /// Reads what is there; 0 means that the peer will send no more.
            ///
            /// # Errors
            /// `WouldBlock` when there is nothing; otherwise as a read.
            pub fn try_read(&self, buf: &mut [u8]) -> ::std::io::Result<usize> {
                self.stream().try_read(buf)
            }

            /// Reads what is there into several buffers.
            ///
            /// # Errors
            /// As [`try_read`](Self::try_read).
            pub fn try_read_vectored(
                &self,
                bufs: &mut [::std::io::IoSliceMut<'_>],
            ) -> ::std::io::Result<usize> {
                self.stream().try_read_vectored(bufs)
            }
        }

        impl $crate::io::AsyncRead for $half {
            fn poll_read(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &mut [u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                self.stream().poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &mut [::std::io::IoSliceMut<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                self.stream().poll_read_vectored(cx, bufs)
            }
        })*
    };
}
pub(crate) use read_half;

/// What the writing halves can do.
macro_rules! write_half {
    ($($half:ty),*) => {
        $(impl $half {
            /// Waits until there is room to write.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn writable(&self) -> ::std::io::Result<()> {
                self.stream().writable().await
            }

            /// Writes what there is room for.
            ///
            /// # Errors
            /// `WouldBlock` when there is none; otherwise as a write.
            pub fn try_write(&self, buf: &[u8]) -> ::std::io::Result<usize> {
                self.stream().try_write(buf)
            }

            /// Writes what there is room for from several buffers, in one syscall.
            ///
            /// # Errors
            /// As [`try_write`](Self::try_write).
            pub fn try_write_vectored(
                &self,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::io::Result<usize> {
                self.stream().try_write_vectored(bufs)
            }
        }

        impl $crate::io::AsyncWrite for $half {
            fn poll_write(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                buf: &[u8],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                self.stream().poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: ::std::pin::Pin<&mut Self>,
                cx: &mut ::std::task::Context<'_>,
                bufs: &[::std::io::IoSlice<'_>],
            ) -> ::std::task::Poll<::std::io::Result<usize>> {
                self.stream().poll_write_vectored(cx, bufs)
            }

            fn poll_flush(
                self: ::std::pin::Pin<&mut Self>,
                _cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                ::std::task::Poll::Ready(Ok(()))
            }

            fn poll_close(
                mut self: ::std::pin::Pin<&mut Self>,
                _cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                self.closed();
                let end = ::std::net::Shutdown::Write;
                ::std::task::Poll::Ready(self.stream().shutdown_std(end))
            }
        })*
    };
}
pub(crate) use write_half;
