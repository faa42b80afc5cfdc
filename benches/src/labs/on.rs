//! the runtimes of the reports: each runs in the background, and is reached from outside.
//!
//! As in `crate::on`, each runtime has a file that says what it calls a thing (`rt`), and the files
//! of `cases/` are compiled once for each. What differs is where the runtime runs: a report looks
//! at it from a thread that is no part of it, so `Runtime::new` returns at once, whatever the
//! scheduler; one thread is a thread of its own that is inside `block_on` until the runtime is
//! dropped.

pub mod mainspring;
pub mod smol;
pub mod tokio;

/// The map for a crate that has tokio's names.
macro_rules! tokio_shaped {
    ($crate_name:ident) => {
        pub use ::$crate_name::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
        pub use ::$crate_name::io::{BufReader, BufWriter, copy, copy_bidirectional};
        pub use ::$crate_name::net::{TcpListener, TcpStream};
        pub use ::$crate_name::sync::{mpsc, oneshot};
        pub use ::$crate_name::task::{JoinHandle, spawn, spawn_blocking, yield_now};
        pub use ::$crate_name::time::{Sleep, sleep};

        use crate::labs::who::Threads;
        use ::$crate_name::runtime::{Builder, Handle, Runtime as Bare};
        use std::fmt::Debug;
        use std::future::Future;

        /// The runtime as the crate has it, for what it costs to make and drop one.
        pub fn bare(threads: Threads) -> Bare {
            let mut builder = match threads {
                Threads::Home => Builder::new_current_thread(),
                Threads::Workers(n) => {
                    let mut builder = Builder::new_multi_thread();
                    builder.worker_threads(n);
                    builder
                }
            };
            builder.enable_all().build().expect("the runtime starts")
        }

        /// A runtime made, used for one task, and dropped.
        pub fn make_and_drop(threads: Threads) {
            bare(threads).block_on(async { joined(spawn(async {}).await) });
        }

        /// Runs in the background until it is dropped.
        #[derive(Debug)]
        pub struct Runtime {
            spawner: Spawner,
            workers: Option<Bare>,
            home: Option<(oneshot::Sender<()>, std::thread::JoinHandle<()>)>,
        }

        impl Runtime {
            pub fn new(threads: Threads) -> Self {
                let bare = bare(threads);
                let spawner = Spawner(bare.handle().clone());
                if let Threads::Workers(_) = threads {
                    return Self { spawner, workers: Some(bare), home: None };
                }
                let (end, ended) = oneshot::channel();
                let home = std::thread::spawn(move || {
                    // An error is as much of an end as a message.
                    let _ = bare.block_on(ended);
                });
                Self { spawner, workers: None, home: Some((end, home)) }
            }
            pub fn spawner(&self) -> Spawner {
                self.spawner.clone()
            }
            /// Runs `work` as a task; the calling thread waits for its end.
            pub fn run<F>(&self, work: F) -> F::Output
            where
                F: Future<Output: Send + 'static> + Send + 'static,
            {
                let (give, take) = std::sync::mpsc::channel();
                self.spawner.spawn(async move { give.send(work.await).expect("it is awaited") });
                take.recv().expect("the task ends")
            }
        }

        impl Drop for Runtime {
            fn drop(&mut self) {
                drop(self.workers.take());
                if let Some((end, home)) = self.home.take() {
                    drop(end);
                    let ended = home.join();
                    assert!(ended.is_ok() || std::thread::panicking(), "the runtime panicked");
                }
            }
        }

        /// Spawns from any thread.
        #[derive(Clone, Debug)]
        pub struct Spawner(Handle);

        impl Spawner {
            #[inline]
            pub fn spawn<F>(&self, future: F)
            where
                F: Future<Output: Send + 'static> + Send + 'static,
            {
                drop(self.0.spawn(future));
            }
        }

        /// Inside the runtime only.
        pub fn stream(stream: std::net::TcpStream) -> TcpStream {
            TcpStream::from_std(stream).expect("the stream is registered")
        }
        /// Says that nothing more is sent.
        pub async fn end(stream: &mut TcpStream) {
            stream.shutdown().await.expect("the peer reads");
        }
        #[inline]
        pub fn joined<T, E: Debug>(result: Result<T, E>) -> T {
            result.expect("the task ends")
        }
        #[inline]
        pub fn received<T>(next: Option<T>) -> Option<T> {
            next
        }
        /// Sends where there is always room; whoever is gone needs nothing.
        #[inline]
        pub fn send_now<T: Debug>(sender: &mpsc::UnboundedSender<T>, value: T) {
            let _ = sender.send(value);
        }
        #[inline]
        pub fn detach<T>(handle: JoinHandle<T>) {
            drop(handle);
        }
    };
}
pub(crate) use tokio_shaped;
