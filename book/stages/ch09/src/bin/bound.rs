//! A sender, something in between, and a receiver that does not receive: how much is on the way?
//!
//! cargo run -q -p stage-ch09 --bin bound
//! cargo run -q -p stage-ch09 --bin bound bytes        the exact figures, as they are here

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

async fn run<F>(between: impl FnOnce(Reader, Writer) -> F, bytes: bool) -> io::Result<()>
where
    F: Future<Output = io::Result<u64>> + 'static,
{
    let [sent, read, written] = [(); 3].map(|()| Rc::new(Cell::new(0)));
    let listener = TcpListener::bind(([127, 0, 0, 1], 0).into())?;
    let (sender, near) = connection(&listener).await?;
    let (far, _receiver) = connection(&listener).await?;
    let (reader, _back) = near.into_split();
    let (_forth, writer) = far.into_split();
    let reader = Counted { io: reader, count: read.clone() };
    let writer = Counted { io: writer, count: written.clone() };
    let between = spawn(between(reader, writer));
    let mut sender = Counted { io: sender, count: sent.clone() };
    let sending = spawn(async move { sender.write_all(&vec![7; ALL]).await });

    let mut before = usize::MAX;
    while sent.get() == 0 || sent.get() != before {
        before = sent.get();
        sleep(Duration::from_millis(200)).await;
    }
    let held = read.get() - written.get();
    println!("  all of it was sent: {}", sent.get() == ALL);
    println!("  read and not yet written: at most 8192 bytes: {}", held <= 8192);
    println!("  more than half of all: {}", held > ALL / 2);
    if bytes {
        println!("  sent: {}, held here: {held}", sent.get());
        println!("  in the kernel: {} bytes", sent.get() - held);
    }
    sending.abort();
    between.abort();
    Ok(())
}

fn main() -> io::Result<()> {
    let bytes = std::env::args().nth(1).is_some();
    println!("through copy:");
    Runtime::new()?.block_on(run(with_copy, bytes))?;
    println!("through two tasks and a queue:");
    Runtime::new()?.block_on(run(with_queue, bytes))
}
