//! AsyncRead, AsyncWrite: what a stream of bytes can do.
//!
//! The shape of `std::io`, as questions that may be answered with "not yet". The real runtime takes
//! these traits from the crate `futures-io`, where they look the same, so that the streams of other
//! crates fit in.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Bytes come out.
pub trait AsyncRead {
    /// Some bytes, as many as are there; 0 says that none will follow.
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>>;
}

/// Bytes go in.
pub trait AsyncWrite {
    /// Some bytes, as many as there is room for: perhaps fewer than were given. Pending when there
    /// is none: this is how a slow reader slows down who writes to it.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>>;

    /// Says that no more bytes follow. Reading goes on.
    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}
