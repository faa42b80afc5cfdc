//! `File`: what is accepted, read ahead, put back, flushed.

use crate::help::{Dir, bytes, seek};
use mainspring::fs::{self, File, OpenOptions};
use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, SeekFrom, copy};
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};
use tests::Kind;
use tests::many::alone;

const MIB: usize = 1024 * 1024;

fn what_is_written_is_read_again(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        for len in [0, 1, 5, 16 * 1024, 16 * 1024 + 1, 3 * MIB + 7] {
            let (path, data) = (dir.path("file"), bytes(len));
            let mut file = File::create(&path).await.unwrap();
            for piece in data.chunks(5_000) {
                file.write_all(piece).await.unwrap();
            }
            file.flush().await.unwrap();
            assert!(fs::read(&path).await.unwrap() == data, "{len} bytes");
            let mut back: Vec<u8> = Vec::new();
            let mut file = File::open(&path).await.unwrap();
            let mut piece = [0; 700];
            loop {
                match file.read(&mut piece).await.unwrap() {
                    0 => break,
                    n => back.extend(&piece[..n]),
                }
            }
            assert!(back == data, "{len} bytes, read in pieces");
        }
    });
}

/// Not 8 KiB a hop: the next number of a closure says how many there were before.
#[test]
fn a_large_copy_costs_few_hops() {
    alone("file::a_large_copy_costs_few_hops", || {
        let dir = Dir::new();
        let data = bytes(32 * MIB + 3);
        let path = dir.file("one", &data);
        let runtime = tests::runtime();
        let number = || -> u64 {
            let join = runtime.spawn_blocking(|| ());
            let text = join.id().to_string();
            runtime.block_on(join).unwrap();
            text.parse().unwrap()
        };
        let before = number();
        runtime.block_on(async {
            let mut one = File::open(&path).await.unwrap();
            let mut other = File::create(dir.path("other")).await.unwrap();
            assert_eq!(copy(&mut one, &mut other).await.unwrap(), data.len() as u64);
            assert_eq!(other.metadata().await.unwrap().len(), data.len() as u64);
        });
        let hops = number() - before - 1;
        println!("{hops} hops");
        assert!(std::fs::read(dir.path("other")).unwrap() == data);
        // 8 KiB each would be 8 000.
        assert!(hops < 150, "{hops} hops");
    });
}

fn a_file_dropped_without_flush_is_written_all_the_same(kind: Kind) {
    let dir = Dir::new();
    let data = bytes(MIB);
    let runtime = kind.runtime();
    for n in 0..20 {
        runtime.block_on(async {
            let mut file = File::create(dir.path(&n.to_string())).await.unwrap();
            for piece in data.chunks(100_000) {
                file.write_all(piece).await.unwrap();
            }
        });
    }
    // Its end waits for the threads, and writes what none has begun.
    drop(runtime);
    for n in 0..20 {
        assert!(std::fs::read(dir.path(&n.to_string())).unwrap() == data, "file {n}");
    }
}

fn a_write_after_a_read_goes_where_the_reader_was(kind: Kind) {
    let dir = Dir::new();
    let path = dir.file("file", bytes(200_000));
    kind.runtime().block_on(async {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).write(true).open(&path).await.unwrap();
        let mut piece = [0; 1_000];
        for _ in 0..20 {
            file.read_exact(&mut piece).await.unwrap();
        }
        file.write_all(b"here").await.unwrap();
        file.read_exact(&mut piece).await.unwrap();
        file.flush().await.unwrap();
        assert_eq!(seek(&mut file, SeekFrom::Current(0)).await.unwrap(), 21_004);
    });
    let mut expected = bytes(200_000);
    expected[20_000..20_004].copy_from_slice(b"here");
    assert!(std::fs::read(&path).unwrap() == expected);
}

