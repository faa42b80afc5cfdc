//! what one poll may spend, from outside: futures without a budget, and code that spends it.
//!
//! `wake/coop.rs` has the budget itself. Here is what a program can do about it.
//!
//! ```text
//!   unconstrained(f)    f spends nothing: it may keep its thread as long as it likes
//!   cooperative(f)      f costs one unit when it is ready, as a leaf of ours does
//!   consume_budget()    one unit, between two steps of a loop that awaits nothing else
//!   poll_proceed(cx)    the same for a `poll` written by hand
//! ```

#![forbid(unsafe_code)]

use crate::wake::coop;
use pin_project_lite::pin_project;
use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// A future that is polled without a budget; see [`unconstrained`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Unconstrained<F> {
        #[pin]
        future: F,
    }
}

/// Polls `future` without a budget: it is never made to yield.
///
/// What it awaits goes on as long as it is ready. A future that never has to wait then keeps its
/// thread, and other tasks wait for it: for code that ends soon by itself.
///
/// # Cancel safety
/// As safe as `future`: it is dropped with it.
///
/// asyncio has no budgets: a coroutine yields when it waits, and not before.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// use mainspring::sync::mpsc;
/// use mainspring::task::unconstrained;
///
/// rt.block_on(async {
///     let (send, mut receive) = mpsc::unbounded_channel();
///     (0..1000).for_each(|number| send.send(number).unwrap());
///     drop(send);
///     // A thousand messages in one poll.
///     let all = async {
///         let mut sum = 0;
///         while let Some(number) = receive.recv().await {
///             sum += number;
///         }
///         sum
///     };
///     assert_eq!(unconstrained(all).await, 499_500);
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
pub fn unconstrained<F>(future: F) -> Unconstrained<F> {
    Unconstrained { future }
}

impl<F: Future> Future for Unconstrained<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _unlimited = coop::unlimited();
        self.project().future.poll(cx)
    }
}

impl<F> fmt::Debug for Unconstrained<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unconstrained").finish_non_exhaustive()
    }
}

/// Spends one unit of the task's budget, and yields when there is none left.
///
/// For a long computation inside of async code: called now and then, it lets other tasks have their
/// turn, and costs next to nothing while there is budget.
///
/// # Cancel safety
/// Nothing is lost if the future is dropped.
///
/// asyncio: `await asyncio.sleep(0)`, which yields each time.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// use mainspring::task::consume_budget;
///
/// async fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
///     let mut sum = 0;
///     for number in numbers {
///         sum += number;
///         consume_budget().await;
///     }
///     sum
/// }
///
/// assert_eq!(rt.block_on(sum(1..=1000)), 500_500);
/// # Ok::<_, std::io::Error>(())
/// ```
pub async fn consume_budget() {
    poll_fn(|cx| {
        ready!(coop::ready(cx));
        coop::spend();
        Poll::Ready(())
    })
    .await;
}

/// Would an operation of ours go on now, as far as the budget is concerned? Outside of a task it
/// would always.
///
/// For a future that polls two others, and must know whether the first has used the budget up.
///
/// asyncio has no counterpart.
///
/// ```
/// assert!(mainspring::task::coop::has_budget_remaining());
/// ```
#[inline]
#[must_use]
pub fn has_budget_remaining() -> bool {
    coop::left() > 0
}

/// The right to make progress once, from [`poll_proceed`]. It costs nothing unless
/// [`made_progress`](Self::made_progress) is called.
#[must_use]
pub struct RestoreOnPending {
    spent: Cell<bool>,
    // Whose budget it is depends on the thread.
    _not_send: PhantomData<*const ()>,
}

impl RestoreOnPending {
    /// There was progress: it costs one unit, once.
    pub fn made_progress(&self) {
        if !self.spent.replace(true) {
            coop::spend();
        }
    }
}

impl fmt::Debug for RestoreOnPending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestoreOnPending").field("spent", &self.spent.get()).finish()
    }
}

/// May a `poll` written by hand go on? If the budget is used up, the task is woken and the answer
/// is `Pending`; pass it on.
///
/// tokio takes the unit at once and gives it back when there was no progress; here it is taken when
/// there was. Nobody but code inside of the same step can see the difference.
///
/// asyncio has no counterpart.
///
/// ```
/// use mainspring::task::coop::poll_proceed;
/// use std::task::{Context, Poll, ready};
///
/// /// Takes from a list, and yields after each budget's worth.
/// fn poll_take(list: &mut Vec<u32>, cx: &mut Context<'_>) -> Poll<Option<u32>> {
///     let step = ready!(poll_proceed(cx));
///     let item = list.pop();
///     step.made_progress();
///     Poll::Ready(item)
/// }
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// # let mut list = vec![0; 1000];
/// # rt.block_on(async move {
/// #     while std::future::poll_fn(|cx| poll_take(&mut list, cx)).await.is_some() {}
/// # });
/// # Ok::<_, std::io::Error>(())
/// ```
#[inline]
pub fn poll_proceed(cx: &mut Context<'_>) -> Poll<RestoreOnPending> {
    ready!(coop::ready(cx));
    Poll::Ready(RestoreOnPending { spent: Cell::new(false), _not_send: PhantomData })
}

pin_project! {
    /// A future that spends one unit when it is ready; see [`cooperative`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Coop<F: Future> {
        #[pin]
        future: F,
    }
}

/// Makes `future` spend one unit of the budget when it is ready, as the operations of this crate
/// do: for a leaf from elsewhere that is always ready.
///
/// # Cancel safety
/// As safe as `future`: it is dropped with it.
///
/// asyncio has no counterpart.
///
/// ```
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// use mainspring::task::coop::cooperative;
///
/// rt.block_on(async {
///     for _ in 0..1000 {
///         // Yields after each budget's worth, although it never waits.
///         cooperative(std::future::ready(())).await;
///     }
/// });
/// # Ok::<_, std::io::Error>(())
/// ```
pub fn cooperative<F: Future>(future: F) -> Coop<F> {
    Coop { future }
}

impl<F: Future> Future for Coop<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        ready!(coop::ready(cx));
        let output = ready!(self.project().future.poll(cx));
        coop::spend();
        Poll::Ready(output)
    }
}

#[cfg(all(test, not(loom)))]
#[path = "budget_tests.rs"]
mod tests;
