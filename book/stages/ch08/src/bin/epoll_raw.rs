//! epoll by hand: three syscalls, and what "level" and "edge" mean.
//!
//! cargo run -q -p stage-ch08 --bin epoll_raw

#![deny(clippy::undocumented_unsafe_blocks)]

use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

/// A set of descriptors to be watched; itself a descriptor.
struct Epoll(OwnedFd);

impl Epoll {
    fn new() -> io::Result<Self> {
        // SAFETY: no pointers.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        // SAFETY: if it is one, it is new, and ours.
        (fd >= 0).then(|| Self(unsafe { OwnedFd::from_raw_fd(fd) })).ok_or_else(error)
    }

    /// Watches `fd`; its events come with `token`.
    fn add(&self, fd: RawFd, token: u64, how: i32) -> io::Result<()> {
        let mut event = libc::epoll_event { events: how as u32, u64: token };
        // SAFETY: the event is there during the call.
        let done =
            unsafe { libc::epoll_ctl(self.0.as_raw_fd(), libc::EPOLL_CTL_ADD, fd, &raw mut event) };
        (done == 0).then_some(()).ok_or_else(error)
    }

    /// The events that are there now. To wait for some, the last argument would be milliseconds.
    fn look(&self) -> io::Result<Vec<u64>> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 8];
        // SAFETY: there is room for eight events.
        let n = unsafe { libc::epoll_wait(self.0.as_raw_fd(), events.as_mut_ptr(), 8, 0) };
        let n = usize::try_from(n).map_err(|_| error())?;
        Ok(events[..n].iter().map(|event| event.u64).collect())
    }
}

fn error() -> io::Error {
    io::Error::last_os_error()
}

fn main() -> io::Result<()> {
    let (mut here, mut there) = UnixStream::pair()?;
    here.set_nonblocking(true)?;
    let (level, edge) = (Epoll::new()?, Epoll::new()?);
    level.add(here.as_raw_fd(), 7, libc::EPOLLIN)?;
    edge.add(here.as_raw_fd(), 7, libc::EPOLLIN | libc::EPOLLET)?;
    let look = |what: &str| -> io::Result<()> {
        println!(
            "{what:<28} level: {:<4} edge: {:?}",
            format!("{:?}", level.look()?),
            edge.look()?
        );
        Ok(())
    };

    look("nothing sent")?;
    there.write_all(b"hello")?;
    look("5 bytes sent")?;
    look("nothing done")?;
    there.write_all(b"world")?;
    look("5 more sent")?;
    let mut buffer = [0; 4];
    here.read_exact(&mut buffer)?;
    look("4 of the 10 read")?;
    while here.read(&mut buffer).is_ok() {}
    look("read until WouldBlock")?;
    drop(there);
    look("the other end is closed")?;
    look("nothing done")
}
