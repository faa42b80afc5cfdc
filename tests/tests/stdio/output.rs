//! stdout and stderr: pieces stay whole, errors are told, and little is lost at the end.

use crate::child::{child, done, in_child, output};
use mainspring::io::{AsyncWriteExt, stderr, stdout};
use std::io::{ErrorKind, Read};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tests::Kind;
use tests::many::Hold;

const KINDS: [Kind; 3] = [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)];

/// Of different lengths, up to more than a pipe holds.
fn line(task: usize, n: usize) -> String {
    let len = [10, 100, 5_000, 90_000][(task + n) % 4];
    let fill = char::from(b'a' + task as u8);
    format!("<{task} {n} {}>\n", String::from(fill).repeat(len))
}

#[test]
fn what_is_written_in_one_piece_comes_out_in_one_piece() {
    const TEST: &str = "output::what_is_written_in_one_piece_comes_out_in_one_piece";
    const TASKS: usize = 6;
    const LINES: usize = 40;
    in_child(TEST, || {
        let runtime = Kind::Workers(2).runtime();
        println!();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                runtime.spawn(async move {
                    let mut out = stdout();
                    for n in 0..LINES {
                        out.write_all(line(task, n).as_bytes()).await.unwrap();
                    }
                    out.flush().await.unwrap();
                })
            })
            .collect();
        for n in 0..LINES {
            print!("{}", line(TASKS, n));
        }
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
    });
    let text = String::from_utf8(output(child(TEST).spawn().unwrap())).unwrap();
    for task in 0..=TASKS {
        let mine = format!("<{task} ");
        let lines: Vec<_> = text.split_inclusive('\n').filter(|l| l.starts_with(&mine)).collect();
        let expected: Vec<_> = (0..LINES).map(|n| line(task, n)).collect();
        assert!(lines == expected, "the lines of {task}");
    }
}

#[test]
fn a_closed_pipe_is_an_error_and_no_signal() {
    const TEST: &str = "output::a_closed_pipe_is_an_error_and_no_signal";
    in_child(TEST, || {
        for kind in KINDS {
            kind.runtime().block_on(async {
                let mut out = stdout();
                let start = Instant::now();
                // Until the parent has closed it.
                let error = loop {
                    out.write_all(b"tick\n").await.unwrap();
                    match out.flush().await {
                        Ok(()) => assert!(start.elapsed() < Duration::from_secs(60)),
                        Err(error) => break error,
                    }
                };
                assert_eq!(error.kind(), ErrorKind::BrokenPipe);
                out.flush().await.unwrap();
                out.write_all(b"tick\n").await.unwrap();
                assert_eq!(out.shutdown().await.unwrap_err().kind(), ErrorKind::BrokenPipe);
            });
        }
    });
    let mut started = child(TEST).spawn().unwrap();
    let mut out = started.stdout.take().unwrap();
    out.read_exact(&mut [0; 20]).unwrap();
    drop(out);
    done(&mut started);
}

#[test]
fn a_full_disk_is_told() {
    const TEST: &str = "output::a_full_disk_is_told";
    if !cfg!(target_os = "linux") {
        return println!("skipped: only Linux has /dev/full");
    }
    in_child(TEST, || {
        for kind in KINDS {
            kind.runtime().block_on(async {
                let mut out = stderr();
                out.write_all(b"tick\n").await.unwrap();
                let error = out.flush().await.unwrap_err();
                assert_eq!(error.raw_os_error(), Some(libc::ENOSPC));
                out.flush().await.unwrap();
            });
        }
    });
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    done(&mut child(TEST).stderr(full).spawn().unwrap());
}

