//! try_read_buf: into the buffers of the crate `bytes`.

#![forbid(unsafe_code)]

use super::split::{OwnedReadHalf, ReadHalf};
use super::stream::TcpStream;
use crate::io::ext::bytes::fill;
use bytes::BufMut;
use std::io;

impl TcpStream {
    /// Reads what is there into a buffer of the crate `bytes`, at most 8 KiB; 0 means that the peer
    /// will send no more, or that `buf` has no room. Needs the feature `bytes`.
    ///
    /// ```
    /// # use mainspring::{io::AsyncWriteExt, net::{TcpListener, TcpStream}};
    /// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
    /// # rt.block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (stream, _peer) = listener.accept().await?;
    /// # client.write_all(b"tick").await?;
    /// let mut buf = bytes::BytesMut::with_capacity(64);
    /// loop {
    ///     stream.readable().await?;
    ///     match stream.try_read_buf(&mut buf) {
    ///         Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
    ///         result => break result?,
    ///     }
    /// };
    /// assert_eq!(&buf[..], b"tick");
    /// # std::io::Result::Ok(())
    /// # })?;
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Errors
    /// As [`try_read`](TcpStream::try_read).
    pub fn try_read_buf<B: BufMut>(&self, buf: &mut B) -> io::Result<usize> {
        fill(buf, |room| self.try_read(room))
    }
}

/// For what has a `try_read`.
macro_rules! try_read_buf {
    ($($stream:ty),*) => {
        $(impl $stream {
            /// Reads what is there into a buffer of the crate `bytes`; see
            /// [`TcpStream::try_read_buf`](crate::net::TcpStream::try_read_buf).
            ///
            /// # Errors
            /// `WouldBlock` when there is nothing; otherwise as a read.
            pub fn try_read_buf<B: ::bytes::BufMut>(
                &self,
                buf: &mut B,
            ) -> ::std::io::Result<usize> {
                $crate::io::ext::bytes::fill(buf, |room| self.try_read(room))
            }
        })*
    };
}
try_read_buf!(ReadHalf<'_>, OwnedReadHalf);
#[cfg(unix)]
pub(in crate::net) use try_read_buf;
