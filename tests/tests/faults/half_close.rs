//! One direction is closed and the other goes on.

use crate::help::*;
use crate::tools::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::TcpStream;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::pin;

const MEBIBYTE: usize = 1 << 20;

/// `first` has nothing more to say, and hears a mebibyte; then the other one ends too.
async fn hears_a_mebibyte_after_its_own_end(mut first: TcpStream, mut second: TcpStream) {
    let speaker = mainspring::spawn(async move {
        let mut heard = Vec::new();
        assert_eq!(second.read_to_end(&mut heard).await.unwrap(), 4);
        assert_eq!(second.read(&mut [0; 8]).await.unwrap(), 0, "an end stays an end");
        second.write_all(&pattern(0, MEBIBYTE)).await.unwrap();
        assert_eq!(second.read(&mut [0; 8]).await.unwrap(), 0);
        second.shutdown().await.unwrap();
        second
    });
    first.write_all(b"tick").await.unwrap();
    first.shutdown().await.unwrap();
    let mut heard = Vec::new();
    first.read_to_end(&mut heard).await.unwrap();
    assert!(heard == pattern(0, MEBIBYTE), "{} bytes", heard.len());
    let error = first.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    drop(speaker.await.unwrap());
}

fn a_client_that_has_shut_down_still_hears_everything(kind: Kind) {
    run(kind, || async {
        let (client, server) = pair().await;
        hears_a_mebibyte_after_its_own_end(client, server).await;
    });
}

fn a_server_that_has_shut_down_still_hears_everything(kind: Kind) {
    run(kind, || async {
        let (client, server) = pair().await;
        hears_a_mebibyte_after_its_own_end(server, client).await;
    });
}

/// Ways to read what is there; each is to be asked until it says 0.
async fn read_by(way: usize, stream: &mut TcpStream) -> io::Result<usize> {
    let mut buf = [0; 64];
    match way {
        0 => stream.read(&mut buf).await,
        1 => {
            let mut buf = [MaybeUninit::uninit(); 64];
            poll_fn(|cx| stream.poll_read_uninit(cx, &mut buf)).await
        }
        2 => {
            let (one, two) = buf.split_at_mut(3);
            let mut bufs = [IoSliceMut::new(one), IoSliceMut::new(two)];
            poll_fn(|cx| stream.poll_read_vectored(cx, &mut bufs)).await
        }
        3 => stream.split().0.read(&mut buf).await,
        // As much as there is, exactly: no short read.
        4 => stream.read(&mut buf[..4]).await,
        5 => stream.read(&mut buf[..1]).await,
        _ => loop {
            stream.readable().await?;
            match stream.try_read(&mut buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                result => return result,
            }
        },
    }
}

/// PROTOCOLS S11. The bytes and the end come as one edge, to a reader that waits already or not.
fn bytes_and_the_end_in_one_edge_are_seen_in_every_way_of_reading(kind: Kind) {
    run(kind, || async {
        for (way, end) in (0..7).flat_map(|way| [(way, Shutdown::Write), (way, Shutdown::Both)]) {
            let (mut stream, mut peer) = with_std().await;
            {
                let mut early = pin!(read_by(way, &mut stream));
                assert_pending(early.as_mut()).await;
            }
            peer.write_all(b"tick").unwrap();
            peer.shutdown(end).unwrap();
            let mut got = 0;
            while got < 4 {
                got += read_by(way, &mut stream).await.unwrap();
            }
            assert_eq!(got, 4);
            for _ in 0..3 {
                assert_eq!(read_by(way, &mut stream).await.unwrap(), 0, "way {way}, {end:?}");
            }
        }
    });
}

fn a_write_after_the_shutdown_is_a_broken_pipe_and_a_second_shutdown_is_nothing(kind: Kind) {
    run(kind, || async {
        let (mut stream, mut peer) = with_std().await;
        for _ in 0..2 {
            stream.shutdown().await.unwrap();
            let error = stream.write(b"more").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        }
        peer.write_all(b"tick").unwrap();
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 4, "it still hears");
        drop(peer);
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
        // Both ends are closed: std's third one would say NotConnected.
        stream.shutdown().await.unwrap();
        stream.shutdown_std(Shutdown::Both).unwrap();
        let (mut stream, peer) = with_std().await;
        reset(peer);
        stream.readable().await.unwrap();
        stream.shutdown().await.unwrap();
        stream.shutdown().await.unwrap();
    });
}

/// One half closes the direction in which another task waits at that moment.
fn a_shutdown_wakes_who_waits_in_that_direction(kind: Kind) {
    run(kind, || async {
        let (stream, _peer) = with_std().await;
        let (mut reading, mut writing) = stream.into_split();
        let reader = mainspring::spawn(async move {
            assert_eq!(reading.read(&mut [0; 8]).await.unwrap(), 0);
            reading
        });
        mainspring::task::yield_now().await;
        writing.as_ref().shutdown_std(Shutdown::Read).unwrap();
        let reading = reader.await.unwrap();
        while writing.try_write(&[7; 65_536]).is_ok() {}
        let writer = mainspring::spawn(async move { writing.write(&[7]).await });
        mainspring::task::yield_now().await;
        reading.as_ref().shutdown_std(Shutdown::Write).unwrap();
        let error = writer.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

tests::each_scheduler! {
    a_client_that_has_shut_down_still_hears_everything,
    a_server_that_has_shut_down_still_hears_everything,
    bytes_and_the_end_in_one_edge_are_seen_in_every_way_of_reading,
    a_write_after_the_shutdown_is_a_broken_pipe_and_a_second_shutdown_is_nothing,
    a_shutdown_wakes_who_waits_in_that_direction,
}
