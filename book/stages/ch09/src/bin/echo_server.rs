//! An echo server, and three clients that use it at the same time.
//!
//! cargo run -q -p stage-ch09 --bin echo_server
//! cargo run -q -p stage-ch09 --bin echo_server 127.0.0.1:7000     serves until it is killed

use stage_ch09::io::{AsyncReadExt, AsyncWriteExt, copy};
use stage_ch09::net::{TcpListener, TcpStream};
use stage_ch09::time::timeout;
use stage_ch09::{Runtime, spawn};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

async fn echo(stream: TcpStream) -> io::Result<u64> {
    let (mut reader, mut writer) = stream.into_split();
    copy(&mut reader, &mut writer).await
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _from) = listener.accept().await?;
        // A task for each client. What becomes of it is its own business.
        drop(spawn(echo(stream)));
    }
}

async fn client(address: SocketAddr, word: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    for _ in 0..3 {
        stream.write_all(word.as_bytes()).await?;
    }
    stream.shutdown().await?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all).await?;
    Ok(String::from_utf8_lossy(&all).into_owned())
}

fn main() -> io::Result<()> {
    let runtime = Runtime::new()?;
    if let Some(address) = std::env::args().nth(1) {
        let address = address.parse().expect("an address, such as 127.0.0.1:7000");
        return runtime.block_on(async { serve(TcpListener::bind(address)?).await });
    }
    runtime.block_on(async {
        let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
        let address = listener.local_addr()?;
        let server = spawn(serve(listener));
        println!("listening");
        let words = ["fee", "fi", "fo"];
        let clients = words.map(|word| spawn(client(address, word)));
        for (word, client) in words.into_iter().zip(clients) {
            println!("sent {word:?} three times, got {:?}", client.await.unwrap()?);
        }
        let mut idle = TcpStream::connect(address).await?;
        let silence = timeout(Duration::from_millis(10), idle.read(&mut [0; 8])).await;
        println!("one who says nothing hears nothing: {silence:?}");
        server.abort();
        println!("the server is told to stop: {:?}", server.await.unwrap_err());
        println!("and nobody listens: {}", TcpStream::connect(address).await.is_err());
        Ok(())
    })
    // Here the runtime is dropped, and with it the task that still serves `idle`.
}
