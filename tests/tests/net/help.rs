//! Runtimes that may not hang, and both ends of a connection.

use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
pub use tests::Kind;

/// Runs an async test in a runtime of its own: in `block_on`, or as a task where that is another
/// thread.
pub fn run<F>(kind: Kind, test: impl FnOnce() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = kind.runtime();
    match kind {
        Kind::CurrentThread | Kind::Helping => runtime.block_on(test()),
        Kind::Workers(_) => match runtime.block_on(runtime.spawn(test())) {
            Ok(()) => {}
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
    }
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

pub async fn echo(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
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

/// What the system said, behind an error that says more.
pub fn number_behind(error: &io::Error) -> Option<i32> {
    let source = std::error::Error::source(error)?.downcast_ref::<io::Error>()?;
    source.raw_os_error()
}

/// The error of a socket that has outlived its runtime.
#[track_caller]
pub fn has_ended<T: std::fmt::Debug>(result: io::Result<T>) {
    let text = result.unwrap_err().to_string();
    assert!(text.contains("runtime this socket belongs to has ended"), "{text}");
}
