//! the streams of this runtime, a line for each way: what all trait families are written over.
//!
//! | line | the stream has |
//! |---|---|
//! | `read(uninit)` | `poll_read_uninit`, which needs no initialised buffer |
//! | `read(half)` | `AsRef` of such a stream |
//! | `read(zeroed)` | only `AsyncRead`: a buffer is zeroed before it is lent |
//! | `write(vectored)` | an `AsyncWrite` whose vectored write is one syscall |
//! | `write(plain)` | an `AsyncWrite` whose vectored write takes the first buffer only |
//!
//! `zeroed` and `plain` are each family's own affair: it may know how much is initialised already.
//!
//! * INV-210: a `poll_read_uninit` that gives `n` has initialised the first `n` bytes of the memory
//!   it was lent, and has only ever written to that memory.

#![forbid(unsafe_code)]

/// Calls `$family! { way(how) Type }` for each.
macro_rules! streams {
    ($family:ident) => {
        $family! { read(uninit) $crate::net::tcp::stream::TcpStream }
        $family! { write(vectored) $crate::net::tcp::stream::TcpStream }
        $family! { read(half) $crate::net::tcp::split::ReadHalf<'_> }
        $family! { write(vectored) $crate::net::tcp::split::WriteHalf<'_> }
        $family! { read(half) $crate::net::tcp::split::OwnedReadHalf }
        $family! { write(vectored) $crate::net::tcp::split::OwnedWriteHalf }
    };
}
pub(super) use streams;

/// A read into memory that need not be initialised; see INV-210.
macro_rules! read_into {
    (uninit, $stream:expr, $cx:expr, $memory:expr) => {
        (*$stream).poll_read_uninit($cx, $memory)
    };
    (half, $stream:expr, $cx:expr, $memory:expr) => {
        (*$stream).as_ref().poll_read_uninit($cx, $memory)
    };
}
pub(super) use read_into;

/// Does a stream write several buffers at once?
macro_rules! is_vectored {
    (vectored) => {
        true
    };
    (plain) => {
        false
    };
}
pub(super) use is_vectored;
