//! What copies hold: one buffer a direction, for as long as that direction lasts.

use crate::{KEPT, made};
use mainspring::io::{
    AsyncReadExt, AsyncWriteExt, BufReader, copy, copy_bidirectional,
    copy_bidirectional_with_sizes, copy_buf, duplex, empty, join, repeat, sink, split,
};
use mainspring::net::{TcpListener, TcpStream};
use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use tests::runtime;

#[test]
fn a_copy_is_one_buffer() {
    runtime().block_on(async {
        let mut reader = repeat(1).take(1 << 20);
        let (count, largest) = made(async { copy(&mut reader, &mut sink()).await.unwrap() }).await;
        assert_eq!((count, largest), (1, 8192));
        let mut reader = BufReader::new(repeat(1).take(1 << 20));
        let bufs = made(async { copy_buf(&mut reader, &mut sink()).await.unwrap() });
        assert_eq!(bufs.await.0, 0, "the reader has one");
    });
}

#[test]
fn a_copy_in_both_directions_is_two_buffers() {
    runtime().block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut left, _) = listener.accept().await.unwrap();
        let mut right = join(repeat(1).take(100_000), sink());
        client.write_all(&[7; 50_000]).await.unwrap();
        client.shutdown().await.unwrap();
        let copies = made(async { copy_bidirectional(&mut left, &mut right).await.unwrap() });
        let mut copies = pin!(copies);
        let mut got = vec![0; 100_000];
        let reads = async {
            client.read_exact(&mut got).await.unwrap();
        };
        let mut reads = pin!(reads);
        let (count, largest) = poll_fn(|cx| {
            let _ = reads.as_mut().poll(cx);
            copies.as_mut().poll(cx)
        })
        .await;
        assert_eq!((count, largest), (2, 8192));
        let mut ends = (join(empty(), sink()), join(empty(), sink()));
        let sizes = made(copy_bidirectional_with_sizes(&mut ends.0, &mut ends.1, 100, 70_000));
        assert_eq!(sizes.await, (2, 70_000));
    });
}

/// A direction that has ended gives its buffer back while the other goes on.
#[test]
fn a_direction_that_has_ended_holds_nothing() {
    runtime().block_on(async {
        let (client, left) = duplex(64);
        let mut ends = (join(empty(), sink()), left);
        let before = KEPT.get();
        let mut copies = Box::pin(copy_bidirectional(&mut ends.0, &mut ends.1));
        let kept = poll_fn(|cx| {
            assert!(copies.as_mut().poll(cx).is_pending());
            Poll::Ready(KEPT.get())
        })
        .await;
        assert_eq!(kept - before, 2, "the future, and one buffer");
        drop(copies);
        drop(client);
    });
}

#[test]
fn a_pipe_in_memory_takes_no_more_than_its_limit() {
    runtime().block_on(async {
        let (mut a, mut b) = duplex(1000);
        let moved = made(async {
            let mut text = [7; 300];
            for _ in 0..20 {
                for _ in 0..3 {
                    a.write_all(&text).await.unwrap();
                }
                for _ in 0..3 {
                    b.read_exact(&mut text).await.unwrap();
                }
            }
            assert_eq!(a.write(&[7; 5000]).await.unwrap(), 1000);
        });
        let (count, largest) = moved.await;
        assert!(count <= 4 && largest <= 1000, "{count} {largest}");
        let (count, _) = made(async { drop(split(b)) }).await;
        assert_eq!(count, 2, "the stream's place, and what the halves share");
    });
}
