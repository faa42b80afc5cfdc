//! copy, copy_buf, copy_bidirectional: how much at once, when they yield, how they end.

use crate::Step::{Bytes, Error, Wait};
use crate::help::{Bell, Kind, now, pair, poll, run};
use crate::{Script, run as run_here};
use mainspring::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter, copy,
    copy_bidirectional, copy_bidirectional_with_sizes, copy_buf, duplex, join, repeat, sink,
};
use mainspring::runtime::Builder;
use mainspring::spawn;
use mainspring::task::yield_now;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tests::{panic_of, until};

/// Takes everything, and notes the sizes of the writes.
#[derive(Default)]
struct Sizes(Vec<usize>);

impl AsyncWrite for Sizes {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.push(buf.len());
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_full_buffer_is_written_once() {
    run_here(async {
        let mut sizes = Sizes::default();
        let mut reader = repeat(1).take(20_000);
        assert_eq!(copy(&mut reader, &mut sizes).await.unwrap(), 20_000);
        assert_eq!(sizes.0, [8192, 8192, 3616]);
        let mut sizes = Sizes::default();
        let mut reader = BufReader::with_capacity(15_000, repeat(1).take(20_000));
        assert_eq!(copy_buf(&mut reader, &mut sizes).await.unwrap(), 20_000);
        assert_eq!(sizes.0, [15_000, 5_000], "as the reader has them");
    });
}

/// What was written before a reader waits arrives, although the writer collects.
#[test]
fn a_reader_that_waits_flushes_the_writer() {
    let (mut client, from) = duplex(64);
    let (to, mut server) = duplex(64);
    let bell = Bell::new();
    let mut both = (from, BufWriter::new(to));
    let mut copies = Box::pin(async move { copy(&mut both.0, &mut both.1).await.unwrap() });
    now(client.write_all(b"tick")).unwrap();
    assert!(poll(copies.as_mut(), &bell).is_pending());
    let mut buf = [0; 4];
    now(server.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"tick");

    let (mut client, from) = duplex(64);
    let (to, mut server) = duplex(64);
    let mut both = (BufReader::new(from), BufWriter::new(to));
    let mut copies = Box::pin(async move { copy_buf(&mut both.0, &mut both.1).await.unwrap() });
    now(client.write_all(b"tock")).unwrap();
    assert!(poll(copies.as_mut(), &bell).is_pending());
    now(server.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"tock");
    drop(client);
    assert_eq!(now(copies), 4);
}

#[test]
fn what_came_before_an_error_is_written() {
    run_here(async {
        let steps = [Bytes(b"tick"), Wait, Bytes(b"tock"), Error(ErrorKind::ConnectionReset)];
        let mut writer = Vec::new();
        let error = copy(&mut Script::reading(&steps), &mut writer).await.unwrap_err();
        assert_eq!(
            (error.kind(), writer.as_slice()),
            (ErrorKind::ConnectionReset, &b"ticktock"[..])
        );
        writer.clear();
        let mut reader = BufReader::new(Script::reading(&steps));
        let error = copy_buf(&mut reader, &mut writer).await.unwrap_err();
        assert_eq!(
            (error.kind(), writer.as_slice()),
            (ErrorKind::ConnectionReset, &b"ticktock"[..])
        );
    });
}

#[test]
fn a_read_that_a_signal_interrupts_is_tried_again() {
    run_here(async {
        let steps = [Bytes(b"tick"), Error(ErrorKind::Interrupted), Bytes(b"tock")];
        let mut writer = Vec::new();
        assert_eq!(copy(&mut Script::reading(&steps), &mut writer).await.unwrap(), 8);
        let mut reader = BufReader::new(Script::reading(&steps));
        assert_eq!(copy_buf(&mut reader, &mut writer).await.unwrap(), 8);
        assert_eq!(writer, b"ticktockticktock");
    });
}

#[test]
fn writes_of_one_byte_and_of_none() {
    run_here(async {
        let mut writer = Script::writing(1);
        assert_eq!(copy(&mut &b"tick tock"[..], &mut writer).await.unwrap(), 9);
        assert_eq!(copy_buf(&mut &b"!?"[..], &mut writer).await.unwrap(), 2);
        assert_eq!(writer.written, b"tick tock!?");
        let error = copy_buf(&mut &b"more"[..], &mut Script::writing(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
        let mut nothing = Script::writing(1);
        assert_eq!(copy(&mut &b""[..], &mut nothing).await.unwrap(), 0);
        assert_eq!((nothing.flushes, nothing.written.len()), (1, 0));
    });
}

/// Neither a slice nor a vector spends the budget of the poll; the copy does.
#[test]
fn a_copy_that_never_waits_lets_others_run() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let big = vec![7; 16 << 20];
        let slices = spawn(async move { copy(&mut big.as_slice(), &mut Vec::new()).await });
        let endless = spawn(async { copy(&mut repeat(1), &mut sink()).await });
        for _ in 0..5 {
            yield_now().await;
        }
        assert!(!slices.is_finished() && !endless.is_finished());
        assert_eq!(slices.await.unwrap().unwrap(), 16 << 20);
        endless.abort();
    });
}

