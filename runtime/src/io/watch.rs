//! Watch: when there is something to be read from stdin, without making it non-blocking.
//!
//! | way | for | a read |
//! |---|---|---|
//! | `Own` | pipes and terminals, if they open anew (`io/reopen.rs`) | here, until `WouldBlock` |
//! | `Each` | whatever else epoll takes: sockets | waits, then one hop |
//! | `Never` | what epoll refuses, for it is always ready: files, `/dev/null` | one hop |
//!
//! `Own` reads what is there or nothing. `Each` cannot read to find out whether there is more, so
//! it is registered anew for each read, which makes epoll say what is so now. Between that word and
//! the hop another process may take the bytes; then the hop blocks a thread until more comes.

#![forbid(unsafe_code)]

use super::async_fd::{AsyncFd, current_reactor};
use super::reopen::reopen;
use crate::drive::ready::Ready;
use crate::drive::source::Direction;
use mio::unix::SourceFd;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::task::{Context, Poll, ready};

/// See the table.
#[derive(Debug, Default)]
pub(crate) enum Watch {
    /// Nobody has read yet.
    #[default]
    Unknown,
    Own(AsyncFd<Watched>),
    /// Registered while a read waits.
    Each(Option<AsyncFd<Watched>>),
    Never,
}

impl Watch {
    /// Reads into `buf`, or says by `None` that a thread should: it will not have to wait long.
    ///
    /// # Panics
    /// Outside a runtime.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        fd: impl AsFd + Copy,
        buf: &mut [u8],
    ) -> Poll<io::Result<Option<usize>>> {
        if matches!(self, Self::Unknown) {
            *self = Self::find(fd)?;
        }
        match self {
            Self::Own(own) => {
                let read = own.poll_io(cx, Direction::Read, |watched| (&watched.0).read(buf));
                return read.map_ok(Some);
            }
            Self::Each(waits) => {
                let each = match waits {
                    Some(each) => each,
                    None => waits.insert(register(dup(fd)?, Ready::EMPTY)?),
                };
                let ready = ready!(each.poll_ready(cx, Direction::Read));
                *waits = None;
                ready?;
            }
            Self::Never | Self::Unknown => {}
        }
        Poll::Ready(Ok(None))
    }

    fn find(fd: impl AsFd + Copy) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true);
        // Whatever speaks against the first way, the second may work.
        if let Ok(Some(file)) = reopen(fd, options) {
            return Ok(Self::Own(register(file, Ready::READABLE)?));
        }
        match register(dup(fd)?, Ready::EMPTY) {
            Ok(each) => Ok(Self::Each(Some(each))),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(Self::Never),
            Err(error) => Err(error),
        }
    }
}

/// Nobody is at the other end who would be surprised by a clock that moves.
fn register(file: File, assumed: Ready) -> io::Result<AsyncFd<Watched>> {
    let fd = AsyncFd::new(&current_reactor(), Watched(file), assumed)?;
    fd.registration.has_no_peer(true);
    Ok(fd)
}

fn dup(fd: impl AsFd) -> io::Result<File> {
    Ok(fd.as_fd().try_clone_to_owned()?.into())
}

/// A descriptor of our own, watched for reading only.
#[derive(Debug)]
pub(crate) struct Watched(File);

impl mio::event::Source for Watched {
    fn register(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        _: mio::Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, mio::Interest::READABLE)
    }

    fn reregister(
        &mut self,
        registry: &mio::Registry,
        token: mio::Token,
        _: mio::Interest,
    ) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, mio::Interest::READABLE)
    }

    fn deregister(&mut self, registry: &mio::Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}
