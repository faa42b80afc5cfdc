//! Readers and writers, most of which need no socket: extensions, buffers, copies, halves.

#[path = "io/buffers.rs"]
mod buffers;
#[path = "io/bytes.rs"]
mod bytes;
#[path = "io/copying.rs"]
mod copying;
#[cfg(unix)]
#[path = "io/descriptors.rs"]
mod descriptors;
#[path = "io/ends.rs"]
mod ends;
#[path = "io/halves.rs"]
mod halves;
#[path = "io/help.rs"]
mod help;
#[path = "io/memory.rs"]
mod memory;

use mainspring::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter, copy,
};
use mainspring::runtime::Builder;
use std::collections::VecDeque;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

fn run<F: Future>(future: F) -> F::Output {
    Builder::new_current_thread().build().unwrap().block_on(future)
}

/// What a script tells a stream to do.
#[derive(Clone, Debug)]
enum Step {
    Bytes(&'static [u8]),
    /// Pending, and woken at once.
    Wait,
    Error(ErrorKind),
}

/// Reads by script; writes accept `room` bytes a call, and wait after each call when `room` is 0.
#[derive(Default, Debug)]
struct Script {
    reads: VecDeque<Step>,
    read_calls: usize,
    room: usize,
    waits: bool,
    written: Vec<u8>,
    flushes: usize,
    closed: bool,
}

impl Script {
    fn reading(steps: &[Step]) -> Self {
        Self { reads: steps.iter().cloned().collect(), ..Self::default() }
    }

    fn writing(room: usize) -> Self {
        Self { room, ..Self::default() }
    }
}

impl AsyncRead for Script {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.read_calls += 1;
        match self.reads.pop_front() {
            None => Poll::Ready(Ok(0)),
            Some(Step::Wait) => {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Step::Error(kind)) => Poll::Ready(Err(kind.into())),
            Some(Step::Bytes(bytes)) => {
                let n = bytes.len().min(buf.len());
                buf[..n].copy_from_slice(&bytes[..n]);
                if n < bytes.len() {
                    self.reads.push_front(Step::Bytes(&bytes[n..]));
                }
                Poll::Ready(Ok(n))
            }
        }
    }
}

impl AsyncWrite for Script {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let n = buf.len().min(self.room);
        self.written.extend_from_slice(&buf[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.closed = true;
        Poll::Ready(Ok(()))
    }
}

/// Polls a future `times` times and drops it.
fn poll_and_drop(future: impl Future, times: usize) {
    let mut future = std::pin::pin!(future);
    for _ in 0..times {
        let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
}

use Step::{Bytes, Error, Wait};

#[test]
fn read_exact_fills_across_pieces_and_waits() {
    run(async {
        let mut reader = Script::reading(&[Bytes(b"ti"), Wait, Bytes(b"ckto")]);
        let mut buf = [0; 4];
        assert_eq!(reader.read_exact(&mut buf).await.unwrap(), 4);
        assert_eq!(&buf, b"tick");
        let error = reader.read_exact(&mut buf).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(&buf[..2], b"to", "what came is there");
    });
}

#[test]
fn read_to_end_appends_and_keeps_what_came_before_an_error() {
    run(async {
        let mut buf = b"> ".to_vec();
        let mut reader = Script::reading(&[Bytes(b"tick"), Wait, Bytes(b"tock")]);
        assert_eq!(reader.read_to_end(&mut buf).await.unwrap(), 8);
        assert_eq!(buf, b"> ticktock");
        let mut reader = Script::reading(&[Bytes(b"tick"), Error(ErrorKind::BrokenPipe)]);
        buf.clear();
        assert!(reader.read_to_end(&mut buf).await.is_err());
        assert_eq!(buf, b"tick");
    });
}

#[test]
fn a_dropped_read_to_end_leaves_what_it_read_and_nothing_else() {
    let mut reader = Script::reading(&[Bytes(b"tick"), Wait, Bytes(b"tock")]);
    let mut buf = Vec::new();
    poll_and_drop(reader.read_to_end(&mut buf), 1);
    assert_eq!(buf, b"tick");
    run(reader.read_to_end(&mut buf)).unwrap();
    assert_eq!(buf, b"ticktock");
}

#[test]
fn read_to_end_of_a_vector_made_to_measure_does_not_grow_it() {
    let text = vec![7; 100_000];
    let mut buf = Vec::with_capacity(text.len());
    let capacity = buf.capacity();
    run(text.as_slice().read_to_end(&mut buf)).unwrap();
    assert_eq!((buf.len(), buf.capacity()), (text.len(), capacity));
}

#[test]
fn text_that_is_not_utf8_leaves_the_string_alone() {
    run(async {
        let mut text = String::from("> ");
        let mut reader = Script::reading(&[Bytes("tück".as_bytes())]);
        assert_eq!(reader.read_to_string(&mut text).await.unwrap(), 5);
        assert_eq!(text, "> tück");
        let mut reader = Script::reading(&[Bytes(b"\xFF")]);
        let error = reader.read_to_string(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), text.as_str()), (ErrorKind::InvalidData, "> tück"));
    });
}

