//! Polls that are counted, sockets that are recognised, buffers that are small.

use mainspring::net::TcpStream;
use std::fs;
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::{AsRawFd, RawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

pub type StdStream = std::net::TcpStream;

/// Counts how often a future is polled.
pub struct Polls<F> {
    future: Pin<Box<F>>,
    count: Arc<AtomicUsize>,
}

impl<F: Future> Polls<F> {
    pub fn of(future: F) -> (Self, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        (Self { future: Box::pin(future), count: count.clone() }, count)
    }
}

impl<F: Future> Future for Polls<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.future.as_mut().poll(cx)
    }
}

/// Which socket has this number now: `socket:[4711]`. No two have the same name.
pub fn name_of(number: RawFd) -> Option<String> {
    let link = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// Remembers which socket this is, to ask later whether it is closed.
pub struct Closed(RawFd, Option<String>);

impl Closed {
    pub fn watch(socket: &impl AsRawFd) -> Self {
        let number = socket.as_raw_fd();
        Self(number, name_of(number))
    }

    /// The number is free, or somebody else's.
    #[track_caller]
    pub fn check(&self) {
        assert!(self.1.is_none() || name_of(self.0) != self.1, "{:?} is still open", self.1);
    }
}

/// A listener of std's, and its address.
pub fn std_listener() -> (TcpListener, std::net::SocketAddr) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// A blocking connection.
pub fn std_pair() -> (StdStream, StdStream) {
    let (listener, address) = std_listener();
    let client = StdStream::connect(address).unwrap();
    (listener.accept().unwrap().0, client)
}

/// Sets an option that takes a plain value.
pub fn set_option<T: Copy>(socket: &impl AsRawFd, level: i32, option: i32, value: T) {
    let (size, socket) = (size_of::<T>() as libc::socklen_t, socket.as_raw_fd());
    // SAFETY: the call reads as many bytes from a place on this stack as it is told.
    let done = unsafe { libc::setsockopt(socket, level, option, (&raw const value).cast(), size) };
    assert_eq!(done, 0, "{}", io::Error::last_os_error());
}

/// Closes with a reset instead of an end. Needs no runtime.
pub fn reset(peer: StdStream) {
    let now = libc::linger { l_onoff: 1, l_linger: 0 };
    set_option(&peer, libc::SOL_SOCKET, libc::SO_LINGER, now);
}

/// Asks the kernel for small buffers at both ends: it then holds a few tens of kilobytes.
pub fn small_buffers(stream: &TcpStream, peer: &StdStream) {
    for socket in [stream.as_raw_fd(), peer.as_raw_fd()] {
        set_option(&socket, libc::SOL_SOCKET, libc::SO_SNDBUF, 16_384_i32);
        set_option(&socket, libc::SOL_SOCKET, libc::SO_RCVBUF, 16_384_i32);
    }
}

/// Bytes that tell where they stand.
pub fn pattern(from: usize, len: usize) -> Vec<u8> {
    (from..from + len).map(|at| (at % 251) as u8).collect()
}

/// What a peer of std's has received; other tasks run while there is nothing. It is non-blocking.
pub async fn read_at(mut peer: &StdStream, buf: &mut [u8]) -> io::Result<usize> {
    loop {
        match peer.read(buf) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                mainspring::task::yield_now().await;
            }
            result => return result,
        }
    }
}

/// Sends, and does not mind if nobody listens any longer.
pub fn tell(mut peer: &StdStream, bytes: &[u8]) {
    let _ = peer.write_all(bytes);
}
