//! WRONG: a reader that reads once for each event. The rest of what came is never announced.
//!
//! cargo run -q -p stage-ch08 --bin wrong_one_read

use mio::net::UnixStream;
use stage_ch08::Runtime;
use stage_ch08::io::{AsyncFd, Direction};
use stage_ch08::time::timeout;
use std::io::{self, Read, Write};
use std::time::Duration;

/// Reads `wanted` bytes, four at a time.
async fn wrong_read(socket: &AsyncFd<UnixStream>, wanted: usize) -> io::Result<()> {
    let mut got = 0;
    while got < wanted {
        socket.ready(Direction::Read).await;
        let mut buffer = [0; 4];
        match socket.get().read(&mut buffer) {
            Ok(n) => {
                got += n;
                println!("  an event, and a read: {:?}", String::from_utf8_lossy(&buffer[..n]));
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        // The event is used up, but the bytes are not. Only WouldBlock says that there are none
        // left; without it there will be no other event for them.
        socket.clear(Direction::Read);
    }
    Ok(())
}

fn main() -> io::Result<()> {
    Runtime::start_paused()?.block_on(async {
        let (here, there) = UnixStream::pair()?;
        let here = AsyncFd::new(here)?;
        for message in ["ping", "ten bytes!"] {
            println!("sent: {message:?}");
            (&there).write_all(message.as_bytes())?;
            // The watchdog: on this clock an hour is over when nothing else can happen.
            let watchdog = Duration::from_secs(3600);
            match timeout(watchdog, wrong_read(&here, message.len())).await {
                Ok(read) => read.map(|()| println!("  all is read"))?,
                Err(_) => {
                    println!("  watchdog: no event for an hour, and the reader waits for one")
                }
            }
        }
        let mut rest = String::new();
        drop(there);
        here.get().read_to_string(&mut rest)?;
        println!("  left in the socket: {rest:?}");
        Ok(())
    })
}
