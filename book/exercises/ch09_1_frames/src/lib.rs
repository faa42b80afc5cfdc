//! Messages with their borders: four bytes of length, the most significant first, then the message.

use stage_ch09::io::{AsyncRead, AsyncWrite};
use std::io;

/// No message may be longer: the length is the peer's word, and memory is taken for it before the
/// message has come.
pub const LONGEST: usize = 1024 * 1024;

/// The next message; `None` when the reader has ended between two messages.
///
/// `UnexpectedEof` if it has ended within one, `InvalidData` if one is longer than [`LONGEST`].
pub async fn read_frame<R: AsyncRead + Unpin>(reader: &mut R) -> io::Result<Option<Vec<u8>>> {
    let _ = reader;
    todo!("the length, then so many bytes, in as many reads as it takes")
}

/// Writes `message` as a frame; `InvalidInput` if it is longer than [`LONGEST`].
pub async fn write_frame<W: AsyncWrite + Unpin>(writer: &mut W, message: &[u8]) -> io::Result<()> {
    let _ = writer;
    todo!("the length of {message:?}, then the message")
}
