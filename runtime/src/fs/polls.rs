//! a File as a reader, a writer and a seeker.
//!
//! The rows are those of the table in `fs/state.rs`.

#![forbid(unsafe_code)]

use super::file::File;
use crate::io::traits::{AsyncRead, AsyncSeek, AsyncWrite};
use crate::wake::coop;
use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

impl AsyncRead for File {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(coop::ready(cx));
        let n = ready!(this.inner.get_mut().poll_read(cx, buf, this.most));
        coop::spend();
        Poll::Ready(n)
    }
}

impl AsyncWrite for File {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(coop::ready(cx));
        let n = ready!(this.inner.get_mut().poll_write(cx, bufs, this.most));
        coop::spend();
        Poll::Ready(n)
    }

    // Row F1.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().inner.get_mut().lane.poll_settled(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// A seek that was dropped is carried out all the same; asked for once more with the same argument,
/// it is the same one. An error of an earlier write is told first.
impl AsyncSeek for File {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        ready!(coop::ready(cx));
        let at = ready!(self.get_mut().inner.get_mut().poll_seek(cx, to));
        coop::spend();
        Poll::Ready(at)
    }
}