#[test]
fn numbers_come_back_as_they_were_written() {
    run(async {
        let mut wire = Vec::new();
        wire.write_u8(1).await.unwrap();
        wire.write_i16(-2).await.unwrap();
        wire.write_u32_le(3).await.unwrap();
        wire.write_i64_le(-4).await.unwrap();
        wire.write_u128(5).await.unwrap();
        wire.write_f64(6.5).await.unwrap();
        assert_eq!(wire[..7], [1, 0xFF, 0xFE, 3, 0, 0, 0]);
        let mut wire = wire.as_slice();
        assert_eq!(wire.read_u8().await.unwrap(), 1);
        assert_eq!(wire.read_i16().await.unwrap(), -2);
        assert_eq!(wire.read_u32_le().await.unwrap(), 3);
        assert_eq!(wire.read_i64_le().await.unwrap(), -4);
        assert_eq!(wire.read_u128().await.unwrap(), 5);
        assert_eq!(wire.read_f64().await.unwrap(), 6.5);
        assert_eq!(wire.read_u8().await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn take_ends_early_and_chain_goes_on() {
    run(async {
        let mut text = String::new();
        let mut reader = (&b"tick tock"[..]).take(5).chain(&b"boom"[..]);
        reader.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "tick boom");
        let mut lines = BufReader::new((&b"a\nb\nc\n"[..]).take(3)).lines();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("a"));
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("b"));
        assert_eq!(lines.next_line().await.unwrap(), None);
        let both = (&b"one\ntw"[..]).chain(&b"o\n"[..]);
        let mut lines = both.lines();
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("one"));
        assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("two"));
    });
}

