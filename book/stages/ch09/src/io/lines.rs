//! a stream of bytes, line by line.

use super::ext::AsyncReadExt;
use super::traits::AsyncRead;
use std::io;

/// No line may be longer: a peer that sends no end of line must not fill the memory.
const LONGEST: usize = 64 * 1024;

/// The lines of a reader.
pub struct Lines<R> {
    reader: R,
    /// What has been read and not been given out.
    ahead: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader, ahead: Vec::new() }
    }

    /// The next line, without its end; `None` after the last. If this is given up, what has come of
    /// the line stays here for the next call.
    pub async fn next_line(&mut self) -> io::Result<Option<String>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.ahead[searched..].iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.ahead.drain(..=searched + at).collect();
                line.pop();
                return text(line).map(Some);
            }
            searched = self.ahead.len();
            if searched > LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is too long"));
            }
            let mut buffer = [0; 1024];
            match self.reader.read(&mut buffer).await? {
                0 if self.ahead.is_empty() => return Ok(None),
                // The last line may have no end.
                0 => return text(std::mem::take(&mut self.ahead)).map(Some),
                n => self.ahead.extend_from_slice(&buffer[..n]),
            }
        }
    }
}

fn text(line: Vec<u8>) -> io::Result<String> {
    String::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
