//! Readers, writers and streams: what was read is in the reader, in the caller's buffer, or lost,
//! as the row says.

use crate::harness::Class::{Nothing, Part};
use crate::harness::{Class, Lent, Row, Scene, now, row};
use mainspring::io::{
    self, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, IoSlice,
};
use mainspring::stream::{Stream, StreamExt, unfold};
use mainspring::sync::mpsc;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

const UNKNOWN: &str = "how much was read; the bytes are gone";

pub const ROWS: &[Row] = &[
    row("io::AsyncReadExt::read", Nothing, "", || {
        reads(Nothing, async |reader, kept| {
            let mut buf = [0; 8];
            let n = reader.read(&mut buf).await.unwrap();
            kept.extend(&buf[..n]);
        })
    }),
    row("io::AsyncReadExt::read_exact", Part, UNKNOWN, || {
        reads(Part, async |reader, kept| {
            let mut buf = [0; 4];
            reader.read_exact(&mut buf).await.unwrap();
            kept.extend(buf);
        })
    }),
    row("io::AsyncReadExt::read_u32", Part, "the bytes so far; the same for all numbers", || {
        reads(Part, async |reader, kept| {
            kept.extend(reader.read_u32().await.unwrap().to_be_bytes());
        })
    }),
    row("io::AsyncReadExt::read_to_end", Nothing, "but the count: the bytes are in `buf`", || {
        reads(Nothing, async |reader, kept| drop(reader.read_to_end(kept).await))
    }),
    row("io::AsyncReadExt::read_to_string", Part, "what was read", || {
        reads(Part, async |reader, kept| {
            let mut text = String::new();
            reader.read_to_string(&mut text).await.unwrap();
            kept.extend(text.bytes());
        })
    }),
    row(
        "io::AsyncBufReadExt::read_until",
        Nothing,
        "but the count: the bytes are in `buf`",
        || reads(Nothing, async |reader, kept| drop(reader.read_until(b'\n', kept).await)),
    ),
    row("io::AsyncBufReadExt::read_line", Part, "the part of the line that was read", || {
        reads(Part, async |reader, kept| {
            let mut text = String::new();
            reader.read_line(&mut text).await.unwrap();
            kept.extend(text.bytes());
        })
    }),
    row("io::AsyncBufReadExt::fill_buf", Nothing, "", || {
        reads(Nothing, async |reader, _| drop(reader.fill_buf().await))
    }),
    row("io::Lines::next_line", Nothing, "", || {
        pieces(
            |reader| reader.lines(),
            async |lines| lines.next_line().await.unwrap().map(String::into_bytes),
        )
    }),
    row("io::Split::next_segment", Nothing, "", || {
        pieces(|reader| reader.split(b'\n'), async |pieces| pieces.next_segment().await.unwrap())
    }),
    row("io::AsyncWriteExt::write", Nothing, "nothing was written by it", || {
        writes(Nothing, async |writer| writer.write(TEXT).await.unwrap())
    }),
    row("io::AsyncWriteExt::write_vectored", Nothing, "nothing was written by it", || {
        writes(Nothing, async |writer| writer.write_vectored(&[IoSlice::new(TEXT)]).await.unwrap())
    }),
    row("io::AsyncWriteExt::write_all", Part, "how much was written", || {
        writes(Part, async |writer| {
            writer.write_all(TEXT).await.unwrap();
            TEXT.len()
        })
    }),
    row(
        "io::AsyncWriteExt::write_u32",
        Part,
        "how much was written; the same for all numbers",
        || {
            writes(Part, async |writer| {
                writer.write_u32(u32::from_be_bytes(*b"abcd")).await.unwrap();
                4
            })
        },
    ),
    row("io::AsyncWriteExt::flush", Nothing, "", || {
        writes(Nothing, async |writer| {
            writer.flush().await.unwrap();
            0
        })
    }),
    row("io::AsyncWriteExt::shutdown", Nothing, "", || {
        writes(Nothing, async |writer| {
            writer.shutdown().await.unwrap();
            0
        })
    }),
    row("io::copy", Part, "what was read and not yet written", copies),
    row("stream::Next", Nothing, "if the stream loses nothing; those of `stream` do not", || {
        streams(
            async |stream, got| {
                while let Some(value) = stream.next().await {
                    got.lock().unwrap().push(value);
                }
            },
            true,
        )
    }),
    row("stream::Collect", Part, "what was collected so far", || {
        streams(
            async |stream, got| {
                let all: Vec<u8> = stream.collect().await;
                got.lock().unwrap().extend(all);
            },
            false,
        )
    }),
];

