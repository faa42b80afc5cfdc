//! A reader slower than the writer: the writer stops when the buffers of the kernel are full, and
//! nothing piles up anywhere else.

use crate::help::*;
use crate::tools::*;
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tests::many::{alone, memory, until};

/// Two buffers of 16 KiB, which Linux doubles; a packet of 64 KiB may be under way besides.
const KERNEL: usize = 256 * 1024;
const ALL: usize = 8 << 20;

/// Bytes accepted less bytes read are what the kernel holds.
fn a_writer_stops_when_the_kernel_s_buffers_are_full(kind: Kind) {
    run(kind, || async {
        let (mut stream, peer) = with_std().await;
        peer.set_nonblocking(true).unwrap();
        small_buffers(&stream, &peer);
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = accepted.clone();
        let (writer, polls) = Polls::of(async move {
            let block = vec![7; 64 * 1024];
            let mut left = ALL;
            while left > 0 {
                let n = stream.write(&block[..block.len().min(left)]).await.unwrap();
                count.fetch_add(n, Ordering::SeqCst);
                left -= n;
            }
        });
        let writer = mainspring::spawn(writer);
        let (mut read, mut most, mut buf) = (0, 0, vec![0; 10_000]);
        while read < ALL {
            mainspring::task::yield_now().await;
            // What was read at once may not have been counted yet.
            most = most.max(accepted.load(Ordering::SeqCst).saturating_sub(read));
            assert!(most <= KERNEL, "{most} bytes are on the way");
            let n = read_at(&peer, &mut buf).await.unwrap();
            assert!(n > 0);
            read += n;
        }
        writer.await.unwrap();
        assert_eq!(accepted.load(Ordering::SeqCst), ALL);
        // Woken when there is room, not for every byte that was read.
        let polls = polls.load(Ordering::SeqCst);
        assert!(polls <= ALL / 1000, "{polls} polls for {} KiB", ALL / 1024);
    });
}

/// A full pipe of many megabytes leaves the process as small as it was.
#[test]
fn memory_does_not_grow_with_what_was_sent() {
    const TEST: &str = "slow_reader::memory_does_not_grow_with_what_was_sent";
    const SENT: usize = 64 << 20;
    const GROWTH: usize = 8 << 20;
    alone(TEST, || {
        for kind in [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)] {
            let runtime = kind.runtime();
            let before = Arc::new(AtomicUsize::new(0));
            let first = before.clone();
            runtime.block_on(async move {
                let (client, server) = pair().await;
                let writer = mainspring::spawn(async move {
                    let (mut client, block) = (client, vec![7; 64 * 1024]);
                    for _ in 0..SENT / block.len() {
                        client.write_all(&block).await.unwrap();
                    }
                });
                let reader = mainspring::spawn(async move {
                    let (mut server, mut buf, mut read) = (server, vec![0; 8 * 1024], 0);
                    loop {
                        match server.read(&mut buf).await.unwrap() {
                            0 => break,
                            n => read += n,
                        }
                        // Now and then it does something else for a while.
                        if read % 16 == 0 {
                            mainspring::task::yield_now().await;
                        }
                        if read > SENT / 8 {
                            let now = memory().1;
                            let _ =
                                first.compare_exchange(0, now, Ordering::SeqCst, Ordering::SeqCst);
                            let grown = now.saturating_sub(first.load(Ordering::SeqCst));
                            assert!(grown < GROWTH, "{grown} bytes more after {read}");
                        }
                    }
                    assert_eq!(read, SENT);
                });
                writer.await.unwrap();
                reader.await.unwrap();
            });
            drop(runtime);
            until("it was measured", || before.load(Ordering::SeqCst) > 0);
        }
    });
}

tests::each_scheduler! { a_writer_stops_when_the_kernel_s_buffers_are_full }
