//! Runtimes that may not hang, and both ends of a connection.

use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::mpsc;
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

/// Both ends of a stream: what is written comes back a thousand times, then the end.
pub async fn echoes<S>(mut client: S, server: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let server = mainspring::spawn(echo(server));
    for round in 0..1000_u32 {
        client.write_u32(round).await.unwrap();
        assert_eq!(client.read_u32().await.unwrap(), round);
    }
    drop(client);
    server.await.unwrap().unwrap();
}

/// Both ends of a stream: each closes its write half, and still hears the other.
pub async fn closes_by_halves<S: AsyncRead + AsyncWrite + Unpin>(mut client: S, mut server: S) {
    client.write_all(b"last words").await.unwrap();
    client.shutdown().await.unwrap();
    let mut heard = String::new();
    assert_eq!(server.read_to_string(&mut heard).await.unwrap(), 10);
    assert_eq!(heard, "last words");
    server.write_all(b"answer").await.unwrap();
    drop(server);
    heard.clear();
    client.read_to_string(&mut heard).await.unwrap();
    assert_eq!(heard, "answer");
    let error = client.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

/// A plain thread waits for a stream whose runtime is driven, and then dropped, by another.
pub fn the_end_wakes<S, P>(kind: Kind, make: impl Future<Output = (S, P)>)
where
    S: AsyncRead + Unpin + Send + 'static,
{
    let first = kind.runtime();
    let (mut stream, _peer) = first.block_on(make);
    let (polled, was_polled) = mpsc::channel();
    let waiter = std::thread::spawn(move || {
        kind.runtime().block_on(async move {
            let mut buf = [0; 8];
            let mut read = pin!(stream.read(&mut buf));
            assert_pending(read.as_mut()).await;
            polled.send(()).unwrap();
            has_ended(read.await);
        })
    });
    was_polled.recv().unwrap();
    drop(first);
    waiter.join().unwrap();
}
