//! join!, try_join!: all of several futures, polled inside one task, no spawn.
//!
//! Read before: `select.rs`. Here too the futures are variables of the function around the macro,
//! and a poll of it polls them in a row; those that are ready keep their outputs where they were,
//! until all are:
//!
//! ```text
//!   Running { future } ── ready ──► Done { output } ── all are done ──► Taken
//! ```
//!
//! Each poll starts one further down than the one before. Chance is not needed: every future is
//! polled in each poll, and what is shared out is only who finds the task's budget full.
//!
//! The names of the variables: each future is read by a step of its own, [`__join!`](crate::__join)
//! `@name`, and a name that a step writes is another one than that of every other step.
//!
//! Left out: a future that polls only those that were woken (`FuturesUnordered`). It would need a
//! waker, and so an allocation, for each; for many futures, spawn tasks.

#![forbid(unsafe_code)]

use crate::select::in_turn;
use pin_project_lite::pin_project;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Waits for all of several futures, and gives their outputs as a tuple, in their order.
///
/// The futures are polled inside this task, one after another, never in parallel, and nothing is
/// allocated; for parallel work, spawn tasks and join their handles. A future is dropped as soon as
/// it is ready. `Err` is an output like another; [`try_join!`](macro@crate::try_join) stops there.
///
/// For async code only. With no futures it gives `()`.
///
/// # Fairness
/// Each poll starts one future further down than the one before, so that each of them gets to the
/// task's budget first in its turn. With `biased;` before the futures each poll starts at the top.
///
/// # Panics
/// When a future does. The others are dropped.
///
/// # Cancel safety
/// Dropping it drops all the futures, and the outputs of those that were ready.
///
/// asyncio: `asyncio.gather` and `TaskGroup` for a fixed number of coroutines, without their tasks.
///
/// # Examples
///
/// ```
/// use mainspring::time::{Duration, Instant, sleep};
///
/// async fn slowly<T>(value: T) -> T {
///     sleep(Duration::from_secs(1)).await;
///     value
/// }
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// # rt.block_on(async {
///
/// let start = Instant::now();
/// let (number, word) = mainspring::join!(slowly(1), slowly("one"));
/// assert_eq!((number, word), (1, "one"));
/// assert!(start.elapsed() < Duration::from_secs(2), "both at once");
///
/// // From top to bottom in each poll:
/// let (_, _) = mainspring::join!(biased; slowly(()), slowly(()));
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
#[macro_export]
macro_rules! join {
    (biased; $($future:expr),+ $(,)?) => {
        $crate::__join!(@name all, $crate::select::InOrder; [] [] (0) $($future,)+)
    };
    ($($future:expr),+ $(,)?) => {
        $crate::__join!(@name all, $crate::join::InRotation::default(); [] [] (0) $($future,)+)
    };
    ($(biased;)?) => { async {}.await };
}

/// Waits until several futures have all given `Ok`, or one has given `Err`.
///
/// It gives `Ok` of the values as a tuple, in the order of the futures; or the first `Err` in time,
/// and then the other futures are dropped, with the values of those that were ready. All have the
/// same type of error. The rest is as in [`join!`](macro@crate::join).
///
/// # Errors
/// The first that one of the futures gives.
///
/// # Panics
/// When a future does. The others are dropped.
///
/// # Cancel safety
/// Dropping it drops all the futures, and the outputs of those that were ready. An error does the
/// same to the other futures: what is lost then is said there.
///
/// asyncio: `asyncio.gather` for a fixed number of coroutines. There the others run on, unobserved;
/// here they end.
///
/// # Examples
///
/// ```
/// use mainspring::time::{Duration, sleep};
///
/// async fn half(number: u32) -> Result<u32, String> {
///     sleep(Duration::from_millis(number.into())).await;
///     if number % 2 == 0 { Ok(number / 2) } else { Err(format!("{number} is odd")) }
/// }
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// # rt.block_on(async {
///
/// assert_eq!(mainspring::try_join!(half(2), half(6)), Ok((1, 3)));
/// // 3 comes to its end before 5 and 8.
/// assert_eq!(mainspring::try_join!(half(8), half(5), half(3)), Err("3 is odd".to_string()));
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
#[macro_export]
macro_rules! try_join {
    (biased; $($future:expr),+ $(,)?) => {
        $crate::__join!(@name all_ok, $crate::select::InOrder; [] [] (0) $($future,)+)
    };
    ($($future:expr),+ $(,)?) => {
        $crate::__join!(@name all_ok, $crate::join::InRotation::default(); [] [] (0) $($future,)+)
    };
    ($(biased;)?) => { async { ::std::result::Result::Ok(()) }.await };
}

