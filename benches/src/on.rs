//! the runtimes: one file each, which maps names and compiles the workloads against them.
//!
//! A file here has two halves. `rt` says what the runtime calls a thing: a task, a channel, a
//! timer. It holds no logic beyond that, and what it wraps is `#[inline]`. Below it the files of
//! `workload/` are declared as modules of this runtime: the same source, compiled once more, with
//! `super::rt` meaning something else. So no trait, no boxing and no dynamic call stands between a
//! workload and the runtime it measures.
//!
//! Mainspring has tokio's names where it has tokio's concepts, so the two share one map,
//! `tokio_shaped!`, and differ in one word. If that macro needs an exception, it is a bug there.

pub mod floor;
pub mod flume;
pub mod mainspring;
pub mod smol;
pub mod tokio;

/// Which of a runtime's schedulers to measure. The pool joins here when it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// One thread: the one that calls `block_on`.
    CurrentThread,
}

/// The map for a crate that has tokio's names.
macro_rules! tokio_shaped {
    ($crate_name:ident) => {
        use super::super::Flavor;
        pub use ::$crate_name::net::TcpListener;
        pub use ::$crate_name::sync::{Mutex, Semaphore, mpsc, oneshot};
        pub use ::$crate_name::task::{JoinHandle, spawn, spawn_blocking, yield_now};
        pub use ::$crate_name::time::{Sleep, sleep, timeout};
        use std::fmt::Debug;
        use std::future::Future;

        #[derive(Debug)]
        pub struct Runtime(::$crate_name::runtime::Runtime);

        impl Runtime {
            pub fn new(flavor: Flavor) -> Self {
                let mut builder = match flavor {
                    Flavor::CurrentThread => ::$crate_name::runtime::Builder::new_current_thread(),
                };
                Self(builder.enable_all().build().expect("the runtime starts"))
            }
            #[inline]
            pub fn block_on<F: Future>(&self, future: F) -> F::Output {
                self.0.block_on(future)
            }
            /// Runs `work` as a task, to its end: a workload measures inside a task, never in
            /// the root future, because runtimes treat the two differently.
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
                self.0.spawn(future)
            }
        }

        /// What awaiting a handle gives.
        #[inline]
        pub fn joined<T, E: Debug>(result: Result<T, E>) -> T {
            result.expect("the task ends")
        }
        /// What `acquire().await` gives.
        #[inline]
        pub fn permit<T, E: Debug>(result: Result<T, E>) -> T {
            result.expect("the semaphore is open")
        }
        /// What awaiting the receiver of a oneshot gives.
        #[inline]
        pub fn got<T, E: Debug>(result: Result<T, E>) -> T {
            result.expect("the sender sent")
        }
        /// What `recv().await` gives: `None` is the end of the channel.
        #[inline]
        pub fn received<T>(next: Option<T>) -> Option<T> {
            next
        }
        /// Sends where there is always room.
        #[inline]
        pub fn send_now<T: Debug>(sender: &mpsc::UnboundedSender<T>, value: T) {
            sender.send(value).expect("the receiver lives");
        }
        #[inline]
        pub fn detach<T>(handle: JoinHandle<T>) {
            drop(handle);
        }
        pub fn abort<T>(handle: JoinHandle<T>) {
            handle.abort();
        }
    };
}
pub(crate) use tokio_shaped;
