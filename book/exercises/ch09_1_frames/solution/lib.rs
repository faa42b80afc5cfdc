//! Messages with their borders: four bytes of length, the most significant first, then the message.

use stage_ch09::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use std::io;

/// No message may be longer: the length is the peer's word, and memory is taken for it before the
/// message has come.
pub const LONGEST: usize = 1024 * 1024;

/// Fills `buffer`, unless the reader ends before. Returns how many bytes it was.
async fn fill<R: AsyncRead + Unpin>(reader: &mut R, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match reader.read(&mut buffer[got..]).await? {
            0 => break,
            n => got += n,
        }
    }
    Ok(got)
}

/// The next message; `None` when the reader has ended between two messages.
///
/// `UnexpectedEof` if it has ended within one, `InvalidData` if one is longer than [`LONGEST`].
pub async fn read_frame<R: AsyncRead + Unpin>(reader: &mut R) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match fill(reader, &mut length).await? {
        0 => return Ok(None),
        4 => {}
        _ => return Err(io::ErrorKind::UnexpectedEof.into()),
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    if fill(reader, &mut message).await? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(message))
}

/// Writes `message` as a frame; `InvalidInput` if it is longer than [`LONGEST`].
pub async fn write_frame<W: AsyncWrite + Unpin>(writer: &mut W, message: &[u8]) -> io::Result<()> {
    if message.len() > LONGEST {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // In one piece: two small writes would be two packets.
    let mut frame = (message.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(message);
    writer.write_all(&frame).await
}
