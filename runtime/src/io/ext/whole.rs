//! whole buffers: fill one, drain one, and make text of one.
//!
//! The three loops that the futures of this folder have in common.

#![forbid(unsafe_code)]

use crate::io::traits::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Fills `buf` from `filled` on.
pub(crate) fn poll_fill<R: AsyncRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut [u8],
    filled: &mut usize,
) -> Poll<io::Result<()>> {
    while *filled < buf.len() {
        match ready!(reader.as_mut().poll_read(cx, &mut buf[*filled..]))? {
            0 => {
                let message = "the reader ended before the buffer was full";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, message)));
            }
            n => *filled += n,
        }
    }
    Poll::Ready(Ok(()))
}

/// Writes `buf` from `written` on.
pub(crate) fn poll_drain<W: AsyncWrite + ?Sized>(
    mut writer: Pin<&mut W>,
    cx: &mut Context<'_>,
    buf: &[u8],
    written: &mut usize,
) -> Poll<io::Result<()>> {
    while *written < buf.len() {
        match ready!(writer.as_mut().poll_write(cx, &buf[*written..]))? {
            0 => return Poll::Ready(Err(takes_no_more())),
            n => *written += n,
        }
    }
    Poll::Ready(Ok(()))
}

/// What a writer that returns 0 for a buffer that is not empty has failed with.
#[cold]
pub(crate) fn takes_no_more() -> io::Error {
    io::Error::new(io::ErrorKind::WriteZero, "the writer takes no more bytes")
}

/// Moves bytes to the end of a string, if they are UTF-8. Returns how many.
pub(crate) fn append_utf8(string: &mut String, bytes: Vec<u8>) -> io::Result<usize> {
    let read = bytes.len();
    match String::from_utf8(bytes) {
        Ok(text) if string.is_empty() => *string = text,
        Ok(text) => string.push_str(&text),
        Err(_) => {
            let message = "the stream did not contain valid UTF-8";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
    }
    Ok(read)
}