pub const TEXT: &[u8] = b"abcd\nef";

/// Bytes on their way, as far as they were let through.
#[derive(Debug, Clone, Default)]
pub struct Pipe(Arc<Mutex<Bytes>>);

#[derive(Debug, Default)]
pub struct Bytes {
    unread: VecDeque<u8>,
    /// No more will come.
    over: bool,
    written: Vec<u8>,
    room: usize,
    waker: Option<Waker>,
}

impl Pipe {
    /// Changes something, and wakes who waits.
    fn change(&self, change: impl FnOnce(&mut Bytes)) {
        let mut bytes = self.0.lock().unwrap();
        change(&mut bytes);
        let waker = bytes.waker.take();
        drop(bytes);
        waker.into_iter().for_each(Waker::wake);
    }

    fn feed(&self, text: &'static [u8]) -> impl FnOnce() + Send + use<> {
        let pipe = self.clone();
        move || pipe.change(|bytes| bytes.unread.extend(text))
    }

    fn end(&self) -> impl FnOnce() + Send + use<> {
        let pipe = self.clone();
        move || pipe.change(|bytes| bytes.over = true)
    }

    fn room(&self, more: usize) -> impl FnOnce() + Send + use<> {
        let pipe = self.clone();
        move || pipe.change(|bytes| bytes.room += more)
    }

    fn written(&self) -> Vec<u8> {
        self.0.lock().unwrap().written.clone()
    }

