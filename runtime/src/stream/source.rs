//! unfold and iter: where streams come from.
//!
//! Read before: `wake/coop.rs`. A [`Stream`] is a future that has several outputs, one after the
//! other, and says `None` when there are no more. It does nothing while nobody asks for the next:
//! there is no task behind it, and nothing runs between two items.
//!
//! An [`Unfold`] is at every moment one of three things:
//!
//! ```text
//!   State(s) ── poll: make(s) ──► Working(future) ── Some((item, s)) ──► State(s), item
//!                                      │ None
//!                                      ▼
//!                                    Ended ── poll ──► None
//! ```

#![forbid(unsafe_code)]

use crate::wake::coop;
use futures_core::Stream;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::iter::Fuse;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Makes a stream of what `next` gives, which gets the state that it gave along with the item
/// before, at first `state`, and says `None` at the end.
///
/// `next` is called when the first item is asked for, and then for each. At the end the state is
/// gone; the stream says `None` then as often as it is asked.
///
/// Dropping the stream drops the state, or the future that works on it: what was open is closed at
/// once. In Python a generator that is left by `break` is closed some time later, unless it stands
/// in `aclosing`.
///
/// asyncio: an async generator, whose local variables are the state.
///
/// # Cancel safety
/// Dropping a future that waits for the next item loses nothing: the stream keeps it, and goes on
/// with it when it is asked again.
///
/// # Examples
/// ```
/// use mainspring::stream::{StreamExt, unfold};
/// use mainspring::time::{Duration, sleep};
/// use std::pin::pin;
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().start_paused(true).build()?;
/// rt.block_on(async {
///     let mut countdown = pin!(unfold(3, async |n| {
///         sleep(Duration::from_secs(1)).await;
///         (n > 0).then_some((n, n - 1))
///     }));
///     let mut seen = Vec::new();
///     while let Some(n) = countdown.next().await {
///         seen.push(n);
///     }
///     assert_eq!(seen, [3, 2, 1]);
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn unfold<T, S, M, F>(state: S, next: M) -> Unfold<S, M, F>
where
    M: FnMut(S) -> F,
    F: Future<Output = Option<(T, S)>>,
{
    Unfold { next, step: Step::State { state: Some(state) } }
}

pin_project! {
    /// Stream returned by [`unfold`].
    #[must_use = "streams do nothing unless they are polled"]
    pub struct Unfold<S, M, F> {
        next: M,
        #[pin]
        step: Step<S, F>,
    }
}

pin_project! {
    #[project = StepProj]
    enum Step<S, F> {
        State { state: Option<S> },
        Working { #[pin] future: F },
        Ended,
    }
}

impl<T, S, M, F> Stream for Unfold<S, M, F>
where
    M: FnMut(S) -> F,
    F: Future<Output = Option<(T, S)>>,
{
    type Item = T;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        ready!(coop::ready(cx));
        let mut me = self.project();
        if let StepProj::State { state } = me.step.as_mut().project() {
            let Some(state) = state.take() else {
                // `next` panicked when it was called with it.
                return Poll::Ready(None);
            };
            let future = (me.next)(state);
            me.step.set(Step::Working { future });
        }
        let StepProj::Working { future } = me.step.as_mut().project() else {
            return Poll::Ready(None);
        };
        match ready!(future.poll(cx)) {
            Some((item, state)) => {
                coop::spend();
                me.step.set(Step::State { state: Some(state) });
                Poll::Ready(Some(item))
            }
            None => {
                me.step.set(Step::Ended);
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.step {
            Step::Ended => (0, Some(0)),
            _ => (0, None),
        }
    }
}

impl<S, M, F> fmt::Debug for Unfold<S, M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unfold").finish_non_exhaustive()
    }
}

/// Makes a stream of an iterator, whose items are all there.
///
/// Each item costs a part of the task's budget, so a loop over many lets other tasks run in
/// between. After its end it says `None` as often as it is asked.
///
/// asyncio: `async for` over a list needs no counterpart there; this is for functions that want a
/// stream.
///
/// # Examples
/// ```
/// use mainspring::stream::{StreamExt, iter};
///
/// # let rt = mainspring::runtime::Builder::new_current_thread().build()?;
/// rt.block_on(async {
///     let squares: Vec<_> = iter(1..=3).map(|n| n * n).collect().await;
///     assert_eq!(squares, [1, 4, 9]);
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn iter<I: IntoIterator>(items: I) -> Iter<I::IntoIter> {
    Iter { items: items.into_iter().fuse() }
}

/// Stream returned by [`iter`].
#[derive(Debug, Clone)]
#[must_use = "streams do nothing unless they are polled"]
pub struct Iter<I> {
    items: Fuse<I>,
}

// An iterator is not pinned: it is moved out of no place where somebody might look.
impl<I> Unpin for Iter<I> {}

impl<I: Iterator> Stream for Iter<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<I::Item>> {
        ready!(coop::ready(cx));
        coop::spend();
        Poll::Ready(self.items.next())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.items.size_hint()
    }
}
