//! raw epoll: the few calls that the floor and the load need, and the floor itself.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// An epoll instance, edge-triggered.
#[derive(Debug)]
pub struct Epoll(OwnedFd);

impl Epoll {
    pub fn new() -> io::Result<Self> {
        // SAFETY: the call returns a new descriptor or -1.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new, so nobody else owns it.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Reports `source` as `token` whenever something new can be read.
    pub fn add(&self, source: &impl AsRawFd, token: u64) -> io::Result<()> {
        let events = (libc::EPOLLIN | libc::EPOLLRDHUP | libc::EPOLLET) as u32;
        let mut event = libc::epoll_event { events, u64: token };
        let (epoll, source) = (self.0.as_raw_fd(), source.as_raw_fd());
        // SAFETY: both descriptors are open, and the event is copied by the call.
        match unsafe { libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, source, &mut event) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Waits without limit and calls `ready` with each token.
    pub fn wait(&self, mut ready: impl FnMut(u64)) -> io::Result<()> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; 1024];
        let (epoll, room) = (self.0.as_raw_fd(), events.len() as i32);
        // SAFETY: the array has room for as many events as the call is told.
        let count = unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), room, -1) };
        if count < 0 {
            let error = io::Error::last_os_error();
            return if error.kind() == ErrorKind::Interrupted { Ok(()) } else { Err(error) };
        }
        events[..count as usize].iter().for_each(|event| ready(event.u64));
        Ok(())
    }
}

/// The floor of the echo rows: one loop, one vector of connections, no task.
pub fn serve(listener: &TcpListener) -> io::Result<()> {
    const LISTENER: u64 = u64::MAX;
    let epoll = Epoll::new()?;
    listener.set_nonblocking(true)?;
    epoll.add(listener, LISTENER)?;
    let mut connections: Vec<Option<TcpStream>> = Vec::new();
    loop {
        epoll.wait(|token| {
            if token == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    stream.set_nonblocking(true).expect("a socket can be non-blocking");
                    stream.set_nodelay(true).expect("a TCP socket has the option");
                    epoll.add(&stream, connections.len() as u64).expect("epoll has room");
                    connections.push(Some(stream));
                }
                return;
            }
            let place = &mut connections[token as usize];
            if place.as_mut().is_some_and(|stream| !echo(stream)) {
                *place = None;
            }
        })?;
    }
}

/// Echoes what is there. A short read says that no more is, as the runtimes take it too. False at
/// the end of the connection.
fn echo(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return false,
            Ok(n) if stream.write_all(&buffer[..n]).is_err() => return false,
            Ok(n) if n < buffer.len() => return true,
            Ok(_) => {}
            Err(error) => return error.kind() == ErrorKind::WouldBlock,
        }
    }
}
