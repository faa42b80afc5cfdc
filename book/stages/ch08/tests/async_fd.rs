//! Sockets without an address: what the reactor promises to whoever waits.

use mio::net::UnixStream;
use stage_acceptance::within_limit;
use stage_ch08::io::{AsyncFd, Direction};
use stage_ch08::time::timeout;
use stage_ch08::{Runtime, spawn, yield_now};
use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

async fn read(socket: &AsyncFd<UnixStream>, buffer: &mut [u8]) -> io::Result<usize> {
    socket.io(Direction::Read, |mut end| end.read(buffer)).await
}

async fn write_all(socket: &AsyncFd<UnixStream>, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let n = socket.io(Direction::Write, |mut end| end.write(bytes)).await?;
        bytes = &bytes[n..];
    }
    Ok(())
}

fn pair() -> (AsyncFd<UnixStream>, AsyncFd<UnixStream>) {
    let (a, b) = UnixStream::pair().unwrap();
    (AsyncFd::new(a).unwrap(), AsyncFd::new(b).unwrap())
}

#[test]
fn bytes_go_there_and_back() {
    within_limit(|| {
        Runtime::new().unwrap().block_on(async {
            let (here, there) = pair();
            let echo = spawn(async move {
                let mut buffer = [0; 100];
                loop {
                    match read(&there, &mut buffer).await.unwrap() {
                        0 => return,
                        n => write_all(&there, &buffer[..n]).await.unwrap(),
                    }
                }
            });
            let mut buffer = [0; 100];
            for round in 0..100_u8 {
                write_all(&here, &[round; 7]).await.unwrap();
                assert_eq!(read(&here, &mut buffer).await.unwrap(), 7);
                assert_eq!(buffer[..7], [round; 7]);
            }
            drop(here);
            echo.await.unwrap();
        });
    });
}

#[test]
fn a_full_socket_makes_the_writer_wait() {
    within_limit(|| {
        Runtime::new().unwrap().block_on(async {
            let (here, there) = pair();
            let bytes = vec![7; 4_000_000];
            let writer = spawn(async move { write_all(&here, &bytes).await.unwrap() });
            for _ in 0..100 {
                yield_now().await;
            }
            assert!(!writer.is_finished());
            let (mut buffer, mut got) = (vec![0; 65_536], 0);
            loop {
                match read(&there, &mut buffer).await.unwrap() {
                    0 => break,
                    n => got += n,
                }
            }
            assert_eq!(got, 4_000_000);
            writer.await.unwrap();
        });
    });
}

/// The clock must not jump over what a socket has to say.
#[test]
fn an_event_goes_before_a_deadline() {
    within_limit(|| {
        Runtime::start_paused().unwrap().block_on(async {
            let (here, there) = pair();
            for _ in 0..100 {
                write_all(&here, b"now").await.unwrap();
                let waiting = async { read(&there, &mut [0; 8]).await };
                let read = timeout(Duration::from_millis(1), waiting).await;
                assert_eq!(read.unwrap().unwrap(), 3);
            }
        });
    });
}

#[test]
fn a_thread_wakes_the_sleeper_in_epoll() {
    within_limit(|| {
        Runtime::new().unwrap().block_on(async {
            for _ in 0..200 {
                let event = std::sync::Arc::new(stage_ch08::Event::default());
                let other = event.clone();
                thread::spawn(move || other.set());
                event.wait().await;
            }
        });
    });
}

#[test]
fn a_dropped_socket_is_forgotten() {
    within_limit(|| {
        Runtime::start_paused().unwrap().block_on(async {
            for _ in 0..100 {
                let (here, there) = pair();
                // Pending, then dropped with its waker in the source, and an event on the way.
                let waiting = read(&here, &mut [0; 8]).await_once().await;
                assert!(waiting.is_none());
                write_all(&there, b"too late").await.unwrap();
                drop(here);
                yield_now().await;
            }
        });
    });
}

/// One poll, and then the future is dropped.
trait AwaitOnce: Future + Sized {
    async fn await_once(self) -> Option<Self::Output> {
        let mut this = std::pin::pin!(self);
        std::future::poll_fn(|cx| match this.as_mut().poll(cx) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }
}

impl<F: Future> AwaitOnce for F {}
