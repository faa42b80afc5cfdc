//! The real runtime, by the same tests: what the stages are asked for is no more than it does.

use mainspring::io::{self, AsyncReadExt, AsyncWriteExt};
use mainspring::net::{TcpListener, TcpStream};
use mainspring::runtime::{Builder, Runtime};
use mainspring::task::{JoinHandle, LocalSet, spawn_local};
use stage_acceptance::block_on::BlockOn;
use stage_acceptance::futures::Futures;
use stage_acceptance::local::Local;
use stage_acceptance::spawn::{Failed, Spawn};
use stage_acceptance::tcp::Tcp;
use stage_acceptance::time::Time;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

struct Mainspring;

fn run<F: Future>(paused: bool, future: F) -> F::Output {
    let runtime: Runtime = Builder::new_current_thread().start_paused(paused).build().unwrap();
    LocalSet::new().block_on(&runtime, future)
}

impl Futures for Mainspring {
    fn run<F: Future>(future: F) -> F::Output {
        run(false, future)
    }

    async fn join<A, B>(a: A, b: B) -> (A::Output, B::Output)
    where
        A: Future + Unpin,
        B: Future + Unpin,
    {
        mainspring::join!(a, b)
    }

    async fn race<A, B>(a: A, b: B) -> Result<A::Output, B::Output>
    where
        A: Future + Unpin,
        B: Future + Unpin,
    {
        mainspring::select! {
            a = a => Ok(a),
            b = b => Err(b),
        }
    }
}

impl BlockOn for Mainspring {
    fn block_on<F: Future>(future: F) -> F::Output {
        run(false, future)
    }
}

impl Spawn for Mainspring {
    type Handle<T: Send + 'static> = JoinHandle<T>;

    fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        mainspring::spawn(future)
    }

    async fn join<T: Send + 'static>(handle: &mut JoinHandle<T>) -> Result<T, Failed> {
        match handle.await {
            Ok(output) => Ok(output),
            Err(error) if error.is_cancelled() => Err(Failed::Cancelled),
            Err(error) => Err(Failed::panicked(&*error.into_panic())),
        }
    }

    fn abort<T: Send + 'static>(handle: &JoinHandle<T>) {
        handle.abort();
    }

    fn is_finished<T: Send + 'static>(handle: &JoinHandle<T>) -> bool {
        handle.is_finished()
    }
}

impl Local for Mainspring {
    fn spawn_local<F>(future: F) -> impl Future<Output = F::Output> + 'static
    where
        F: Future<Output: 'static> + 'static,
    {
        let task = spawn_local(future);
        async { task.await.unwrap() }
    }

    async fn yield_now() {
        mainspring::task::yield_now().await;
    }
}

impl Time for Mainspring {
    fn block_on_paused<F: Future>(future: F) -> F::Output {
        run(true, future)
    }

    fn now() -> Instant {
        mainspring::time::Instant::now().into_std()
    }

    async fn sleep(duration: Duration) {
        mainspring::time::sleep(duration).await;
    }

    async fn timeout<F: Future>(duration: Duration, future: F) -> Option<F::Output> {
        mainspring::time::timeout(duration, future).await.ok()
    }

    async fn every(period: Duration, count: u32, mut tick: impl FnMut()) {
        let mut interval = mainspring::time::interval(period);
        for _ in 0..count {
            interval.tick().await;
            tick();
        }
    }
}

impl Tcp for Mainspring {
    type Listener = TcpListener;
    type Stream = TcpStream;

    async fn listen() -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    }

    async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
        Ok(listener.accept().await?.0)
    }

    async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }

    async fn read(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
        stream.read(buffer).await
    }

    async fn write_all(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        stream.write_all(bytes).await
    }

    async fn shutdown(stream: &mut TcpStream) -> io::Result<()> {
        stream.shutdown().await
    }

    async fn echo(mut stream: TcpStream) -> io::Result<u64> {
        let (mut reader, mut writer) = stream.split();
        io::copy(&mut reader, &mut writer).await
    }

    async fn exchange(stream: TcpStream, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let (mut reader, mut writer) = stream.into_split();
        let mut all = Vec::new();
        // The half that writes is dropped when it has written: that is the end for the peer.
        let write = async move { writer.write_all(&bytes).await };
        let (read, written) = mainspring::join!(reader.read_to_end(&mut all), write);
        written?;
        read?;
        Ok(all)
    }
}

stage_acceptance::tests! {
    Mainspring: futures, block_on, wakers, spawn, local, time, tcp
}
