//! The runtime ends, or there is none: an error or a panic that says so, and nothing accepted is
//! lost without a word.

use crate::help::{Dir, bytes, seek};
use mainspring::fs::{self, File};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, SeekFrom};
use mainspring::runtime::{Builder, Runtime};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::sync::mpsc;
use tests::many::Hold;
use tests::{Kind, panic_of};

const ENDED: &str = "the runtime has ended: ";

fn after_the_end_of_the_runtime_every_operation_is_an_error(kind: Kind) {
    let dir = Dir::new();
    let path = dir.file("file", "tick");
    let runtime = kind.runtime();
    let handle = runtime.handle().clone();
    let mut file = runtime.block_on(File::open(&path)).unwrap();
    let mut entries = runtime.block_on(fs::read_dir(&dir)).unwrap();
    drop(runtime);
    handle.block_on(async {
        let said = |error: std::io::Error| {
            assert!(error.to_string().starts_with(ENDED), "{error}");
        };
        said(fs::read(&path).await.unwrap_err());
        said(fs::write(&path, "").await.unwrap_err());
        said(fs::read_dir(&dir).await.unwrap_err());
        said(file.read(&mut [0]).await.unwrap_err());
        said(file.metadata().await.unwrap_err());
        said(file.set_len(0).await.unwrap_err());
        said(seek(&mut file, SeekFrom::Start(0)).await.unwrap_err());
        file.flush().await.unwrap();
        // What was read before is there.
        assert!(entries.next_entry().await.unwrap().is_some());
        assert!(entries.next_entry().await.unwrap().is_none());
    });
    assert_eq!(std::fs::read(&path).unwrap(), b"tick");
}

/// The pool has one thread, which is busy: what was accepted waits for it when the runtime ends.
fn what_was_accepted_and_not_begun_is_written_when_the_runtime_ends(kind: Kind) {
    let dir = Dir::new();
    let runtime = kind.builder().max_blocking_threads(1).build().unwrap();
    let mut file = runtime.block_on(File::create(dir.path("file"))).unwrap();
    let mut pipe = File::from(OwnedFd::from(std::io::pipe().unwrap().1));
    let hold = Hold::new();
    let grip = hold.grip();
    let busy = runtime.spawn_blocking(move || grip.hold());
    hold.wait_for(1);
    runtime.block_on(async {
        file.write_all(&bytes(10_000)).await.unwrap();
        file.write_all(b"end").await.unwrap();
        pipe.write_all(b"into a pipe").await.unwrap();
    });
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    handle.block_on(async {
        file.flush().await.unwrap();
        // Nobody can say that this would not block.
        let error = pipe.flush().await.unwrap_err();
        assert!(error.to_string().starts_with(ENDED), "{error}");
        pipe.flush().await.unwrap();
    });
    hold.release();
    drop(busy);
    let written = std::fs::read(dir.path("file")).unwrap();
    assert!(written[..10_000] == bytes(10_000) && &written[10_000..] == b"end");
}

/// A thread sits in a write to a pipe that nobody reads: the end waits as long as it is told to.
fn the_end_of_the_runtime_meets_a_write_that_is_under_way(kind: Kind) {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let runtime = kind.runtime();
    let data = bytes(300_000);
    let mut file = File::from(OwnedFd::from(writer));
    runtime.block_on(async {
        assert_eq!(file.write(&data).await.unwrap(), data.len());
        // It has begun when the pipe is full.
        let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
        tests::until(|| {
            let mut begun = 0;
            // SAFETY: it writes a number to where we say.
            unsafe { libc::ioctl(number, libc::FIONREAD, &raw mut begun) };
            begun > 0
        })
        .await;
    });
    let report = runtime.shutdown_timeout(std::time::Duration::ZERO);
    assert!(!report.is_clean(), "it is still writing");
    drop(file);
    let mut got = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut got).unwrap();
    assert!(got == data, "what was begun is written to the end");
}

/// The task goes with the runtime while a thread works for it.
fn a_task_that_ends_with_its_runtime_leaves_whole_files(kind: Kind) {
    let dir = Dir::new();
    for n in 0..10 {
        let runtime = kind.runtime();
        let (path, (begun, has_begun)) = (dir.path(&n.to_string()), mpsc::channel());
        runtime.spawn(async move {
            let mut file = File::create(path).await.unwrap();
            loop {
                file.write_all(b"0123456789").await.unwrap();
                begun.send(()).unwrap();
            }
        });
        runtime.block_on(tests::until(|| has_begun.try_recv().is_ok()));
        drop(runtime);
        let accepted = 1 + has_begun.try_iter().count();
        let written = std::fs::read(dir.path(&n.to_string())).unwrap().len();
        assert!(written >= accepted * 10, "{written} bytes of {accepted} writes");
        assert_eq!(written % 10, 0, "no write is cut");
    }
}

