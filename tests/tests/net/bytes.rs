//! What arrives: bytes, ends, resets, back-pressure.

use crate::help::*;
use mainspring::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Interest};
use mainspring::net::TcpStream;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::net::Shutdown;
use std::pin::pin;

fn what_is_written_comes_back(kind: Kind) {
    run(kind, || async {
        let (client, server) = pair().await;
        echoes(client, server).await;
    });
}

fn a_closed_write_half_ends_the_reading_at_the_other_end_only(kind: Kind) {
    run(kind, || async {
        let (client, server) = pair().await;
        closes_by_halves(client, server).await;
    });
}

/// Bytes and the end arrive before the reader looks, as one edge; the read comes out short. If it
/// cleared more than READABLE, the end would never be seen.
fn bytes_and_the_end_in_one_edge_are_both_seen(kind: Kind) {
    run(kind, || async {
        let (mut stream, mut peer) = with_std().await;
        let mut buf = [0; 64];
        {
            let mut early = pin!(stream.read(&mut buf));
            assert_pending(early.as_mut()).await;
        }
        peer.write_all(b"tick").unwrap();
        peer.shutdown(Shutdown::Both).unwrap();
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 0);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 0, "an end stays an end");
    });
}

fn a_reset_by_the_peer_is_an_error_for_the_reader_and_the_writer(kind: Kind) {
    run(kind, || async {
        let (mut stream, peer) = with_std().await;
        close_with_reset(peer);
        let mut buf = [0; 64];
        let error = stream.read(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = stream.write_all(b"into the void").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    });
}

fn a_reset_wakes_a_reader_that_waits(kind: Kind) {
    run(kind, || async {
        let (mut stream, peer) = with_std().await;
        let reader = mainspring::spawn(async move { stream.read(&mut [0; 64]).await });
        mainspring::task::yield_now().await;
        close_with_reset(peer);
        let error = reader.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

fn two_hundred_connections_at_once(kind: Kind) {
    run(kind, || async {
        let (listener, addr) = listener().await;
        let server = mainspring::spawn(async move {
            let mut connections = Vec::new();
            for _ in 0..200 {
                let (stream, _peer) = listener.accept().await.unwrap();
                connections.push(mainspring::spawn(echo(stream)));
            }
            for connection in connections {
                connection.await.unwrap().unwrap();
            }
        });
        let clients: Vec<_> = (0..200_u32)
            .map(|client| {
                mainspring::spawn(async move {
                    let mut stream = TcpStream::connect(addr).await.unwrap();
                    for round in 0..20 {
                        let message = [client * 1000 + round; 16].map(u32::to_be_bytes).concat();
                        stream.write_all(&message).await.unwrap();
                        let mut answer = vec![0; message.len()];
                        stream.read_exact(&mut answer).await.unwrap();
                        assert_eq!(answer, message);
                    }
                })
            })
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        server.await.unwrap();
    });
}

/// More than the socket buffers hold, in both directions at once: both ends feel back-pressure.
fn a_megabyte_each_way_at_once(kind: Kind) {
    const BYTES: usize = 1 << 20;
    run(kind, || async {
        let (client, server) = pair().await;
        let both = [client, server].map(|stream| {
            mainspring::spawn(async move {
                let (mut reader, mut writer) = stream.into_split();
                let sender = mainspring::spawn(async move {
                    let block: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
                    writer.write_all(&block).await.unwrap();
                });
                let mut received = Vec::new();
                reader.read_to_end(&mut received).await.unwrap();
                assert_eq!(received.len(), BYTES);
                assert!(received.iter().enumerate().all(|(at, &byte)| byte == (at % 251) as u8));
                sender.await.unwrap();
            })
        });
        for end in both {
            end.await.unwrap();
        }
    });
}

fn vectored_writes_and_reads_keep_the_order(kind: Kind) {
    run(kind, || async {
        let (mut client, server) = pair().await;
        let parts = [IoSlice::new(b"head,"), IoSlice::new(b""), IoSlice::new(b"body")];
        assert_eq!(client.write_vectored(&parts).await.unwrap(), 9);
        client.shutdown().await.unwrap();
        let (mut first, mut second) = ([0; 3], [0; 16]);
        let mut bufs = [io::IoSliceMut::new(&mut first), io::IoSliceMut::new(&mut second)];
        let n = poll_fn(|cx| server.poll_read_vectored(cx, &mut bufs)).await.unwrap();
        assert_eq!(n, 9);
        assert_eq!((&first, &second[..6]), (b"hea", &b"d,body"[..]));
    });
}

/// A syscall takes 1024 buffers at most, and std leaves the others. That is no short transfer: the
/// socket is as ready as before, and there is no other edge to wait for.
fn more_buffers_than_a_syscall_takes_leave_the_socket_ready(kind: Kind) {
    const MANY: usize = 2500;
    run(kind, || async {
        let (mut client, server) = pair().await;
        let parts = vec![IoSlice::new(b"x"); MANY];
        let (mut written, mut read) = (0, 0);
        while written < MANY {
            written += client.write_vectored(&parts[written..]).await.unwrap();
        }
        server.readable().await.unwrap();
        while read < MANY {
            let mut bytes = [0; MANY];
            let mut bufs: Vec<_> = bytes.chunks_mut(1).map(io::IoSliceMut::new).collect();
            read += poll_fn(|cx| server.poll_read_vectored(cx, &mut bufs)).await.unwrap();
        }
        assert_eq!(read, MANY);
    });
}

/// Only the write would block, but the question was for both directions: the end must not be lost.
fn a_try_for_both_directions_that_blocks_keeps_the_end(kind: Kind) {
    run(kind, || async {
        let (mut stream, peer) = with_std().await;
        peer.shutdown(Shutdown::Write).unwrap();
        stream.readable().await.unwrap();
        let (both, bytes) = (Interest::READABLE | Interest::WRITABLE, vec![0; 1 << 20]);
        let full = loop {
            match stream.try_io(both, || stream.as_sock_ref().send(&bytes)) {
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
        assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

fn reads_into_uninitialised_memory_fill_what_they_say(kind: Kind) {
    run(kind, || async {
        let (stream, mut peer) = with_std().await;
        peer.write_all(b"tick").unwrap();
        let mut buf = [std::mem::MaybeUninit::new(0xAA); 8];
        let n = poll_fn(|cx| stream.poll_read_uninit(cx, &mut buf)).await.unwrap();
        let bytes = buf.map(|byte| unsafe {
            // SAFETY: all of `buf` was initialised above; the kernel wrote the first `n`.
            byte.assume_init()
        });
        assert_eq!(n, 4);
        assert_eq!(&bytes, b"tick\xAA\xAA\xAA\xAA");
    });
}

fn lines_come_whole_whatever_the_packets(kind: Kind) {
    run(kind, || async {
        let (stream, mut peer) = with_std().await;
        let writer = std::thread::spawn(move || {
            for piece in ["ti", "ck\nto", "ck\r", "\n", "last"] {
                peer.write_all(piece.as_bytes()).unwrap();
            }
        });
        let mut lines = BufReader::with_capacity(3, stream).lines();
        let mut seen = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            seen.push(line);
        }
        assert_eq!(seen, ["tick", "tock", "last"]);
        writer.join().unwrap();
    });
}

fn a_peeked_byte_is_read_again(kind: Kind) {
    run(kind, || async {
        let (mut stream, mut peer) = with_std().await;
        peer.write_all(b"tick").unwrap();
        let mut buf = [0; 8];
        assert_eq!(stream.peek(&mut buf).await.unwrap(), 4);
        assert_eq!(stream.read(&mut buf).await.unwrap(), 4);
    });
}

tests::each_scheduler! {
    what_is_written_comes_back,
    a_closed_write_half_ends_the_reading_at_the_other_end_only,
    bytes_and_the_end_in_one_edge_are_both_seen,
    a_reset_by_the_peer_is_an_error_for_the_reader_and_the_writer,
    a_reset_wakes_a_reader_that_waits,
    two_hundred_connections_at_once,
    a_megabyte_each_way_at_once,
    vectored_writes_and_reads_keep_the_order,
    more_buffers_than_a_syscall_takes_leave_the_socket_ready,
    a_try_for_both_directions_that_blocks_keeps_the_end,
    reads_into_uninitialised_memory_fill_what_they_say,
    lines_come_whole_whatever_the_packets,
    a_peeked_byte_is_read_again,
}
