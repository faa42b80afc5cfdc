//! AsyncRead, AsyncWrite.
//!
//! The traits that streams implement and that everything in this module is written against. They
//! are those of the crate `futures-io`, re-exported: the shape of `std::io`, shared with the rest
//! of the ecosystem, and no type of this crate in their signatures.
//!
//! | trait | one operation | `std::io`'s |
//! |---|---|---|
//! | [`AsyncRead`] | `poll_read`: some bytes, 0 at the end | `Read` |
//! | [`AsyncWrite`] | `poll_write`, `poll_flush`, `poll_close` | `Write` |
//! | [`AsyncBufRead`] | `poll_fill_buf`, `consume`: a look at what was read ahead | `BufRead` |
//! | [`AsyncSeek`] | `poll_seek` | `Seek` |
//!
//! What a program calls are the methods of [`AsyncReadExt`](crate::io::AsyncReadExt) and its kin.
//!
//! Where this differs from tokio: a read takes `&mut [u8]` and not tokio's `ReadBuf`, and the half
//! close is called `poll_close` and not `poll_shutdown`. `AsyncWriteExt::shutdown` has tokio's
//! name.

#![forbid(unsafe_code)]

pub use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
