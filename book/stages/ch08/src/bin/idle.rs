//! How often an idle runtime asks the kernel.
//!
//! cargo run -q -p stage-ch08 --bin idle

use mio::net::UnixStream;
use stage_ch08::Runtime;
use stage_ch08::io::{AsyncFd, Direction};
use stage_ch08::time::{sleep, timeout};
use std::io::{self, Read};
use std::time::Duration;

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    runtime.block_on(async {
        let (here, _there) = UnixStream::pair()?;
        let here = AsyncFd::new(here)?;
        // The first turn brings the news that the socket can be written to.
        sleep(Duration::from_millis(1)).await;
        let before = runtime.turns();
        let read = here.io(Direction::Read, |mut end| end.read(&mut [0; 8]));
        let silence = timeout(Duration::from_secs(1), read).await;
        println!("a second of silence: {silence:?}");
        println!("the kernel was asked {} time", runtime.turns() - before);
        Ok(())
    })
}
