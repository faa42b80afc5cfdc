//! stdin, of every kind: no byte is lost, no thread stays behind.

use crate::child::{child, done, in_child, output, terminal};
use mainspring::io::{AsyncReadExt, Stdin, stdin};
use mainspring::task::yield_now;
use mainspring::time::{Duration, sleep};
use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::process::Stdio;
use std::task::Poll;
use tests::{Kind, poll_once};

const KINDS: [Kind; 3] = [Kind::CurrentThread, Kind::Workers(1), Kind::Workers(2)];

/// The two sides of each kind of stdin that somebody may keep waiting.
fn kinds_of_stdin() -> Vec<(&'static str, OwnedFd, OwnedFd)> {
    let (reader, writer) = std::io::pipe().unwrap();
    let (one, other) = UnixStream::pair().unwrap();
    let mut kinds =
        vec![("pipe", writer.into(), reader.into()), ("socket", one.into(), other.into())];
    match terminal() {
        Some((person, program)) => kinds.push(("terminal", person, program)),
        None => println!("no terminal: the system has none to give"),
    }
    kinds
}

fn text() -> String {
    (0..100).map(|n| format!("line {n}\n")).collect()
}

/// Reads so many bytes, a few at a time, giving a read up after each poll.
async fn bytes(len: usize) -> Vec<u8> {
    let (mut stdin, mut bytes) = (stdin(), Vec::new());
    while bytes.len() < len {
        let mut buf = [0; 5];
        let most = buf.len().min(len - bytes.len());
        let read = poll_once(pin!(stdin.read(&mut buf[..most])).as_mut()).await;
        match read.map(Result::unwrap) {
            Poll::Ready(0) => panic!("there are more"),
            Poll::Ready(n) => bytes.extend(&buf[..n]),
            Poll::Pending => yield_now().await,
        }
    }
    bytes
}

#[test]
fn a_read_that_is_given_up_loses_nothing() {
    const TEST: &str = "input::a_read_that_is_given_up_loses_nothing";
    in_child(TEST, || {
        for kind in KINDS {
            let bytes = kind.runtime().block_on(bytes(text().len()));
            assert_eq!(String::from_utf8(bytes).unwrap(), text());
        }
    });
    for (name, ours, theirs) in kinds_of_stdin() {
        println!("{name}");
        let mut started = child(TEST).stdin(Stdio::from(theirs)).spawn().unwrap();
        let mut writer = File::from(ours);
        // A terminal echoes what is typed, into a buffer that nobody empties: it is small.
        for _ in KINDS {
            writer.write_all(text().as_bytes()).unwrap();
        }
        done(&mut started);
    }
}

/// A task waits for stdin when main ends, and the other side says nothing for ever.
#[test]
fn a_program_that_waits_for_stdin_ends() {
    const TEST: &str = "input::a_program_that_waits_for_stdin_ends";
    in_child(TEST, || {
        for kind in KINDS {
            let runtime = kind.runtime();
            let task = runtime.spawn(async {
                let mut stdin = stdin();
                stdin.read(&mut [0; 100]).await
            });
            runtime.block_on(async {
                let mut stdin = stdin();
                let polled = poll_once(pin!(stdin.read(&mut [0; 100])).as_mut()).await;
                assert!(polled.is_pending());
            });
            drop(runtime);
            drop(task);
        }
    });
    for (name, ours, theirs) in kinds_of_stdin() {
        println!("{name}");
        done(&mut child(TEST).stdin(Stdio::from(theirs)).spawn().unwrap());
        drop(ours);
    }
}

/// What is shared with the shell, the parent and the children stays as it is.
#[test]
fn stdin_stays_blocking_for_everybody_else() {
    const TEST: &str = "input::stdin_stays_blocking_for_everybody_else";
    in_child(TEST, || {
        tests::runtime().block_on(async {
            let mut stdin = stdin();
            assert_eq!(stdin.read(&mut [0; 100]).await.unwrap(), 3);
            assert!(poll_once(pin!(stdin.read(&mut [0])).as_mut()).await.is_pending());
            // SAFETY: it only asks.
            let flags = unsafe { libc::fcntl(stdin.as_raw_fd(), libc::F_GETFL) };
            assert_eq!(flags & libc::O_NONBLOCK, 0);
        });
    });
    for (name, ours, theirs) in kinds_of_stdin() {
        println!("{name}");
        let mut started = child(TEST).stdin(Stdio::from(theirs)).spawn().unwrap();
        let mut ours = File::from(ours);
        ours.write_all(b"ab\n").unwrap();
        done(&mut started);
    }
}

