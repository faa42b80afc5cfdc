//! The system refuses: std's error comes, by the next word at the latest, and nothing is claimed
//! that was not done.

use crate::help::{Dir, bytes, seek};
use mainspring::fs::{self, File, OpenOptions};
use mainspring::io::{AsyncReadExt, AsyncWriteExt, SeekFrom};
use std::io::{Error, ErrorKind, Write};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};
use tests::Kind;
use tests::many::alone;

fn number(error: &Error) -> Option<i32> {
    error.raw_os_error()
}

async fn full() -> File {
    let mut file = OpenOptions::new().write(true).open("/dev/full").await.unwrap();
    // Accepted: the thread has not been there yet, or its error is told.
    match file.write(b"tick").await {
        Ok(n) => assert_eq!(n, 4),
        Err(error) => panic!("nothing went before: {error}"),
    }
    file
}

/// By whatever comes next, once.
fn a_full_disk_is_told_by_the_next_operation(kind: Kind) {
    if !cfg!(target_os = "linux") {
        return println!("skipped: only Linux has /dev/full");
    }
    kind.runtime().block_on(async {
        let mut file = full().await;
        assert_eq!(number(&file.flush().await.unwrap_err()), Some(libc::ENOSPC));
        file.flush().await.unwrap();
        assert_eq!(number(&full().await.shutdown().await.unwrap_err()), Some(libc::ENOSPC));
        assert_eq!(number(&full().await.sync_all().await.unwrap_err()), Some(libc::ENOSPC));
        assert_eq!(number(&full().await.metadata().await.unwrap_err()), Some(libc::ENOSPC));
        let error = seek(&mut full().await, SeekFrom::Start(0)).await.unwrap_err();
        assert_eq!(number(&error), Some(libc::ENOSPC));
        // A write may be accepted as long as the thread has not failed; then it is told.
        let mut file = full().await;
        let start = Instant::now();
        let error = loop {
            match file.write(&bytes(100)).await {
                Ok(_) => assert!(start.elapsed() < Duration::from_secs(60)),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        let error = fs::write("/dev/full", "tick").await.unwrap_err();
        assert_eq!(number(&error), Some(libc::ENOSPC));
    });
}

/// A file-size limit: a part is written, and an error says that it was not all.
#[test]
fn a_file_that_may_not_grow_is_cut_and_told() {
    alone("faults::a_file_that_may_not_grow_is_cut_and_told", || {
        const MOST: usize = 50_000;
        let limit = libc::rlimit { rlim_cur: MOST as u64, rlim_max: libc::RLIM_INFINITY };
        // SAFETY: this process is ours; without the handler the signal would end it.
        unsafe {
            assert_ne!(libc::signal(libc::SIGXFSZ, libc::SIG_IGN), libc::SIG_ERR);
            assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
        }
        for kind in [Kind::CurrentThread, Kind::Workers(2)] {
            let dir = Dir::new();
            kind.runtime().block_on(async {
                let mut file = File::create(dir.path("file")).await.unwrap();
                let data = bytes(2 * MOST);
                assert_eq!(file.write(&data).await.unwrap(), data.len(), "accepted");
                assert_eq!(number(&file.flush().await.unwrap_err()), Some(libc::EFBIG));
                let written = std::fs::read(dir.path("file")).unwrap();
                assert!(written.len() == MOST && written == data[..MOST], "a part");
                assert_eq!(seek(&mut file, SeekFrom::Current(0)).await.unwrap(), MOST as u64);
                let error = fs::write(dir.path("other"), &data).await.unwrap_err();
                assert_eq!(number(&error), Some(libc::EFBIG));
            });
        }
    });
}

fn errors_are_stds(kind: Kind) {
    let dir = Dir::new();
    kind.runtime().block_on(async {
        let error = fs::read(dir.path("nothing")).await.unwrap_err();
        assert_eq!((error.kind(), number(&error)), (ErrorKind::NotFound, Some(libc::ENOENT)));
        let mut file = File::open(&dir).await.unwrap();
        let error = file.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!((error.kind(), number(&error)), (ErrorKind::IsADirectory, Some(libc::EISDIR)));
        let error = File::create(&dir).await.unwrap_err();
        assert_eq!(number(&error), Some(libc::EISDIR));
        let mut file = File::open(dir.file("file", "tick")).await.unwrap();
        file.write_all(b"tock").await.unwrap();
        let error = file.flush().await.unwrap_err();
        assert_eq!(number(&error), Some(libc::EBADF), "it is open for reading only");
    });
    assert_eq!(std::fs::read(dir.path("file")).unwrap(), b"tick");
}

fn what_one_may_not_open_is_refused(kind: Kind) {
    // SAFETY: it only asks.
    if unsafe { libc::geteuid() } == 0 {
        return println!("skipped: root may open everything");
    }
    let dir = Dir::new();
    let path = dir.file("file", "tick");
    kind.runtime().block_on(async {
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o0))
            .await
            .unwrap();
        let error = File::open(&path).await.unwrap_err();
        assert_eq!(number(&error), Some(libc::EACCES));
    });
}

