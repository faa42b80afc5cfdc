//! Streams of bytes.

/// AsyncRead, AsyncWrite.
pub(crate) mod traits;
pub(crate) mod ext {
    /// whole buffers: fill one, drain one, and make text of one.
    pub(crate) mod whole;
    /// numbers on the wire: big-endian and little-endian, read and written whole.
    pub(crate) mod number;
    /// Take and Chain: a part of a reader, and two readers in a row.
    pub(crate) mod adapt;
    /// AsyncReadExt: read, read_exact, read_to_end, ... as named futures.
    pub(crate) mod read;
    /// AsyncWriteExt: write, write_all, flush, shutdown, ... as named futures.
    pub(crate) mod write;
    /// AsyncBufReadExt: read_until, read_line, lines, split, ... as named futures.
    pub(crate) mod buf_read;
}
/// BufReader, BufWriter, lines.
pub(crate) mod buf;
/// BufStream: both directions buffered.
pub(crate) mod buf_stream;
/// copy, with back-pressure.
pub(crate) mod copy;
/// try the syscall, wait on WouldBlock, try again: one loop for all sockets.
pub(crate) mod async_fd;
/// hop: one closure on the blocking pool, and its end as an `io::Result`.
pub(crate) mod hop;
/// Ahead: bytes that a thread has read and nobody has taken yet.
pub(crate) mod ahead;
/// Lane: writes that are accepted at once, and done on the pool by one job for a whole streak.
pub(crate) mod lane;
/// a pipe or terminal opened once more: non-blocking, and nobody else's is.
#[cfg(unix)]
pub(crate) mod reopen;
/// Watch: when there is something to be read from stdin, without making it non-blocking.
#[cfg(unix)]
pub(crate) mod watch;
/// Stdin: read when there is something to be read; on the pool if it has to be.
pub(crate) mod stdin;
/// Stdout and Stderr: what is written goes through a lane, and out by std's.
pub(crate) mod stdout;

pub use crate::drive::ready::{Interest, Ready};
pub use buf::{BufReader, BufWriter};
pub use buf_stream::BufStream;
pub use copy::copy;
pub use ext::adapt::{Chain, Take};
pub use ext::buf_read::{AsyncBufReadExt, Lines, Split};
pub use ext::read::AsyncReadExt;
pub use ext::write::AsyncWriteExt;
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result, SeekFrom};
pub use stdin::{Stdin, stdin};
pub use stdout::{Stderr, Stdout, stderr, stdout};
pub use traits::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
