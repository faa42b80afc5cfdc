//! The same as a few lines of Python, with `loop.add_reader`.
//!
//! cargo run -q -p stage-ch08 --bin one_read

use mio::net::UnixStream;
use stage_ch08::Runtime;
use stage_ch08::io::{AsyncFd, Direction};
use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let (here, mut there) = UnixStream::pair()?;
        let here = AsyncFd::new(here)?;
        there.write_all(b"more than sixteen bytes")?;
        let mut buffer = [0; 16];
        let n = here.io(Direction::Read, |mut end| end.read(&mut buffer)).await?;
        println!("{:?}", String::from_utf8_lossy(&buffer[..n]));
        Ok(())
    })
}
