//! Pipes and FIFO files: bytes, the end, and what is refused.

use crate::help::{Kind, assert_pending, has_ended, run};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, Interest};
use mainspring::net::unix::pipe::{self, OpenOptions, Receiver, Sender};
use std::ffi::CString;
use std::fs::File;
use std::future::poll_fn;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::pin::pin;
use tests::Folder;

fn fifo(folder: &Folder) -> PathBuf {
    let path = folder.at("fifo");
    let name = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a string with a 0 at its end.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    path
}

/// More than a pipe holds: the sender waits.
fn what_is_written_is_read_and_then_the_end(kind: Kind) {
    run(kind, || async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        let writes = mainspring::spawn(async move { sender.write_all(&[7; 1 << 20]).await });
        let mut bytes = Vec::new();
        receiver.read_to_end(&mut bytes).await.unwrap();
        assert_eq!(bytes, vec![7; 1 << 20]);
        writes.await.unwrap().unwrap();
    });
}

fn every_way_to_read_and_write(kind: Kind) {
    run(kind, || async {
        let (sender, receiver) = pipe::pipe().unwrap();
        let mut buf = [0; 8];
        assert_eq!(receiver.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
        sender.writable().await.unwrap();
        poll_fn(|cx| sender.poll_write_ready(cx)).await.unwrap();
        assert!(sender.ready(Interest::WRITABLE).await.unwrap().is_writable());
        assert_eq!(sender.try_write(b"1").unwrap(), 1);
        assert_eq!(sender.try_write_vectored(&[IoSlice::new(b"22")]).unwrap(), 2);
        assert_eq!(poll_fn(|cx| sender.poll_write(cx, b"333")).await.unwrap(), 3);
        assert_eq!(sender.try_io(|| Ok(4)).unwrap(), 4);
        receiver.readable().await.unwrap();
        poll_fn(|cx| receiver.poll_read_ready(cx)).await.unwrap();
        assert_eq!(receiver.try_read(&mut buf[..1]).unwrap(), 1);
        assert_eq!(receiver.try_read_vectored(&mut [IoSliceMut::new(&mut buf[..2])]).unwrap(), 2);
        assert_eq!(receiver.try_io(|| Ok(4)).unwrap(), 4);
        assert_eq!(poll_fn(|cx| receiver.poll_read(cx, &mut buf)).await.unwrap(), 3);
        drop(sender);
        assert!(receiver.ready(Interest::READABLE).await.unwrap().is_read_closed());
        assert_eq!(receiver.try_read(&mut buf).unwrap(), 0);
    });
}

fn a_pipe_that_nobody_reads_is_broken(kind: Kind) {
    run(kind, || async {
        let (mut sender, receiver) = pipe::pipe().unwrap();
        while sender.try_write(&[7; 4096]).is_ok() {}
        let writes = mainspring::spawn(async move { sender.write_all(&[7; 4096]).await });
        mainspring::task::yield_now().await;
        drop(receiver);
        assert_eq!(writes.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

fn a_receiver_dropped_while_it_waits_is_gone(kind: Kind) {
    run(kind, || async {
        let (mut sender, mut receiver) = pipe::pipe().unwrap();
        let reads = mainspring::spawn(async move { receiver.read_u8().await });
        mainspring::task::yield_now().await;
        reads.abort();
        assert!(reads.await.unwrap_err().is_cancelled());
        assert_eq!(sender.write_u8(7).await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

fn a_fifo_file_joins_two_who_know_its_path(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let path = fifo(&folder);
        let error = OpenOptions::new().open_sender(&path).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENXIO), "nobody reads");
        let mut receiver = OpenOptions::new().open_receiver(&path).unwrap();
        let mut sender = OpenOptions::new().open_sender(&path).unwrap();
        sender.write_u8(7).await.unwrap();
        assert_eq!(receiver.read_u8().await.unwrap(), 7);
        drop(sender);
        assert_eq!(receiver.read(&mut [0; 8]).await.unwrap(), 0);
    });
}

#[cfg(target_os = "linux")]
fn a_receiver_that_is_open_for_both_outlives_its_senders(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        let path = fifo(&folder);
        let mut receiver = OpenOptions::new().read_write(true).open_receiver(&path).unwrap();
        for n in 0..3 {
            let mut sender = OpenOptions::new().open_sender(&path).unwrap();
            sender.write_u8(n).await.unwrap();
            drop(sender);
            assert_eq!(receiver.read_u8().await.unwrap(), n);
        }
        let mut buf = [0; 8];
        let mut early = pin!(receiver.read(&mut buf));
        assert_pending(early.as_mut()).await;
    });
}

/// INV-181: a number is asked for its flags while its owner has it.
fn only_pipes_that_are_open_the_right_way_are_taken(kind: Kind) {
    run(kind, || async {
        let folder = Folder::new();
        std::fs::write(folder.at("file"), "text").unwrap();
        let refused = |text: &str, error: std::io::Error| {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(text), "{error}");
        };
        let file = || File::open(folder.at("file")).unwrap();
        refused("neither a pipe nor", Receiver::from_file(file()).unwrap_err());
        refused("neither a pipe nor", Sender::from_file(file()).unwrap_err());
        let error = OpenOptions::new().open_receiver(folder.at("file")).unwrap_err();
        refused("neither a pipe nor", error);
        let (reader, writer) = std::io::pipe().unwrap();
        refused("open for writing", Sender::from_owned_fd(OwnedFd::from(reader)).unwrap_err());
        refused("open for reading", Receiver::from_owned_fd(OwnedFd::from(writer)).unwrap_err());
        // Unchecked, it is epoll that refuses a plain file.
        assert!(OpenOptions::new().unchecked(true).open_receiver(folder.at("file")).is_err());
    });
}

fn a_pipe_is_given_away_blocking_or_not(kind: Kind) {
    run(kind, || async {
        let blocks = |fd: &OwnedFd| {
            // SAFETY: the number is borrowed; the call changes nothing.
            let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
            flags & libc::O_NONBLOCK == 0
        };
        let (sender, receiver) = pipe::pipe().unwrap();
        let sender = sender.into_nonblocking_fd().unwrap();
        assert!(!blocks(&sender));
        let receiver = receiver.into_blocking_fd().unwrap();
        assert!(blocks(&receiver));
        File::from(sender).write_all(b"tick").unwrap();
        let mut buf = [0; 4];
        File::from(receiver.try_clone().unwrap()).read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"tick");
        assert!(!blocks(
            &Receiver::from_owned_fd(receiver).unwrap().into_nonblocking_fd().unwrap()
        ));
    });
}

fn a_pipe_says_that_its_runtime_has_ended(kind: Kind) {
    let first = kind.runtime();
    let (mut sender, mut receiver) = first.block_on(async { pipe::pipe().unwrap() });
    drop(first);
    kind.runtime().block_on(async {
        has_ended(sender.write_u8(7).await);
        has_ended(receiver.read_u8().await);
        has_ended(receiver.readable().await);
    });
}

tests::each_scheduler! {
    what_is_written_is_read_and_then_the_end,
    every_way_to_read_and_write,
    a_pipe_that_nobody_reads_is_broken,
    a_receiver_dropped_while_it_waits_is_gone,
    a_fifo_file_joins_two_who_know_its_path,
    a_receiver_that_is_open_for_both_outlives_its_senders,
    only_pipes_that_are_open_the_right_way_are_taken,
    a_pipe_is_given_away_blocking_or_not,
    a_pipe_says_that_its_runtime_has_ended,
}
