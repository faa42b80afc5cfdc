//! try_read_buf of Unix streams and pipes: into the buffers of the crate `bytes`.

#![forbid(unsafe_code)]

use super::pipe::ends::Receiver;
use super::split::{OwnedReadHalf, ReadHalf};
use super::stream::UnixStream;
use crate::net::tcp::bytes::try_read_buf;

try_read_buf!(UnixStream, ReadHalf<'_>, OwnedReadHalf, Receiver);
