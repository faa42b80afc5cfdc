//! select!: the first of several futures, polled inside one task, no spawn.
//!
//! Read before: `wake/coop.rs`, the budget; `base/rng.rs`, the chance.
//!
//! The futures of a `select!` are variables of the function that it stands in. A poll of that
//! function polls them in a row, from a branch that chance picks, until one is ready with a value
//! that fits its pattern:
//!
//! ```text
//!                 ┌──► Pending ────────────────────────────────────► the next one
//!   poll branch k ┤
//!                 └──► Ready(value) ─► k is out ─┬─ does not fit ──► the next one
//!                                                └─ fits ──► all futures are dropped ──► handler
//!   no branch left to poll ────────────────────────────────────────────────────────────► else
//! ```
//!
//! Only then, outside of the polls and of the futures' scope, the handler runs. So it may use what
//! the futures have borrowed, and `break`, `return`, `?` and `.await` mean what they mean beside
//! the macro.
//!
//! The macro is in two parts. `runtime/macros/src/select.rs` reads the branches, numbers them and
//! says what is wrong with them; [`__select!`](crate::__select), here, is what they do. How the
//! pattern is tried without moving the value is the one trick in it:
//!
//! ```text
//!   match value { Some(x) if { fits = true; false } => impossible(), _ => {} }
//! ```
//!
//! A guard sees the bindings by reference, whatever the pattern; the value moves only when the
//! guard agrees, and this one never does. So the pattern stays as the user wrote it.
//!
//! Left out: tokio's tuple of futures, and with it the `unsafe` that pins its parts. Here each is a
//! variable, pinned by `std::pin::pin!`. It costs a pointer for each branch but the first.
//!
//! Next: `join.rs`, all of them instead of the first.

#![forbid(unsafe_code)]

use crate::base::rng;
use crate::wake::coop;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

#[doc(hidden)]
pub use mainspring_macros::select_branches as branches;

