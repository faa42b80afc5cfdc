//! read, read_to_end, write_all, shutdown: the same, to be awaited.

use super::traits::{AsyncRead, AsyncWrite};
use std::future::poll_fn;
use std::io;
use std::pin::Pin;

/// What a program calls on a reader.
pub trait AsyncReadExt: AsyncRead + Unpin {
    /// Some bytes; 0 at the end. Nothing is lost if this is given up.
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *self).poll_read(cx, buffer)).await
    }

    /// Everything to the end, behind what `all` holds already. Returns how much it was.
    async fn read_to_end(&mut self, all: &mut Vec<u8>) -> io::Result<usize> {
        let before = all.len();
        let mut buffer = vec![0; 8 * 1024];
        loop {
            match self.read(&mut buffer).await? {
                0 => return Ok(all.len() - before),
                n => all.extend_from_slice(&buffer[..n]),
            }
        }
    }
}

impl<R: AsyncRead + Unpin> AsyncReadExt for R {}

/// What a program calls on a writer.
pub trait AsyncWriteExt: AsyncWrite + Unpin {
    /// Some of the bytes; says how many.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut *self).poll_write(cx, bytes)).await
    }

    /// All of the bytes. If this is given up, nobody knows how many have gone.
    async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write(bytes).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => bytes = &bytes[n..],
            }
        }
        Ok(())
    }

    /// Says that no more bytes follow.
    async fn shutdown(&mut self) -> io::Result<()> {
        poll_fn(|cx| Pin::new(&mut *self).poll_close(cx)).await
    }
}

impl<W: AsyncWrite + Unpin> AsyncWriteExt for W {}