/// INV-191: nobody else has a count of it, whatever went before.
fn std_gets_the_file_where_it_was(kind: Kind) {
    let dir = Dir::new();
    let data = bytes(100_000);
    let path = dir.file("file", &data);
    kind.runtime().block_on(async {
        for reads in [0, 1, 2, 30] {
            let mut piece = [0; 1_000];
            let mut file = File::open(&path).await.unwrap();
            let mut other = File::open(&path).await.unwrap();
            for _ in 0..reads {
                file.read_exact(&mut piece).await.unwrap();
                other.read_exact(&mut piece).await.unwrap();
            }
            let (one, other) = (file.into_std().await, other.try_into_std().unwrap());
            for mut file in [one, other] {
                assert_eq!(file.stream_position().unwrap(), reads * 1_000);
                file.read_exact(&mut piece).unwrap();
                assert!(piece[..] == data[reads as usize * 1_000..][..1_000]);
            }
        }
        for n in 0..100 {
            let mut file = File::create(dir.path("new")).await.unwrap();
            file.write_all(&data[..n * 1_000]).await.unwrap();
            // Dropped at once, and still under way.
            tests::poll_once(std::pin::pin!(file.sync_all()).as_mut()).await.is_ready();
            assert_eq!(file.into_std().await.stream_position().unwrap(), n as u64 * 1_000);
        }
    });
}

fn a_file_that_is_busy_does_not_become_stds(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let mut file = File::create(dir.path("file")).await.unwrap();
        loop {
            file.write_all(&bytes(MIB)).await.unwrap();
            match file.try_into_std() {
                Err(busy) => {
                    file = busy;
                    break;
                }
                // The thread was faster.
                Ok(std) => file = File::from_std(std),
            }
        }
        file.flush().await.unwrap();
        file.try_into_std().unwrap().write_all(b"x").unwrap();
    });
}

/// Two descriptors of one open file share a position: what one has read the other does not see.
fn clones_share_their_position(kind: Kind) {
    let dir = Dir::new();
    let data = bytes(100_000);
    let path = dir.file("file", &data);
    kind.runtime().block_on(async {
        let mut one = File::open(&path).await.unwrap();
        let mut piece = [0; 1_000];
        let mut back = Vec::new();
        for _ in 0..10 {
            one.read_exact(&mut piece).await.unwrap();
            back.extend(piece);
        }
        one.set_max_buf_size(12_345);
        let mut other = one.try_clone().await.unwrap();
        assert_eq!(other.max_buf_size(), 12_345);
        for _ in 0..45 {
            one.read_exact(&mut piece).await.unwrap();
            back.extend(piece);
            other.read_exact(&mut piece).await.unwrap();
            back.extend(piece);
        }
        assert!(back == data);
    });
}

fn a_seek_that_fails_leaves_the_position(kind: Kind) {
    let dir = Dir::new();
    let path = dir.file("file", bytes(100_000));
    kind.runtime().block_on(async {
        let mut file = File::open(&path).await.unwrap();
        let mut piece = [0; 1_000];
        for _ in 0..10 {
            file.read_exact(&mut piece).await.unwrap();
        }
        let error = seek(&mut file, SeekFrom::Current(-20_000)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(seek(&mut file, SeekFrom::Current(0)).await.unwrap(), 10_000);
        assert_eq!(seek(&mut file, SeekFrom::End(-5)).await.unwrap(), 99_995);
        assert_eq!(file.read(&mut piece).await.unwrap(), 5);
        assert_eq!(file.read(&mut piece).await.unwrap(), 0);
    });
}

fn many_buffers_are_one_write(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let mut file = File::create_new(dir.path("file")).await.unwrap();
        let parts = [IoSlice::new(b"tick"), IoSlice::new(b""), IoSlice::new(b" tock")];
        assert_eq!(file.write_vectored(&parts).await.unwrap(), 9);
        file.flush().await.unwrap();
        file.set_max_buf_size(3);
        assert_eq!(file.write_vectored(&parts).await.unwrap(), 3);
        file.shutdown().await.unwrap();
        let text = fs::read_to_string(dir.path("file")).await.unwrap();
        assert_eq!(text, "tick tocktic");
        let again = File::create_new(dir.path("file")).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::AlreadyExists);
    });
}

