//! split and join: halves of any stream in two tasks, and whole again.

use crate::help::{Bell, Inline, Kind, now, poll, run};
use mainspring::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, IoSlice, duplex, join,
    split,
};
use mainspring::spawn;
use std::io;
use std::marker::PhantomPinned;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Context, Poll};
use tests::refuses;

#[test]
fn halves_are_whole_again() {
    let (a, mut b) = duplex(16);
    let (mut reader, mut writer) = split(a);
    let (other, theirs) = split(duplex(16).0);
    assert!(reader.is_pair_of(&writer) && writer.is_pair_of(&reader));
    assert!(!reader.is_pair_of(&theirs) && !theirs.is_pair_of(&reader));
    now(writer.write_all(b"tick")).unwrap();
    now(b.write_all(b"tock")).unwrap();
    let mut buf = [0; 2];
    now(reader.read_exact(&mut buf)).unwrap();
    refuses(&["halves of two streams", "is_pair_of"], || other.unsplit(writer));

    let (a, mut b) = duplex(16);
    let (reader, mut writer) = split(a);
    now(writer.write_vectored(&[IoSlice::new(b"ti"), IoSlice::new(b"ck")])).unwrap();
    now(b.write_all(b"tock")).unwrap();
    let mut a = reader.unsplit(writer);
    let mut buf = [0; 4];
    now(a.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"tock");
    now(b.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"tick");
}

/// The stream is closed when both halves are gone, and not before; a shutdown of the writer is one.
#[test]
fn the_stream_ends_with_its_second_half() {
    for reader_first in [false, true] {
        let (a, mut b) = duplex(16);
        let (reader, writer) = split(a);
        let bell = Bell::new();
        assert!(poll(b.read(&mut [0; 4]), &bell).is_pending());
        if reader_first {
            drop(reader);
            assert_eq!(bell.rung(), 0);
            drop(writer);
        } else {
            drop(writer);
            assert_eq!(bell.rung(), 0);
            drop(reader);
        }
        assert_eq!((bell.rung(), now(b.read(&mut [0; 4])).unwrap()), (1, 0));
    }
    let (a, mut b) = duplex(16);
    let (_reader, mut writer) = split(a);
    now(writer.shutdown()).unwrap();
    assert_eq!(now(b.read(&mut [0; 4])).unwrap(), 0);
}

/// Reading and writing at once, in tasks of their own, on every scheduler.
fn halves_work_at_the_same_time(kind: Kind) {
    const LEN: usize = 200_000;
    run(kind, || async {
        let (a, b) = duplex(1000);
        let ends = [split(a), split(b)].map(|(mut reader, mut writer)| {
            let writes = spawn(async move {
                let text: Vec<u8> = (0..LEN).map(|n| (n % 251) as u8).collect();
                for piece in text.chunks(700) {
                    writer.write_all(piece).await.unwrap();
                    writer.flush().await.unwrap();
                }
                writer.shutdown().await.unwrap();
            });
            let reads = spawn(async move {
                let mut got = Vec::new();
                reader.read_to_end(&mut got).await.unwrap();
                assert!(got.iter().enumerate().all(|(n, byte)| *byte == (n % 251) as u8));
                assert_eq!(got.len(), LEN);
            });
            [writes, reads]
        });
        for end in ends.into_iter().flatten() {
            end.await.unwrap();
        }
    });
}

/// Does what it is told inside of its polls.
struct Told<F>(F);

impl<F: FnMut(&mut Context<'_>) -> Poll<io::Result<usize>> + Unpin> AsyncRead for Told<F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0(cx)
    }
}

