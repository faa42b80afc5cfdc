//! empty, sink, repeat, Cursor.

use crate::help::{Kind, now};
use mainspring::io::{
    AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, Cursor, ErrorKind,
    IoSlice, IoSliceMut, SeekFrom, empty, repeat, sink,
};
use mainspring::spawn;
use mainspring::task::yield_now;
use std::future::poll_fn;
use std::pin::Pin;

#[test]
fn empty_has_nothing_and_takes_everything() {
    let mut end = empty();
    assert_eq!(now(end.read(&mut [1; 4])).unwrap(), 0);
    assert_eq!(now(end.fill_buf()).unwrap(), b"");
    assert_eq!(now(end.write(b"tick")).unwrap(), 4);
    assert_eq!(now(end.write_vectored(&[IoSlice::new(b"a"), IoSlice::new(b"bc")])).unwrap(), 3);
    now(end.flush()).unwrap();
    now(end.shutdown()).unwrap();
    for to in [SeekFrom::Start(7), SeekFrom::Current(-7), SeekFrom::End(1)] {
        assert_eq!(now(end.seek(to)).unwrap(), 0);
    }
    assert_eq!(
        format!("{end:?} {:?} {:?}", sink(), repeat(1)),
        "Empty { .. } Sink { .. } Repeat { .. }"
    );
}

#[test]
fn repeat_fills_whatever_it_is_given() {
    let (mut first, mut second) = ([0; 2], [0; 3]);
    let mut bufs = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
    let mut reader = repeat(7);
    let read = poll_fn(|cx| Pin::new(&mut reader).poll_read_vectored(cx, &mut bufs));
    assert_eq!(now(read).unwrap(), 5);
    assert_eq!((first, second), ([7; 2], [7; 3]));
    assert_eq!(now(reader.read(&mut [])).unwrap(), 0);
    assert_eq!(now(sink().write(&[])).unwrap(), 0);
}

/// They never wait, so a loop over them would never end its turn.
#[test]
fn ends_that_never_wait_spend_the_budget() {
    let runtime = Kind::CurrentThread.runtime();
    runtime.block_on(async {
        let loops = [
            spawn(async { while now_and_then(repeat(1).read(&mut [0; 8]).await.unwrap()) {} }),
            spawn(async { while now_and_then(empty().read(&mut [0; 8]).await.unwrap()) {} }),
            spawn(async { while now_and_then(sink().write(&[0; 8]).await.unwrap()) {} }),
            spawn(async { while now_and_then(empty().fill_buf().await.unwrap().len()) {} }),
        ];
        yield_now().await;
        yield_now().await;
        for task in loops {
            assert!(!task.is_finished());
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
        }
    });
}

/// Always, but the compiler does not know.
fn now_and_then(n: usize) -> bool {
    n < 1000
}

#[test]
fn a_cursor_reads_and_searches_as_stds_does() {
    let mut cursor = Cursor::new(b"tick\ntock");
    assert_eq!(now(cursor.seek(SeekFrom::End(-4))).unwrap(), 5);
    let mut text = String::new();
    now(cursor.read_to_string(&mut text)).unwrap();
    assert_eq!(text, "tock");
    assert_eq!(now(cursor.rewind()).unwrap(), 0);
    let mut line = Vec::new();
    now(cursor.read_until(b'\n', &mut line)).unwrap();
    assert_eq!((line.as_slice(), cursor.position()), (&b"tick\n"[..], 5));
    let error = now(cursor.seek(SeekFrom::Current(-6))).unwrap_err();
    assert_eq!(
        (error.kind(), now(cursor.stream_position()).unwrap()),
        (ErrorKind::InvalidInput, 5)
    );
    cursor.set_position(100);
    assert_eq!(now(cursor.fill_buf()).unwrap(), b"");
    cursor.consume(7);
    assert_eq!(cursor.position(), 100, "there was nothing to consume");
}

#[test]
fn a_cursor_writes_over_what_is_there() {
    let mut vector = Cursor::new(b"tick".to_vec());
    vector.set_position(2);
    now(vector.write_all(b"tock")).unwrap();
    assert_eq!(vector.get_ref(), b"titock");
    vector.set_position(8);
    now(vector.write_vectored(&[IoSlice::new(b"a"), IoSlice::new(b"b")])).unwrap();
    assert_eq!(vector.into_inner(), b"titock\0\0ab", "a hole is zero");

    let mut fixed = Cursor::new([0; 4]);
    assert_eq!(now(fixed.write_all(b"ticks")).unwrap_err().kind(), ErrorKind::WriteZero);
    assert_eq!(fixed.get_ref(), b"tick");
    let mut boxed = Cursor::new(vec![0; 2].into_boxed_slice());
    assert_eq!(now(boxed.write(b"tick")).unwrap(), 2);
    let mut slice = [0; 3];
    assert_eq!(now(Cursor::new(&mut slice[..]).write(b"tick")).unwrap(), 3);
    let mut grows = Vec::new();
    let mut lent = Cursor::from(std::io::Cursor::new(&mut grows));
    now(lent.write_all(b"tick")).unwrap();
    now(lent.shutdown()).unwrap();
    assert_eq!(grows, b"tick");
}
