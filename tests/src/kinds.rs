//! the runtimes that every behaviour is tested on; and one test for each of them.
//!
//! A test that is to hold on every scheduler takes a [`Kind`] and stands in the file's list:
//!
//! ```
//! use tests::Kind;
//!
//! fn a_task_gives_its_output_to_its_join(kind: Kind) {
//!     let runtime = kind.runtime();
//!     assert_eq!(runtime.block_on(runtime.spawn(async { 7 })).unwrap(), 7);
//! }
//!
//! tests::each_scheduler! { a_task_gives_its_output_to_its_join }
//! ```
//!
//! Order is what they differ in. On one thread a task that was spawned has not run before the next
//! await; on a pool it may have ended. Where a test needs a task to have come somewhere, it waits
//! with [`until`](crate::until) or [`turns_until`](crate::turns_until).

use crate::hear_with;
use mainspring::runtime::{Builder, Runtime};
use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    CurrentThread,
    /// `multi_thread` with so many workers.
    Workers(usize),
    /// `multi_thread` with two workers, and `block_on_helps`.
    Helping,
}

impl Kind {
    /// Workers' threads are heard by whoever hears this thread.
    pub fn builder(self) -> Builder {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::Workers(_) | Self::Helping => Builder::new_multi_thread(),
        };
        match self {
            Self::CurrentThread => {}
            Self::Workers(workers) => {
                builder.worker_threads(workers);
            }
            Self::Helping => {
                builder.worker_threads(self.workers()).block_on_helps(true);
            }
        }
        if self.is_pool() {
            builder.on_thread_start(hear_with());
        }
        builder
    }

    pub fn runtime(self) -> Runtime {
        self.builder().build().expect("the runtime could not be built")
    }

    pub fn is_pool(self) -> bool {
        self != Self::CurrentThread
    }

    /// How many tasks run at the same time.
    pub fn workers(self) -> usize {
        match self {
            Self::CurrentThread => 1,
            Self::Workers(workers) => workers,
            Self::Helping => 2,
        }
    }

    /// Runs `test` on a thread of its own, and fails when it hangs.
    pub fn run(self, test: impl FnOnce(Self) + Send + 'static) {
        within(move || test(self));
    }
}

/// Runs `test` on a thread of its own, and fails when it hangs.
pub fn within<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _done = done;
        test()
    });
    match wait.recv_timeout(Duration::from_secs(120)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs"),
        _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

/// Makes a test for each scheduler of each function, `fn(Kind)`. Once per module.
#[macro_export]
macro_rules! each_scheduler {
    ($($test:ident),* $(,)?) => {
        $crate::tests_on! { current_thread, $crate::Kind::CurrentThread, $($test)* }
        $crate::each_pool! { $($test),* }
    };
}

/// The same for pools only.
#[macro_export]
macro_rules! each_pool {
    ($($test:ident),* $(,)?) => {
        $crate::tests_on! { workers_1, $crate::Kind::Workers(1), $($test)* }
        $crate::tests_on! { workers_2, $crate::Kind::Workers(2), $($test)* }
        $crate::tests_on! { workers_8, $crate::Kind::Workers(8), $($test)* }
        $crate::tests_on! { helping, $crate::Kind::Helping, $($test)* }
    };
}

/// A module of tests on one scheduler.
#[doc(hidden)]
#[macro_export]
macro_rules! tests_on {
    ($name:ident, $kind:expr, $($test:ident)*) => {
        mod $name {
            $(
                #[test]
                fn $test() {
                    $kind.run(super::$test);
                }
            )*
        }
    };
}
