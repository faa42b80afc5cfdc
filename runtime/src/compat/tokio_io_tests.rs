//! tests of tokio's traits: uninitialised reads, vectored writes, and wrappers.

use super::*;
use crate::io::buf::BufReader;
use crate::net::tcp::listener::TcpListener;
use crate::net::tcp::stream::TcpStream;
use crate::runtime::builder::Builder;
use std::future::{Future, poll_fn};
use std::mem::MaybeUninit;
use tokio::io::{AsyncBufRead as _, AsyncWrite as _};

fn run<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

async fn write<W: tokio::io::AsyncWrite + Unpin>(to: &mut W, text: &[u8]) {
    let n = poll_fn(|cx| Pin::new(&mut *to).poll_write(cx, text)).await;
    assert_eq!(n.unwrap(), text.len());
    poll_fn(|cx| Pin::new(&mut *to).poll_flush(cx)).await.unwrap();
}

/// Reads once, into memory that is not initialised.
async fn read<R: tokio::io::AsyncRead + Unpin>(from: &mut R, room: usize) -> Vec<u8> {
    let mut memory = vec![MaybeUninit::uninit(); room];
    let mut buf = ReadBuf::uninit(&mut memory);
    poll_fn(|cx| Pin::new(&mut *from).poll_read(cx, &mut buf)).await.unwrap();
    buf.filled().to_vec()
}

/// INV-211, INV-210: the buffer counts what was read, behind what was there already.
#[test]
fn tokio_reads_into_memory_that_is_not_initialised() {
    run(async {
        let (mut client, mut server) = pair().await;
        let parts = [IoSlice::new(b"head,"), IoSlice::new(b"body")];
        assert!(tokio::io::AsyncWrite::is_write_vectored(&client));
        let write = |cx: &mut Context<'_>| {
            tokio::io::AsyncWrite::poll_write_vectored(Pin::new(&mut client), cx, &parts)
        };
        assert_eq!(poll_fn(write).await.unwrap(), 9);
        poll_fn(|cx| Pin::new(&mut client).poll_shutdown(cx)).await.unwrap();
        let mut memory = [MaybeUninit::uninit(); 8];
        let mut buf = ReadBuf::uninit(&mut memory);
        buf.put_slice(b"> ");
        let mut poll = |cx: &mut Context<'_>, buf: &mut ReadBuf<'_>| {
            tokio::io::AsyncRead::poll_read(Pin::new(&mut server), cx, buf)
        };
        for _ in 0..2 {
            poll_fn(|cx| poll(cx, &mut buf)).await.unwrap();
            assert_eq!(buf.filled(), b"> head,b", "a full buffer takes nothing");
        }
        buf.clear();
        for _ in 0..2 {
            poll_fn(|cx| poll(cx, &mut buf)).await.unwrap();
            assert_eq!(buf.filled(), b"ody", "the rest, then the end");
        }
    });
}

#[test]
fn both_kinds_of_halves_are_tokios_streams() {
    run(async {
        let (mut client, mut server) = pair().await;
        let (mut read_half, mut write_half) = client.split();
        write(&mut write_half, b"ask").await;
        assert_eq!(read(&mut server, 8).await, b"ask");
        write(&mut server, b"answer").await;
        assert_eq!(read(&mut read_half, 8).await, b"answer");
        let (mut owned, mut writer) = client.into_split();
        write(&mut writer, b"again").await;
        assert_eq!(read(&mut server, 8).await, b"again");
        write(&mut server, b"and back").await;
        assert_eq!(read(&mut owned, 3).await, b"and");
        poll_fn(|cx| Pin::new(&mut writer).poll_shutdown(cx)).await.unwrap();
        assert_eq!(read(&mut server, 8).await, b"", "shutdown is the end for the peer");
    });
}

#[test]
fn a_stream_of_ours_in_a_wrapper_is_one_of_tokios_and_back() {
    run(async {
        let (client, server) = pair().await;
        let mut client = TokioIo::new(FuturesIo::new(client));
        let mut server = FuturesIo::new(BufReader::new(TokioIo::new(server)));
        let n =
            poll_fn(|cx| AsyncWrite::poll_write(Pin::new(&mut client), cx, b"line\nrest")).await;
        assert_eq!(n.unwrap(), 9);
        poll_fn(|cx| AsyncWrite::poll_close(Pin::new(&mut client), cx)).await.unwrap();
        let line = poll_fn(|cx| {
            let filled = ready!(Pin::new(&mut server).poll_fill_buf(cx)).unwrap();
            Poll::Ready(filled[..5].to_vec())
        });
        assert_eq!(line.await, b"line\n");
        Pin::new(&mut server).consume(5);
        assert_eq!(read(&mut server, 8).await, b"rest");
        assert_eq!(read(&mut server, 8).await, b"");
        let n = poll_fn(|cx| AsyncRead::poll_read(Pin::new(&mut client), cx, &mut [0; 4]));
        drop(server);
        assert_eq!(n.await.unwrap(), 0);
        let client: TcpStream = client.into_inner().into_inner();
        drop(client);
    });
}
