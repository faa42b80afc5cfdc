//! A TCP proxy: what a client sends goes on to a server, and what the server answers comes back.
//!
//! ```text
//! cargo run --release --example echo                     a server, on port 8888
//! cargo run --release --example proxy                    in another terminal: 8889 leads to 8888
//! cargo run --release --example echo -- --client --port 8889           in a third: through both
//! cargo run --release --example proxy -- --check         all three in one process, and the end
//! ```
//!
//! What you will see: a line when a connection begins and one when it ends, with the bytes that
//! went up to the server and down to the client; on ctrl-c, who is still connected has `--grace`
//! seconds to come to an end, and the last line sums up. `--check` sends 1 MiB through, closes its
//! half, and gets all of it back; then it asks for a server that is not there.
//!
//! No document has a proxy; the third has the echo server that this leads to. What is easily done
//! wrong, and how it is done here:
//!
//! * A client that has sent all and closed its half still waits for its answer.
//!   `copy_bidirectional` passes the half-close on and lets the other direction run to its end.
//! * A connection that breaks off must not look like one that has ended: who is cut short would
//!   take a part for the whole. So an error on one side is passed on to the other as a reset.
//! * A server that is down costs its client a time-out and the log a line, and nobody else
//!   anything.
//! * Above `--limit` connections, clients wait for their turn, in order, before the server is
//!   called.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use clap::Parser;
use examples::{flags, interrupt};
use examples::{say, tell};
use mainspring::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use mainspring::net::{Server, TcpStream, start_server};
use mainspring::sync::Semaphore;
use mainspring::time::timeout;

/// A TCP proxy: what a client sends goes on to a server, and what it answers comes back.
#[derive(Clone, Debug, Parser)]
pub struct Options {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8889")]
    listen: SocketAddr,
    /// The server that every connection leads to
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8888", value_parser = target)]
    to: String,
    /// Connections at a time; more wait for their turn
    #[arg(long, value_name = "N", default_value = "100", value_parser = flags::count::<usize>)]
    limit: usize,
    /// Seconds that the server may take to accept a connection
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = flags::patience)]
    connect_timeout: Duration,
    /// Seconds that open connections have after ctrl-c
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = flags::seconds)]
    grace: Duration,
    /// Server, proxy and client in one process, on free ports, and then the end
    #[arg(long, conflicts_with_all = ["listen", "to"])]
    check: bool,
    #[command(flatten)]
    scheduler: flags::Scheduler,
}

fn target(text: &str) -> Result<String, String> {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok_and(|p| p != 0) => {
            Ok(text.to_owned())
        }
        _ => Err("give a host and a port, such as 127.0.0.1:8888 or example.org:80".to_owned()),
    }
}

pub fn main() -> ExitCode {
    let options = Options::parse();
    options.scheduler.run(async {
        match options.check {
            true => check(&options).await,
            false => until_ctrl_c(&options).await,
        }
    })
}

async fn until_ctrl_c(options: &Options) -> Result<(), String> {
    let proxy = Proxy::start(options).await?;
    let ctrl_c = interrupt::ctrl_c().await;
    say!("listening on {}; leads to {}; ctrl-c stops", proxy.addr(), options.to);
    ctrl_c.await.map_err(|error| error.to_string())?;
    say!("\nno new connections; {} open", proxy.server.clients());
    say!("stopped; {}", proxy.stop().await);
    Ok(())
}

/// A proxy that runs. Dropping it breaks its connections off.
#[derive(Debug)]
pub struct Proxy {
    server: Server,
    board: Arc<Board>,
    grace: Duration,
}

