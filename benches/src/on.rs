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
//!
//! [`Flavor`] names the schedulers. `multi_thread` has on each runtime as many workers as there are
//! cores, and beside them the thread that calls `block_on`, which polls the root future and nothing
//! else; `one worker` is the same with one. (The echo servers stand on one core and say how many
//! workers they want.)

pub mod floor;
pub mod flume;
pub mod helping;
pub mod mainspring;
pub mod recording;
pub mod smol;
pub mod tokio;

/// Which of a runtime's schedulers to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// As many workers as there are cores.
    MultiThread,
    /// The same scheduler with one worker.
    OneWorker,
    /// One thread: the one that calls `block_on`.
    CurrentThread,
}

impl Flavor {
    /// All, in the order of the tables.
    pub const ALL: &'static [Self] = &[Self::MultiThread, Self::OneWorker, Self::CurrentThread];
    /// The two that the design's goals are about.
    pub const BOTH: &'static [Self] = &[Self::MultiThread, Self::CurrentThread];
    /// Those with workers beside the thread of the root future.
    pub const POOLS: &'static [Self] = &[Self::MultiThread, Self::OneWorker];

    pub fn name(self) -> &'static str {
        match self {
            Self::MultiThread => "multi_thread",
            Self::OneWorker => "one worker",
            Self::CurrentThread => "current_thread",
        }
    }

    /// The name on the command line.
    pub fn short(self) -> &'static str {
        match self {
            Self::MultiThread => "mt",
            Self::OneWorker => "mt1",
            Self::CurrentThread => "ct",
        }
    }

    /// What a name on the command line stands for: one of the short names, `both` or `all`.
    pub fn named(name: &str) -> Vec<Self> {
        let wanted = |flavor: &Self| match name {
            "all" => true,
            "both" => Self::BOTH.contains(flavor),
            _ => name == flavor.short(),
        };
        Self::ALL.iter().copied().filter(wanted).collect()
    }

    /// How many workers, where a pool would have `many`; `None`: no pool.
    pub fn workers(self, many: usize) -> Option<usize> {
        match self {
            Self::MultiThread => Some(many),
            Self::OneWorker => Some(1),
            Self::CurrentThread => None,
        }
    }
}

/// How many workers a pool has by default: in tokio, in Mainspring, and in what we make of smol.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The map for a crate that has tokio's names; more settings of the builder may follow.
macro_rules! tokio_shaped {
    ($crate_name:ident $(, $setting:ident($value:expr))*) => {
        use super::super::Flavor;
        pub use ::$crate_name::net::TcpListener;
        pub use ::$crate_name::sync::{Mutex, Semaphore, mpsc, oneshot};
        pub use ::$crate_name::select;
        pub use ::$crate_name::task::{JoinHandle, JoinSet, spawn, spawn_blocking, yield_now};
        pub use ::$crate_name::time::{Sleep, interval, sleep, timeout};
        use std::fmt::Debug;
        use std::future::Future;

        use ::$crate_name::runtime::Builder;

        #[derive(Debug)]
        pub struct Runtime(::$crate_name::runtime::Runtime);

        impl Runtime {
            pub fn new(flavor: Flavor) -> Self {
                Self::with_workers(flavor, super::super::cores())
            }
            /// With so many workers, where the flavor leaves it open.
            pub fn with_workers(flavor: Flavor, many: usize) -> Self {
                let mut builder = match flavor.workers(many) {
                    Some(_) => Builder::new_multi_thread(),
                    None => Builder::new_current_thread(),
                };
                if let Some(workers) = flavor.workers(many) {
                    builder.worker_threads(workers);
                }
                $(builder.$setting($value);)*
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