fn a_file_moves_to_another_runtime(kind: Kind) {
    let dir = Dir::new();
    let one = kind.runtime();
    let mut file = one.block_on(File::create_new(dir.path("file"))).unwrap();
    one.block_on(file.write_all(b"tick")).unwrap();
    let other = Builder::new_current_thread().build().unwrap();
    let text = other.block_on(async {
        file.write_all(b" tock").await.unwrap();
        seek(&mut file, SeekFrom::Start(0)).await.unwrap();
        one.shutdown_background();
        let mut text = String::new();
        file.read_to_string(&mut text).await.map(|_| text).unwrap()
    });
    assert_eq!(text, "tick tock");
}

fn outside_a_runtime_is_a_mistake(_: Kind) {
    let dir = Dir::new();
    let mut std = std::fs::File::create(dir.path("file")).unwrap();
    std.write_all(b"tick").unwrap();
    let mut file = File::from_std(std);
    let waker = std::task::Waker::noop();
    let mut cx = std::task::Context::from_waker(waker);
    let mut poll = |work: &mut dyn FnMut(&mut File, &mut std::task::Context<'_>)| {
        panic_of(|| work(&mut file, &mut cx)).text
    };
    let write = poll(&mut |file, cx| {
        let _ = std::future::Future::poll(std::pin::pin!(file.write(b"x")).as_mut(), cx);
    });
    let read = poll(&mut |file, cx| {
        let _ = std::future::Future::poll(std::pin::pin!(file.read(&mut [0])).as_mut(), cx);
    });
    assert_eq!(write, read);
    assert!(write.contains("runtime"), "{write}");
    // Nothing was accepted.
    drop(file.try_into_std().unwrap());
    assert_eq!(std::fs::read(dir.path("file")).unwrap(), b"tick");
}

/// A runtime that is dropped because its owner panics is an end like any other.
fn a_panic_that_ends_the_runtime_loses_nothing(kind: Kind) {
    /// Ended by the panic, without waiting for the thread that is busy.
    struct Owner(Option<Runtime>);
    impl Drop for Owner {
        fn drop(&mut self) {
            self.0.take().unwrap().shutdown_background();
        }
    }
    let dir = Dir::new();
    let owner = Owner(Some(kind.builder().max_blocking_threads(1).build().unwrap()));
    let runtime = owner.0.as_ref().unwrap();
    let mut file = runtime.block_on(File::create(dir.path("file"))).unwrap();
    let hold = Hold::new();
    let grip = hold.grip();
    runtime.spawn_blocking(move || grip.hold());
    hold.wait_for(1);
    runtime.block_on(file.write_all(b"tick")).unwrap();
    tests::panic_of(move || {
        let _owner = owner;
        panic!("for another reason");
    });
    assert_eq!(std::fs::read(dir.path("file")).unwrap(), b"tick");
}

/// What waited for a thread, and got none, leaves the file where its reader was.
fn a_hop_that_was_lost_leaves_the_position(kind: Kind) {
    let dir = Dir::new();
    let path = dir.file("file", bytes(100_000));
    let runtime = kind.builder().max_blocking_threads(1).build().unwrap();
    let (mut file, mut piece) = (runtime.block_on(File::open(path)).unwrap(), [0; 1_000]);
    runtime.block_on(async {
        for _ in 0..4 {
            file.read_exact(&mut piece).await.unwrap();
        }
    });
    let hold = Hold::new();
    let grip = hold.grip();
    runtime.spawn_blocking(move || grip.hold());
    hold.wait_for(1);
    let handle = runtime.handle().clone();
    runtime.shutdown_background();
    let error = handle.block_on(file.metadata()).unwrap_err();
    assert!(error.to_string().starts_with(ENDED), "{error}");
    kind.runtime().block_on(async {
        file.read_exact(&mut piece).await.unwrap();
        assert!(piece == bytes(100_000)[4_000..5_000]);
        drop(file.into_std().await);
    });
}

tests::each_scheduler! {
    a_panic_that_ends_the_runtime_loses_nothing,
    a_hop_that_was_lost_leaves_the_position,
    after_the_end_of_the_runtime_every_operation_is_an_error,
    what_was_accepted_and_not_begun_is_written_when_the_runtime_ends,
    the_end_of_the_runtime_meets_a_write_that_is_under_way,
    a_task_that_ends_with_its_runtime_leaves_whole_files,
    a_file_moves_to_another_runtime,
    outside_a_runtime_is_a_mistake,
}
