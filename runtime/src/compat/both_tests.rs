//! tests of hyper's streams as tokio's, and of tokio's as hyper's.

use super::*;
use crate::compat::wrap::FuturesIo;
use crate::net::tcp::listener::TcpListener;
use crate::net::tcp::stream::TcpStream;
use crate::runtime::builder::Builder;
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::task::Waker;

/// INV-212: each buffer counts what was read into the other, behind what was there already.
#[test]
fn a_stream_goes_from_family_to_family_and_back() {
    Builder::new_current_thread().build().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let server = listener.accept().await.unwrap().0;
        // hyper's, as tokio's, as hyper's; and tokio's, as hyper's, as tokio's.
        let mut client = TokioIo::new(HyperIo::new(client));
        let mut server = HyperIo::new(TokioIo::new(server));
        assert!(hyper::rt::Write::is_write_vectored(&client));
        let parts = [IoSlice::new(b"head,"), IoSlice::new(b"body")];
        let n =
            poll_fn(|cx| hyper::rt::Write::poll_write_vectored(Pin::new(&mut client), cx, &parts));
        assert_eq!(n.await.unwrap(), 9);
        let mut memory = [MaybeUninit::uninit(); 16];
        let mut buf = tokio::io::ReadBuf::uninit(&mut memory);
        buf.put_slice(b"> ");
        poll_fn(|cx| tokio::io::AsyncRead::poll_read(Pin::new(&mut server), cx, &mut buf))
            .await
            .unwrap();
        assert_eq!(buf.filled(), b"> head,body");
        let n = poll_fn(|cx| tokio::io::AsyncWrite::poll_write(Pin::new(&mut server), cx, b"back"));
        assert_eq!(n.await.unwrap(), 4);
        poll_fn(|cx| tokio::io::AsyncWrite::poll_shutdown(Pin::new(&mut server), cx))
            .await
            .unwrap();
        let mut memory = [MaybeUninit::uninit(); 16];
        let mut buf = hyper::rt::ReadBuf::uninit(&mut memory);
        for _ in 0..2 {
            poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut client), cx, buf.unfilled()))
                .await
                .unwrap();
            assert_eq!(buf.filled(), b"back", "then the end");
        }
    });
}

/// INV-210: what is zeroed before it is lent is not counted as read.
#[test]
fn hyper_reads_a_stream_that_wants_its_buffer_initialised() {
    Builder::new_current_thread().build().unwrap().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut server = FuturesIo::new(listener.accept().await.unwrap().0);
        let mut client = FuturesIo::new(client);
        assert!(!hyper::rt::Write::is_write_vectored(&client));
        let n = poll_fn(|cx| hyper::rt::Write::poll_write(Pin::new(&mut client), cx, b"abc"));
        assert_eq!(n.await.unwrap(), 3);
        poll_fn(|cx| hyper::rt::Write::poll_shutdown(Pin::new(&mut client), cx)).await.unwrap();
        let mut memory = vec![MaybeUninit::uninit(); 40_000];
        let mut buf = hyper::rt::ReadBuf::uninit(&mut memory);
        for _ in 0..2 {
            poll_fn(|cx| hyper::rt::Read::poll_read(Pin::new(&mut server), cx, buf.unfilled()))
                .await
                .unwrap();
            assert_eq!(buf.filled(), b"abc", "then the end");
        }
    });
}

#[test]
#[should_panic = "a stream has read 9 bytes into a buffer of 8"]
fn a_stream_that_says_it_read_more_than_it_could_is_not_believed() {
    let mut memory = [MaybeUninit::uninit(); 8];
    let mut buf = hyper::rt::ReadBuf::uninit(&mut memory);
    let (mut liar, mut cx) = (FuturesIo::new(Liar), Context::from_waker(Waker::noop()));
    let _ = hyper::rt::Read::poll_read(Pin::new(&mut liar), &mut cx, buf.unfilled());
}

struct Liar;

impl crate::io::traits::AsyncRead for Liar {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        _buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(9))
    }
}

/// A `ReadBuf` is lent by `&mut`: safe code can put another in its place, and leave ours as it was.
#[test]
#[should_panic = "a stream has exchanged the buffer it was lent"]
fn a_stream_that_exchanges_the_buffer_is_not_believed() {
    let mut memory = [MaybeUninit::uninit(); 8];
    let mut buf = hyper::rt::ReadBuf::uninit(&mut memory);
    let (mut thief, mut cx) = (TokioIo::new(Thief), Context::from_waker(Waker::noop()));
    let _ = hyper::rt::Read::poll_read(Pin::new(&mut thief), &mut cx, buf.unfilled());
}

struct Thief;

impl tokio::io::AsyncRead for Thief {
    fn poll_read(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        *buf = tokio::io::ReadBuf::new(Box::leak(Box::new([0; 8])));
        buf.set_filled(8);
        Poll::Ready(Ok(()))
    }
}