#[test]
fn without_descriptors_open_is_an_error_and_works_again_later() {
    alone("faults::without_descriptors_open_is_an_error_and_works_again_later", || {
        for kind in [Kind::CurrentThread, Kind::Workers(2)] {
            let dir = Dir::new();
            let path = dir.file("file", "tick");
            let runtime = kind.runtime();
            let file = runtime.block_on(File::open(&path)).unwrap();
            let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: this process is ours.
            unsafe {
                assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limits), 0);
                let few = libc::rlimit { rlim_cur: 64, ..limits };
                assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &few), 0);
            }
            let held: Vec<_> = std::iter::from_fn(|| std::fs::File::open(&path).ok()).collect();
            runtime.block_on(async {
                assert_eq!(number(&File::open(&path).await.unwrap_err()), Some(libc::EMFILE));
                assert_eq!(number(&file.try_clone().await.unwrap_err()), Some(libc::EMFILE));
                assert_eq!(number(&fs::read_dir(&dir).await.unwrap_err()), Some(libc::EMFILE));
                drop(held);
                let mut text = String::new();
                File::open(&path).await.unwrap().read_to_string(&mut text).await.unwrap();
                assert_eq!(text, "tick");
            });
        }
    });
}

/// Signals without SA_RESTART interrupt whatever system call they meet.
#[test]
fn a_storm_of_signals_loses_nothing() {
    extern "C" fn nothing(_: libc::c_int) {}
    alone("faults::a_storm_of_signals_loses_nothing", || {
        // SAFETY: the handler does nothing, which is allowed at any time.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
            assert_eq!(libc::sigaction(libc::SIGALRM, &action, std::ptr::null_mut()), 0);
            let every = libc::timeval { tv_sec: 0, tv_usec: 200 };
            let timer = libc::itimerval { it_interval: every, it_value: every };
            assert_eq!(libc::setitimer(libc::ITIMER_REAL, &timer, std::ptr::null_mut()), 0);
        }
        let data = bytes(600_000);
        for kind in [Kind::CurrentThread, Kind::Workers(2)] {
            let (reader, mut writer) = std::io::pipe().unwrap();
            let sent = data.clone();
            // Slowly: whoever reads has to wait, and is interrupted.
            let feeder = std::thread::spawn(move || {
                for piece in sent.chunks(3_000) {
                    tests::pass(Duration::from_micros(500));
                    writer.write_all(piece).unwrap();
                }
            });
            kind.runtime().block_on(async {
                let dir = Dir::new();
                let mut pipe = File::from(OwnedFd::from(reader));
                let mut file = File::create_new(dir.path("file")).await.unwrap();
                let mut got = vec![0; data.len()];
                pipe.read_exact(&mut got).await.unwrap();
                assert!(got == data);
                file.write_all(&got).await.unwrap();
                file.flush().await.unwrap();
                assert!(fs::read(dir.path("file")).await.unwrap() == data);
            });
            feeder.join().unwrap();
        }
    });
}

tests::each_scheduler! {
    a_full_disk_is_told_by_the_next_operation,
    errors_are_stds,
    what_one_may_not_open_is_refused,
}