/// INV-190: a number is given away, and closed once.
fn what_is_rare_works_too(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let mut file = File::create_new(dir.path("file")).await.unwrap();
        file.write_all(b"tick tock").await.unwrap();
        file.set_len(4).await.unwrap();
        file.sync_data().await.unwrap();
        file.sync_all().await.unwrap();
        assert_eq!(file.metadata().await.unwrap().len(), 4);
        file.set_permissions(PermissionsExt::from_mode(0o600)).await.unwrap();
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
        file.set_modified(day).await.unwrap();
        let data = file.metadata().await.unwrap();
        assert_eq!(data.permissions().mode() & 0o777, 0o600);
        assert_eq!(data.modified().unwrap(), day);
        assert_eq!(file.as_fd().as_raw_fd(), file.as_raw_fd());
        assert!(format!("{file:?}").starts_with("fs::File"));
        let number = file.into_std().await.into_raw_fd();
        // SAFETY: it is ours, and given away.
        let file = unsafe { File::from_raw_fd(number) };
        let mut file = File::from(OwnedFd::from(file.into_std().await));
        assert_eq!(seek(&mut file, SeekFrom::Start(1)).await.unwrap(), 1);
        let mut text = String::new();
        file.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "ick");
    });
}

fn a_buffer_of_no_bytes_is_refused(_: Kind) {
    let mut file = File::from_std(std::fs::File::open("/dev/null").unwrap());
    let said = tests::panic_of(|| file.set_max_buf_size(0));
    assert!(said.text.starts_with("set_max_buf_size(0): "), "{}", said.text);
    assert!(said.file.ends_with("fs/file.rs") && said.line > 200, "the caller's line");
}

/// A pipe gives what there is, and nothing is taken that nobody asked for.
fn a_pipe_is_not_read_ahead(kind: Kind) {
    let (reader, mut writer) = std::io::pipe().unwrap();
    writer.write_all(&bytes(10_000)).unwrap();
    let mut rest = reader.try_clone().unwrap();
    kind.runtime().block_on(async {
        let mut file = File::from(OwnedFd::from(reader));
        let mut piece = [0; 1_000];
        for _ in 0..5 {
            file.read_exact(&mut piece).await.unwrap();
        }
    });
    drop(writer);
    let mut left = Vec::new();
    rest.read_to_end(&mut left).unwrap();
    assert!(left == bytes(10_000)[5_000..]);
}

/// A socket cannot go back: the bytes of a read that was given up stay, and a write goes out.
fn what_was_read_of_a_socket_is_there_after_a_write(kind: Kind) {
    let (mut peer, ours) = std::os::unix::net::UnixStream::pair().unwrap();
    peer.write_all(b"question").unwrap();
    kind.runtime().block_on(async {
        let mut file = File::from(OwnedFd::from(ours));
        let mut piece = [0; 8];
        let given_up = poll_fn(|cx| Poll::Ready(Pin::new(&mut file).poll_read(cx, &mut piece)));
        assert!(given_up.await.is_pending());
        file.write_all(b"answer").await.unwrap();
        file.flush().await.unwrap();
        drop(file.try_clone().await.unwrap());
        file.read_exact(&mut piece).await.unwrap();
        assert_eq!(&piece, b"question");
    });
    let mut text = String::new();
    peer.read_to_string(&mut text).unwrap();
    assert_eq!(text, "answer");
}

tests::each_scheduler! {
    what_was_read_of_a_socket_is_there_after_a_write,
    what_is_written_is_read_again,
    a_file_dropped_without_flush_is_written_all_the_same,
    a_write_after_a_read_goes_where_the_reader_was,
    std_gets_the_file_where_it_was,
    a_file_that_is_busy_does_not_become_stds,
    clones_share_their_position,
    a_seek_that_fails_leaves_the_position,
    many_buffers_are_one_write,
    what_is_rare_works_too,
    a_buffer_of_no_bytes_is_refused,
    a_pipe_is_not_read_ahead,
}
