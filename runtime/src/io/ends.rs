//! empty, sink, repeat: ends that never wait.
//!
//! They are always ready, so they spend the poll's budget: a loop over one of them yields.

#![forbid(unsafe_code)]

use crate::io::traits::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
use crate::wake::coop;
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Nothing to read, and room for everything. Made by [`empty`].
pub struct Empty(());

/// Room for everything. Made by [`sink`].
pub struct Sink(());

/// One byte without end. Made by [`repeat`].
pub struct Repeat(u8);

/// A reader that is at its end. What is written to it is gone.
///
/// ```
/// use mainspring::io::{AsyncReadExt, empty};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// assert_eq!(empty().read(&mut [0; 8]).await?, 0);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn empty() -> Empty {
    Empty(())
}

/// A writer that takes everything, and forgets it.
///
/// ```
/// use mainspring::io::{copy, sink};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// assert_eq!(copy(&mut &b"tick"[..], &mut sink()).await?, 4);
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn sink() -> Sink {
    Sink(())
}

/// A reader that gives `byte` again and again.
///
/// ```
/// use mainspring::io::{AsyncReadExt, repeat};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let mut buf = [0; 3];
/// repeat(b'!').read_exact(&mut buf).await?;
/// assert_eq!(&buf, b"!!!");
/// # std::io::Result::Ok(())
/// # })?;
/// # std::io::Result::Ok(())
/// ```
pub fn repeat(byte: u8) -> Repeat {
    Repeat(byte)
}

/// Always ready with `value`, as long as there is budget.
fn at_once<T>(cx: &mut Context<'_>, value: impl FnOnce() -> T) -> Poll<io::Result<T>> {
    ready!(coop::ready(cx));
    coop::spend();
    Poll::Ready(Ok(value()))
}

fn total(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().fold(0, |sum, buf| sum.saturating_add(buf.len()))
}

impl AsyncRead for Empty {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        at_once(cx, || 0)
    }
}

impl AsyncBufRead for Empty {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        at_once(cx, || &[][..])
    }

    fn consume(self: Pin<&mut Self>, _amount: usize) {}
}

impl AsyncSeek for Empty {
    /// Stays at 0.
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        at_once(cx, || 0)
    }
}

impl AsyncRead for Repeat {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        at_once(cx, || {
            buf.fill(self.0);
            buf.len()
        })
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        at_once(cx, || {
            bufs.iter_mut().for_each(|buf| buf.fill(self.0));
            bufs.iter().map(|buf| buf.len()).sum()
        })
    }
}

macro_rules! takes_all {
    ($($writer:ident)*) => {
        $(
            impl AsyncWrite for $writer {
                fn poll_write(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    buf: &[u8],
                ) -> Poll<io::Result<usize>> {
                    at_once(cx, || buf.len())
                }

                fn poll_write_vectored(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                    bufs: &[IoSlice<'_>],
                ) -> Poll<io::Result<usize>> {
                    at_once(cx, || total(bufs))
                }

                fn poll_flush(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                ) -> Poll<io::Result<()>> {
                    at_once(cx, || ())
                }

                fn poll_close(
                    self: Pin<&mut Self>,
                    cx: &mut Context<'_>,
                ) -> Poll<io::Result<()>> {
                    at_once(cx, || ())
                }
            }
        )*
    };
}
takes_all! { Empty Sink }

impl fmt::Debug for Empty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Empty").finish_non_exhaustive()
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sink").finish_non_exhaustive()
    }
}

impl fmt::Debug for Repeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeat").finish_non_exhaustive()
    }
}
