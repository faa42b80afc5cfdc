use ch09_1_frames::{LONGEST, read_frame, write_frame};
use stage_ch09::Runtime;
use stage_ch09::io::{AsyncRead, AsyncWrite};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

fn block_on<F: Future>(future: F) -> F::Output {
    Runtime::new().unwrap().block_on(future)
}

/// Gives and takes at most `size` bytes at a time, and answers "not yet" before each.
struct Pieces {
    bytes: Vec<u8>,
    at: usize,
    size: usize,
    pending: bool,
}

impl Pieces {
    fn new(bytes: Vec<u8>, size: usize) -> Self {
        Self { bytes, at: 0, size, pending: false }
    }

    fn is_pending(&mut self, cx: &mut Context<'_>) -> bool {
        self.pending = !self.pending;
        if self.pending {
            cx.waker().wake_by_ref();
        }
        self.pending
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_pending(cx) {
            return Poll::Pending;
        }
        let n = self.size.min(self.bytes.len() - self.at).min(buffer.len());
        buffer[..n].copy_from_slice(&self.bytes[self.at..self.at + n]);
        self.at += n;
        Poll::Ready(Ok(n))
    }
}

impl AsyncWrite for Pieces {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_pending(cx) {
            return Poll::Pending;
        }
        let n = self.size.min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..n]);
        Poll::Ready(Ok(n))
    }

    fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn t1_a_frame_is_its_length_and_its_bytes() {
    let mut pieces = Pieces::new(Vec::new(), usize::MAX);
    block_on(write_frame(&mut pieces, b"tick")).unwrap();
    assert_eq!(pieces.bytes, b"\0\0\0\x04tick");
    assert_eq!(block_on(read_frame(&mut pieces)).unwrap().as_deref(), Some(&b"tick"[..]));
}

#[test]
fn t2_frames_in_every_piece() {
    for size in 1..20 {
        let mut pieces = Pieces::new(Vec::new(), size);
        for message in ["one", "", "a longer one"] {
            block_on(write_frame(&mut pieces, message.as_bytes())).unwrap();
        }
        for message in ["one", "", "a longer one"] {
            let frame = block_on(read_frame(&mut pieces));
            let frame = frame.unwrap_or_else(|error| panic!("{size} bytes at a time: {error}"));
            assert_eq!(frame.as_deref(), Some(message.as_bytes()), "{size} bytes at a time");
        }
        assert_eq!(block_on(read_frame(&mut pieces)).unwrap(), None, "the end");
    }
}

#[test]
fn t3_an_end_within_a_frame_is_an_error() {
    for end in 1..8 {
        let mut pieces = Pieces::new(b"\0\0\0\x04tick"[..end].to_vec(), usize::MAX);
        let error = block_on(read_frame(&mut pieces)).expect_err("it is not whole");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end} of 8 bytes");
    }
}

#[test]
fn t4_a_length_is_not_believed_blindly() {
    let length = (LONGEST as u32 + 1).to_be_bytes().to_vec();
    let mut pieces = Pieces::new(length, usize::MAX);
    let error = block_on(read_frame(&mut pieces)).expect_err("it is too long");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

#[test]
fn t5_what_nobody_would_read_is_not_written() {
    let mut pieces = Pieces::new(Vec::new(), usize::MAX);
    let error = block_on(write_frame(&mut pieces, &vec![7; LONGEST + 1])).expect_err("too long");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(pieces.bytes.is_empty(), "not a byte of it");
    block_on(write_frame(&mut pieces, &vec![7; LONGEST])).unwrap();
    let frame = block_on(read_frame(&mut pieces)).unwrap();
    assert_eq!(frame.map(|message| message.len()), Some(LONGEST));
}