/// Lines in a slice: each fill of the buffer is one byte.
#[test]
fn a_copy_from_a_buffer_that_is_never_empty_lets_others_run() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let text = vec![b'\n'; 10_000];
        let copies = spawn(async move {
            let mut reader = BufReader::with_capacity(1, text.as_slice());
            copy_buf(&mut reader, &mut Vec::new()).await
        });
        for _ in 0..5 {
            yield_now().await;
        }
        assert!(!copies.is_finished(), "128 a turn");
        assert_eq!(copies.await.unwrap().unwrap(), 10_000);
    });
}

/// One direction is endless and never waits; the other gets its turn all the same.
#[test]
fn a_direction_that_never_waits_leaves_the_other_its_turn() {
    #[derive(Clone, Default)]
    struct Count(Arc<AtomicUsize>);
    impl AsyncWrite for Count {
        fn poll_write(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            self.0.fetch_add(buf.len(), Ordering::SeqCst);
            Poll::Ready(Ok(buf.len()))
        }
        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for first in [true, false] {
            let count = Count::default();
            let mut flood = join(repeat(1), count.clone());
            let mut drip = join(repeat(2).take(100_000), sink());
            let both = spawn(async move {
                match first {
                    true => copy_bidirectional(&mut flood, &mut drip).await,
                    false => copy_bidirectional(&mut drip, &mut flood).await,
                }
            });
            until(|| count.0.load(Ordering::SeqCst) == 100_000).await;
            both.abort();
        }
    });
}

/// The client has sent its request and closed its half; the answer comes all the same. And the
/// other way round.
fn a_half_close_is_passed_on_and_the_other_half_goes_on(kind: Kind) {
    run(kind, || async {
        for server_first in [false, true] {
            let (mut client, mut left) = pair().await;
            let (mut right, mut server) = pair().await;
            let proxy = spawn(async move { copy_bidirectional(&mut left, &mut right).await });
            let (first, last) = match server_first {
                false => (&mut client, &mut server),
                true => (&mut server, &mut client),
            };
            first.write_all(b"request").await.unwrap();
            first.shutdown().await.unwrap();
            let mut text = String::new();
            last.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "request");
            last.write_all(b"the answer").await.unwrap();
            last.shutdown().await.unwrap();
            text.clear();
            first.read_to_string(&mut text).await.unwrap();
            assert_eq!(text, "the answer");
            let counts = if server_first { (10, 7) } else { (7, 10) };
            assert_eq!(proxy.await.unwrap().unwrap(), counts);
        }
    });
}

/// A mebibyte each way at once, through sockets, with buffers of several sizes.
fn both_directions_at_once(kind: Kind) {
    run(kind, || async {
        for (to_b, to_a) in [(8192, 8192), (1000, 60_000), (16, 7)] {
            let len = if to_a < 100 { 20_000 } else { 1 << 20 };
            let (client, mut left) = pair().await;
            let (mut right, server) = pair().await;
            let proxy = spawn(async move {
                copy_bidirectional_with_sizes(&mut left, &mut right, to_b, to_a).await
            });
            let ends = [client, server].map(|end| {
                let (mut read, mut write) = end.into_split();
                let text: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
                let expected = text.clone();
                let writes = spawn(async move {
                    write.write_all(&text).await.unwrap();
                    write.shutdown().await.unwrap();
                });
                let reads = spawn(async move {
                    let mut got = Vec::new();
                    read.read_to_end(&mut got).await.unwrap();
                    assert!(got == expected);
                });
                [writes, reads]
            });
            for end in ends.into_iter().flatten() {
                end.await.unwrap();
            }
            assert_eq!(proxy.await.unwrap().unwrap(), (len as u64, len as u64));
        }
    });
}

#[test]
fn an_error_of_one_direction_ends_both() {
    run_here(async {
        let (_client, mut quiet) = duplex(8);
        let mut broken = Script::reading(&[Bytes(b"ti"), Error(ErrorKind::ConnectionReset)]);
        let error = copy_bidirectional(&mut quiet, &mut broken).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn a_copy_without_a_buffer_is_refused() {
    for (sizes, name) in [((0, 1), "a_to_b"), ((1, 0), "b_to_a")] {
        let said = panic_of(|| {
            let (mut a, mut b) = (duplex(1).0, duplex(1).0);
            now(copy_bidirectional_with_sizes(&mut a, &mut b, sizes.0, sizes.1))
        });
        assert!(said.text.contains(name) && said.text.contains("is 0"), "{}", said.text);
    }
}

/// At the end there is nothing to be shown, and asking twice would ask the reader twice.
#[test]
fn a_look_at_the_end_costs_one_unit_at_most() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        for spent in 0..130 {
            let (mut writer, reader) = duplex(8);
            writer.write_all(b"tick").await.unwrap();
            drop(writer);
            spawn(async move {
                let mut reader = BufReader::with_capacity(4, reader);
                for _ in 0..spent {
                    mainspring::task::consume_budget().await;
                }
                assert_eq!(reader.fill_buf().await.unwrap(), b"tick");
                reader.consume(4);
                assert_eq!(reader.fill_buf().await.unwrap(), b"");
            })
            .await
            .unwrap();
        }
    });
}

tests::each_scheduler! {
    a_half_close_is_passed_on_and_the_other_half_goes_on,
    both_directions_at_once,
}
