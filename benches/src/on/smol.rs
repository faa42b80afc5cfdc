//! smol 2: async-executor, async-io, async-channel, async-lock and blocking, as `smol` exports
//! them.
//!
//! What smol lacks is built as its users build it:
//!
//! * The executor is a `static`, as smol's own global one is. On one thread, that thread runs it
//!   inside `smol::block_on`, which also drives the reactor. (`LocalExecutor` is the same code
//!   behind a `!Send` face, and cannot be spawned on from outside.)
//! * On many threads it is run by as many as there are cores, each inside `smol::block_on`, as
//!   `smol::spawn` has it when `SMOL_THREADS` says so; the thread of the root future has
//!   `smol::block_on` for that alone. smol's threads are inside `run` for ever; ours until a
//!   oneshot of their own says otherwise (one look every 200 tasks), so that a benchmark on one
//!   thread can follow in the same process.
//! * smol has no oneshot channel. The crate `oneshot` stands in: it is faster than
//!   `async_channel::bounded(1)`, and it is the same thing as tokio's.
//! * A time-out is `future::or` of the work and a `Timer`.

#[path = "../workload/blocking.rs"]
pub mod blocking;
#[path = "../workload/channel.rs"]
pub mod channel;
#[path = "../workload/echo.rs"]
pub mod echo;
#[path = "../workload/queue.rs"]
pub mod queue;
#[path = "../workload/sync.rs"]
pub mod sync;
#[path = "../workload/task.rs"]
pub mod task;
#[path = "../workload/time.rs"]
pub mod time;
#[path = "../workload/wake.rs"]
pub mod wake;

pub mod rt {
    use crate::on::Flavor;
    use ::smol::future;
    use std::fmt::Debug;
    use std::future::Future;
    use std::thread;
    use std::time::Duration;

    pub use ::smol::Task as JoinHandle;
    pub use ::smol::Timer as Sleep;
    pub use ::smol::future::yield_now;
    pub use ::smol::io::{AsyncReadExt, AsyncWriteExt};
    pub use ::smol::lock::{Barrier, Mutex, RwLock, Semaphore};
    pub use ::smol::unblock as spawn_blocking;

    static EXECUTOR: ::smol::Executor<'static> = ::smol::Executor::new();

    /// The threads that run the executor; without any, `block_on` does.
    #[derive(Debug)]
    pub struct Runtime {
        workers: Vec<(thread::JoinHandle<()>, oneshot::Sender<()>)>,
    }

    impl Runtime {
        pub fn new(flavor: Flavor) -> Self {
            Self::with_workers(flavor, crate::on::cores())
        }
        /// With so many workers, where the flavor leaves it open.
        pub fn with_workers(flavor: Flavor, many: usize) -> Self {
            let workers = (0..flavor.workers(many).unwrap_or(0)).map(|_| {
                let (end, ended) = oneshot::channel();
                let run = || ::smol::block_on(EXECUTOR.run(async { got(ended.await) }));
                (thread::spawn(run), end)
            });
            Self { workers: workers.collect() }
        }
        #[inline]
        pub fn block_on<F: Future>(&self, future: F) -> F::Output {
            if self.workers.is_empty() {
                ::smol::block_on(EXECUTOR.run(future))
            } else {
                ::smol::block_on(future)
            }
        }
        /// Runs `work` as a task, to its end.
        pub fn in_task<F>(&self, work: F) -> F::Output
        where
            F: Future<Output: Send + 'static> + Send + 'static,
        {
            self.block_on(async { joined(spawn(work).await) })
        }
        /// Spawns from a thread that does not run the runtime.
        #[inline]
        pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
        where
            F: Future<Output: Send + 'static> + Send + 'static,
        {
            EXECUTOR.spawn(future)
        }
    }

    impl Drop for Runtime {
        fn drop(&mut self) {
            for (worker, end) in self.workers.drain(..) {
                let ended = end.send(()).is_ok() && worker.join().is_ok();
                assert!(ended || thread::panicking(), "no task panics");
            }
        }
    }

    #[inline]
    pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        EXECUTOR.spawn(future)
    }
    #[inline]
    pub fn joined<T>(output: T) -> T {
        output
    }
    #[inline]
    pub fn permit<T>(guard: T) -> T {
        guard
    }
    #[inline]
    pub fn got<T, E: Debug>(result: Result<T, E>) -> T {
        result.expect("the sender sent")
    }
    #[inline]
    pub fn received<T, E>(next: Result<T, E>) -> Option<T> {
        next.ok()
    }
    #[inline]
    pub fn send_now<T: Debug>(sender: &mpsc::UnboundedSender<T>, value: T) {
        sender.try_send(value).expect("the receiver lives");
    }
    /// Both ends of a channel.
    #[derive(Debug)]
    pub struct Queue<T>(mpsc::Sender<T>, mpsc::Receiver<T>);

    impl<T> Queue<T> {
        pub fn new(capacity: usize) -> Self {
            let (sender, receiver) = mpsc::channel(capacity);
            Self(sender, receiver)
        }
    }
    #[inline]
    pub async fn put<T: Debug>(queue: &Queue<T>, item: T) {
        queue.0.send(item).await.expect("the receiver lives");
    }
    #[inline]
    pub async fn get<T>(queue: &Queue<T>) -> T {
        queue.1.recv().await.expect("the sender lives")
    }
    #[inline]
    pub fn detach<T>(handle: JoinHandle<T>) {
        handle.detach();
    }
    pub fn abort<T>(handle: JoinHandle<T>) {
        drop(handle);
    }
    #[inline]
    pub fn sleep(duration: Duration) -> Sleep {
        Sleep::after(duration)
    }
    #[derive(Debug)]
    pub struct Elapsed;

    #[inline]
    pub fn timeout<F: Future>(
        limit: Duration,
        work: F,
    ) -> impl Future<Output = Result<F::Output, Elapsed>> {
        future::or(async { Ok(work.await) }, async move {
            Sleep::after(limit).await;
            Err(Elapsed)
        })
    }

    pub mod mpsc {
        pub use ::smol::channel::Receiver as UnboundedReceiver;
        pub use ::smol::channel::Sender as UnboundedSender;
        pub use ::smol::channel::bounded as channel;
        pub use ::smol::channel::unbounded as unbounded_channel;
        pub use ::smol::channel::{Receiver, Sender};
    }
    pub mod oneshot {
        pub use ::oneshot::async_channel as channel;
        pub use ::oneshot::{AsyncReceiver as Receiver, Sender};
    }

    /// The three functions of a listener that the echo server uses.
    #[derive(Debug)]
    pub struct TcpListener(::smol::net::TcpListener);

    impl TcpListener {
        pub fn from_std(listener: std::net::TcpListener) -> std::io::Result<Self> {
            ::smol::net::TcpListener::try_from(listener).map(Self)
        }
        pub fn accept(
            &self,
        ) -> impl Future<Output = std::io::Result<(::smol::net::TcpStream, std::net::SocketAddr)>>
        {
            self.0.accept()
        }
    }
}
