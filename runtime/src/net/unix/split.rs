//! the halves of a Unix stream.

#![forbid(unsafe_code)]

use super::address::SocketAddr;
use super::stream::UnixStream;
use crate::net::halves::{half, halves, read_half, write_half};

halves!(UnixStream);
half!(ReadHalf<'_>, WriteHalf<'_>, OwnedReadHalf, OwnedWriteHalf);
read_half!(ReadHalf<'_>, OwnedReadHalf);
write_half!(WriteHalf<'_>, OwnedWriteHalf);
