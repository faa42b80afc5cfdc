//! what every socket can be waited for: readiness, and operations of one's own; written once.
//!
//! | macro | methods | for |
//! |---|---|---|
//! | `waits` | `ready` | every socket |
//! | `waits_to_read` | `readable` and its poll | what is read from |
//! | `waits_to_write` | `writable` and its poll | what is written to |
//! | `operations` | `try_io`, `async_io` | what can be both |
//!
//! Each takes a type with a field `fd: AsyncFd<_>`.

#![forbid(unsafe_code)]

macro_rules! waits {
    ($socket:ty) => {
        impl $socket {
            /// Waits until the socket is ready for `interest`, and says for what it is.
            ///
            /// Then use the `try_` methods. A readiness is a hint: the try may still say
            /// `WouldBlock`. Any number of tasks may wait.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// Nothing is lost: readiness stays until a try finds the socket blocked.
            pub async fn ready(
                &self,
                interest: $crate::io::Interest,
            ) -> ::std::io::Result<$crate::io::Ready> {
                self.fd.ready(interest).await
            }
        }
    };
}
pub(crate) use waits;

macro_rules! waits_to_read {
    ($socket:ty, $poll:ident) => {
        impl $socket {
            /// Waits until there is something to read, or the end.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// As [`ready`](Self::ready).
            pub async fn readable(&self) -> ::std::io::Result<()> {
                self.ready($crate::io::Interest::READABLE).await.map(drop)
            }

            /// Polls for something to read. Of several tasks that poll, the last one is woken.
            ///
            /// # Errors
            /// That the runtime has ended.
            pub fn $poll(
                &self,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                self.fd.poll_ready(cx, $crate::drive::source::Direction::Read)
            }
        }
    };
}
pub(crate) use waits_to_read;

macro_rules! waits_to_write {
    ($socket:ty, $poll:ident) => {
        impl $socket {
            /// Waits until there is room to write.
            ///
            /// # Errors
            /// That the runtime has ended.
            ///
            /// # Cancel safety
            /// As [`ready`](Self::ready).
            pub async fn writable(&self) -> ::std::io::Result<()> {
                self.ready($crate::io::Interest::WRITABLE).await.map(drop)
            }

            /// Polls for room to write. Of several tasks that poll, the last one is woken.
            ///
            /// # Errors
            /// That the runtime has ended.
            pub fn $poll(
                &self,
                cx: &mut ::std::task::Context<'_>,
            ) -> ::std::task::Poll<::std::io::Result<()>> {
                self.fd.poll_ready(cx, $crate::drive::source::Direction::Write)
            }
        }
    };
}
pub(crate) use waits_to_write;

macro_rules! operations {
    ($socket:ty) => {
        impl $socket {
            /// Tries an operation of your own on the socket, if it is ready for `interest`.
            ///
            /// `op` must return `WouldBlock` only when a syscall on this socket did: the readiness
            /// is cleared then, and nothing is woken before the next event.
            ///
            /// # Errors
            /// `WouldBlock`, when it is not ready; otherwise those of `op`.
            pub fn try_io<R>(
                &self,
                interest: $crate::io::Interest,
                op: impl FnOnce() -> ::std::io::Result<R>,
            ) -> ::std::io::Result<R> {
                self.fd.try_io(interest, |socket| socket.try_io(op))
            }

            /// Repeats an operation of your own on the socket until it does not block.
            ///
            /// # Errors
            /// Those of `op`. The same rule for `WouldBlock` as in [`try_io`](Self::try_io).
            ///
            /// # Cancel safety
            /// As that of `op`: it either has been run to its end or has returned `WouldBlock`.
            pub async fn async_io<R>(
                &self,
                interest: $crate::io::Interest,
                mut op: impl FnMut() -> ::std::io::Result<R>,
            ) -> ::std::io::Result<R> {
                self.fd.io(interest, |socket| socket.try_io(&mut op)).await
            }
        }
    };
}
pub(crate) use operations;
