//! The system calls of an echo: counted, in two ways to read.
//!
//! cargo run -q -p stage-ch08 --bin echo_calls

use mio::net::UnixStream;
use stage_ch08::io::{AsyncFd, Direction};
use stage_ch08::{Runtime, spawn};
use std::cell::Cell;
use std::io::{self, Read, Write};
use std::rc::Rc;

const ECHOES: usize = 400;

/// Reads and writes, those that found nothing included.
#[derive(Default)]
struct Calls {
    reads: Cell<usize>,
    in_vain: Cell<usize>,
    writes: Cell<usize>,
}

fn more(count: &Cell<usize>) {
    count.set(count.get() + 1);
}

async fn write(fd: &AsyncFd<UnixStream>, calls: &Calls) -> io::Result<usize> {
    fd.io(Direction::Write, |mut end| {
        more(&calls.writes);
        end.write(b"echo")
    })
    .await
}

/// A read that was short has emptied the socket. To say so spares the next one's `WouldBlock`.
async fn read(fd: &AsyncFd<UnixStream>, calls: &Calls, short: bool) -> io::Result<usize> {
    let mut buffer = [0; 64];
    let read = fd.io(Direction::Read, |mut end| {
        more(&calls.reads);
        end.read(&mut buffer).inspect_err(|_| more(&calls.in_vain))
    });
    let n = read.await?;
    if short && n < buffer.len() {
        fd.clear(Direction::Read);
    }
    Ok(n)
}

async fn pair(calls: Rc<Calls>, short: bool) -> io::Result<()> {
    let (here, there) = UnixStream::pair()?;
    let (here, there) = (AsyncFd::new(here)?, AsyncFd::new(there)?);
    let other = calls.clone();
    let echo = spawn(async move {
        for _ in 0..ECHOES {
            read(&there, &other, short).await?;
            write(&there, &other).await?;
        }
        Ok::<_, io::Error>(())
    });
    for _ in 0..ECHOES {
        write(&here, &calls).await?;
        read(&here, &calls, short).await?;
    }
    echo.await.unwrap()
}

fn count(pairs: usize, short: bool) -> io::Result<()> {
    let runtime = Runtime::new()?;
    let calls = Rc::new(Calls::default());
    runtime.block_on(async {
        let all: Vec<_> = (0..pairs).map(|_| spawn(pair(calls.clone(), short))).collect();
        for one in all {
            one.await.unwrap()?;
        }
        Ok::<_, io::Error>(())
    })?;
    let per_echo = |count: usize| count as f64 / (pairs * ECHOES) as f64;
    println!(
        "{pairs:5} {:>12} {:6.2} {:8.2} {:7.2} {:6.2}",
        if short { "a short one" } else { "WouldBlock" },
        per_echo(calls.reads.get()),
        per_echo(calls.in_vain.get()),
        per_echo(calls.writes.get()),
        per_echo(runtime.turns()),
    );
    Ok(())
}

fn main() -> io::Result<()> {
    println!("pairs reads until    read  in vain   write  epoll");
    for pairs in [1, 8, 64] {
        count(pairs, false)?;
        count(pairs, true)?;
    }
    Ok(())
}
