//! AsyncFd: waiting for descriptors of other code.

use crate::help::{Bell, Kind, poll, run};
use mainspring::io::unix::{AsyncFd, AsyncFdReadyGuard, AsyncFdRegisterError};
use mainspring::io::{ErrorKind, Interest, Ready};
use mainspring::runtime::{Handle, Runtime};
use mainspring::spawn;
use std::fs::File;
use std::future::poll_fn;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use tests::{eventually, refuses, turns_until};

fn nonblocking(fd: &impl AsRawFd) {
    // SAFETY: no pointers; the descriptor is open.
    let done = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    assert_eq!(done, 0);
}

fn pipe() -> (AsyncFd<PipeReader>, AsyncFd<PipeWriter>) {
    let (reader, writer) = io::pipe().unwrap();
    nonblocking(&reader);
    nonblocking(&writer);
    (
        AsyncFd::with_interest(reader, Interest::READABLE).unwrap(),
        AsyncFd::with_interest(writer, Interest::WRITABLE).unwrap(),
    )
}

fn pair() -> (AsyncFd<UnixStream>, UnixStream) {
    let (ours, peer) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    (AsyncFd::new(ours).unwrap(), peer)
}

fn current_thread() -> Runtime {
    Kind::CurrentThread.runtime()
}

/// More than a pipe holds, so both ends have to wait; by the guards here, by `async_io` there.
fn bytes_go_through_a_pipe(kind: Kind) {
    const LEN: usize = 300_000;
    run(kind, || async {
        let (reader, mut writer) = pipe();
        let writes = spawn(async move {
            let text: Vec<u8> = (0..LEN).map(|n| (n % 251) as u8).collect();
            let mut rest = &text[..];
            while !rest.is_empty() {
                let mut guard = writer.writable_mut().await.unwrap();
                match guard.try_io(|fd| fd.get_mut().write(rest)) {
                    Ok(n) => rest = &rest[n.unwrap()..],
                    Err(would_block) => assert!(would_block.to_string().contains("block")),
                }
            }
        });
        let mut got: Vec<u8> = Vec::new();
        loop {
            let mut buf = [0; 10_000];
            let read = reader.async_io(Interest::READABLE, |mut pipe| pipe.read(&mut buf));
            match read.await.unwrap() {
                0 => break,
                n => got.extend(&buf[..n]),
            }
        }
        writes.await.unwrap();
        assert!(got.len() == LEN && got.iter().enumerate().all(|(n, b)| *b == (n % 251) as u8));
    });
}

/// Ten tasks wait for one descriptor by `&self`; each byte is read by one of them.
fn any_number_of_tasks_may_wait(kind: Kind) {
    run(kind, || async {
        let (fd, mut peer) = pair();
        let fd = Arc::new(fd);
        let readers: Vec<_> = (0..10)
            .map(|_| {
                let fd = fd.clone();
                spawn(async move {
                    let mut byte = [0];
                    let read = fd.async_io(Interest::READABLE, |mut s| s.read(&mut byte));
                    assert_eq!(read.await.unwrap(), 1);
                    byte[0]
                })
            })
            .collect();
        for byte in 0..10 {
            peer.write_all(&[byte]).unwrap();
            mainspring::task::yield_now().await;
        }
        let mut sum = 0;
        for reader in readers {
            sum += reader.await.unwrap();
        }
        assert_eq!(sum, 45);
    });
}

#[test]
fn a_file_is_refused_and_given_back() {
    current_thread().block_on(async {
        let file = || File::open("/proc/self/exe").or_else(|_| File::open("/bin/sh")).unwrap();
        let number = file().as_raw_fd();
        let error: AsyncFdRegisterError<File> = AsyncFd::try_new(file()).unwrap_err();
        let text = error.to_string();
        for word in ["epoll", "files", "mainspring::fs", "spawn_blocking"] {
            assert!(text.contains(word), "{text}");
        }
        assert!(
            std::error::Error::source(&error).is_some() && format!("{error:?}").contains("epoll")
        );
        let (file_again, cause) = error.into_parts();
        assert_eq!((file_again.as_raw_fd(), cause.kind()), (number, ErrorKind::PermissionDenied));
        drop(file_again);
        for refused in [
            AsyncFd::new(file()).map(drop),
            AsyncFd::with_interest(file(), Interest::READABLE).map(drop),
            AsyncFd::register(file()).map(drop).map_err(io::Error::from),
            AsyncFd::register_with_interest(file(), Interest::READABLE)
                .map(drop)
                .map_err(Into::into),
        ] {
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::PermissionDenied);
        }
    });
    refuses(&["no mainspring runtime"], || AsyncFd::new(UnixStream::pair().unwrap().0));
}