#[test]
fn write_all_goes_on_after_short_writes_and_fails_when_nothing_is_taken() {
    run(async {
        let mut writer = Script::writing(3);
        writer.write_all(b"tick tock").await.unwrap();
        assert_eq!(writer.written, b"tick tock");
        writer.flush().await.unwrap();
        writer.shutdown().await.unwrap();
        assert!(writer.flushes == 1 && writer.closed);
        writer.room = 0;
        let error = writer.write_all(b"more").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

/// The search goes eight bytes at a time: every place, in and around a word, with look-alikes.
#[test]
fn a_byte_is_found_wherever_it_stands() {
    run(async {
        for len in 0..40 {
            for at in 0..len {
                let mut text = vec![b'\n' ^ 0x80; len];
                text[at] = b'\n';
                let mut piece = Vec::new();
                let n = text.as_slice().read_until(b'\n', &mut piece).await.unwrap();
                assert_eq!((n, piece.as_slice()), (at + 1, &text[..=at]));
            }
            let text: Vec<u8> =
                (0..len).map(|at| [b'\n' - 1, b'\n' + 1, 0, 0xFF][at % 4]).collect();
            let mut piece = Vec::new();
            assert_eq!(text.as_slice().read_until(b'\n', &mut piece).await.unwrap(), len);
        }
    });
}

#[test]
fn lines_and_pieces_come_without_their_ends() {
    run(async {
        let mut lines = (&b"unix\nother\r\n\n\rlone\nlast"[..]).lines();
        for line in ["unix", "other", "", "\rlone", "last"] {
            assert_eq!(lines.next_line().await.unwrap().as_deref(), Some(line));
        }
        assert_eq!(lines.next_line().await.unwrap(), None);
        let mut pieces = BufReader::new(&b"a,,b"[..]).split(b',');
        for piece in [&b"a"[..], b"", b"b"] {
            assert_eq!(pieces.next_segment().await.unwrap().as_deref(), Some(piece));
        }
        assert_eq!(pieces.next_segment().await.unwrap(), None);
    });
}

#[test]
fn a_line_survives_the_drop_of_the_future_that_waits_for_it() {
    let script = [Bytes(b"ti"), Wait, Bytes(b"ck\n"), Bytes(b"tock\n")];
    let mut lines = BufReader::new(Script::reading(&script)).lines();
    poll_and_drop(lines.next_line(), 1);
    assert_eq!(run(lines.next_line()).unwrap().as_deref(), Some("tick"));
    let mut reader = BufReader::new(Script::reading(&script));
    let mut line = b"> ".to_vec();
    poll_and_drop(reader.read_until(b'\n', &mut line), 1);
    assert_eq!(line, b"> ti");
    run(reader.read_until(b'\n', &mut line)).unwrap();
    assert_eq!(line, b"> tick\n");
}

#[test]
fn a_line_that_is_not_utf8_leaves_the_string_alone() {
    run(async {
        let mut line = String::from("> ");
        let mut reader = BufReader::new(&b"\xFF\ntick\n"[..]);
        let error = reader.read_line(&mut line).await.unwrap_err();
        assert_eq!((error.kind(), line.as_str()), (ErrorKind::InvalidData, "> "));
        assert_eq!(reader.read_line(&mut line).await.unwrap(), 5);
        assert_eq!(line, "> tick\n");
        assert_eq!(reader.read_line(&mut line).await.unwrap(), 0);
    });
}

#[test]
fn a_buffer_reads_ahead_and_large_reads_go_past_it() {
    run(async {
        let mut reader = BufReader::with_capacity(4, Script::reading(&[Bytes(b"ticktock!")]));
        assert_eq!(reader.read_u8().await.unwrap(), b't');
        assert_eq!((reader.buffer(), reader.get_ref().read_calls), (&b"ick"[..], 1));
        let mut rest = [0; 8];
        assert_eq!(reader.read(&mut rest).await.unwrap(), 3, "what is there comes first");
        assert_eq!(reader.read(&mut rest).await.unwrap(), 5, "then past the buffer");
        assert_eq!(&rest[..5], b"tock!");
        assert_eq!(reader.fill_buf().await.unwrap(), b"");
    });
}

#[test]
fn a_writer_collects_small_writes_and_lets_large_ones_pass() {
    run(async {
        let mut writer = BufWriter::with_capacity(8, Script::writing(5));
        writer.write_all(b"tick").await.unwrap();
        writer.write_all(b"tock").await.unwrap();
        assert_eq!((writer.buffer(), writer.get_ref().written.len()), (&b"ticktock"[..], 0));
        writer.write_all(b"!").await.unwrap();
        assert_eq!(
            (writer.buffer(), writer.get_ref().written.as_slice()),
            (&b"!"[..], &b"ticktock"[..])
        );
        writer.write_all(b"a piece larger than the buffer").await.unwrap();
        writer.shutdown().await.unwrap();
        let below = writer.into_inner();
        assert_eq!(below.written, b"ticktock!a piece larger than the buffer");
        assert!(below.closed);
    });
}

#[test]
fn a_flush_that_is_dropped_half_way_sends_nothing_twice() {
    let mut writer = BufWriter::with_capacity(16, Script::writing(3));
    run(writer.write_all(b"tick tock")).unwrap();
    poll_and_drop(writer.flush(), 2);
    assert_eq!(writer.get_ref().written, b"tic");
    run(writer.flush()).unwrap();
    assert_eq!(writer.get_ref().written, b"tick tock");
}

#[test]
fn copy_moves_everything_and_flushes() {
    run(async {
        let mut reader = Script::reading(&[Bytes(b"tick"), Wait, Wait, Bytes(b" tock")]);
        let mut writer = Script::writing(2);
        assert_eq!(copy(&mut reader, &mut writer).await.unwrap(), 9);
        assert_eq!(writer.written, b"tick tock");
        assert!(writer.flushes >= 1 && !writer.closed);
        let error = copy(&mut &b"more"[..], &mut Script::writing(0)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WriteZero);
    });
}

/// A writer that never takes anything: the reader is asked until the buffer is full, not longer.
#[test]
fn copy_reads_ahead_while_the_writer_waits_and_then_stops() {
    struct Stuck;
    impl AsyncWrite for Stuck {
        fn poll_write(
            self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
            _buf: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
        fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }
    let mut reader = Script::reading(&vec![Bytes(&[7; 1024]); 100]);
    poll_and_drop(copy(&mut reader, &mut Stuck), 3);
    assert_eq!(reader.read_calls, 8, "8 KiB in pieces of 1 KiB");
}
