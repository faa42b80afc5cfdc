//! duplex and simplex: room, ends, wakers.

use crate::help::{Bell, Inline, Kind, now, poll, run};
use mainspring::io::{
    AsyncReadExt, AsyncWriteExt, DuplexStream, ErrorKind, IoSlice, SimplexStream, duplex, simplex,
};
use mainspring::spawn;
use std::sync::Arc;
use std::task::Poll;
use tests::{Dice, refuses};

fn kind<T: std::fmt::Debug>(result: std::io::Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

#[test]
fn a_write_waits_for_room_and_a_read_makes_it() {
    let (mut a, mut b) = duplex(3);
    let bell = Bell::new();
    assert_eq!(now(a.write(b"tick")).unwrap(), 3, "as much as there is room for");
    assert!(poll(a.write(b"k"), &bell).is_pending());
    let mut buf = [0; 2];
    assert_eq!(now(b.read(&mut buf)).unwrap(), 2);
    assert_eq!((&buf, bell.rung()), (b"ti", 1));
    assert_eq!(now(a.write(b"k")).unwrap(), 1);
    let mut rest = Vec::new();
    now(a.shutdown()).unwrap();
    now(b.read_to_end(&mut rest)).unwrap();
    assert_eq!(rest, b"ck");
}

#[test]
fn a_reader_is_told_of_bytes_and_of_the_end() {
    for shutdown in [false, true] {
        let (mut a, mut b) = duplex(8);
        let bell = Bell::new();
        assert!(poll(b.read(&mut [0; 8]), &bell).is_pending());
        now(a.write_all(b"tick")).unwrap();
        assert_eq!(bell.rung(), 1);
        if shutdown {
            now(a.shutdown()).unwrap();
        } else {
            drop(a);
        }
        let mut buf = [0; 8];
        assert_eq!(now(b.read(&mut buf)).unwrap(), 4, "what was written comes first");
        assert_eq!(now(b.read(&mut buf)).unwrap(), 0);
        assert_eq!(now(b.read(&mut buf)).unwrap(), 0, "and stays so");
    }
    let (a, mut b) = duplex(8);
    let bell = Bell::new();
    assert!(poll(b.read(&mut [0; 8]), &bell).is_pending());
    drop(a);
    assert_eq!((bell.rung(), now(b.read(&mut [0; 8])).unwrap()), (1, 0));
}

#[test]
fn a_writer_whose_peer_is_gone_is_told() {
    let (mut a, b) = duplex(2);
    let bell = Bell::new();
    now(a.write_all(b"ti")).unwrap();
    assert!(poll(a.write(b"c"), &bell).is_pending());
    drop(b);
    assert_eq!((bell.rung(), kind(now(a.write(b"c")))), (1, ErrorKind::BrokenPipe));
    assert_eq!(kind(now(a.write(b""))), ErrorKind::BrokenPipe);
    now(a.flush()).unwrap();
    now(a.shutdown()).unwrap();
}

/// A half-close: the other direction goes on.
#[test]
fn after_a_shutdown_only_writing_is_over() {
    let (mut a, mut b) = duplex(8);
    now(a.shutdown()).unwrap();
    now(a.shutdown()).unwrap();
    assert_eq!(kind(now(a.write(b"tick"))), ErrorKind::BrokenPipe);
    now(b.write_all(b"tock")).unwrap();
    let mut buf = [0; 4];
    now(a.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"tock");
}

#[test]
fn nothing_is_read_and_written_at_once() {
    let (mut a, mut b) = duplex(1);
    assert_eq!(now(b.read(&mut [])).unwrap(), 0, "although nothing has come");
    now(a.write_all(b"!")).unwrap();
    assert_eq!(now(a.write(b"")).unwrap(), 0, "although there is no room");
    assert_eq!(now(a.write_vectored(&[])).unwrap(), 0);
    assert_eq!(now(a.write_vectored(&[IoSlice::new(b""), IoSlice::new(b"")])).unwrap(), 0);
    assert_eq!(now(b.read_u8()).unwrap(), b'!');
}

#[test]
fn several_buffers_are_written_as_far_as_there_is_room() {
    let (mut a, mut b) = duplex(5);
    let bufs = [IoSlice::new(b"ti"), IoSlice::new(b""), IoSlice::new(b"ck"), IoSlice::new(b"tock")];
    assert_eq!(now(a.write_vectored(&bufs)).unwrap(), 5);
    let mut buf = [0; 5];
    now(b.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"tickt");
}

/// Sizes of all kinds, and a ring that goes round many times. Memory stays within the limit.
fn two_tasks_move_what_they_like(kind: Kind) {
    let (mut seed, len) = (0, 60_000);
    for limit in [1, 2, 3, 64, 1000, 100_000] {
        let len = if limit < 64 { len / 10 } else { len };
        seed += 2;
        let (mut sizes, mut steps) = (Dice::new(seed), Dice::new(seed + 1));
        run(kind, move || async move {
            let text: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            let expected = text.clone();
            let (mut a, mut b) = duplex(limit);
            let writer = spawn(async move {
                let mut rest = text.as_slice();
                while !rest.is_empty() {
                    let n = sizes.roll(2 * limit + 1).min(rest.len());
                    let n = a.write(&rest[..n]).await.unwrap();
                    rest = &rest[n..];
                }
                a.shutdown().await.unwrap();
                assert_eq!(a.read(&mut [0; 8]).await.unwrap(), 0);
            });
            let mut got: Vec<u8> = Vec::new();
            loop {
                let mut buf = vec![0; 1 + steps.roll(2 * limit)];
                match b.read(&mut buf).await.unwrap() {
                    0 => break,
                    n => got.extend(&buf[..n]),
                }
            }
            assert!(got == expected, "seed {seed}");
            drop(b);
            writer.await.unwrap();
        });
    }
}

/// The waker of one end polls it at once, inside of the other end's call.
#[test]
fn a_waker_may_poll_at_once() {
    let (mut a, mut b) = duplex(4);
    let echo = Inline::start(async move {
        let mut buf = [0; 2];
        while b.read(&mut buf).await.unwrap() > 0 {
            b.write_all(&buf).await.unwrap();
        }
    });
    for _ in 0..3 {
        now(a.write_all(b"ti")).unwrap();
        let mut buf = [0; 2];
        now(a.read_exact(&mut buf)).unwrap();
        assert_eq!(&buf, b"ti");
    }
    drop(a);
    assert!(echo.has_ended());
}

/// Of two tasks that wait at one end, one after the other, the last one is told, and the first
/// waker is gone.
#[test]
fn the_last_waker_counts() {
    let (mut a, mut b) = duplex(4);
    let (first, second) = (Bell::new(), Bell::new());
    assert!(poll(b.read(&mut [0; 4]), &first).is_pending());
    assert!(poll(b.read(&mut [0; 4]), &second).is_pending());
    assert_eq!(Arc::strong_count(&first), 1);
    now(a.write_all(b"tick")).unwrap();
    assert_eq!((first.rung(), second.rung()), (0, 1));
}

/// Both halves of both ends wait at once: none takes the other's waker.
#[test]
fn each_direction_has_its_own_waker() {
    let (mut a, mut b) = duplex(1);
    let (reads, writes) = (Bell::new(), Bell::new());
    now(a.write_all(b"!")).unwrap();
    assert!(poll(a.write(b"?"), &writes).is_pending());
    assert!(poll(a.read(&mut [0]), &reads).is_pending());
    now(b.write_all(b"!")).unwrap();
    assert_eq!((reads.rung(), writes.rung()), (1, 0));
    assert_eq!(now(b.read_u8()).unwrap(), b'!');
    assert_eq!((reads.rung(), writes.rung()), (1, 1));
}

#[test]
fn the_halves_of_a_simplex_end_with_each_other() {
    let (mut reader, mut writer) = simplex(8);
    assert!(reader.is_pair_of(&writer));
    let bell = Bell::new();
    assert!(poll(reader.read(&mut [0; 8]), &bell).is_pending());
    now(writer.write_all(b"tick")).unwrap();
    drop(writer);
    assert_eq!(bell.rung(), 1);
    let mut text = String::new();
    now(reader.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "tick");

    let (reader, mut writer) = simplex(2);
    now(writer.write_all(b"ti")).unwrap();
    assert!(poll(writer.write(b"c"), &bell).is_pending());
    drop(reader);
    assert_eq!((bell.rung(), kind(now(writer.write(b"c")))), (2, ErrorKind::BrokenPipe));
}

#[test]
fn a_simplex_in_one_piece_reads_what_it_wrote() {
    let (mut reader, mut writer) = simplex(8);
    now(writer.write_all(b"ti")).unwrap();
    assert_eq!(now(reader.read_u8()).unwrap(), b't');
    let mut whole: SimplexStream = reader.unsplit(writer);
    now(whole.write_all(b"ck")).unwrap();
    let mut buf = [0; 3];
    now(whole.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"ick");
    assert!(poll(whole.read(&mut buf), &Bell::new()).is_pending(), "it has not been closed");

    let mut whole = SimplexStream::new_unsplit(2);
    now(whole.write_all(b"!?")).unwrap();
    now(whole.shutdown()).unwrap();
    assert_eq!(kind(now(whole.write(b"!"))), ErrorKind::BrokenPipe);
    let mut rest = Vec::new();
    now(whole.read_to_end(&mut rest)).unwrap();
    assert_eq!(rest, b"!?");
}

#[test]
fn a_pipe_without_room_is_refused_where_it_is_made() {
    refuses(&["`max_buf_size` is 0"], || duplex(0));
    refuses(&["`max_buf_size` is 0"], || simplex(0));
    refuses(&["`max_buf_size` is 0"], || SimplexStream::new_unsplit(0));
}

/// A reader and a writer that are always ready share a thread with others.
#[test]
fn a_duplex_spends_the_budget() {
    let runtime = Kind::CurrentThread.runtime();
    runtime.block_on(async {
        let talks = spawn(async {
            let (mut a, mut b) = duplex(8);
            for _ in 0..1000 {
                a.write_all(b"tick").await.unwrap();
                b.read_exact(&mut [0; 4]).await.unwrap();
            }
        });
        mainspring::task::yield_now().await;
        mainspring::task::yield_now().await;
        assert!(!talks.is_finished());
        talks.await.unwrap();
    });
}

#[test]
fn a_dump_names_what_a_task_waits_for() {
    let mut builder = Kind::CurrentThread.builder();
    let runtime = builder.dump(true).build().unwrap();
    runtime.block_on(async {
        let (_a, mut b) = duplex(8);
        let task = spawn(async move { b.read(&mut [0; 8]).await });
        mainspring::task::yield_now().await;
        let dump = mainspring::runtime::dump();
        let text: Vec<_> = dump.iter().map(ToString::to_string).collect();
        assert!(text.iter().any(|line| line.contains("a duplex at 0x")), "{text:?}");
        task.abort();
    });
}

#[test]
fn streams_in_memory_can_be_sent_and_shared() {
    fn check<T: Send + Sync + Unpin + std::fmt::Debug>(_: &T) {}
    let (a, _b) = duplex(8);
    check::<DuplexStream>(&a);
    let (reader, writer) = simplex(8);
    check(&reader);
    check(&writer);
    assert!(matches!(poll(async { format!("{a:?}") }, &Bell::new()), Poll::Ready(text)
        if text.contains("0/8")));
}

tests::each_scheduler! { two_tasks_move_what_they_like }
