//! A sender that is faster than its receiver: it comes to a stop, and goes on.
//!
//! cargo run -q -p stage-ch09 --bin back_pressure

use stage_ch09::io::{AsyncReadExt, AsyncWriteExt};
use stage_ch09::net::{TcpListener, TcpStream};
use stage_ch09::time::sleep;
use stage_ch09::{Runtime, spawn};
use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::time::Duration;

const PIECE: usize = 64 * 1024;
const PIECES: usize = 1000;

fn main() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let mut receiver = TcpStream::connect(listener.local_addr()?).await?;
        let (mut sender, _from) = listener.accept().await?;

        let sent = Rc::new(Cell::new(0));
        let count = sent.clone();
        let sending = spawn(async move {
            for _ in 0..PIECES {
                sender.write_all(&[7; PIECE]).await?;
                count.set(count.get() + PIECE);
            }
            sender.shutdown().await
        });

        println!("the sender sends, and nobody receives");
        let mut before = usize::MAX;
        while sent.get() == 0 || sent.get() != before {
            before = sent.get();
            sleep(Duration::from_millis(100)).await;
        }
        println!("the sender has stopped: the buffers on the way are full");
        println!("  sent some, but not all: {}", 0 < before && before < PIECE * PIECES);
        println!("  it waits for room, and costs nothing: finished: {}", sending.is_finished());

        println!("the receiver receives");
        let mut all = Vec::new();
        receiver.read_to_end(&mut all).await?;
        sending.await.unwrap()?;
        println!("  sent {}, received {}", sent.get(), all.len());
        Ok(())
    })
}
