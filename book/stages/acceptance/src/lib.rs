//! What every stage has to pass for what it can do, and the real runtime too.
//!
//! A capability is a module: a trait that says what is needed, and tests that are written against
//! the trait and nothing else. A stage's `tests/acceptance.rs` says how it does these things and
//! which capabilities it has:
//!
//! ```text
//! stage_acceptance::machine! { stage_ch04: Futures, BlockOn }
//! stage_acceptance::tests! { Stage: futures, block_on, wakers }
//! ```
//!
//! | capability | from stage | |
//! |---|---|---|
//! | `futures` | 2 | join, race, and drop as the way to cancel |
//! | `block_on` | 3 | a thread that sleeps until it is woken, and no wake is lost |
//! | `wakers` | 4 | clone, compare, drop; the last one counts |
//! | `spawn` | 5 | tasks: output, panic, abort, detach |
//! | `local` | 6 | order, tasks that are not `Send`, wakes from elsewhere, shutdown |
//! | `time` | 7 | sleep, timeout, interval, and a clock that need not be waited for |
//! | `tcp` | 9 | a server, many clients, the end of a stream, back-pressure |
//!
//! Nothing here sleeps to wait for something, and every test has a time limit.

#![forbid(unsafe_code)]
#![allow(missing_debug_implementations)]

/// join, race, drop.
pub mod futures;
/// one future, one thread, no lost wake.
pub mod block_on;
/// what a waker promises.
pub mod wakers;
/// tasks and their handles.
pub mod spawn;
/// one thread for all tasks.
pub mod local;
/// sleep, timeout, interval.
pub mod time;
/// streams of bytes.
pub mod tcp;
/// futures and counters that the tests are made of.
pub mod parts;
/// how a stage does what the traits ask for: all stages use the same names.
pub mod adapt;
/// a program's transcript, and the README that promises it.
pub mod transcript;
/// what a run did, as data for a figure of the book.
pub mod figure;

use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// No test takes longer, also not on a machine that is busy with something else.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs `test` on a thread of its own.
///
/// # Panics
/// With the test's panic, or when the time limit is over: what a lost wake looks like from outside.
pub fn within_limit(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(LIMIT) {
        panic!("still not done after {LIMIT:?}: something waits for what does not come");
    }
    if let Err(panic) = thread.join() {
        resume_unwind(panic);
    }
}

/// The tests of these capabilities, for this machine: `tests! { Stage: block_on, spawn }`.
#[macro_export]
macro_rules! tests {
    ($machine:ident: $($capability:ident),+ $(,)?) => {$(
        mod $capability {
            $crate::$capability! { super::$machine }
        }
    )+};
}

/// A `#[test]` for each function that tests one capability.
#[macro_export]
macro_rules! each {
    ($machine:ty, $capability:ident: $($test:ident),+ $(,)?) => {$(
        #[test]
        fn $test() {
            $crate::within_limit($crate::$capability::$test::<$machine>);
        }
    )+};
}
