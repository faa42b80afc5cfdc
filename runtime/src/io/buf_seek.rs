//! BufReader, BufWriter, BufStream over what can be moved about in.
//!
//! A seek is a cut: what was read ahead belongs to the old place and is forgotten, what was
//! collected belongs there too and is written first. Afterwards the stream below stands where its
//! user thinks it does.

#![forbid(unsafe_code)]

use crate::io::buf::{BufReader, BufWriter};
use crate::io::buf_stream::BufStream;
use crate::io::traits::{AsyncRead, AsyncSeek, AsyncWrite};
use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

impl<R: AsyncRead + AsyncSeek> AsyncSeek for BufReader<R> {
    /// Forgets what was read ahead, also when the place is in it.
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        let mut to = pos;
        if let SeekFrom::Current(offset) = pos {
            // The reader below is ahead of us by so much.
            let ahead = (*this.end - *this.pos) as i64;
            match offset.checked_sub(ahead) {
                Some(offset) => to = SeekFrom::Current(offset),
                None => {
                    // Too far for one number: back to where we are, and on from there.
                    ready!(this.inner.as_mut().poll_seek(cx, SeekFrom::Current(-ahead)))?;
                    (*this.pos, *this.end) = (0, 0);
                }
            }
        }
        let at = ready!(this.inner.poll_seek(cx, to))?;
        (*this.pos, *this.end) = (0, 0);
        Poll::Ready(Ok(at))
    }
}

impl<W: AsyncWrite + AsyncSeek> AsyncSeek for BufWriter<W> {
    /// Writes what was collected, and moves then.
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        ready!(self.as_mut().poll_empty(cx))?;
        self.get_pin_mut().poll_seek(cx, pos)
    }
}

impl<S: AsyncRead + AsyncWrite + AsyncSeek> AsyncSeek for BufStream<S> {
    /// Forgets what was read ahead, writes what was collected, and moves then.
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        self.project().inner.poll_seek(cx, pos)
    }
}
