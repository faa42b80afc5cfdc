//! BufReader, BufWriter, BufStream: the same bytes as std's, whatever comes in whatever pieces.

use crate::help::{Bell, now, poll, run_ready};
use mainspring::io::{
    AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt, AsyncWrite,
    AsyncWriteExt, BufReader, BufStream, BufWriter, Cursor, IoSlice, IoSliceMut, SeekFrom,
};
use std::future::poll_fn;
use std::io::{self, BufRead, Read, Seek, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use tests::{Dice, refuses};

const SEEDS: u64 = 300;

/// Gives and takes at most so many bytes at a time, as the dice fall; async it also waits.
#[derive(Debug)]
struct Choppy {
    inner: io::Cursor<Vec<u8>>,
    dice: Dice,
    waits: Dice,
    most: usize,
    /// What each write took.
    writes: Vec<usize>,
}

impl Choppy {
    fn new(seed: u64, inner: Vec<u8>) -> Self {
        let mut dice = Dice::new(seed);
        let most = [1, 3, 40][dice.roll(3)];
        Self {
            inner: io::Cursor::new(inner),
            dice,
            waits: Dice::new(seed + 1),
            most,
            writes: Vec::new(),
        }
    }

    fn some(&mut self, len: usize) -> usize {
        len.min(1 + self.dice.roll(self.most))
    }

    fn waits(&mut self, cx: &mut Context<'_>) -> bool {
        let waits = self.waits.roll(3) == 0;
        if waits {
            cx.waker().wake_by_ref();
        }
        waits
    }
}

impl Read for Choppy {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.some(buf.len());
        self.inner.read(&mut buf[..n])
    }
}

impl Write for Choppy {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.some(buf.len());
        self.writes.push(n);
        self.inner.write(&buf[..n])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Choppy {
    fn seek(&mut self, pos: SeekFrom) -> io::Result<u64> {
        self.inner.seek(pos)
    }
}

impl AsyncRead for Choppy {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.waits(cx) { Poll::Pending } else { Poll::Ready(Read::read(&mut *self, buf)) }
    }
}

impl AsyncWrite for Choppy {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.waits(cx) { Poll::Pending } else { Poll::Ready(Write::write(&mut *self, buf)) }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.waits(cx) { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

impl AsyncSeek for Choppy {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pos: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        if self.waits(cx) { Poll::Pending } else { Poll::Ready(Seek::seek(&mut *self, pos)) }
    }
}

fn text(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n % 23) as u8).collect()
}

fn place(dice: &mut Dice) -> SeekFrom {
    match dice.roll(3) {
        0 => SeekFrom::Start(dice.roll(250) as u64),
        1 => SeekFrom::Current(dice.roll(60) as i64 - 30),
        _ => SeekFrom::End(-(dice.roll(250) as i64)),
    }
}

/// Every call has the same result, and the reader below is read in the same pieces.
#[test]
fn a_reader_does_what_stds_does() {
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed + 1000);
        let capacity = [1, 2, 7, 30, 500][dice.roll(5)];
        let mut std = io::BufReader::with_capacity(capacity, Choppy::new(seed, text(200)));
        let mut ours = BufReader::with_capacity(capacity, Choppy::new(seed, text(200)));
        for step in 0..60 {
            let (mut theirs, mut got) = (vec![0; dice.roll(50)], Vec::new());
            got.resize(theirs.len(), 0);
            let (want, have) = match dice.roll(5) {
                0 => (std.read(&mut theirs), run_ready(ours.read(&mut got))),
                1 => {
                    let half = theirs.len() / 2;
                    let (a, b) = theirs.split_at_mut(half);
                    let want = std.read_vectored(&mut [IoSliceMut::new(a), IoSliceMut::new(b)]);
                    let (a, b) = got.split_at_mut(half);
                    let mut bufs = [IoSliceMut::new(a), IoSliceMut::new(b)];
                    let read = poll_fn(|cx| Pin::new(&mut ours).poll_read_vectored(cx, &mut bufs));
                    (want, run_ready(read))
                }
                2 => {
                    theirs.clear();
                    got.clear();
                    let want = std.read_until(5, &mut theirs);
                    (want, run_ready(ours.read_until(5, &mut got)))
                }
                3 => {
                    let seen = std.fill_buf().unwrap().to_vec();
                    assert_eq!(run_ready(ours.fill_buf()).unwrap(), seen, "seed {seed}, {step}");
                    let some = dice.roll(seen.len() + 1);
                    std.consume(some);
                    Pin::new(&mut ours).consume(some);
                    (Ok(0), Ok(0))
                }
                _ => {
                    let to = place(&mut dice);
                    let (want, have) = (std.seek(to), run_ready(ours.seek(to)));
                    (want.map(|at| at as usize), have.map(|at| at as usize))
                }
            };
            let (want, have) = (want.map_err(|e| e.kind()), have.map_err(|e| e.kind()));
            assert_eq!((have, got), (want, theirs), "seed {seed}, step {step}");
            assert_eq!(ours.buffer(), std.buffer(), "seed {seed}, step {step}");
        }
    }
}