impl Proxy {
    /// Listens, and from then on serves.
    pub async fn start(options: &Options) -> Result<Proxy, String> {
        let board = Arc::new(Board::default());
        let shared = Arc::new((Semaphore::new(options.limit), options.clone(), board.clone()));
        let server = start_server(options.listen, move |client, peer| {
            let shared = shared.clone();
            async move {
                let (slots, options, board) = &*shared;
                serve(client, peer, slots, options, board).await;
            }
        });
        let server = server.await.map_err(|error| {
            format!("cannot listen on {}: {error}; choose another with --listen", options.listen)
        })?;
        Ok(Proxy { server, board, grace: options.grace })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Takes no new connections, lets the open ones end, cuts off those that do not, and sums up.
    pub async fn stop(&self) -> String {
        self.server.close();
        if timeout(self.grace, self.server.wait_closed()).await.is_err() {
            self.server.close_clients();
            self.server.wait_closed().await;
        }
        self.board.summary()
    }
}

/// What has become of the connections so far.
#[derive(Debug, Default)]
struct Board {
    ended: AtomicU64,
    broken: AtomicU64,
    refused: AtomicU64,
    cut: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
}

impl Board {
    fn summary(&self) -> String {
        // Ordering: figures for people; no other memory hangs on them.
        let [ended, broken, refused, cut, up, down] =
            [&self.ended, &self.broken, &self.refused, &self.cut, &self.up, &self.down]
                .map(|figure| figure.load(Relaxed));
        format!(
            "{ended} connections ended, {broken} broke off, {refused} found no server, {cut} were \
             cut off; {up} bytes up, {down} bytes down"
        )
    }
}

async fn serve(
    client: TcpStream,
    peer: SocketAddr,
    slots: &Semaphore,
    options: &Options,
    board: &Board,
) {
    if slots.available_permits() == 0 {
        say!("{peer}: waits for its turn; {} connections are open", options.limit);
    }
    // Nobody closes the semaphore, so this cannot fail.
    let _slot = slots.acquire().await;
    let upstream = match connect(&options.to, options.connect_timeout).await {
        Ok(upstream) => upstream,
        Err(error) => {
            // Ordering: as in `summary`.
            board.refused.fetch_add(1, Relaxed);
            return tell!("{peer}: closed: cannot reach {}: {error}", options.to);
        }
    };
    say!("{peer}: connected to {}", options.to);
    let mut pair = Pair { client, upstream, peer, up: 0, down: 0, end: None, board };
    let (up, down) = (&mut pair.up, &mut pair.down);
    let mut client = Tallied { stream: &mut pair.client, up, down };
    pair.end = Some(copy_bidirectional(&mut client, &mut pair.upstream).await.map(drop));
}

async fn connect(to: &str, patience: Duration) -> io::Result<TcpStream> {
    let stream = timeout(patience, TcpStream::connect(to)).await.map_err(|_| {
        let text = format!("no answer within {} s (--connect-timeout)", patience.as_secs_f64());
        io::Error::new(io::ErrorKind::TimedOut, text)
    })??;
    // Bytes go on as they come; they were bundled, or not, by who sent them.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// A client and its connection to the server. It is entered on the board when it is dropped: also
/// when the proxy stops in the midst of it.
struct Pair<'a> {
    client: TcpStream,
    upstream: TcpStream,
    peer: SocketAddr,
    up: u64,
    down: u64,
    /// How it ended; nothing if it was cut off.
    end: Option<io::Result<()>>,
    board: &'a Board,
}

impl Drop for Pair<'_> {
    fn drop(&mut self) {
        let (figure, what) = match &self.end {
            Some(Ok(())) => (&self.board.ended, "ended".to_owned()),
            Some(Err(error)) => (&self.board.broken, format!("broke off: {error}")),
            None => (&self.board.cut, "cut off".to_owned()),
        };
        if !matches!(self.end, Some(Ok(()))) {
            // A reset, not an end. A socket that is gone has nobody to be told.
            let _ = (self.client.set_zero_linger(), self.upstream.set_zero_linger());
        }
        // Ordering: as in `summary`.
        figure.fetch_add(1, Relaxed);
        self.board.up.fetch_add(self.up, Relaxed);
        self.board.down.fetch_add(self.down, Relaxed);
        say!("{}: {what}; {} bytes up, {} bytes down", self.peer, self.up, self.down);
    }
}

/// The client's connection, counting what goes through.
struct Tallied<'a> {
    stream: &'a mut TcpStream,
    up: &'a mut u64,
    down: &'a mut u64,
}

impl AsyncRead for Tallied<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        *self.up += read as u64;
        Poll::Ready(Ok(read))
    }
}

impl AsyncWrite for Tallied<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        *self.down += written as u64;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// Server, proxy and client in one process.
async fn check(options: &Options) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    let server = start_server("127.0.0.1:0", async |mut stream: TcpStream, _| {
        let (mut from, mut to) = stream.split();
        mainspring::io::copy(&mut from, &mut to).await.map(drop)
    });
    let server = server.await.map_err(text)?;
    let to = server.local_addr().to_string();
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let proxy = Proxy::start(&Options { listen: any, to, ..options.clone() }).await?;

    let sent: Vec<u8> = (0..1 << 20).map(|n: u32| (n % 251) as u8).collect();
    let back = exchange(proxy.addr(), &sent).await.map_err(|error| format!("1 MiB: {error}"))?;
    if back != sent {
        return Err(format!("{} of {} bytes came back", back.len(), sent.len()));
    }
    say!("client: 1 MiB went through and came back unchanged, after a half-close");

    server.close();
    server.wait_closed().await;
    match exchange(proxy.addr(), b"is anybody there?").await {
        Ok(back) if !back.is_empty() => return Err("an answer came from nowhere".to_owned()),
        end => say!("client: no server: closed at once ({})", said(&end)),
    }
    say!("proxy: stopped; {}", proxy.stop().await);
    Ok(())
}

fn said(end: &io::Result<Vec<u8>>) -> String {
    end.as_ref().map_or_else(ToString::to_string, |_| "the end, and no byte".to_owned())
}

/// Sends and receives at the same time: 1 MiB is more than fits between the two.
async fn exchange(addr: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let exchange = async {
        let mut stream = TcpStream::connect(addr).await?;
        let (mut from, mut to) = stream.split();
        let mut back = Vec::new();
        let send = async {
            to.write_all(bytes).await?;
            to.shutdown().await
        };
        mainspring::try_join!(send, from.read_to_end(&mut back))?;
        Ok(back)
    };
    timeout(Duration::from_secs(20), exchange).await?
}