/// Says, when it is dropped, whether its descriptor could be registered again: only what is not in
/// epoll can.
struct Watched(OwnedFd, Arc<AtomicUsize>);

impl AsRawFd for Watched {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        struct Number(RawFd);
        impl AsRawFd for Number {
            fn as_raw_fd(&self) -> RawFd {
                self.0
            }
        }
        AsyncFd::new(Number(self.0.as_raw_fd())).map(drop).unwrap();
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_descriptor_is_taken_out_before_its_owner_is_dropped_or_given_back() {
    current_thread().block_on(async {
        let again = Arc::new(AtomicUsize::new(0));
        let watched = || Watched(UnixStream::pair().unwrap().0.into(), again.clone());
        drop(AsyncFd::new(watched()).unwrap());
        assert_eq!(again.load(Ordering::SeqCst), 1);
        let inner = AsyncFd::new(watched()).unwrap().into_inner();
        let twice = AsyncFd::new(inner).unwrap();
        assert_eq!(again.load(Ordering::SeqCst), 1);
        drop(twice);
        assert_eq!(again.load(Ordering::SeqCst), 2);
    });
}

#[test]
fn what_is_not_cleared_is_ready_again_at_once() {
    current_thread().block_on(async {
        let (fd, mut peer) = pair();
        peer.write_all(b"tick").unwrap();
        for _ in 0..3 {
            let mut guard = fd.readable().await.unwrap();
            assert!(guard.ready().is_readable() && !guard.ready().is_writable());
            guard.retain_ready();
        }
        let mut guard = fd.readable().await.unwrap();
        guard.clear_ready();
        assert_eq!(guard.ready(), Ready::EMPTY);
        guard.clear_ready();
        guard.clear_ready_matching(Ready::READABLE);
        assert!(poll(fd.readable(), &Bell::new()).is_pending(), "as it was told");
        peer.write_all(b"tock").unwrap();
        let guard = fd.readable().await.unwrap();
        assert_eq!(guard.get_ref().as_raw_fd(), guard.get_inner().as_raw_fd());
    });
}

#[test]
fn of_two_directions_one_may_be_cleared() {
    current_thread().block_on(async {
        let (mut fd, mut peer) = pair();
        peer.write_all(b"tick").unwrap();
        fd.readable().await.unwrap().retain_ready();
        let both = Interest::READABLE | Interest::WRITABLE;
        let mut guard = fd.ready_mut(both).await.unwrap();
        assert!(guard.ready().is_readable() && guard.ready().is_writable());
        guard.clear_ready_matching(Ready::READABLE);
        assert!(!guard.ready().is_readable() && guard.ready().is_writable());
        assert_eq!(guard.get_inner().as_raw_fd(), guard.get_ref().as_raw_fd());
        assert_eq!(guard.get_inner_mut().as_raw_fd(), guard.get_mut().as_raw_fd());
        assert!(poll(fd.readable(), &Bell::new()).is_pending());
        fd.writable().await.unwrap().retain_ready();
    });
}

/// An event between the wait and the clear is not lost, although nothing follows it.
#[test]
fn a_clear_leaves_what_has_come_since() {
    let runtime = current_thread();
    runtime.block_on(async {
        let (fd, mut peer) = pair();
        peer.write_all(b"tick").unwrap();
        let mut guard = fd.readable().await.unwrap();
        let mut rest = [0; 8];
        assert_eq!(guard.get_inner().read(&mut rest).unwrap(), 4);
        peer.write_all(b"tock").unwrap();
        // Somebody else hears of it.
        let (other, mut theirs) = pair();
        theirs.write_all(b"!").unwrap();
        other.readable().await.unwrap().retain_ready();
        guard.clear_ready();
        let mut guard = fd.readable().await.unwrap();
        assert_eq!(guard.try_io(|fd| fd.get_ref().read(&mut rest)).unwrap().unwrap(), 4);
    });
}

/// A reader that stops at a short read and clears still hears of the end.
#[test]
fn the_end_is_final() {
    current_thread().block_on(async {
        let (fd, mut peer) = pair();
        peer.write_all(b"tick").unwrap();
        peer.shutdown(Shutdown::Write).unwrap();
        let mut buf = [0; 8];
        let mut guard = fd.readable().await.unwrap();
        assert_eq!(guard.try_io(|fd| fd.get_ref().read(&mut buf)).unwrap().unwrap(), 4);
        guard.clear_ready();
        let mut guard = fd.readable().await.unwrap();
        assert!(guard.ready().is_read_closed());
        assert_eq!(guard.try_io(|fd| fd.get_ref().read(&mut buf)).unwrap().unwrap(), 0);
    });
}

/// The writer of a FIFO is gone and another one has come: what blocks now is not at its end.
#[test]
fn a_fifo_may_have_a_new_writer() {
    let folder = std::env::temp_dir().join(format!("mainspring-fifo-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("fifo");
    let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
    // SAFETY: a path that ends in zero.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    let mut open = File::options();
    let reader = open.read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
    let writer = || File::options().write(true).open(&path).unwrap();
    current_thread().block_on(async {
        let fd = AsyncFd::with_interest(reader, Interest::READABLE).unwrap();
        let mut buf = [0; 8];
        drop(writer());
        assert_eq!(fd.readable().await.unwrap().get_inner().read(&mut buf).unwrap(), 0);
        let mut second = writer();
        let mut guard = fd.readable().await.unwrap();
        assert!(guard.try_io(|fd| fd.get_ref().read(&mut buf)).is_err(), "it would block");
        assert!(poll(fd.readable(), &Bell::new()).is_pending(), "nobody spins");
        second.write_all(b"tick").unwrap();
        let read = fd.async_io(Interest::READABLE, |mut file| file.read(&mut buf));
        assert_eq!(read.await.unwrap(), 4);
    });
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_try_does_not_wait() {
    current_thread().block_on(async {
        let (mut fd, mut peer) = pair();
        let mut calls = 0;
        let mut buf = [0; 8];
        let kind = |result: io::Result<usize>| result.unwrap_err().kind();
        let idle = fd.try_io(Interest::READABLE, |_| -> io::Result<usize> { unreachable!() });
        assert_eq!(kind(idle), ErrorKind::WouldBlock);
        peer.write_all(b"tick").unwrap();
        fd.readable().await.unwrap().retain_ready();
        let all = fd.try_io_mut(Interest::READABLE, |socket| {
            calls += 1;
            socket.read(&mut buf)
        });
        assert_eq!(all.unwrap(), 4);
        let none = fd.try_io(Interest::READABLE, |mut socket| {
            calls += 1;
            socket.read(&mut buf)
        });
        assert_eq!(kind(none), ErrorKind::WouldBlock);
        assert_eq!(calls, 2, "and from now on it is known");
        let idle = fd.try_io_mut(Interest::READABLE, |_| -> io::Result<usize> { unreachable!() });
        assert_eq!(kind(idle), ErrorKind::WouldBlock);
        assert!(fd.try_io(Interest::WRITABLE, |_| Ok(())).is_ok(), "the other way is as it was");
    });
}

#[test]
fn errors_of_the_operation_come_back_as_they_are() {
    current_thread().block_on(async {
        let (mut fd, _peer) = pair();
        let fails = || Err::<(), _>(io::Error::from(ErrorKind::AddrInUse));
        let error = fd.async_io(Interest::WRITABLE, |_| fails()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        let error = fd.async_io_mut(Interest::WRITABLE, |_| fails()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        let mut guard = fd.writable().await.unwrap();
        assert_eq!(guard.try_io(|_| fails()).unwrap().unwrap_err().kind(), ErrorKind::AddrInUse);
        assert!(guard.ready().is_writable(), "it is still ready");
        let would_block = || Err::<(), _>(io::Error::from(ErrorKind::WouldBlock));
        assert!(guard.try_io(|_| would_block()).is_err());
        assert!(guard.try_io(|_| would_block()).is_err(), "although it was cleared already");
        assert_eq!(guard.try_io(|_| Ok(7)).unwrap().unwrap(), 7);
    });
}

/// The polling methods: one task for each direction, with a waker each.
#[test]
fn one_task_polls_for_each_direction() {
    let runtime = current_thread();
    let inside = runtime.enter();
    let (mut fd, mut peer) = pair();
    drop(inside);
    let (reads, writes) = (Bell::new(), Bell::new());
    let both = |fd: &AsyncFd<UnixStream>| {
        let read = poll(poll_fn(|cx| fd.poll_read_ready(cx).map(drop)), &reads);
        let write = poll(poll_fn(|cx| fd.poll_write_ready(cx).map(drop)), &writes);
        (read.is_ready(), write.is_ready())
    };
    assert_eq!(both(&fd), (false, false));
    turns_until(&runtime, || writes.rung() == 1);
    assert_eq!((both(&fd), reads.rung()), ((false, true), 0));
    peer.write_all(b"!").unwrap();
    turns_until(&runtime, || reads.rung() == 1);
    assert_eq!(both(&fd), (true, true));
    let clears = poll_fn(|cx| fd.poll_read_ready_mut(cx).map_ok(|mut guard| guard.clear_ready()));
    assert!(poll(clears, &reads).is_ready());
    let clears = poll_fn(|cx| fd.poll_write_ready_mut(cx).map_ok(|mut guard| guard.clear_ready()));
    assert!(poll(clears, &writes).is_ready());
    assert_eq!(both(&fd), (false, false));
    let text = format!("{fd:?}");
    assert!(text.starts_with("AsyncFd") && text.contains("UnixStream"), "{text}");
}

#[test]
fn a_wait_ends_with_its_runtime() {
    let runtime = current_thread();
    let inside = runtime.enter();
    let (fd, _peer) = pair();
    drop(inside);
    let bell = Bell::new();
    let mut waits = Box::pin(fd.readable());
    assert!(poll(waits.as_mut(), &bell).is_pending());
    drop(runtime);
    assert_eq!(bell.rung(), 1);
    let Poll::Ready(Err(error)) = poll(waits.as_mut(), &bell) else {
        panic!("it should have failed")
    };
    assert!(error.to_string().contains("has ended"), "{error}");
    drop(waits);
    assert!(fd.try_io(Interest::READABLE, |_| Ok(())).unwrap_err().to_string().contains("ended"));
    drop(fd);
}

/// Events come as long as somebody drives the runtime, from wherever the descriptor is waited for.
#[test]
fn a_descriptor_may_be_waited_for_in_another_runtime() {
    let pool = Kind::Workers(1).runtime();
    let inside = pool.enter();
    let (fd, mut peer) = pair();
    drop(inside);
    let waits = std::thread::spawn(move || {
        current_thread().block_on(async { fd.readable().await.map(drop).unwrap() });
    });
    peer.write_all(b"!").unwrap();
    waits.join().unwrap();
    eventually(|| Handle::try_current().is_err());
}

#[test]
fn a_descriptor_is_lent_as_its_owner_lends_it() {
    current_thread().block_on(async {
        let (fd, _peer) = pair();
        let lent: BorrowedFd<'_> = fd.as_fd();
        assert_eq!(lent.as_raw_fd(), fd.as_raw_fd());
        tests::has! { Send, Sync => AsyncFd<UnixStream>, AsyncFdReadyGuard<'static, UnixStream> }
    });
}

tests::each_scheduler! { bytes_go_through_a_pipe, any_number_of_tasks_may_wait }