/// Waits for the first of several futures, runs its handler, and drops the other futures.
///
/// ```text
/// select! {
///     biased;                                       // optional: from top to bottom, not by chance
///     pattern = future => handler,
///     pattern = future, if condition => { handler } // no comma is needed after a block
///     else => handler,                              // optional: when no branch is left
/// }
/// ```
///
/// It is an expression, for async code only. All handlers have the same type, and that of the
/// branch that wins is its value. Up to 64 branches. The futures are polled inside this task, one
/// after another, never in parallel, and nothing is allocated; for parallel work, spawn tasks and
/// wait for their handles.
///
/// What happens, step by step:
///
/// 1. The conditions are evaluated, from top to bottom. A branch whose condition is false is out.
/// 2. The expressions of *all* the futures are evaluated, also of branches that are out; those
///    futures are never polled. To skip the work too, put it into an `async` block.
/// 3. The futures are polled whenever one of them wakes the task.
/// 4. When one is ready, its value is held against its pattern. If it does not fit, the branch is
///    out, its value is dropped, and the others go on.
/// 5. If it fits, all the futures are dropped, from top to bottom, and then the handler runs. It
///    may `break`, `continue`, `return`, use `?` and `.await`, and borrow again what the futures
///    had borrowed. While it awaits, nothing else of the `select!` goes on.
/// 6. When all branches are out, `else` runs.
///
/// # Fairness
/// Each poll starts at a branch that is picked by chance, so that one that is always ready does not
/// starve the others. With `biased;` each poll starts at the top: for an order that matters (look
/// at the stop signal first), or to save the two nanoseconds of the choice. Then a busy branch
/// starves those below it: the busiest comes last.
///
/// A task whose budget is used up is not polled further: the `select!` is pending, the task goes to
/// the back of the queue, and no branch has an advantage from it.
///
/// # Panics
/// When all branches are out and there is no `else`.
///
/// # Cancel safety
/// **The losers are cancelled**: their futures are dropped where they stand. In a loop, a future
/// that is made anew in each turn must lose nothing by that. What they lose:
///
/// * **Safe**: [`mpsc::Receiver::recv`] and `recv_many`, `broadcast::Receiver::recv`,
///   `watch::Receiver::changed`, `CancellationToken::cancelled`, [`Queue::get`] and `get_task`,
///   [`Event::wait`]; [`TcpListener::accept`], `readable`, `writable`, `ready`, `peek`;
///   [`AsyncReadExt::read`], [`AsyncWriteExt::write`], `flush`, [`AsyncBufReadExt::fill_buf`],
///   [`Lines::next_line`], [`Split::next_segment`]; [`Interval::tick`], [`yield_now`]; and `&mut`
///   of a [`JoinHandle`], of a [`oneshot::Receiver`], of any future that is pinned outside of the
///   loop.
/// * **Lose their place in the line, and nothing else**: [`Mutex::lock`], [`RwLock::read`] and
///   `write`, [`Semaphore::acquire`], [`Notify::notified`], [`mpsc::Sender::reserve`],
///   [`RateLimiter::acquire`].
/// * **Begin anew**: [`sleep`]. [`AsyncReadExt::read_to_end`] and [`AsyncBufReadExt::read_until`]
///   keep the bytes in the buffer, and lose the count.
/// * **Lose the value**: [`mpsc::Sender::send`], [`Queue::put`]. Use `reserve`, or pin the future.
/// * **Lose bytes**: [`AsyncReadExt::read_exact`], `read_to_string` and the numbers,
///   [`AsyncBufReadExt::read_line`], [`AsyncWriteExt::write_all`], [`copy`].
/// * **Arrives again each time**: [`Barrier::wait`].
/// * **Misses a signal between two turns**: [`ctrl_c`].
/// * **Lose what the futures inside of them lose**: [`timeout`], [`join!`](macro@crate::join),
///   `select!`, and every `async` block.
///
/// All futures of this crate: [`cancel_safety`](crate::cancel_safety).
///
/// A future that is not safe is pinned once, outside of the loop, and given by `&mut`: then the
/// loser is only the reference. See [`pin!`](macro@crate::pin).
///
/// [`mpsc::Receiver::recv`]: crate::sync::mpsc::Receiver::recv
/// [`mpsc::Sender::reserve`]: crate::sync::mpsc::Sender::reserve
/// [`mpsc::Sender::send`]: crate::sync::mpsc::Sender::send
/// [`oneshot::Receiver`]: crate::sync::oneshot::Receiver
/// [`Queue::get`]: crate::sync::Queue::get
/// [`Queue::put`]: crate::sync::Queue::put
/// [`Event::wait`]: crate::sync::Event::wait
/// [`Mutex::lock`]: crate::sync::Mutex::lock
/// [`RwLock::read`]: crate::sync::RwLock::read
/// [`Semaphore::acquire`]: crate::sync::Semaphore::acquire
/// [`Notify::notified`]: crate::sync::Notify::notified
/// [`Barrier::wait`]: crate::sync::Barrier::wait
/// [`RateLimiter::acquire`]: crate::rate::RateLimiter::acquire
/// [`TcpListener::accept`]: crate::net::TcpListener::accept
/// [`AsyncReadExt::read`]: crate::io::AsyncReadExt::read
/// [`AsyncReadExt::read_exact`]: crate::io::AsyncReadExt::read_exact
/// [`AsyncReadExt::read_to_end`]: crate::io::AsyncReadExt::read_to_end
/// [`AsyncWriteExt::write`]: crate::io::AsyncWriteExt::write
/// [`AsyncWriteExt::write_all`]: crate::io::AsyncWriteExt::write_all
/// [`AsyncBufReadExt::fill_buf`]: crate::io::AsyncBufReadExt::fill_buf
/// [`AsyncBufReadExt::read_line`]: crate::io::AsyncBufReadExt::read_line
/// [`AsyncBufReadExt::read_until`]: crate::io::AsyncBufReadExt::read_until
/// [`Lines::next_line`]: crate::io::Lines::next_line
/// [`Split::next_segment`]: crate::io::Split::next_segment
/// [`copy`]: crate::io::copy()
/// [`Interval::tick`]: crate::time::Interval::tick
/// [`sleep`]: crate::time::sleep()
/// [`timeout`]: crate::time::timeout()
/// [`ctrl_c`]: crate::signal::ctrl_c
/// [`JoinHandle`]: crate::task::JoinHandle
/// [`yield_now`]: crate::task::yield_now
///
/// asyncio: `asyncio.wait(..., return_when=FIRST_COMPLETED)`. There the losers keep running as
/// tasks; here they are dropped at once, and a task that shall go on is given by `&mut handle`.
///
/// # Examples
/// A value, or a sign to stop. When `recv` gives `None`, its branch is out, and the sign is left:
///
/// ```
/// use mainspring::sync::{mpsc, oneshot};
///
/// async fn sum(mut numbers: mpsc::Receiver<u32>, mut stop: oneshot::Receiver<()>) -> u32 {
///     let mut sum = 0;
///     loop {
///         mainspring::select! {
///             Some(number) = numbers.recv() => sum += number,
///             // By reference: the receiver outlives the turn.
///             _ = &mut stop => return sum,
///         }
///     }
/// }
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
///
/// let (send, numbers) = mpsc::channel(8);
/// let (stop, stopped) = oneshot::channel();
/// let task = mainspring::spawn(sum(numbers, stopped));
/// for number in [1, 2, 3] {
///     send.send(number).await.unwrap();
/// }
/// while send.capacity() < 8 {
///     mainspring::task::yield_now().await;
/// }
/// stop.send(()).unwrap();
/// assert_eq!(task.await.unwrap(), 6);
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// Two channels until both are closed:
///
/// ```
/// # use mainspring::sync::mpsc::Receiver;
/// # async fn all(mut left: Receiver<u8>, mut right: Receiver<u8>) -> Vec<u8> {
/// let mut all = Vec::new();
/// loop {
///     mainspring::select! {
///         Some(number) = left.recv() => all.push(number),
///         Some(number) = right.recv() => all.push(number),
///         else => return all,
///     }
/// }
/// # }
/// ```
///
/// One deadline for a whole loop, so made once; and a condition that takes a branch out:
///
/// ```
/// use mainspring::time::{Duration, interval, sleep};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// # rt.block_on(async {
/// let deadline = sleep(Duration::from_millis(35));
/// mainspring::pin!(deadline);
/// let mut ticks = interval(Duration::from_millis(10));
/// let mut seen = 0;
/// loop {
///     mainspring::select! {
///         _ = ticks.tick(), if seen < 3 => seen += 1,
///         _ = &mut deadline => break,
///     }
/// }
/// assert_eq!(seen, 3);
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
///
/// Mistakes are compile errors, at their place, with what to write: here a handler is missing.
///
/// ```compile_fail
/// # async fn f() {
/// mainspring::select! { _ = async {} };
/// # }
/// ```
#[macro_export]
macro_rules! select {
    ($($branches:tt)*) => { $crate::select::branches!(($crate) $($branches)*) };
}

