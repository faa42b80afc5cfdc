//! Three writes, and what the reads make of them.
//!
//! cargo run -q -p stage-ch09 --bin no_borders

use stage_ch09::Runtime;
use stage_ch09::io::{AsyncReadExt, AsyncWriteExt};
use stage_ch09::net::{TcpListener, TcpStream};
use stage_ch09::time::sleep;
use std::io;
use std::time::Duration;

fn main() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let mut here = TcpStream::connect(listener.local_addr()?).await?;
        let (mut there, _from) = listener.accept().await?;
        for word in ["one", "two", "three"] {
            here.write_all(word.as_bytes()).await?;
            println!("write_all {word:?}");
        }
        here.shutdown().await?;
        // All of it is there when the first read comes.
        sleep(Duration::from_millis(100)).await;
        let mut buffer = [0; 4];
        loop {
            let n = there.read(&mut buffer).await?;
            println!("read: {n} {:?}", String::from_utf8_lossy(&buffer[..n]));
            if n == 0 {
                return Ok(());
            }
        }
    })
}
