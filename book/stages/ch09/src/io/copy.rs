//! from a reader to a writer, to the end.

use super::ext::{AsyncReadExt, AsyncWriteExt};
use super::traits::{AsyncRead, AsyncWrite};
use std::io;

/// Sends everything that `reader` gives to `writer`. Returns how much it was.
///
/// One buffer, and no queue: while the writer has no room nothing is read, so whoever sends to the
/// reader has to wait too. Back-pressure goes through a copy without a word of code.
pub async fn copy<R, W>(reader: &mut R, writer: &mut W) -> io::Result<u64>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 8 * 1024];
    let mut copied = 0;
    loop {
        match reader.read(&mut buffer).await? {
            0 => return Ok(copied),
            n => {
                writer.write_all(&buffer[..n]).await?;
                copied += n as u64;
            }
        }
    }
}
