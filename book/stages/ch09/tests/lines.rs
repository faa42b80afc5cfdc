//! Lines, from readers that give them in every possible piece.

use stage_ch09::io::{AsyncRead, Lines};
use stage_ch09::{Either, Runtime, race, yield_now};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

fn block_on<F: Future>(future: F) -> F::Output {
    Runtime::new().unwrap().block_on(future)
}

/// Gives `size` bytes at a time, and answers "not yet" before each.
struct Pieces {
    bytes: &'static [u8],
    size: usize,
    pending: bool,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.pending = !self.pending;
        if self.pending {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let n = self.size.min(self.bytes.len()).min(buffer.len());
        let (now, later) = self.bytes.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.bytes = later;
        Poll::Ready(Ok(n))
    }
}

#[test]
fn lines_in_every_piece() {
    for size in 1..40 {
        let bytes = "one\n\ntwo \u{e4}\nthe last has no end".as_bytes();
        let mut lines = Lines::new(Pieces { bytes, size, pending: false });
        let mut all = Vec::new();
        while let Some(line) = block_on(lines.next_line()).unwrap() {
            all.push(line);
        }
        assert_eq!(all, ["one", "", "two \u{e4}", "the last has no end"]);
    }
}

#[test]
fn a_line_that_is_given_up_loses_nothing() {
    block_on(async {
        let bytes = b"one\ntwo\n";
        let mut lines = Lines::new(Pieces { bytes, size: 1, pending: false });
        let mut all = Vec::new();
        while all.len() < 2 {
            // Given up after each byte.
            match race(pin!(lines.next_line()), pin!(twice())).await {
                Either::Left(line) => all.push(line.unwrap().unwrap()),
                Either::Right(()) => {}
            }
        }
        assert_eq!(all, ["one", "two"]);
    });
}

async fn twice() {
    yield_now().await;
    yield_now().await;
}

#[test]
fn a_line_without_end_is_an_error() {
    let bytes = Box::leak(vec![b'x'; 1_000_000].into_boxed_slice());
    let mut lines = Lines::new(Pieces { bytes, size: 1024, pending: false });
    let error = block_on(lines.next_line()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn what_is_no_text_is_an_error() {
    let mut lines = Lines::new(Pieces { bytes: b"\xff\nnext\n", size: 100, pending: false });
    assert!(block_on(lines.next_line()).is_err());
    assert_eq!(block_on(lines.next_line()).unwrap().as_deref(), Some("next"));
}