/// Every call has the same result, and the writer below is given the same pieces.
#[test]
fn a_writer_does_what_stds_does() {
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed + 1000);
        let capacity = [0, 1, 2, 7, 30, 500][dice.roll(6)];
        let mut std = io::BufWriter::with_capacity(capacity, Choppy::new(seed, Vec::new()));
        let mut ours = BufWriter::with_capacity(capacity, Choppy::new(seed, Vec::new()));
        for step in 0..60 {
            let piece = text(dice.roll(50));
            let (want, have) = match dice.roll(6) {
                0 => (std.flush().map(|()| 0), run_ready(ours.flush()).map(|()| 0)),
                1 => {
                    let to = SeekFrom::Start(dice.roll(250) as u64);
                    (std.seek(to), run_ready(ours.seek(to)))
                }
                2 => {
                    // std's `write_all` passes all of a large piece on; ours is made of writes.
                    let mut rest = &piece[..];
                    while !rest.is_empty() {
                        rest = &rest[std.write(rest).unwrap()..];
                    }
                    run_ready(ours.write_all(&piece)).unwrap();
                    (Ok(0), Ok(0))
                }
                _ => {
                    let want = std.write(&piece).map(|n| n as u64);
                    (want, run_ready(ours.write(&piece)).map(|n| n as u64))
                }
            };
            assert_eq!(have.unwrap(), want.unwrap(), "seed {seed}, step {step}");
            assert_eq!(ours.buffer(), std.buffer(), "seed {seed}, step {step}");
        }
        run_ready(ours.shutdown()).unwrap();
        std.flush().unwrap();
        let (below, std) = (ours.into_inner(), std.into_inner().unwrap());
        assert_eq!(below.writes, std.writes, "seed {seed}");
        assert_eq!(below.inner.into_inner(), std.inner.into_inner(), "seed {seed}");
    }
}

/// Several buffers at once: all of them arrive in order, whatever is between.
#[test]
fn pieces_that_are_written_together_arrive_in_order() {
    for seed in 0..SEEDS {
        let mut dice = Dice::new(seed);
        let capacity = [1, 7, 30, 500][dice.roll(4)];
        let mut writer = BufWriter::with_capacity(capacity, Choppy::new(seed, Vec::new()));
        let mut sent = Vec::new();
        for _ in 0..40 {
            let (a, b) = (text(dice.roll(20)), text(dice.roll(20)));
            let n = run_ready(writer.write_vectored(&[IoSlice::new(&a), IoSlice::new(&b)]));
            sent.extend(a.iter().chain(&b).take(n.unwrap()));
        }
        run_ready(writer.flush()).unwrap();
        assert_eq!(writer.into_inner().inner.into_inner(), sent, "seed {seed}");
    }
}

#[test]
fn a_seek_too_far_for_one_number_takes_two() {
    // Below, one step may go as far as a number can; ours starts from where its user is.
    let mut reader = BufReader::with_capacity(4, Cursor::new(b"ticktock"));
    assert_eq!(now(reader.read_u8()).unwrap(), b't');
    let error = now(reader.seek(SeekFrom::Current(i64::MIN))).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(now(reader.read_u8()).unwrap(), b'i', "it has gone back to where it was");
}

#[test]
fn a_stream_with_both_buffers_moves_about() {
    let mut file = BufStream::with_capacity(4, 4, Cursor::new(b"ticktock".to_vec()));
    assert_eq!(now(file.read_u8()).unwrap(), b't');
    assert_eq!(now(file.seek(SeekFrom::Current(3))).unwrap(), 4);
    now(file.write_all(b"T")).unwrap();
    assert_eq!(now(file.rewind()).unwrap(), 0);
    let mut text = String::new();
    now(file.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "tickTock");
}

/// `BufStream` of either nesting keeps what is in the buffers.
#[test]
fn buffers_that_were_made_apart_become_one_stream() {
    let end = || mainspring::io::duplex(64);
    let (a, mut b) = end();
    now(b.write_all(b"ticktock")).unwrap();
    let mut nested = BufWriter::with_capacity(8, BufReader::with_capacity(4, a));
    assert_eq!(now(nested.read_u8()).unwrap(), b't');
    now(nested.write_all(b"!")).unwrap();
    let mut stream = BufStream::from(nested);
    now(stream.write_all(b"?")).unwrap();
    assert!(poll(b.read(&mut [0; 8]), &Bell::new()).is_pending(), "both are collected");
    now(stream.flush()).unwrap();
    let mut buf = [0; 2];
    now(b.read_exact(&mut buf)).unwrap();
    assert_eq!(&buf, b"!?");
    let mut rest = [0; 7];
    now(stream.read_exact(&mut rest)).unwrap();
    assert_eq!(&rest, b"icktock");
    let stream = BufStream::from(BufReader::new(BufWriter::new(stream.into_inner())));
    assert!(format!("{stream:?}").contains("BufWriter"));
}

#[test]
fn a_reader_without_a_buffer_is_refused() {
    refuses(&["capacity 0"], || BufReader::with_capacity(0, &b""[..]));
    let (a, _b) = mainspring::io::duplex(1);
    refuses(&["capacity 0"], || BufStream::with_capacity(0, 1, a));
}
