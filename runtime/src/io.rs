//! Streams of bytes.

/// AsyncRead, AsyncWrite.
pub(crate) mod traits;
pub(crate) mod ext {
    /// whole buffers: fill one, drain one, and make text of one.
    pub(crate) mod whole;
    /// numbers on the wire: big-endian and little-endian, read and written whole.
    pub(crate) mod number;
    /// read_buf, write_buf, write_all_buf: the buffers of the crate `bytes`.
    #[cfg(feature = "bytes")]
    pub(crate) mod bytes;
    /// Take and Chain: a part of a reader, and two readers in a row.
    pub(crate) mod adapt;
    /// AsyncReadExt: read, read_exact, read_to_end, ... as named futures.
    pub(crate) mod read;
    /// AsyncWriteExt: write, write_all, flush, shutdown, ... as named futures.
    pub(crate) mod write;
    /// AsyncBufReadExt: read_until, read_line, lines, split, ... as named futures.
    pub(crate) mod buf_read;
    /// AsyncSeekExt: seek, rewind, stream_position as named futures.
    pub(crate) mod seek;
}
/// BufReader, BufWriter, lines.
pub(crate) mod buf;
/// BufStream: both directions buffered.
pub(crate) mod buf_stream;
/// BufReader, BufWriter, BufStream over what can be moved about in.
pub(crate) mod buf_seek;
/// Cursor: bytes in memory with a position.
pub(crate) mod cursor;
/// empty, sink, repeat: ends that never wait.
pub(crate) mod ends;
/// copy, with back-pressure.
pub(crate) mod copy;
/// copy_bidirectional: both directions of a proxy, in one task.
pub(crate) mod copy_both;
/// copy_buf: from a reader that has a buffer of its own.
pub(crate) mod copy_buf;
/// a pipe in memory: bytes one way, room for so many, and who waits at either end.
pub(crate) mod memory;
/// split: the halves of any stream, for two tasks.
pub(crate) mod split;
/// join: a reader and a writer as one stream.
pub(crate) mod join;
/// duplex and simplex: streams in memory, for tests and between tasks.
pub(crate) mod duplex;
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

/// Descriptors of other code.
#[cfg(unix)]
pub mod unix {
    /// why a descriptor cannot be waited for; and that a try would have blocked.
    pub(crate) mod error;
    /// AsyncFd: waits for any descriptor that the system can report on.
    pub(crate) mod fd;
    /// what a wait for a descriptor found, and what became of it: the guards of AsyncFd.
    pub(crate) mod guard;

    #[doc(hidden)]
    pub use error::AsyncFdTryNewError;
    pub use error::{AsyncFdRegisterError, TryIoError};
    pub use fd::AsyncFd;
    pub use guard::{AsyncFdReadyGuard, AsyncFdReadyMutGuard};
}

pub use crate::drive::ready::{Interest, Ready};
pub use buf::{BufReader, BufWriter};
pub use buf_stream::BufStream;
pub use copy::copy;
pub use copy_both::{copy_bidirectional, copy_bidirectional_with_sizes};
pub use copy_buf::copy_buf;
pub use cursor::Cursor;
pub use duplex::{DuplexStream, SimplexStream, duplex, simplex};
pub use ends::{Empty, Repeat, Sink, empty, repeat, sink};
pub use ext::adapt::{Chain, Take};
pub use ext::buf_read::{AsyncBufReadExt, Lines, Split};
pub use ext::read::AsyncReadExt;
pub use ext::seek::AsyncSeekExt;
pub use ext::write::AsyncWriteExt;
pub use join::{Join, join};
pub use split::{ReadHalf, WriteHalf, split};
pub use std::io::{Error, ErrorKind, IoSlice, IoSliceMut, Result, SeekFrom};
pub use stdin::{Stdin, stdin};
pub use stdout::{Stderr, Stdout, stderr, stdout};
pub use traits::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