/// The steps of both macros: names and numbers first, then the work.
#[doc(hidden)]
#[macro_export]
macro_rules! __join {
    // The number is a sum of ones, and so is the count in the end.
    (
        @name $what:ident, $order:expr; [$($forward:tt)*] [$($backward:tt)*] ($($number:tt)+)
        $future:expr, $($rest:tt)*
    ) => {
        $crate::__join!(
            @name $what, $order;
            [$($forward)* (future ($($number)+) $future)] [future $($backward)*] ($($number)+ + 1)
            $($rest)*
        )
    };
    (@name $what:ident, $order:expr; [$($forward:tt)+] [$($backward:ident)+] ($count:expr)) => {
        $crate::__join!(@$what $order, $count; $($forward)+; $($backward)+)
    };

    (
        @all $order:expr, $count:expr;
        $(($name:ident ($number:expr) $future:expr))+; $($backward:ident)+
    ) => {{
        $(let $name = $future;)+
        // Pinned from the last to the first, so that they are dropped from the first to the last.
        $(let mut $backward = ::std::pin::pin!($crate::join::MaybeDone::new($backward));)+
        let mut order = $order;
        let all = ::std::future::poll_fn(move |cx| {
            let mut done = true;
            let first = order.first($count);
            for turn in 0..$count {
                let turn = $crate::select::in_turn(first, turn, $count);
                $(
                    if turn == $number {
                        done &= $name.as_mut().poll(cx);
                    }
                )+
            }
            if !done {
                return ::std::task::Poll::Pending;
            }
            #[allow(unreachable_code)]
            ::std::task::Poll::Ready(($($name.as_mut().take(),)+))
        });
        let outputs = all.await;
        outputs
    }};

    (
        @all_ok $order:expr, $count:expr;
        $(($name:ident ($number:expr) $future:expr))+; $($backward:ident)+
    ) => {{
        $(let $name = $future;)+
        // As above.
        $(let mut $backward = ::std::pin::pin!($crate::join::MaybeDone::new($backward));)+
        let mut order = $order;
        let all_ok = ::std::future::poll_fn(move |cx| {
            let mut done = true;
            let first = order.first($count);
            for turn in 0..$count {
                let turn = $crate::select::in_turn(first, turn, $count);
                $(
                    if turn == $number {
                        done &= $name.as_mut().poll(cx);
                        if let ::std::option::Option::Some(error) = $name.as_mut().take_error() {
                            return ::std::task::Poll::Ready(::std::result::Result::Err(error));
                        }
                    }
                )+
            }
            if !done {
                return ::std::task::Poll::Pending;
            }
            #[allow(unreachable_code)]
            ::std::task::Poll::Ready(::std::result::Result::Ok(($($name.as_mut().take_ok(),)+)))
        });
        let outputs = all_ok.await;
        outputs
    }};
}

/// Each poll starts one further down than the one before.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct InRotation {
    next: u32,
}

impl InRotation {
    /// Which of `count` futures is polled first.
    #[inline]
    pub fn first(&mut self, count: u32) -> u32 {
        let first = self.next;
        self.next = in_turn(first, 1, count);
        first
    }
}

pin_project! {
    /// A future, then its output, then nothing.
    #[doc(hidden)]
    #[derive(Debug)]
    #[project = Now]
    #[project_replace = Before]
    pub enum MaybeDone<F: Future> {
        /// It has been `Pending` so far.
        Running {
            #[pin]
            future: F,
        },
        /// It has been ready.
        Done { output: F::Output },
        /// The output is somewhere else.
        Taken,
    }
}

impl<F: Future> MaybeDone<F> {
    /// What is to be polled.
    #[inline]
    pub fn new(future: impl IntoFuture<IntoFuture = F>) -> Self {
        Self::Running { future: future.into_future() }
    }

    /// Polls the future, unless it has been ready already. Is it done?
    #[inline]
    pub fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> bool {
        if let Now::Running { future } = self.as_mut().project() {
            match future.poll(cx) {
                Poll::Ready(output) => self.set(Self::Done { output }),
                Poll::Pending => return false,
            }
        }
        true
    }

    /// The output of a future that is done, once.
    #[inline]
    pub fn take(self: Pin<&mut Self>) -> F::Output {
        match self.project_replace(Self::Taken) {
            Before::Done { output } => output,
            _ => unreachable!("join! takes an output twice, or before it is there"),
        }
    }
}

impl<T, E, F: Future<Output = Result<T, E>>> MaybeDone<F> {
    /// The error, if the future is done and gave one.
    #[inline]
    pub fn take_error(mut self: Pin<&mut Self>) -> Option<E> {
        match self.as_mut().project() {
            Now::Done { output: Err(_) } => self.take().err(),
            _ => None,
        }
    }

    /// The value of a future that is done and gave no error, once.
    #[inline]
    pub fn take_ok(self: Pin<&mut Self>) -> T {
        match self.take() {
            Ok(value) => value,
            Err(_) => unreachable!("try_join! has let an error pass"),
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "join_tests.rs"]
mod tests;