/// What numbered branches do; `select_branches` writes the call.
///
/// Of each branch: `[number name] (pattern) (future) (condition, if any) (handler)`. The name is
/// that of the future, and that of the branch among those that may win.
#[doc(hidden)]
#[macro_export]
macro_rules! __select {
    (
        $order:expr, $mask:ty, $count:literal;
        $(
            [$number:literal $name:ident]
            ($pattern:pat) ($future:expr) ($($condition:expr)?) ($handler:expr)
        )+
        else ($otherwise:expr)
        backwards $($backwards:ident)+
    ) => {{
        // A variant for each branch, with its value. It has no destructor, which would hold on to
        // all that the values of the others borrow. Between it and the handler there is only the
        // end of the futures; a panic there leaks the value.
        enum __Won<$($name),+> {
            $($name(::std::mem::ManuallyDrop<$name>),)+
            Nobody,
        }

        // A bit for each branch: it is out of the race.
        let mut out: $mask = 0;
        $($(
            if !$condition {
                out |= 1 << $number;
            }
        )?)+

        // A scope for the futures: the handlers run after it.
        let won = {
            $(let $name = $future;)+
            // Pinned from the last to the first, so that they are dropped from the first to the
            // last.
            $(let mut $backwards =
                ::std::pin::pin!(::std::future::IntoFuture::into_future($backwards));)+

            let race = ::std::future::poll_fn(move |cx| {
                ::std::task::ready!($crate::select::budget(cx));
                let mut pending = false;
                let first = $order.first($count);
                for turn in 0..$count {
                    match $crate::select::in_turn(first, turn, $count) {
                        $($number => {
                            if out & (1 << $number) != 0 {
                                continue;
                            }
                            let polled = $crate::select::poll(&mut $name, cx);
                            #[allow(unused_mut)]
                            let ::std::task::Poll::Ready(mut value) = polled else {
                                pending = true;
                                continue;
                            };
                            out |= 1 << $number;
                            let mut fits = false;
                            #[allow(unused_variables, unused_mut, unreachable_patterns)]
                            match value {
                                $pattern if { fits = true; false } => $crate::select::impossible(),
                                _ => {}
                            }
                            if fits {
                                let value = ::std::mem::ManuallyDrop::new(value);
                                return ::std::task::Poll::Ready(__Won::$name(value));
                            }
                        })+
                        _ => $crate::select::impossible(),
                    }
                }
                if pending {
                    ::std::task::Poll::Pending
                } else {
                    ::std::task::Poll::Ready(__Won::Nobody)
                }
            });
            race.await
        };

        match won {
            $(#[allow(unused_braces)]
            __Won::$name(value) => {
                // The value of a future that never ends is of type `!`.
                #[allow(unused_mut, clippy::diverging_sub_expression)]
                let mut value = ::std::mem::ManuallyDrop::into_inner(value);
                #[allow(irrefutable_let_patterns, unreachable_patterns, unused_parens)]
                let ($pattern) = value else { $crate::select::impossible() };
                $handler
            })+
            __Won::Nobody => $otherwise,
        }
    }};
}