impl<F: Unpin> AsyncWrite for Told<F> {
    fn poll_write(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A half that is polled while the other one is does not block, and is called afterwards.
#[test]
fn a_half_waits_while_the_other_is_polled() {
    let inside = Arc::new(Barrier::new(2));
    let theirs = inside.clone();
    let (mut reader, mut writer) = split(Told(move |_: &mut Context<'_>| {
        theirs.wait();
        theirs.wait();
        Poll::Ready(Ok(0))
    }));
    let thread = std::thread::spawn(move || now(reader.read(&mut [0; 4])).unwrap());
    inside.wait();
    let (first, second) = (Bell::new(), Bell::new());
    assert!(poll(writer.write(b"tick"), &first).is_pending());
    assert!(poll(writer.write(b"tick"), &second).is_pending());
    assert_eq!((first.rung(), second.rung()), (0, 0));
    inside.wait();
    thread.join().unwrap();
    assert_eq!((first.rung(), second.rung()), (0, 1));
    assert_eq!(now(writer.write(b"tick")).unwrap(), 4);
}

/// The stream calls a waker that polls the other half at once: no deadlock, and it gets its turn.
#[test]
fn a_waker_may_poll_the_other_half_at_once() {
    let parked: Arc<Mutex<Option<std::task::Waker>>> = Arc::default();
    let calls = parked.clone();
    let (mut reader, writer) = split(Told(move |_: &mut Context<'_>| {
        calls.lock().unwrap().take().into_iter().for_each(std::task::Waker::wake);
        Poll::Ready(Ok(0))
    }));
    let writer = Arc::new(Mutex::new(Some(writer)));
    let (theirs, mut waited) = (writer.clone(), false);
    let leaves = parked.clone();
    let other = Inline::start(async move {
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut waited, true) {
                return Poll::Ready(());
            }
            *leaves.lock().unwrap() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        let mut writer = theirs.lock().unwrap().take().unwrap();
        assert_eq!(writer.write(b"tick").await.unwrap(), 4);
    });
    assert_eq!(now(reader.read(&mut [0; 4])).unwrap(), 0);
    assert!(other.has_ended());
}

#[test]
fn a_poll_that_panics_leaves_the_stream_in_its_place() {
    let mut calls = 0;
    let (mut reader, mut writer) = split(Told(move |_: &mut Context<'_>| {
        calls += 1;
        assert!(calls > 1, "the first time");
        Poll::Ready(Ok(0))
    }));
    let read = catch_unwind(AssertUnwindSafe(|| now(reader.read(&mut [0; 4]))));
    assert!(read.is_err());
    assert_eq!(now(writer.write(b"tick")).unwrap(), 4);
    assert_eq!(now(reader.read(&mut [0; 4])).unwrap(), 0);
}

/// A stream that must not be moved can be split.
#[test]
fn a_stream_that_is_pinned_can_be_split() {
    struct Still(PhantomPinned);
    impl AsyncRead for Still {
        fn poll_read(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            buf[0] = b'!';
            Poll::Ready(Ok(1))
        }
    }
    impl AsyncWrite for Still {
        fn poll_write(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Ok(buf.len()))
        }
        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }
    let (mut reader, mut writer) = split(Still(PhantomPinned));
    assert_eq!(now(reader.read_u8()).unwrap(), b'!');
    now(writer.write_all(b"tick")).unwrap();
}

#[test]
fn a_joined_stream_is_its_reader_and_its_writer() {
    let mut stream = join(&b"tick\ntock"[..], Vec::new());
    let mut line = String::new();
    now(stream.read_line(&mut line)).unwrap();
    now(stream.write_vectored(&[IoSlice::new(b"a"), IoSlice::new(b"b")])).unwrap();
    now(stream.flush()).unwrap();
    now(stream.shutdown()).unwrap();
    assert_eq!((line.as_str(), *stream.reader()), ("tick\n", &b"tock"[..]));
    *stream.reader_mut() = b"!";
    stream.writer_mut().push(b'c');
    assert_eq!(now(Pin::new(&mut stream).reader_pin_mut().get_mut().read_u8()).unwrap(), b'!');
    Pin::new(&mut stream).writer_pin_mut().get_mut().push(b'd');
    assert_eq!(stream.into_inner(), (&b""[..], b"abcd".to_vec()));
}

tests::each_scheduler! { halves_work_at_the_same_time }
