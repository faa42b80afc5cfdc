//! A task that waits for bytes, and wakes up by an event, by a thread, and at the end.
//!
//! cargo run -q -p stage-ch08 --bin pipe

use mio::net::UnixStream;
use stage_ch08::io::{AsyncFd, Direction};
use stage_ch08::time::{now, sleep};
use stage_ch08::{Runtime, spawn};
use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

fn main() -> io::Result<()> {
    // The clock stands still: the seconds are not waited for.
    Runtime::start_paused()?.block_on(async {
        let (here, there) = UnixStream::pair()?;
        let start = now();
        let reader = spawn(async move {
            let here = AsyncFd::new(here)?;
            let mut buffer = [0; 16];
            loop {
                let n = here.io(Direction::Read, |mut end| end.read(&mut buffer)).await?;
                let text = String::from_utf8_lossy(&buffer[..n]);
                println!("{:?}: {n:2} bytes {text:?}", now() - start);
                if n == 0 {
                    return Ok::<_, io::Error>("the end");
                }
            }
        });
        let there = AsyncFd::new(there)?;
        let send = async |text: &str| {
            there.io(Direction::Write, |mut end| end.write(text.as_bytes())).await
        };
        sleep(Duration::from_secs(1)).await;
        send("one").await?;
        sleep(Duration::from_secs(1)).await;
        send("more than sixteen bytes").await?;
        sleep(Duration::from_secs(1)).await;
        // A plain thread, with a plain socket. Nothing else is left to do meanwhile: the runtime
        // sleeps in epoll, and the kernel wakes it.
        let other = take(there)?;
        thread::spawn(move || (&other).write_all(b"from a thread"));
        println!("{:?}", reader.await.unwrap());
        Ok(())
    })
}

/// The same socket once more, for another owner; the first is closed.
fn take(socket: AsyncFd<UnixStream>) -> io::Result<std::os::unix::net::UnixStream> {
    use std::os::fd::AsFd;
    let socket = socket.get().as_fd().try_clone_to_owned()?.into();
    let socket: std::os::unix::net::UnixStream = socket;
    socket.set_nonblocking(false)?;
    Ok(socket)
}
