//! smol 2: its executor on so many threads, each of which also polls the reactor, as its own global
//! executor does it.

#[path = "../cases/calls.rs"]
pub mod calls;
#[path = "../cases/copy.rs"]
pub mod copy;
#[path = "../cases/crowd.rs"]
pub mod crowd;
#[path = "../cases/events.rs"]
pub mod events;
#[path = "../cases/idle.rs"]
pub mod idle;
#[path = "../cases/late.rs"]
pub mod late;
#[path = "../cases/probes.rs"]
pub mod probes;
#[path = "../cases/stuck.rs"]
pub mod stuck;

pub mod rt {
    use crate::labs::who::Threads;
    use ::smol::channel;
    use std::fmt::Debug;
    use std::future::Future;

    pub use ::smol::Task as JoinHandle;
    pub use ::smol::future::yield_now;
    pub use ::smol::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
    pub use ::smol::io::{BufReader, BufWriter, copy};
    pub use ::smol::net::{TcpListener as RawListener, TcpStream};
    pub use ::smol::unblock as spawn_blocking;

    static EXECUTOR: ::smol::Executor<'static> = ::smol::Executor::new();

    /// The threads that run the executor; it is the same one for all runtimes of the process.
    #[derive(Debug)]
    pub struct Runtime {
        end: channel::Sender<()>,
        threads: Vec<std::thread::JoinHandle<()>>,
    }

    impl Runtime {
        pub fn new(threads: Threads) -> Self {
            let (end, ended) = channel::unbounded::<()>();
            let count = match threads {
                Threads::Home => 1,
                Threads::Workers(n) => n,
            };
            let start = |_| {
                let ended = ended.clone();
                std::thread::spawn(move || {
                    // An error is as much of an end as a message.
                    let _ = ::smol::block_on(EXECUTOR.run(ended.recv()));
                })
            };
            Self { end, threads: (0..count).map(start).collect() }
        }
        pub fn spawner(&self) -> Spawner {
            Spawner
        }
        /// Runs `work` as a task; the calling thread waits for its end.
        pub fn run<F>(&self, work: F) -> F::Output
        where
            F: Future<Output: Send + 'static> + Send + 'static,
        {
            let (give, take) = std::sync::mpsc::channel();
            Spawner.spawn(async move { give.send(work.await).expect("it is awaited") });
            take.recv().expect("the task ends")
        }
    }

    impl Drop for Runtime {
        fn drop(&mut self) {
            self.end.close();
            for thread in self.threads.drain(..) {
                let ended = thread.join();
                assert!(ended.is_ok() || std::thread::panicking(), "an executor panicked");
            }
        }
    }

    /// Spawns from any thread.
    #[derive(Clone, Debug)]
    pub struct Spawner;

    impl Spawner {
        #[inline]
        pub fn spawn<F>(&self, future: F)
        where
            F: Future<Output: Send + 'static> + Send + 'static,
        {
            EXECUTOR.spawn(future).detach();
        }
    }

    #[inline]
    pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        EXECUTOR.spawn(future)
    }
    pub fn stream(stream: std::net::TcpStream) -> TcpStream {
        TcpStream::try_from(stream).expect("the stream is registered")
    }
    /// Says that nothing more is sent.
    pub async fn end(stream: &mut TcpStream) {
        stream.close().await.expect("the peer reads");
    }
    /// smol has none: two copies side by side, as its users write it.
    pub async fn copy_bidirectional(
        a: &mut TcpStream,
        b: &mut TcpStream,
    ) -> std::io::Result<(u64, u64)> {
        async fn one_way(from: TcpStream, mut to: TcpStream) -> std::io::Result<u64> {
            let bytes = copy(from, &mut to).await?;
            to.close().await?;
            Ok(bytes)
        }
        let (there, back) = (one_way(a.clone(), b.clone()), one_way(b.clone(), a.clone()));
        ::smol::future::try_zip(there, back).await
    }
    #[inline]
    pub fn joined<T>(output: T) -> T {
        output
    }
    #[inline]
    pub fn received<T, E>(next: Result<T, E>) -> Option<T> {
        next.ok()
    }
    #[inline]
    pub fn send_now<T: Debug>(sender: &mpsc::UnboundedSender<T>, value: T) {
        let _ = sender.try_send(value);
    }
    #[inline]
    pub fn detach<T>(handle: JoinHandle<T>) {
        handle.detach();
    }
    #[inline]
    pub async fn sleep(duration: std::time::Duration) {
        ::smol::Timer::after(duration).await;
    }

    pub mod mpsc {
        pub use ::smol::channel::Receiver as UnboundedReceiver;
        pub use ::smol::channel::Sender as UnboundedSender;
        pub use ::smol::channel::unbounded as unbounded_channel;
    }

    /// The two functions of a listener that a report uses.
    #[derive(Debug)]
    pub struct TcpListener(RawListener);

    impl TcpListener {
        pub fn from_std(listener: std::net::TcpListener) -> std::io::Result<Self> {
            RawListener::try_from(listener).map(Self)
        }
        pub async fn accept(&self) -> std::io::Result<(TcpStream, std::net::SocketAddr)> {
            self.0.accept().await
        }
    }
}
