//! Ahead: bytes that a thread has read and nobody has taken yet.
//!
//! ```text
//!  bytes   [ taken │ unread │ room, zeroed once ]
//!          0      pos      end
//! ```

#![forbid(unsafe_code)]

use std::io::{self, Read};

/// See the picture.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    bytes: Vec<u8>,
    pos: usize,
    end: usize,
}

impl Ahead {
    /// How many bytes are unread.
    pub(crate) fn unread(&self) -> usize {
        self.end - self.pos
    }

    /// Moves some of them out.
    pub(crate) fn take(&mut self, into: &mut [u8]) -> usize {
        let n = into.len().min(self.unread());
        into[..n].copy_from_slice(&self.bytes[self.pos..self.pos + n]);
        self.pos += n;
        n
    }

    /// Forgets what is unread. Returns how much that was: how far the reader must go back.
    pub(crate) fn discard(&mut self) -> u64 {
        let unread = self.unread() as u64;
        *self = Self::default();
        unread
    }

    /// Reads once, `most` bytes at most; nothing is unread. At the end the memory is given back.
    pub(crate) fn fill(&mut self, mut reader: impl Read, most: usize) -> io::Result<usize> {
        (self.pos, self.end) = (0, 0);
        if self.bytes.len() < most {
            // Not `resize`: nothing in it is worth a copy.
            self.bytes = vec![0; most];
        }
        let n = loop {
            match reader.read(&mut self.bytes[..most]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        self.end = n;
        if n == 0 {
            self.bytes = Vec::new();
        }
        Ok(n)
    }
}
