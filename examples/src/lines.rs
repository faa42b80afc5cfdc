//! lines of a stream that nobody vouches for: a line without an end does not fill the memory.

#![forbid(unsafe_code)]

use std::io;

use mainspring::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// A stream, line by line; never more than one of them in memory, and no more than its longest.
#[derive(Debug)]
pub struct Lines<S> {
    from: BufReader<S>,
    line: Vec<u8>,
    /// The line was too long, and its end has not come yet.
    skips: bool,
    longest: usize,
}

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Got {
    /// A line, without its end; the last one may have had none.
    Line(Vec<u8>),
    /// A line is longer than allowed. It is skipped.
    TooLong,
    /// Nothing more comes.
    End,
}

impl<S: AsyncRead + Unpin> Lines<S> {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(stream: S, longest: usize) -> Lines<S> {
        Lines { from: BufReader::new(stream), line: Vec::new(), skips: false, longest }
    }

    /// The stream, to write to.
    pub fn stream(&mut self) -> &mut S {
        self.from.get_mut()
    }

    /// The next line, or that there is one too long, as soon as it is.
    ///
    /// # Errors
    /// Those of the stream.
    ///
    /// # Cancel safety
    /// Safe: what was read of a line stays in `self`.
    pub async fn next(&mut self) -> io::Result<Got> {
        loop {
            let chunk = self.from.fill_buf().await?;
            if chunk.is_empty() {
                let rest = std::mem::take(&mut self.line);
                return Ok(if rest.is_empty() { Got::End } else { Got::Line(rest) });
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let used = part.len() + usize::from(end.is_some());
            let skips = std::mem::replace(&mut self.skips, false);
            let fits = self.line.len() + part.len() <= self.longest;
            if fits && !skips {
                self.line.extend_from_slice(part);
            }
            self.from.consume(used);
            if skips || !fits {
                self.skips = end.is_none();
                self.line.clear();
                if !skips {
                    return Ok(Got::TooLong);
                }
            } else if end.is_some() {
                return Ok(Got::Line(std::mem::take(&mut self.line)));
            }
        }
    }
}
