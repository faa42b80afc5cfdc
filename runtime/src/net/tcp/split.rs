//! the halves of a TCP stream; what only they can do is to peek.

#![forbid(unsafe_code)]

use super::stream::TcpStream;
use crate::net::halves::{half, halves, read_half, write_half};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

halves!(TcpStream);
half!(ReadHalf<'_>, WriteHalf<'_>, OwnedReadHalf, OwnedWriteHalf);
read_half!(ReadHalf<'_>, OwnedReadHalf);
write_half!(WriteHalf<'_>, OwnedWriteHalf);

macro_rules! peeks {
    ($($half:ty),*) => {
        $(impl $half {
            /// Reads without taking: the next read sees the same bytes.
            ///
            /// # Errors
            /// As a read.
            ///
            /// # Cancel safety
            /// Nothing is lost.
            pub async fn peek(&mut self, buf: &mut [u8]) -> io::Result<usize> {
                self.stream().peek(buf).await
            }

            /// Polls a read that takes nothing.
            ///
            /// # Errors
            /// As a read.
            pub fn poll_peek(
                &mut self,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                self.stream().poll_peek(cx, buf)
            }
        })*
    };
}
peeks!(ReadHalf<'_>, OwnedReadHalf);
