//! The peer resets the connection: in the middle of a write, of a read, or before it was accepted.

use crate::help::*;
use crate::tools::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::TcpListener;
use std::io::{ErrorKind, Read, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

const BLOCK: usize = 64 * 1024;

/// What a blocking writer sees when its peer reads a little and resets: two writes and a read.
fn what_std_sees() -> [Result<usize, ErrorKind>; 3] {
    let (mut stream, mut peer) = std_pair();
    let (begun, has_begun) = mpsc::channel();
    let writer = std::thread::spawn(move || {
        let first = loop {
            match stream.write(&[7; BLOCK]) {
                Ok(n) => begun.send(n).unwrap_or(()),
                Err(error) => break Err(error.kind()),
            }
        };
        let kind = |error: std::io::Error| error.kind();
        [first, stream.write(&[7]).map_err(kind), stream.read(&mut [0; 8]).map_err(kind)]
    });
    has_begun.recv().unwrap();
    peer.read_exact(&mut [0; 1000]).unwrap();
    reset(peer);
    writer.join().unwrap()
}

fn a_reset_in_mid_write_ends_it_with_the_kind_that_std_has(kind: Kind) {
    let expected = what_std_sees();
    assert_eq!(expected[0], Err(ErrorKind::ConnectionReset));
    run(kind, move || async move {
        let (mut stream, peer) = with_std().await;
        peer.set_nonblocking(true).unwrap();
        let closed = Closed::watch(&stream);
        let written = std::sync::Arc::new(AtomicUsize::new(0));
        let total = written.clone();
        let (writer, polls) = Polls::of(async move {
            let first = loop {
                match stream.write(&[7; BLOCK]).await {
                    Ok(n) => _ = total.fetch_add(n, Ordering::SeqCst),
                    Err(error) => break Err(error.kind()),
                }
            };
            let kind = |error: std::io::Error| error.kind();
            let then = stream.write(&[7]).await.map_err(kind);
            [first, then, stream.read(&mut [0; 8]).await.map_err(kind)]
        });
        let writer = mainspring::spawn(writer);
        // It goes on whenever there is room.
        let mut seen = 0;
        for _ in 0..100 {
            assert_ne!(read_at(&peer, &mut [0; 1000]).await.unwrap(), 0);
            seen = written.load(Ordering::SeqCst);
        }
        assert!(seen > 0);
        let before = polls.load(Ordering::SeqCst);
        reset(peer);
        assert_eq!(writer.await.unwrap(), expected);
        let spun = polls.load(Ordering::SeqCst) - before;
        // One to see it; the rest is for a write that was not quite over, and what it wrote.
        assert!(spun <= 64, "{spun} polls for one reset");
        closed.check();
    });
}

/// The error is there once: one of the two gets it, the other finds the connection closed.
fn a_reset_wakes_the_reader_and_the_writer_that_wait(kind: Kind) {
    run(kind, || async {
        let (stream, peer) = with_std().await;
        let closed = Closed::watch(&stream);
        let (mut reading, mut writing) = stream.into_split();
        while writing.try_write(&[7; BLOCK]).is_ok() {}
        let reader = mainspring::spawn(async move {
            let result = reading.read(&mut [0; 8]).await;
            result.map_err(|error| error.kind())
        });
        let writer = mainspring::spawn(async move {
            // Forgotten, or its drop would shut the connection down before the reader looks.
            let result = writing.write(&[7; 8]).await.map_err(|error| error.kind());
            (result, writing)
        });
        mainspring::task::yield_now().await;
        close_with_reset(peer);
        let (read, (written, writing)) = (reader.await.unwrap(), writer.await.unwrap());
        match (read, written) {
            (Err(ErrorKind::ConnectionReset), Err(ErrorKind::BrokenPipe))
            | (Ok(0), Err(ErrorKind::ConnectionReset)) => {}
            other => panic!("read and written: {other:?}"),
        }
        drop(writing);
        closed.check();
    });
}

/// Bytes that came before a reset in the same edge are read first, as in std; a short read does not
/// hide the reset.
fn bytes_and_a_reset_in_one_edge_are_both_seen(kind: Kind) {
    let (mut stream, peer) = std_pair();
    tell(&peer, b"tick");
    reset(peer);
    let mut seen = Vec::new();
    let expected = stream.read_to_end(&mut seen).map_err(|error| error.kind());
    assert_eq!((expected, seen.as_slice()), (Err(ErrorKind::ConnectionReset), &b"tick"[..]));
    run(kind, || async {
        let (mut stream, peer) = with_std().await;
        let mut buf = [0; 64];
        {
            let mut early = pin!(stream.read(&mut buf));
            assert_pending(early.as_mut()).await;
        }
        tell(&peer, b"tick");
        reset(peer);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
        let error = stream.read(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 0, "the error is there once");
    });
}

/// On Linux it is accepted, and the first read says what happened; on other systems `accept` may
/// say `ConnectionAborted`. Either way the next connection is accepted.
fn a_connection_that_is_reset_in_the_queue_harms_nobody(kind: Kind) {
    let (listener, address) = std_listener();
    reset(StdStream::connect(address).unwrap());
    let expected = listener.accept().and_then(|(mut stream, _)| stream.read(&mut [0; 8]));
    let expected = expected.map_err(|error| error.kind());
    run(kind, move || async move {
        let (listener, address) = listener_of_few().await;
        for waits in [false, true] {
            let waiter = listener.clone();
            let accept = async move { waiter.accept().await };
            let early = waits.then(|| mainspring::spawn(accept));
            mainspring::task::yield_now().await;
            reset(StdStream::connect(address).unwrap());
            let accepted = match early {
                Some(early) => early.await.unwrap(),
                None => listener.accept().await,
            };
            let seen = match accepted {
                Ok((mut stream, _)) => stream.read(&mut [0; 8]).await,
                Err(error) => Err(error),
            };
            assert_eq!(seen.map_err(|error| error.kind()), expected);
            let mut next = StdStream::connect(address).unwrap();
            let (mut stream, peer) = listener.accept().await.unwrap();
            assert_eq!(peer, next.local_addr().unwrap());
            next.write_all(b"tick").unwrap();
            assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 4);
        }
    });
}

async fn listener_of_few() -> (std::sync::Arc<TcpListener>, std::net::SocketAddr) {
    let (listener, address) = listener().await;
    (std::sync::Arc::new(listener), address)
}

tests::each_scheduler! {
    a_reset_in_mid_write_ends_it_with_the_kind_that_std_has,
    a_reset_wakes_the_reader_and_the_writer_that_wait,
    bytes_and_a_reset_in_one_edge_are_both_seen,
    a_connection_that_is_reset_in_the_queue_harms_nobody,
}
