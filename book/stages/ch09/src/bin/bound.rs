//! A sender, something in between, and a receiver that does not receive: how much is on the way?
//!
//! cargo run -q -p stage-ch09 --bin bound
//! cargo run -q -p stage-ch09 --bin bound bytes        the exact figures, as they are here
//! cargo run -q -p stage-ch09 --bin bound chart        and when the receiver goes on, as a chart

use stage_ch09::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy};
use stage_ch09::net::{OwnedReadHalf, OwnedWriteHalf, TcpListener, TcpStream};
use stage_ch09::time::sleep;
use stage_ch09::wake::slot::WakerSlot;
use stage_ch09::{Runtime, spawn};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

const MIB: usize = 1024 * 1024;
const ALL: usize = 64 * 1024 * 1024;

/// Counts the bytes that go through.
struct Counted<T> {
    io: T,
    count: Rc<Cell<usize>>,
}

impl<R: AsyncRead + Unpin> AsyncRead for Counted<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let n = ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        self.count.set(self.count.get() + n);
        Poll::Ready(Ok(n))
    }
}

impl<W: AsyncWrite + Unpin> AsyncWrite for Counted<W> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let n = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.count.set(self.count.get() + n);
        Poll::Ready(Ok(n))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_close(cx)
    }
}

type Reader = Counted<OwnedReadHalf>;
type Writer = Counted<OwnedWriteHalf>;

async fn with_copy(mut reader: Reader, mut writer: Writer) -> io::Result<u64> {
    copy(&mut reader, &mut writer).await
}

/// One task reads as fast as it can, another writes as fast as it can. Between them is a queue.
async fn with_queue(mut reader: Reader, mut writer: Writer) -> io::Result<u64> {
    let queue = Rc::new((RefCell::new(VecDeque::new()), WakerSlot::default()));
    let there = queue.clone();
    drop(spawn(async move {
        let mut buffer = vec![0; 8 * 1024];
        while let Ok(n @ 1..) = reader.read(&mut buffer).await {
            there.0.borrow_mut().push_back(buffer[..n].to_vec());
            there.1.wake();
        }
    }));
    loop {
        let piece = poll_fn(|cx| {
            queue.1.register(cx.waker());
            queue.0.borrow_mut().pop_front().map_or(Poll::Pending, Poll::Ready)
        });
        writer.write_all(&piece.await).await?;
    }
}

async fn connection(listener: &TcpListener) -> io::Result<(TcpStream, TcpStream)> {
    let here = TcpStream::connect(listener.local_addr()?).await?;
    Ok((here, listener.accept().await?.0))
}

/// What the sender and the two sides of the middle have moved.
#[derive(Clone, Default)]
struct Counts {
    sent: Rc<Cell<usize>>,
    read: Rc<Cell<usize>>,
    written: Rc<Cell<usize>>,
}

impl Counts {
    fn held(&self) -> usize {
        self.read.get() - self.written.get()
    }

    /// Until nothing has moved for three times so long.
    async fn settle(&self, calm: Duration) {
        let now = || (self.sent.get(), self.read.get(), self.written.get());
        let (mut before, mut still) = (now(), 0);
        while self.sent.get() == 0 || still < 3 {
            sleep(calm).await;
            still = if now() == before { still + 1 } else { 0 };
            before = now();
        }
    }
}

/// A sender, `between`, and a receiver, which is returned and has received nothing yet.
async fn start<F>(
    between: impl FnOnce(Reader, Writer) -> F,
    counts: &Counts,
) -> io::Result<TcpStream>
where
    F: Future<Output = io::Result<u64>> + 'static,
{
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    let (sender, near) = connection(&listener).await?;
    let (far, receiver) = connection(&listener).await?;
    let (reader, back) = near.into_split();
    let (forth, writer) = far.into_split();
    let reader = Counted { io: reader, count: counts.read.clone() };
    let writer = Counted { io: writer, count: counts.written.clone() };
    let between = between(reader, writer);
    let mut sender = Counted { io: sender, count: counts.sent.clone() };
    drop(spawn(async move {
        between.await?;
        drop((back, forth));
        Ok::<_, io::Error>(())
    }));
    drop(spawn(async move { sender.write_all(&vec![7; ALL]).await }));
    Ok(receiver)
}

async fn stopped<F>(between: impl FnOnce(Reader, Writer) -> F, bytes: bool) -> io::Result<()>
where
    F: Future<Output = io::Result<u64>> + 'static,
{
    let counts = Counts::default();
    let _receiver = start(between, &counts).await?;
    counts.settle(Duration::from_millis(100)).await;
    let (sent, held) = (counts.sent.get(), counts.held());
    println!("  all of it was sent: {}", sent == ALL);
    println!("  read and not yet written: at most 8192 bytes: {}", held <= 8192);
    println!("  more than half of all: {}", held > ALL / 2);
    if bytes {
        println!("  sent: {sent}, held here: {held}");
        println!("  in the kernel: {} bytes", sent - held);
    }
    Ok(())
}

/// The receiver goes on, piece by piece: how much has been received, and how much is held.
async fn slow<F>(between: impl FnOnce(Reader, Writer) -> F) -> io::Result<Vec<String>>
where
    F: Future<Output = io::Result<u64>> + 'static,
{
    const PIECE: usize = 2 * MIB;
    let counts = Counts::default();
    let mut receiver = start(between, &counts).await?;
    let mut points = Vec::new();
    for received in (0..=ALL).step_by(PIECE) {
        counts.settle(Duration::from_millis(10)).await;
        let mib = |bytes: usize| bytes as f64 / MIB as f64;
        points.push(format!("[{}, {:.3}]", received / MIB, mib(counts.held())));
        let (mut buffer, mut left) = (vec![0; PIECE], PIECE.min(ALL - received));
        while left > 0 {
            left -= receiver.read(&mut buffer[..left]).await?;
        }
    }
    Ok(points)
}

fn chart() -> io::Result<()> {
    let copy = Runtime::new()?.block_on(slow(with_copy))?.join(", ");
    let queue = Runtime::new()?.block_on(slow(with_queue))?.join(", ");
    let command = "cargo run -q -p stage-ch09 --bin bound chart";
    println!("{{\n  \"kind\": \"line\",\n  \"command\": \"{command}\",");
    println!("  \"x\": {{ \"label\": \"MiB that the receiver has received\" }},");
    println!("  \"y\": {{ \"label\": \"MiB held by the program\" }},\n  \"series\": [");
    println!("    {{ \"name\": \"queue\", \"points\": [{queue}] }},");
    println!("    {{ \"name\": \"copy\", \"points\": [{copy}] }}\n  ]\n}}");
    Ok(())
}

fn main() -> io::Result<()> {
    let how = std::env::args().nth(1);
    if how.as_deref() == Some("chart") {
        return chart();
    }
    println!("through copy:");
    Runtime::new()?.block_on(stopped(with_copy, how.is_some()))?;
    println!("through two tasks and a queue:");
    Runtime::new()?.block_on(stopped(with_queue, how.is_some()))
}
