//! A TCP echo server, and a client that checks what comes back.
//!
//! ```text
//! cargo run --release --example echo                      the server, on port 8888, until ctrl-c
//! cargo run --release --example echo -- --client          in another terminal: check that server
//! cargo run --release --example echo -- --check           both in one process, and then the end
//! cargo run --release --example echo -- --current-thread     the server, on one thread
//! ```
//!
//! What you will see: the server names each client, prints what it receives as text, and stops
//! cleanly on ctrl-c: no new client, every open one told. The client sends three texts of 5, 250
//! and 150 bytes and compares what comes back byte by byte. Each client's lines come in order; on
//! `multi_thread` those of several clients, and the client's own under `--check`, mix as they like.
//!
//! From the third document. Its server decodes each chunk of 100 bytes by itself, so the third
//! text, 50 characters of 3 bytes, is cut within one; the handler dies of a UnicodeDecodeError and
//! the client gets nothing, not even an end. This server echoes bytes and keeps the beginning of a
//! cut character until the rest arrives, so where a chunk ends cannot matter.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use clap::Parser;
use examples::say;
use examples::{flags, interrupt};
use mainspring::io::{AsyncReadExt, AsyncWriteExt};
use mainspring::net::{Server, TcpListener, TcpStream};
use mainspring::sync::Event;
use mainspring::time::timeout;

/// The document reads at most this many bytes at a time.
const CHUNK: usize = 100;
/// How long the client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A TCP echo server, and a client that checks what comes back.
#[derive(Debug, Parser)]
pub struct Options {
    /// Port of the server; 0 lets the system choose
    #[arg(long, default_value_t = 8888)]
    port: u16,
    /// Be the client: check the server that runs on that port
    #[arg(long)]
    client: bool,
    /// Server and client in one process, on a free port, and then the end
    #[arg(long, conflicts_with_all = ["client", "port"])]
    check: bool,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

pub fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(run(&options))
}

async fn run(options: &Options) -> Result<(), String> {
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    match (options.check, options.client) {
        (true, _) => check().await,
        (_, true) => client(addr).await,
        _ => serve_until_ctrl_c(addr).await,
    }
}

async fn serve_until_ctrl_c(addr: SocketAddr) -> Result<(), String> {
    let listener =
        TcpListener::bind(addr).await.map_err(|error| flags::cannot_listen(addr, &error))?;
    let addr = listener.local_addr().map_err(|error| error.to_string())?;
    let ctrl_c = interrupt::ctrl_c().await;
    say!("listening on {addr}; check it with --client --port {}; ctrl-c stops", addr.port());
    let served = serve(listener, ctrl_c);
    let served = served.await.map_err(|error| error.to_string())?;
    say!("\nstopped; {served} clients served");
    Ok(())
}

/// Serves until `stop` is ready, then tells every open client and waits for their tasks.
pub async fn serve(listener: TcpListener, stop: impl Future) -> io::Result<usize> {
    let (stopping, served) = (Arc::new(Event::new()), Arc::new(AtomicUsize::new(0)));
    let client = (stopping.clone(), served.clone());
    // It accepts by itself, rests when descriptors run out, and owns the clients' tasks.
    let server = Server::from_listeners([listener], move |stream, peer| {
        let (stopping, served) = client.clone();
        async move {
            // Ordering: a figure for people; no other memory hangs on it.
            served.fetch_add(1, Relaxed);
            say!("{peer}: connected");
            let end = mainspring::select! {
                biased;
                () = stopping.wait() => "told to go".to_owned(),
                end = echo(stream, peer) => match end {
                    Ok(bytes) => format!("closed after {bytes} bytes"),
                    Err(error) => format!("broke off: {error}"),
                },
            };
            say!("{peer}: {end}");
        }
    })?;
    stop.await;
    server.close();
    stopping.set();
    server.wait_closed().await;
    // Ordering: as above.
    Ok(served.load(Relaxed))
}

async fn echo(mut stream: TcpStream, peer: SocketAddr) -> io::Result<usize> {
    let mut chunk = [0; CHUNK];
    let mut text = Text::default();
    let mut total = 0;
    loop {
        let n = stream.read(&mut chunk).await?;
        if n == 0 {
            return Ok(total);
        }
        total += n;
        say!("{peer}: {n} bytes {:?}", shortened(&text.push(&chunk[..n])));
        stream.write_all(&chunk[..n]).await?;
    }
}

/// Bytes to text, where a character may begin in one chunk and end in the next.
#[derive(Debug, Default)]
struct Text {
    /// The beginning of a character whose end has not come; at most 3 bytes.
    cut: Vec<u8>,
}

impl Text {
    /// Everything that is complete now. What never can be UTF-8 becomes U+FFFD.
    fn push(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        let mut text = String::new();
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let bad = chunk.invalid();
            let cut_off = std::str::from_utf8(bad).is_err_and(|e| e.error_len().is_none());
            if chunks.peek().is_none() && cut_off {
                self.cut = bad.to_vec();
            } else if !bad.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(12) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Sends three texts to the server at `addr`; an error says which one did not come back.
pub async fn client(addr: SocketAddr) -> Result<(), String> {
    let texts = [
        ("5 bytes", "hello".to_owned()),
        ("250 bytes, three chunks", "x".repeat(250)),
        ("50 characters of 3 bytes, one cut by a chunk's end", "异".repeat(50)),
    ];
    for (what, text) in texts {
        let back = timeout(PATIENCE, exchange(addr, text.as_bytes()))
            .await
            .map_err(|_| format!("{what}: no answer within {PATIENCE:?}"))?
            .map_err(|error| format!("{what}: {error}; is a server running on {addr}? (--port)"))?;
        if back != text.as_bytes() {
            return Err(format!("{what}: {} of {} bytes came back", back.len(), text.len()));
        }
        say!("client: {what}: came back unchanged");
    }
    Ok(())
}

async fn exchange(addr: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(bytes).await?;
    // Closes this direction only: the server reads to the end, and its answer still comes.
    stream.shutdown().await?;
    let mut back = Vec::new();
    stream.read_to_end(&mut back).await?;
    Ok(back)
}

/// Server and client in one process.
pub async fn check() -> Result<(), String> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listener =
        TcpListener::bind(any).await.map_err(|error| flags::cannot_listen(any, &error))?;
    let addr = listener.local_addr().map_err(|error| error.to_string())?;
    let stop = Arc::new(Event::new());
    let stopped = stop.clone();
    let server = mainspring::spawn(async move { serve(listener, stopped.wait()).await });
    let checked = client(addr).await;
    stop.set();
    let served = server.await.map_err(|error| format!("the server failed: {error}"))?;
    let served = served.map_err(|error| format!("the server failed: {error}"))?;
    say!("server: stopped; {served} clients served");
    checked
}
