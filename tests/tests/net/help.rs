//! Runtimes that may not hang, and both ends of a connection.

use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::{Builder, Runtime};
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

pub fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Runs a test on a thread of its own, and fails when it hangs.
pub fn within<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let result = test();
        let _ = done.send(());
        result
    });
    match wait.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs"),
        _ => thread.join().unwrap(),
    }
}

/// Runs an async test in a runtime of its own, and fails when it hangs.
pub fn run<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    within(|| runtime().block_on(test()));
}

pub async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// Both ends of a connection.
pub async fn pair() -> (TcpStream, TcpStream) {
    let (listener, addr) = listener().await;
    let client = TcpStream::connect(addr).await.unwrap();
    let (server, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    (client, server)
}

/// One end of ours, and a blocking one of std's.
pub async fn with_std() -> (TcpStream, std::net::TcpStream) {
    let (listener, addr) = listener().await;
    let peer = std::net::TcpStream::connect(addr).unwrap();
    (listener.accept().await.unwrap().0, peer)
}

/// Polls once; the future must not be ready.
pub async fn assert_pending<F: Future>(future: std::pin::Pin<&mut F>)
where
    F::Output: std::fmt::Debug,
{
    let mut future = Some(future);
    poll_fn(|cx| {
        if let Some(future) = future.take()
            && let Poll::Ready(output) = future.poll(cx)
        {
            panic!("ready too early: {output:?}");
        }
        Poll::Ready(())
    })
    .await;
}

pub async fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf).await? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n]).await?,
        }
    }
}

/// Closes with a reset instead of an end.
pub fn close_with_reset(peer: std::net::TcpStream) {
    TcpStream::from_std(peer).unwrap().set_zero_linger().unwrap();
}
