//! WRONG: a client that sends everything before it reads anything. Both ends wait for each other.
//!
//! cargo run -q -p stage-ch09 --bin wrong_write_first

use stage_ch09::io::{AsyncReadExt, AsyncWriteExt, copy};
use stage_ch09::net::{TcpListener, TcpStream};
use stage_ch09::time::sleep;
use stage_ch09::{Either, Runtime, join, race, spawn};
use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

/// Far more than the buffers of two sockets hold.
const MUCH: usize = 64 * 1024 * 1024;

async fn echo(stream: TcpStream) -> io::Result<u64> {
    let (mut reader, mut writer) = stream.into_split();
    copy(&mut reader, &mut writer).await
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _from) = listener.accept().await?;
        drop(spawn(echo(stream)));
    }
}

/// While the server has no room for its answer it reads nothing, so we have no room either.
async fn wrong(address: SocketAddr, much: usize, sent: &Cell<usize>) -> io::Result<usize> {
    let mut stream = TcpStream::connect(address).await?;
    let bytes = vec![7; much];
    while sent.get() < much {
        sent.set(sent.get() + stream.write(&bytes[sent.get()..]).await?);
    }
    stream.shutdown().await?;
    stream.read_to_end(&mut Vec::new()).await
}

/// The same with both halves at once.
async fn right(address: SocketAddr) -> io::Result<usize> {
    let (mut reader, mut writer) = TcpStream::connect(address).await?.into_split();
    let bytes = vec![7; MUCH];
    let write = async {
        writer.write_all(&bytes).await?;
        writer.shutdown().await
    };
    let mut all = Vec::new();
    let (written, read) = join(pin!(write), pin!(reader.read_to_end(&mut all))).await;
    written?;
    read
}

/// Ends when not one byte has moved for a second.
async fn watchdog(sent: &Cell<usize>) {
    let mut before = usize::MAX;
    while sent.get() == 0 || sent.get() != before {
        before = sent.get();
        sleep(Duration::from_secs(1)).await;
    }
}

fn main() -> io::Result<()> {
    Runtime::new()?.block_on(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        drop(spawn(serve(listener)));

        for much in [10_000, MUCH] {
            println!("{much} bytes to an echo server, first all out, then all in:");
            let sent = Cell::new(0);
            match race(pin!(wrong(address, much, &sent)), pin!(watchdog(&sent))).await {
                Either::Left(back) => println!("  {} bytes came back", back?),
                Either::Right(()) => {
                    println!("  watchdog: not a byte has moved for a second");
                    println!("  sent some, but not all: {}", (1..much).contains(&sent.get()));
                    println!("  the client waits to write, and so does the server: nobody reads");
                }
            }
        }
        println!("{MUCH} bytes, out and in at the same time:");
        println!("  {} bytes came back", right(address).await?);
        Ok(())
    })
}
