//! From bytes to a poll, while the thread sleeps in epoll: data for a figure of chapter 8.
//!
//! cargo run -q -p stage-ch08 --example turn

use mio::net::UnixStream;
use stage_acceptance::figure::{Ear, Steps};
use stage_ch08::Runtime;
use stage_ch08::io::{AsyncFd, Direction};
use stage_ch08::time::sleep;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

/// Reads 16 bytes at a time, for ever. Each system call is taken down.
async fn read_all(steps: &Steps, socket: &AsyncFd<UnixStream>) -> io::Result<()> {
    loop {
        let mut buffer = [0; 16];
        let read = |mut socket: &UnixStream| {
            let answer = socket.read(&mut buffer);
            let word = match &answer {
                Ok(n) => format!("read: {n} bytes"),
                Err(error) => format!("read: {:?}", error.kind()),
            };
            steps.ask("task", "kernel", word);
            answer
        };
        socket.io(Direction::Read, read).await?;
    }
}

fn main() -> io::Result<()> {
    let steps = Steps::default();
    let runtime = Runtime::new()?;
    let (here, mut there) = UnixStream::pair()?;
    // The other end writes when this thread is about to sleep, so that each run is the same.
    let (go, begin) = mpsc::channel();
    let others = steps.clone();
    let other = thread::spawn(move || {
        begin.recv().unwrap();
        others.send("peer", "kernel", "23 bytes");
        there.write_all(b"more than sixteen bytes").unwrap();
        there
    });
    runtime.block_on(async {
        let socket = AsyncFd::new(here)?;
        // The first turn brings the news that the socket can be written to.
        sleep(Duration::from_millis(1)).await;
        let turns = runtime.turns();
        let mut reading = pin!(read_all(&steps, &socket));
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            assert_eq!(runtime.turns() - turns, polls - 1, "one epoll_wait between two polls");
            steps.call("runtime", "task", "poll");
            let woken = steps.clone();
            let ear = Ear::new(cx.waker(), move || {
                woken.answer("kernel", "runtime", "an event: readable");
                woken.awake("runtime", "sets the flag, calls the waker");
            });
            let answer = reading.as_mut().poll(&mut Context::from_waker(&ear.waker()));
            assert!(answer.is_pending() && ear.is_kept());
            steps.send("task", "runtime", "leaves its waker");
            steps.answer("task", "runtime", "pending");
            if polls == 2 {
                return Poll::Ready(Ok::<(), io::Error>(()));
            }
            steps.call("runtime", "kernel", "epoll_wait");
            steps.sleep("runtime", "the thread sleeps");
            go.send(()).unwrap();
            Poll::Pending
        })
        .await
    })?;
    drop(other.join());
    steps.print(&["task", "runtime", "kernel", "peer"]);
    Ok(())
}