/// Each poll starts at the top.
#[doc(hidden)]
#[derive(Debug)]
pub struct InOrder;

/// Each poll starts at a branch that is picked by chance.
#[doc(hidden)]
#[derive(Debug)]
pub struct Random;

impl InOrder {
    /// Which of `count` branches is polled first.
    #[inline]
    pub fn first(&mut self, _count: u32) -> u32 {
        0
    }
}

impl Random {
    /// Which of `count` branches is polled first.
    #[inline]
    pub fn first(&mut self, count: u32) -> u32 {
        rng::below(count)
    }
}

/// The branch whose turn it is, when they are polled in a row from `first`.
#[doc(hidden)]
#[inline(always)]
pub fn in_turn(first: u32, turn: u32, count: u32) -> u32 {
    let branch = first + turn;
    if branch < count { branch } else { branch - count }
}

/// Polls one branch.
#[doc(hidden)]
#[inline(always)]
pub fn poll<F: Future>(branch: &mut Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    branch.as_mut().poll(cx)
}

/// Pending, and woken, when the task's budget is used up: the leaves would all say no.
#[doc(hidden)]
#[inline]
pub fn budget(cx: &mut Context<'_>) -> Poll<()> {
    coop::ready(cx)
}

/// `else` where there is none.
#[doc(hidden)]
#[cold]
#[track_caller]
pub fn nobody_is_left() -> ! {
    panic!(
        "all branches of this select! are disabled, and it has no `else`: add `else => ...`, or \
         keep one whose condition is true and whose pattern always fits"
    );
}

/// No such branch, or a value that fitted and fits no more.
#[doc(hidden)]
#[cold]
pub fn impossible() -> ! {
    unreachable!("select! has lost count")
}

#[cfg(all(test, not(loom)))]
#[path = "select_tests.rs"]
mod tests;