    fn poll<T>(
        &self,
        cx: &mut Context<'_>,
        work: impl FnOnce(&mut Bytes) -> Option<T>,
    ) -> Poll<io::Result<T>> {
        let mut bytes = self.0.lock().unwrap();
        match work(&mut bytes) {
            Some(done) => Poll::Ready(Ok(done)),
            None => {
                bytes.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |bytes| {
            let n = buf.len().min(bytes.unread.len());
            buf.iter_mut().zip(bytes.unread.drain(..n)).for_each(|(to, from)| *to = from);
            (n > 0 || bytes.over).then_some(n)
        })
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, |bytes| {
            let n = buf.len().min(bytes.room);
            bytes.room -= n;
            bytes.written.extend(&buf[..n]);
            (n > 0).then_some(n)
        })
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll(cx, |bytes| (bytes.room > 0).then_some(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

/// Reads a text that comes in parts; what it has kept and what is left are all of it, or its end.
pub fn reads(
    class: Class,
    work: impl AsyncFnOnce(&mut BufReader<Pipe>, &mut Vec<u8>) + 'static,
) -> Scene {
    let pipe = Pipe::default();
    let lent = Lent::new((BufReader::new(pipe.clone()), Vec::new()));
    let left = lent.clone();
    Scene::new(lent.future(async |(reader, kept)| work(reader, kept).await))
        .step(pipe.feed(b"ab"))
        .step(pipe.feed(b"cd\n"))
        .step(pipe.feed(b"ef"))
        .step(pipe.end())
        .check(move |ready| {
            let (mut reader, mut kept) = left.take();
            let before = kept.len();
            now(reader.read_to_end(&mut kept)).unwrap();
            if class == Nothing || ready {
                assert_eq!(kept, TEXT, "all of it is there, in order");
            } else {
                assert_eq!(before, 0, "nothing half-done shows");
                assert!(TEXT.ends_with(&kept));
            }
        })
        .keeps_waker()
}

/// Pieces of a text: the one that was begun is whole the next time.
fn pieces<P: Send + 'static>(
    make: fn(BufReader<Pipe>) -> P,
    next: impl AsyncFn(&mut P) -> Option<Vec<u8>> + Clone + 'static,
) -> Scene {
    let (pipe, got) = (Pipe::default(), Arc::new(Mutex::new(Vec::new())));
    let lent = Lent::new(make(BufReader::new(pipe.clone())));
    let (left, theirs, again) = (lent.clone(), got.clone(), next.clone());
    let all = lent.future(async move |pieces| {
        while let Some(piece) = next(pieces).await {
            theirs.lock().unwrap().push(piece);
        }
    });
    Scene::new(all)
        .step(pipe.feed(b"ab"))
        .step(pipe.feed(b"cd\n"))
        .step(pipe.feed(b"ef"))
        .step(pipe.end())
        .check(move |_| {
            let mut pieces = left.take();
            while let Some(piece) = now(again(&mut pieces)) {
                got.lock().unwrap().push(piece);
            }
            assert_eq!(*got.lock().unwrap(), [b"abcd".to_vec(), b"ef".to_vec()]);
        })
        .keeps_waker()
}

/// Writes a text for which room comes in parts.
pub fn writes(class: Class, work: impl AsyncFnOnce(&mut Pipe) -> usize + 'static) -> Scene {
    let (pipe, counted) = (Pipe::default(), Arc::new(Mutex::new(None)));
    let (mut writer, count) = (pipe.clone(), counted.clone());
    Scene::new(async move { *count.lock().unwrap() = Some(work(&mut writer).await) })
        .step(pipe.room(2))
        .step(pipe.room(1))
        .step(pipe.room(9))
        .check(move |ready| {
            let written = pipe.written();
            assert!(TEXT.starts_with(&written));
            match *counted.lock().unwrap() {
                Some(count) => assert_eq!(count, written.len()),
                None => assert!(!ready && (class == Part || written.is_empty())),
            }
        })
        .keeps_waker()
}

fn copies() -> Scene {
    let (from, to) = (Pipe::default(), Pipe::default());
    let lent = Lent::new((from.clone(), to.clone()));
    let (unread, written) = (from.clone(), to.clone());
    Scene::new(lent.future(async |(from, to)| io::copy(from, to).await))
        .step(from.feed(b"abcd\n"))
        .step(to.room(2))
        .step(to.room(9))
        .step(from.feed(b"ef"))
        .step(from.end())
        .check(move |ready| {
            let (written, unread) = (written.written(), unread.0.lock().unwrap().unread.len());
            assert!(TEXT.starts_with(&written));
            assert!(written.len() + unread <= TEXT.len() && (!ready || written == TEXT));
        })
        .keeps_waker()
}

type Numbers = Pin<Box<dyn Stream<Item = u8>>>;

/// Three values: those that were got, and those that the stream still gives.
fn streams(
    work: impl AsyncFnOnce(&mut Numbers, Arc<Mutex<Vec<u8>>>) + 'static,
    keeps: bool,
) -> Scene {
    let (sender, receiver) = mpsc::channel(3);
    let numbers: Numbers = Box::pin(unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|value| (value, receiver))
    }));
    let (lent, got, last) = (Lent::new(numbers), Arc::new(Mutex::new(Vec::new())), sender.clone());
    let (left, theirs) = (lent.clone(), got.clone());
    Scene::new(lent.future(async move |numbers| work(numbers, theirs).await))
        .step(move || sender.try_send(1).unwrap())
        .step(move || {
            last.try_send(2).unwrap();
            last.try_send(3).unwrap();
        })
        .check(move |ready| {
            let (mut numbers, mut got) = (left.take(), got.lock().unwrap());
            while let Some(value) = now(numbers.next()) {
                got.push(value);
            }
            assert!([1, 2, 3].ends_with(&got), "in order, and none twice");
            assert!(got.len() == 3 || (!keeps && !ready));
        })
        .keeps_waker()
}