/// The only thread of the pool is busy: what waits for it goes out without it.
#[test]
fn what_no_thread_has_begun_goes_out_when_the_runtime_ends() {
    const TEST: &str = "output::what_no_thread_has_begun_goes_out_when_the_runtime_ends";
    in_child(TEST, || {
        for kind in KINDS {
            let runtime = kind.builder().max_blocking_threads(1).build().unwrap();
            let hold = Hold::new();
            let grip = hold.grip();
            runtime.spawn_blocking(move || grip.hold());
            hold.wait_for(1);
            runtime.block_on(async {
                stdout().write_all(b"out: nobody flushed\n").await.unwrap();
                stderr().write_all(b"err: nobody flushed\n").await.unwrap();
            });
            runtime.shutdown_background();
        }
    });
    for (name, err) in [("two pipes", Stdio::piped()), ("a file", file("last-words"))] {
        println!("{name}");
        let mut started = child(TEST).stderr(err).spawn().unwrap();
        let err = started.stderr.take();
        let out = String::from_utf8(output(started)).unwrap();
        assert_eq!(out.matches("out: nobody flushed\n").count(), KINDS.len());
        let mut text = String::new();
        match err {
            Some(mut err) => err.read_to_string(&mut text).unwrap(),
            None => {
                std::fs::File::open(path("last-words")).unwrap().read_to_string(&mut text).unwrap()
            }
        };
        assert_eq!(text.matches("err: nobody flushed\n").count(), KINDS.len(), "{text}");
    }
    std::fs::remove_file(path("last-words")).unwrap();
}

/// A socket too takes what it has room for.
#[test]
fn a_socket_gets_the_last_words() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let test = "output::what_no_thread_has_begun_goes_out_when_the_runtime_ends";
    let mut command = child(test);
    command.stderr(std::os::fd::OwnedFd::from(theirs));
    let out = output(command.spawn().unwrap());
    assert!(!out.is_empty());
    drop(command);
    let mut text = String::new();
    (&ours).read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("err: nobody flushed\n").count(), KINDS.len(), "{text}");
}

/// Its writer was told that it failed, and may write it again.
#[test]
fn a_piece_that_failed_does_not_come_out_with_the_next() {
    const TEST: &str = "output::a_piece_that_failed_does_not_come_out_with_the_next";
    const NAME: &str = "failed-piece";
    in_child(TEST, || {
        let may_write = |bytes| {
            let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: they change this process, which is the test's own.
            unsafe {
                libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
            }
        };
        Kind::CurrentThread.runtime().block_on(async {
            let mut out = stdout();
            may_write(1);
            out.write_all(b"first").await.unwrap();
            assert_eq!(out.flush().await.unwrap_err().raw_os_error(), Some(libc::EFBIG));
            may_write(1_000_000);
            out.write_all(b"second").await.unwrap();
            out.flush().await.unwrap();
        });
    });
    done(&mut child(TEST).stdout(file(NAME)).spawn().unwrap());
    let text = std::fs::read_to_string(path(NAME)).unwrap();
    std::fs::remove_file(path(NAME)).unwrap();
    assert!(text.ends_with("second") && !text.contains("first"), "{text}");
}

/// Nobody reads: what does not fit is lost, and nobody waits for it.
#[test]
fn a_reader_that_sleeps_does_not_stop_the_end() {
    const TEST: &str = "output::a_reader_that_sleeps_does_not_stop_the_end";
    in_child(TEST, || {
        let runtime = Kind::CurrentThread.builder().max_blocking_threads(1).build().unwrap();
        let hold = Hold::new();
        let grip = hold.grip();
        runtime.spawn_blocking(move || grip.hold());
        hold.wait_for(1);
        runtime.block_on(async {
            stdout().write_all(&vec![b'x'; 1_000_000]).await.unwrap();
        });
        runtime.shutdown_background();
    });
    let mut started = child(TEST).spawn().unwrap();
    done(&mut started);
    let mut text = Vec::new();
    started.stdout.take().unwrap().read_to_end(&mut text).unwrap();
    let came = text.iter().filter(|byte| **byte == b'x').count();
    assert!((4_000..1_000_000).contains(&came), "{came} bytes: what a pipe holds");
}

fn path(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(format!("mainspring-{name}-{}", std::process::id()))
}

fn file(name: &str) -> Stdio {
    std::fs::File::create(path(name)).unwrap().into()
}
