//! Buffers of the crate `bytes`: what is counted was written, whatever the reader does.

use super::fill;
use crate::io::{AsyncReadExt, AsyncWriteExt, BufWriter, duplex};
use crate::runtime::{Builder, Runtime};
use ::bytes::{Buf, BufMut, Bytes, BytesMut};
use std::io::{self, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// INV-170: the room that is shown is zeroed and no more than is there; an error counts nothing.
#[test]
fn a_read_sees_zeroed_room_and_only_what_it_says_is_counted() {
    let mut buf = BytesMut::with_capacity(100_000);
    buf.put_slice(&[7; 100]);
    let shown = |room: &mut [u8]| {
        assert!(room.iter().all(|byte| *byte == 0) && room.len() <= super::ROOM);
        room[..5].copy_from_slice(b"ticks");
        io::Result::Ok(4)
    };
    assert_eq!(fill(&mut buf, shown).unwrap(), 4);
    assert_eq!((&buf[..100], &buf[100..]), (&[7; 100][..], &b"tick"[..]));
    let failed = fill(&mut buf, |_| Err::<usize, _>(io::Error::from(ErrorKind::BrokenPipe)));
    assert_eq!((failed.unwrap_err().kind(), buf.len()), (ErrorKind::BrokenPipe, 104));
    // Room of a fixed size, to its last byte, and then none.
    let mut rest = [9; 3];
    let mut room = &mut rest[..];
    assert_eq!(fill(&mut room, |room| io::Result::Ok(room.len())).unwrap(), 3);
    assert_eq!(fill(&mut room, |_| -> io::Result<usize> { unreachable!() }).unwrap(), 0);
    assert_eq!(rest, [0; 3]);
}

/// INV-170: a reader that claims to have written more than there was room for.
#[test]
fn a_count_that_is_too_large_is_refused() {
    let mut buf = BytesMut::with_capacity(16);
    let lie = catch_unwind(AssertUnwindSafe(|| fill(&mut buf, |r| io::Result::Ok(r.len() + 1))));
    assert!(lie.is_err() && buf.is_empty());
}

#[test]
fn bytes_go_through_a_stream_in_pieces_of_any_size() {
    runtime().block_on(async {
        for room in [1, 2, 7, 64] {
            let (mut a, mut b) = duplex(room);
            let text: Vec<u8> = (0..=255).collect();
            let (first, second) = (Bytes::from(text[..100].to_vec()), text[100..].to_vec());
            let mut pieces = first.chain(Bytes::from(second));
            let writer = crate::spawn(async move {
                a.write_all_buf(&mut pieces).await.unwrap();
                assert!(!pieces.has_remaining());
                assert_eq!(a.write_buf(&mut pieces).await.unwrap(), 0, "nothing is left");
            });
            let mut got = BytesMut::new();
            while b.read_buf(&mut got).await.unwrap() > 0 {}
            writer.await.unwrap();
            assert_eq!(&got[..], text);
            assert_eq!(b.read_buf(&mut &mut [0; 0][..]).await.unwrap(), 0, "there is no room");
        }
    });
}

#[test]
fn pieces_are_collected_by_one_write() {
    runtime().block_on(async {
        let mut writer = BufWriter::new(Vec::new());
        let mut text = Buf::chain(&b"tick "[..], &b"tock"[..]);
        assert_eq!(writer.write_buf(&mut text).await.unwrap(), 9);
        assert_eq!((writer.buffer(), text.remaining()), (&b"tick tock"[..], 0));
    });
}

#[test]
fn a_writer_that_takes_no_more_keeps_what_is_left() {
    runtime().block_on(async {
        let mut room = [0; 4];
        let mut writer = crate::io::Cursor::new(&mut room[..]);
        let mut text = &b"ticktock"[..];
        let error = writer.write_all_buf(&mut text).await.unwrap_err();
        assert_eq!((error.kind(), text), (ErrorKind::WriteZero, &b"tock"[..]));
    });
}