/// A file's position is shared: no more is taken than was asked for.
#[test]
fn a_file_is_read_no_further_than_asked() {
    const TEST: &str = "input::a_file_is_read_no_further_than_asked";
    in_child(TEST, || {
        let (runtime, mut stdin) = (tests::runtime(), stdin());
        let read = |stdin: &mut Stdin, len: usize| {
            let mut buf = vec![0; len];
            runtime.block_on(stdin.read_exact(&mut buf)).unwrap();
            String::from_utf8(buf).unwrap()
        };
        assert_eq!(read(&mut stdin, 4), "tick");
        assert_eq!(read(&mut stdin, 1), " ");
    });
    let path = std::env::temp_dir().join(format!("mainspring-stdin-{}", std::process::id()));
    std::fs::write(&path, "tick tock").unwrap();
    let mut file = File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    done(&mut child(TEST).stdin(file.try_clone().unwrap()).spawn().unwrap());
    assert_eq!(file.stream_position().unwrap(), 5);
}

#[test]
fn no_stdin_is_an_empty_one() {
    const TEST: &str = "input::no_stdin_is_an_empty_one";
    in_child(TEST, || {
        for kind in KINDS {
            let text = kind.runtime().block_on(async {
                let mut text = String::new();
                stdin().read_to_string(&mut text).await.map(|_| text)
            });
            assert_eq!(text.unwrap(), "");
        }
        // Closed by the program itself; what is opened next gets its number.
        let runtime = tests::runtime();
        // SAFETY: nobody else uses it.
        unsafe { libc::close(0) };
        let mut stdin = stdin();
        assert_eq!(runtime.block_on(stdin.read(&mut [0])).unwrap(), 0);
    });
    done(&mut child(TEST).stdin(Stdio::null()).spawn().unwrap());
    let (reader, writer) = std::io::pipe().unwrap();
    drop(writer);
    done(&mut child(TEST).stdin(reader).spawn().unwrap());
}

#[test]
fn of_two_readers_each_gets_what_the_other_did_not() {
    const TEST: &str = "input::of_two_readers_each_gets_what_the_other_did_not";
    const LEN: usize = 40_000;
    in_child(TEST, || {
        let reader = || async {
            let (mut stdin, mut got, mut buf) = (stdin(), 0, [0; 100]);
            loop {
                match stdin.read(&mut buf).await.unwrap() {
                    0 => return got,
                    n => got += n,
                }
            }
        };
        let runtime = Kind::Workers(2).runtime();
        let readers = [runtime.spawn(reader()), runtime.spawn(reader())];
        let mut sum = 0;
        for reader in readers {
            sum += runtime.block_on(reader).unwrap();
        }
        assert_eq!(sum, LEN);
    });
    let mut started = child(TEST).stdin(Stdio::piped()).spawn().unwrap();
    let mut writer = started.stdin.take().unwrap();
    for _ in 0..LEN / 50 {
        writer.write_all(&[7; 50]).unwrap();
    }
    drop(writer);
    done(&mut started);
}

/// Nobody types in a test: time passes meanwhile.
#[test]
fn a_paused_clock_does_not_wait_for_stdin() {
    const TEST: &str = "input::a_paused_clock_does_not_wait_for_stdin";
    in_child(TEST, || {
        tests::paused().block_on(async {
            let mut stdin = stdin();
            let mut buf = [0];
            let mut read = pin!(stdin.read(&mut buf));
            assert!(matches!(poll_once(read.as_mut()).await, Poll::Pending));
            sleep(Duration::from_secs(3_600)).await;
            assert!(matches!(poll_once(read.as_mut()).await, Poll::Pending));
        });
        println!("an hour has passed");
    });
    let mut started = child(TEST).stdin(Stdio::piped()).spawn().unwrap();
    let writer = started.stdin.take();
    assert!(String::from_utf8(output(started)).unwrap().contains("an hour has passed"));
    drop(writer);
}
